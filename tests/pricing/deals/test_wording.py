"""Claims about what a digest says."""

from decimal import Decimal
from typing import Any

import pytest

from pricing.deals import wording
from pricing.deals.wording import Line


def line(kind: str = "deal", **more: Any) -> Line:
    given: dict[str, Any] = {
        "title": "Kulaklık",
        "url": "https://magaza.example/p/1?a=1&b=2",
        "store": "Mağaza",
        "price": Decimal("8450.75"),
        "previous": Decimal("10305.80"),
        "currency": "TRY",
        "percent": Decimal(18),
        "detail": {"rule": "average", "reference": "10305.80", "cheapest_days": 90},
    }
    return Line(kind, **given | more)


@pytest.mark.parametrize(
    ("amount", "currency", "tr", "en"),
    [
        ("1234567.5", "TRY", "1.234.567,50 TL", "TRY 1,234,567.50"),
        ("0.35", "TRY", "0,35 TL", "TRY 0.35"),
        ("999", "EUR", "999,00 EUR", "EUR 999.00"),
    ],
)
def test_prices_are_written_as_the_readers_language_writes_them(amount: str, currency: str, tr: str, en: str) -> None:
    assert (wording.price(Decimal(amount), currency), wording.price(Decimal(amount), currency, "en")) == (tr, en)


CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("deal", {"detail": {"rule": "average", "reference": "10305.80"}}, "30 günlük ortalamanın (10.305,80 TL) %18 altında", "18% below its 30-day average (TRY 10,305.80)"),
    ("deal", {"detail": {"rule": "previous", "reference": "10305.80"}}, "Önceki fiyatından %18 ucuz", "18% below the price before"),
    ("drop", {"detail": {"reference": "10305.80", "days": None}}, "Önceki fiyatından %18 ucuz", "18% below the price before"),
    ("drop", {"detail": {"reference": "9000", "days": 30}}, "Son 30 günün en düşüğünden (9.000,00 TL) %18 ucuz", "18% below the lowest of the last 30 days (TRY 9,000.00)"),
    ("lowest", {"detail": {"reference": "9000", "days": 7}}, "Son 7 günün en düşüğünden (9.000,00 TL) %18 ucuz", "18% below the lowest of the last 7 days (TRY 9,000.00)"),
    ("target", {"detail": {"target": "8500"}}, "Hedefinize (8.500,00 TL) ulaştı", "It has reached your target (TRY 8,500.00)"),
    ("back_in_stock", {"detail": {}, "percent": None}, "Yeniden stokta", "Back in stock"),
    ("any_change", {"detail": {"reference": "1"}}, "%18 ucuzladı", "Down by 18%"),
    ("any_change", {"detail": {"reference": "1"}, "percent": Decimal("-7.5")}, "%8 zamlandı", "Up by 8%"),
    (
        "fake_discount",
        {"detail": {"claimed": "40", "real": "6", "reference": "100", "days": 30, "since": "2026-11-01T00:00:00+00:00"}},
        "Etiketteki indirim %40; indirimden önceki 30 günün en düşük fiyatına göre %6.",
        "The label says 40% off; it is 6% against the lowest price of the 30 days before.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "more", "tr", "en"), CASES)
def test_every_kind_says_why(kind: str, more: dict[str, Any], tr: str, en: str) -> None:
    assert wording.reasons(line(kind, **more)) == [tr]
    assert wording.reasons(line(kind, **more), "en") == [en]


def test_a_span_in_which_it_was_the_cheapest_is_named() -> None:
    assert wording.reasons(line())[1:] == ["Son 3 ayın en ucuzu"]
    assert wording.reasons(line(), "en")[1:] == ["The cheapest of the last 3 months"]


def test_the_subject_says_the_price_of_one_and_the_best_of_many() -> None:
    assert wording.digest([line()]).subject == "Kulaklık: 8.450,75 TL"
    assert wording.digest([line(), line(percent=Decimal(41))]).subject == "Fiyat radarı: 2 haber, en büyük düşüş %41"
    quiet = line("back_in_stock", percent=None, detail={})
    assert wording.digest([quiet, quiet], locale="en").subject == "Price radar: 2 news"
    assert len(wording.digest([line(title="Çok uzun " * 40)]).subject) < 110


def test_a_title_cannot_break_out_of_the_message() -> None:
    evil = line(title='<script>alert("x")</script>\r\nBcc: herkes@ornek.example', url='https://magaza.example/"><b>')
    message = wording.digest([evil], home='https://imece.example/"x')
    assert "<script>" not in message.html
    assert '"><b>' not in message.html
    assert "\n" not in message.subject
    assert "\r" not in message.subject


def test_plain_text_says_the_same() -> None:
    text = wording.digest(
        [line(), line("back_in_stock", percent=None, previous=None, detail={})], more=3, home="https://imece.example"
    ).text
    for part in (
        "8.450,75 TL (10.305,80 TL)",
        "Son 3 ayın en ucuzu",
        "Yeniden stokta",
        "https://magaza.example/p/1?a=1&b=2",
        "3 haber daha",
    ):
        assert part in text


def test_one_deal_is_posted_with_its_picture_and_a_button_to_the_shop() -> None:
    said = wording.post(
        [line(title='Kulaklık <Pro> & "Max"', image_url="https://magaza.example/1.jpg", rating=Decimal("4.5"), reviews=1234)]
    )

    assert said.html.splitlines() == [
        '<a href="https://magaza.example/p/1?a=1&amp;b=2"><b>Kulaklık &lt;Pro&gt; &amp; &quot;Max&quot;</b></a>',
        "<b>8.450,75 TL</b> <s>10.305,80 TL</s>  ↓ %18",
        "30 günlük ortalamanın (10.305,80 TL) %18 altında",
        "Son 3 ayın en ucuzu",
        "<i>Mağaza · ★ 4,5 (1.234 değerlendirme)</i>",
    ]
    assert (said.told, said.photo_url) == (1, "https://magaza.example/1.jpg")
    assert said.button == ("Mağazada gör", "https://magaza.example/p/1?a=1&b=2")


def test_several_are_a_list_with_the_best_in_its_headline_and_a_way_to_all_of_them() -> None:
    said = wording.post([line(), line("any_change", percent=Decimal(-8))], more=3, locale="en", home="https://imece.example/pricing")

    assert said.html.startswith("<b>Price radar: 2 news, the largest fall 18%</b>\n\n<a href=")
    assert "↑ 8%" in said.html
    assert said.html.endswith("3 more in the next digest.")
    assert (said.told, said.photo_url, said.button) == (2, None, ("See all", "https://imece.example/pricing"))


def test_what_telegram_would_refuse_is_left_out() -> None:
    """A button to an address that only this machine knows, a picture without TLS, an address of more than 2,000 letters."""
    assert wording.post([line(), line()], home="http://127.0.0.1:8300/pricing").button is None
    far = wording.post([line(url="https://magaza.example/" + "x" * 2000, image_url="http://magaza.example/1.jpg")])
    assert (far.photo_url, far.button) == (None, None)
