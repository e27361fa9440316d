"""Both languages, everywhere: the templates cannot hold a sentence in one of them only."""

import html
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.console import pages, wording
from gateway.languages import Locale
from imece import contracts
from imece.ledger import State

TEMPLATES = sorted((Path(pages.__file__).parent / "templates").glob("*.html"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_sentence_is_said_in_both_languages(path: Path) -> None:
    """Outside `say(...)` a template has no words but names."""
    text = path.read_text(encoding="utf-8")
    bare = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}|<[^>]*>|&\w+;", " ", text, flags=re.DOTALL)
    words = set(re.findall(r"[^\W\d_]{2,}", bare)) - {"imece", "Dramatiq", "Türkçe", "English", "MB"}
    assert not words, path.name
    for call in re.findall(r"say\(([^)]*)\)", text):
        assert call.count('"') + call.count("'") >= 4, call


def test_every_state_and_kind_has_its_words() -> None:
    assert set(wording.STATES) == set(State)
    assert {contract.kind for contract in contracts.declared() if contract.__module__.startswith("imece.")} <= set(wording.KINDS)
    for contract in contracts.declared():
        if contract.__module__.startswith("imece."):
            assert set(contract.model_fields) | set(contract.result.model_fields) <= set(wording.FIELDS) | wording.INSIDE, contract.kind


@pytest.mark.parametrize(
    ("seconds", "tr", "en"),
    [
        (0.01, "< 0,1 sn", "< 0.1 s"),
        (0.42, "0,4 sn", "0.4 s"),
        (12.4, "12 sn", "12 s"),
        (185, "3 dk 05 sn", "3 min 05 s"),
        (7800, "2 sa 10 dk", "2 h 10 min"),
        (400000, "4 gün", "4 d"),
        (None, "–", "–"),
    ],
)
def test_a_duration_is_as_short_as_it_can_be(seconds: float | None, tr: str, en: str) -> None:
    assert filtered("duration", seconds, "tr") == tr
    assert filtered("duration", seconds, "en") == en
    if seconds:
        assert filtered("duration", timedelta(seconds=seconds), "en") == en


def test_numbers_and_times_are_written_as_their_readers_write_them() -> None:
    assert (filtered("number", 1234567, "tr"), filtered("number", 1234567, "en")) == ("1.234.567", "1,234,567")
    assert (filtered("day", "2026-09-30", "tr"), filtered("day", "2026-09-30", "en")) == ("30.09.2026", "30 Sep 2026")
    old = datetime(2025, 12, 31, 22, 30, tzinfo=UTC)
    assert (filtered("moment", old, "tr"), filtered("moment", old, "en")) == ("01.01.2026 01:30", "01 Jan 2026 01:30")


def filtered(name: str, value: Any, locale: Locale) -> str:
    return html.unescape(pages._templates.from_string("{{ value|" + name + " }}").render(value=value, locale=locale))


def test_an_unknown_name_is_shown_as_it_is() -> None:
    assert filtered("kind", "payroll.run", "tr") == "payroll.run"
    assert filtered("field", "weight", "tr") == "weight"
