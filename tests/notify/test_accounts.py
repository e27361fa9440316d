"""Claims about the accounts: nothing goes live by accident, and what is missing is named as the operator writes it."""

from typing import Any

import pytest

from imece import config
from imece.errors import Misconfigured
from notify.channels import providers
from notify.channels.telegram import Telegram
from notify.settings import Settings

ACCOUNTS: dict[str, dict[str, str]] = {
    "twilio": {"NOTIFY_TWILIO_ACCOUNT_SID": "AC1", "NOTIFY_TWILIO_AUTH_TOKEN": "t", "NOTIFY_TWILIO_FROM": "SIRKET"},
    "netgsm": {"NOTIFY_NETGSM_USER": "850", "NOTIFY_NETGSM_PASSWORD": "p", "NOTIFY_NETGSM_HEADER": "SIRKET"},
    "iletimerkezi": {"NOTIFY_ILETIMERKEZI_KEY": "k", "NOTIFY_ILETIMERKEZI_HASH": "h", "NOTIFY_ILETIMERKEZI_SENDER": "SIRKET"},
    "goldsms": {"NOTIFY_GOLDSMS_USER": "u", "NOTIFY_GOLDSMS_PASSWORD": "p", "NOTIFY_GOLDSMS_SENDER": "SIRKET"},
}
WAYS: dict[str, dict[str, str]] = {
    **{
        name: {"NOTIFY_SMS_MODE": "live", "NOTIFY_SMS_PROVIDERS": name, "NOTIFY_SMS_ALLOWED_NUMBERS": "*", **account}
        for name, account in ACCOUNTS.items()
    },
    "telegram": {"NOTIFY_TELEGRAM_MODE": "live", "NOTIFY_TELEGRAM_TOKEN": "1:x", "NOTIFY_TELEGRAM_ALLOWED_CHATS": "*"},
    "webhook": {"NOTIFY_WEBHOOK_MODE": "live", "NOTIFY_WEBHOOK_ALLOWED_HOSTS": "*"},
    "bounces": {"NOTIFY_IMAP_HOST": "imap.sirket.example", "NOTIFY_IMAP_USER": "u", "NOTIFY_IMAP_PASSWORD": "p"},
}
SWITCHES = {"NOTIFY_SMS_MODE", "NOTIFY_SMS_PROVIDERS", "NOTIFY_TELEGRAM_MODE", "NOTIFY_WEBHOOK_MODE", "NOTIFY_IMAP_HOST"}
NEEDED = [(way, name) for way, settings in WAYS.items() for name in settings if name not in SWITCHES]


def load(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return config.load(Settings)


def test_catch_mode_is_the_default_of_every_way_out_even_where_accounts_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    named = {name: value for way in WAYS.values() for name, value in way.items() if name not in SWITCHES}

    given = load(monkeypatch, named)

    assert {given.mode, given.sms_mode, given.telegram_mode, given.webhook_mode} == {"catch"}
    for kind in providers.KINDS.values():
        channel = kind(given)
        assert channel.line.base.startswith(f"{given.stand_ins}/{channel.name}")
        assert "SIRKET" not in str(channel.line.auth)
    assert Telegram(given).line.base == f"{given.stand_ins}/telegram/bot100:catcher"


@pytest.mark.parametrize("way", sorted(WAYS))
def test_what_is_whole_goes_live(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    load(monkeypatch, WAYS[way])


@pytest.mark.parametrize(("way", "missing"), NEEDED)
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, way: str, missing: str) -> None:
    with pytest.raises(Misconfigured, match=missing):
        load(monkeypatch, {name: value for name, value in WAYS[way].items() if name != missing})


@pytest.mark.parametrize("provider", sorted(ACCOUNTS))
def test_no_password_goes_over_http(monkeypatch: pytest.MonkeyPatch, provider: str) -> None:
    address = f"NOTIFY_{provider.upper()}_URL"

    with pytest.raises(Misconfigured, match=f"{address} must begin with https://"):
        load(monkeypatch, {**WAYS[provider], address: "http://api.example.com"})


@pytest.mark.parametrize("wrong", ["", "twilio,vodafone", "NETGSM"])
def test_a_provider_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    with pytest.raises(Misconfigured, match="NOTIFY_SMS_PROVIDERS"):
        load(monkeypatch, {"NOTIFY_SMS_PROVIDERS": wrong})


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    given = load(monkeypatch, {"NOTIFY_SMS_PROVIDERS": " netgsm , twilio", "NOTIFY_TELEGRAM_ALLOWED_CHATS": "-1, @kanal,"})

    assert (given.sms_providers, given.telegram_allowed_chats) == (("netgsm", "twilio"), ("-1", "@kanal"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("NOTIFY_ILETIMERKEZI_CALLBACK_KEY", "tahmin"), ("NOTIFY_NETGSM_HEADER", "LONGERTHAN11"), ("NOTIFY_SMS_TIMEOUT", "600")],
)
def test_what_could_not_work_is_refused_without_its_value(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        load(monkeypatch, {name: value})

    assert name in refused.value.en
    assert value not in refused.value.en


def test_no_secret_is_shown_where_settings_are(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "gizli-ve-uzun-bir-anahtar"
    names: dict[str, Any] = dict.fromkeys(
        (
            "TWILIO_AUTH_TOKEN",
            "NETGSM_PASSWORD",
            "ILETIMERKEZI_HASH",
            "ILETIMERKEZI_CALLBACK_KEY",
            "GOLDSMS_PASSWORD",
            "TELEGRAM_TOKEN",
            "IMAP_PASSWORD",
            "CATCHER_KEY",
        ),
        secret,
    )

    given = load(monkeypatch, {f"NOTIFY_{name}": value for name, value in names.items()})

    assert secret not in repr(given)
