"""How far a recording is: its windows, when the rest may be heard, what has come since somebody looked last, and where to look twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece import ledger
from imece.contracts.transcription import Transcribe
from transcription.models import Recording, Segment, Window, WindowState

#: A window is heard this much before its commit at most: look this far back, so that none is passed over.
_OVERLAP = timedelta(seconds=15)

#: Windows, the newest, that say how fast it goes.
_RECENT = 24

#: Below this mean of the log-probabilities a window is likely to hold mistakes.
DOUBTFUL = -0.75


@dataclass(frozen=True)
class Progress:
    """Windows heard of all, seconds of speech in them, and how long the rest takes at the pace of the last ones; None: nobody can say."""

    heard: int
    windows: int
    speech_heard: float
    speech: float
    left: timedelta | None


class Arrived(NamedTuple):
    """What was heard since the last look, in order, and what to give at the next one."""

    segments: list[Segment]
    cursor: datetime | None


class Doubt(NamedTuple):
    """A window that is likely to hold mistakes, and the first segment in it."""

    window: Window
    segment: Segment | None


def of_job(session: Session, company_id: UUID, job_id: UUID) -> Recording | None:
    """The recording that a job has begun; None before that."""
    return session.scalars(sa.select(Recording).where(Recording.company_id == company_id, Recording.job_id == job_id)).first()


def unbegun(session: Session, company_id: UUID, limit: int = 100) -> list[ledger.Job]:
    """Jobs that will make a recording or have failed to, newest first."""
    query = (
        sa.select(ledger.Job)
        .where(ledger.Job.company_id == company_id, ledger.Job.kind == Transcribe.kind)
        .where(~sa.exists().where(Recording.job_id == ledger.Job.id))
        .where(sa.or_(ledger.Job.finished_at.is_(None), ledger.Job.state == ledger.State.FAILED))
        .order_by(ledger.Job.id.desc())
        .limit(limit)
    )
    return list(session.scalars(query))


def of(session: Session, recording: Recording) -> Progress:
    """How far it is."""
    length = Window.t1 - Window.t0
    heard = Window.state == WindowState.HEARD
    counted = sa.select(
        sa.func.count().filter(heard),
        sa.func.count(),
        sa.func.coalesce(sa.func.sum(length).filter(heard), 0.0),
        sa.func.coalesce(sa.func.sum(length), 0.0),
    ).where(Window.recording_id == recording.id)
    done, total, speech_heard, speech = session.execute(counted).one()
    return Progress(int(done), int(total), float(speech_heard), float(speech), _left(session, recording.id, float(speech - speech_heard)))


def heard_up_to(session: Session, recording_id: UUID) -> int:
    """The last window up to which all have been heard; -1 where the first has not."""
    missing = sa.select(sa.func.min(Window.idx)).where(Window.recording_id == recording_id, Window.state != WindowState.HEARD)
    first = session.scalar(missing)
    if first is None:
        first = session.scalar(sa.select(sa.func.count()).select_from(Window).where(Window.recording_id == recording_id)) or 0
    return int(first) - 1


def arrived(session: Session, company_id: UUID, recording_id: UUID, cursor: datetime | None = None) -> Arrived:
    """The segments of windows heard since `cursor`, some of them perhaps once more; all there are without one."""
    windows = sa.select(Window.idx, Window.heard_at).where(
        Window.company_id == company_id, Window.recording_id == recording_id, Window.state == WindowState.HEARD
    )
    if cursor is not None:
        windows = windows.where(Window.heard_at > cursor - _OVERLAP)
    found = session.execute(windows).all()
    if not found:
        return Arrived([], cursor)
    query = sa.select(Segment).where(Segment.recording_id == recording_id, Segment.window_idx.in_([idx for idx, _ in found]))
    return Arrived(list(session.scalars(query.order_by(Segment.window_idx, Segment.position))), max(at for _, at in found if at))


def doubts(session: Session, company_id: UUID, recording_id: UUID, limit: int = 12) -> list[Doubt]:
    """The least sure windows, in the order of the recording: those that somebody should listen to."""
    query = (
        sa.select(Window)
        .where(Window.company_id == company_id, Window.recording_id == recording_id, Window.state == WindowState.HEARD)
        .where(sa.or_(Window.dropped, Window.avg_logprob < DOUBTFUL))
        .order_by(Window.dropped.desc(), Window.avg_logprob)
        .limit(limit)
    )
    found = sorted(session.scalars(query), key=lambda window: window.idx)
    firsts = _firsts(session, recording_id, [window.idx for window in found])
    return [Doubt(window, firsts.get(window.idx)) for window in found]


def _firsts(session: Session, recording_id: UUID, windows: Sequence[int]) -> dict[int, Segment]:
    query = sa.select(Segment).where(Segment.recording_id == recording_id, Segment.window_idx.in_(windows))
    found: dict[int, Segment] = {}
    for segment in session.scalars(query.order_by(Segment.window_idx, Segment.position)):
        found.setdefault(segment.window_idx, segment)
    return found


def _left(session: Session, recording_id: UUID, speech: float) -> timedelta | None:
    """At the pace of the newest windows, however many workers have heard them."""
    query = sa.select(Window.heard_at, Window.t1 - Window.t0).where(Window.recording_id == recording_id, Window.state == WindowState.HEARD)
    newest = [(at, float(length)) for at, length in session.execute(query.order_by(Window.heard_at.desc()).limit(_RECENT)) if at]
    if speech <= 0:
        return timedelta(0)
    if len(newest) < 2:
        return None
    oldest = newest[-1][0]
    took = (newest[0][0] - oldest).total_seconds()
    heard = sum(length for at, length in newest if at > oldest)  # what was heard between the two moments
    return timedelta(seconds=took * speech / heard) if took > 0 and heard > 0 else None
