"""One poller for all watchers: what changed reaches each, and a thousand cost the database what one costs."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from gateway import live
from gateway.live import Live

Firm = Any  #: conftest.Firm
AddJob = Callable[..., Any]


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEAT", 0.02)


async def running(made: Live) -> asyncio.Task[None]:
    return asyncio.create_task(made.run())


def test_a_watcher_hears_how_it_stands_then_each_change(firm: Firm, add_job: AddJob, move: Callable[..., None]) -> None:
    job = add_job(firm, state="running")

    async def scenario() -> list[tuple[str, int]]:
        made = Live()
        poller = await running(made)
        heard: list[tuple[str, int]] = []
        async with made.watch([job]) as watcher:
            for done in (1, 2, None):
                changed, _ = await watcher.next(5) or ([], set())
                heard += [(one.state, one.progress_done) for one in changed]
                change = {"progress_done": done} if done else {"state": "succeeded", "finished_at": live.sa.func.now(), "worker_id": None}
                await asyncio.to_thread(move, job, **change)
            changed, _ = await watcher.next(5) or ([], set())
            heard += [(one.state, one.progress_done) for one in changed]
        poller.cancel()
        return heard

    assert asyncio.run(scenario()) == [("running", 0), ("running", 1), ("running", 2), ("succeeded", 2)]


def test_five_hundred_watchers_are_one_question(firm: Firm, add_job: AddJob, move: Callable[..., None]) -> None:
    jobs = [add_job(firm, state="running") for _ in range(5)]

    async def scenario() -> tuple[int, int]:
        made = Live()
        poller = await running(made)
        told = 0

        async def follow(number: int) -> None:
            nonlocal told
            async with made.watch([jobs[number % 5]]) as watcher:
                while True:
                    changed, _ = await watcher.next(20) or ([], set())
                    if any(one.progress_done == 9 for one in changed):
                        told += 1
                        return

        followers = [asyncio.create_task(follow(number)) for number in range(500)]
        for job in jobs:
            await asyncio.to_thread(move, job, progress_done=9)
        started = asyncio.get_running_loop().time()
        await asyncio.gather(*followers)
        beats = (asyncio.get_running_loop().time() - started) / live.BEAT
        poller.cancel()
        assert made.looks <= beats + 10
        return told, len(made._watchers)

    assert asyncio.run(scenario()) == (500, 0)


def test_nobody_watching_asks_nothing(firm: Firm, add_job: AddJob) -> None:
    job = add_job(firm)

    async def scenario() -> int:
        made = Live()
        poller = await running(made)
        async with made.watch([job]) as watcher:
            await watcher.next(5)
        before = made.looks
        assert not made._watchers
        await asyncio.wait_for(_asleep(made), 5)
        poller.cancel()
        return made.looks - before

    assert asyncio.run(scenario()) <= 1


async def _asleep(made: Live) -> None:
    while made._awake.is_set():  # noqa: ASYNC110 (the poller has no event for having gone to rest)
        await asyncio.sleep(0)


def test_new_jobs_are_news_for_their_own_company_only(firm: Firm, rival: Firm, add_job: AddJob) -> None:
    async def scenario() -> tuple[set[Any], set[Any], set[Any], Any]:
        made = Live()
        poller = await running(made)
        async with (
            made.watch([], news=True, company_id=firm.id) as ours,
            made.watch([], news=True, company_id=rival.id) as theirs,
            made.watch([], news=True, company_id=None) as everybody,
        ):
            job = await asyncio.to_thread(add_job, firm)
            await asyncio.to_thread(add_job, firm, parent_id=job)
            heard = (await ours.next(5) or ([], set()))[1]
            whole = (await everybody.next(5) or ([], set()))[1]
            silence = (await theirs.next(0.2) or ([], set()))[1]
        poller.cancel()
        return heard, whole, silence, job

    heard, whole, silence, job = asyncio.run(scenario())
    assert (heard, whole, silence) == ({job}, {job}, set())


def test_a_database_that_is_away_is_asked_again_later(firm: Firm, add_job: AddJob, monkeypatch: pytest.MonkeyPatch) -> None:
    job = add_job(firm)
    real, faults = live._read, iter([OperationalError("x", {}, Exception("away"))] * 2)

    def read(*arguments: Any) -> Any:
        for fault in faults:
            raise fault
        return real(*arguments)

    monkeypatch.setattr(live, "_read", read)

    async def scenario() -> int:
        made = Live()
        poller = await running(made)
        async with made.watch([job]) as watcher:
            changed, _ = await watcher.next(5) or ([], set())
        poller.cancel()
        return len(changed)

    assert asyncio.run(scenario()) == 1


def test_closing_ends_every_stream_also_those_that_come_after(firm: Firm, add_job: AddJob) -> None:
    job = add_job(firm)

    async def scenario() -> list[Any]:
        made = Live()
        async with made.watch([job]) as before:
            made.close()
            async with made.watch([job]) as after:
                return [await before.next(5), await after.next(5)]

    assert asyncio.run(scenario()) == [None, None]


def test_silence_is_told_as_silence(firm: Firm, add_job: AddJob) -> None:
    async def scenario() -> Any:
        async with Live().watch([add_job(firm)]) as watcher:
            return await watcher.next(0.01)

    assert asyncio.run(scenario()) == ([], set())
