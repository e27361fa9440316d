"""The ways to a phone that the settings name, in the order in which they are tried."""

from notify.channels import Channel
from notify.channels.goldsms import GoldSms
from notify.channels.iletimerkezi import Iletimerkezi
from notify.channels.netgsm import Netgsm
from notify.channels.sms import Sms
from notify.channels.twilio import Twilio
from notify.settings import Settings

KINDS: dict[str, type[Twilio | Netgsm | Iletimerkezi | GoldSms]] = {
    "twilio": Twilio,
    "netgsm": Netgsm,
    "iletimerkezi": Iletimerkezi,
    "goldsms": GoldSms,
}


def of(given: Settings) -> tuple[Channel[Sms], ...]:
    """One channel per provider in NOTIFY_SMS_PROVIDERS. To be made once per process: they keep connections."""
    return tuple(KINDS[name](given) for name in dict.fromkeys(given.sms_providers))
