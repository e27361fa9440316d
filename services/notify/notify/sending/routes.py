"""Who carries what: the providers of each channel in their order, opened once per process, and what each can take."""

from collections.abc import Callable
from functools import cache
from typing import Any

from notify.channels import Channel, email, providers
from notify.channels.telegram import Telegram
from notify.channels.webhook import Webhook
from notify.sending.lanes import Pace
from notify.settings import Settings, settings
from notify.texts.sms import OPERATOR_CODE, Plan, cheapest, plan

#: How gateways in Turkey may write a text; of equals the first. Twilio has no Turkish table.
_TURKISH = ("gsm7", "tr_single")

#: Telegram's own limits: about a message a second in one chat, twenty a minute in a group.
_CHAT_PAUSE, _GROUP_PAUSE = 1.0, 3.0


def ways(channel: str) -> tuple[str, ...]:
    """The providers of a channel, the first choice first."""
    return tuple(dict.fromkeys(settings().sms_providers)) if channel == "sms" else (channel,)


def all_ways() -> tuple[str, ...]:
    """Every provider there is."""
    return (*ways("sms"), "telegram", "webhook", "email")


def after(channel: str, provider: str) -> str | None:
    """Who stands in for `provider`; None if nobody does."""
    others = ways(channel)
    position = others.index(provider) + 1 if provider in others else 0
    return others[position] if position < len(others) else None


def opened(provider: str) -> Channel[Any]:
    """The process's channel to a provider; its connections are kept."""
    return _opened(provider)


def pace(provider: str) -> Pace:
    """How fast, and how many in one request."""
    return Pace(settings().rate(provider), opened(provider).most)


def planned(text: str, provider: str, kind: str) -> Plan:
    """How an SMS leaves by a provider, with what operators in Turkey append to all but an OTP."""
    if provider == "twilio":
        return plan(text, "twilio")
    return cheapest(text, _TURKISH, suffix="" if kind == "otp" else OPERATOR_CODE)


def limited(provider: str, channel: str, sender: str | None, recipient: str) -> tuple[str, float]:
    """Whose own rate counts besides the provider's, and how many seconds one segment takes of it; 0: nobody's."""
    if channel == "telegram":
        return recipient, _GROUP_PAUSE if recipient.startswith("-") else _CHAT_PAUSE
    given = settings()
    name = sender or (given.twilio_from if provider == "twilio" else "")
    rate = given.sender_rates.get(name) if name else None
    return (name, 1 / rate) if rate else ("", 0.0)


def forget() -> None:
    """Close the opened channels and forget them: when a test changes the settings."""
    for channel in _kept:
        for line in (getattr(channel, "line", None), getattr(channel, "relay", None)):
            if line is not None:
                line.close()
    _kept.clear()
    _opened.cache_clear()


_kept: list[Channel[Any]] = []


@cache
def _opened(provider: str) -> Channel[Any]:
    _kept.append(_OPENERS[provider](settings()))
    return _kept[-1]


_OPENERS: dict[str, Callable[[Settings], Channel[Any]]] = {
    **providers.KINDS,
    "telegram": Telegram,
    "webhook": Webhook,
    "email": email.Email,
}
