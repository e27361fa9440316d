"""A parent that waits for many, and what waits for a time."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import house
import pytest

from imece import clock, db, ledger


def gathered(crew: Any, parts: int, failing: tuple[int, ...]) -> None:
    crew.scheduler()
    crew.ready(crew.worker(), crew.worker())
    parent = crew.submit(house.Gather(parts=parts, failing=failing))
    crew.until_final()
    job = crew.job(parent)
    assert job.result == {"succeeded": [n for n in range(parts) if n not in failing], "failed": list(failing)}
    assert (job.state, job.attempt - job.forgiven, job.progress_done, job.progress_total) == ("succeeded", 1, parts, parts)
    assert crew.effects(parent) == 1
    crew.all_succeeded_once([row.id for row in crew.sql("select id from ledger.job where state = 'succeeded'")])


def test_a_parent_is_told_which_of_its_children_failed(crew: Any) -> None:
    gathered(crew, 60, (3, 17, 59))


@pytest.mark.slow
def test_five_hundred_children(crew: Any) -> None:
    gathered(crew, 500, tuple(range(0, 500, 37)))


def test_a_parent_of_nobody_goes_on_at_once(crew: Any) -> None:
    crew.ready(crew.worker())
    parent = crew.submit(house.Gather(parts=0))
    crew.until_final(10)
    assert crew.job(parent).result == {"succeeded": [], "failed": []}


def test_a_child_that_a_person_retries_is_waited_for_once_more(crew: Any) -> None:
    crew.ready(crew.worker("one"))
    parent = crew.submit(house.Gather(parts=4, failing=(0,), part_seconds=0.25))
    crew.until(lambda: crew.sql("select 1 from ledger.job where state = 'failed'"))
    ((child,),) = crew.sql("update ledger.job set args = args || '{\"fails\": false}' where state = 'failed' returning id")
    with db.transaction() as session:
        ledger.retry(session, child, by="ayşe")
    assert crew.job(parent).waits_for >= 2
    crew.until_final()
    assert crew.job(parent).result == {"succeeded": [0, 1, 2, 3], "failed": []}
    assert crew.effects(parent) == 1


def test_a_parent_whose_worker_dies_in_its_last_phase_asks_for_nothing_twice(crew: Any) -> None:
    crew.scheduler()
    worker = crew.worker()
    crew.ready(worker)
    parent = crew.submit(house.Gather(parts=5, seconds=1))
    crew.until(lambda: crew.begun(parent) == 1)
    worker.kill()
    crew.until_final()
    assert crew.sql("select count(*) from ledger.job where kind = 'flows.part'") == [(5,)]
    assert crew.job(parent).result == {"succeeded": [0, 1, 2, 3, 4], "failed": []}
    crew.all_succeeded_once([row.id for row in crew.sql("select id from ledger.job where kind <> 'flows.strike'")])


def test_of_a_key_only_one_job_lives_at_a_time(crew: Any) -> None:
    ids = {crew.submit(unique_key="month-end") for _ in range(10)}
    assert len(ids) == 1
    crew.worker()
    crew.until_final()
    again = crew.submit(unique_key="month-end")
    assert again not in ids
    crew.until_final()
    crew.all_succeeded_once([*ids, again])


def test_a_job_for_a_time_is_run_at_that_time(crew: Any) -> None:
    crew.scheduler()
    crew.ready(crew.worker())
    due = clock.now() + timedelta(seconds=1)
    job_id = crew.submit(at=due)
    crew.until_final()
    late = (crew.job(job_id).started_at - due).total_seconds()
    assert 0 <= late < 2


def test_a_snooze_spends_no_attempt(crew: Any) -> None:
    crew.scheduler()
    crew.ready(crew.worker())
    job_id = crew.submit(house.Later())
    crew.until_final()
    crew.all_succeeded_once([job_id])
    assert crew.tries(job_id) == [("snoozed", False), ("snoozed", False), ("succeeded", True)]


def test_the_time_that_the_other_side_asks_for_is_given(crew: Any) -> None:
    crew.scheduler()
    crew.ready(crew.worker())
    job_id = crew.submit(house.Busy())
    crew.until_final()
    assert crew.tries(job_id) == [("failed", True), ("succeeded", True)]
    ((pause,),) = crew.sql(
        "select extract(epoch from b.started_at - a.finished_at) from ledger.attempt a join ledger.attempt b using (job_id) where a.number = 1 and b.number = 2"
    )
    assert 2 <= pause < 6


def test_a_savepoint_rings_for_nobody_before_the_commit(crew: Any) -> None:
    """A worker would find no row; then its message would be gone, and the job late."""
    crew.ready(crew.worker())
    ids: list[UUID] = []
    with db.transaction() as session:
        for _ in range(5):
            with session.begin_nested():
                ids.append(ledger.submit(session, house.Write()))
        with session.begin_nested() as savepoint:
            ledger.submit(session, house.Write())
            savepoint.rollback()
        assert crew.messages_waiting() == 0
    crew.until_final(5)
    crew.all_succeeded_once(ids)
    assert crew.sql("select count(*) from ledger.job") == [(5,)]
