"""Claims about who sends."""

import pytest

from notify.channels import providers
from notify.settings import Settings


def test_they_are_tried_in_the_order_of_the_setting_each_once() -> None:
    given = Settings(sms_providers=("netgsm", "twilio", "netgsm"))

    assert [channel.name for channel in providers.of(given)] == ["netgsm", "twilio"]


@pytest.mark.parametrize("name", sorted(providers.KINDS))
def test_every_provider_is_called_as_its_channel_is(name: str) -> None:
    assert providers.KINDS[name](Settings()).name == name
