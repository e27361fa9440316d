"""
The outside: one module per way to a person. Each turns words into what its provider takes, says it once, and sorts the answer.

A channel knows nothing of the database. `notify.effects` writes down what it is about to do, and what came of it.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol, TypeVar


class Outcome(StrEnum):
    """What a provider says when asked about something sent earlier."""

    ARRIVED = "arrived"  #: it has it
    ABSENT = "absent"  #: it does not have it
    UNTOLD = "untold"  #: it cannot be asked


@dataclass(frozen=True)
class Finding:
    """The end of a look-up; `answer` is the provider's own words."""

    outcome: Outcome
    answer: str = ""


P_contra = TypeVar("P_contra", contravariant=True)  #: what a channel sends


class Channel(Protocol[P_contra]):
    """A way to a person."""

    @property
    def name(self) -> str:
        """As in `message.channel`."""

    @property
    def begins_within(self) -> timedelta:
        """How long after its claim a thing may still leave the house. `send` is given this as its deadline and keeps it."""

    @property
    def settles_within(self) -> timedelta:
        """How long after a claim the provider's ABSENT cannot be trusted yet: until then its sender may still be at it."""

    def send(self, parcel: P_contra, deadline: float) -> str:
        """
        Send it, now and once; returns the provider's own words. Nothing leaves after `deadline` (time.monotonic).

        Raises Transient: it surely did not go out. Permanent: it surely did not, and never will. Unknown, or anything else: it may have.
        """

    def look_up(self, reference: str) -> Finding:
        """Ask the provider what became of it. Raises Transient when it does not answer."""
