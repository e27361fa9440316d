"""The watch of a process: limits, orders, heartbeats, recycling. The clock of a test runs as the test sets its limits."""

import os
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from imece.contracts import Contract
from imece.errors import Cancelled
from imece.ledger import presence
from imece.service import Pool
from imece.worker import limits
from imece.worker.limits import Watch


class Short(
    Contract, kind="workertest.short", queue="workertest.steps", soft_limit=timedelta(seconds=0.2), hard_limit=timedelta(seconds=0.6)
):
    """A kind with little time."""


class Brief(
    Contract,
    kind="workertest.brief",
    queue="workertest.steps",
    max_attempts=1,
    soft_limit=timedelta(seconds=0.1),
    hard_limit=timedelta(days=1),
):
    """A kind that is only asked to hurry."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watch looks up every few milliseconds."""
    monkeypatch.setattr(limits, "_TICK", 0.01)
    monkeypatch.setattr(limits, "_ORDERS", 0.02)


@pytest.fixture
def exits(bench: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The exit codes with which the process would have ended; its watch stands still instead."""
    codes: list[int] = []
    over = threading.Event()

    def leave(code: int) -> None:
        codes.append(code)
        over.wait(20)

    monkeypatch.setattr(os, "_exit", leave)
    yield codes
    over.set()


def loop(job: Any, step: Any) -> None:
    while True:
        pass


def test_the_soft_limit_is_an_exception_in_the_thread_and_recorded_as_timed_out(bench: Any) -> None:
    bench.process({"workertest.brief": loop})
    job_id = bench.submit(Brief())
    bench.until(lambda: bench.state(job_id) == "failed")
    job = bench.job(job_id)
    assert bench.tries(job_id) == [("timed out", True)]
    assert job.error["type"] == "TimedOut"


def test_at_the_hard_limit_the_attempt_is_written_down_the_rest_goes_back_and_the_process_ends(bench: Any, exits: list[int]) -> None:
    leave = threading.Event()

    def hang(job: Any, step: Any) -> None:
        leave.wait(20)

    process = bench.process({"workertest.short": hang, "workertest.step": hang})
    stuck, beside = bench.submit(Short()), bench.submit()
    bench.until(lambda: exits)
    leave.set()

    assert exits == [limits.HARD_LIMIT_EXIT]
    assert (bench.state(stuck), bench.tries(stuck)) == ("retrying", [("timed out", True)])
    assert bench.tries(beside)[:1] == [("given back", False)]
    ((stopped,),) = bench.sql("select stopped_at is not null from ledger.worker where id = :id", id=process.id)
    assert stopped


def test_a_cancelled_loop_is_interrupted(bench: Any) -> None:
    bench.process(loop)
    job_id = bench.submit()
    bench.until(lambda: bench.state(job_id) == "running")
    bench.cancel(job_id)
    bench.until(lambda: bench.state(job_id) == "cancelled", seconds=5)


def test_a_cancel_that_the_watch_meets_while_it_writes_progress_interrupts_the_loop(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_ORDERS", 3600.0)
    waiting = threading.Event()

    def handler(job: Any, step: Any) -> None:
        waiting.wait(20)
        job._latest = (1, 2, None)  # a word that was not due yet
        loop(job, step)

    bench.process(handler)
    job_id = bench.submit()
    bench.until(lambda: bench.state(job_id) == "running")
    bench.cancel(job_id)
    waiting.set()
    bench.until(lambda: bench.state(job_id) == "cancelled", seconds=5)


def test_a_handler_that_tidies_up_after_a_cancel_is_interrupted_once(bench: Any) -> None:
    tidied: list[bool] = []

    def handler(job: Any, step: Any) -> None:
        try:
            loop(job, step)
        except Cancelled:
            end = time.monotonic() + 0.3
            while time.monotonic() < end:
                pass
            tidied.append(True)
            raise

    bench.process(handler)
    job_id = bench.submit()
    bench.until(lambda: bench.state(job_id) == "running")
    bench.cancel(job_id)
    bench.until(lambda: bench.state(job_id) == "cancelled", seconds=5)
    assert tidied == [True]


def test_a_job_that_was_taken_away_is_interrupted_and_writes_nothing(bench: Any) -> None:
    inside = threading.Event()

    def handler(job: Any, step: Any) -> Any:
        if job.attempt == 1:
            inside.set()
            loop(job, step)
        return bench.Counted(count=job.attempt)

    process = bench.process(handler)
    job_id = bench.submit()
    inside.wait(20)
    bench.take_away(job_id)
    bench.until(lambda: not process.attempts.running, seconds=5)
    assert (bench.state(job_id), bench.tries(job_id)) == ("queued", [])


def test_a_heartbeat_tells_which_jobs_run(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "HEARTBEAT", 0.01)
    leave = threading.Event()
    process = bench.process(lambda job, step: leave.wait(20))
    job_id = bench.submit()
    bench.until(lambda: bench.sql("select running from ledger.worker where id = :id", id=process.id) == [([job_id],)])
    leave.set()
    bench.until(lambda: bench.sql("select running, jobs_done from ledger.worker where id = :id", id=process.id) == [([], 1)])


def test_a_worker_that_was_declared_dead_lets_go_of_everything_and_ends(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "HEARTBEAT", 0.01)
    monkeypatch.setattr(limits, "_ORDERS", 3600.0)
    process = bench.process(loop)
    job_id = bench.submit()
    bench.until(lambda: bench.state(job_id) == "running")
    bench.sql("update ledger.worker set stopped_at = clock_timestamp()")
    bench.until(process.stopping.is_set, seconds=5)
    assert process.watch.reason == "declared dead"
    bench.until(lambda: not process.attempts.running, seconds=5)


@pytest.mark.parametrize(
    ("pool", "reason"),
    [({"recycle_jobs": 3}, "3 jobs done"), ({"recycle_mb": 1}, "memory"), ({"recycle_jobs": None, "recycle_mb": None}, "")],
)
def test_a_process_is_recycled_after_so_much_work_or_memory(bench: Any, monkeypatch: pytest.MonkeyPatch, pool: Any, reason: str) -> None:
    monkeypatch.setattr(presence, "HEARTBEAT", 0.01)
    process = bench.process(lambda job, step: None, **pool)
    ids = [bench.submit() for _ in range(3)]
    bench.until(lambda: process.attempts.done == 3)
    if reason:
        bench.until(process.stopping.is_set, seconds=5)
    assert process.watch.reason.startswith(reason)
    assert {bench.state(job_id) for job_id in ids} == {"succeeded"}


def test_a_person_can_ask_a_worker_to_stop(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "HEARTBEAT", 0.01)
    process = bench.process(loop)
    bench.sql("update ledger.worker set stop_requested_by = 'ayşe'")
    bench.until(process.stopping.is_set, seconds=5)
    assert process.watch.reason == "asked by ayşe"


def test_the_watch_outlives_its_own_faults(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "HEARTBEAT", 0.01)
    faults = iter(range(3))
    real = presence.memory_mb

    def broken() -> int:
        if next(faults, None) is not None:
            raise OSError("no /proc today")
        return real()

    monkeypatch.setattr(presence, "memory_mb", broken)
    process = bench.process(lambda job, step: None)
    bench.until(lambda: bench.sql("select memory_mb > 1 from ledger.worker where id = :id", id=process.id) == [(True,)], seconds=5)


def test_silence_is_a_fault_after_a_quarter_of_a_minute(bench: Any) -> None:
    with bench.attempts(lambda job, step: None) as attempts:
        watch = Watch(attempts, Pool("io", ()), threading.Event())
        assert watch.fault() is None
        watch.last_beat -= presence.STALE + 1
        assert watch.fault() == "no heartbeat written for 16 s"


def test_an_attempt_that_only_waits_to_be_written_down_is_not_held_against_its_limits(bench: Any, exits: list[int]) -> None:
    job_id = bench.submit(Short())
    with bench.attempts({"workertest.short": lambda job, step: None}) as attempts:
        attempts._successes._write, write = lambda items: None, attempts._successes._write
        attempts.perform(str(job_id))
        Watch(attempts, Pool("io", ()), threading.Event())._keep_limits(time.monotonic() + 3600)
        bench.until(attempts._successes._waiting.empty)
        write([(running, None) for running in attempts.running.values()])
    assert exits == []
    assert bench.tries(job_id) == [("succeeded", True)]
