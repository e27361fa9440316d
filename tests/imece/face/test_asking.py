"""What a form says, as its reader's language writes it."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from imece.errors import Invalid
from imece.face.asking import Form


def form(locale: Any = "tr", **given: str) -> Form:
    return Form(given, locale)


@pytest.mark.parametrize(
    ("text", "tr", "en"),
    [
        ("1299", "1299", "1299"),
        ("1.299,90", "1299.90", None),
        ("1,299.90", None, "1299.90"),
        ("1299.90", "1299.90", "1299.90"),
        ("1299,90", "1299.90", "1299.90"),
        ("1.299", "1299", "1.299"),
        ("1,299", "1.299", "1299"),
        ("1.299.000", "1299000", None),
        ("4.5", "4.5", "4.5"),
        ("0,35", "0.35", "0.35"),
        ("1 299,90", "1299.90", "1299.90"),
        ("-12,5", "-12.5", "-12.5"),
        ("12 TL", None, None),
        ("1e9", None, None),
        ("١٢", None, None),
        ("--1", None, None),
        ("1.2.3", None, None),
        ("9" * 30, None, None),
        (",5", None, None),
        ("NaN", None, None),
    ],
)
def test_numbers_are_read_as_the_language_writes_them(text: str, tr: str | None, en: str | None) -> None:
    for locale, wanted in (("tr", tr), ("en", en)):
        if wanted is None:
            with pytest.raises(Invalid, match="is not a number"):
                form(locale, n=text).number("n")
        else:
            assert form(locale, n=text).number("n") == Decimal(wanted)


@pytest.mark.parametrize(("text", "wanted"), [("", None), (" 12 ", 12), ("007", 7)])
def test_whole_numbers(text: str, wanted: int | None) -> None:
    assert form(n=text).whole("n") == wanted


@pytest.mark.parametrize("text", ["1.5", "-1", "1234567890", "²", "x"])
def test_what_is_no_whole_number_is_refused_with_what_was_said(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        form(n=text).whole("n")
    assert text in refused.value.tr


def test_texts_lose_their_white_and_what_no_database_takes() -> None:
    assert form(a=" Ayşe\0 ").text("a") == "Ayşe"
    assert form(a="  ").text("a") is form().text("a") is None
    assert form(a="x, ,y ,").words("a") == ["x", "y"]
    assert form(a="1").flag("a")
    assert not form().flag("a")


def test_an_identifier_is_one_or_is_asked_for() -> None:
    assert form(a=str(UUID(int=7))).id("a") == UUID(int=7)
    for text in ("", "7", "x" * 36):
        with pytest.raises(Invalid, match="not chosen"):
            form(a=text).id("a")
