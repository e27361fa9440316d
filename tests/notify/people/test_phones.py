"""Claims about phone numbers: what people and spreadsheets write, and what is too uncertain to be paid for."""

import random
from contextlib import suppress

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imece.errors import Invalid
from notify.people import phones
from notify.people.phones import Reason, Refused

MOBILE = "+905321112233"


@pytest.mark.parametrize(
    "text",
    [
        "05321112233", "5321112233", "905321112233", "+905321112233", "00905321112233",
        "0532 111 22 33", "0 532 1112233", "(0532) 111 22 33", "0(532)111-22-33", "0532.111.22.33", "0532-111-22-33", "0532/1112233",
        "0532_111_22_33", "0 5 3 2 1 1 1 2 2 3 3", "+90 (0) 532 111 22 33", "+90 (532) 111 22 33", "(+90) 532 111 22 33",
        "+ 90 532 111 22 33", "+9005321112233", "0090 0532 111 22 33", "00 90 532 111 22 33", "90-0532-1112233", "+90 (0)532 111 22 33",
        "0+905321112233", "0 +90 532 111 22 33", "0 (+90) 532 111 22 33", "00+905321112233", "++905321112233", "+05321112233",
        "+00905321112233", "0905321112233", "905321112233+",
        "5321112233.0", "5321112233.00", "5321112233,00", "905321112233.0", "+905321112233.0", "05321112233.0",
        "5.321.112.233", "5,321,112,233", "5 321 112 233", "5.321.112.233,00", "5,321,112,233.00", "532 111 22 33,00", "90 532 1112233.0",
        "'05321112233", '"05321112233"', '="05321112233"', "05321112233'", "“05321112233”",
        "０５３２１１１２２３３", "٠٥٣٢١١١٢٢٣٣", "۰۵۳۲۱۱۱۲۲۳۳", "＋９０ ５３２ １１１ ２２ ３３",
        "\u202a05321112233\u202c", "\ufeff05321112233", "0532\u00a0111\u202f22\u200933", "0532\u2011111\u201322\u221233", "0532\t111\t22\t33",
        "05321112233\r\n", "\x0005321112233\x00", "0532\u200b1112233",
        "O532 111 22 33", "o5321112233", "tel:+90-532-111-2233", "whatsapp:+905321112233", "https://wa.me/905321112233", "905321112233@c.us",
        "Cep: 0532 111 22 33", "GSM:05321112233", "Tel.0532 111 22 33", "Cep 1: 0532 111 22 33", "GSM2 - 0532 111 22 33",
        "0532 111 22 33 Ali", "0532 111 22 33 Ali Veli (muhasebe)", "05321112233Ali", "Ali Veli 0532 111 22 33", "Ayşe Öz-0532 111 22 33",
        "0532 111 22 33 dahili 12", "0532 111 22 33 Dahili:12", "05321112233 DAHİLİ 12", "05321112233 (dahili 12)", "05321112233 dah.12",
        "0532 111 22 33 x12", "0532 111 22 33 ext. 12", "+905321112233;ext=12", "0532 111 22 33 iç hat 4", "05321112233 #12",
        "☎ 0532 111 22 33", "📱05321112233", "05321112233.", "05321112233,", "0532 111 22 33;", "-0532 111 22 33-",
    ],
)  # fmt: skip
def test_a_mobile_is_found_whatever_stands_around_it(text: str) -> None:
    assert phones.normalise(text) == phones.Phone(MOBILE, "MOBILE", "TR")


def test_an_o_among_digits_is_a_zero() -> None:
    assert phones.normalise("053O 111 22 33").e164 == "+905301112233"
    assert phones.normalise("0542 OOO 00 00".replace("OOO", "0OO")).e164 == "+905420000000"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.EMPTY), ("   ", Reason.EMPTY), ("nan", Reason.EMPTY), ("None", Reason.EMPTY), ("-", Reason.EMPTY), ("#N/A", Reason.EMPTY),
        ("yok", Reason.EMPTY), ("\u200b", Reason.EMPTY),
        ("Ali", Reason.NO_NUMBER), ("ali@example.com", Reason.NO_NUMBER), ("x" * 500, Reason.NO_NUMBER), ("1" * 500, Reason.NO_NUMBER),
        ("9.05321E+11", Reason.SCIENTIFIC), ("9,05321E+11", Reason.SCIENTIFIC), ("5.3E9", Reason.SCIENTIFIC), ("5.321112233E+09", Reason.SCIENTIFIC),
        ("9.05321112233e11", Reason.SCIENTIFIC), ("5E9", Reason.SCIENTIFIC), ("9.05E + 11", Reason.SCIENTIFIC), ("+9.05E+11", Reason.SCIENTIFIC),
        ("5,3×10^9", Reason.SCIENTIFIC),
        ("5321112233.5", Reason.FRACTION), ("905321112233,25", Reason.FRACTION),
        ("0532 111 22 33 / 0533 111 22 33", Reason.SEVERAL), ("05321112233,05331112233", Reason.SEVERAL),
        ("05321112233;05331112233", Reason.SEVERAL), ("05321112233-05331112233", Reason.SEVERAL), ("05321112233 05331112233", Reason.SEVERAL),
        ("0532111223305331112233", Reason.SEVERAL), ("53211122335331112233", Reason.SEVERAL), ("0532 111 22 33\n0533 111 22 33", Reason.SEVERAL),
        ("0532 111 22 33 ve 0533 111 22 33", Reason.SEVERAL), ("0532 111 22 33 / 34", Reason.SEVERAL), ("0532 111 22 33-34", Reason.SEVERAL),
        ("+905321112233+905331112233", Reason.SEVERAL), ("05321112233 Ali 05331112233 Veli", Reason.SEVERAL),
        ("Ev: 0212 111 22 33 Cep: 0532 111 22 33", Reason.SEVERAL), ("0212 111 22 33 / 0532 111 22 33", Reason.SEVERAL),
        ("05321112233 05321112233", Reason.SEVERAL),
        ("0532 ABC 22 33", Reason.LETTERS), ("0532 *** ** 33", Reason.LETTERS), ("05XX XXX XX XX", Reason.LETTERS), ("0532 l11 22 33", Reason.LETTERS),
        ("0x2F3ABCDE1", Reason.LETTERS),
        ("0053 5 281 11 22", Reason.AMBIGUOUS),
        ("0532 111 22 3", Reason.TOO_SHORT), ("532111223", Reason.TOO_SHORT), ("+90532111223", Reason.TOO_SHORT), ("112", Reason.TOO_SHORT),
        ("0", Reason.TOO_SHORT), ("12345", Reason.TOO_SHORT), ("1-800-FLOWERS", Reason.TOO_SHORT),
        ("0532 111 22 333", Reason.TOO_LONG), ("5551112233445566778", Reason.TOO_LONG),
        ("0561 123 45 67", Reason.INVALID), ("05921234567", Reason.INVALID), ("12345678901", Reason.INVALID), ("31.10.2026", Reason.INVALID),
        ("2026-10-31", Reason.INVALID), ("+999 123 456 789", Reason.INVALID),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_refused_with_its_reason(text: str, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        phones.normalise(text)

    assert refused.value.reason is reason
    assert refused.value.type is None
    assert refused.value.tr != refused.value.en


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0212 111 22 33", "FIXED_LINE"),
        ("0212 111 22 33 dahili 12", "FIXED_LINE"),
        ("0392 123 45 67", "FIXED_LINE"),
        ("444 5 333", "UAN"),
        ("0850 123 45 67", "VOIP"),
        ("0900 123 45 67", "PREMIUM_RATE"),
        ("0800 123 45 67", "TOLL_FREE"),
        ("0512 123 45 67", "PAGER"),
        ("+44 20 7946 0958", "FIXED_LINE"),
    ],
)
def test_a_number_that_takes_no_sms_is_refused_before_it_is_paid_for(text: str, kind: str) -> None:
    with pytest.raises(Refused) as refused:
        phones.normalise(text)

    assert (refused.value.reason, refused.value.type) == (Reason.NOT_MOBILE, kind)


@pytest.mark.parametrize(
    ("text", "region", "e164"),
    [
        ("+49 151 12345678", "TR", "+4915112345678"),
        ("+49 (0) 151 12345678", "TR", "+4915112345678"),
        ("0151 12345678", "DE", "+4915112345678"),
        ("00 44 7911 123456", "TR", "+447911123456"),
        ("+1 650 253 0000", "TR", "+16502530000"),  # fixed or mobile: nobody can say over there
        ("(650) 253-0000", "US", "+16502530000"),
        ("0533 812 34 56", "TR", "+905338123456"),  # Northern Cyprus
        ("+90 532 111 22 33", "DE", MOBILE),
        ("+7 912 345 67 89", "TR", "+79123456789"),
    ],
)
def test_the_world_is_bigger_than_a_country(text: str, region: str, e164: str) -> None:
    assert phones.normalise(text, region).e164 == e164


def test_clean_numbers_are_judged_as_the_library_judges_them() -> None:
    """They go a shorter way, and must come to the same end."""
    chance = random.Random(3)
    for _ in range(2000):
        number = f"5{chance.randrange(10**9):09}"
        read = phonenumbers.parse(f"+90{number}")
        mobile = phonenumbers.is_valid_number(read) and phonenumbers.number_type(read) == phonenumbers.PhoneNumberType.MOBILE
        with suppress(Refused):
            assert phones.normalise(number).e164 == f"+90{number}"
            assert mobile, number
            continue
        assert not mobile, number


def test_a_region_that_is_none_is_said() -> None:
    with pytest.raises(Invalid):
        phones.normalise("05321112233", "TÜRKİYE")


def test_no_sentence_repeats_the_number() -> None:
    for text in ("0212 111 22 33", "0532 111 22 33 / 0533 444 55 66", "0532 111 22 3"):
        with pytest.raises(Refused) as refused:
            phones.normalise(text)
        assert not any(group in refused.value.en + refused.value.tr for group in ("111", "22 3", "555"))


def test_a_masked_number_keeps_its_ends() -> None:
    assert phones.masked("+905321112233") == "+90532***2233"
    assert phones.masked("+4915112345678") == "+491511***5678"
    assert phones.masked("+90112") == "9***"
    assert phones.masked("0212 111 22 33") == "0212***33"
    assert phones.masked("0532 111 22 33 / 0533 444 55 66") == "0532***66"
    assert phones.masked("") == "***"


@given(st.text(max_size=60))
def test_any_text_is_answered(text: str) -> None:
    """With a mobile in E.164, or with a reason; nothing else comes out."""
    with suppress(Refused):
        found = phones.normalise(text)
        assert phones.normalise(found.e164) == found


@given(st.integers(5300000000, 5499999999), st.lists(st.sampled_from(["", " ", "-", ".", " - ", "\u00a0"]), min_size=3, max_size=3))
def test_punctuation_never_changes_a_number(number: int, between: list[str]) -> None:
    digits = str(number)
    text = "0" + "".join(part + gap for part, gap in zip((digits[:3], digits[3:6], digits[6:8]), between, strict=True)) + digits[8:]

    assert phones.normalise(text).e164 == f"+90{number}"


def test_the_short_way_to_a_mobile_in_turkey_says_what_the_library_says() -> None:
    draw = random.Random(20261129)
    for _ in range(3000):
        e164 = f"+905{draw.randrange(10**9):09}"
        number = phonenumbers.parse(e164)
        mobile = phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
        try:
            found = phones.normalise(e164).e164
        except phones.Refused:
            found = None
        assert (found == e164) is mobile, e164[:8]
