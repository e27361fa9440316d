"""What people correct: a recording's title, what a segment says, and back again."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece.errors import Conflict, Invalid, NotFound
from transcription import recordings, transcripts
from transcription.models import Edit, Segment


def rename(session: Session, company_id: UUID, recording_id: UUID, title: str) -> None:
    """Call a recording otherwise. Raises NotFound, Invalid."""
    title = " ".join(title.split())
    if not title or len(title) > 200:
        raise Invalid("A title has 1 to 200 characters.", "Bir başlık 1 ile 200 karakter arasındadır.")
    recordings.find(session, company_id, recording_id, lock=True).title = title


def segment(session: Session, company_id: UUID, segment_id: UUID) -> Segment:
    """One segment. Raises NotFound."""
    query = sa.select(Segment).where(Segment.company_id == company_id, Segment.id == segment_id)
    found = session.scalars(query.execution_options(populate_existing=True)).first()
    if found is None:
        raise NotFound("There is no such segment.", "Böyle bir bölüm yok.")
    return found


def edits_of(session: Session, company_id: UUID, segment_id: UUID) -> list[Edit]:
    """How a segment was changed, the newest first. Raises NotFound."""
    segment(session, company_id, segment_id)
    query = sa.select(Edit).where(Edit.company_id == company_id, Edit.segment_id == segment_id)
    return list(session.scalars(query.order_by(Edit.at.desc(), Edit.id.desc())))


def undo(session: Session, company_id: UUID, segment_id: UUID, *, by: str, edit_id: UUID | None = None) -> Segment:
    """
    Let a segment say what it said before its last edit, or before the one named; that is an edit too, so that undoing again brings back what was.

    Raises NotFound; Conflict where there is no such edit.
    """
    found = [edit for edit in edits_of(session, company_id, segment_id) if edit_id in (None, edit.id)]
    if not found:
        raise Conflict("There is nothing to be undone.", "Geri alınacak bir değişiklik yok.")
    return transcripts.edit(session, company_id, segment_id, found[0].before, by=by)
