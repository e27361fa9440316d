"""The life of a process: it arrives, works, drains and leaves; and refuses what cannot work."""

import threading
from typing import Any
from uuid import UUID

import pytest
import redis

from imece import broker, checks, contracts
from imece.errors import Misconfigured
from imece.service import Pool, Service


def test_jobs_are_run_by_as_many_threads_as_the_pool_has(bench: Any) -> None:
    together = threading.Barrier(4)
    bench.process(lambda job, step: (together.wait(20), None)[1], threads=4)
    ids = [bench.submit() for _ in range(4)]
    bench.until(lambda: all(bench.state(job_id) == "succeeded" for job_id in ids))


def test_an_idle_worker_starts_a_job_in_milliseconds(bench: Any) -> None:
    bench.process(lambda job, step: None)
    bench.until(lambda: bench.state(bench.submit()) == "succeeded")
    ids = [bench.submit() for _ in range(20)]
    bench.until(lambda: all(bench.state(job_id) == "succeeded" for job_id in ids))
    ((middle,),) = bench.sql(
        "select percentile_cont(0.5) within group (order by extract(epoch from claimed_at - created_at)) from ledger.job where id = any(:ids)",
        ids=ids,
    )
    assert middle < 0.1


def test_in_an_ordered_pool_what_is_urgent_goes_before_what_has_waited_longer(bench: Any) -> None:
    """With one thread: the one that runs is not disturbed, and the next one is the urgent one."""
    order: list[str] = []
    inside, leave = threading.Event(), threading.Event()

    def handler(job: Any, contract: Any) -> None:
        order.append(job.kind)
        inside.set()
        leave.wait(20)

    work = {"workertest.step": handler, "workertest.urgent": handler}
    steps = [bench.submit() for _ in range(4)]
    process = bench.process(work, queues=("workertest.urgent", "workertest.steps"), threads=1, prefetch=2, ordered=True)
    inside.wait(20)
    urgent = [bench.submit(bench.Urgent())]
    bench.until(lambda: process._worker.work_queue.qsize() == 1 + 1)  # fetched ahead: a step and an urgent one
    leave.set()
    bench.until(lambda: all(bench.state(job_id) == "succeeded" for job_id in steps + urgent))
    assert order == ["workertest.step", "workertest.urgent", *["workertest.step"] * 3]


def test_a_process_that_stops_finishes_what_runs_and_puts_back_what_it_only_holds(bench: Any, redis_client: redis.Redis) -> None:
    inside, leave = threading.Event(), threading.Event()

    def handler(job: Any, step: Any) -> None:
        inside.set()
        leave.wait(20)

    process = bench.process(handler, threads=1, prefetch=8)
    ids = [bench.submit() for _ in range(6)]
    inside.wait(20)
    bench.until(lambda: process._worker.work_queue.qsize() == 5)
    stopping = threading.Thread(target=process.stop, args=(20,))
    stopping.start()
    leave.set()
    stopping.join(20)
    bench.stops.pop_all()

    states = [bench.state(job_id) for job_id in ids]
    assert sorted(states) == ["queued"] * 5 + ["succeeded"]
    assert redis_client.llen("imece:workertest.steps") == 5
    assert {bench.job(job_id).attempt for job_id in ids} == {0, 1}
    ((stopped, died, done),) = bench.sql("select stopped_at is not null, died, jobs_done from ledger.worker")
    assert (stopped, died, done) == (True, False, 1)


def test_what_does_not_finish_within_the_grace_goes_back_uncharged(bench: Any) -> None:
    inside, leave = threading.Event(), threading.Event()

    def handler(job: Any, step: Any) -> Any:
        inside.set()
        leave.wait(20)
        return bench.Counted(count=1)

    process = bench.process(handler)
    job_id = bench.submit()
    inside.wait(20)
    assert process.stop(grace=0.1) == 1
    bench.stops.pop_all()
    leave.set()
    job = bench.job(job_id)
    assert (job.state, job.attempt - job.forgiven, job.result, bench.tries(job_id)) == ("queued", 0, None, [("given back", False)])


@pytest.mark.parametrize("server", ["redis", "postgres"])
def test_a_process_can_stop_while_a_server_is_away(bench: Any, stack: Any, server: str) -> None:
    leave = threading.Event()

    def handler(job: Any, step: Any) -> None:
        leave.wait(20)

    process = bench.process(handler, threads=1)
    ids: list[UUID] = [bench.submit() for _ in range(4)]
    bench.until(lambda: process._worker.work_queue.qsize() == 3)
    getattr(stack, server).stop()
    leave.set()
    bench.stops.pop_all()
    process.stop(grace=1)
    getattr(stack, server).start()
    assert {bench.state(job_id) for job_id in ids} <= {"queued", "running", "succeeded"}
    assert not process.watch._thread.is_alive()


CARD = Service("runtest", "for this test", (Pool("io", ("runtest.steps",)),), has_schema=False)


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is declared; undone after the test."""
    known = dict(contracts.contract._kinds)
    monkeypatch.setattr(contracts.contract, "_kinds", known)
    return known


def test_a_contract_without_an_actor_is_refused_at_the_start(kinds: dict[str, Any]) -> None:
    class Step(contracts.Contract, kind="runtest.step", queue="runtest.steps"):
        """Nobody does it."""

    with pytest.raises(Misconfigured, match=r"runtest\.step has no actor"):
        checks.refuse_orphans(CARD, {})
    checks.refuse_orphans(CARD, {"runtest.step": lambda job, step: None})


def test_a_queue_that_no_pool_consumes_is_refused_at_the_start(kinds: dict[str, Any]) -> None:
    class Lost(contracts.Contract, kind="runtest.lost", queue="runtest.nowhere"):
        """Nobody would ever see it."""

    with pytest.raises(Misconfigured, match=r"runtest\.nowhere, which no pool of runtest consumes"):
        checks.refuse_orphans(CARD, {"runtest.lost": lambda job, step: None})


def test_an_actor_without_a_contract_is_refused_at_the_start(kinds: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured, match=r"runtest\.ghost has no contract"):
        checks.refuse_orphans(CARD, {"runtest.ghost": lambda job, step: None})


def test_other_services_kinds_are_their_own_business(kinds: dict[str, Any]) -> None:
    checks.refuse_orphans(CARD, {})


def test_two_workers_in_one_process_need_two_brokers(bench: Any) -> None:
    """As tests and benchmarks do it."""
    first, second = bench.process(lambda job, step: None), bench.process(lambda job, step: None)
    assert first.id != second.id
    assert first._broker is not second._broker
    assert broker.broker() not in {first._broker, second._broker}
