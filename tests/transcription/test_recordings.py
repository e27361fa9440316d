"""Recordings: how they stand, what lists them, what deletes them."""

from typing import Any

import pytest

from imece import db, ids, ledger, storage
from imece.errors import Conflict, NotFound
from transcription import recordings


def test_a_recording_is_called_after_its_file_or_as_somebody_wants(desk: Any) -> None:
    desk.ask(desk.upload(3.0, name="Satış toplantısı.wav"))
    desk.ask(desk.upload(3.0), title=" Bütçe ")
    desk.work()
    assert {title for (title,) in desk.sql("select title from transcription.recording")} == {"Satış toplantısı", "Bütçe"}


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("https://example.com/a/Toplant%C4%B1.mp4?x=1", "Toplantı"),
        ("https://example.com/", "example.com"),
        (f"{ids.oldest_id(0)}/uploads/{ids.oldest_id(1)}/ses.m4a", "ses"),
        ("http://[", "recording"),
    ],
)
def test_names_come_from_addresses_and_keys(given: str, name: str) -> None:
    assert recordings._name(given) == name


def test_hotwords_are_told_as_long_as_there_is_room() -> None:
    assert recordings._hotwords(["imece", " Ayşe  Yılmaz", "imece", ""]) == "imece, Ayşe Yılmaz"
    assert recordings._hotwords([]) is None
    assert len(recordings._hotwords([f"terim {n:04}" for n in range(500)]) or "") <= 800


def test_recordings_are_listed_as_they_stand_to_their_company_alone(desk: Any, scripted: Any) -> None:
    from imece.errors import Permanent

    first = desk.ask(desk.upload(6.0), title="İstanbul şubesi", language="en")
    desk.work()
    scripted.raises = {0: Permanent("Unheard of.", "Duyulmamış.")}
    second = desk.ask(desk.upload(6.0), title="Isparta şubesi")
    desk.work()

    with db.transaction() as session:

        def titles(**how: Any) -> list[str]:
            return [one.recording.title for one in recordings.listed(session, desk.company, **how)]

        assert titles() == ["Isparta şubesi", "İstanbul şubesi"]
        assert titles(text="ISTANBUL") == titles(text="istanbul") == ["İstanbul şubesi"]
        assert titles(text="%") == []
        assert titles(unfinished=True) == ["Isparta şubesi"]
        assert titles(language="en") == ["İstanbul şubesi"]
        top = recordings.listed(session, desk.company, limit=1)
        assert titles(before=top[0].recording.id) == ["İstanbul şubesi"]
        assert (top[0].state, top[0].final, top[0].recording.job_id) == ("failed", True, second)
        assert "Duyulmamış" in (top[0].error or {})["tr"]
        done = recordings.standing(session, desk.company, recordings.listed(session, desk.company)[1].recording.id)
        assert (done.state, done.recording.job_id, done.done) == ("succeeded", first, done.total)
        assert recordings.listed(session, ids.new_id()) == []
        with pytest.raises(NotFound):
            recordings.standing(session, ids.new_id(), done.recording.id)


def test_the_ledger_forgets_sooner_than_we(desk: Any) -> None:
    job = desk.ask(desk.upload(6.0))
    desk.work()
    desk.sql("delete from ledger.attempt")
    desk.sql("update ledger.job set parent_id = null, unblocks = null")
    desk.sql("delete from ledger.job")
    with db.transaction() as session:
        (one,) = recordings.listed(session, desk.company)
    assert (one.state, one.recording.job_id) == ("succeeded", job)


def test_a_recording_is_deleted_with_its_files_but_not_while_it_is_at_work(desk: Any, setting: Any) -> None:
    setting(keep_sources_days=9)
    job = desk.ask(desk.upload(6.0))
    desk.work()
    result = desk.done(job)
    ((id_, audio_key),) = desk.sql("select id, audio_key from transcription.recording")
    with db.transaction() as session:
        keys = recordings.delete(session, desk.company, id_)
    assert {*result["files"].values(), audio_key} < set(keys)
    assert len(keys) == 6
    storage.delete(keys)
    assert desk.sql("select count(*) from transcription.segment") == [(0,)]

    again = desk.ask(desk.upload(6.0))
    with db.transaction() as session:
        contract = ledger.find(session, again)
    from imece.contracts.transcription import Transcribe

    begun = recordings.begin(again, desk.company, "ayşe", Transcribe(**contract.args))
    with db.transaction() as session, pytest.raises(Conflict):
        recordings.delete(session, desk.company, begun.id)
    with db.transaction() as session, pytest.raises(NotFound):
        recordings.delete(session, ids.new_id(), begun.id)


def test_parts_are_neighbours_and_what_has_been_heard_is_left_out(desk: Any) -> None:
    desk.ask(desk.upload(60.0))
    desk.work()
    ((id_,),) = desk.sql("select id from transcription.recording")
    desk.sql("update transcription.window set state = 'planned', heard_at = null, model = null where idx in (0, 1, 3, 4, 5, 6, 7, 8)")
    with db.transaction() as session:
        recording = recordings.find(session, desk.company, id_)
        found = recordings.parts(session, recording, high=True)
    assert [(part.first, part.count, part.seconds, part.kind) for part in found] == [
        (0, 2, 10, "transcription.listen_high"),
        (3, 4, 20, "transcription.listen_high"),
        (7, 2, 10, "transcription.listen_high"),
    ]
