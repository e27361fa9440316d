"""What the console shows."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from imece import clock, db
from imece.ids import new_id
from imece.ledger import overview, presence


def lines(company: UUID | None = None) -> dict[str, overview.QueueLine]:
    return {line.queue: line for line in overview.queues(company)}


def test_a_queue_is_shown_with_its_jobs_and_those_who_consume_it(desk: Any) -> None:
    ids = desk.submit_many(3)
    desk.submit(at=clock.now() + timedelta(hours=1))
    desk.sql("update ledger.job set created_at = clock_timestamp() - interval '100 s' where id = :id", id=ids[2])
    desk.claim(ids[0])
    desk.worker()
    desk.worker(silent=timedelta(minutes=1))
    desk.worker(died=True)

    line = lines()["ledgertest.steps"]

    assert (line.queued, line.running, line.retrying, line.scheduled) == (2, 1, 0, 1)
    assert line.oldest_seconds is not None
    assert 100 <= line.oldest_seconds < 110
    assert line.consumers == 1


def test_a_queue_that_some_contract_names_is_shown_although_it_is_empty(desk: Any) -> None:
    assert lines()["ledgertest.packs"] == overview.QueueLine("ledgertest.packs", 0, 0, 0, 0, None, 0, 0)


def test_a_queue_that_nobody_consumes_is_shown_as_such(desk: Any) -> None:
    desk.submit()
    assert (lines()["ledgertest.steps"].queued, lines()["ledgertest.steps"].consumers) == (1, 0)


def test_a_queue_is_counted_for_one_company_or_for_all(desk: Any) -> None:
    ours, theirs = new_id(), new_id()
    for company in (ours, theirs, theirs):
        desk.submit(company_id=company)
    assert [lines(company)["ledgertest.steps"].queued for company in (ours, theirs, None)] == [1, 2, 3]


def test_workers_are_alive_stopping_lost_or_stopped(desk: Any) -> None:
    alive, stopping = desk.worker(running=[new_id()]), desk.worker()
    lost = desk.worker(silent=timedelta(seconds=presence.STALE + 1))
    stopped, long_ago = desk.worker(died=True), desk.worker(died=True)
    desk.sql("update ledger.worker set stopped_at = clock_timestamp() - interval '1 hour' where id = :id", id=long_ago)
    with db.transaction() as session:
        overview.ask_to_stop(session, stopping, by="ayşe")
    recent = {line.id: line for line in overview.workers()}
    living = {line.id for line in overview.workers(ended=False)}
    assert {line.id: line.state for line in recent.values()} == {alive: "alive", stopping: "stopping", lost: "lost", stopped: "stopped"}
    assert recent[alive].running == 1
    assert living == {alive, stopping, lost}


def test_a_queue_is_served_by_the_living_only(desk: Any) -> None:
    assert not overview.has_consumer("ledgertest.steps")
    stopping = desk.worker()
    assert overview.has_consumer("ledgertest.steps")
    with db.transaction() as session:
        overview.ask_to_stop(session, stopping, by="ayşe")
    assert not overview.has_consumer("ledgertest.steps")


def test_a_living_worker_can_be_asked_to_stop_and_a_stopped_one_cannot(desk: Any) -> None:
    alive, stopped = desk.worker(), desk.worker(died=True)
    with db.transaction() as session:
        assert overview.ask_to_stop(session, alive, by="ayşe")
        assert not overview.ask_to_stop(session, stopped, by="ayşe")
        assert not overview.ask_to_stop(session, new_id(), by="ayşe")
    with db.quick() as connection:
        assert presence.beat(connection, alive, [], 1, 0) == (True, "ayşe")
