"""Turkish letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imece import text

TURKISH = st.text("abcçdefgğhıijklmnoöprsştuüvyzâîûABCÇDEFGĞHIİJKLMNOÖPRSŞTUÜVYZÂÎÛ 0123456789.,-")


@pytest.mark.parametrize(("small", "great"), [("iğne", "İĞNE"), ("ışık", "IŞIK"), ("istanbul", "İSTANBUL"), ("ığüşöç", "IĞÜŞÖÇ"), ("", "")])
def test_capitals_and_small_letters(small: str, great: str) -> None:
    assert text.upper(small) == great
    assert text.lower(great) == small


@given(TURKISH)
def test_small_letters_keep_the_length_and_change_nothing_twice(words: str) -> None:
    small = text.lower(words)
    assert len(small) == len(words)
    assert text.lower(small) == small
    assert text.lower(text.upper(small)) == small


@pytest.mark.parametrize("spelling", ["BORÇ", "Borç", "borc", " borç: ", "BORC", "bórç".replace("ó", "o")])
def test_spellings_of_one_word_meet(spelling: str) -> None:
    assert text.fold(spelling) == "borc"


@pytest.mark.parametrize(
    ("heading", "key"),
    [("VERGİ NO", "vergi no"), ("Vergi  No.", "vergi no"), ("IRMAK", "irmak"), ("Bakiye +/-", "bakiye"), ("Kâğıt", "kagit"), ("...", "")],
)
def test_the_key_of_a_heading(heading: str, key: str) -> None:
    assert text.fold(heading) == key


@given(TURKISH)
def test_a_key_is_its_own_key(words: str) -> None:
    key = text.fold(words)
    assert text.fold(key) == key
    assert key == key.strip()


def test_names_sort_as_in_the_telephone_book() -> None:
    names = [
        "Zeki",
        "Çetin",
        "Can",
        "Iğdır",
        "İzmir",
        "Irmak",
        "Ömer",
        "Oya",
        "Şule",
        "Suna",
        "Ünal",
        "Uğur",
        "âlem",
        "alay",
        "Quick",
        "Pak",
        "Rana",
    ]
    assert sorted(names, key=text.sort_key) == [
        "alay", "âlem", "Can", "Çetin", "Iğdır", "Irmak", "İzmir", "Oya", "Ömer", "Pak", "Quick", "Rana", "Suna", "Şule", "Uğur", "Ünal", "Zeki",
    ]  # fmt: skip


def test_digits_and_marks_come_before_letters_and_foreign_letters_after() -> None:
    assert sorted(["ß", "a", "1", "-", "z", "ж"], key=text.sort_key) == ["-", "1", "a", "z", "ß", "ж"]
