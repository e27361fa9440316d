"""Redis may be silent; nothing is lost by it."""

from typing import Any

import pytest
import redis
from sqlalchemy.orm import Session

from imece import broker, db, ledger
from imece.ledger import doorbell
from imece.ledger.moves import Ring


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise redis.ConnectionError("gone")

    monkeypatch.setattr(broker.Broker, "enqueue_many", refuse)


def test_a_submit_while_redis_is_silent_is_accepted_and_marked_as_unsent(desk: Any, silent: None) -> None:
    job = desk.job(desk.submit())
    assert (job.state, job.sent_at) == ("queued", None)


def test_a_bell_that_cannot_even_be_marked_raises_nothing(desk: Any, silent: None, monkeypatch: pytest.MonkeyPatch, stack: Any) -> None:
    job_id = desk.submit()
    stack.postgres.stop()
    try:
        assert doorbell.ring([Ring("ledgertest.steps", "ledgertest.step", job_id)]) is False
    finally:
        stack.postgres.start()


def test_nothing_to_ring_asks_nobody(silent: None) -> None:
    assert doorbell.ring([]) is True


def test_one_session_rings_for_each_of_its_transactions_and_forgets_what_was_rolled_back(desk: Any) -> None:
    with Session(db.engine()) as session:
        first = ledger.submit(session, desk.Step())
        session.commit()
        ledger.submit(session, desk.Step())
        session.rollback()
        third = ledger.submit(session, desk.Step())
        session.commit()
    assert desk.rings() == [str(first), str(third)]


def test_a_session_that_is_closed_without_a_commit_rings_for_nothing_later(desk: Any) -> None:
    session = Session(db.engine())
    ledger.submit(session, desk.Step())
    session.close()
    kept = ledger.submit(session, desk.Step())
    session.commit()
    session.close()
    assert desk.rings()[-1] == str(kept)
    assert len(desk.rings()) == 1


def test_jobs_of_several_queues_are_rung_in_the_order_they_were_asked_for(desk: Any) -> None:
    with db.transaction() as session:
        steps = [ledger.submit(session, desk.Step()) for _ in range(3)]
        pack = ledger.submit(session, desk.Pack())
        steps += ledger.submit_many(session, [desk.Step() for _ in range(2)])
    assert desk.rings() == [str(step) for step in steps]
    assert desk.rings("ledgertest.packs") == [str(pack)]
