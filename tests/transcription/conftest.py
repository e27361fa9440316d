"""What the tests of transcription share: a listener that follows a script, recordings with something to hear, and a notify that is played."""

import os
import subprocess
import sys
import threading
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import redis
import sqlalchemy as sa

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import script  # noqa: E402 (from the folder just named; the processes of test_flows import it in the same way)

from imece import db, ids, ledger, service, storage  # noqa: E402
from imece.contracts.notify import EmailSent, SendEmail  # noqa: E402
from imece.contracts.transcription import Transcribe  # noqa: E402
from imece.ledger import sweeper  # noqa: E402
from imece.testing import Stack  # noqa: E402
from imece.worker import Job  # noqa: E402
from imece.worker.actor import handlers  # noqa: E402
from imece.worker.attempts import Attempts  # noqa: E402
from transcription import hearing  # noqa: E402
from transcription.settings import settings  # noqa: E402


class Desk:
    """What a test does with recordings. Every call is a transaction of its own."""

    def __init__(self, company: UUID, folder: Path) -> None:
        self.company, self.folder = company, folder
        self.mails: list[SendEmail] = []
        self.stop = threading.Event()

    def upload(self, seconds: float, *, name: str = "toplanti.wav", seed: int = 1, data: bytes | None = None) -> str:
        """A recording in storage: noise that tells one place in it from another; its key."""
        key = storage.new_key(self.company, "uploads", name)
        path = self.folder / "upload"
        if data is None:
            sound(path, seconds, seed)
        else:
            path.write_bytes(data)
        storage.put(key, path)
        return key

    def ask(self, recording: str, **wish: Any) -> UUID:
        """Ask for its transcript; the job's id."""
        with db.transaction() as session:
            return ledger.submit(session, Transcribe(recording=recording, **wish), company_id=self.company, requested_by="ayşe")

    def job(self, job_id: UUID) -> ledger.Job:
        """The row."""
        with db.transaction() as session:
            return ledger.find(session, job_id)

    def sql(self, statement: str, **values: Any) -> list[Any]:
        """One statement; its rows."""
        with db.quick() as connection:
            found = connection.execute(sa.text(statement), values)
            return list(found.all()) if found.returns_rows else []

    def text(self, job_id: UUID) -> str:
        """All that was written of the job's recording."""
        rows = self.sql(
            "select s.text from transcription.segment s join transcription.recording r on r.id = s.recording_id"
            " where r.job_id = :job order by s.window_idx, s.position",
            job=job_id,
        )
        return " ".join(text for (text,) in rows)

    def work(self) -> None:
        """
        Do the jobs of transcription, and of the played notify, until all are final.

        As a worker does them, but one after the other in this thread: no time is lost with starting and stopping one.
        """
        todo = sa.select(ledger.Job.id).where(ledger.Job.finished_at.is_(None)).order_by(ledger.Job.id)
        for _ in range(100):
            with db.quick() as connection:
                connection.exec_driver_sql(
                    "update ledger.job set scheduled_at = clock_timestamp() where state in ('retrying', 'scheduled')"
                )
                sweeper.Sweeper().sweep()
                waiting = connection.scalars(todo).all()
            if not waiting:
                return
            attempts = Attempts(ids.new_id(), {**handlers(), SendEmail.kind: self._send}, self.stop)
            attempts.start()
            for job_id in waiting:
                attempts.perform(str(job_id))
            attempts.stop(patience=10)
        raise AssertionError(f"{len(waiting)} jobs are not final")

    def done(self, job_id: UUID) -> dict[str, Any]:
        """The result of a job that must have succeeded."""
        job = self.job(job_id)
        assert job.state == "succeeded", job.error
        assert job.result is not None
        return job.result

    def _send(self, job: Job, contract: SendEmail) -> EmailSent:
        self.mails.append(contract)
        return EmailSent(message_id=f"<{job.id}@test>", answer="250 ok")


def sound(path: Path, seconds: float, seed: int = 1, rate: int = 16_000) -> Path:
    """A WAV of noise, the same for the same seed."""
    noise = np.random.default_rng(seed).integers(-8000, 8000, int(seconds * rate), dtype=np.int16)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(noise.tobytes())
    return path


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """This machine's scratch folder."""
    monkeypatch.setenv("TRANSCRIPTION_SCRATCH", str(tmp_path / "scratch"))
    settings.cache_clear()
    yield tmp_path / "scratch"
    settings.cache_clear()


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[script.Listener]]:
    """No model is loaded: what is heard is known beforehand, and depends on nothing but the sound of the window."""
    for target, name, value in script.replacements():
        monkeypatch.setattr(target, name, value)
    script.Listener.reset()
    yield script.Listener
    hearing.unload()


@pytest.fixture
def desk(database: sa.Engine, redis_client: redis.Redis, stack: Stack, company: UUID, scratch: Path, scripted: Any, tmp_path: Path) -> Desk:
    """A company that has recordings transcribed, by the script."""
    service.find("transcription").load_actors()
    return Desk(company, tmp_path)


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """`setting(keep_failed_days=0)`: as the environment would have it."""

    def put(**values: Any) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"TRANSCRIPTION_{name}".upper(), str(value))
        settings.cache_clear()

    yield put
    settings.cache_clear()


@pytest.fixture(scope="session")
def base_model() -> Path:
    """
    The folder of a real model, `base`: fetched once into this account's cache, by a process of its own, since a test run has no way out.

    Where it cannot be had, the tests that need it are skipped, and say so.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "imece" / "models"  # noqa: TID251 (the account's, no setting of ours)
    program = "from transcription import weights; print(weights.resolve('base').path)"
    environment = {**os.environ, "TRANSCRIPTION_MODELS": str(cache)}  # noqa: TID251 (see above)
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        pytest.skip(f"the model base cannot be had here, so no real speech was heard: {done.stderr.strip().splitlines()[-1]}")
    return Path(done.stdout.strip())
