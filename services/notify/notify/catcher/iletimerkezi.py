"""The stand-in of Iletimerkezi (JSON, v1): orders of many recipients, reports by order, its codes, its own guard against the same order twice."""

import hashlib
import json
import time
from datetime import timedelta
from itertools import count
from typing import Any

from aiohttp import web

from notify.accounts import CATCH_PASSWORD, CATCH_USER
from notify.catcher.book import state
from notify.catcher.desk import Desk
from notify.caught.texts import CaughtText
from notify.channels.callbacks import ILETIMERKEZI_PATH
from notify.channels.sms import place
from notify.texts.sms import Profile, plan

_REPEATS = timedelta(minutes=1).total_seconds()  #: within which the same order is a duplicate; their own span is not published

_SAYS = {
    200: "İşlem başarılı",
    400: "İstek çözümlenemedi",
    401: "Üyelik bilgileri hatalı",
    402: "Bakiye yetersiz",
    450: "Gönderilen başlık kullanıma uygun değil",
    451: "Tekrar eden sipariş",
    452: "Mesaj alıcıları hatalı",
    454: "Mesaj metni boş",
    455: "Sipariş bulunamadı",
    459: "Başlık boş olamaz",
    460: "Başlık en fazla 11 karakter olmalı",
    468: "İYS sorgulaması yapılıp yapılmayacağı belirtilmeli",
    469: "İYS listesi seçilmeli: BIREYSEL ya da TACIR",
    503: "Sunucu geçici olarak servis dışı",
}
_STATES = {"accepted": 110, "sent": 110, "delivered": 111}


def routes(desk: Desk) -> list[web.RouteDef]:
    """Its addresses, to be put under one of their own."""
    stand_in = _Iletimerkezi(desk)
    return [web.post("/v1/send-sms/json", stand_in.send), web.post("/v1/get-report/json", stand_in.report)]


class _Iletimerkezi:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.numbers = count(time.time_ns() // 1000)
        self.orders: dict[str, float] = {}

    async def send(self, request: web.Request) -> web.Response:
        order = await _asked(request)
        if isinstance(order, int):
            return _said(order)
        if fault := _fault(order):
            return _said(fault)
        mark = hashlib.sha256(json.dumps(order, sort_keys=True).encode()).hexdigest()
        if time.monotonic() - self.orders.get(mark, float("-inf")) < _REPEATS:
            return _said(451)
        identity = str(next(self.numbers))
        given = self.desk.given
        key = given.iletimerkezi_callback_key.get_secret_value()
        callback = f"{given.public_url}{ILETIMERKEZI_PATH}?key={key}" if given.public_url and key else ""
        texts = [
            self._noted(identity, order, str(number), str(message["text"]), callback)
            for message in _messages(order)
            for number in message["receipents"]["number"]
        ]

        def taken() -> web.Response:
            self.orders[mark] = time.monotonic()
            return _said(200, order={"id": identity})

        return await self.desk.serve(request, "iletimerkezi", texts, taken, _refused)

    async def report(self, request: web.Request) -> web.Response:
        asked = await _asked(request)
        if isinstance(asked, int):
            return _said(asked)
        identity, page, size = str(asked.get("id", "")), int(asked.get("page") or 1), min(int(asked.get("rowCount") or 1000), 1000)
        texts = self.desk.book.of("iletimerkezi", identity)
        if not texts:
            return _said(455)
        rows = [{"number": text.to, "status": _STATES.get(state(text), 112)} for text in texts if not text.fate.get("receipts-lost")]
        counts = {status: sum(row["status"] == status for row in rows) for status in (110, 111, 112)}
        order = {
            "id": identity,
            "status": 113 if counts[110] else 114,
            "total": len(rows),
            "delivered": counts[111],
            "undelivered": counts[112],
            "waiting": counts[110],
            "submitAt": texts[0].at.strftime("%Y-%m-%d %H:%M:%S"),
            "sendAt": texts[0].at.strftime("%Y-%m-%d %H:%M:%S"),
            "sender": texts[0].sender,
            "price": sum(text.segments for text in texts),
            "message": rows[(page - 1) * size : page * size],
        }
        return _said(200, order=order)

    def _noted(self, identity: str, order: dict[str, Any], number: str, text: str, callback: str) -> CaughtText:
        to = f"+90{number[-10:]}"
        planned = plan(text, Profile.TR_SINGLE)
        more = {"iys": order["iys"], "iysList": order.get("iysList", ""), "callback": callback}
        return self.desk.book.noted(
            "iletimerkezi",
            place(identity, number),
            to,
            text,
            sender=str(order["sender"]),
            segments=planned.segments,
            order=identity,
            more={name: value for name, value in more.items() if value},
        )


async def _asked(request: web.Request) -> dict[str, Any] | int:
    """The order in a request, or the code of what is wrong with it."""
    try:
        asked = (await request.json())["request"]
        login, order = asked["authentication"], asked["order"]
        known = login["key"] == CATCH_USER and login["hash"] == CATCH_PASSWORD
    except (ValueError, KeyError, TypeError):
        return 400
    if not known:
        return 401
    return order if isinstance(order, dict) else 400


def _messages(order: dict[str, Any]) -> list[dict[str, Any]]:
    message = order.get("message")
    return message if isinstance(message, list) else [message] if isinstance(message, dict) else []


def _fault(order: dict[str, Any]) -> int:
    """The code of what is wrong with an order; 0 if nothing is."""
    sender, iys = str(order.get("sender") or ""), str(order.get("iys") or "")
    if not sender:
        return 459
    if len(sender) > 11 or not sender.isascii():
        return 460
    if iys not in {"0", "1"}:
        return 468
    if iys == "1" and order.get("iysList") not in {"BIREYSEL", "TACIR"}:
        return 469
    messages = _messages(order)
    if not messages or not all(message.get("text") for message in messages):
        return 454
    for message in messages:
        numbers = (message.get("receipents") or {}).get("number")
        if not isinstance(numbers, list) or not numbers or not all(_mobile(str(number)) for number in numbers):
            return 452
    return 0


def _mobile(number: str) -> bool:
    digits = number.removeprefix("+").removeprefix("90")
    return len(digits) == 10 and digits.isdigit() and digits.startswith("5")


def _said(code: int, **more: Any) -> web.Response:
    status = {"code": code, "message": _SAYS.get(code, "Hata")}
    return web.json_response({"response": {"status": status, **more}}, status=code if 400 <= code < 600 else 200)


def _refused(what: str, code: str) -> web.Response:
    if what == "500":
        return web.Response(status=500, text="<html>error</html>", content_type="text/html")
    return _said(int(code) if code.isdigit() else {"429": 429, "503": 503}.get(what, 452))
