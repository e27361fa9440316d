"""What the console shows."""

from datetime import timedelta
from typing import Any

from imece import clock, db
from imece.ids import new_id
from imece.ledger import overview, presence


def lines() -> dict[str, overview.QueueLine]:
    with db.transaction() as session:
        return {line.queue: line for line in overview.queues(session)}


def test_a_queue_is_shown_with_its_jobs_and_those_who_consume_it(desk: Any) -> None:
    ids = desk.submit_many(3)
    desk.submit(at=clock.now() + timedelta(hours=1))
    desk.sql("update ledger.job set created_at = clock_timestamp() - interval '100 s' where id = :id", id=ids[2])
    desk.claim(ids[0])
    desk.worker()
    desk.worker(silent=timedelta(minutes=1))
    desk.worker(died=True)

    line = lines()["ledgertest.steps"]

    assert line[:5] == ("ledgertest.steps", 2, 1, 0, 1)
    assert line.oldest_seconds is not None
    assert 100 <= line.oldest_seconds < 110
    assert line.workers == 1


def test_a_queue_that_some_contract_names_is_shown_although_it_is_empty(desk: Any) -> None:
    assert lines()["ledgertest.packs"] == ("ledgertest.packs", 0, 0, 0, 0, None, 0)


def test_a_queue_that_nobody_consumes_is_shown_as_such(desk: Any) -> None:
    desk.submit()
    assert (lines()["ledgertest.steps"].queued, lines()["ledgertest.steps"].workers) == (1, 0)


def test_workers_are_alive_silent_or_stopped(desk: Any) -> None:
    alive = desk.worker(running=[new_id()])
    silent = desk.worker(silent=timedelta(seconds=presence.STALE + 1))
    stopped = desk.worker(died=True)
    with db.transaction() as session:
        everyone = {line.id: line for line in overview.workers(session, living_only=False)}
        living = {line.id for line in overview.workers(session)}
    assert {line.id: line.state for line in everyone.values()} == {alive: "alive", silent: "silent", stopped: "stopped"}
    assert everyone[alive].running == 1
    assert living == {alive, silent}


def test_a_living_worker_can_be_asked_to_stop_and_a_stopped_one_cannot(desk: Any) -> None:
    alive, stopped = desk.worker(), desk.worker(died=True)
    with db.transaction() as session:
        assert overview.ask_to_stop(session, alive, by="ayşe")
        assert not overview.ask_to_stop(session, stopped, by="ayşe")
        assert not overview.ask_to_stop(session, new_id(), by="ayşe")
    with db.quick() as connection:
        assert presence.beat(connection, alive, [], 1, 0) == (True, "ayşe")
