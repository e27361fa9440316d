"""Claims about what a text costs before it is sent."""

from decimal import Decimal

from notify.sending import prices
from notify.settings import Settings

TEXT = "Sayın müşterimiz, 250 ₺ tutarındaki siparişiniz kargoya verildi. Teşekkür ederiz."


def test_every_way_is_priced_with_turkish_letters_and_without(monkeypatch: object) -> None:
    given = Settings(prices="twilio=2 TRY,netgsm=0.25 TRY")  # type: ignore[arg-type]  # as the environment has it
    found = prices.offers(TEXT, "informational", given, ("twilio", "netgsm"))

    assert [(one.provider, one.folded, one.plan.segments, one.total) for one in found] == [
        ("twilio", False, 2, Decimal(4)),
        ("twilio", True, 1, Decimal(2)),
        ("netgsm", False, 1, Decimal("0.25")),
        ("netgsm", True, 1, Decimal("0.25")),
    ]
    assert "250 TL" in found[0].text
    assert "Sayin musterimiz" in found[1].text


def test_a_text_without_marks_has_one_offer_and_no_price_is_none() -> None:
    [one] = prices.offers("Merhaba", "otp", Settings(), ("netgsm",))

    assert (one.folded, one.total, one.currency, one.plan.encoding) == (False, None, None, "gsm7")
