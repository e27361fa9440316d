"""The catcher's side of HTTP: the stand-ins, each under its own address, and what the console reads."""

import hmac
from itertools import islice
from json import JSONDecodeError
from typing import Any

from aiohttp import web

from imece import config, log
from imece.errors import Invalid
from notify.catcher import goldsms, iletimerkezi, netgsm, telegram, twilio, webhook
from notify.catcher.book import Book, state
from notify.catcher.callbacks import Callbacks
from notify.catcher.desk import Desk
from notify.catcher.faults import Rules
from notify.caught import mails, texts
from notify.caught.texts import CaughtText
from notify.settings import Settings

STAND_INS = {"twilio": twilio, "netgsm": netgsm, "iletimerkezi": iletimerkezi, "goldsms": goldsms, "telegram": telegram, "webhook": webhook}

_LONGEST_REQUEST = 16 << 20  #: bytes; five thousand recipients with a text of their own
_SHOWN = 200

_log = log.get(__name__)


def key(given: Settings) -> str:
    """What opens the caught messages to a reader: NOTIFY_CATCHER_KEY, or one kept under `IMECE_HOME`."""
    return given.catcher_key.get_secret_value() or config.kept_secret("catcher-reader.key").decode()


def application(given: Settings) -> web.Application:
    """The stand-ins and the reading room. Raises Invalid for rules that are none."""
    rules = Rules(given.catcher_rules, allowed=given.catcher_faults)
    callbacks = Callbacks(given)
    desk = Desk(given, Book(given.caught_texts, rules, given.catcher_delivery), callbacks)
    app = web.Application(client_max_size=_LONGEST_REQUEST, middlewares=[_faults])
    for name, stand_in in STAND_INS.items():
        part = web.Application(client_max_size=_LONGEST_REQUEST)
        part.add_routes(stand_in.routes(desk))
        app.add_subapp(f"/{name}", part)
    room = _ReadingRoom(given, desk)
    app.add_routes(
        [
            web.get("/healthz", room.health),  # as every process of the house is asked
            web.get("/catcher/health", room.health),
            web.put("/catcher/rules", room.rules),
            web.get("/catcher/texts", room.texts),
            web.get("/catcher/texts/{id:.+}", room.text),
            web.get("/catcher/mails", room.mails),
            web.get("/catcher/mails/{name}", room.mail),
        ]
    )

    async def close(_app: web.Application) -> None:
        await callbacks.close()

    app.on_shutdown.append(close)
    return app


@web.middleware
async def _faults(request: web.Request, handler: Any) -> web.StreamResponse:
    """A fault of our own is no yes: whoever sent it may try again."""
    try:
        answer: web.StreamResponse = await handler(request)
    except web.HTTPException:
        raise
    except Exception:  # noqa: BLE001 (whatever it is)
        _log.exception("fault")
        return web.Response(status=503, text="The catcher failed")
    return answer


class _ReadingRoom:
    """Caught messages for those who have the key."""

    def __init__(self, given: Settings, desk: Desk) -> None:
        self.given = given
        self.desk = desk

    async def health(self, _request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def rules(self, request: web.Request) -> web.Response:
        """Other rules from now on."""
        if not self.given.catcher_faults:
            raise web.HTTPForbidden(text="NOTIFY_CATCHER_FAULTS is off")
        try:
            self.desk.book.rules.replace(await request.json())
        except (JSONDecodeError, Invalid, TypeError) as error:
            raise web.HTTPUnprocessableEntity(text=str(error)) from None
        return web.json_response({"ok": True})

    async def texts(self, request: web.Request) -> web.Response:
        """The latest, without their codes unless `whole`: `provider`, `to`, `order`, `limit` (200 at most), `after` (how many to leave out)."""
        self._let_in(request)
        asked = request.query
        limit, after = min(int(asked.get("limit", 50)), _SHOWN), int(asked.get("after", 0))
        found = texts.listed(
            self.given.caught_texts, provider=asked.get("provider", ""), to=asked.get("to", ""), order=asked.get("order", "")
        )
        whole = bool(asked.get("whole"))
        return web.json_response([described(text, text.text if whole else text.shown) for text in islice(found, after, after + limit)])

    async def text(self, request: web.Request) -> web.Response:
        """One, whole."""
        self._let_in(request)
        identity = request.match_info["id"]
        text = self.desk.book.get(identity) or texts.find(self.given.caught_texts, identity)
        if text is None:
            raise web.HTTPNotFound(text="no such message")
        return web.json_response(described(text, text.text))

    async def mails(self, request: web.Request) -> web.Response:
        """The latest mails: `to`, `limit`, `after`."""
        self._let_in(request)
        asked = request.query
        limit, after, to = min(int(asked.get("limit", 50)), _SHOWN), int(asked.get("after", 0)), asked.get("to", "").lower()
        found = (mail for mail in mails.listed(self.given.caught) if to in ", ".join(mail.recipients).lower())
        return web.json_response(
            [
                {
                    "name": mail.path.name,
                    "id": mail.id,
                    "at": mail.received.isoformat(),
                    "from": mail.sender,
                    "to": list(mail.recipients),
                    "subject": mail.subject,
                    "bytes": mail.size,
                }
                for mail in islice(found, after, after + limit)
            ]
        )

    async def mail(self, request: web.Request) -> web.Response:
        """One, as it came."""
        self._let_in(request)
        path = self.given.caught / request.match_info["name"]
        if path.suffix != ".eml" or path.name.startswith(".") or path.parent != self.given.caught or not path.is_file():
            raise web.HTTPNotFound(text="no such mail")
        return web.Response(body=path.read_bytes(), content_type="message/rfc822")

    def _let_in(self, request: web.Request) -> None:
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {key(self.given)}".encode()):
            raise web.HTTPUnauthorized(text="NOTIFY_CATCHER_KEY")


def described(text: CaughtText, shown: str) -> dict[str, Any]:
    """A caught message for a reader, with `shown` as its text."""
    return {
        "id": text.id,
        "provider": text.provider,
        "at": text.at.isoformat(),
        "to": text.to,
        "from": text.sender,
        "text": shown,
        "segments": text.segments,
        "reference": text.reference,
        "order": text.order,
        "state": state(text),
        "code": text.fate.get("code", ""),
        "more": {name: value for name, value in text.more.items() if name != "callback"},
    }
