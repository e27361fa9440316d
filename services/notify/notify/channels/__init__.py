"""
The outside: one module per way to a person. Each turns words into what its provider takes, says it once, and sorts the answer.

A channel knows nothing of the database. What is about to be done, and what came of it, is written down by whoever calls it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol, TypeVar, runtime_checkable

from imece.errors import Permanent, Transient, Unknown


@dataclass(frozen=True)
class Accepted:
    """The provider took it: it knows it as `id` (for e-mail the Message-ID), and said `answer`."""

    id: str
    answer: str = ""


class Outcome(StrEnum):
    """What a provider says when asked about something sent earlier."""

    ARRIVED = "arrived"  #: it has it
    ABSENT = "absent"  #: it does not have it
    UNTOLD = "untold"  #: it cannot be asked


@dataclass(frozen=True)
class Finding:
    """The end of a look-up; `answer` is the provider's own words, `id` what it knows the thing by, where that is not our reference."""

    outcome: Outcome
    answer: str = ""
    id: str = ""


P = TypeVar("P")
P_contra = TypeVar("P_contra", contravariant=True)  #: what a channel sends

#: What became of one parcel of several. Transient: surely not taken. Permanent: surely not, and never will be. Unknown: it may have been.
Verdict = Accepted | Permanent | Transient | Unknown


class Channel(Protocol[P_contra]):
    """A way to a person. Threads may share one."""

    @property
    def name(self) -> str:
        """As in `message.channel`, or for one of several ways of the same kind the provider's own: `twilio`, `netgsm`."""

    @property
    def begins_within(self) -> timedelta:
        """How long after its claim a thing may still leave the house. `send` is given this as its deadline and keeps it."""

    @property
    def settles_within(self) -> timedelta:
        """How long after a claim the provider's ABSENT cannot be trusted yet: until then its sender may still be at it."""

    @property
    def most(self) -> int:
        """How many parcels one request may carry; 1 where each travels alone."""

    def send(self, parcel: P_contra, deadline: float) -> Accepted:
        """
        Send it, now and once. Nothing leaves after `deadline` (time.monotonic).

        Raises Transient: it surely did not go out. Permanent: it surely did not, and never will. Unknown, or anything else: it may have.
        """

    def send_many(self, parcels: Sequence[P_contra], deadline: float) -> Sequence[Verdict]:
        """
        Send up to `most` of them in one request; what became of each, in their order.

        What is wrong with the request as a whole is raised, as by `send`, and holds for every parcel. A channel whose `most` is 1 is `one_by_one`.
        """

    def look_up(self, reference: str, parcel: P_contra | None = None, since: timedelta | None = None) -> Finding:
        """
        Ask the provider what became of what was sent as `reference`. Raises Transient when it does not answer.

        A provider that does not know our references is asked by what `parcel` says, among what it took in the time `since` its claim.
        """


@runtime_checkable
class Reporting(Protocol):
    """A channel that must be asked for its receipts, because the provider does not call."""

    def reports(self, ids: Sequence[str]) -> Sequence[object]:
        """What the provider says of what it knows as `ids`: `receipts.Receipt`s, of some or all of them. Raises Transient."""


def one_by_one(channel: Channel[P], parcels: Sequence[P], deadline: float) -> list[Verdict]:
    """`send_many` of a channel whose parcels travel alone."""
    verdicts: list[Verdict] = []
    for parcel in parcels:
        try:
            verdicts.append(channel.send(parcel, deadline))
        except (Permanent, Transient, Unknown) as verdict:
            verdicts.append(verdict)
    return verdicts
