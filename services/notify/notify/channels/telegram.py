"""Telegram's Bot API: a post to a chat, in as many messages as it takes, each sent once."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from json import dumps
from typing import Any

from imece.errors import Transient, Unknown
from notify.accounts import CATCH_TOKEN
from notify.channels import Accepted, Finding, Outcome, Verdict, markup, one_by_one
from notify.channels.http import Answer, Line
from notify.channels.refusals import Closed, Refused, words
from notify.settings import Settings

_ACCOUNT_PATIENCE = timedelta(minutes=5)
_SHORT_WAIT = 3.0  #: seconds that the next message of a post is waited for, where Telegram asks for it

#: What its 400s and 403s say when the chat is gone, for us.
_GONE = (
    "blocked by the user",
    "user is deactivated",
    "chat not found",
    "bot was kicked",
    "bot is not a member",
    "group chat was deactivated",
    "peer_id_invalid",
    "can't initiate conversation",
    "have no rights to send",
    "not enough rights to send",
)
_NO_MARKUP = "can't parse entities"
_NO_PHOTO = (
    "wrong file identifier",
    "failed to get http url content",
    "wrong type of the web page content",
    "photo_invalid",
    "image_process_failed",
)


@dataclass(frozen=True)
class Button:
    """A button under a post that opens an address."""

    text: str
    url: str


@dataclass(frozen=True, repr=False)
class Post:
    """
    What is said to a chat; `chat` is its number or `@name`. Either `html` (Telegram's, see `markup`) or `text`, which means nothing but itself.

    `photo_url` is fetched by Telegram itself; what fits stands under it. `silent`: the phone makes no sound.
    """

    reference: str
    chat: str
    html: str | None = None
    text: str = ""
    silent: bool = False
    photo_url: str | None = None
    button: Button | None = None

    def __repr__(self) -> str:
        """Without chat and text: what is represented ends up in logs."""
        return f"Post({self.reference})"


@dataclass(frozen=True)
class Posted(Accepted):
    """Taken. `chat` is where the chat is now: a group that became a supergroup has a new number, to be used from now on."""

    chat: str = ""


class Telegram:
    """The channel. One per process; threads share it."""

    name = "telegram"
    most = 1

    def __init__(self, given: Settings) -> None:
        """In catch mode nothing of the live bot is used."""
        self.given = given
        self.catching = given.telegram_mode == "catch"
        token = CATCH_TOKEN if self.catching else given.telegram_token.get_secret_value()
        base = f"{given.stand_ins}/telegram" if self.catching else given.telegram_url.rstrip("/")
        self.line = Line("Telegram", f"{base}/bot{token}", given.chat_answer_timeout)

    @property
    def begins_within(self) -> timedelta:
        """Longest time between a claim and the leaving of the first message."""
        return timedelta(seconds=self.given.chat_timeout)

    @property
    def settles_within(self) -> timedelta:
        """Until then it may still be on its way."""
        return self.begins_within + self.line.settles_within

    def send(self, parcel: Post, deadline: float) -> Posted:
        """
        Send it once. Raises Transient, Refused (`address`: the chat is gone, write to it no more), Closed or Unknown.

        A post of several messages is Unknown when a later one fails: the earlier are read already, and are not said twice.
        """
        if not self.catching and "*" not in self.given.telegram_allowed_chats and parcel.chat not in self.given.telegram_allowed_chats:
            raise Refused(
                "Posts to this chat are not allowed here (NOTIFY_TELEGRAM_ALLOWED_CHATS).",
                "Bu sohbete gönderim yapılmasına izin verilmiyor (NOTIFY_TELEGRAM_ALLOWED_CHATS).",
                code="not_allowed",
            )
        parts = _parts(parcel)
        if not parts:
            raise Refused("The post has no text.", "Gönderinin metni yok.", code="empty")
        chat, numbers = parcel.chat, []
        for position, part in enumerate(parts):
            try:
                chat, number = self._said_patiently(chat, part, deadline, wait=position > 0)
            except (Transient, Refused, Unknown) as error:
                if position == 0:
                    raise
                raise Unknown(
                    f"{position} of the post's {len(parts)} messages were sent, then: {error.en}",
                    f"Gönderinin {len(parts)} mesajından {position} tanesi gönderildi, sonra: {error.tr}",
                ) from error
            numbers.append(str(number))
        return Posted(f"{chat}/{','.join(numbers)}", f"{len(numbers)} message(s)", chat)

    def send_many(self, parcels: Sequence[Post], deadline: float) -> Sequence[Verdict]:
        """Telegram takes one message per request."""
        return one_by_one(self, parcels, deadline)

    def look_up(self, _reference: str, _parcel: Post | None = None, _since: timedelta | None = None) -> Finding:
        """A bot cannot ask what it has said."""
        return Finding(Outcome.UNTOLD)

    def _said_patiently(self, chat: str, part: dict[str, Any], deadline: float, *, wait: bool) -> tuple[str, int]:
        """One message; a later one of a post waits a moment where Telegram asks for it, rather than leave the post in pieces."""
        if not wait:
            return self._said(chat, part, deadline)
        deadline = max(deadline, time.monotonic() + self.given.chat_timeout)
        try:
            return self._said(chat, part, deadline)
        except Transient as error:
            if error.retry_after is None or error.retry_after.total_seconds() > _SHORT_WAIT:
                raise
            time.sleep(error.retry_after.total_seconds())
            return self._said(chat, part, deadline)

    def _said(self, chat: str, part: dict[str, Any], deadline: float) -> tuple[str, int]:
        """Where the chat is and the message's number. What Telegram cannot read as HTML is sent once more as it reads; a moved chat is followed."""
        attempts = 4  # as written, in the new chat, without the photo, without markup
        while True:
            attempts -= 1
            method = "sendPhoto" if "photo" in part else "sendMessage"
            document = self._document(
                self.line.exchange("POST", f"/{method}", deadline, body=_encoded({"chat_id": chat, **part}), headers=_JSON)
            )
            if document.get("ok"):
                result = document.get("result") or {}
                return str((result.get("chat") or {}).get("id", chat)), int(result.get("message_id", 0))
            said, moved = str(document.get("description", "")).lower(), (document.get("parameters") or {}).get("migrate_to_chat_id")
            if attempts and moved:
                chat = str(moved)
            elif attempts and _NO_MARKUP in said and "parse_mode" in part:
                part = _unmarked(part)
            elif attempts and "photo" in part and any(fault in said for fault in _NO_PHOTO):
                part = _without_photo(part)
            else:
                raise _refusal(document)

    def _document(self, answer: Answer) -> dict[str, Any]:
        try:
            document = answer.json()
        except ValueError:
            document = None
        if not isinstance(document, dict) or "ok" not in document:
            self.line.judge(answer)
            raise self.line.wordless(answer)
        if int(document.get("error_code", 0)) >= 500:
            self.line.judge(answer)
        return document


_JSON = {"Content-Type": "application/json"}


def _encoded(fields: dict[str, Any]) -> bytes:
    return dumps(fields, ensure_ascii=False).encode()


def _parts(post: Post) -> list[dict[str, Any]]:
    """The messages of a post, as `sendMessage` and `sendPhoto` take them."""
    written = post.html if post.html is not None else markup.escape_html(post.text)
    first = markup.LONGEST_CAPTION if post.photo_url else None
    texts = markup.split(written, first=first)
    parts: list[dict[str, Any]] = [{"text": text, "parse_mode": "HTML"} for text in texts]
    if post.photo_url:
        under = parts.pop(0) if parts else {}
        caption = {"caption": under["text"], "parse_mode": "HTML"} if under else {}
        parts.insert(0, {"photo": post.photo_url, **caption})
    for part in parts:
        if post.silent:
            part["disable_notification"] = True
    if post.button and parts:
        parts[-1]["reply_markup"] = {"inline_keyboard": [[{"text": post.button.text, "url": post.button.url}]]}
    return parts


def _unmarked(part: dict[str, Any]) -> dict[str, Any]:
    field = "caption" if "caption" in part else "text"
    return {name: value for name, value in part.items() if name != "parse_mode"} | {field: markup.plain(part[field])}


def _without_photo(part: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in part.items() if name not in {"photo", "caption"}}
    return {**rest, "text": part.get("caption", part["photo"])}


def _refusal(document: dict[str, Any]) -> Exception:
    """What a `no` of Telegram's means."""
    code, said = int(document.get("error_code", 0)), words(document.get("description", ""))
    if code == 429:
        wait = timedelta(seconds=min(int((document.get("parameters") or {}).get("retry_after", 1)), 3600))
        return Transient("Telegram asks for fewer messages (429).", "Telegram daha seyrek mesaj istiyor (429).", retry_after=wait)
    if code in {401, 404}:
        return Closed(
            f"Telegram does not accept our bot ({code}).", f"Telegram botumuzu kabul etmiyor ({code}).", retry_after=_ACCOUNT_PATIENCE
        )
    if any(gone in said.lower() for gone in _GONE):
        return Refused(
            f"Telegram has no such chat for us: {said}", f"Telegram'da bu sohbete yazamıyoruz: {said}", code=str(code), address=True
        )
    return Refused(f"Telegram refused: {said}", f"Telegram reddetti: {said}", code=str(code))
