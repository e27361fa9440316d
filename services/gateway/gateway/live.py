"""
Live progress: one poller per process asks the database about every watched job at once; each watcher gets what changed.

A thousand open streams cost the database what one costs: one statement per beat for all watched jobs, and one per beat and company for the
jobs that have come since. A watcher that reads slowly skips the states in between, and never grows.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import anyio.to_thread
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from gateway import metrics
from imece import db, ids, log
from imece.ledger import Job

#: Seconds between two looks. A person takes it for immediate, the database does not notice it.
BEAT = 0.4

#: The longest pause when the database does not answer.
_LONGEST_PAUSE = 5.0

#: Jobs get their ids before their commit: look this many seconds further back than the newest one seen.
_OVERLAP = 10

_log = log.get("gateway")


class Watcher:
    """One open stream: the jobs it watches, and what it has not been told yet. With `company` set it hears of new top-level jobs too."""

    def __init__(self, watched: Iterable[UUID], *, news: bool, company_id: UUID | None) -> None:
        self.watched = set(watched)
        self.news = news
        self.company_id = company_id
        self._seen: dict[UUID, tuple[Any, ...]] = {}
        self._pending: dict[UUID, Job] = {}
        self._arrived: set[UUID] = set()
        self._announced: set[UUID] = set()
        self._something = asyncio.Event()
        self._closed = False

    async def next(self, patience: float) -> tuple[list[Job], set[UUID]] | None:
        """What changed since the last call and which jobs are new; both empty after `patience` seconds of nothing; None: the stream is to end."""
        try:
            async with asyncio.timeout(patience):
                await self._something.wait()
        except TimeoutError:
            return [], set()
        self._something.clear()
        changed, self._pending = list(self._pending.values()), {}
        arrived, self._arrived = self._arrived, set()
        if self._closed and not changed:
            return None
        return changed, arrived

    def tell(self, jobs: dict[UUID, Job], fresh: dict[UUID | None, set[UUID]]) -> None:
        """Keep what this watcher has not seen."""
        for job_id in self.watched & jobs.keys():
            sight = _sight(jobs[job_id])
            if self._seen.get(job_id) != sight:
                self._seen[job_id] = sight
                self._pending[job_id] = jobs[job_id]
        if self.news:
            new = fresh.get(self.company_id, set()) - self._announced - self.watched
            self._announced |= new
            self._arrived |= new
        if self._pending or self._arrived:
            self._something.set()

    def close(self) -> None:
        """End the stream after what is pending."""
        self._closed = True
        self._something.set()


class Live:
    """The poller of this process and its watchers. Everything happens in the event loop; only the queries run in a thread."""

    def __init__(self) -> None:
        self._watchers: set[Watcher] = set()
        self._awake = asyncio.Event()
        self._newest: dict[UUID | None, datetime] = {}
        self._closing = False
        self.looks = 0  #: queries for watched jobs so far

    @asynccontextmanager
    async def watch(self, jobs: Iterable[UUID], *, news: bool = False, company_id: UUID | None = None) -> AsyncIterator[Watcher]:
        """
        Watch these jobs, and the arrival of new ones of the company (of every company for None) when `news`.

        The first thing a watcher is told is how each of its jobs stands now. Whether the caller may see them is for the caller to have asked.
        """
        watcher = Watcher(jobs, news=news, company_id=company_id)
        self._watchers.add(watcher)
        metrics.watchers.inc()
        if self._closing:
            watcher.close()
        self._awake.set()
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)
            metrics.watchers.dec()

    async def run(self) -> None:
        """Look at each beat while somebody watches; rest otherwise. Runs until cancelled."""
        pause = BEAT
        while True:
            await self._awake.wait()
            if not self._watchers:
                self._awake.clear()
                continue
            try:
                await self._look()
                pause = BEAT
            except SQLAlchemyError as error:
                pause = min(pause * 2, _LONGEST_PAUSE)
                _log.warning("gateway.live_cannot_look", error=type(error).__name__, pause=pause)
            await asyncio.sleep(pause)

    def close(self) -> None:
        """End every stream: the process is going to stop, and their clients will come back to the next one."""
        self._closing = True
        for watcher in self._watchers:
            watcher.close()

    async def _look(self) -> None:
        watched = {job_id for watcher in self._watchers for job_id in watcher.watched}
        companies = {watcher.company_id for watcher in self._watchers if watcher.news}
        self._newest = {company: when for company, when in self._newest.items() if company in companies}
        self.looks += 1
        jobs, fresh = await anyio.to_thread.run_sync(_read, watched, companies, self._newest)
        for watcher in self._watchers:
            watcher.tell(jobs, fresh)


def _read(
    watched: set[UUID], companies: set[UUID | None], newest: dict[UUID | None, datetime]
) -> tuple[dict[UUID, Job], dict[UUID | None, set[UUID]]]:
    """The watched jobs as they stand, and per company the top-level jobs made since the last look; `newest` is moved on."""
    fresh: dict[UUID | None, set[UUID]] = {}
    with Session(db.engine(), expire_on_commit=False) as session:
        jobs = {job.id: job for job in session.scalars(sa.select(Job).where(Job.id.in_(watched)))} if watched else {}
        if companies:
            now: datetime = session.scalars(sa.select(sa.func.clock_timestamp())).one()
            for company in companies:
                since = newest.get(company, now)
                query = sa.select(Job.id).where(Job.id > ids.oldest_id(since.timestamp() - _OVERLAP), Job.parent_id.is_(None))
                if company is not None:
                    query = query.where(Job.company_id == company)
                fresh[company] = set(session.scalars(query))
                newest[company] = now
    return jobs, fresh


def _sight(job: Job) -> tuple[Any, ...]:
    """What a watcher would notice."""
    return (
        job.state,
        job.progress_done,
        job.progress_total,
        job.progress_note,
        job.attempt,
        job.cancel_requested_by,
        job.error,
        job.finished_at,
    )
