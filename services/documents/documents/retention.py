"""What is deleted when its time has passed: first the files, then the rows that name them, so that nothing is left that nobody knows of."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from documents.models import Batch, Letter
from documents.settings import settings
from imece import db, storage

#: Rows per transaction: a deletion may be stopped between any two portions, and begins again where it was.
_PORTION = 500


def prune(check: Callable[[], None]) -> int:
    """
    Delete workbooks, archives and letters older than the settings allow; returns how many files and batches went.

    `check` is called between portions and may raise to stop. Twice is harmless.
    """
    gone = 0
    for portion in _portions():
        gone += portion
        check()
    return gone


def _portions() -> Iterator[int]:
    kept = settings()
    # The archive goes when its own time has come, or its letters'.
    yield from _forget(kept.keep_workbooks, "workbook_key", "faults_key")
    yield from _forget(kept.keep_archives, "archive_key")
    yield from _forget_letters(kept.keep_letters)


def _forget(age: timedelta, *columns: str) -> Iterator[int]:
    """Delete the files that these columns of old batches name, and the names."""
    while True:
        with db.transaction() as session:
            named = sa.or_(*(getattr(Batch, column).is_not(None) for column in columns))
            old = session.scalars(sa.select(Batch).where(_older(age), named).order_by(Batch.created_at).limit(_PORTION)).all()
            keys = [key for batch in old for column in columns if (key := getattr(batch, column)) is not None]
            storage.delete(keys)
            for batch in old:
                for column in columns:
                    setattr(batch, column, None)
        if not old:
            return
        yield len(keys)


def _forget_letters(age: timedelta) -> Iterator[int]:
    """Delete old letters with their files, then the batches that are empty."""
    while True:
        with db.transaction() as session:
            chosen = sa.select(Letter.id, Letter.pdf_key).join(Batch, Batch.id == Letter.batch_id).where(_older(age)).limit(_PORTION)
            old = session.execute(chosen).all()
            storage.delete(row.pdf_key for row in old if row.pdf_key is not None)
            session.execute(
                sa.delete(Letter).where(Letter.id.in_([row.id for row in old])), execution_options={"synchronize_session": False}
            )
        if not old:
            break
        yield len(old)
    with db.transaction() as session:
        batches: sa.CursorResult[Any] = session.execute(sa.delete(Batch).where(_older(age)))  # type: ignore[assignment]  # a DELETE gives one
        yield batches.rowcount


def _older(age: timedelta) -> sa.ColumnElement[bool]:
    return Batch.created_at < sa.func.clock_timestamp() - age
