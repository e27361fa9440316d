"""The table of moves is the whole truth: every statement, from every state."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from imece import db
from imece.ids import new_id
from imece.ledger import moves
from imece.ledger.moves import Attempt, Ending
from imece.ledger.states import FINAL, MOVES, State

_WORKER = new_id()
_ERROR = {"type": "Permanent", "en": "no", "tr": "yok"}


def _last_child_succeeds(connection: sa.Connection, job_id: UUID) -> None:
    """A running job that unblocks ours, written by hand, succeeds."""
    child = new_id()
    connection.execute(
        sa.text(
            "insert into ledger.job (id, kind, version, queue, state, max_attempts, requested_by, args, attempt, worker_id, claimed_at, unblocks)"
            " values (:id, 'ledgertest.step', 1, 'ledgertest.steps', 'running', 3, 'test', '{}', 1, :worker, clock_timestamp(), :ours)"
        ),
        {"id": child, "worker": _WORKER, "ours": job_id},
    )
    moves.succeed(connection, [(Attempt(child, 1), None)], _WORKER)


#: Every statement that may move a job, by the name that `MOVES` gives it.
_STATEMENTS: list[tuple[str, Callable[[sa.Connection, UUID], object]]] = [
    ("claim", lambda c, job: moves.claim(c, [job], _WORKER)),
    ("succeed", lambda c, job: moves.succeed(c, [(Attempt(job, 1), "{}")], _WORKER)),
    ("end", lambda c, job: moves.end(c, Attempt(job, 1), State.FAILED, Ending("failed", charged=True, error=_ERROR), _WORKER)),
    ("end", lambda c, job: moves.end(c, Attempt(job, 1), State.CANCELLED, Ending("cancelled", charged=True), _WORKER)),
    ("put_off", lambda c, job: moves.put_off(c, Attempt(job, 1), timedelta(0), Ending("given back", charged=False), _WORKER)),
    ("put_off", lambda c, job: moves.put_off(c, Attempt(job, 1), timedelta(hours=1), Ending("failed", charged=True), _WORKER)),
    ("hold", lambda c, job: moves.hold(c, Attempt(job, 1), 1, 1, None, _WORKER)),
    ("the last of its children", _last_child_succeeds),
    ("cancel", lambda c, job: moves.cancel(c, job, "somebody")),
    ("revive", moves.revive),
    ("release_due", lambda c, job: moves.release_due(c, 100)),
    ("progress", lambda c, job: moves.progress(c, Attempt(job, 1), 1, 2, None, _WORKER)),
    ("ring_again", lambda c, job: moves.ring_again(c, "ledgertest.steps", 0, None, 100)),
    ("unsend", lambda c, job: moves.unsend(c, [job])),
]

_MADE = """
    insert into ledger.job (id, kind, version, queue, state, max_attempts, requested_by, args, attempt, worker_id, claimed_at, finished_at,
        scheduled_at, waits_for, error, cancel_requested_by)
    values (:id, 'ledgertest.step', 1, 'ledgertest.steps', :state, 3, 'test', '{}', 1,
        case when :state = 'running' then cast(:worker as uuid) end, clock_timestamp(),
        case when :state in ('succeeded', 'failed', 'cancelled') then clock_timestamp() end,
        clock_timestamp(), case when :state = 'waiting' then 1 else 0 end, '{}', case when :state = 'cancelled' then 'somebody' end)"""


def test_every_statement_from_every_state_makes_exactly_the_moves_of_the_table(desk: Any) -> None:
    seen: dict[tuple[State, State], str] = {}
    for name, statement in _STATEMENTS:
        for before in State:
            job_id = new_id()
            with db.quick() as connection:
                connection.execute(sa.text(_MADE), {"id": job_id, "state": before.value, "worker": _WORKER})
                statement(connection, job_id)
                after = State(connection.execute(sa.text("select state from ledger.job where id = :id"), {"id": job_id}).scalar_one())
                connection.execute(sa.text("delete from ledger.job"))
            if after is not before:
                seen[before, after] = name

    assert seen == MOVES


def test_what_is_final_is_left_alone_by_everything_but_revive() -> None:
    assert {before for before, _ in MOVES if before in FINAL} == {State.FAILED, State.CANCELLED}
    assert {name for (before, _), name in MOVES.items() if before in FINAL} == {"revive"}


def test_every_state_that_is_not_final_has_a_way_on() -> None:
    assert {before for before, _ in MOVES} >= set(State) - FINAL


@pytest.mark.parametrize(
    "nonsense",
    [
        "state = 'done'",
        "state = 'succeeded'",
        "finished_at = clock_timestamp()",
        "state = 'running'",
        "worker_id = id",
        "state = 'retrying', scheduled_at = null",
        "state = 'waiting'",
        "waits_for = 1",
        "state = 'failed', finished_at = clock_timestamp()",
        "state = 'cancelled', finished_at = clock_timestamp()",
        "forgiven = 1",
        "deaths = 1",
        "max_attempts = 0",
        "queue = 'elsewhere.steps'",
    ],
)
def test_a_row_cannot_hold_nonsense(desk: Any, nonsense: str) -> None:
    job_id = desk.submit()
    with pytest.raises(sa.exc.IntegrityError):
        desk.sql(f"update ledger.job set {nonsense} where id = :id", id=job_id)
