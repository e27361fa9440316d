"""Claims about the pages of one recording."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import sqlalchemy as sa

from imece import clock, db, face, ledger
from transcription.models import Segment, Window

Ask = Callable[..., Any]
Shelf = Any  #: conftest.Shelf


def cursor_of(html: str) -> str:
    return re.findall(r'data-cursor="([^"]*)"', html)[0]


def test_the_page_shows_every_word_with_its_time_and_marks_the_doubtful_ones(ask: Ask, shelf: Shelf) -> None:
    recording = shelf.add("Toplantı <1>.mp4", said=["Merhaba <b>herkese</b> hoş geldiniz"])
    shelf.sound(recording)

    page = ask("GET", f"/transcription/recordings/{recording}")

    assert page.status_code == 200
    assert '<span data-t="0.00" class="unsure" title="not sure: 30%">Merhaba</span>' in page.text
    assert '<span data-t="1.25">&lt;b&gt;herkese&lt;/b&gt;</span>' in page.text
    assert "Toplantı &lt;1&gt;.mp4" in page.text
    assert f'src="/transcription/recordings/{recording}/media"' in page.text
    for kind in ("txt", "srt", "vtt", "json", "docx", "md"):
        assert f'href="/transcription/recordings/{recording}/export.{kind}" download' in page.text


def test_what_is_heard_arrives_while_one_looks(ask: Ask, shelf: Shelf) -> None:
    recording = shelf.add(heard=2, state="waiting")
    page = ask("GET", f"/transcription/recordings/{recording}").text
    assert page.count('class="said-at"') == 2
    assert 'data-final="no"' in page
    assert "Nobody serves the queue" in page
    place = f"/transcription/recordings/{recording}/live"
    with db.transaction() as session:  # what was heard long ago does not come again
        session.execute(sa.update(Window).where(Window.heard_at.is_not(None)).values(heard_at=clock.now().replace(year=2020)))
    assert cursor_of(ask("GET", place).text).startswith("2020-")
    cursor = "2021-01-01T00:00:00+00:00"
    assert "said-at" not in ask("GET", place, query={"since": cursor}).text
    with db.transaction() as session:
        window = session.get_one(Window, (recording, 3))
        window.state, window.model, window.heard_at = "heard", "base", clock.now()
        session.add(shelf._segment(shelf.company, recording, 3, "Son cümle önce geldi."))

    fresh = ask("GET", place, query={"since": cursor}).text
    assert fresh.count('class="said-at"') == 1
    assert "önce</span>" in fresh
    assert cursor_of(fresh) > cursor
    shelf.move(shelf.row(recording).job_id, "cancelled", waits_for=0)
    assert 'data-final="yes"' in ask("GET", place, query={"since": cursor_of(fresh)}).text


def test_one_window_can_be_asked_for(ask: Ask, shelf: Shelf) -> None:
    recording = shelf.add()
    part = ask("GET", f"/transcription/recordings/{recording}/live", query={"window": 2}).text
    assert part.count('class="said-at"') == 1
    assert "sözleşme" in part


def test_a_recording_without_sound_has_no_player_and_a_silent_one_says_so(ask: Ask, shelf: Shelf) -> None:
    page = ask("GET", f"/transcription/recordings/{shelf.add(said=[])}").text
    assert "<audio" not in page
    assert "Nothing is said in it." in page
    assert "There are no chapters" in page


def test_one_that_could_not_be_heard_is_not_taken_for_a_silent_one(ask: Ask, shelf: Shelf) -> None:
    page = ask("GET", f"/transcription/recordings/{shelf.add(said=[], state='failed')}").text
    assert "It could not be heard." in page
    assert "Nothing is said in it." not in page
    assert 'id="chapters"' not in page


def test_a_correction_is_sent_for_the_company_that_is_shown(ask: Ask, shelf: Shelf, person: face.Caller) -> None:
    assert f'data-company="{person.company_id}"' in ask("GET", f"/transcription/recordings/{shelf.add()}").text


def test_chapters_are_marked_as_suggestions_until_they_are_named(ask: Ask, shelf: Shelf) -> None:
    recording = shelf.add(duration=60.0)
    shelf.chapters(recording, "Kira, depo", "Satış", "İzin")
    place = f"/transcription/recordings/{recording}"
    assert ask("GET", place).text.count('class="chip"') == 3

    answer = ask("POST", f"{place}/chapters/1", data={"title": "Satışlar & iadeler"})

    assert (answer.status_code, answer.headers["location"]) == (303, f"{place}#chapters")
    page = ask("GET", place).text
    assert page.count('class="chip"') == 2
    assert "0:20 Satışlar &amp; iadeler" in page


def test_the_least_sure_windows_are_worth_a_second_look(ask: Ask, shelf: Shelf) -> None:
    recording = shelf.add()
    shelf.sound(recording)
    with db.transaction() as session:
        session.get_one(Window, (recording, 1)).avg_logprob = -1.1
        session.get_one(Window, (recording, 3)).dropped = True
    place = f"/transcription/recordings/{recording}"
    page = ask("GET", place).text
    assert 'id="w-1"' in page
    assert 'id="w-3"' in page
    assert 'id="w-0"' not in page
    assert "<option selected>small</option>" in page

    assert ask("POST", f"{place}/windows/1", data={"model": "medium"}).headers["location"] == f"{place}#w-1"
    again = ask("GET", place).text
    assert "Being heard again" in again
    assert f"{place}/windows/1" not in again
    assert f"{place}/windows/3" in again
    assert ask("POST", f"{place}/windows/1", data={"model": "huge"}).status_code == 422


def test_subtitles_are_shown_as_they_will_be_and_held_against_their_rules(ask: Ask, shelf: Shelf) -> None:
    recording = shelf.add()
    place = f"/transcription/recordings/{recording}/subtitles"
    page = ask("GET", place)
    assert unquote(page.headers[face.TITLE]) == "Subtitles"
    assert "4 subtitles: all by the rules" in page.text
    hurried = shelf.add(said=["Bu cümle bir saniyede söylenemeyecek kadar uzun olduğu için altyazısı okunamaz."] * 3)
    with db.transaction() as session:
        change = sa.update(Segment).where(Segment.recording_id == hurried)
        session.execute(change.values(t0=Segment.window_idx, t1=Segment.window_idx + 1, words=[]))
    part = ask("GET", f"/transcription/recordings/{hurried}/subtitles", query={"part": 1})
    assert face.TITLE not in part.headers
    assert "3 break a rule" in part.text
    assert "too fast to be read" in part.text


def test_a_correction_works_without_any_script_and_can_be_taken_back(ask: Ask, shelf: Shelf) -> None:
    recording = shelf.add(said=["aylik kira"])
    [segment] = shelf.segments(recording)
    place = f"/transcription/segments/{segment.id}"
    assert "Nobody has changed it." in ask("GET", place).text

    answer = ask("POST", place, data={"text": "aylık kira", "version": "1"})
    assert answer.headers["location"] == f"/transcription/recordings/{recording}#s-{segment.id}"
    assert ask("POST", place, data={"text": "başka", "version": "1"}).status_code == 409
    page = ask("GET", place).text
    assert "<del>aylik kira</del>" in page
    assert "<ins>aylık kira</ins>" in page
    edit = re.findall(r'name="edit" value="([^"]+)"', page)[0]
    ask("POST", f"{place}/undo", data={"edit": edit})
    assert shelf.segments(recording)[0].text == "aylik kira"
    line = ask("GET", place, query={"part": 1})
    assert face.TITLE not in line.headers
    assert line.text.strip().startswith('<article class="said-at"')
    assert "Changes" in ask("GET", f"/transcription/recordings/{recording}").text


def test_work_is_stopped_and_gone_on_with(ask: Ask, shelf: Shelf) -> None:
    recording = shelf.add(state="queued", heard=1)
    place = f"/transcription/recordings/{recording}"
    assert "/cancel" in ask("GET", place).text

    assert ask("POST", f"{place}/cancel").status_code == 303
    page = ask("GET", place).text
    assert "Cancelled" in page
    assert 'id="chapters"' in page, "what was heard before has its chapters"
    assert "Go on where it stopped" in page
    assert ask("POST", f"{place}/retry").status_code == 303
    with db.transaction() as session:
        assert ledger.find(session, shelf.row(recording).job_id).state == "queued"


def test_a_recording_is_renamed_and_deleted(ask: Ask, shelf: Shelf) -> None:
    recording = shelf.add()
    place = f"/transcription/recordings/{recording}"

    ask("POST", f"{place}/title", data={"title": "Yönetim toplantısı"})
    assert "Yönetim toplantısı" in ask("GET", place).text
    assert ask("POST", f"{place}/title", data={"title": "  "}).status_code == 422
    assert ask("POST", f"{place}/delete").headers["location"] == "/transcription"
    assert ask("GET", place).status_code == 404
