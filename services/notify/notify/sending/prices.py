"""What a text costs before it is sent: at every provider, with Turkish letters and without."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from notify.sending import routes
from notify.settings import Settings
from notify.texts import sms
from notify.texts.sms import Plan


@dataclass(frozen=True)
class Offer:
    """One way to send it: who, with which letters, in how many segments, at what price each and together."""

    provider: str
    text: str
    folded: bool
    plan: Plan
    each: Decimal | None = None
    currency: str | None = None

    @property
    def total(self) -> Decimal | None:
        """What one message costs."""
        return None if self.each is None else self.each * self.plan.segments


def offers(text: str, kind: str, given: Settings, providers: Sequence[str] | None = None) -> list[Offer]:
    """Every way to send `text` as it stands and, where that changes it, with the marks of its Turkish letters off; in the order of the providers."""
    found = []
    plain, folded = sms.plain(text), sms.fold(text)
    for provider in providers or routes.ways("sms"):
        price = given.prices.get(provider)
        for written in dict.fromkeys((plain, folded)):
            plan = routes.planned(written, provider, kind)
            amount, currency = (price.amount, price.currency) if price else (None, None)
            found.append(Offer(provider, written, written != plain, plan, amount, currency))
    return found
