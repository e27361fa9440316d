"""
Transcripts: what was said, as it stands now. Read, searched, edited with a history, heard again window by window; its chapters.

Everything here is asked for on behalf of a company and answers for that company alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece import ids
from imece.errors import Conflict, Invalid, NotFound
from transcription import subtitles
from transcription.models import Chapter, Edit, Recording, Segment, Window, WindowState
from transcription.segments import Segment as Said
from transcription.segments import Word

_LONGEST = 5000  #: characters of one segment


class Found(NamedTuple):
    """A segment that a search found. `marks` are the places in its text, (from, to), that were looked for."""

    recording: Recording
    segment: Segment
    marks: tuple[tuple[int, int], ...]


def rows(session: Session, company_id: UUID, recording_id: UUID, *, since: int = -1) -> list[Segment]:
    """The segments as they stand, in the order they were said; of windows after `since`, for whoever watches them arrive."""
    query = sa.select(Segment).where(Segment.company_id == company_id, Segment.recording_id == recording_id, Segment.window_idx > since)
    return list(session.scalars(query.order_by(Segment.window_idx, Segment.position)))


def said(segment: Segment) -> Said:
    """A row as everything that writes files wants it."""
    words = tuple(Word(word["start"], word["end"], word["text"], word.get("probability", 1.0)) for word in segment.words)
    return Said(segment.t0, segment.t1, segment.text, words, speaker=segment.speaker, **segment.marks)


def segments(session: Session, company_id: UUID, recording_id: UUID) -> list[Said]:
    """All that was said, as everything that writes files wants it."""
    return [said(row) for row in rows(session, company_id, recording_id)]


def windows(session: Session, company_id: UUID, recording_id: UUID) -> list[Window]:
    """The windows of a recording, in order."""
    query = sa.select(Window).where(Window.company_id == company_id, Window.recording_id == recording_id)
    return list(session.scalars(query.order_by(Window.idx)))


def chapters(session: Session, company_id: UUID, recording_id: UUID) -> list[Chapter]:
    """The chapters of a recording, in order; none where it is too short for any."""
    query = sa.select(Chapter).where(Chapter.company_id == company_id, Chapter.recording_id == recording_id)
    return list(session.scalars(query.order_by(Chapter.position)))


def take(session: Session, window: Window, heard: Sequence[Said]) -> list[Segment]:
    """Put what was heard in a window in place of what is there."""
    session.execute(
        sa.delete(Segment).where(Segment.recording_id == window.recording_id, Segment.window_idx == window.idx),
        execution_options={"synchronize_session": False},
    )
    new = [
        Segment(
            id=id_,
            company_id=window.company_id,
            recording_id=window.recording_id,
            window_idx=window.idx,
            position=position,
            t0=one.start,
            t1=max(one.end, one.start),
            text=one.text.strip(),
            words=[asdict(word) for word in one.words],
            speaker=one.speaker,
            marks=_marks(one),
        )
        for position, (id_, one) in enumerate(zip(ids.new_ids(len(heard)), heard, strict=True))
    ]
    session.add_all(new)
    return new


def text_of(spoken: Iterable[Segment | Said]) -> str:
    """All of it, in one line."""
    return " ".join(text for one in spoken if (text := one.text.strip()))


def edit(session: Session, company_id: UUID, segment_id: UUID, text: str, *, by: str, version: int | None = None) -> Segment:
    """
    Change what a segment says, and write down what it said before.

    Words that stay keep their times. `version` is that of the segment the editor has seen. Raises NotFound; Conflict when
    somebody else was faster; Invalid for what is too long. An empty text is allowed: nothing was said there.
    """
    text = " ".join(text.split())
    if len(text) > _LONGEST:
        raise Invalid(f"A segment has at most {_LONGEST} characters.", f"Bir bölümde en çok {_LONGEST} karakter olur.")
    query = sa.select(Segment).where(Segment.company_id == company_id, Segment.id == segment_id).with_for_update()
    segment = session.scalars(query).first()
    if segment is None:
        raise NotFound("There is no such segment.", "Böyle bir bölüm yok.")
    if version is not None and segment.version != version:
        raise Conflict("Somebody else has changed this meanwhile.", "Bunu bu arada başkası değiştirdi.")
    if segment.text == text:
        return segment
    _note(session, segment, "edit", segment.text, text, by, segment_id=segment.id)
    segment.words = _retimed(segment, text)
    segment.text = text
    segment.version += 1
    session.flush()
    return segment


def history(session: Session, company_id: UUID, recording_id: UUID) -> list[Edit]:
    """What was changed in a recording, the newest first."""
    query = sa.select(Edit).where(Edit.company_id == company_id, Edit.recording_id == recording_id)
    return list(session.scalars(query.order_by(Edit.at.desc(), Edit.id.desc())))


def rehear(session: Session, window: Window, heard: Sequence[Said], *, model: str, by: str) -> tuple[str, str]:
    """Take what another model heard in a window; the history keeps what stood there. Returns the text before and after."""
    old = [row for row in rows(session, window.company_id, window.recording_id, since=window.idx - 1) if row.window_idx == window.idx]
    before, after = text_of(old), text_of(heard)
    take(session, window, heard)
    window.model, window.state = model, WindowState.HEARD
    window.heard_at = sa.func.clock_timestamp()
    _note(session, window, "rehear", before, after, by)
    return before, after


def suggest(session: Session, recording: Recording, found: Iterable[tuple[float, str]]) -> int:
    """Write down chapters that were found, (start, title), in place of those that nobody has named; returns how many."""
    session.execute(sa.delete(Chapter).where(Chapter.recording_id == recording.id))
    new = [
        Chapter(recording_id=recording.id, position=position, company_id=recording.company_id, start=start, title=title)
        for position, (start, title) in enumerate(found)
    ]
    session.add_all(new)
    return len(new)


def name_chapter(session: Session, company_id: UUID, recording_id: UUID, position: int, title: str) -> Chapter:
    """Give a chapter a title of somebody's own. Raises NotFound, Invalid."""
    title = " ".join(title.split())
    if not title or len(title) > 200:
        raise Invalid("A title has 1 to 200 characters.", "Bir başlık 1 ile 200 karakter arasındadır.")
    chapter = session.get(Chapter, (recording_id, position), with_for_update=True)
    if chapter is None or chapter.company_id != company_id:
        raise NotFound("There is no such chapter.", "Böyle bir bölüm başlığı yok.")
    chapter.title, chapter.suggested = title, False
    return chapter


_SEARCH = sa.text(
    """
    select s.id from transcription.segment s join transcription.recording r on r.id = s.recording_id
    where s.company_id = :company and transcription.searchable(s.text) @@ transcription.asked(:words)
      and (cast(:recording as uuid) is null or s.recording_id = :recording)
    order by r.created_at desc, s.recording_id, s.t0 limit :limit offset :offset"""
)

# Three shapes of the text, each letter in its place, so that what is marked in one of them is marked in the text itself.
_MARK = sa.text(
    """
    select s.id,
        ts_headline('pg_catalog.turkish', transcription.small(s.text), q.words, o.options),
        ts_headline('pg_catalog.english', transcription.plain(s.text), q.words, o.options),
        ts_headline('pg_catalog.simple', transcription.plain(s.text), q.words, o.options)
    from transcription.segment s, transcription.asked(:words) as q(words),
        (values ('HighlightAll=true, StartSel=' || chr(2) || ', StopSel=' || chr(3))) as o(options)
    where s.id = any(:ids)"""
)


def search(
    session: Session, company_id: UUID, words: str, *, recording_id: UUID | None = None, limit: int = 50, offset: int = 0
) -> list[Found]:
    """
    The segments that hold what is looked for, of the newest recordings first.

    As in a search engine: all the words, `"in this order"`, `this or that`, `-without`. Turkish and English endings, capitals and missing dots
    (`sirket`, `ISPARTA`) are seen through; the beginning of a word is enough.
    """
    words = words.replace("\x00", " ").strip()[:200]
    if not words:
        return []
    given = {"company": company_id, "words": words, "recording": recording_id, "limit": limit, "offset": offset}
    order = list(session.scalars(_SEARCH, given))
    if not order:
        return []
    marked = {row[0]: _places(row[1:]) for row in session.execute(_MARK, {"words": words, "ids": order})}
    query = sa.select(Segment, Recording).join(Recording, Recording.id == Segment.recording_id).where(Segment.id.in_(order))
    by_id = {segment.id: Found(recording, segment, marked.get(segment.id, ())) for segment, recording in session.execute(query)}
    return [by_id[id_] for id_ in order]


def snippet(found: Found, *, around: int = 60) -> list[tuple[str, bool]]:
    """What a search shows: the text in pieces, each with whether it was looked for, cut to `around` characters on either side of the first."""
    text, marks = found.segment.text, found.marks
    begin = max(0, marks[0][0] - around) if marks else 0
    end = min(len(text), (marks[-1][1] if marks else 0) + around)
    pieces: list[tuple[str, bool]] = [("… ", False)] if begin else []
    at = begin
    for start, stop in marks:
        pieces += [(text[at:start], False), (text[start:stop], True)]
        at = stop
    pieces.append((text[at:end] + (" …" if end < len(text) else ""), False))
    return [piece for piece in pieces if piece[0]]


def _places(headlines: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Where the headlines are marked, taken together."""
    found: set[tuple[int, int]] = set()
    for headline in headlines:
        at, begin = 0, 0
        for letter in headline:
            if letter == "\x02":
                begin = at
            elif letter == "\x03":
                found.add((begin, at))
            else:
                at += 1
    return tuple(sorted(place for place in found if not any(a <= place[0] and place[1] <= b and (a, b) != place for a, b in found)))


def _marks(one: Said) -> dict[str, float]:
    """Whisper's own marks."""
    return {name: getattr(one, name) for name in ("avg_logprob", "no_speech_prob", "compression_ratio", "temperature")}


def _retimed(segment: Segment, text: str) -> list[dict[str, Any]]:
    """The words of `text`: those that stayed at their times, the others sharing what lies between; none where none were measured."""
    if not segment.words:
        return []
    words = subtitles.timed(replace(said(segment), text=text))
    return [asdict(word) | {"text": f" {word.text}"} for word in words]


def _note(session: Session, of: Segment | Window, reason: str, before: str, after: str, by: str, *, segment_id: UUID | None = None) -> None:
    window_idx = of.window_idx if isinstance(of, Segment) else of.idx
    session.add(
        Edit(
            id=ids.new_id(),
            company_id=of.company_id,
            recording_id=of.recording_id,
            window_idx=window_idx,
            segment_id=segment_id,
            reason=reason,
            before=before,
            after=after,
            by=by,
        )
    )
