"""Claims about Telegram's channel, made to the stand-in that is as strict as the Bot API."""

import json
import logging
import random
import time
from datetime import timedelta

import pytest
from tests.notify.channels.conftest import Rule, caught_by, soon
from tests.notify.channels.test_http import said, server
from tests.notify.conftest import Catching, forget_settings

from imece.errors import Misconfigured, Transient, Unknown
from imece.ids import new_id
from notify.channels import Accepted, Channel, Outcome, Reporting
from notify.channels.markup import escape_html
from notify.channels.refusals import Closed, Refused
from notify.channels.telegram import Button, Post, Posted, Telegram
from notify.settings import Settings, settings

_chats = random.Random()


@pytest.fixture
def telegram(given: Settings) -> Telegram:
    return Telegram(given)


def a_post(html: str | None = "<b>Merhaba</b>", **more: object) -> Post:
    fields = {"reference": str(new_id()), "chat": f"-100{_chats.randrange(10**9)}", "html": html, **more}
    return Post(**fields)  # type: ignore[arg-type]  # as the tests name them


def test_it_is_a_channel_that_cannot_be_asked(telegram: Telegram) -> None:
    channel: Channel[Post] = telegram

    assert channel.most == 1
    assert channel.look_up("x").outcome is Outcome.UNTOLD
    assert not isinstance(telegram, Reporting)


def test_a_post_is_one_message_in_html(telegram: Telegram, catcher: Catching) -> None:
    post = a_post("<b>İndirim</b> %20 &amp; 2.450,00 TL", silent=True, button=Button("Aç", "https://imece.example/x"))

    posted = telegram.send(post, soon())

    [caught] = caught_by(catcher, post.chat)
    assert posted == Posted(caught.id, "1 message(s)", post.chat)
    assert caught.text == post.html
    assert caught.more == {
        "parse_mode": "HTML",
        "disable_notification": True,
        "reply_markup": {"inline_keyboard": [[{"text": "Aç", "url": "https://imece.example/x"}]]},
    }


def test_text_means_nothing_but_itself(telegram: Telegram, catcher: Catching) -> None:
    post = a_post(None, text="1 < 2 & <b>değil</b>")
    telegram.send(post, soon())

    assert caught_by(catcher, post.chat)[0].text == escape_html(post.text)


def test_a_long_post_becomes_several_messages_in_order_with_the_button_under_the_last(telegram: Telegram, catcher: Catching) -> None:
    post = a_post("".join(f"<b>Ürün {n}</b>: 100,00 TL\n" for n in range(500)), button=Button("Aç", "https://x.example"))

    posted = telegram.send(post, soon())

    messages = list(reversed(caught_by(catcher, post.chat)))
    assert len(messages) == 3
    assert "".join(message.text for message in messages) == post.html
    assert posted.id == f"{post.chat}/{','.join(message.id.split('/')[1] for message in messages)}"
    assert ["reply_markup" in message.more for message in messages] == [False, False, True]


def test_a_photo_carries_what_fits_under_it_and_the_rest_follows(telegram: Telegram, catcher: Catching) -> None:
    post = a_post("kelime " * 300, photo_url="https://shop.example/a.jpg")
    telegram.send(post, soon())

    photo, rest = reversed(caught_by(catcher, post.chat))
    assert photo.more["photo"] == "https://shop.example/a.jpg"
    assert len(photo.text) <= 1024
    assert photo.text + rest.text == post.html


def test_a_photo_that_telegram_cannot_fetch_is_left_out(telegram: Telegram, catcher: Catching, rules: Rule) -> None:
    post = a_post(photo_url="https://shop.example/a.jpg")
    rules("refuse", to=f"^{post.chat}$", code="photo", times=1)
    telegram.send(post, soon())

    [caught] = caught_by(catcher, post.chat)
    assert caught.text == post.html
    assert "photo" not in caught.more


def test_what_telegram_cannot_read_is_said_once_without_markup(telegram: Telegram, catcher: Catching, rules: Rule) -> None:
    post = a_post("<b>İndirim</b> &amp; fiyat")
    rules("refuse", to=f"^{post.chat}$", code="entities", times=1)
    telegram.send(post, soon())

    [caught] = caught_by(catcher, post.chat)
    assert caught.text == "İndirim & fiyat"
    assert "parse_mode" not in caught.more


def test_it_is_said_without_markup_once_and_not_for_ever(telegram: Telegram, rules: Rule) -> None:
    post = a_post()
    rules("refuse", to=f"^{post.chat}$", code="entities")

    with pytest.raises(Refused, match="can't parse entities"):
        telegram.send(post, soon())


def test_a_group_that_moved_is_followed_and_its_new_number_told(telegram: Telegram, catcher: Catching, rules: Rule) -> None:
    post, new = a_post(), f"-200{_chats.randrange(10**9)}"
    rules("refuse", to=f"^{post.chat}$", code=f"moved:{new}")

    posted = telegram.send(post, soon())

    assert (posted.chat, posted.id.split("/")[0]) == (new, new)
    assert [caught.text for caught in caught_by(catcher, new)] == [post.html]


@pytest.mark.parametrize("code", ["blocked", "deactivated", "gone"])
def test_a_chat_that_is_gone_is_marked(telegram: Telegram, rules: Rule, code: str) -> None:
    post = a_post()
    rules("refuse", to=f"^{post.chat}$", code=code)

    with pytest.raises(Refused) as refused:
        telegram.send(post, soon())

    assert refused.value.address


def test_429_waits_as_long_as_telegram_says(telegram: Telegram) -> None:
    body = json.dumps({"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 17}}).encode()
    with server(said("429 Too Many", body)) as (port, _):
        telegram.line.base = f"http://127.0.0.1:{port}/bot1"
        with pytest.raises(Transient) as slow:
            telegram.send(a_post(), soon())

    assert slow.value.retry_after == timedelta(seconds=17)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        ("401 No", b'{"ok": false, "error_code": 401, "description": "Unauthorized"}', Closed),
        ("404 No", b'{"ok": false, "error_code": 404, "description": "Not Found"}', Closed),
        ("400 No", b'{"ok": false, "error_code": 400, "description": "Bad Request: message is too long"}', Refused),
        ("500 Oops", b'{"ok": false, "error_code": 500, "description": "Internal"}', Unknown),
        ("502 Oops", b"<html>", Unknown),
        ("200 OK", b"<html>", Unknown),
    ],
)
def test_an_answer_says_whether_it_was_taken(telegram: Telegram, status: str, body: bytes, kind: type[Exception]) -> None:
    with server(said(status, body)) as (port, _):
        telegram.line.base = f"http://127.0.0.1:{port}/bot1"
        with pytest.raises(kind) as fault:
            telegram.send(a_post(), soon())

    assert type(fault.value) is kind


OK = b'{"ok": true, "result": {"message_id": 7, "chat": {"id": -1}}}'
SLOW = b'{"ok": false, "error_code": 429, "parameters": {"retry_after": %d}}'


def test_a_later_message_waits_a_moment_rather_than_leave_the_post_in_pieces(telegram: Telegram) -> None:
    long = "x" * 5000
    with server(said(body=OK), said("429 Slow", SLOW % 1), said(body=OK)) as (port, asked):
        telegram.line.base = f"http://127.0.0.1:{port}/bot1"
        begin = time.monotonic()
        posted = telegram.send(a_post(long), soon())

    assert posted.id == "-1/7,7"
    assert time.monotonic() - begin >= 1
    assert len(asked) == 3


@pytest.mark.parametrize(
    "second", [said("429 Slow", SLOW % 60), said("400 No", b'{"ok": false, "error_code": 400, "description": "x"}'), None]
)
def test_a_post_that_broke_off_in_the_middle_is_not_said_again(telegram: Telegram, second: bytes | None) -> None:
    with server(said(body=OK), second) as (port, _):
        telegram.line.base = f"http://127.0.0.1:{port}/bot1"
        with pytest.raises(Unknown, match="1 of the post's 2 messages"):
            telegram.send(a_post("x" * 5000), soon())


def test_an_empty_post_is_refused_before_anything_is_sent(telegram: Telegram) -> None:
    with pytest.raises(Refused, match="no text"):
        telegram.send(a_post(" <b> </b>"), soon())


def test_no_log_and_no_error_holds_the_token_or_the_text(telegram: Telegram, catcher: Catching, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    post = a_post("gizli 918273")
    telegram.send(post, soon())
    telegram.line.base = "http://127.0.0.1:1/bot100:catcher"
    with pytest.raises(Transient) as fault:
        telegram.send(a_post(), soon())
    logged = caplog.text + str(catcher.events) + fault.value.en + repr(post)

    assert "100:catcher" not in logged
    assert "918273" not in logged
    assert post.chat not in logged


def test_live_mode_writes_to_allowed_chats_only(given: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    live = {"TELEGRAM_MODE": "live", "TELEGRAM_TOKEN": "1:real", "TELEGRAM_ALLOWED_CHATS": "-1001, @kanal"}
    for name, value in live.items():
        monkeypatch.setenv(f"NOTIFY_{name}", value)
    forget_settings()
    telegram = Telegram(settings())
    assert telegram.line.base == "https://api.telegram.org/bot1:real"
    with server(said(body=OK)) as (port, asked):
        telegram.line.base = f"http://127.0.0.1:{port}/bot1:real"
        with pytest.raises(Refused, match="NOTIFY_TELEGRAM_ALLOWED_CHATS"):
            telegram.send(a_post(chat="-1002"), soon())
        assert asked == []
        assert isinstance(telegram.send(a_post(chat="@kanal"), soon()), Accepted)

    monkeypatch.delenv("NOTIFY_TELEGRAM_TOKEN")
    forget_settings()
    with pytest.raises(Misconfigured, match="NOTIFY_TELEGRAM_TOKEN"):
        settings()
