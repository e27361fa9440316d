"""The stand-in of Netgsm (REST v2): `send` for many recipients, `report` by id or time, with its codes, its duplicate filter and its limits."""

import base64
import re
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from aiohttp import web

from imece.clock import ISTANBUL, now
from notify.accounts import CATCH_PASSWORD, CATCH_USER
from notify.catcher.book import state
from notify.catcher.desk import Desk, document
from notify.catcher.limits import Limit
from notify.caught.texts import CaughtText
from notify.channels.sms import place
from notify.texts.sms import Profile, plan

_LOGIN = "Basic " + base64.b64encode(f"{CATCH_USER}:{CATCH_PASSWORD}".encode()).decode()
_NUMBER = re.compile(r"[0-9]{10}")
_DATE = re.compile(r"\d{12}")
_REPEATS = timedelta(hours=1)  #: within which the same text to the same number is a duplicate
_REPORTS_A_MINUTE = 10
_JOBS_A_MINUTE = 20  #: to one number

_SAYS = {
    "00": "queued",
    "20": "message text error",
    "30": "invalid username, password or API access",
    "40": "message header not found",
    "60": "no records",
    "70": "parameter error",
    "80": "limit exceeded",
    "85": "duplicate sending limit exceeded",
    "100": "system error",
}
_STATES = {"accepted": 0, "sent": 0, "delivered": 1, "expired": 2, "failed": 3, "undelivered": 4}


def routes(desk: Desk) -> list[web.RouteDef]:
    """Its addresses, to be put under one of their own."""
    stand_in = _Netgsm(desk)
    return [web.post("/sms/rest/v2/send", stand_in.send), web.post("/sms/rest/v2/report", stand_in.report)]


class _Netgsm:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.numbers = count()
        self.asked = Limit(_REPORTS_A_MINUTE, 60)
        self.jobs: dict[str, Limit] = {}

    async def send(self, request: web.Request) -> web.Response:
        wish = await document(request)
        if wish is None:
            return _said("70", status=406)
        if request.headers.get("Authorization") != _LOGIN:
            return _said("30", status=406)
        messages, header = wish.get("messages"), wish.get("msgheader")
        if not isinstance(messages, list) or not messages or not header or len(str(header)) > 11:
            return _said("70" if header and messages else "40", status=406)
        dates = [str(wish.get(name) or "") for name in ("startdate", "stopdate")]
        if any(date and not _DATE.fullmatch(date) for date in dates) or str(wish.get("iysfilter", "0")) not in {"0", "11", "12"}:
            return _said("70", status=406)
        if not all(isinstance(one, dict) and _NUMBER.fullmatch(str(one.get("no", ""))) for one in messages):
            return _said("70", status=406)
        if not all(one.get("msg") for one in messages):
            return _said("20", status=406)
        if any(self._too_many(str(one["no"])) for one in messages):
            return _said("85", status=406)
        job = f"{time.time_ns()}{next(self.numbers):06}"
        texts = [self._noted(job, wish, str(one["no"]), str(one["msg"])) for one in messages]
        return await self.desk.serve(request, "netgsm", texts, lambda: _said("00", jobid=job), _refused)

    async def report(self, request: web.Request) -> web.Response:
        asked = await document(request)
        if request.headers.get("Authorization") != _LOGIN:
            return _said("30", status=406)
        if asked is None:
            return _said("70", status=406)
        if self._too_curious():
            return _said("80", status=406)
        begin, end = (_moment(str(asked.get(name, ""))) for name in ("startdate", "stopdate"))
        if begin is None or end is None:
            return _said("70", status=406)
        found: Iterable[CaughtText]
        if asked.get("jobids"):
            found = [text for job in asked["jobids"] for text in self.desk.book.of("netgsm", str(job)) if begin <= text.at <= end]
        else:
            found = [text for text in self.desk.book.since("netgsm", begin) if text.at <= end]
        size, page = int(asked.get("pagesize", 100)), int(asked.get("pagenumber", 0))
        if not 1 <= size <= 100 or page < 0:
            return _said("70", status=406)
        rows = [_row(text) for text in list(found)[page * size : (page + 1) * size] if not text.fate.get("receipts-lost")]
        return _said("00", jobs=rows) if rows else _said("60", status=406, jobs=None)

    def _noted(self, job: str, wish: dict[str, Any], number: str, text: str) -> CaughtText:
        planned = plan(text, Profile.TR_SINGLE if wish.get("encoding") else Profile.GSM7)
        to = f"+90{number}"
        more = {
            "encoding": planned.encoding.value,
            "iysfilter": str(wish.get("iysfilter", "0")),
            "repeated": self._repeats(to, text),
        }
        return self.desk.book.noted(
            "netgsm",
            place(job, number),
            to,
            text,
            sender=str(wish["msgheader"]),
            segments=planned.segments,
            order=job,
            reference=str(wish.get("referansID") or ""),
            more={name: value for name, value in more.items() if value},
        )

    def _repeats(self, to: str, text: str) -> bool:
        for earlier in self.desk.book.to("netgsm", to):
            if now() - earlier.at > _REPEATS:
                return False
            if earlier.text == text:
                return True
        return False

    def _too_many(self, number: str) -> bool:
        return self.desk.given.catcher_limits and self.jobs.setdefault(number, Limit(_JOBS_A_MINUTE, 60)).over()

    def _too_curious(self) -> bool:
        return self.desk.given.catcher_limits and self.asked.over()


def _said(code: str, *, status: int = 200, **more: Any) -> web.Response:
    return web.json_response({"code": code, "description": _SAYS.get(code, "error"), **more}, status=status)


def _refused(what: str, code: str) -> web.Response:
    if what in {"500", "503"}:
        return web.Response(status=int(what), text="<html>error</html>", content_type="text/html")
    return _said(code or ("80" if what == "429" else "70"), status=406)


def _row(text: CaughtText) -> dict[str, Any]:
    status = state(text)
    number = 13 if text.more.get("repeated") and status != "accepted" else _STATES[status]
    if text.fate.get("code", "").isdigit() and number in {2, 3, 4} and int(text.fate["code"]) < 100:
        number = int(text.fate["code"])
    done = text.at + timedelta(seconds=text.fate["final"])
    return {
        "jobid": text.order,
        "number": text.to.removeprefix("+90"),
        "status": number,
        "operator": 30,
        "msglen": text.segments,
        "deliveredDate": done.astimezone(ISTANBUL).strftime("%d.%m.%Y %H:%M:%S") if number == 1 else "",
        "errorCode": 0 if number in {0, 1} else 101,
        "referansID": text.reference,
    }


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%d.%m.%Y %H:%M:%S").replace(tzinfo=ISTANBUL)
    except ValueError:
        return None
