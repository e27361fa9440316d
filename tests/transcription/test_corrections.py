"""Claims about what people correct."""

from uuid import UUID

import pytest
import sqlalchemy as sa

from imece import db, ids
from imece.errors import Conflict, Invalid, NotFound
from transcription import corrections, transcripts
from transcription.models import Recording, Segment


@pytest.fixture
def segment(database: sa.Engine, company: UUID) -> UUID:
    """Something said in a recording of the company."""
    recording_id, id_ = ids.new_id(), ids.new_id()
    with db.transaction() as session:
        given = {
            "id": recording_id,
            "company_id": company,
            "job_id": ids.new_id(),
            "requested_by": "ayşe",
            "title": "a",
            "stage": "preparing",
        }
        session.add(Recording(**given, locale="tr", model="base", wish={}))
        session.flush()
        said = {"window_idx": 0, "position": 0, "t0": 0.0, "t1": 1.0, "text": "bir"}
        session.add(Segment(id=id_, company_id=company, recording_id=recording_id, **said))
    return id_


def test_each_edit_can_be_taken_back(segment: UUID, company: UUID) -> None:
    with db.transaction() as session:
        for text in ("iki", "üç"):
            transcripts.edit(session, company, segment, text, by="ayşe")
        first = corrections.edits_of(session, company, segment)[-1]
        assert (first.before, first.after) == ("bir", "iki")
        assert corrections.undo(session, company, segment, by="ali").text == "iki"
        assert corrections.undo(session, company, segment, by="ali", edit_id=first.id).text == "bir"
        assert [edit.by for edit in corrections.edits_of(session, company, segment)] == ["ali", "ali", "ayşe", "ayşe"]
        with pytest.raises(Conflict):
            corrections.undo(session, company, segment, by="ali", edit_id=ids.new_id())


def test_another_company_corrects_nothing(segment: UUID, company: UUID) -> None:
    with db.transaction() as session:
        recording_id = corrections.segment(session, company, segment).recording_id
        with pytest.raises(NotFound):
            corrections.undo(session, ids.new_id(), segment, by="ali")
        with pytest.raises(NotFound):
            corrections.rename(session, ids.new_id(), recording_id, "x")


def test_a_title_is_one_line_and_not_empty(segment: UUID, company: UUID) -> None:
    with db.transaction() as session:
        recording_id = corrections.segment(session, company, segment).recording_id
        corrections.rename(session, company, recording_id, "  Yeni\n ad ")
        assert session.get_one(Recording, recording_id).title == "Yeni ad"
        for wrong in ("  ", "x" * 201):
            with pytest.raises(Invalid):
                corrections.rename(session, company, recording_id, wrong)
