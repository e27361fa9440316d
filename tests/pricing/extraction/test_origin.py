"""What is known of the place a page comes from."""

import pytest

from pricing.extraction.origin import Origin, host_of, words_of

HERE = Origin("https://www.ornek.com.tr/ev/ahsap-isikli-lamba-p-4471.html?renk=ceviz#yorumlar")


def test_country_language_and_currency() -> None:
    assert (HERE.country, HERE.tongue, HERE.usual_currency) == ("tr", "tr", "TRY")
    assert Origin("https://x.com", locale="de-CH").country == "ch"
    assert Origin("https://x.com").speaking("tr").usual_currency == "TRY"
    assert Origin("https://x.com", currency="EUR").speaking("tr-TR").usual_currency == "EUR"
    assert Origin("https://x.com", locale="en").speaking("tr").tongue == "en"
    assert Origin("").usual_currency is None


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://www.ornek.com.tr/ev/ahsap-isikli-lamba-p-4471.html", True),
        ("/ev/ahsap-isikli-lamba-p-4471", True),
        ("https://m.ornek.com.tr/AHSAP-ISIKLI-LAMBA-P-4471/", True),
        ("https://www.ornek.com.tr/ev/avize-p-1.html", False),
        ("https://www.ornek.com.tr/", False),
        ("", False),
        (None, False),
        ("http://[", False),
    ],
)
def test_whether_an_address_is_this_page(url: object, same: bool) -> None:
    assert HERE.is_page(url) is same


def test_the_query_tells_variants_apart() -> None:
    assert HERE.is_exactly("/ev/ahsap-isikli-lamba-p-4471.html?renk=ceviz")
    assert not HERE.is_exactly("/ev/ahsap-isikli-lamba-p-4471.html?renk=meşe")
    assert not Origin("https://x.com/a-b-c").is_exactly("https://x.com/a-b-c")


def test_numbers_and_names_in_the_address() -> None:
    assert HERE.names(4471)
    assert HERE.names("4471")
    assert not HERE.names("44")
    assert not HERE.names(None)
    assert HERE.likeness("Ahşap Işıklı Lamba") >= 0.5
    assert HERE.likeness("Avize") == HERE.likeness(None) == 0


def test_words_lose_case_and_accents() -> None:
    assert words_of("IŞIKLI Küre, İğne") == {"isikli", "kure", "igne"}


def test_an_address_that_is_none_has_no_host() -> None:
    assert host_of("https://www.magaza.example:8443/p/1") == "www.magaza.example:8443"
    assert host_of("http://[") == ""
