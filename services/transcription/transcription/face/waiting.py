"""Waiting for a transcription as long as somebody waits for us: its progress as it comes, and its end."""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import anyio
import anyio.to_thread
import sqlalchemy as sa

from imece import db, ledger
from imece.errors import Conflict, NotFound, Transient
from imece.ledger import State

#: The longest that anybody waits: somewhat less than the gateway does.
LONGEST = timedelta(minutes=55)

#: Seconds between two looks, growing from the first to the second.
_FIRST, _LATER = 0.1, 1.0

#: Seconds after which the same is said once more, so that a connection is not taken for dead.
_SILENCE = 15.0

#: Who cancels what nobody waits for any more.
GONE = "client went away"


class Left(Exception):
    """Whoever waited has gone; the job has been cancelled."""


@dataclass(frozen=True)
class Sight:
    """How a job stands. `error` is set where it failed."""

    state: str
    done: int
    total: int | None
    error: dict[str, Any] | None

    @property
    def final(self) -> bool:
        """Whether nothing will happen to it any more."""
        return State(self.state) in ledger.FINAL


async def sights(
    company_id: UUID, job_id: UUID, gone: Callable[[], Awaitable[bool]], *, longest: timedelta = LONGEST
) -> AsyncGenerator[Sight, None]:
    """
    How the job stands, whenever that changes and now and then in between, until its end.

    Raises Left when `gone` says so, or when this is itself cancelled, and cancels the job; Transient after `longest`, and leaves it running.
    """
    until, pause, before, said = time.monotonic() + longest.total_seconds(), _FIRST, None, 0.0
    ended = False
    try:
        while not ended:
            sight = await anyio.to_thread.run_sync(_look, company_id, job_id)
            ended = sight.final
            if sight != before or time.monotonic() > said + _SILENCE:
                before, said = sight, time.monotonic()
                yield sight
            if ended:
                return
            if await gone():
                raise Left
            if time.monotonic() > until:
                ended = True
                raise Transient(
                    "This takes longer than a request may. The work goes on; its result will stand among the recordings.",
                    "Bu, bir isteğin sürebileceğinden uzun. İş sürüyor; sonucu kayıtlar arasında olacak.",
                )
            await anyio.sleep(pause)
            pause = min(_LATER, pause * 1.25)
    finally:
        if not ended:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(_cancel, company_id, job_id)


def _look(company_id: UUID, job_id: UUID) -> Sight:
    query = sa.select(ledger.Job.state, ledger.Job.progress_done, ledger.Job.progress_total, ledger.Job.error)
    with db.transaction() as session:
        found = session.execute(query.where(ledger.Job.id == job_id, ledger.Job.company_id == company_id)).first()
    if found is None:
        raise NotFound("There is no such job.", "Böyle bir iş yok.")
    return Sight(*found)


def _cancel(company_id: UUID, job_id: UUID) -> None:
    with suppress(Conflict, NotFound), db.transaction() as session:
        ledger.cancel(session, job_id, by=GONE, company_id=company_id)
