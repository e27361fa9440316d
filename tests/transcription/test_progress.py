"""Claims about how far a recording is."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from imece import clock, db, ids
from transcription import progress
from transcription.models import Recording, Segment, Window


def add(company: UUID, windows: list[tuple[str, float]], *, seconds: float = 10.0) -> UUID:
    """A recording whose windows are (state, seconds ago that it was heard)."""
    id_ = ids.new_id()
    with db.transaction() as session:
        given = {"id": id_, "company_id": company, "job_id": ids.new_id(), "requested_by": "ayşe", "title": "a", "stage": "listening"}
        session.add(Recording(**given, locale="tr", model="base", wish={}, duration=100.0))
        session.flush()
        for idx, (state, ago) in enumerate(windows):
            heard: dict[str, Any] = {"state": state}
            if state == "heard":
                heard |= {"model": "base", "heard_at": clock.now() - timedelta(seconds=ago), "avg_logprob": -0.1 * idx}
            session.add(Window(recording_id=id_, company_id=company, idx=idx, t0=idx * seconds, t1=(idx + 1) * seconds, **heard))
            if state == "heard":
                said = {"t0": idx * seconds, "t1": (idx + 1) * seconds, "text": f"söz {idx}"}
                session.add(Segment(id=ids.new_id(), company_id=company, recording_id=id_, window_idx=idx, position=0, **said))
    return id_


def of(id_: UUID) -> progress.Progress:
    with db.transaction() as session:
        return progress.of(session, session.get_one(Recording, id_))


def test_what_is_left_takes_as_long_as_the_last_windows_took(database: sa.Engine, company: UUID) -> None:
    found = of(add(company, [("heard", 40), ("heard", 30), ("heard", 20), ("planned", 0), ("planned", 0)]))

    assert (found.heard, found.windows, found.speech_heard, found.speech) == (3, 5, 30.0, 50.0)
    assert found.left is not None
    assert found.left.total_seconds() == pytest.approx(20, abs=0.5)


def test_where_nobody_can_say_nothing_is_said(database: sa.Engine, company: UUID) -> None:
    assert of(add(company, [("heard", 5), ("planned", 0)])).left is None
    assert of(add(company, [])).left == timedelta(0)
    assert of(add(company, [("heard", 5), ("heard", 5)])).left == timedelta(0)


def test_what_is_heard_in_a_row_ends_before_the_first_gap(database: sa.Engine, company: UUID) -> None:
    ids_ = [
        add(company, [(state, 1) for state in states])
        for states in (["heard", "planned", "heard"], ["planned", "heard"], ["heard"] * 3, [])
    ]
    with db.transaction() as session:
        assert [progress.heard_up_to(session, id_) for id_ in ids_] == [0, -1, 2, -1]


def test_what_has_come_since_the_last_look_comes_in_order_and_a_little_twice(database: sa.Engine, company: UUID) -> None:
    id_ = add(company, [("heard", 1), ("heard", 300), ("heard", 60), ("planned", 0)])
    with db.transaction() as session:
        everything = progress.arrived(session, company, id_)
        assert [one.text for one in everything.segments] == ["söz 0", "söz 1", "söz 2"]
        again = progress.arrived(session, company, id_, everything.cursor)
        assert [one.text for one in again.segments] == ["söz 0"]
        earlier = progress.arrived(session, company, id_, clock.now() - timedelta(seconds=70))
        assert [one.text for one in earlier.segments] == ["söz 0", "söz 2"]
        assert progress.arrived(session, ids.new_id(), id_).segments == []


def test_the_least_sure_windows_come_in_the_order_of_the_recording(database: sa.Engine, company: UUID) -> None:
    id_ = add(company, [("heard", 1)] * 10)
    with db.transaction() as session:
        session.get_one(Window, (id_, 2)).dropped = True
        session.execute(sa.delete(Segment).where(Segment.recording_id == id_, Segment.window_idx == 2))
        found = progress.doubts(session, company, id_)
        assert [(one.window.idx, one.segment and one.segment.text) for one in found] == [(2, None), (8, "söz 8"), (9, "söz 9")]
        assert [one.window.idx for one in progress.doubts(session, company, id_, limit=2)] == [2, 9]
