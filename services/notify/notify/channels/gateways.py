"""Gateways: what those who send SMS in Turkey have in common, whatever each of them wants to be told, and answers."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from datetime import timedelta

from notify.accounts import CATCH_PASSWORD, CATCH_USER
from notify.channels import Accepted, Finding, Outcome, Verdict
from notify.channels.http import Line
from notify.channels.sms import Sms, allowed, domestic, in_orders, only
from notify.settings import Settings


class Gateway(ABC):
    """
    A channel to numbers in Turkey: one request takes many recipients. One per process; threads share it.

    Each gateway says what it is called (`name` by us, `title` by people), which parcels are `alike`, and how some of those are `ordered`.
    """

    name: str
    title: str

    def __init__(self, given: Settings, url: str, account: tuple[str, str], most: int, *, basic: bool = False) -> None:
        """
        In catch mode nothing of the live account is used: neither `url` nor `account`, the user and the password.

        `most` recipients go into one request. `basic`: the account goes with every request, as HTTP has it.
        """
        self.given = given
        self.catching = given.sms_mode == "catch"
        self.most = most
        self.account = (CATCH_USER, CATCH_PASSWORD) if self.catching else account
        base = f"{given.stand_ins}/{self.name}" if self.catching else url
        self.line = Line(self.title, base, given.sms_answer_timeout, auth=self.account if basic else None)

    @abstractmethod
    def alike(self, parcel: Sms) -> Hashable:
        """The same for parcels that may share a request."""

    @abstractmethod
    def ordered(self, members: list[Sms], deadline: float) -> list[Verdict]:
        """Send parcels that are alike in one request; what became of each. Raises what is wrong with all of them."""

    @property
    def begins_within(self) -> timedelta:
        """Longest time between a claim and the leaving of the request."""
        return timedelta(seconds=self.given.sms_timeout)

    @property
    def settles_within(self) -> timedelta:
        """Until then it may still be on its way."""
        return self.begins_within + self.line.settles_within

    def send(self, parcel: Sms, deadline: float) -> Accepted:
        """Send it once. Raises Transient, Refused, Closed or Unknown."""
        return only(self.send_many([parcel], deadline))

    def send_many(self, parcels: Sequence[Sms], deadline: float) -> Sequence[Verdict]:
        """In one request, unless they are not alike."""
        return in_orders(parcels, self._check, self.alike, self.most, lambda members: self.ordered(members, deadline))

    def look_up(self, reference: str, parcel: Sms | None = None, since: timedelta | None = None) -> Finding:  # noqa: ARG002 (for those that can be asked)
        """It cannot be asked."""
        return Finding(Outcome.UNTOLD)

    def _check(self, parcel: Sms) -> None:
        domestic(parcel, self.title)
        if not self.catching:
            allowed(parcel, self.given.sms_allowed_numbers)
