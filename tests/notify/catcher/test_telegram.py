"""Claims about the stand-in of Telegram: it takes what the Bot API takes, and nothing else."""

import random
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.notify.channels.conftest import caught_by
from tests.notify.conftest import Catching, running_catcher

from notify.accounts import CATCH_TOKEN
from notify.settings import Settings

_chats = random.Random()


def call(catcher: Catching, method: str = "sendMessage", token: str = CATCH_TOKEN, **fields: Any) -> dict[str, Any]:
    address = f"http://127.0.0.1:{catcher.http_port}/telegram/bot{token}/{method}"
    answer: dict[str, Any] = requests.request("POST", address, json={"chat_id": -1001, **fields}, timeout=5).json()
    return answer


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"text": ""}, "message text is empty"),
        ({"text": " \n"}, "message text is empty"),
        ({"text": "<b></b>", "parse_mode": "HTML"}, "message text is empty"),
        ({"text": "x", "chat_id": ""}, "chat_id is empty"),
        ({"text": "x", "chat_id": "somebody"}, "chat not found"),
        ({"text": "<x>a</x>", "parse_mode": "HTML"}, "can't parse entities: unsupported start tag"),
        ({"text": "<b>a", "parse_mode": "HTML"}, "can't parse entities: can't find end tag"),
        ({"text": "<b><i>a</b></i>", "parse_mode": "HTML"}, "can't parse entities: unmatched end tag"),
        ({"text": "a < b", "parse_mode": "HTML"}, "can't parse entities: unclosed start tag"),
        ({"text": "2.450 TL", "parse_mode": "MarkdownV2"}, "can't parse entities: character '.' is reserved"),
    ],
)
def test_it_refuses_what_telegram_refuses(catcher: Catching, fields: dict[str, Any], said: str) -> None:
    answer = call(catcher, **fields)

    assert (answer["ok"], answer["error_code"]) == (False, 400)
    assert answer["description"].startswith(f"Bad Request: {said}")


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "x" * 4096},
        {"text": "<b>" + "x" * 4096 + "</b>", "parse_mode": "HTML"},
        {"text": "&lt;" * 4096, "parse_mode": "html"},
        {"text": "😀" * 2048},
        {"text": "2\\.450 TL \\(\\-20%\\)", "parse_mode": "MarkdownV2"},
        {"text": '<a href="https://x.example/?a=1&amp;b=2">a</a>', "parse_mode": "HTML", "chat_id": "@kanal"},
    ],
)
def test_it_counts_what_is_left_to_read(catcher: Catching, fields: dict[str, Any]) -> None:
    answer = call(catcher, **fields)

    assert answer["ok"], answer
    assert {"message_id", "date", "chat", "text"} == set(answer["result"])


def test_a_caption_is_shorter_and_a_photo_must_be_there(catcher: Catching) -> None:
    assert call(catcher, "sendPhoto", photo="https://x.example/a.jpg", caption="x" * 1024)["ok"]
    assert "caption is too long" in call(catcher, "sendPhoto", photo="https://x.example/a.jpg", caption="x" * 1025)["description"]
    assert "no photo" in call(catcher, "sendPhoto", caption="x")["description"]


def test_it_knows_its_bot_and_its_methods(catcher: Catching) -> None:
    assert call(catcher, "getMe")["result"]["username"] == "catcher_bot"
    assert call(catcher, token="1:other", text="x")["error_code"] == 401
    assert call(catcher, "sendSticker", text="x")["error_code"] == 404


def test_a_form_is_as_good_as_json(catcher: Catching, given: Settings) -> None:
    chat = str(_chats.randrange(10**9))
    address = f"http://127.0.0.1:{catcher.http_port}/telegram/bot{CATCH_TOKEN}/sendMessage"

    assert requests.request("POST", address, data={"chat_id": chat, "text": "ğ"}, timeout=5).json()["ok"]
    assert [caught.text for caught in caught_by(catcher, chat)] == ["ğ"]


def test_it_keeps_telegrams_limits(tmp_path: Path) -> None:
    with running_catcher(tmp_path, NOTIFY_CATCHER_LIMITS="true") as strict:
        group = [call(strict, chat_id="-1005", text="x") for _ in range(21)]
        person = [call(strict, chat_id="77", text="x") for _ in range(6)]

    assert [answer["ok"] for answer in group] == [True] * 20 + [False]
    assert group[-1]["error_code"] == 429
    assert 50 <= group[-1]["parameters"]["retry_after"] <= 60
    assert [answer["ok"] for answer in person] == [True] * 5 + [False]
    assert person[-1]["parameters"]["retry_after"] <= 5
