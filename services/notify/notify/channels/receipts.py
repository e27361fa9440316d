"""
Receipts: what a provider says, afterwards, became of what it took.

They come late, twice, in any order and sometimes not at all. So a receipt only ever says more than what is known: its state has a rank, and one
of a lower rank changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from imece.clock import ISTANBUL, now
from imece.errors import Invalid


class State(StrEnum):
    """What became of it, in the words of `Receipt.state`."""

    ACCEPTED = "accepted"  #: the provider has it
    SENT = "sent"  #: on its way to the phone
    UNDELIVERED = "undelivered"  #: did not arrive; the recipient may be reached another time
    EXPIRED = "expired"  #: did not arrive while it was worth it
    FAILED = "failed"  #: did not arrive, and this recipient will not be reached
    DELIVERED = "delivered"  #: arrived


#: The final ones are worth the same, so that the first of them stays; only an arrival is believed against a failure.
RANKS: dict[State, int] = {
    State.ACCEPTED: 1,
    State.SENT: 2,
    State.UNDELIVERED: 3,
    State.EXPIRED: 3,
    State.FAILED: 3,
    State.DELIVERED: 4,
}


@dataclass(frozen=True)
class Receipt:
    """
    One word of a provider on one message.

    `provider_id` is what it called it when it took it (`Accepted.id`), `reference` our own id, where it carries that. `code` is the provider's
    reason, `at` the moment it speaks of, or that of its coming. `address`: the recipient is gone for good. `opted_out`: it wants no more.
    """

    provider: str
    provider_id: str
    reference: str | None
    state: State
    code: str
    at: datetime
    address: bool = False
    opted_out: bool = False


class Forged(Invalid):
    """A receipt that does not come from whom it says it does, or cannot be shown to."""

    def __init__(self) -> None:
        """Says no more than that: whoever tries it learns nothing."""
        super().__init__("The signature of this receipt is missing or wrong.", "Bu teslim bilgisinin imzası eksik veya hatalı.")


def malformed(provider: str, what: str) -> Invalid:
    """A receipt that cannot be read, and where."""
    return Invalid(f"A receipt of {provider} cannot be read: {what}.", f"{provider} teslim bilgisi okunamadı: {what}.")


def moment(text: str, *patterns: str) -> datetime:
    """A time as a provider in Turkey writes it; now, where it does not say or cannot be read."""
    for pattern in patterns:
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=ISTANBUL)
        except ValueError:
            continue
    return now()
