"""The stand-in of GoldSMS (v3): `sendSMS`, `multiSendSMS` and the credit query."""

import time
from itertools import count
from typing import Any

from aiohttp import web

from notify.accounts import CATCH_PASSWORD, CATCH_USER
from notify.catcher.desk import Desk, document
from notify.caught.texts import CaughtText
from notify.channels.sms import place
from notify.texts.sms import Profile, plan

_CREDIT = 100_000


def routes(desk: Desk) -> list[web.RouteDef]:
    """Its addresses, to be put under one of their own."""
    stand_in = _GoldSms(desk)
    return [
        web.post("/api/sendSMS", stand_in.send),
        web.post("/api/multiSendSMS", stand_in.send),
        web.post("/api/kredi/get", stand_in.credit),
    ]


class _GoldSms:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.numbers = count(time.time_ns() // 100)

    async def send(self, request: web.Request) -> web.Response:
        wish = await document(request)
        if wish is None:
            return _no("Geçersiz istek")
        if not _known(wish):
            return _no("Kullanıcı adı veya şifre hatalı")
        message = wish.get("message")
        messages: list[Any] = message if isinstance(message, list) else [message]
        if isinstance(message, list) != request.path.endswith("multiSendSMS") or not all(_whole(one) for one in messages):
            return _no("Eksik veya hatalı parametre")
        identity = str(next(self.numbers))
        texts = [self._noted(identity, one, str(number)) for one in messages for number in one["gsm"]]

        def taken() -> web.Response:
            result = {"messageid": identity, "kredi": _CREDIT}
            return web.json_response(
                {"sonuc": True, "status": "ok", "mesaj": "Mesaj gönderildi", "gonderilenAdet": len(texts), "result": result}
            )

        return await self.desk.serve(request, "goldsms", texts, taken, _refused)

    async def credit(self, request: web.Request) -> web.Response:
        wish = await document(request)
        if wish is None or not _known(wish):
            return _no("Kullanıcı adı veya şifre hatalı")
        return web.json_response({"status": "ok", "result": _CREDIT})

    def _noted(self, identity: str, message: dict[str, Any], number: str) -> CaughtText:
        planned = plan(str(message["text"]), Profile.TR_SINGLE if str(message.get("utf8")) == "1" else Profile.GSM7)
        return self.desk.book.noted(
            "goldsms",
            place(identity, number),
            f"+{number}",
            str(message["text"]),
            sender=str(message["sender"]),
            segments=planned.segments,
            order=identity,
        )


def _known(wish: dict[str, Any]) -> bool:
    return bool(wish.get("username") == CATCH_USER and wish.get("password") == CATCH_PASSWORD)


def _whole(message: object) -> bool:
    if not isinstance(message, dict) or not message.get("sender") or not message.get("text"):
        return False
    numbers = message.get("gsm")
    return isinstance(numbers, list) and bool(numbers) and all(str(number).isdigit() and len(str(number)) in {10, 12} for number in numbers)


def _no(said: str) -> web.Response:
    return web.json_response({"sonuc": False, "status": "error", "mesaj": said, "gonderilenAdet": 0})


def _refused(what: str, _code: str) -> web.Response:
    if what in {"429", "500", "503"}:
        return web.Response(status=int(what), text="error")
    return _no("Geçersiz numara")
