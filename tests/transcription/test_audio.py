"""Sound on this machine: made once, found again, swept away when nobody needs it, whoever was killed over it."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from imece import db, ids, storage
from imece.errors import Permanent
from transcription import audio, media
from transcription.models import Recording


@pytest.fixture
def recording(desk: Any) -> Recording:
    """One that has been prepared elsewhere: this machine knows nothing of it yet."""
    return prepared(desk)


def prepared(desk: Any, seconds: float = 3.0) -> Recording:
    key = desk.upload(seconds)
    with db.transaction() as session:
        made = Recording(
            id=ids.new_id(), company_id=desk.company, job_id=ids.new_id(), requested_by="ayşe", title="Toplantı", stage="listening", locale="tr",
            model="small", wish={}, duration=seconds, speech=seconds, source_key=key, media_key=key,
        )  # fmt: skip
        session.add(made)
    return made


def test_sound_that_is_not_here_is_made_from_what_is_stored_and_found_the_next_time(recording: Recording, scratch: Path) -> None:
    with audio.at_hand(recording) as wav:
        assert media.seconds_of(wav) == pytest.approx(3.0, abs=0.01)
        made = wav.stat().st_ino
    with audio.at_hand(recording) as wav:
        assert wav.stat().st_ino == made
    assert sorted(path.suffix for path in scratch.iterdir()) == [".lock", ".wav"]


def test_several_that_need_it_at_once_make_it_once(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    made, real = [], media.extract
    monkeypatch.setattr(audio.media, "extract", lambda *given, **more: made.append(1) or real(*given, **more))
    seen: list[int] = []

    def use() -> None:
        with audio.at_hand(recording) as wav:
            seen.append(wav.stat().st_ino)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (len(made), len(set(seen)), len(seen)) == (1, 1, 4)


def test_who_waits_for_it_can_be_stopped(recording: Recording) -> None:
    class Enough(Exception):
        pass

    def check() -> None:
        raise Enough

    with audio.workplace(recording.id), pytest.raises(Enough), audio.at_hand(recording, check):
        pass


def test_what_has_changed_since_is_not_taken_for_the_same(desk: Any, recording: Recording) -> None:
    recording.duration = 30.0
    with pytest.raises(Permanent, match="has changed"), audio.at_hand(recording):
        pass
    recording.media_key = None
    with pytest.raises(Permanent, match="not there"), audio.at_hand(recording):
        pass


def test_what_a_killed_process_was_making_is_swept_away_and_what_lives_is_not(desk: Any, scratch: Path) -> None:
    """The kernel takes a lock back from the dead; from the living nobody takes it."""
    program = (
        "import sys; from uuid import UUID; from transcription import audio\n"
        "with audio.workplace(UUID(sys.argv[1])) as place:\n"
        "    (place / 'media').write_bytes(b'x' * 1000); print('there', flush=True); sys.stdin.read()"
    )
    recording = prepared(desk)
    mine = dict(os.environ)  # noqa: TID251 (the environment of the process to be)
    with subprocess.Popen(
        [sys.executable, "-c", program, str(recording.id)], env=mine, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        audio.sweep()  # its recording has no job that is at work, but somebody holds it
        assert (scratch / f"{recording.id}.work" / "media").exists()
        process.send_signal(signal.SIGKILL)
    assert (scratch / f"{recording.id}.work" / "media").exists()
    assert audio.sweep() == 1
    assert list(scratch.iterdir()) == []


def test_a_sweep_leaves_what_is_at_work_and_what_is_not_ours(desk: Any, scratch: Path) -> None:
    job = desk.ask(desk.upload(3.0))
    with db.transaction() as session:
        at_work = ids.new_id()
        session.add(
            Recording(
                id=at_work,
                company_id=desk.company,
                job_id=job,
                requested_by="ayşe",
                title="T",
                stage="preparing",
                locale="tr",
                model="small",
                wish={},
            )
        )
    scratch.mkdir(exist_ok=True)
    for name in (f"{at_work}.wav", "notes.txt", f"{ids.new_id()}.part", f"{ids.new_id()}.{ids.new_id()}.made"):
        (scratch / name).write_bytes(b"x")
    assert audio.sweep() == 2
    assert {path.name for path in scratch.iterdir()} == {f"{at_work}.wav", "notes.txt"}


def test_a_small_copy_is_an_eighth_and_can_be_heard_again(recording: Recording, desk: Any) -> None:
    recording = prepared(desk, 20.0)
    with audio.at_hand(recording) as wav, audio.spare(recording.id) as made:
        told: list[float] = []
        audio.copy(wav, made, lambda done, of: told.append(done))
        assert told[-1] == pytest.approx(20.0, abs=0.01)
        assert made.stat().st_size < wav.stat().st_size / 7
        key = storage.new_key(desk.company, "recordings", "a.m4a")
        storage.put(key, made)
        recording.media_key, recording.audio_key = None, key
    assert not made.exists()
    audio.drop(recording.id)
    with audio.at_hand(recording) as wav:
        assert media.seconds_of(wav) == pytest.approx(20.0, abs=0.2)


def test_another_companys_blob_is_not_there(desk: Any, tmp_path: Path) -> None:
    key = storage.new_key(ids.new_id(), "uploads", "a.wav")
    storage.put(key, b"x")
    for one in (key, "../../etc/passwd", str(UUID(int=0))):
        with pytest.raises(Permanent):
            audio.fetched(one, desk.company, tmp_path / "x")
