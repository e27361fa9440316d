"""Settings of pricing."""

import pytest

from imece.errors import Misconfigured
from imece.priority import OLD_CODE, SEED
from pricing.settings import settings


@pytest.fixture(autouse=True)
def forgotten() -> object:
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_by_default_nothing_private_is_asked_and_the_documented_rule_scores() -> None:
    assert settings().allowed_networks == ()
    assert settings().preset == SEED


def test_weights_go_before_those_of_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRICING_SCORING", "old_code")
    assert settings().preset == OLD_CODE
    settings.cache_clear()
    monkeypatch.setenv("PRICING_WEIGHT_POPULARITY", "0")
    assert (settings().preset.popularity, settings().preset.volatility) == (0, OLD_CODE.volatility)


def test_networks_are_parted_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRICING_ALLOWED_NETWORKS", "127.0.0.0/8, 10.1.2.3")
    assert settings().allowed_networks == ("127.0.0.0/8", "10.1.2.3/32")


def test_what_is_no_network_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRICING_ALLOWED_NETWORKS", "everything")
    with pytest.raises(Misconfigured, match="PRICING_ALLOWED_NETWORKS"):
        settings()


def test_a_shops_key_is_shown_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRICING_INTERFACE_KEYS", '{"magaza.example": "gizli-anahtar"}')
    assert "gizli-anahtar" not in repr(settings())
    assert settings().interface_keys["magaza.example"].get_secret_value() == "gizli-anahtar"
