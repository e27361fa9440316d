"""Claims about waiting for a transcription."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import anyio
import anyio.to_thread
import pytest
import sqlalchemy as sa

from imece import db, ids, ledger
from imece.contracts.transcription import Transcribe
from imece.errors import NotFound, Transient
from transcription.face import waiting


@pytest.fixture
def job(database: sa.Engine, redis_client: Any, company: UUID) -> UUID:
    """A job that nobody does."""
    with db.transaction() as session:
        return ledger.submit(session, Transcribe(recording="https://example.com/a.mp3"), company_id=company, requested_by="ayşe")


def stands(job_id: UUID) -> tuple[str, str | None]:
    with db.transaction() as session:
        found = ledger.find(session, job_id)
        return found.state, found.cancel_requested_by


def move(job_id: UUID, **values: Any) -> None:
    with db.transaction() as session:
        session.execute(sa.update(ledger.Job).where(ledger.Job.id == job_id).values(values))


async def here() -> bool:
    return False


@asynccontextmanager
async def waited(company: UUID, job: UUID, gone: Callable[[], Awaitable[bool]] = here, **more: Any) -> AsyncIterator[Any]:
    async with aclosing(waiting.sights(company, job, gone, **more)) as sights:
        yield sights


def test_every_change_is_seen_until_the_end(job: UUID, company: UUID) -> None:
    steps: list[dict[str, Any]] = [
        {"progress_done": 7},
        {"state": "cancelled", "cancel_requested_by": "ali", "finished_at": sa.func.now()},
    ]

    async def run() -> list[tuple[str, int]]:
        seen = []
        async with waited(company, job) as sights:
            async for sight in sights:
                seen.append((sight.state, sight.done))
                if len(seen) <= len(steps):
                    await anyio.to_thread.run_sync(partial(move, job, **steps[len(seen) - 1]))
        return seen

    assert anyio.run(run) == [("queued", 0), ("queued", 7), ("cancelled", 7)]
    assert stands(job) == ("cancelled", "ali")


def test_whoever_goes_away_cancels_it(job: UUID, company: UUID) -> None:
    async def gone() -> bool:
        return True

    async def run() -> None:
        async with waited(company, job, gone) as sights:
            async for _ in sights:
                pass

    with pytest.raises(waiting.Left):
        anyio.run(run)
    assert stands(job) == ("cancelled", waiting.GONE)


def test_a_waiting_that_is_broken_off_cancels_it(job: UUID, company: UUID) -> None:
    async def run() -> None:
        with anyio.move_on_after(0.3):
            async with waited(company, job) as sights:
                async for _ in sights:
                    pass

    anyio.run(run)
    assert stands(job) == ("cancelled", waiting.GONE)


def test_who_has_waited_long_enough_is_told_and_the_work_goes_on(job: UUID, company: UUID) -> None:
    async def run() -> None:
        async with waited(company, job, longest=timedelta(seconds=0.2)) as sights:
            async for _ in sights:
                pass

    with pytest.raises(Transient, match="goes on"):
        anyio.run(run)
    assert stands(job) == ("queued", None)


def test_a_long_silence_is_broken_now_and_then(job: UUID, company: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_SILENCE", 0.1)

    async def run() -> int:
        seen = 0
        async with waited(company, job) as sights:
            async for _ in sights:
                seen += 1
                if seen == 3:
                    break
        return seen

    assert anyio.run(run) == 3


def test_another_companys_job_is_not_waited_for(job: UUID) -> None:
    async def run() -> None:
        async with waited(ids.new_id(), job) as sights:
            async for _ in sights:
                pass

    with pytest.raises(NotFound):
        anyio.run(run)
    assert stands(job) == ("queued", None)
