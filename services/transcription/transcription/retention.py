"""What is deleted when its time has passed: first the files, then the rows that name them, so that nothing is left that nobody knows of."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece import clock, db, ledger, storage
from imece.contracts.transcription import Transcribe
from transcription import audio, recordings
from transcription.models import Recording, Stage
from transcription.settings import settings

#: Recordings per transaction: a deletion may be stopped between any two portions, and begins again where it was.
_PORTION = 200
#: Files that no row names are those of an attempt that died before it could say so; one that is younger may be at work.
_NOBODYS = timedelta(days=3)


def prune(check: Callable[[], None] = lambda: None) -> int:
    """
    Delete sources, copies of sound and transcripts older than the settings allow, and what killed processes left behind; returns how many went.

    `check` is called between portions and may raise to stop. Twice is harmless.
    """
    gone = 0
    for portion in _portions():
        gone += portion
        check()
    return gone


def _portions() -> Iterator[int]:
    ours = settings()
    job_final = sa.or_(ledger.Job.id.is_(None), ledger.Job.finished_at.is_not(None))
    ended = sa.func.coalesce(ledger.Job.finished_at, Recording.created_at)
    yield from _sources(sa.and_(Recording.stage == Stage.DONE, Recording.finished_at <= _before(ours.keep_sources_days)))
    yield from _sources(sa.and_(Recording.stage != Stage.DONE, job_final, ended <= _before(ours.keep_failed_days)))
    yield from _sound(_before(ours.keep_audio_days))
    yield from _whole(sa.and_(job_final, ended <= _before(ours.keep_transcripts_days)))
    yield _nobodys()
    yield audio.sweep()


def _sources(which: sa.ColumnElement[bool]) -> Iterator[int]:
    """The recordings themselves."""
    while True:
        with db.transaction() as session:
            found = _chosen(session, sa.and_(which, Recording.source_key.is_not(None)))
            keys = [key for recording in found for key in recordings.release_source(session, recording)]
        storage.delete(keys)
        if not found:
            return
        yield len(keys)


def _sound(before: sa.ColumnElement[sa.DateTime]) -> Iterator[int]:
    """The small copies, and what was trimmed."""
    while True:
        with db.transaction() as session:
            old = sa.and_(Recording.stage == Stage.DONE, Recording.finished_at <= before)
            held = sa.or_(Recording.audio_key.is_not(None), sa.and_(Recording.media_key.is_not(None), Recording.source_key.is_(None)))
            found = _chosen(session, sa.and_(old, held))
            keys = [key for recording in found for key in (recording.audio_key, recording.media_key) if key]
            storage.delete(keys)
            for recording in found:
                recording.audio_key = recording.media_key = None
        if not found:
            return
        yield len(keys)


def _whole(which: sa.ColumnElement[bool]) -> Iterator[int]:
    """Recordings with all that is known of them."""
    while True:
        with db.transaction() as session:
            found = _chosen(session, which)
            storage.delete(key for recording in found for key in recordings.files_of(session, recording))
            session.execute(sa.delete(Recording).where(Recording.id.in_([recording.id for recording in found])))
        if not found:
            return
        yield len(found)


def _nobodys() -> int:
    """Files of ours that no row names, and no job that has yet to make one."""
    gone = 0
    for area in (recordings.AREA, recordings.RESULTS):
        old = storage.older_than(clock.now() - _NOBODYS, area)
        while keys := list(islice(old, _PORTION)):
            with db.transaction() as session:
                known = _known(session, keys)
            lost = [key for key in keys if key not in known]
            storage.delete(lost)
            gone += len(lost)
    return gone


def _known(session: Session, keys: Sequence[str]) -> set[str]:
    """Those that belong to a recording: by its id, which stands in the keys that we make, or because it was given to us by that key."""
    by_id = {key.split("/")[2]: key for key in keys}
    named = sa.select(Recording.source_key, Recording.media_key).where(
        sa.or_(Recording.source_key.in_(keys), Recording.media_key.in_(keys))
    )
    asked = ledger.Job.args["recording"].astext
    waiting = sa.select(asked).where(ledger.Job.kind == Transcribe.kind, ledger.Job.finished_at.is_(None), asked.in_(keys))
    found = {by_id[str(one)] for one in session.scalars(sa.select(Recording.id).where(Recording.id.in_([UUID(one) for one in by_id])))}
    return found | {key for row in session.execute(named) for key in row if key} | set(session.scalars(waiting))


def _chosen(session: Session, which: sa.ColumnElement[bool]) -> list[Recording]:
    query = sa.select(Recording).outerjoin(ledger.Job, ledger.Job.id == Recording.job_id).where(which).order_by(Recording.created_at)
    return list(session.scalars(query.limit(_PORTION).with_for_update(of=Recording, skip_locked=True)))


def _before(days: float) -> sa.ColumnElement[sa.DateTime]:
    moment: sa.ColumnElement[sa.DateTime] = sa.func.clock_timestamp() - timedelta(days=days)
    return moment
