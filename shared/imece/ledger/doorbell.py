"""Ringing Redis for jobs, after their commit. When Redis does not answer nothing is lost: the sweeper rings later."""

from collections.abc import Sequence

import redis
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from imece import db, log
from imece.broker import broker
from imece.ledger import moves
from imece.ledger.moves import Ring

_RINGS = "imece.rings"
_logger = log.get(__name__)


def after_commit(session: Session, rings: Sequence[Ring]) -> None:
    """Ring for these jobs when the session's transaction has committed; forget them when it is rolled back."""
    session.info.setdefault(_RINGS, []).extend(rings)


def ring(rings: Sequence[Ring]) -> bool:
    """Ring now. False, with a line in the log, when Redis did not answer; the jobs are then marked as unsent."""
    if not rings:
        return True
    try:
        broker().enqueue_many(rings)
    except redis.RedisError as error:
        _logger.warning("ledger.doorbell_silent", jobs=len(rings), error=str(error))
        try:
            with db.quick() as connection:
                moves.unsend(connection, [one.job_id for one in rings])
        except sa.exc.DBAPIError:
            _logger.warning("ledger.doorbell_unmarked", jobs=len(rings))  # "passed over" finds them
        return False
    return True


@event.listens_for(Session, "after_commit")
def _ring(session: Session) -> None:
    # The event also comes when a SAVEPOINT is released; the real commit is still to come then.
    if not session.in_nested_transaction() and _RINGS in session.info:
        ring(session.info.pop(_RINGS))


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    # Rolled back, or closed without a word. Jobs of a rolled-back SAVEPOINT are rung all the same; there is no row to claim.
    if transaction.parent is None:
        session.info.pop(_RINGS, None)
