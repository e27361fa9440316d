"""The stand-in of Telegram's Bot API: `getMe`, `sendMessage` and `sendPhoto`, as strict as the real one about length and markup."""

import re
import time
from itertools import count
from math import ceil
from typing import Any

from aiohttp import web

from notify.accounts import CATCH_TOKEN
from notify.catcher.desk import Desk, document
from notify.catcher.limits import Limit

_TEXT, _CAPTION = 4096, 1024

#: (messages, seconds). Telegram names about thirty a second, twenty a minute in a group and one a second in a chat, which it lets be overrun for a moment.
_A_SECOND, _IN_A_GROUP, _IN_A_CHAT = 30, (20, 60.0), (5, 5.0)
_TAG = re.compile(r"<(/?)([^\s<>/]*)([^<>]*)>")
_KNOWN = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler", "a", "tg-emoji", "code", "pre", "blockquote"}
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|lt|gt|amp|quot);", re.IGNORECASE)
_RESERVED = re.compile(r"(?<!\\)[#+\-=|{}.!>]")

#: Codes of `refuse` rules.
_SAYS = {
    "blocked": (403, "Forbidden: bot was blocked by the user"),
    "deactivated": (403, "Forbidden: user is deactivated"),
    "gone": (400, "Bad Request: chat not found"),
    "entities": (400, "Bad Request: can't parse entities: unsupported start tag"),
    "photo": (400, "Bad Request: failed to get HTTP URL content"),
}


def routes(desk: Desk) -> list[web.RouteDef]:
    """Its addresses, to be put under one of their own."""
    stand_in = _Telegram(desk)
    return [web.route("*", "/bot{token}/{method}", stand_in.call)]


class _Telegram:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.numbers = count(int(time.time()) % 10**8)
        self.all = Limit(_A_SECOND, 1)
        self.chats: dict[str, Limit] = {}

    async def call(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != CATCH_TOKEN:
            return _no(401, "Unauthorized")
        method = request.match_info["method"].lower()
        if method == "getme":
            return web.json_response(
                {"ok": True, "result": {"id": 100, "is_bot": True, "first_name": "Catcher", "username": "catcher_bot"}}
            )
        if method not in {"sendmessage", "sendphoto"}:
            return _no(404, "Not Found")
        fields = await _fields(request)
        photo = method == "sendphoto"
        text, chat = str(fields.get("caption" if photo else "text") or ""), str(fields.get("chat_id") or "")
        if fault := _fault(fields, chat, text, photo=photo):
            return _no(400, f"Bad Request: {fault}")
        if wait := self._too_fast(chat):
            return _slow(wait)
        number = next(self.numbers)
        more = {name: value for name, value in fields.items() if name not in {"chat_id", "text", "caption"}}
        taken = self.desk.book.noted("telegram", f"{chat}/{number}", chat, text, sender="catcher_bot", more=more)
        kind = "private" if chat.lstrip("-").isdigit() and not chat.startswith("-") else "supergroup"
        result = {
            "message_id": number,
            "date": int(taken.at.timestamp()),
            "chat": {"id": int(chat) if chat.lstrip("-").isdigit() else chat, "type": kind},
            "caption" if photo else "text": text,
        }
        return await self.desk.serve(request, "telegram", [taken], lambda: web.json_response({"ok": True, "result": result}), _refused)

    def _too_fast(self, chat: str) -> int:
        """Seconds to wait, whole ones; 0 if it may be said now, and then it counts."""
        if not self.desk.given.catcher_limits:
            return 0
        limit = self.chats.setdefault(chat, Limit(*(_IN_A_GROUP if chat.startswith(("-", "@")) else _IN_A_CHAT)))
        wait = max(self.all.wait(), limit.wait())
        if not wait:
            self.all.count()
            limit.count()
        return ceil(wait)


async def _fields(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return await document(request) or {}
    return {**request.query, **{name: str(value) for name, value in (await request.post()).items()}}


def _fault(fields: dict[str, Any], chat: str, text: str, *, photo: bool) -> str:
    if not chat:
        return "chat_id is empty"
    if not re.fullmatch(r"-?\d+|@\w{4,}", chat):
        return "chat not found"
    if photo and not fields.get("photo"):
        return "there is no photo in the request"
    if not photo and not text.strip():
        return "message text is empty"
    mode = str(fields.get("parse_mode") or "").lower()
    read, fault = text, ""
    if mode == "html":
        read, fault = _html(text)
    elif mode == "markdownv2" and (found := _RESERVED.search(text)):
        fault = f"character '{found[0]}' is reserved and must be escaped with the preceding '\\'"
    if fault:
        return f"can't parse entities: {fault}"
    if len(read.encode("utf-16-le")) // 2 > (_CAPTION if photo else _TEXT):
        return "message caption is too long" if photo else "message is too long"
    if not photo and not read.strip():
        return "message text is empty"
    return ""


def _html(text: str) -> tuple[str, str]:
    """What is left to read, and what is wrong with the tags."""
    open_tags: list[str] = []
    for found in _TAG.finditer(text):
        close, name = found[1], found[2].lower()
        if name not in _KNOWN:
            return "", f'unsupported start tag "{name}" at byte offset {len(text[: found.start()].encode())}'
        if not close:
            open_tags.append(name)
        elif not open_tags or open_tags.pop() != name:
            return "", f"unmatched end tag at byte offset {len(text[: found.start()].encode())}"
    if open_tags:
        return "", f"can't find end tag corresponding to start tag {open_tags[-1]}"
    bare = _TAG.sub("", text)
    if "<" in bare:
        return "", "unclosed start tag"
    return _ENTITY.sub(_character, bare), ""


def _character(found: re.Match[str]) -> str:
    name = found[0][1:-1].lower()
    if name.startswith("#"):
        return chr(int(f"0{name[1:]}", 0) if name.startswith("#x") else int(name[1:]))
    return {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}[name]


def _refused(what: str, code: str) -> web.Response:
    if what in {"500", "503"}:
        return _no(int(what), "Internal Server Error")
    if what == "429":
        return _slow(1)
    if code.startswith("moved:"):
        moved = int(code.removeprefix("moved:"))
        return _no(400, "Bad Request: group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": moved})
    status, said = _SAYS.get(code, (400, "Bad Request: chat not found"))
    return _no(status, said)


def _slow(wait: int) -> web.Response:
    return _no(429, f"Too Many Requests: retry after {wait}", {"retry_after": wait})


def _no(code: int, said: str, parameters: dict[str, Any] | None = None) -> web.Response:
    return web.json_response(
        {"ok": False, "error_code": code, "description": said, **({"parameters": parameters} if parameters else {})}, status=code
    )
