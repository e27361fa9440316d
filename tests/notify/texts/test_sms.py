"""Claims about SMS: the tables of the standard, what a text costs in each of them, and where it is cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.texts import sms
from notify.texts.sms import Encoding, Profile

#: Columns of 16 as the standard prints them (3GPP TS 23.038, 6.2.1 and A.3.1), by code point, so that no look-alike slips in.
DEFAULT_COLUMN_0 = [0x40, 0xA3, 0x24, 0xA5, 0xE8, 0xE9, 0xF9, 0xEC, 0xF2, 0xC7, 0x0A, 0xD8, 0xF8, 0x0D, 0xC5, 0xE5]
DEFAULT_COLUMN_1 = [0x394, 0x5F, 0x3A6, 0x393, 0x39B, 0x3A9, 0x3A0, 0x3A8, 0x3A3, 0x398, 0x39E, 0x1B, 0xC6, 0xE6, 0xDF, 0xC9]
TURKISH_COLUMN_0 = [0x40, 0xA3, 0x24, 0xA5, 0x20AC, 0xE9, 0xF9, 0x131, 0xF2, 0xC7, 0x0A, 0x11E, 0x11F, 0x0D, 0xC5, 0xE5]
TURKISH_COLUMN_1 = [*DEFAULT_COLUMN_1[:12], 0x15E, 0x15F, 0xDF, 0xC9]

LETTER = (
    "Sayın müşterimiz, 31.10.2026 tarihli mutabakat mektubunuz e-posta ile gönderilmiştir. "
    "Lütfen 3 iş günü içinde yanıtlayınız. Bilgi: 0212 444 55 66 ACME A.Ş."
)


def counted(text: str, profile: str) -> tuple[str, int]:
    found = sms.plan(text, profile)
    return found.encoding, found.segments


def test_the_tables_are_the_standards() -> None:
    assert [ord(c) for c in sms._DEFAULT[:32]] == DEFAULT_COLUMN_0 + DEFAULT_COLUMN_1
    assert [ord(c) for c in sms._TURKISH[:32]] == TURKISH_COLUMN_0 + TURKISH_COLUMN_1
    assert len(sms._DEFAULT) == len(sms._TURKISH) == 128
    assert sms._DEFAULT[0x20:0x24] == sms._TURKISH[0x20:0x24] == ' !"#'
    assert (sms._DEFAULT[0x24], sms._DEFAULT[0x40], sms._DEFAULT[0x5B:0x61], sms._DEFAULT[0x7B:]) == ("¤", "¡", "ÄÖÑÜ§¿", "äöñüà")
    assert (sms._TURKISH[0x24], sms._TURKISH[0x40], sms._TURKISH[0x5B:0x61], sms._TURKISH[0x7B:]) == ("¤", "İ", "ÄÖÑÜ§ç", "äöñüà")
    assert set(sms._TURKISH_EXTENSION) - set(sms._EXTENSION) == set("ĞİŞçğış")


@pytest.mark.parametrize(
    ("letter", "profile", "single", "part"),
    [
        ("a", "gsm7", 160, 153),
        ("a", "twilio", 160, 153),
        ("a", "tr_single", 155, 149),
        ("ğ", "tr_locking", 155, 149),
        ("ğ", "tr_both", 152, 146),
        ("ğ", "twilio", 70, 67),
        ("a", "ucs2", 70, 67),
    ],
)
def test_a_segment_holds_what_its_header_leaves(letter: str, profile: str, single: int, part: int) -> None:
    assert sms.plan(letter * single, profile).segments == 1
    assert sms.plan(letter * (single + 1), profile).segments == 2
    assert sms.plan(letter * (2 * part), profile).segments == 2
    assert sms.plan(letter * (2 * part + 1), profile).segments == 3
    assert sms.plan(letter * (7 * part), profile).segments == 7  # 1071 and 1043 characters, as Verimor has published
    assert sms.plan(letter * (7 * part + 1), profile).segments == 8


def test_turkish_letters_cost_what_their_table_says() -> None:
    assert sms.plan("ğşıçĞŞİ", "tr_single").units == 14
    assert sms.plan("öüÖÜÇ", "tr_single").units == 5
    assert sms.plan("ğşıçöüĞŞİÇÖÜ€", "tr_locking").units == 13
    assert sms.plan("^{}\\[~]|€\f", "gsm7").units == 20
    assert sms.plan("€", "tr_both").units == 1


@pytest.mark.parametrize("character", ["â", "î", "û", "₺", "’", "“", "–", "…", "\t", "\x1b", "ığ"[1], "😀", "\x00"])
def test_one_letter_outside_makes_the_whole_text_ucs2(character: str) -> None:
    found = sms.plan("Odeme " + character, "gsm7")

    assert (found.encoding, found.segments, found.misfits) == (Encoding.UCS2, 1, character)
    assert sms.plan("a" * 70 + character, "twilio").segments == 2


def test_a_letter_costs_three_at_one_provider_and_one_at_another() -> None:
    assert len(LETTER) == 155
    assert counted(LETTER, "twilio") == ("ucs2", 3)
    assert counted(LETTER, "tr_single") == ("tr_single", 2)
    assert counted(LETTER, "tr_locking") == ("tr_locking", 1)
    assert counted(sms.fold(LETTER), "gsm7") == ("gsm7", 1)
    assert sms.cheapest(LETTER, ["gsm7", "tr_single", "tr_locking"]).encoding == "tr_locking"
    assert sms.cheapest("a" * 158, ["gsm7", "tr_locking"]) == sms.plan("a" * 158, "gsm7")
    assert sms.cheapest("a", ["gsm7", "tr_locking"]).encoding == "gsm7"  # of equals, the first
    assert sms.cheapest("ğ", ["gsm7", "tr_single"]).encoding == "tr_single"  # and none that had to fall back


def test_an_escape_pair_is_not_cut() -> None:
    """152 and a pair of two do not fit into the 153 of a part: the pair goes into the next, and 306 septets take three."""
    text = "a" * 152 + "€" + "a" * 151 + "€"

    assert sms.plan(text, "gsm7").units == 307
    assert [len(part) for part in sms.parts(text, Encoding.GSM7)] == [152, 152, 1]
    assert sms.plan("a" * 152 + "€" + "a" * 152, "gsm7").segments == 3
    assert sms.plan("a" * 154 + "€" + "a" * 150, "gsm7").segments == 2


def test_a_surrogate_pair_is_not_cut() -> None:
    text = "ğ" * 66 + "😀" + "ğ" * 66

    assert sms.plan(text, "ucs2").units == 134  # two parts of 67, but for the pair
    assert [len(part) for part in sms.parts(text, Encoding.UCS2)] == [66, 66, 1]
    assert sms.plan("😀" * 35, "ucs2").segments == 1
    assert sms.plan("😀" * 36, "ucs2").segments == 2
    assert sms.plan("😀" * 67, "ucs2").segments == 3  # 33 pairs a part, one unit of each left free


def test_the_operators_code_counts() -> None:
    """Turkish operators append five characters to a bulk SMS: 155 are left."""
    assert sms.plan("a" * 155, "gsm7", suffix=sms.OPERATOR_CODE).segments == 1
    assert sms.plan("a" * 156, "gsm7", suffix=sms.OPERATOR_CODE).segments == 2
    assert sms.plan("a" * 301, "gsm7", suffix=sms.OPERATOR_CODE).segments == 2
    assert sms.plan("a" * 302, "gsm7", suffix=sms.OPERATOR_CODE).segments == 3


def test_what_is_left_in_the_last_part_is_told() -> None:
    assert sms.plan("", "gsm7").room == 160
    assert sms.plan("a" * 100, "gsm7").room == 60
    assert sms.plan("a" * 161, "gsm7").room == 2 * 153 - 161


def test_what_costs_dearly_is_said_plainly() -> None:
    assert sms.plain("“Ödeme” – 250 ₺’lik…\u00a0tamam\u200b") == '"Ödeme" - 250 TL\'lik... tamam'
    assert sms.plain("g\u0306") == "ğ"  # as a Mac writes it
    assert sms.fold("Şişli’de ÇİĞ köfte, dâhil ₺") == "Sisli'de CIG kofte, dahil TL"
    assert counted(sms.fold(LETTER + " 250 ₺ “tamam” – …"), "twilio") == ("gsm7", 2)


@given(st.text(max_size=700), st.sampled_from(list(Profile)))
def test_the_parts_are_the_text_and_none_is_too_full(text: str, profile: Profile) -> None:
    found = sms.plan(text, profile)
    parts = sms.parts(text, found.encoding)

    assert "".join(parts) == text
    assert len(parts) == found.segments
    room = {"gsm7": 153, "tr_single": 149, "tr_locking": 149, "tr_both": 146, "ucs2": 67}[found.encoding]
    if len(parts) > 1:
        assert all(sms.plan(part, found.encoding).units <= room for part in parts)
        # And none is emptier than it must be: the next character would not have fitted.
        for part, following in pairwise(parts):
            assert sms.plan(part + following[0], found.encoding).units > room


@given(st.text(alphabet="abc ğşıçöüĞŞİÖÜÇ€{}[]|^~\\₺’😀", max_size=400))
def test_ucs2_units_are_those_of_utf16(text: str) -> None:
    assert sms.plan(text, "ucs2").units == len(text.encode("utf-16-le")) // 2
    assert sms.plan(text, "twilio").encoding in {"gsm7", "ucs2"}


@given(st.text(max_size=300))
def test_folding_is_done_once(text: str) -> None:
    assert sms.fold(sms.fold(text)) == sms.fold(text)
    assert sms.plan(sms.plain(text), "tr_locking").segments <= 2 * sms.plan(text, "tr_locking").segments + 1
