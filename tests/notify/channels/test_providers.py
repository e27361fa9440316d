"""Claims about who sends."""

import logging

import pytest
from tests.notify.channels.conftest import Rule, an_sms, soon
from tests.notify.conftest import Catching

from imece.errors import Permanent, Transient, Unknown
from notify.channels import providers
from notify.settings import Settings


def test_they_are_tried_in_the_order_of_the_setting_each_once() -> None:
    given = Settings(sms_providers=("netgsm", "twilio", "netgsm"))

    assert [channel.name for channel in providers.of(given)] == ["netgsm", "twilio"]


@pytest.mark.parametrize("name", sorted(providers.KINDS))
def test_every_provider_is_called_as_its_channel_is(name: str) -> None:
    assert providers.KINDS[name](Settings()).name == name


SAID = "Kodunuz 918273"


@pytest.mark.parametrize("do", ["", "refuse", "429", "drop-after", "500-after"])
@pytest.mark.parametrize("name", sorted(providers.KINDS))
def test_neither_logs_nor_errors_know_whom_it_was_for_and_what_it_said(
    given: Settings, catcher: Catching, rules: Rule, caplog: pytest.LogCaptureFixture, name: str, do: str
) -> None:
    caplog.set_level(logging.DEBUG)
    parcel = an_sms(SAID, kind="otp")
    if do:
        rules(do, to=f"^\\{parcel.to}$")
    error = ""
    try:
        providers.KINDS[name](given).send(parcel, soon())
    except (Permanent, Transient, Unknown) as fault:
        error = f"{fault.en} {fault.tr} {fault!r} {vars(fault)}"

    assert bool(error) is bool(do)
    for text in (caplog.text, str(catcher.events), error):
        assert parcel.to[-7:] not in text
        assert SAID[-6:] not in text
