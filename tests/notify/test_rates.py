"""Claims about the settings of the lanes: read as people write them, refused with the reason."""

from decimal import Decimal

import pytest

from imece import config
from imece.errors import Misconfigured
from notify.rates import Price
from notify.settings import Settings


def test_rates_and_prices_are_read_as_people_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_RATES", "twilio=2.5, netgsm=500")
    monkeypatch.setenv("NOTIFY_SENDER_RATES", "+15550100=1")
    monkeypatch.setenv("NOTIFY_PRICES", "netgsm=0.21 TRY,twilio=0.0471 usd")

    found = config.load(Settings)

    assert (found.rate("twilio"), found.rate("netgsm"), found.rate("telegram")) == (2.5, 500.0, 25.0)
    assert found.sender_rates == {"+15550100": 1.0}
    assert found.prices == {"netgsm": Price(Decimal("0.21"), "TRY"), "twilio": Price(Decimal("0.0471"), "USD")}


def test_what_is_left_empty_is_as_if_it_were_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RATES", "SENDER_RATES", "PRICES"):
        monkeypatch.setenv(f"NOTIFY_{name}", "")

    found = config.load(Settings)

    assert (found.rates, found.sender_rates, found.prices) == ({}, {}, {})


@pytest.mark.parametrize(
    ("name", "value"),
    [("RATES", "twilio"), ("RATES", "twilio=0"), ("RATES", "twilio=fast"), ("PRICES", "twilio=0.05"), ("PRICES", "twilio=cheap TRY")],
)
def test_nonsense_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"NOTIFY_{name}", value)

    with pytest.raises(Misconfigured, match=f"NOTIFY_{name}"):
        config.load(Settings)
