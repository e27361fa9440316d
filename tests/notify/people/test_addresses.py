"""Claims about addresses."""

import pytest

from imece.errors import Permanent
from notify.people import addresses


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ali@example.com", "ali@example.com"),
        (" Ali.Veli+fatura@Example.COM ", "Ali.Veli+fatura@example.com"),
        ("ali@Şirket.example", "ali@xn--irket-idb.example"),
        ("ayşe@example.com", "ayşe@example.com"),
        ("imece@localhost", "imece@localhost"),
    ],
)
def test_an_address_is_read_as_the_server_is_to_hear_it(text: str, address: str) -> None:
    assert addresses.parse(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ali",
        "@example.com",
        "ali@",
        "ali@@example.com",
        "ali@example..com",
        "ali@-example.com",
        "ali veli@example.com",
        "ali.@example.com",
        "ali@example.com, veli@example.com",
        "ali@example.com;veli@example.com",
        "Ali <ali@example.com>",
        "ali@example.com\r\nBcc: veli@example.com",
        "ali@example.com\n",
        "ali\x00@example.com",
        "ali@exa\u2028mple.com",
        '"ali"@example.com',
        "a" * 65 + "@example.com",
        "ali@" + "a" * 64 + ".com",
        "ali@" + "a." * 130 + "com",
        "ali@[127.0.0.1]",
    ],
)
def test_anything_else_is_refused_for_good_without_being_repeated(text: str) -> None:
    with pytest.raises(Permanent) as refused:
        addresses.parse(text)

    assert "bir e-posta adresi değil" in refused.value.tr
    assert len(refused.value.en) < 120
    assert refused.value.en.isprintable()


def test_a_log_knows_the_first_letter_and_the_domain() -> None:
    assert addresses.masked("ali.veli@example.com") == "a***@example.com"
    assert addresses.masked("a@example.com") == "a***@example.com"
    assert addresses.masked("nonsense") == "***@nonsense"
