"""What a contract is. Frozen models, no behaviour; nothing here imports more than pydantic and the standard library."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

#: A moment far enough from the ends of the calendar that it may be moved to another zone, or a while on, by whoever works with it.
Moment = Annotated[datetime, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), le=datetime(9000, 1, 1, tzinfo=UTC))]


class Role(StrEnum):
    """What a person or a key may do. Each includes the ones before it."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"
    SYSTEM = "system"  #: imece itself: no key has this role, so such a kind cannot be asked for from outside.


class Result(BaseModel):
    """What a job of some kind gives back: small and JSON. Anything big lies in storage; the result holds its key."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Nothing(Result):
    """The result of a kind that has nothing to tell."""


class Contract(BaseModel):
    """
    The arguments of one kind of work, and how that work is to be carried.

    `class SendEmail(Contract, kind="notify.send_email", queue="notify.email", result=EmailSent)` declares a kind. Fields are its arguments.
    A contract only ever gains optional fields: yesterday's messages are still in the queue, and yesterday's workers are still running.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]  #: `<service>.<verb_noun>`; also the actor's name
    version: ClassVar[int]  #: counts the gains; written on the job row
    queue: ClassVar[str]  #: `<service>.<name>`; urgency is a queue of its own
    max_attempts: ClassVar[int]  #: attempts that may be spent before the job is failed
    soft_limit: ClassVar[timedelta]  #: then the handler gets an exception
    hard_limit: ClassVar[timedelta]  #: then the process writes the attempt down and ends
    role: ClassVar[Role]  #: who may submit it through the gateway
    result: ClassVar[type[Result]]

    @property
    def units(self) -> int:
        """How much of the progress of a job that waits for this one it stands for: 25 for a job that renders 25 letters."""
        return 1

    @classmethod
    def __init_subclass__(
        cls,
        *,
        kind: str,
        queue: str,
        version: int = 1,
        max_attempts: int = 3,
        soft_limit: timedelta = timedelta(minutes=10),
        hard_limit: timedelta | None = None,
        role: Role = Role.SYSTEM,
        result: type[Result] = Nothing,
        **more: Any,
    ) -> None:
        """Write the declaration down. `hard_limit` is a minute after the soft one unless given."""
        super().__init_subclass__(**more)
        if kind in _kinds:
            message = f"two contracts call themselves {kind}"
            raise TypeError(message)
        if kind.partition(".")[0] != queue.partition(".")[0]:
            message = f"{kind} belongs to another service than its queue {queue}"
            raise TypeError(message)
        cls.kind, cls.queue, cls.version, cls.max_attempts = kind, queue, version, max_attempts
        cls.soft_limit, cls.hard_limit = soft_limit, hard_limit or soft_limit + timedelta(minutes=1)
        cls.role, cls.result = role, result
        _kinds[kind] = cls


_kinds: dict[str, type[Contract]] = {}


def find(kind: str) -> type[Contract] | None:
    """The contract of `kind`, or None. Knows only kinds whose module is imported; `imece.contracts` imports all that ship."""
    return _kinds.get(kind)


def declared() -> Iterator[type[Contract]]:
    """Every declared contract, sorted by kind."""
    return iter([_kinds[kind] for kind in sorted(_kinds)])
