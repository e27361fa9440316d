"""A worker's row: that it lives, what it runs, what it is to end."""

from typing import Any
from uuid import UUID

import psutil

from imece import db
from imece.ids import new_id
from imece.ledger import moves, presence
from imece.ledger.moves import Attempt
from imece.service import Pool, Service

_POOL = Pool("io", ("ledgertest.steps", "ledgertest.packs"), threads=3)
_CARD = Service("ledgertest", "for the tests", (_POOL,))


def arrived() -> UUID:
    worker_id = new_id()
    with db.quick() as connection:
        presence.arrive(connection, worker_id, _CARD, _POOL)
    return worker_id


def orders(worker: UUID, *running: Attempt) -> list[tuple[Attempt, str | None]]:
    with db.quick() as connection:
        return presence.orders(connection, worker, list(running))


def test_a_worker_arrives_with_its_token_beats_and_leaves(desk: Any) -> None:
    worker, job = arrived(), new_id()
    ((pid, machine, queues, threads),) = desk.sql("select pid, machine, queues, threads from ledger.worker")
    assert (pid, machine, queues, threads) == (psutil.Process().pid, presence.machine(), list(_POOL.queues), 3)

    desk.sql("update ledger.worker set heartbeat_at = heartbeat_at - interval '1 hour'")
    with db.quick() as connection:
        assert presence.beat(connection, worker, [job], 77, 5) == (True, None)
    ((young, running, memory, done),) = desk.sql(
        "select heartbeat_at > clock_timestamp() - interval '1 minute', running, memory_mb, jobs_done from ledger.worker"
    )
    assert (young, running, memory, done) == (True, [job], 77, 5)

    with db.quick() as connection:
        presence.leave(connection, worker, 6)
        assert presence.beat(connection, worker, [], 77, 6) == (False, None)
    ((running, died),) = desk.sql("select running, died from ledger.worker where stopped_at is not null")
    assert (running, died) == ([], False)


def test_a_heartbeat_brings_the_wish_that_the_worker_stop(desk: Any) -> None:
    worker = arrived()
    desk.sql("update ledger.worker set stop_requested_by = 'ayşe'")
    with db.quick() as connection:
        assert presence.beat(connection, worker, [], 1, 0) == (True, "ayşe")


def test_orders_name_the_attempts_that_are_to_end_and_no_others(desk: Any) -> None:
    worker = arrived()
    quiet, cancelled, rescued, taken = (desk.claim(job_id, worker) for job_id in desk.submit_many(4))
    with db.quick() as connection:
        moves.cancel(connection, cancelled.id, "ayşe")
    desk.sql("update ledger.job set state = 'queued', worker_id = null where id = any(:ids)", ids=[rescued.id, taken.id])
    desk.claim(taken.id, worker)  # by the same worker: only the number tells the attempts apart
    mine = [Attempt(one.id, 1) for one in (quiet, cancelled, rescued, taken)]

    assert set(orders(worker, *mine, Attempt(taken.id, 2))) == {(mine[1], "ayşe"), (mine[2], None), (mine[3], None)}
    assert orders(worker) == []


def test_a_job_that_is_gone_is_nobodys(desk: Any) -> None:
    assert orders(arrived(), lost := Attempt(new_id(), 1)) == [(lost, None)]


def test_the_birth_of_a_process_does_not_move() -> None:
    assert presence.born(psutil.Process()) == presence.born(psutil.Process(psutil.Process().pid))
    assert presence.memory_mb() > 10
