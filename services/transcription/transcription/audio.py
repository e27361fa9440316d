"""
The sound of the recordings this machine is at work on: WAV files in its scratch folder, made anew from what is stored where they are not there.

Whoever makes or uses one holds a lock of the kernel's, which a killed process lets go: what nobody holds and nobody needs is swept away.
"""

import fcntl
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from imece import db, ledger, storage
from imece.errors import NotFound, Permanent
from imece.ids import new_id
from transcription import media
from transcription.models import Recording, Stage
from transcription.settings import settings

#: Told how many seconds there are of how many; may raise.
Report = Callable[[float, float | None], None]

_OURS = re.compile(r"([0-9a-f-]{36})\..+")
_SECONDS = 60  #: of sound that are encoded between two reports
_COPY_RATE = 32_000  #: bits a second: 15 MB an hour, and every browser plays it

GONE = Permanent("The recording is not there (any more).", "Kayıt dosyası yok (artık silinmiş).")


def _nothing(_done: float, _of: float | None) -> None:
    """For whoever does not want to know."""


@contextmanager
def workplace(recording_id: UUID, check: Callable[[], None] = lambda: None) -> Iterator[Path]:
    """A folder of this recording's own, empty, and nobody else's meanwhile; gone at the end. Waits while another process has it, and calls `check`."""
    with _held(recording_id, fcntl.LOCK_EX, check):
        place = _folder() / f"{recording_id}.work"
        shutil.rmtree(place, ignore_errors=True)  # of whoever was killed in it
        place.mkdir()
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)


@contextmanager
def alone(recording_id: UUID, check: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Nobody else on this machine touches the recording's files meanwhile. Waits while somebody does, and calls `check`."""
    with _held(recording_id, fcntl.LOCK_EX, check):
        yield


@contextmanager
def at_hand(recording: Recording, check: Callable[[], None] = lambda: None) -> Iterator[Path]:
    """
    The sound of a prepared recording, on this machine; made from what is stored where it is not there, by one process for all.

    Raises Permanent when what is stored is gone, or is not what it was.
    """
    wav = kept(recording.id)
    while True:
        with _held(recording.id, fcntl.LOCK_SH, check):
            if wav.exists():
                yield wav
                return
        with workplace(recording.id, check) as place:
            if not wav.exists():
                keep(_again(recording, place, check), recording.id)


def kept(recording_id: UUID) -> Path:
    """Where the sound of a recording lies on this machine, if it does."""
    return _folder() / f"{recording_id}.wav"


def keep(wav: Path, recording_id: UUID) -> None:
    """Put what was extracted in a workplace where `at_hand` finds it, whole."""
    wav.replace(kept(recording_id))


@contextmanager
def spare(recording_id: UUID) -> Iterator[Path]:
    """A name for a file that is made out of the sound while it is at hand; the file is gone at the end."""
    path = _folder() / f"{recording_id}.{new_id()}.made"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def partial(recording_id: UUID) -> Path:
    """Where what has been fetched of a recording so far lies on this machine."""
    return _folder() / f"{recording_id}.part"


def fetched(key: str, company_id: UUID, to: Path) -> Path:
    """Copy a blob of this company's to `to`. Raises Permanent when there is none: then nothing is gained by trying again."""
    try:
        owner, pieces = storage.owner(key), storage.stream(key)
    except NotFound:
        raise GONE from None
    if owner != company_id:
        raise GONE
    with to.open("wb") as file:
        file.writelines(pieces)
    return to


def drop(recording_id: UUID) -> None:
    """Delete what this machine has of a recording, unless somebody uses it at this moment."""
    folder = _folder()
    try:
        with _held(recording_id, fcntl.LOCK_EX | fcntl.LOCK_NB):
            shutil.rmtree(folder / f"{recording_id}.work", ignore_errors=True)
            for path in sorted(folder.glob(f"{recording_id}.*"), key=lambda path: path.suffix == ".lock"):
                path.unlink(missing_ok=True)
    except BlockingIOError:
        return


def sweep() -> int:
    """Delete what this machine has of recordings that are at work no more, whoever was killed over them; returns of how many."""
    here = {UUID(match[1]) for entry in os.scandir(_folder()) if (match := _OURS.fullmatch(entry.name))}
    if not here:
        return 0
    query = (
        sa.select(Recording.id)
        .join(ledger.Job, ledger.Job.id == Recording.job_id)
        .where(Recording.id.in_(here), Recording.stage != Stage.DONE, ledger.Job.finished_at.is_(None))
    )
    with db.transaction() as session:
        needed = set(session.scalars(query))
    for recording_id in here - needed:
        drop(recording_id)
    return len(here - needed)


def copy(wav: Path, to: Path, report: Report = _nothing) -> None:
    """Encode a small copy (AAC, mono) of a sound of ours, for browsers and for hearing a window again."""
    import av  # noqa: PLC0415 (20 MB in every process that never encodes)

    found = media.samples(wav)
    total = len(found) / media.RATE
    with av.open(str(to), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("aac", rate=media.RATE, layout="mono")
        stream.bit_rate = _COPY_RATE
        stream.options = {"aac_coder": "fast"}  # nearly three times as fast as the usual search, and people wait for this copy
        for begin in range(0, len(found), _SECONDS * media.RATE):
            piece = found[begin : begin + _SECONDS * media.RATE]
            frame = av.AudioFrame.from_ndarray(piece[None, :], format="s16", layout="mono")
            frame.sample_rate, frame.pts = media.RATE, begin
            container.mux(stream.encode(frame))
            report((begin + len(piece)) / media.RATE, total)
        container.mux(stream.encode(None))


def _again(recording: Recording, place: Path, check: Callable[[], None]) -> Path:
    """The sound once more, as it was when the windows were planned."""
    key = recording.media_key or recording.audio_key
    if key is None:
        raise GONE
    source = fetched(key, recording.company_id, place / "media")
    wav = place / "sound.wav"
    extracted = media.extract(source, wav, on_progress=lambda *_: check())
    if recording.duration is not None and abs(extracted.seconds - recording.duration) > 1.0:
        raise Permanent(
            f"The recording has changed: {extracted.seconds:.0f} s of sound, and there were {recording.duration:.0f} s.",
            f"Kayıt değişmiş: {extracted.seconds:.0f} sn ses var, {recording.duration:.0f} sn idi.",
        )
    return wav


@contextmanager
def _held(recording_id: UUID, how: int, check: Callable[[], None] = lambda: None) -> Iterator[None]:
    """The recording's lock on this machine. Waits, calling `check`, or raises BlockingIOError with LOCK_NB."""
    path = _folder() / f"{recording_id}.lock"
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _locked(descriptor, how, check)
            if not path.exists() or os.fstat(descriptor).st_ino != path.stat().st_ino:
                continue  # swept away while we waited for it: that lock is nobody's any more
            yield
            return
        finally:
            os.close(descriptor)


def _locked(descriptor: int, how: int, check: Callable[[], None]) -> None:
    while True:
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if how & fcntl.LOCK_NB:
                raise
            check()
            time.sleep(0.2)
        else:
            return


def _folder() -> Path:
    folder = settings().scratch_folder
    folder.mkdir(parents=True, exist_ok=True)
    return folder
