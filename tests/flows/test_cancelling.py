"""A person asks for the end of a job."""

from typing import Any
from uuid import UUID

import house
import pytest

from imece import db, ledger

#: Seconds in which a running job must have seen the request, and what a busy machine may add.
SEEN, SLACK = 2.0, 1.0


def cancel(job_id: UUID) -> None:
    with db.transaction() as session:
        ledger.cancel(session, job_id, by="ayşe")


def test_a_queued_job_is_cancelled_at_once_and_its_message_finds_nothing(crew: Any) -> None:
    job_id = crew.submit()
    cancel(job_id)
    assert (crew.state(job_id), crew.job(job_id).cancel_requested_by) == ("cancelled", "ayşe")
    crew.worker()
    crew.until(lambda: crew.messages_waiting() == 0)
    assert (crew.effects(job_id), crew.tries(job_id)) == (0, [])


@pytest.mark.parametrize("progress", [False, True])
def test_a_running_job_sees_it_within_two_seconds(crew: Any, progress: bool) -> None:
    crew.ready(crew.worker())
    job_id = crew.submit(house.Loop(progress=progress))
    crew.until(lambda: crew.begun(job_id) == 1)
    cancel(job_id)
    assert crew.until(lambda: crew.state(job_id) == "cancelled") < SEEN + SLACK
    assert crew.job(job_id).cancel_requested_by == "ayşe"


def test_a_waiting_parent_takes_its_children_with_it(crew: Any) -> None:
    crew.ready(crew.worker("one"))
    parent = crew.submit(house.Gather(parts=10, part_seconds=1))
    crew.until(lambda: crew.sql("select count(*) from ledger.job where kind = 'flows.part' and state = 'running'")[0][0] == 1)
    cancel(parent)
    crew.until_final()
    states = dict(crew.sql("select state, count(*) from ledger.job where kind = 'flows.part' group by state"))
    assert crew.state(parent) == "cancelled"
    assert states["cancelled"] >= 9
    assert crew.effects(parent) == 0


def test_a_cancelled_child_is_told_to_its_parent_as_one_that_did_not_succeed(crew: Any) -> None:
    parent = crew.submit(house.Gather(parts=3, part_seconds=0.3))
    crew.ready(crew.worker("one"))
    crew.until(lambda: crew.state(parent) == "waiting")
    ((child, number),) = crew.sql(
        "select id, (args->>'number')::integer from ledger.job where kind = 'flows.part' order by id desc limit 1"
    )
    cancel(child)
    crew.until_final()
    assert crew.job(parent).result["failed"] == [number]


def test_a_job_between_two_attempts_is_cancelled_at_once(crew: Any) -> None:
    crew.ready(crew.worker())
    job_id = crew.submit(house.Busy())
    crew.until(lambda: crew.state(job_id) == "retrying")
    cancel(job_id)
    assert crew.state(job_id) == "cancelled"
