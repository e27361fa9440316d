"""What was said, as it stands now: read, searched, edited."""

from typing import Any
from uuid import UUID

import pytest

from imece import db, ids
from imece.errors import Conflict, Invalid, NotFound
from transcription import transcripts
from transcription.models import Recording, Window
from transcription.segments import Segment, Word

SAID = [
    "Kadınlar İSTANBUL'da toplandı.",
    "ISPARTA gülleri çok güzel kokar.",
    "Şirketlerin borçları bu ay kapandı.",
    "The meetings were running late.",
    "I told him about the INVOICE.",
]


@pytest.fixture
def recording(database: Any, company: UUID) -> Recording:
    """One that has been heard, in two windows."""
    return heard(company)


def heard(company: UUID) -> Recording:
    with db.transaction() as session:
        made = Recording(
            id=ids.new_id(), company_id=company, job_id=ids.new_id(), requested_by="ayşe", title="Toplantı", stage="listening", locale="tr",
            model="small", wish={"words": True}, duration=50.0, speech=50.0,
        )  # fmt: skip
        session.add(made)
        session.flush()
        windows = [Window(recording_id=made.id, idx=n, company_id=company, t0=25.0 * n, t1=25.0 * (n + 1), attempts=1) for n in range(2)]
        session.add_all(windows)
        session.flush()
        for n, window in enumerate(windows):
            said = [sentence(text, 25.0 * n + 5 * place) for place, text in enumerate(SAID[3 * n : 3 * n + 3])]
            transcripts.take(session, window, said)
    return made


def sentence(text: str, start: float) -> Segment:
    words = text.split()
    return Segment(
        start, start + 4, f" {text}", tuple(Word(start + n * 0.5, start + (n + 1) * 0.5, f" {word}") for n, word in enumerate(words))
    )


def found(company: UUID, words: str, **more: Any) -> list[str]:
    with db.transaction() as session:
        return [one.segment.text for one in transcripts.search(session, company, words, **more)]


@pytest.mark.parametrize(
    ("words", "places"),
    [
        ("kadın", [0]),
        ("istanbul", [0]),
        ("İstanbul", [0]),
        ("isparta", [1]),
        ("ısparta", [1]),
        ("Isparta gül", [1]),
        ("sirket", [2]),
        ("şirket borç", [2]),
        ("BORÇLAR", [2]),
        ("meeting", [3]),
        ("invoices", [4]),
        ("invo", [4]),
        ('"güzel kokar"', [1]),
        ('"kokar güzel"', []),
        ("meeting or invoice", [3, 4]),
        ("borç -ay", []),
        ("yok", []),
        ("", []),
        ("' ; drop table -- \x00 & | ! :*", []),
    ],
)
def test_words_are_found_whatever_their_endings_and_capitals(recording: Recording, company: UUID, words: str, places: list[int]) -> None:
    assert found(company, words) == [SAID[place] for place in places]


def test_a_search_stays_within_the_company_and_the_recording(recording: Recording, company: UUID) -> None:
    other = heard(company)
    stranger = ids.new_id()
    heard(stranger)
    assert len(found(company, "kadın")) == 2
    assert len(found(company, "kadın", recording_id=other.id)) == 1
    assert len(found(stranger, "kadın", recording_id=other.id)) == 0
    assert len(found(company, "kadın", limit=1, offset=1)) == 1


def test_what_was_looked_for_is_marked_in_the_text_itself(recording: Recording, company: UUID) -> None:
    with db.transaction() as session:
        (one,) = transcripts.search(session, company, "istanbul toplan")
        assert transcripts.snippet(one) == [("Kadınlar ", False), ("İSTANBUL", True), ("'da ", False), ("toplandı", True), (".", False)]
        (long,) = transcripts.search(session, company, "invoice")
        assert transcripts.snippet(long, around=5) == [("… ", False), (" the ", False), ("INVOICE", True), (".", False)]


def test_an_edit_keeps_the_times_of_the_words_that_stay_and_says_what_stood_there(recording: Recording, company: UUID) -> None:
    with db.transaction() as session:
        first = transcripts.rows(session, company, recording.id)[0]
        edited = transcripts.edit(session, company, first.id, " Hanımlar  Ankara'da toplandı. ", by="mehmet", version=1)
        assert (edited.text, edited.version) == ("Hanımlar Ankara'da toplandı.", 2)
        assert [word["text"] for word in edited.words] == [" Hanımlar", " Ankara'da", " toplandı."]
        assert edited.words[1]["start"] == 0.5
        shorter = transcripts.edit(session, company, first.id, "Toplandılar.", by="ayşe")
        assert [(word["text"], word["start"]) for word in shorter.words] == [(" Toplandılar.", 0.0)]
    with db.transaction() as session:
        history = [(edit.by, edit.before, edit.after) for edit in transcripts.history(session, company, recording.id)]
    assert history == [("ayşe", "Hanımlar Ankara'da toplandı.", "Toplandılar."), ("mehmet", SAID[0], "Hanımlar Ankara'da toplandı.")]
    assert found(company, "hanım") == []
    assert found(company, "toplandılar") == ["Toplandılar."]


def test_who_edits_what_somebody_has_changed_meanwhile_is_told(recording: Recording, company: UUID) -> None:
    with db.transaction() as session:
        first = transcripts.rows(session, company, recording.id)[0]
        transcripts.edit(session, company, first.id, "Bir.", by="ayşe", version=1)
        with pytest.raises(Conflict):
            transcripts.edit(session, company, first.id, "İki.", by="mehmet", version=1)


def test_an_edit_that_changes_nothing_is_none_and_another_companys_is_not_there(recording: Recording, company: UUID) -> None:
    with db.transaction() as session:
        first = transcripts.rows(session, company, recording.id)[0]
        assert transcripts.edit(session, company, first.id, SAID[0], by="ayşe").version == 1
        assert transcripts.history(session, company, recording.id) == []
        with pytest.raises(NotFound):
            transcripts.edit(session, ids.new_id(), first.id, "x", by="ayşe")
        with pytest.raises(Invalid):
            transcripts.edit(session, company, first.id, "x" * 5001, by="ayşe")


def test_a_window_heard_again_replaces_its_segments_and_no_others(recording: Recording, company: UUID) -> None:
    with db.transaction() as session:
        window = session.get_one(Window, (recording.id, 0))
        before, after = transcripts.rehear(session, window, [sentence("Bambaşka bir şey.", 1.0)], model="medium", by="ayşe")
    assert (before, after) == (" ".join(SAID[:3]), "Bambaşka bir şey.")
    with db.transaction() as session:
        assert [row.text for row in transcripts.rows(session, company, recording.id)] == ["Bambaşka bir şey.", *SAID[3:]]
        (edit,) = transcripts.history(session, company, recording.id)
        assert (edit.reason, edit.before, edit.segment_id) == ("rehear", before, None)
        assert [(one.model, one.state) for one in transcripts.windows(session, company, recording.id)] == [
            ("medium", "heard"),
            (None, "planned"),
        ]


def test_what_arrives_can_be_watched_window_by_window(recording: Recording, company: UUID) -> None:
    with db.transaction() as session:
        assert [row.text for row in transcripts.rows(session, company, recording.id, since=0)] == SAID[3:]
        assert transcripts.rows(session, company, recording.id, since=1) == []
        assert transcripts.rows(session, ids.new_id(), recording.id) == []
        assert [one.text for one in transcripts.segments(session, company, recording.id)] == SAID


def test_a_chapter_is_a_suggestion_until_somebody_has_named_it(recording: Recording, company: UUID) -> None:
    with db.transaction() as session:
        transcripts.suggest(session, recording, [(0.0, "giriş"), (25.0, "borç, fatura")])
        assert transcripts.name_chapter(session, company, recording.id, 1, "  Borçlar ").title == "Borçlar"
        assert [(one.title, one.suggested) for one in transcripts.chapters(session, company, recording.id)] == [
            ("giriş", True),
            ("Borçlar", False),
        ]
        for company_id, position, title, error in (
            (company, 7, "x", NotFound),
            (ids.new_id(), 1, "x", NotFound),
            (company, 1, " ", Invalid),
        ):
            with pytest.raises(error):
                transcripts.name_chapter(session, company_id, recording.id, position, title)
