"""Claims about words that templates do not ask for by themselves."""

from datetime import UTC, datetime

import pytest

from notify.texts import wording


def test_a_moment_is_istanbuls() -> None:
    assert wording.hour(datetime(2026, 11, 29, 21, 5, tzinfo=UTC)) == "00:05"
    assert wording.day(datetime(2026, 11, 29, 21, 5, tzinfo=UTC), locale="tr") == "30.11.2026"


def test_names_are_written_in_turkish() -> None:
    assert wording.title("ışıl İNCİ-kaya") == "Işıl İnci-kaya"
    assert wording.upper("ilgi") == "İLGİ"
    assert wording.lower("IŞIK") == "ışık"


@pytest.mark.parametrize(
    ("text", "length", "short"), [("Uzun bir şirket adı", 12, "Uzun bir..."), ("Kısa", 12, "Kısa"), ("Upuzunbirkelime", 8, "Upuzu...")]
)
def test_what_is_too_long_is_cut_at_a_word(text: str, length: int, short: str) -> None:
    assert wording.short(text, length) == short


def test_decimals_are_as_many_as_asked_for_or_as_there_are() -> None:
    assert wording.number("1234.5", locale="tr") == "1.234,5"
    assert wording.number("1234.5", 2, locale="en") == "1,234.50"
    assert wording.number(7, 0, locale="tr") == "7"
