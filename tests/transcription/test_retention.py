"""What is deleted, and when."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from imece import clock, db, ids, ledger, storage
from imece.contracts.transcription import PruneRecordings
from imece.errors import NotFound, Permanent
from transcription import retention


def there(key: str | None) -> bool:
    assert key is not None
    try:
        return storage.size(key) > 0
    except NotFound:
        return False


def age(desk: Any, days: float) -> None:
    """As if everything had ended that long ago."""
    desk.sql(
        "update transcription.recording set created_at = created_at - :age, finished_at = finished_at - :age", age=timedelta(days=days)
    )
    desk.sql("update ledger.job set finished_at = finished_at - :age", age=timedelta(days=days))


def keys(desk: Any) -> Any:
    (row,) = desk.sql("select source_key, media_key, audio_key, files from transcription.recording")
    return row


def test_a_source_goes_when_its_text_is_there_or_after_as_long_as_is_wanted(desk: Any, setting: Any) -> None:
    setting(keep_sources_days=3)
    job = desk.ask(desk.upload(6.0))
    desk.work()
    desk.done(job)
    source = keys(desk).source_key
    retention.prune()
    assert there(source)
    age(desk, 4)
    retention.prune()
    assert not there(source)
    assert keys(desk).source_key is None
    assert there(keys(desk).audio_key)


def test_what_failed_stays_for_a_while_and_then_its_source_goes(desk: Any, scripted: Any) -> None:
    scripted.raises = {0: Permanent("Unheard of.", "Duyulmamış.")}
    desk.ask(desk.upload(6.0))
    desk.work()
    source = keys(desk).source_key
    age(desk, 6)
    retention.prune()
    assert there(source)
    age(desk, 2)
    retention.prune()
    assert not there(source)


def test_what_is_at_work_is_left_alone_however_old(desk: Any) -> None:
    job = desk.ask(desk.upload(6.0))
    desk.work()
    desk.done(job)
    source = desk.upload(3.0)
    desk.sql("update transcription.recording set stage = 'listening', finished_at = null, source_key = :key, media_key = :key", key=source)
    desk.sql("update ledger.job set state = 'queued', finished_at = null, result = null where id = :id", id=job)
    desk.sql("update transcription.recording set created_at = created_at - interval '9999 days'")
    retention.prune()
    assert there(source)


def test_the_small_copy_and_the_transcript_go_in_their_own_time(desk: Any) -> None:
    job = desk.ask(desk.upload(6.0))
    desk.work()
    desk.done(job)
    before = keys(desk)
    age(desk, 91)
    retention.prune()
    assert not there(before.audio_key)
    assert all(there(key) for key in before.files.values())
    age(desk, 700)
    retention.prune()
    assert not any(there(key) for key in before.files.values())
    assert desk.sql("select count(*) from transcription.recording, transcription.window") == [(0,)]
    assert desk.sql("select count(*) from transcription.segment") == [(0,)]


def test_files_that_no_row_names_go_and_young_ones_stay(desk: Any, stack: Any) -> None:
    old, young, other = (storage.new_key(desk.company, area, "a.bin", of=ids.new_id()) for area in ("recordings", "transcripts", "uploads"))
    for key in (old, young, other):
        storage.put(key, b"x")
    long_ago = (clock.now() - timedelta(days=31)).timestamp()
    for key in (old, other):
        os.utime(stack.home / "storage" / key, (long_ago, long_ago))
    assert retention._nobodys() == 1
    assert (there(old), there(young), there(other)) == (False, True, True)


def test_a_file_that_a_recording_or_a_waiting_job_came_with_is_nobodys_never(desk: Any, stack: Any, scripted: Any) -> None:
    """The face keeps what it takes in under our own area, by an id that is no recording's."""
    failed, waiting = (storage.new_key(desk.company, "recordings", "a.wav") for _ in range(2))
    for key in (failed, waiting):
        storage.put(key, storage.get(desk.upload(3.0)))
    scripted.raises = {0: Permanent("Unheard of.", "Duyulmamış.")}
    desk.ask(failed)
    desk.work()
    desk.ask(waiting)
    long_ago = (clock.now() - timedelta(days=5)).timestamp()
    for key in (failed, waiting):
        os.utime(stack.home / "storage" / key, (long_ago, long_ago))
    assert retention._nobodys() == 0
    assert there(failed)
    assert there(waiting)
    storage.delete([failed, waiting])


def test_the_nightly_job_says_how_many_went(desk: Any, scratch: Path) -> None:
    retention.prune()
    scratch.mkdir(exist_ok=True)
    (scratch / f"{ids.new_id()}.wav").write_bytes(b"x")
    with db.transaction() as session:
        job = ledger.submit(session, PruneRecordings())
    desk.work()
    assert (desk.job(job).state, desk.job(job).progress_done) == ("succeeded", 1)
    assert list(scratch.iterdir()) == []


def test_it_can_be_stopped_between_two_portions(desk: Any) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retention.prune(stop)
