"""The stand-in of Twilio: `POST` and `GET` of Messages.json as its API describes them (2010-04-01), with its refusals, its list and its callbacks."""

import base64
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import phonenumbers
from aiohttp import web

from imece.clock import now
from imece.ids import new_id
from notify.accounts import CATCH_ACCOUNT, CATCH_PASSWORD
from notify.catcher.book import state
from notify.catcher.desk import Desk
from notify.caught.texts import CaughtText
from notify.texts.sms import LONGEST, Profile, plan

_LOGIN = "Basic " + base64.b64encode(f"{CATCH_ACCOUNT}:{CATCH_PASSWORD}".encode()).decode()
_HOME = f"/2010-04-01/Accounts/{CATCH_ACCOUNT}/Messages"
_STATUS = {"accepted": "queued", "expired": "undelivered"}

#: Its sentences; `%s` is the recipient.
_SAYS = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    20503: (503, "Service Unavailable"),
    21211: (400, "Invalid 'To' Phone Number: %s"),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: %s"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' phone number provided is not a valid message-capable Twilio phone number."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (400, "This 'From' number has exceeded the maximum number of queued messages"),
    21612: (400, "Message cannot be sent with the current combination of 'To' (%s) and 'From' parameters"),
    21614: (400, "'To' number: %s, is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit."),
    21626: (400, "Invalid ValidityPeriod"),
}
_NO_MOBILE = {phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.UAN, phonenumbers.PhoneNumberType.VOIP}


def routes(desk: Desk) -> list[web.RouteDef]:
    """Its addresses, to be put under one of their own."""
    stand_in = _Twilio(desk)
    home = "/2010-04-01/Accounts/{account}/Messages"
    return [
        web.post(f"{home}.json", stand_in.create),
        web.get(f"{home}.json", stand_in.listed),
        web.get(f"{home}/{{sid}}.json", stand_in.fetch),
    ]


class _Twilio:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def create(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        to, text, sender = form.get("To", ""), form.get("Body", ""), form.get("From") or form.get("MessagingServiceSid", "")
        if fault := self._login(request) or _fault(to, text, sender, form.get("ValidityPeriod", "")):
            return _refused(fault, to)
        callback = form.get("StatusCallback", "").partition("#")[0]
        planned = plan(text, Profile.TWILIO)
        sid = f"SM{new_id().hex}"
        more = {"callback": callback, "validity": form.get("ValidityPeriod", ""), "encoding": planned.encoding.value}
        taken = self.desk.book.noted(
            "twilio", sid, to, text, sender=sender, segments=planned.segments, reference=_reference(callback), more=more
        )
        codes = {"429": 20429, "500": 20500, "503": 20503}
        return await self.desk.serve(
            request,
            "twilio",
            [taken],
            lambda: web.json_response(_resource(taken, text, taken.at), status=201),
            lambda what, code: _refused(codes.get(what) or int(code or 21211), to),
        )

    async def listed(self, request: web.Request) -> web.Response:
        if fault := self._login(request):
            return _refused(fault, "")
        asked = request.query
        size, page = min(int(asked.get("PageSize", 50)), 1000), int(asked.get("Page", 0))
        found = self.desk.book.to("twilio", asked["To"]) if "To" in asked else self.desk.book.since("twilio", now() - timedelta(days=30))
        texts = [text for text in found if asked.get("From", text.sender) == text.sender and _sent_in(text, asked.get("DateSent", ""))]
        shown = texts[page * size : (page + 1) * size]
        query = {name: value for name, value in asked.items() if name not in {"Page", "PageToken"}}

        def at(number: int) -> str:
            return f"{_HOME}.json?{urlencode({**query, 'PageSize': size, 'Page': number})}"

        return web.json_response(
            {
                "messages": [_resource(text, text.text) for text in shown],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + len(shown) - 1,
                "uri": at(page),
                "first_page_uri": at(0),
                "next_page_uri": at(page + 1) if len(texts) > (page + 1) * size else None,
                "previous_page_uri": at(page - 1) if page else None,
            }
        )

    async def fetch(self, request: web.Request) -> web.Response:
        if fault := self._login(request):
            return _refused(fault, "")
        text = self.desk.book.get(request.match_info["sid"])
        if text is None or text.provider != "twilio":
            return _refused(20404, "")
        return web.json_response(_resource(text, text.text))

    def _login(self, request: web.Request) -> int:
        known = request.headers.get("Authorization", "") == _LOGIN and request.match_info["account"] == CATCH_ACCOUNT
        return 0 if known else 20003


def _fault(to: str, text: str, sender: str, validity: str) -> int:
    """The code of what is wrong with a message; 0 if nothing is."""
    if not to:
        return 21604
    if not sender:
        return 21603
    if not text:
        return 21602
    if len(text) > LONGEST:
        return 21617
    if validity and not (validity.isdigit() and 1 <= int(validity) <= 36_000):
        return 21626
    return 0 if to.startswith(("+1500555", "+90555000")) else _number_fault(to)


@lru_cache(50_000)
def _number_fault(to: str) -> int:
    try:
        number = phonenumbers.parse(to)
    except phonenumbers.NumberParseException:
        return 21211
    if not phonenumbers.is_valid_number(number):
        return 21211
    return 21614 if phonenumbers.number_type(number) in _NO_MOBILE else 0


def _refused(code: int, to: str) -> web.Response:
    status, said = _SAYS.get(code, (400, "Refused"))
    said = said.replace("%s", to)
    more = f"https://www.twilio.com/docs/errors/{code}"
    return web.json_response({"code": code, "message": said, "more_info": more, "status": status}, status=status)


def _reference(callback: str) -> str:
    return callback.partition("?m=")[2].partition("&")[0]


def _resource(text: CaughtText, body: str, at: datetime | None = None) -> dict[str, Any]:
    """A message as Twilio describes it, now or at that moment."""
    status = state(text, at)
    failed = status in {"undelivered", "failed", "expired"}
    service = text.sender.startswith("MG")
    return {
        "account_sid": CATCH_ACCOUNT,
        "api_version": "2010-04-01",
        "body": body,
        "date_created": _date(text.at),
        "date_sent": None if status == "accepted" else _date(text.at + timedelta(seconds=text.fate["sent"])),
        "date_updated": _date(text.at + timedelta(seconds=0 if status == "accepted" else text.fate["final"])),
        "direction": "outbound-api",
        "error_code": int(text.fate["code"] or 30008) if failed else None,
        "error_message": None,
        "from": None if service else text.sender,
        "messaging_service_sid": text.sender if service else None,
        "num_media": "0",
        "num_segments": str(text.segments),
        "price": None,
        "price_unit": "USD",
        "sid": text.id,
        "status": _STATUS.get(status, status),
        "subresource_uris": {"media": f"{_HOME}/{text.id}/Media.json"},
        "to": text.to,
        "uri": f"{_HOME}/{text.id}.json",
    }


def _date(at: datetime) -> str:
    return format_datetime(at)


def _sent_in(text: CaughtText, day: str) -> bool:
    """Whether it was sent on a day (`2026-11-29`), as the list's filter has it."""
    if not day:
        return True
    try:
        return text.at.date().isoformat() == day[:10] or text.at.date() == parsedate_to_datetime(day).date()
    except ValueError:
        return False
