"""What breaks while a recording is heard, and what it costs: real worker processes, a listener that follows a script."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from imece import broker, config, db, ledger, service
from imece.embedded.server import launched
from imece.ledger import sweeper
from imece.worker.actor import handlers
from imece.worker.run import Process
from transcription import retention

HERE = Path(__file__).parent
PART = 4  #: windows


class Machine:
    """A worker process of the cpu pool, on a machine of its own: it has its own scratch folder."""

    def __init__(self, folder: Path, seconds: float, hangs: int) -> None:
        self.scratch, self.sound = folder, hangs
        mine = dict(os.environ)  # noqa: TID251 (the environment of the process to be)
        env = {**mine, "IMECE_HOME": str(config.settings().home), "TRANSCRIPTION_SCRATCH": str(folder), "IMECE_GRACE": "5"}
        command = launched([sys.executable, str(HERE / "script.py"), "cpu", str(seconds), str(hangs)], sig="SIGKILL")
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def hangs(self) -> bool:
        """Whether it has come to the part in which it hangs."""
        query = (
            "select (select count(*) from ledger.attempt a where a.worker_id = w.id and a.outcome = 'succeeded'),"
            " exists (select 1 from ledger.job j where j.worker_id = w.id and j.state = 'running') from ledger.worker w where w.pid = %(pid)s"
        )
        with db.quick() as connection:
            row = connection.exec_driver_sql(query, {"pid": self.process.pid}).first()
        return row is not None and tuple(row) == (self.sound - 1, True)

    def kill(self) -> None:
        """As the kernel does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)


class Floor:
    """The processes of a test, a sweeper that never sleeps, and the questions."""

    def __init__(self, desk: Any, folder: Path) -> None:
        self.desk, self.folder = desk, folder
        self.machines: list[Machine] = []

    def machine(self, name: str, seconds: float = 0.15, *, hangs: int = 0) -> Machine:
        """Start one; it hangs in the part of that number."""
        made = Machine(self.folder / name, seconds, hangs)
        self.machines.append(made)
        return made

    def heard(self, job: UUID | None = None) -> int:
        """How many windows are committed."""
        query = (
            "select count(*) from transcription.window w join transcription.recording r on r.id = w.recording_id where w.state = 'heard'"
        )
        return int(self.desk.sql(query + (" and r.job_id = :job" if job else ""), **({"job": job} if job else {}))[0][0])

    def until(self, what: Callable[[], Any], seconds: float = 60) -> None:
        """Look again and again until it is so, while the sweeper does its work."""
        end, sweeping = time.monotonic() + seconds, sweeper.Sweeper()
        while not what():
            with db.quick() as connection:
                connection.exec_driver_sql(
                    "update ledger.job set scheduled_at = clock_timestamp() where state in ('retrying', 'scheduled')"
                )
            sweeping.sweep()
            assert time.monotonic() < end, self.desk.sql("select kind, state, error from ledger.job")
            time.sleep(0.02)

    def final(self, job: UUID) -> bool:
        """Whether it has ended."""
        return bool(self.desk.job(job).final)

    @contextmanager
    def pool(self, name: str) -> Iterator[Process]:
        """A pool in this process."""
        card, using = service.find("transcription"), broker.make()
        process = Process(card, card.pool(name), handlers(), using=using)
        process.start()
        try:
            yield process
        finally:
            process.stop(grace=10)
            using.close()


@pytest.fixture
def floor(desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Floor]:
    """The pool that prepares and writes is in this process; whatever a test starts is gone at its end. Bells that a dead worker took are rung again soon."""
    monkeypatch.setattr(sweeper, "_UNKNOWN_AFTER", 0.5)
    monkeypatch.setattr(sweeper, "_PASSED_AFTER", 2.0)
    made = Floor(desk, tmp_path)
    with made.pool("io"):
        try:
            yield made
        finally:
            for machine in made.machines:
                machine.kill()


def test_two_machines_share_a_recording_one_is_killed_and_the_text_is_that_of_an_undisturbed_one(floor: Floor, desk: Any) -> None:
    """Letter by letter; and no part but the one that died with its machine was heard twice."""
    key, other = desk.upload(90.0), desk.upload(90.0)
    first, second = floor.machine("first", hangs=2), floor.machine("second")
    floor.until(lambda: desk.sql("select count(*) from ledger.worker where pool = 'cpu' and stopped_at is null")[0][0] == 2)
    job = desk.ask(key)
    floor.until(lambda: floor.heard(job) >= 2 * PART and first.hangs())
    first.kill()
    floor.until(lambda: floor.final(job))
    calm = desk.ask(other)
    floor.until(lambda: floor.final(calm))
    desk.done(calm)
    desk.done(job)
    assert desk.text(job) == desk.text(calm)
    assert desk.sql("select count(*) from transcription.window where attempts > 1")[0][0] <= PART
    assert desk.sql("select count(*) from ledger.attempt where outcome = 'worker died'") == [(1,)]
    wav = f"{recording(desk, job)}.wav"
    assert (first.scratch / wav).exists(), "each had its own copy of the sound, made from what is stored"
    assert (second.scratch / wav).exists()


def test_an_urgent_recording_overtakes_one_that_runs_and_that_goes_on_later(floor: Floor, desk: Any, scripted: Any) -> None:
    """With one process: the part that runs is finished, then come all the urgent ones, then the rest; nobody is charged for it."""
    inside, leave = threading.Event(), threading.Event()

    def hold(_windows: Any) -> None:
        if len(scripted.calls) == 2:
            inside.set()
            leave.wait(60)

    scripted.during = hold
    normal = desk.ask(desk.upload(100.0))
    with floor.pool("cpu") as process:
        floor.until(inside.is_set)
        urgent = desk.ask(desk.upload(60.0, seed=2), priority="high")
        waiting = process._worker.work_queue.queue
        floor.until(lambda: sum(item.message.queue_name == "transcription.high" for item in list(waiting)) == 2)
        leave.set()
        floor.until(lambda: floor.final(urgent) and floor.final(normal))
    desk.done(urgent)
    desk.done(normal)
    order = desk.sql(
        "select j.kind from ledger.attempt a join ledger.job j on j.id = a.job_id"
        " where j.kind like 'transcription.listen%' order by a.started_at"
    )
    assert [kind.removeprefix("transcription.") for (kind,) in order] == ["listen"] * 2 + ["listen_high"] * 3 + ["listen"] * 3
    assert desk.sql("select count(*) from ledger.attempt where outcome <> 'succeeded' and charged") == [(0,)]


def test_a_cancelled_recording_stops_between_two_parts_and_its_files_go(floor: Floor, desk: Any, scripted: Any, setting: Any) -> None:
    inside = threading.Event()

    def hold(_windows: Any) -> None:
        if len(scripted.calls) == 2:
            inside.set()
            for _ in range(1000):  # until it is interrupted
                time.sleep(0.02)

    scripted.during = hold
    key = desk.upload(100.0)
    job = desk.ask(key)
    with floor.pool("cpu"):
        floor.until(inside.is_set)
        with db.transaction() as session:
            ledger.cancel(session, job, by="ayşe")
        floor.until(lambda: desk.sql("select count(*) from ledger.job where finished_at is null")[0][0] == 0, 20)
    assert desk.job(job).state == "cancelled"
    assert floor.heard(job) == PART
    assert len(scripted.calls) == 2
    setting(keep_failed_days=0)
    retention.prune()
    assert desk.sql("select source_key from transcription.recording") == [(None,)]
    assert list((floor.folder / "scratch").iterdir()) == []


def test_a_cancelled_recording_goes_on_where_it_was_when_somebody_runs_it_again(floor: Floor, desk: Any, scripted: Any) -> None:
    scripted.seconds = 0.1
    job = desk.ask(desk.upload(100.0))
    with floor.pool("cpu"):
        floor.until(lambda: floor.heard(job) >= PART)
        with db.transaction() as session:
            ledger.cancel(session, job, by="ayşe")
        floor.until(lambda: desk.sql("select count(*) from ledger.job where finished_at is null")[0][0] == 0, 20)
        had = floor.heard(job)
        scripted.calls.clear()
        with db.transaction() as session:
            ledger.retry(session, job, by="ayşe")
        floor.until(lambda: floor.final(job))
    desk.done(job)
    assert sum(len(windows) for windows in scripted.calls) == 20 - had


def recording(desk: Any, job: UUID) -> UUID:
    ((found,),) = desk.sql("select id from transcription.recording where job_id = :job", job=job)
    return found  # type: ignore[no-any-return]
