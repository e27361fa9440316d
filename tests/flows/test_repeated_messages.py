"""A message may come as often as it likes."""

from typing import Any
from uuid import UUID

import pytest

from imece.ledger import doorbell
from imece.ledger.moves import Ring


def delivered_three_times(crew: Any, jobs: int) -> None:
    ids: list[UUID] = crew.submit_many(jobs)
    rings = [Ring("flows.work", "flows.write", job_id) for job_id in ids]
    assert doorbell.ring(rings)
    crew.ready(crew.worker(), crew.worker())
    assert doorbell.ring(list(reversed(rings)))
    crew.until_final()
    crew.all_succeeded_once(ids)
    crew.until(lambda: crew.messages_waiting() == 0)
    assert crew.sql("select count(*) from ledger.attempt") == [(jobs,)]


def test_every_message_delivered_three_times_has_its_effect_once(crew: Any) -> None:
    delivered_three_times(crew, 150)


@pytest.mark.slow
def test_a_thousand_messages_delivered_three_times(crew: Any) -> None:
    delivered_three_times(crew, 1000)
