"""speech-resume: a worker is killed in the middle of a long recording; what is heard twice, how soon it goes on, whether the text is the same."""

import os
import subprocess
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from bench.costs import family, memory
from bench.figure import Figure, Options
from bench.ground import ROOT, Ground, Worker, ground, imece, python
from imece import db, ids, ledger, storage
from imece.contracts.transcription import Transcribe
from transcription import media

_EXAMPLE = ROOT / "examples" / "readings.mp4"
_MODEL = "base"
#: Seconds of the recording, and those of a quick one.
_LONG, _SHORT = 3 * 3600, 240
#: Seconds until the figure is given up.
_PATIENCE = 7200


def measure(options: Options) -> Figure:
    """The same recording twice: undisturbed, and with its worker killed -9 in the middle of it."""
    seconds = _SHORT if options.quick else _LONG
    models = _models()
    with ground() as here, _workers(here, models) as listener:
        company = ids.new_id()
        recording = _uploaded(here, company, seconds)
        calm = _asked(company, recording)
        with listener("first") as worker:
            calm_took = _until(lambda: _final(calm), worker)
            resident = memory(family(worker.pid)).rss
            recording = _uploaded(here, company, seconds)  # the first one's source has gone with its success
            job = _asked(company, recording)
            _until(lambda: _heard(job) >= _windows(job) / 2 > 0 and _at_work(worker.pid) > 1.0, worker)
            had, lost = _speech(job, "state = 'heard'"), _at_work(worker.pid)
            worker.child.kill()
            worker.child.wait()
        killed = time.monotonic()
        with listener("second") as worker:
            count = _heard(job)
            _until(lambda: _heard(job) > count, worker)
            back = time.monotonic() - killed
            _until(lambda: _final(job), worker)
        twice = _speech(job, "attempts > 1")
        same = _text(calm) == _text(job)
        overhead, parts = _overhead(calm)
        part = _part_seconds()
    assert same, "the text is another one"
    return Figure(
        "speech-resume",
        round(twice, 1),
        "s of speech heard twice",
        {"restarting from zero": round(had, 1)},
        {
            "identical": same,
            "recording_seconds": seconds,
            "speech_heard_before_the_kill": round(had, 1),
            "work_lost_seconds": round(lost, 1),
            "first_commit_after_the_kill_seconds": round(back, 1),
            "longest_part_seconds_of_speech": part,
            "undisturbed_seconds": round(calm_took, 1),
            "parts": parts,
            "overhead_percent": overhead,
            "resident_mib": resident,
            "model": _MODEL,
        },
        f"of {seconds / 3600:.1f} h, killed at {had / 60:.0f} min of speech; {back:.0f} s until it went on; text identical; "
        f"a part is {part:.0f} s; parts cost {overhead:.1f} % more than one call",
    )


def _models() -> Path:
    """The folder of the model, fetched into this account's cache if it is not there. Raises RuntimeError where it cannot be had."""
    folder = Path.home() / ".cache" / "imece" / "models"
    program = f"from transcription import weights; weights.resolve('{_MODEL}')"
    environment = {**os.environ, "TRANSCRIPTION_MODELS": str(folder)}  # noqa: TID251 (ours and a little more)
    done = subprocess.run(python("-c", program), env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the model {_MODEL} cannot be had: {done.stderr.strip().splitlines()[-1]}")
    return folder


@contextmanager
def _workers(here: Ground, models: Path) -> Iterator[Callable[[str], AbstractContextManager[Worker]]]:
    """What prepares and what rescues, running; and how to start what listens."""
    given = {"TRANSCRIPTION_MODELS": str(models), "TRANSCRIPTION_MODEL": _MODEL}
    with ExitStack() as stack:
        wanted = {"io": ("worker", "transcription", "io"), "scheduler": ("scheduler",)}
        for name, words in wanted.items():
            stack.enter_context(here.process(name, [*imece(), *words], given))
        yield lambda name: here.process(name, [*imece(), "worker", "transcription", "cpu"], given)


def _uploaded(here: Ground, company: UUID, seconds: int) -> str:
    """Real speech, over and over, as long as is wanted, in storage."""
    sound = here.home / "example.wav"
    media.extract(_EXAMPLE, sound)
    once = media.samples(sound).tobytes()
    path = here.home / "long.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(media.RATE)
        for _ in range(-(-seconds * media.RATE * 2 // len(once))):
            file.writeframes(once)
    key = storage.new_key(company, "uploads", "long.wav")
    storage.put(key, path)
    path.unlink()
    return key


def _asked(company: UUID, recording: str) -> UUID:
    with db.transaction() as session:
        return ledger.submit(session, Transcribe(recording=recording, model=_MODEL), company_id=company, requested_by="bench")


def _until(what: Any, worker: Worker) -> float:
    """Wait until it is so; how many seconds that took. Raises RuntimeError when the worker has died, or it is never so."""
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > _PATIENCE:
            raise RuntimeError(f"not so after {_PATIENCE} s; see {worker.log}")
        assert worker.pid
        time.sleep(0.1)
    return time.monotonic() - began


def _final(job: UUID) -> bool:
    """Whether it has succeeded. Raises RuntimeError when it has failed."""
    with db.transaction() as session:
        found = ledger.find(session, job)
    if found.final and found.state != "succeeded":
        raise RuntimeError(f"the transcript is {found.state}: {found.error}")
    return found.final


def _one(query: str, **values: Any) -> Any:
    with db.quick() as connection:
        return connection.execute(sa.text(query), values).scalar()


_OF_JOB = "recording_id = (select id from transcription.recording where job_id = :job)"


def _heard(job: UUID) -> int:
    return int(_one(f"select count(*) from transcription.window where state = 'heard' and {_OF_JOB}", job=job))


def _windows(job: UUID) -> int:
    return int(_one(f"select count(*) from transcription.window where {_OF_JOB}", job=job))


def _speech(job: UUID, which: str) -> float:
    return float(_one(f"select coalesce(sum(t1 - t0), 0) from transcription.window where {which} and {_OF_JOB}", job=job))


def _at_work(pid: int) -> float:
    """For how many seconds the process has been at the part that it is at; 0 for none."""
    query = (
        "select extract(epoch from clock_timestamp() - j.claimed_at)::float8 from ledger.job j join ledger.worker w on w.id = j.worker_id"
        " where j.state = 'running' and w.pid = :pid"
    )
    return float(_one(query, pid=pid) or 0.0)


def _text(job: UUID) -> Any:
    """All that was written, with the times of every word."""
    query = f"select window_idx, position, t0, t1, text, words from transcription.segment where {_OF_JOB} order by window_idx, position"
    with db.quick() as connection:
        return connection.execute(sa.text(query), {"job": job}).all()


def _overhead(job: UUID) -> tuple[float, int]:
    """By how many percent the parts took longer than the hearing in them; and how many there were."""
    query = """
        select extract(epoch from max(j.finished_at) - min(j.claimed_at))::float8, sum((j.result->>'seconds')::float8), count(*)
        from ledger.job j where j.parent_id = :job and j.kind = 'transcription.listen'"""
    with db.quick() as connection:
        took, heard, count = connection.execute(sa.text(query), {"job": job}).one()
    return round((took / heard - 1) * 100, 2), int(count)


def _part_seconds() -> float:
    """Seconds of speech in the largest part."""
    return float(_one("select max((args->>'seconds')::int) from ledger.job where kind = 'transcription.listen'"))
