"""What stands for letters that the fonts lack."""

from importlib.resources import files

import pytest
from fontTools.ttLib import TTFont

from documents.rendering.glyphs import COVERED, legible, legible_in


@pytest.mark.parametrize("style", ["Regular", "Bold", "Italic"])
def test_the_fonts_cover_what_we_say_they_cover(style: str) -> None:
    with (files("documents.rendering") / "fonts" / f"NotoSans-{style}.ttf").open("rb") as file:
        there = set(TTFont(file).getBestCmap())

    assert there == {point for first, last in COVERED for point in range(first, last + 1)}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Çağrı İğne Şöför Ilgaz ₺ € £", "Çağrı İğne Şöför Ilgaz ₺ € £"),
        ("Azərbaycan Ελλάς Москва Łódź", "Azərbaycan Ελλάς Москва Łódź"),
        ("C\u0327ag\u0306ri", "Çağri"),
        ("i\u0307stanbul", "istanbul"),
        ("two\nlines\tand  blanks ", "two lines and blanks"),
        ("ế ﬁ", "e fi"),
        ("−5 → 7", "-5 > 7"),
        ("\u202eters\u200b", "ters"),
        ("北京", "\ufffd\ufffd"),
    ],
)
def test_letters_become_ones_that_can_be_drawn(given: str, shown: str) -> None:
    assert legible(given) == shown


def test_every_string_inside_is_made_legible() -> None:
    assert legible_in({"a": ("x\ny", ["ế"]), "b": None, "c": 7}) == {"a": ["x y", ["e"]], "b": None, "c": 7}
