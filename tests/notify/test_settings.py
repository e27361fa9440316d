"""Claims about the settings: nothing goes out by accident."""

import pytest

from imece import config
from imece.errors import Misconfigured
from notify.settings import Settings

LIVE = {
    "NOTIFY_MODE": "live",
    "NOTIFY_SMTP_HOST": "relay.sirket.example",
    "NOTIFY_SENDER_ADDRESS": "muhasebe@sirket.example",
    "NOTIFY_ALLOWED_DOMAINS": "*",
}


def test_catch_mode_is_the_default_even_where_a_relay_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SMTP_HOST", "relay.sirket.example")

    assert config.load(Settings).mode == "catch"


@pytest.mark.parametrize("missing", ["NOTIFY_SMTP_HOST", "NOTIFY_SENDER_ADDRESS", "NOTIFY_ALLOWED_DOMAINS"])
def test_live_mode_is_refused_until_everything_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name, value in LIVE.items():
        if name != missing:
            monkeypatch.setenv(name, value)

    with pytest.raises(Misconfigured, match=f"NOTIFY_MODE=live needs {missing}"):
        config.load(Settings)


def test_a_password_is_not_sent_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (LIVE | {"NOTIFY_SMTP_USER": "imece", "NOTIFY_SMTP_TLS": "none"}).items():
        monkeypatch.setenv(name, value)

    with pytest.raises(Misconfigured, match="NOTIFY_SMTP_TLS"):
        config.load(Settings)


def test_allowed_domains_are_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (LIVE | {"NOTIFY_ALLOWED_DOMAINS": " Example.com, müşteri.example ,"}).items():
        monkeypatch.setenv(name, value)

    assert config.load(Settings).allowed_domains == ("example.com", "xn--mteri-kva70e.example")


def test_the_message_ids_domain_is_the_senders_unless_named() -> None:
    assert Settings(sender_address="muhasebe@sirket.example").domain == "sirket.example"
    assert Settings(message_domain="posta.sirket.example").domain == "posta.sirket.example"


def test_the_time_outs_fit_into_the_jobs_own_limit() -> None:
    """A mail that takes its longest must not be cut off between the server's word and ours."""
    from imece.contracts.notify import SendEmail

    most = sum(Settings.model_fields[name].metadata[1].le for name in ("smtp_timeout", "smtp_answer_timeout"))

    assert most < SendEmail.soft_limit.total_seconds()
