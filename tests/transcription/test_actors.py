"""From a recording to its text, as the jobs do it."""

from typing import Any

import pytest

from imece import db, storage
from imece.errors import NotFound, Permanent, Transient
from transcription import recordings


def test_a_recording_becomes_text_files_and_a_mail(desk: Any) -> None:
    key = desk.upload(23.0)
    job = desk.ask(key, notify_email="ayse@example.com", formats=("txt", "srt", "vtt", "json", "docx", "md"), title="Haftalık toplantı")
    desk.work()
    result = desk.done(job)
    assert (result["language"], result["segments"], result["model"]) == ("tr", 10, "small")
    assert (result["duration"], result["speech"]) == (pytest.approx(23.0, abs=0.1), pytest.approx(23.0, abs=0.1))
    assert result["words"] == 40
    assert set(result["files"]) == {"txt", "srt", "vtt", "json", "docx", "md"}
    text = desk.text(job)
    assert text.split()[0] == "Small0"
    assert storage.get(result["files"]["txt"]).decode().split()[0].lstrip("\ufeff")
    assert "-->" in storage.get(result["files"]["srt"]).decode()
    assert desk.job(job).progress_done == desk.job(job).progress_total
    (mail,) = desk.mails
    assert mail.to == "ayse@example.com"
    assert "Haftalık toplantı" in mail.subject
    assert "Small0" in mail.text


def test_windows_are_heard_some_at_a_time_each_once(desk: Any, scripted: Any) -> None:
    job = desk.ask(desk.upload(47.0))
    desk.work()
    desk.done(job)
    assert scripted.calls == [(0, 1, 2, 3), (4, 5, 6, 7), (8, 9)]
    assert desk.sql("select distinct attempts, state, model from transcription.window") == [(1, "heard", "small")]


def test_the_source_goes_and_a_small_copy_of_its_sound_stays(desk: Any, scratch: Any) -> None:
    key = desk.upload(11.0)
    job = desk.ask(key)
    desk.work()
    desk.done(job)
    with pytest.raises(NotFound):
        storage.size(key)
    ((audio_key, source_key),) = desk.sql("select audio_key, source_key from transcription.recording")
    assert source_key is None
    assert 10_000 < storage.size(audio_key) < 100_000
    assert list(scratch.iterdir()) == []


def test_an_upload_that_another_recording_still_needs_stays(desk: Any) -> None:
    key = desk.upload(6.0)
    first = desk.ask(key)
    desk.work()
    desk.done(first)
    with pytest.raises(NotFound):
        storage.size(key)
    key = desk.upload(6.0)
    second, third = desk.ask(key), desk.ask(key)
    desk.work()
    assert desk.text(second) == desk.text(third)
    desk.done(third)


def test_a_missing_file_fails_without_another_try(desk: Any) -> None:
    key = storage.new_key(desk.company, "uploads", "yok.mp4")
    job = desk.ask(key)
    desk.work()
    found = desk.job(job)
    assert (found.state, found.attempt, found.error["type"]) == ("failed", 1, "Permanent")
    assert found.error["tr"] == "Kayıt dosyası yok (artık silinmiş)."


def test_another_companys_file_is_as_good_as_missing(desk: Any, company: Any) -> None:
    from imece import ids

    other = storage.new_key(ids.new_id(), "uploads", "onlarin.mp4")
    storage.put(other, b"x" * 100)
    job = desk.ask(other)
    desk.work()
    assert desk.job(job).error["en"] == "The recording is not there (any more)."


@pytest.mark.parametrize("data", [b"", b"bu bir metin dosyasi, kayit degil" * 10], ids=["empty", "text"])
def test_what_is_no_recording_fails_with_one_sentence_and_leaves_nothing_on_this_machine(desk: Any, scratch: Any, data: bytes) -> None:
    job = desk.ask(desk.upload(0, name="film.mp4", data=data))
    desk.work()
    found = desk.job(job)
    assert (found.state, found.attempt) == ("failed", 1)
    assert "\n" not in found.error["tr"]
    assert list(scratch.iterdir()) == []


def test_a_part_that_cannot_be_heard_fails_the_recording_saying_where_and_it_goes_on_from_there(desk: Any, scripted: Any) -> None:
    scripted.raises = {5: Permanent("Unheard of.", "Duyulmamış.")}
    job = desk.ask(desk.upload(47.0))
    desk.work()
    found = desk.job(job)
    assert found.state == "failed"
    assert found.error["tr"] == "0:20-0:40 arasındaki bölüm dinlenemedi: Duyulmamış."
    assert found.error["en"] == "The part at 0:20-0:40 could not be heard: Unheard of."
    scripted.raises, scripted.calls = {}, []
    with db.transaction() as session:
        from imece import ledger

        ledger.retry(session, job, by="ayşe")
    desk.work()
    desk.done(job)
    assert scripted.calls == [(4, 5, 6, 7)]


def test_a_part_that_fails_for_now_is_tried_again(desk: Any, scripted: Any) -> None:
    scripted.raises = {1: Transient("Not now.", "Şimdi değil.")}

    def better(windows: Any) -> None:
        if len(scripted.calls) > 1:
            scripted.raises = {}

    scripted.during = better
    job = desk.ask(desk.upload(12.0))
    desk.work()
    desk.done(job)
    assert desk.sql("select max(attempts) from transcription.window") == [(2,)]


def test_what_was_written_with_a_smaller_model_says_so(desk: Any) -> None:
    job = desk.ask(desk.upload(6.0), model="large-v3")
    desk.work()
    result = desk.done(job)
    assert (result["model"], [warning["tr"] for warning in result["warnings"]]) == ("base", ["base ile yazıldı."])


def test_the_company_glossary_and_the_hotwords_are_told_to_the_recogniser(
    desk: Any, scripted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transcription import glossary

    with db.transaction() as session:
        glossary.add(session, desk.company, ["imece", "mutabakat"], by="ayşe")
    wishes = []
    real = scripted.hear
    monkeypatch.setattr(scripted, "hear", lambda self, wav, windows, wish: wishes.append(wish) or real(self, wav, windows, wish))
    desk.ask(desk.upload(6.0), hotwords=("Ayşe Yılmaz",), language="tr", initial_prompt="Toplantı.", words=False)
    desk.work()
    (wish,) = wishes
    assert (wish.hotwords, wish.language, wish.initial_prompt, wish.words) == ("Ayşe Yılmaz, imece, mutabakat", "tr", "Toplantı.", False)


def test_a_trimmed_recording_is_what_is_transcribed_and_stays_with_its_results(desk: Any) -> None:
    job = desk.ask(desk.upload(30.0), trim="fast", start=10.0, end=20.0)
    desk.work()
    result = desk.done(job)
    assert result["duration"] == pytest.approx(10.0, abs=0.2)
    assert storage.size(result["trimmed"]) > 100_000
    assert recordings.AREA in result["trimmed"]


def test_trimming_without_saying_how_is_refused() -> None:
    from pydantic import ValidationError

    from imece.contracts.transcription import Transcribe

    with pytest.raises(ValidationError, match="trimming needs"):
        Transcribe(recording="x", start=3.0)
    with pytest.raises(ValidationError, match="before the end"):
        Transcribe(recording="x", trim="fast", start=3.0, end=2.0)


def test_what_is_not_urgent_is_not_prepared_before_what_is(desk: Any, scripted: Any) -> None:
    """It stands back, uncharged, however long it has waited; and has its turn."""
    normal = desk.ask(desk.upload(6.0))
    urgent = desk.ask(desk.upload(6.0, seed=2), priority="high")
    desk.work()
    desk.done(normal)
    desk.done(urgent)
    outcomes = desk.sql("select outcome, charged from ledger.attempt where job_id = :id order by number", id=normal)
    assert outcomes[0] == ("snoozed", False)
    first, second = (
        desk.sql(
            "select min(heard_at) from transcription.window w join transcription.recording r on r.id = w.recording_id where job_id = :id",
            id=id_,
        )[0][0]
        for id_ in (urgent, normal)
    )
    assert first < second


@pytest.mark.parametrize("where", ["results.write", "recordings.parts", "results.copy_sound", "preparing.prepare", "mails.ready"])
def test_a_stage_that_breaks_off_anywhere_is_done_again_and_leaves_nothing_twice(
    desk: Any, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    from transcription import actors

    module, _, name = where.partition(".")
    real, broken = getattr(getattr(actors, module), name), []

    def once(*given: Any, **more: Any) -> Any:
        made = real(*given, **more)
        if not broken:
            broken.append(1)
            raise ConnectionResetError
        return made

    monkeypatch.setattr(getattr(actors, module), name, once)
    job = desk.ask(desk.upload(12.0), notify_email="ayse@example.com")
    desk.work()
    result = desk.done(job)
    assert broken
    assert desk.sql("select count(*) from transcription.segment") == [(6,)]
    assert desk.sql("select max(attempts) from transcription.window") == [(1,)]
    assert len(desk.mails) == 1
    assert all(storage.size(key) for key in result["files"].values())
