"""Claims about what may be repeated of a provider's words."""

import pytest

from notify.channels.refusals import masked, words


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Invalid 'To' Phone Number: +905321112233", "Invalid 'To' Phone Number: +90532***2233"),
        ("no 0532 111 22 33 here\nand more", "no 053211***2233 here and more"),
        ("user ali.veli@example.com is gone", "user a***@example.com is gone"),
        ("code 21610", "code 21610"),
    ],
)
def test_numbers_and_addresses_are_masked(said: str, kept: str) -> None:
    assert words(said) == kept


def test_they_are_short_and_on_one_line() -> None:
    assert len(words("x" * 5000)) == 300
    assert "\n" not in words("a\r\nb")


def test_a_short_number_is_hardly_shown() -> None:
    assert masked("123456") == "12***"
    assert masked("+905321112233") == "+90532***2233"
