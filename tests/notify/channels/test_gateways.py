"""Claims about what all gateways in Turkey have in common."""

from collections.abc import Callable

import pytest
from tests.notify.channels.conftest import an_sms, soon

from notify.accounts import CATCH_PASSWORD, CATCH_USER
from notify.channels.gateways import Gateway
from notify.channels.goldsms import GoldSms
from notify.channels.iletimerkezi import Iletimerkezi
from notify.channels.netgsm import Netgsm
from notify.channels.refusals import Refused
from notify.settings import Settings

pytestmark = pytest.mark.parametrize("kind", [Netgsm, Iletimerkezi, GoldSms])
Opened = Callable[[Settings], Gateway]
LIVE = {
    "netgsm_user": "ours", "iletimerkezi_key": "ours", "goldsms_user": "ours",
    "netgsm_url": "https://live.example", "iletimerkezi_url": "https://live.example", "goldsms_url": "https://live.example",
    "sms_allowed_numbers": ("+90533",),
}  # fmt: skip


def test_in_catch_mode_nothing_of_the_live_account_is_used(kind: Opened, given: Settings) -> None:
    caught = kind(given.model_copy(update=LIVE))

    assert caught.account == (CATCH_USER, CATCH_PASSWORD)
    assert caught.line.base == f"{given.stand_ins}/{caught.name}"


def test_live_it_is_and_then_only_for_numbers_that_are_allowed(kind: Opened, given: Settings) -> None:
    live = kind(given.model_copy(update={**LIVE, "sms_mode": "live"}))

    assert live.account[0] == "ours"
    assert live.line.base == "https://live.example"
    with pytest.raises(Refused) as fault:
        live.send(an_sms(to="+905321112233"), soon())
    assert fault.value.code == "not_allowed"


def test_a_number_abroad_is_for_somebody_else(kind: Opened, given: Settings) -> None:
    with pytest.raises(Refused, match="Turkey only") as fault:
        kind(given).send(an_sms(to="+491701234567"), soon())

    assert fault.value.elsewhere


def test_it_settles_after_it_begins(kind: Opened, given: Settings) -> None:
    channel = kind(given)

    assert channel.begins_within < channel.settles_within
