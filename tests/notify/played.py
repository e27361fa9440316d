"""A provider that is played: it keeps what it takes, and does with it what a test says."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from imece.errors import Permanent, Transient, Unknown
from notify.channels import Accepted, Finding, Outcome, Verdict
from notify.channels.sms import Sms

Act = Callable[[Sms], Verdict | None]


@dataclass
class Played:
    """
    `act(parcel)` says what becomes of it; None: it is taken. An Unknown is taken all the same, unless it is called `lost`.

    `can_tell`: it can be asked what became of a parcel, by its recipient and text.
    """

    name: str = "twilio"
    most: int = 1
    act: Act = lambda _parcel: None
    can_tell: bool = True
    latency: float = 0.0
    settles: float = 0.3
    taken: list[Sms] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)
    asked: int = 0
    under_way: int = 0
    most_under_way: int = 0
    _mutex: threading.Lock = field(default_factory=threading.Lock)

    @property
    def begins_within(self) -> timedelta:
        return timedelta(seconds=self.settles / 2)

    @property
    def settles_within(self) -> timedelta:
        return timedelta(seconds=self.settles)

    @property
    def recipients(self) -> Counter[str]:
        """How often each was written to."""
        return Counter(parcel.to for parcel in self.taken)

    def send(self, parcel: Sms, deadline: float) -> Accepted:
        [verdict] = self.send_many([parcel], deadline)
        if isinstance(verdict, Accepted):
            return verdict
        raise verdict

    def send_many(self, parcels: Sequence[Sms], _deadline: float) -> Sequence[Verdict]:
        with self._mutex:
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
            self.requests.append(len(parcels))
            verdicts = [self._verdict(parcel) for parcel in parcels]
        if self.latency:
            time.sleep(self.latency)  # the answer's way
        with self._mutex:
            self.under_way -= 1
        return verdicts

    def look_up(self, _reference: str, parcel: Sms | None = None, since: timedelta | None = None) -> Finding:
        with self._mutex:
            self.asked += 1
            if not self.can_tell or parcel is None:
                return Finding(Outcome.UNTOLD)
            for known in self.taken:
                if (known.to, known.text) == (parcel.to, parcel.text):
                    return Finding(Outcome.ARRIVED, "sent", f"id-{known.reference}")
        return Finding(Outcome.ABSENT)

    def _verdict(self, parcel: Sms) -> Verdict:
        verdict = self.act(parcel)
        if verdict is None or (isinstance(verdict, Unknown) and verdict.en != "lost"):
            self.taken.append(parcel)
            self.moments.append(time.monotonic())
        return verdict or Accepted(f"id-{parcel.reference}", "queued")


def lost() -> Unknown:
    """Not taken, and nobody knows."""
    return Unknown("lost", "kayıp")


def unheard() -> Unknown:
    """Taken, and nobody knows."""
    return Unknown("unheard", "duyulmadı")


def once(verdict: Permanent | Transient | Unknown) -> Act:
    """That for the first parcel, then nothing unusual."""
    left = [verdict]
    return lambda _parcel: left.pop() if left else None
