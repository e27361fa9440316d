"""Claims about the pages of many recordings."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from imece import db, face, ids, ledger
from imece.contracts.transcription import Fetch, Transcribe

Ask = Callable[..., Any]
Shelf = Any  #: conftest.Shelf


def test_the_list_shows_what_there_is_and_how_it_stands(ask: Ask, shelf: Shelf) -> None:
    shelf.add("Hazır kayıt.mp4")
    shelf.add("Bozuk.mp3", state="failed")
    recording = shelf.add("Sürüyor.m4a", state="waiting", heard=1)
    shelf.move(shelf.row(recording).job_id, "waiting", progress_done=5, progress_total=20)

    page = ask("GET", "/transcription")

    assert page.status_code == 200
    assert unquote(page.headers[face.TITLE]) == "Recordings"
    for words in ("Hazır kayıt.mp4", "Ready", "There is no sound in it.", "Listening", "25%", "Turkish · 0:20 · 19 words"):
        assert words in page.text
    assert 'data-moving="yes"' in page.text
    assert f'data-company="{shelf.company}"' in page.text


def test_the_list_alone_is_a_part(ask: Ask, shelf: Shelf) -> None:
    shelf.add("Hazır.mp4")

    part = ask("GET", "/transcription", query={"part": 1})

    assert face.TITLE not in part.headers
    assert "Hazır.mp4" in part.text
    assert "<form" not in part.text
    assert 'data-moving="no"' in part.text


def test_it_speaks_turkish(ask: Ask, shelf: Shelf, person: face.Caller) -> None:
    shelf.add("Bozuk.mp3", state="failed")

    page = ask("GET", "/transcription", by=replace(person, locale="tr"))

    assert unquote(page.headers[face.TITLE]) == "Kayıtlar"
    for words in ("Yazıya dök", "İçinde ses yok.", "Başarısız", "Ara: başlıklar ve söylenen her şey"):
        assert words in page.text


def test_an_empty_list_says_so(ask: Ask) -> None:
    assert "No recordings yet" in ask("GET", "/transcription").text


def test_what_is_looked_for_is_found_in_titles_and_in_what_is_said(ask: Ask, shelf: Shelf) -> None:
    recording = shelf.add("Depo toplantısı.mp4")
    shelf.add("Başka.mp4", said=["burada yok"])

    page = ask("GET", "/transcription", query={"text": "depo"}).text

    assert "Depo toplantısı.mp4" in page
    assert "Başka.mp4" not in page
    assert "<mark>deposunun</mark>" in page
    [_, segment, *_] = shelf.segments(recording)
    assert f"/transcription/recordings/{recording}?t=5.0#s-{segment.id}" in page
    nothing = ask("GET", "/transcription", query={"text": "bulunmaz <b>"}).text
    assert "It is said in no recording." in nothing
    assert "<b>" not in nothing


def test_older_recordings_are_one_page_on(ask: Ask, shelf: Shelf) -> None:
    oldest = shelf.add("en eski.mp3", said=["bir"])
    for _ in range(30):
        shelf.add(said=["bir"])

    first = ask("GET", "/transcription").text
    assert "en eski.mp3" not in first
    before = first.partition("before=")[2].partition('"')[0]
    assert str(oldest) in ask("GET", "/transcription", query={"before": before}).text


def test_a_job_shows_before_it_has_a_recording_and_leads_to_it_then(ask: Ask, shelf: Shelf) -> None:
    with db.transaction() as session:
        wish = Transcribe(recording="https://example.com/talk.mp3")
        job_id = ledger.submit(session, wish, company_id=shelf.company, requested_by="ayşe")

    assert f"/transcription/started/{job_id}" in ask("GET", "/transcription").text
    waiting = ask("GET", f"/transcription/started/{job_id}")
    assert f'data-until="/transcription/started/{job_id}"' in waiting.text
    assert "Nobody serves the queue <code>transcription.io</code>" in waiting.text
    shelf.move(job_id, "failed")
    failed = ask("GET", f"/transcription/started/{job_id}").text
    assert "There is no sound in it." in failed
    assert "data-until" not in failed
    recording = shelf.add()
    there = ask("GET", f"/transcription/started/{shelf.row(recording).job_id}")
    assert (there.status_code, there.headers["location"]) == (303, f"/transcription/recordings/{recording}")
    assert ask("GET", f"/transcription/started/{ids.new_id()}").status_code == 404
    with db.transaction() as session:
        other = ledger.submit(session, Fetch(recording_id=recording), company_id=shelf.company)
    assert ask("GET", f"/transcription/started/{other}").status_code == 404


def test_an_address_is_sent_without_any_script(ask: Ask, shelf: Shelf) -> None:
    form = {
        "recording": "https://example.com/talk.mp3",
        "language": "tr",
        "model": "",
        "hotwords": "Gebze, depo",
        "priority": "high",
        "trim": "fast",
        "start": "1:30",
    }
    answer = ask("POST", "/transcription", data=form)

    assert answer.status_code == 303
    job_id = answer.headers["location"].rpartition("/")[2]
    with db.transaction() as session:
        asked = Transcribe.model_validate(ledger.find(session, job_id, company_id=shelf.company).args)
    assert (asked.language, asked.model, asked.hotwords, asked.priority, asked.locale) == ("tr", None, ("Gebze", "depo"), "high", "en")
    assert (asked.trim, asked.start, asked.end) == ("fast", 90, None)
    assert ask("POST", "/transcription", data={"recording": "ftp://example.com/a"}).status_code == 422


def test_who_may_only_look_is_shown_no_forms(ask: Ask, shelf: Shelf, viewer: face.Caller) -> None:
    recording = shelf.add()
    for path in ("/transcription", f"/transcription/recordings/{recording}", "/transcription/glossary"):
        page = ask("GET", path, by=viewer)
        assert page.status_code == 200
        assert 'method="post"' not in page.text


def test_the_glossary_is_a_page(ask: Ask) -> None:
    assert "It is empty." in ask("GET", "/transcription/glossary").text
    ask("POST", "/transcription/glossary", data={"terms": "Gebze, İmece A.Ş.\n<b>Kalın</b>"})
    page = ask("GET", "/transcription/glossary").text
    assert "&lt;b&gt;Kalın" in page
    ask("POST", "/transcription/glossary/delete", data={"term": "Gebze"})
    assert "Gebze" not in ask("GET", "/transcription/glossary").text
