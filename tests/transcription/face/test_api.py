"""Claims about the API: recordings in, transcripts, corrections, chapters and files out."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest

from imece import db, face, ids, ledger, storage
from imece.contracts.transcription import RerunWindow, Transcribe
from transcription import exports
from transcription.models import Recording

Ask = Callable[..., Any]
Shelf = Any  #: conftest.Shelf


def asked(job_id: str) -> tuple[ledger.Job, Any]:
    with db.transaction() as session:
        job = ledger.find(session, UUID(job_id))
        return job, Transcribe.model_validate(job.args) if job.kind == Transcribe.kind else RerunWindow.model_validate(job.args)


def test_a_recording_comes_in_with_its_options_in_one_call(ask: Ask, shelf: Shelf) -> None:
    form = {
        "language": "tr",
        "model": "base",
        "hotwords": "imece, Gebze",
        "trim": "fast",
        "start": "1.5",
        "translate": "true",
        "formats": "srt,docx",
    }
    answer = ask("POST", "/v1/transcription/recordings", data=form, files={"file": ("Toplantı 1.mp3", b"sound" * 100)})

    assert answer.status_code == 202
    assert answer.headers["location"] == answer.json()["location"] == f"/v1/jobs/{answer.json()['job_id']}"
    job, contract = asked(answer.json()["job_id"])
    assert (job.company_id, job.requested_by) == (shelf.company, "ayşe@example.com")
    assert storage.get(contract.recording) == b"sound" * 100
    assert contract.recording.endswith("/Toplantı 1.mp3")
    assert (contract.language, contract.model, contract.hotwords, contract.start) == ("tr", "base", ("imece", "Gebze"), 1.5)
    assert (contract.translate, contract.formats, contract.locale) == (True, ("srt", "docx"), "en")


def test_an_address_comes_in_as_json(ask: Ask) -> None:
    answer = ask("POST", "/v1/transcription/recordings", json={"recording": "https://example.com/talk.mp3", "priority": "high"})

    assert answer.status_code == 202
    assert asked(answer.json()["job_id"])[1].recording == "https://example.com/talk.mp3"


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'"x"', b"\xff", b" " * (1 << 20) + b"{}", b"[" * 100_000, b'{"a": NaN}'])
def test_what_is_no_json_object_is_refused(ask: Ask, body: bytes) -> None:
    answer = ask("POST", "/v1/transcription/recordings", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == face.REFUSAL


@pytest.mark.parametrize(
    ("form", "field"),
    [({"model": "huge"}, "model"), ({"language": "Türkçe"}, "language"), ({"start": "5"}, ""), ({"colour": "red"}, "colour")],
)
def test_a_wrong_option_is_named_and_nothing_is_stored(ask: Ask, shelf: Shelf, form: dict[str, str], field: str) -> None:
    answer = ask("POST", "/v1/transcription/recordings", data=form, files={"file": ("a.mp3", b"x")})

    assert answer.status_code == 422
    assert answer.headers["content-type"] == face.REFUSAL
    assert field in json.dumps(answer.json()["errors"])
    with db.quick() as connection:
        assert connection.exec_driver_sql("select count(*) from ledger.job").scalar_one() == 0


@pytest.mark.parametrize("files", [{}, {"file": ("a.mp3", b"")}, {"file": ("a.mp3", b"x"), "other": ("b.mp3", b"y")}])
def test_a_form_carries_exactly_one_file_with_something_in_it(ask: Ask, files: dict[str, Any]) -> None:
    answer = ask("POST", "/v1/transcription/recordings", data={"title": "x"}, files=files or {"title": (None, "x")})

    assert answer.status_code == 422
    assert "file" in answer.json()["en"]


def test_a_key_of_another_company_leads_nowhere(ask: Ask) -> None:
    key = storage.new_key(ids.new_id(), "recordings", "a.mp3")
    storage.put(key, b"x")

    assert ask("POST", "/v1/transcription/recordings", json={"recording": key}).status_code == 404


def test_recordings_are_listed_in_pages_and_found_by_title(ask: Ask, shelf: Shelf) -> None:
    old, failed, new = shelf.add("Bütçe toplantısı.mp4"), shelf.add("arama.mp3", state="failed"), shelf.add("Haftalık.m4a", state="queued")

    first = ask("GET", "/v1/transcription/recordings", query={"limit": 2}).json()
    assert [UUID(one["id"]) for one in first["recordings"]] == [new, failed]
    second = ask("GET", "/v1/transcription/recordings", query={"limit": 2, "before": first["next"]}).json()
    assert [UUID(one["id"]) for one in second["recordings"]] == [old]
    assert second["next"] is None
    found = ask("GET", "/v1/transcription/recordings", query={"text": "BUTCE"}).json()["recordings"]
    assert [one["title"] for one in found] == ["Bütçe toplantısı.mp4"]
    assert [one["state"] for one in first["recordings"]] == ["queued", "failed"]
    assert first["recordings"][1]["error"] == "There is no sound in it."
    assert len(ask("GET", "/v1/transcription/recordings", query={"unfinished": "false"}).json()["recordings"]) == 1


def test_one_recording_says_how_far_it_is(ask: Ask, shelf: Shelf) -> None:
    recording = shelf.add(
        said=["bir", "iki", "üç", "dört"], heard=3, state="waiting", warnings=[{"code": "truncated", "en": "Cut.", "tr": "Eksik."}]
    )

    found = ask("GET", f"/v1/transcription/recordings/{recording}").json()

    assert found["progress"] | {"seconds_left": 0} == {
        "windows_heard": 3,
        "windows": 4,
        "speech_heard": 15,
        "speech": 20,
        "seconds_left": 0,
    }
    assert found["progress"]["seconds_left"] >= 0
    assert (found["state"], found["stage"], found["final"], found["playable"]) == ("waiting", "listening", False, False)
    assert found["warnings"] == [{"code": "truncated", "message": "Cut."}]
    again = ask("GET", f"/v1/transcription/jobs/{found['job_id']}/recording").json()
    assert again["id"] == str(recording)
    assert ask("GET", f"/v1/transcription/jobs/{ids.new_id()}/recording").status_code == 404


def test_a_transcript_has_its_words_unless_they_are_not_wanted(ask: Ask, shelf: Shelf) -> None:
    recording = shelf.add()

    found = ask("GET", f"/v1/transcription/recordings/{recording}/transcript").json()
    assert found["text"].startswith("Merhaba, yönetim")
    first = found["segments"][0]
    assert first["words"][0] == {"start": 0.0, "end": 1.0, "text": "Merhaba,", "probability": 0.3}
    assert (first["window"], first["version"], first["avg_logprob"]) == (0, 1, -0.2)
    bare = ask("GET", f"/v1/transcription/recordings/{recording}/transcript", query={"words": "false"}).json()
    assert all(segment["words"] == [] for segment in bare["segments"])
    windows = ask("GET", f"/v1/transcription/recordings/{recording}/windows").json()
    assert [(window["idx"], window["state"], window["model"]) for window in windows] == [(n, "heard", "base") for n in range(4)]


def test_a_correction_is_made_told_and_taken_back(ask: Ask, shelf: Shelf) -> None:
    recording = shelf.add(said=["Gebze deposu aylik kirası üç bin"])
    [segment] = shelf.segments(recording)
    place = f"/v1/transcription/segments/{segment.id}"

    edited = ask("PATCH", place, json={"text": "Gebze deposunun aylık kirası üç yüz bin", "version": 1}).json()
    assert (edited["text"], edited["version"]) == ("Gebze deposunun aylık kirası üç yüz bin", 2)
    times = {word["text"]: word["start"] for word in edited["words"]}
    before = {word["text"].strip(): word["start"] for word in segment.words}
    assert (times["Gebze"], times["kirası"], times["bin"]) == pytest.approx((before["Gebze"], before["kirası"], before["bin"]), abs=0.001)
    assert list(times.values()) == sorted(times.values())
    late = ask("PATCH", place, json={"text": "başka", "version": 1})
    assert late.status_code == 409
    [told] = ask("GET", f"{place}/history").json()
    assert (told["before"], told["by"], told["reason"]) == ("Gebze deposu aylik kirası üç bin", "ayşe@example.com", "edit")
    assert ask("POST", f"{place}/undo").json()["text"] == "Gebze deposu aylik kirası üç bin"
    assert ask("POST", f"{place}/undo").json()["text"] == "Gebze deposunun aylık kirası üç yüz bin"
    assert len(ask("GET", f"/v1/transcription/recordings/{recording}/history").json()) == 3


def test_the_files_follow_a_correction(ask: Ask, shelf: Shelf) -> None:
    recording = shelf.add("toplantı", said=["yanlış söz"])
    key = storage.new_key(shelf.company, "transcripts", "toplantı.txt", of=recording)
    with db.transaction() as session:
        session.get_one(Recording, recording).files = {"txt": key}
    [segment] = shelf.segments(recording)

    ask("PATCH", f"/v1/transcription/segments/{segment.id}", json={"text": "doğru söz"})

    assert storage.get(key).decode() == "toplantı\n\ndoğru söz\n"


def test_what_nobody_has_edited_cannot_be_undone(ask: Ask, shelf: Shelf) -> None:
    [segment] = shelf.segments(shelf.add(said=["bir"]))
    assert ask("POST", f"/v1/transcription/segments/{segment.id}/undo").status_code == 409


def test_a_window_is_heard_again_once_at_a_time(ask: Ask, shelf: Shelf) -> None:
    recording = shelf.add(heard=2, state="cancelled")
    place = f"/v1/transcription/recordings/{recording}/windows"
    gone = ask("POST", f"{place}/0/rerun", json={"model": "small"})
    assert (gone.status_code, "not kept" in gone.json()["en"]) == (409, True)
    shelf.sound(recording)

    answer = ask("POST", f"{place}/0/rerun", json={"model": "small", "beam_size": 3})
    assert answer.status_code == 202
    _, contract = asked(answer.json()["job_id"])
    assert (contract.recording_id, contract.window, contract.model, contract.beam_size) == (recording, 0, "small", 3)
    assert ask("POST", f"{place}/0/rerun", json={"model": "medium"}).json()["job_id"] == answer.json()["job_id"]
    assert ask("POST", f"{place}/3/rerun", json={"model": "small"}).status_code == 409
    assert ask("POST", f"{place}/9/rerun", json={"model": "small"}).status_code == 404


@pytest.mark.parametrize("kind", exports.FORMATS)
def test_a_transcript_is_a_file_under_its_own_name(ask: Ask, shelf: Shelf, kind: str) -> None:
    recording = shelf.add("Yönetim: 3/2026.mp4")

    answer = ask("GET", f"/v1/transcription/recordings/{recording}/export.{kind}")

    assert answer.status_code == 200
    name = answer.headers["content-disposition"]
    assert name.startswith(f'attachment; filename="Yonetim_ 3_2026.{kind}"')
    assert unquote(name.partition("UTF-8''")[2]) == f"Yönetim_ 3_2026.{kind}"
    if kind != "docx":
        assert "hoş geldiniz" in answer.text.replace("\n", " ")


def test_a_player_gets_the_range_it_asks_for(ask: Ask, shelf: Shelf) -> None:
    recording = shelf.add()
    place = f"/v1/transcription/recordings/{recording}/media"
    assert ask("GET", place).status_code == 404
    data = bytes(range(256)) * 8
    shelf.sound(recording, data)

    whole = ask("GET", place)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, data, "audio/mp4")
    part = ask("GET", place, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, data[100:200], "bytes 100-199/2048")
    assert ask("GET", place, headers={"Range": "bytes=5000-"}).status_code == 416


def test_chapters_are_named_by_people_and_written_for_a_video(ask: Ask, shelf: Shelf) -> None:
    recording = shelf.add(duration=60.0)
    place = f"/v1/transcription/recordings/{recording}/chapters"
    assert ask("GET", place).json()["youtube"] is None
    assert ask("GET", place).json()["refusals"]
    shelf.chapters(recording, "Kira, depo", "Satış", "İzin")

    named = ask("PATCH", f"{place}/0", json={"title": "Yeni depo"}).json()
    assert (named["title"], named["suggested"]) == ("Yeni depo", False)
    found = ask("GET", place).json()
    assert [one["suggested"] for one in found["chapters"]] == [False, True, True]
    assert found["youtube"] == "0:00 Yeni depo\n0:20 Satış\n0:40 İzin\n"
    assert ask("PATCH", f"{place}/7", json={"title": "x"}).status_code == 404


def test_what_is_said_is_found_wherever_it_is_said(ask: Ask, shelf: Shelf) -> None:
    recording = shelf.add()
    shelf.add(company=ids.new_id())

    [hit] = ask("GET", "/v1/transcription/search", query={"words": "sirket sozlesme"}).json()
    assert (hit["recording_id"], hit["start"]) == (str(recording), 10)
    assert [piece["text"] for piece in hit["snippet"] if piece["hit"]] == ["Şirket", "sözleşme"]
    assert ask("GET", "/v1/transcription/search", query={"words": "bulunmaz"}).json() == []
    assert ask("GET", "/v1/transcription/search", query={"words": "depo", "recording": str(ids.new_id())}).json() == []


def test_a_recording_is_renamed_and_deleted_with_its_files(ask: Ask, shelf: Shelf) -> None:
    recording, busy = shelf.add(), shelf.add(state="queued")
    key = shelf.sound(recording)

    assert ask("PATCH", f"/v1/transcription/recordings/{recording}", json={"title": " Yeni  ad "}).json()["title"] == "Yeni ad"
    assert ask("DELETE", f"/v1/transcription/recordings/{busy}").status_code == 409
    assert ask("DELETE", f"/v1/transcription/recordings/{recording}").status_code == 204
    assert ask("GET", f"/v1/transcription/recordings/{recording}").status_code == 404
    assert ask("GET", "/v1/transcription/search", query={"words": "merhaba"}).json()[0]["recording_id"] == str(busy)
    with pytest.raises(Exception, match="no such file"):
        storage.get(key)


def test_the_glossary_is_kept(ask: Ask, stranger: face.Caller) -> None:
    place = "/v1/transcription/glossary"
    assert ask("POST", place, json={"terms": ["Gebze", "İmece A.Ş."]}).json() == ["Gebze", "İmece A.Ş."]
    assert ask("GET", place, by=stranger).json() == []
    assert ask("DELETE", f"{place}/Gebze").status_code == 204
    assert ask("GET", place).json() == ["İmece A.Ş."]
    assert ask("DELETE", f"{place}/Gebze").status_code == 404


@pytest.mark.parametrize("term", ["\\u0000", "a\\u0000b", "\\ud800"])
def test_a_text_that_cannot_be_kept_is_refused(ask: Ask, term: str) -> None:
    answer = ask("POST", "/v1/transcription/glossary", content=f'{{"terms": ["{term}"]}}', headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.headers["content-type"]) == (422, face.REFUSAL)
    assert ask("GET", "/v1/transcription/glossary").json() == []
