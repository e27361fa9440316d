"""The three holes that are closed: never rung, passed over, orphaned. And what is not touched."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import psutil
import pytest
import redis
import sqlalchemy as sa

from imece import broker, clock
from imece.ledger import presence, sweeper
from imece.ledger.sweeper import Swept


@pytest.fixture(autouse=True)
def servers_are_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """As they are on most days; the test run's own were started a moment ago."""
    monkeypatch.setattr(sweeper, "_servers_up_for", lambda _connection: 3600.0)


@pytest.fixture
def silent_redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Redis does not answer; undone by the test itself, or at its end."""
    with pytest.MonkeyPatch.context() as patch:

        def refuse(*_: object, **__: object) -> None:
            raise redis.ConnectionError("gone")

        patch.setattr(redis.connection.AbstractConnection, "send_packed_command", refuse)
        patch.setattr(redis.Redis, "evalsha", refuse)
        yield patch


def sweep() -> Swept:
    swept = sweeper.Sweeper().sweep()
    assert swept is not None
    return swept


def sent_ago(desk: Any, seconds: float, *job_ids: UUID) -> None:
    desk.sql(
        "update ledger.job set sent_at = clock_timestamp() - :age where id = any(:ids)", age=timedelta(seconds=seconds), ids=list(job_ids)
    )


def unknown_to_redis(*job_ids: UUID, queue: str = "ledgertest.steps") -> None:
    """Take the messages of these jobs out of Redis, wherever they are."""
    client, name = broker.broker().client, f"imece:{queue}"
    for redis_id, body in client.hgetall(f"{name}.msgs").items():
        if body.startswith(b"{") and UUID(broker.Encoder().decode(body)["message_id"]) in job_ids:
            client.lrem(name, 0, redis_id)
            client.hdel(f"{name}.msgs", redis_id)


def test_a_job_that_was_never_rung_is_rung(desk: Any) -> None:
    """The process died between its commit and Redis."""
    job_id = desk.submit()
    broker.broker().client.flushall()
    desk.sql("update ledger.job set sent_at = null")

    assert sweep().rung == 1
    assert desk.rings() == [str(job_id)]
    assert sweep().rung == 0


def test_what_redis_forgot_is_rung_again_after_two_seconds(desk: Any) -> None:
    old, young = desk.submit_many(2)
    broker.broker().client.flushall()
    sent_ago(desk, 3, old)

    assert sweep().rung == 1

    assert desk.rings() == [str(old)], "the young one may be on its way from the process that has just committed it"
    assert desk.state(young) == "queued"


def test_a_job_whose_message_is_lost_is_rung_once_its_queue_is_empty_for_half_a_minute(desk: Any) -> None:
    """Another job of the queue is being worked on, so that Redis still knows one message."""
    lost, fresh = desk.submit_many(2)
    unknown_to_redis(lost, fresh)
    broker.broker().client.hset("imece:ledgertest.steps.msgs", "a message", "in somebody's hands")
    sent_ago(desk, 31, lost)
    sent_ago(desk, 29, fresh)
    sweeping = sweeper.Sweeper()

    def rung() -> int:
        swept = sweeping.sweep()
        assert swept is not None
        return swept.rung

    assert rung() == 0, "it may have become empty a moment ago, because somebody fetched the last messages"
    sweeping._empty_since["ledgertest.steps"] -= 31
    assert rung() == 1
    assert desk.rings() == [str(lost)]
    assert rung() == 0
    assert "ledgertest.steps" not in sweeping._empty_since


def test_what_a_dead_worker_had_only_fetched_is_rung_as_soon_as_its_death_is_known(desk: Any) -> None:
    ran, fetched, just_fetched = desk.submit_many(3)
    unknown_to_redis(ran, fetched, just_fetched)
    broker.broker().client.hset("imece:ledgertest.steps.msgs", "a message", "in the dead one's hands")
    sent_ago(desk, 3, fetched)
    desk.claim(ran, desk.worker(silent=timedelta(seconds=20)))

    sweeping = sweeper.Sweeper()

    swept = sweeping.sweep()

    assert swept is not None
    assert swept.rung == 2
    assert set(desk.rings()) == {str(ran), str(fetched)}
    sent_ago(desk, 3, just_fetched)
    unknown_to_redis(ran, fetched)
    swept = sweeping.sweep()
    assert swept is not None
    assert swept.rung == 1, "it was too young at the moment of the death"


def test_a_long_honest_backlog_is_never_rung_twice(desk: Any) -> None:
    ids = desk.submit_many(200)
    sent_ago(desk, 3600, *ids)
    for job_id in ids[:4]:
        desk.claim(job_id, desk.worker(running=ids))

    for _ in range(3):
        assert sweep().rung == 0
    assert desk.rings() == [str(job_id) for job_id in ids]


def test_a_job_that_was_passed_over_by_later_ones_is_rung_again(desk: Any) -> None:
    passed, same_age, current, *behind = desk.submit_many(6)
    unknown_to_redis(passed, same_age)
    sent_ago(desk, 100, passed)
    sent_ago(desk, 80, same_age)
    sent_ago(desk, 60, current, *behind)
    desk.claim(current, desk.worker(running=[current]))

    assert sweep().rung == 1
    assert desk.rings()[-1] == str(passed)


def test_how_far_a_queue_was_claimed_is_remembered(desk: Any) -> None:
    """Short jobs are running at few of the looks."""
    passed, current, *_behind = desk.submit_many(4)
    sweeping = sweeper.Sweeper()
    worker = desk.worker(running=[current])
    claimed = desk.claim(current, worker)
    sweeping.sweep()
    desk.succeed(claimed, worker=worker)

    unknown_to_redis(passed)
    sent_ago(desk, 100, passed)

    swept = sweeping.sweep()
    assert swept is not None
    assert swept.rung == 1


def test_what_is_due_is_released_and_rung(desk: Any) -> None:
    due, later = desk.submit(at=clock.now() - timedelta(seconds=1)), desk.submit(at=clock.now() + timedelta(hours=1))
    assert sweep().released == 1
    assert (desk.state(due), desk.state(later)) == ("queued", "scheduled")
    assert desk.rings() == [str(due)]


def test_a_sweep_survives_redis_and_the_next_one_rings(desk: Any, silent_redis: pytest.MonkeyPatch) -> None:
    due = desk.submit(at=clock.now() - timedelta(seconds=1))
    assert sweep().released == 1
    assert desk.job(due).sent_at is None

    silent_redis.undo()

    assert sweep().rung == 1
    assert desk.rings() == [str(due)]


def test_the_dead_of_this_machine_are_known_at_once_and_their_jobs_rung_in_the_same_sweep(desk: Any) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    worker = desk.worker(machine=presence.machine(), pid=process.pid, pid_started=0.0)
    claimed = desk.claim(desk.submit(), worker)
    broker.broker().client.flushall()

    swept = sweep()

    assert (swept.rescued, swept.rung) == (1, 1)
    assert desk.rings() == [str(claimed.id)]
    ((stopped, died),) = desk.sql("select stopped_at is not null, died from ledger.worker")
    assert (stopped, died) == (True, True)


def test_a_pid_that_now_belongs_to_something_else_is_no_sign_of_life(desk: Any) -> None:
    me = psutil.Process()
    machine = presence.machine()
    alive = desk.claim(desk.submit(), desk.worker(machine=machine, pid=me.pid, pid_started=presence.born(me)))
    dead = desk.claim(desk.submit(), desk.worker(machine=machine, pid=me.pid, pid_started=presence.born(me) - 100))
    zombie = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    unreaped = desk.claim(
        desk.submit(), desk.worker(machine=machine, pid=zombie.pid, pid_started=presence.born(psutil.Process(zombie.pid)))
    )

    assert sweep().rescued == 2

    zombie.wait()
    assert [desk.state(one.id) for one in (alive, dead, unreaped)] == ["running", "queued", "queued"]


def test_the_pids_of_another_machine_tell_nothing(desk: Any) -> None:
    claimed = desk.claim(desk.submit(), desk.worker(machine="elsewhere", pid=2**22 - 1))
    assert sweep().rescued == 0
    desk.sql("update ledger.worker set heartbeat_at = clock_timestamp() - interval '16 s'")
    assert sweep().rescued == 1
    assert desk.state(claimed.id) == "queued"


def test_nobody_is_dead_for_a_silence_that_postgresql_itself_caused(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    claimed = desk.claim(desk.submit(), desk.worker(silent=timedelta(minutes=5)))
    monkeypatch.setattr(sweeper, "_servers_up_for", lambda _connection: 10.0)
    assert sweep().rescued == 0
    assert desk.state(claimed.id) == "running"


def test_one_process_sweeps_at_a_time(desk: Any) -> None:
    with sweeper._only_one() as mine:
        assert mine
        assert sweeper.Sweeper().sweep() is None
    assert sweeper.Sweeper().sweep() is not None


def test_a_sweeper_that_freezes_stands_in_the_way_for_a_while_only(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeper, "_LONGEST_SWEEP", 0.3)
    frozen = sweeper._only_one()
    assert frozen.__enter__()
    assert sweeper.Sweeper().sweep() is None
    while sweeper.Sweeper().sweep() is None:
        pass
    with pytest.raises(sa.exc.OperationalError):
        frozen.__exit__(None, None, None)


def finished(desk: Any, state: str, days: float, **more: Any) -> UUID:
    job_id: UUID = desk.submit(**more)
    desk.sql(
        "update ledger.job set state = :state, finished_at = clock_timestamp() - :age, error = '{}', cancel_requested_by = 'x' where id = :id",
        state=state, age=timedelta(days=days), id=job_id,
    )  # fmt: skip
    return job_id


def test_final_jobs_are_pruned_each_after_its_retention_with_their_attempts(desk: Any) -> None:
    gone = [finished(desk, "succeeded", 31), finished(desk, "cancelled", 31), finished(desk, "failed", 91)]
    kept = [finished(desk, "succeeded", 29), finished(desk, "failed", 31), desk.submit()]
    old = desk.claim(desk.submit())
    desk.succeed(old)
    desk.sql("update ledger.job set finished_at = clock_timestamp() - interval '40 days' where id = :id", id=old.id)

    assert sweeper.prune() == 4

    left = {row.id for row in desk.sql("select id from ledger.job")}
    assert left == set(kept)
    assert not left & set(gone)
    assert desk.attempts(old.id) == []


def test_whoever_prunes_much_goes_on_sweeping(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeper, "_BATCH", 2)
    for _ in range(5):
        finished(desk, "succeeded", 31)
    sweeps: list[Swept] = []
    assert sweeper.prune(between=lambda: sweeps.append(sweep())) == 5
    assert len(sweeps) >= 3


def test_a_child_is_kept_for_as_long_as_its_parent_may_ask_for_it(desk: Any) -> None:
    parent = desk.submit()
    child = finished(desk, "succeeded", 400, parent_id=parent)
    assert sweeper.prune() == 0
    desk.succeed(desk.claim(parent))
    assert sweeper.prune() == 1
    assert desk.sql("select 1 from ledger.job where id = :id", id=child) == []


def test_workers_that_stopped_or_fell_silent_long_ago_are_no_longer_listed(desk: Any) -> None:
    desk.worker(silent=timedelta(days=3))
    desk.worker(silent=timedelta(days=3), died=True)
    alive = desk.worker()
    desk.sql("update ledger.worker set stopped_at = heartbeat_at where died")
    sweeper.prune()
    assert desk.sql("select id from ledger.worker") == [(alive,)]


def test_what_a_sweep_did_not_finish_for_want_of_postgresql_is_said(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = sa.exc.OperationalError("select", {}, Exception("gone"))

    def away(*_: object) -> None:
        raise broken

    monkeypatch.setattr(sweeper, "_bury", away)
    with pytest.raises(sa.exc.OperationalError):
        sweeper.Sweeper().sweep()
    monkeypatch.undo()
    assert sweeper.Sweeper().sweep() is not None, "the right to sweep was given back"
