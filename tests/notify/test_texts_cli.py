"""Claims about `imece notify check-phone` and `plan-sms`: a line of JSON for each line, with exactly the keys that are promised."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from notify.cli import app

NUMBERS = "0532 111 22 33\n\n5321112233.0\r\n9.05321E+11\n0212 111 22 33\n0532 111 22 33 / 0533 111 22 33\n+49 151 12345678\n"


def run(*arguments: str, given: str | bytes | None = None, code: int = 0) -> list[dict[str, object]]:
    result = CliRunner().invoke(app, arguments, input=given)
    assert result.exit_code == code, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_every_line_is_answered_in_its_place() -> None:
    assert run("check-phone", "--stdin", given=NUMBERS) == [
        {"e164": "+905321112233", "type": "MOBILE", "reason": None},
        {"e164": None, "type": None, "reason": "empty"},
        {"e164": "+905321112233", "type": "MOBILE", "reason": None},
        {"e164": None, "type": None, "reason": "scientific"},
        {"e164": None, "type": "FIXED_LINE", "reason": "not_mobile"},
        {"e164": None, "type": None, "reason": "several"},
        {"e164": "+4915112345678", "type": "MOBILE", "reason": None},
    ]


def test_a_number_may_begin_with_any_sign() -> None:
    assert run("check-phone", "+90 532 111 22 33") == run("check-phone", "-0532 111 22 33") == run("check-phone", "05321112233")
    assert run("check-phone", "0151 12345678", "--region", "de")[0]["e164"] == "+4915112345678"


def test_bytes_that_are_no_text_are_no_number() -> None:
    assert run("check-phone", "--stdin", given=b"\xff\xfe\n" + b"1" * 3_000_000 + b"\n0532 111 22 33") == [
        {"e164": None, "type": None, "reason": "no_number"},
        {"e164": None, "type": None, "reason": "no_number"},
        {"e164": "+905321112233", "type": "MOBILE", "reason": None},
    ]


def test_texts_are_planned_by_their_profile() -> None:
    lines = [
        {"text": "Ödemeniz alındı", "profile": "twilio"},
        {"text": "Ödemeniz alındı", "profile": "tr_single"},
        {"text": "Ödemeniz alındı", "profile": "tr_locking"},
        {"text": "Odemeniz alindi", "profile": "gsm7"},
        {"text": "Odemeniz 250 ₺", "profile": "tr_locking"},
        {"text": "a" * 71, "profile": "ucs2"},
        {"text": "a" * 161},
    ]
    answers = run("plan-sms", "--stdin", given="\n".join(json.dumps(line) for line in lines))

    assert answers == [
        {"encoding": "ucs2", "segments": 1},
        {"encoding": "tr_single", "segments": 1},
        {"encoding": "tr_locking", "segments": 1},
        {"encoding": "gsm7", "segments": 1},
        {"encoding": "ucs2", "segments": 1},
        {"encoding": "ucs2", "segments": 2},
        {"encoding": "gsm7", "segments": 2},
    ]


def test_half_a_surrogate_pair_is_counted_too() -> None:
    assert run("plan-sms", "--stdin", given='{"text": "\\ud83d", "profile": "gsm7"}') == [{"encoding": "ucs2", "segments": 1}]


@pytest.mark.parametrize(
    "line", ["", "x", "[]", '{"text": 5}', '{"profile": "gsm7"}', '{"text": "a", "profile": "morse"}', '{"text": "a", "profile": 7}']
)
def test_a_line_that_is_none_is_said_and_the_next_is_answered(line: str) -> None:
    wrong, right = run("plan-sms", "--stdin", given=line + '\n{"text": "a", "profile": "gsm7"}\n')

    assert wrong["encoding"] is None
    assert "profile" in str(wrong["error"])
    assert right == {"encoding": "gsm7", "segments": 1}


def test_a_text_alone_folded_and_with_the_operators_code() -> None:
    assert run("plan-sms", "Ödemeniz 250 ₺ alındı", "--fold") == [{"encoding": "gsm7", "segments": 1}]
    assert run("plan-sms", "a" * 156) == [{"encoding": "gsm7", "segments": 1}]
    assert run("plan-sms", "a" * 156, "--operator-code") == [{"encoding": "gsm7", "segments": 2}]


@pytest.mark.parametrize(
    "arguments", [["check-phone"], ["plan-sms"], ["check-phone", "5", "--stdin"], ["plan-sms", "a", "--profile", "morse"]]
)
def test_a_command_that_asks_nothing_is_refused(arguments: list[str]) -> None:
    assert run(*arguments, code=2) == []


def test_it_needs_no_stack_and_no_settings() -> None:
    program = "from notify.cli import app; app(['check-phone', '0532 111 22 33'])"
    done = subprocess.run(
        [sys.executable, "-c", program], env={"IMECE_ENV_FILE": ""}, capture_output=True, text=True, check=False, timeout=60
    )

    assert json.loads(done.stdout)["e164"] == "+905321112233"
