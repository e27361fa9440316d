"""Workers and schedulers as real processes, and the questions that every broken path must answer."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import redis
import sqlalchemy as sa

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import house  # noqa: E402 (from the folder just named; the processes import it in the same way)

from imece import broker, db, ledger  # noqa: E402
from imece.contracts import Contract  # noqa: E402
from imece.embedded.server import launched  # noqa: E402
from imece.testing import Stack  # noqa: E402

#: Time runs faster for tests of the fast suite: a heartbeat every half second, dead after two seconds of silence.
HASTE = {
    "imece.ledger.presence.HEARTBEAT": 0.5,
    "imece.ledger.presence.STALE": 2.0,
    "imece.ledger.sweeper._UNKNOWN_AFTER": 0.5,
    "imece.ledger.sweeper._PASSED_AFTER": 4.0,
    "imece.scheduler._SWEEP": 0.1,
    "dramatiq.worker.CONSUMER_RESTART_DELAY_SECS": 0.3,
}


class Nursery:
    """Starts processes and knows which have ended. One for the whole test run."""

    def __init__(self) -> None:
        self._members: dict[str, Member] = {}
        self._writing = threading.Lock()
        command = launched([sys.executable, str(HERE / "nursery.py")], sig="SIGKILL")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self._listener = threading.Thread(target=self._listen, name="nursery", daemon=True)
        self._listener.start()

    def start(self, member: "Member") -> None:
        """Start it, or start it again."""
        self._members[member.order["name"]] = member
        assert self.process.stdin is not None
        with self._writing:
            self.process.stdin.write(json.dumps(member.order) + "\n")

    def close(self) -> None:
        """End, and everything it started with it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)
        self._listener.join(20)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            news = json.loads(line)
            if "started" in news:
                self._members[news["started"]].on_start(news["pid"])
            elif "ended" in news:
                self._members[news["ended"]].on_end(news["code"])


class Member:
    """One process. With `kept`, it is started again whenever it ends, as supervision does."""

    def __init__(self, nursery: Nursery, order: dict[str, Any], *, kept: bool) -> None:
        self.order, self.kept = order, kept
        self.codes: list[int] = []  #: exit codes of its lives
        self._lives = 0
        self._nursery = nursery
        self._pid: int | None = None
        self._news = threading.Condition()
        self._start()

    @property
    def pid(self) -> int:
        """Of the process that runs now; waits for it to be started."""
        with self._news:
            assert self._news.wait_for(lambda: self._pid is not None, 20)
            assert self._pid is not None
            return self._pid

    def signal(self, number: signal.Signals) -> int:
        """Send a signal; returns the pid that got it."""
        pid = self.pid
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        return pid

    def kill(self) -> int:
        """End it with SIGKILL, and wait until it is gone."""
        ended, pid = len(self.codes), self.signal(signal.SIGKILL)
        with self._news:
            assert self._news.wait_for(lambda: len(self.codes) > ended, 20)
        return pid

    def stop(self, seconds: float = 30) -> int:
        """Send SIGTERM and wait; returns the exit code."""
        self.kept = False
        self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def wait(self, seconds: float = 30) -> int:
        """Wait until it has ended; returns the exit code."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.codes) == self._lives, seconds), f"still runs after {seconds} s"
            return self.codes[-1]

    def log(self) -> str:
        """What it has said so far, in all its lives."""
        return Path(self.order["log"]).read_text(encoding="utf-8", errors="replace")

    def on_start(self, pid: int) -> None:
        """The nursery's news."""
        with self._news:
            self._pid = pid
            self._news.notify_all()

    def on_end(self, code: int) -> None:
        """The nursery's news."""
        with self._news:
            self._pid = None
            self.codes.append(code)
            if self.kept:
                self._start()
            self._news.notify_all()

    def end(self) -> None:
        """End it for good, whatever it does."""
        with self._news:
            self.kept = False
            ended = len(self.codes) == self._lives
        if not ended:
            self.signal(signal.SIGKILL)
            self.wait()

    def _start(self) -> None:
        self._lives += 1
        self._nursery.start(self)


@dataclass
class Crew:
    """Everything that runs in a test, and what it has done."""

    stack: Stack
    nursery: Nursery
    logs: Path
    haste: dict[str, float] = field(default_factory=lambda: dict(HASTE))
    members: list[Member] = field(default_factory=list)

    def worker(self, pool: str = "io", *, kept: bool = True, machine: str | None = None, grace: float = 5, **more: Any) -> Member:
        """A worker process. `machine` makes it look as if it ran elsewhere, so that nobody can see its pid."""
        changes: dict[str, Any] = dict(self.haste)
        return self._start(["worker", pool], kept, changes, {"IMECE_GRACE": str(grace), "FLOWS_MACHINE": machine or ""}, more)

    def scheduler(self, *, kept: bool = True, **more: Any) -> Member:
        """A scheduler process; with `speed`, its clock runs that many times as fast."""
        return self._start(["scheduler"], kept, dict(self.haste), {}, more)

    def _start(self, run: list[str], kept: bool, changes: dict[str, Any], env: dict[str, str], more: dict[str, Any]) -> Member:
        name = f"{len(self.members)}-{'-'.join(run)}"
        order = {"name": f"{self.logs.name}/{name}", "run": run, "set": changes | more.pop("set", {}), "log": str(self.logs / name), **more}
        order["env"] = {"IMECE_HOME": str(self.stack.home)} | env
        member = Member(self.nursery, order, kept=kept)
        self.members.append(member)
        return member

    def submit(self, contract: Contract | None = None, **how: Any) -> UUID:
        """Ask for one job, in a transaction of its own."""
        with db.transaction() as session:
            return ledger.submit(session, contract or house.Write(), **how)

    def submit_many(self, count: int, seconds: float = 0.0) -> list[UUID]:
        """Ask for `count` jobs that write one effect each."""
        with db.transaction() as session:
            return ledger.submit_many(session, [house.Write(number=n, seconds=seconds) for n in range(count)])

    def job(self, job_id: UUID) -> ledger.Job:
        """The row."""
        with db.transaction() as session:
            return ledger.find(session, job_id)

    def state(self, job_id: UUID) -> str:
        """Its state."""
        return self.job(job_id).state

    def sql(self, statement: str, **values: Any) -> Sequence[Any]:
        """One statement; its rows."""
        with db.quick() as connection:
            result = connection.execute(sa.text(statement), values)
            return result.all() if result.returns_rows else []

    def tries(self, job_id: UUID) -> list[tuple[str, bool]]:
        """Outcome and whether it was charged, of every attempt that ended."""
        rows = self.sql("select outcome, charged from ledger.attempt where job_id = :id order by number", id=job_id)
        return [(outcome, charged) for outcome, charged in rows]

    def begun(self, job_id: UUID) -> int:
        """How many attempts have entered the handler."""
        return int(self.sql("select count(*) from flows.begun where job_id = :id", id=job_id)[0][0])

    def effects(self, job_id: UUID) -> int:
        """How often the job has had its effect."""
        return int(self.sql("select count(*) from flows.effect where job_id = :id", id=job_id)[0][0])

    def messages_waiting(self, queue: str = "flows.work") -> int:
        """How many messages of the queue nobody has fetched."""
        return int(broker.broker().client.llen(f"imece:{queue}"))

    def until(self, what: Callable[[], Any], seconds: float = 30) -> float:
        """Look again and again until it is so; returns how long that took."""
        began = time.monotonic()
        while True:
            try:
                if what():
                    return time.monotonic() - began
            except sa.exc.OperationalError:
                pass  # the test has just broken it
            assert time.monotonic() - began < seconds, f"not so after {seconds} s; {self.left()}"
            time.sleep(0.02)

    def until_final(self, seconds: float = 60) -> float:
        """Until every job is final; returns how long that took."""
        return self.until(lambda: self.sql("select count(*) from ledger.job where finished_at is null")[0][0] == 0, seconds)

    def left(self) -> str:
        """What is in the ledger, in one line."""
        return ", ".join(
            f"{count} {kind} {state}" for kind, state, count in self.sql("select kind, state, count(*) from ledger.job group by 1, 2")
        )

    def ready(self, *members: Member) -> None:
        """Until these workers have arrived in the ledger."""
        for member in members:
            self.until(
                lambda member=member: self.sql("select 1 from ledger.worker where pid = :pid and stopped_at is null", pid=member.pid)
            )

    def all_succeeded_once(self, ids: Iterable[UUID]) -> None:
        """Every job succeeded, its effect is there exactly once, and it happened in the attempt that succeeded."""
        wrong = self.sql(
            """
            select j.id, j.kind, j.state, j.attempt, e.count, e.attempt, j.error from unnest(cast(:ids as uuid[])) as w(id) left join ledger.job j using (id)
            left join (select job_id, count(*) as count, max(attempt) as attempt from flows.effect group by job_id) e on e.job_id = w.id
            where j.state is distinct from 'succeeded' or e.count is distinct from 1 or e.attempt is distinct from j.attempt""",
            ids=[str(job_id) for job_id in ids],
        )
        assert wrong == [], f"{len(wrong)} jobs, the first: {wrong[0]}"

    def nothing_was_charged_but(self, *guilty: UUID) -> None:
        """No attempt was held against any other job, but those that succeeded."""
        query = "select outcome, error, traceback from ledger.attempt where charged and outcome <> 'succeeded' and job_id <> all(cast(:ids as uuid[]))"
        wrong = self.sql(query, ids=[str(job_id) for job_id in guilty])
        assert wrong == [], f"{len(wrong)} attempts, the first: {wrong[0]}"

    def close(self) -> None:
        """End every process."""
        for member in self.members:
            member.end()


@pytest.fixture(scope="session")
def nursery(stack: Stack) -> Iterator[Nursery]:
    """Where processes come from."""
    made = Nursery()
    yield made
    made.close()


@pytest.fixture
def crew(stack: Stack, database: sa.Engine, redis_client: redis.Redis, nursery: Nursery, tmp_path: Path) -> Iterator[Crew]:
    """An empty ledger, an empty Redis, nobody at work; whatever the test starts is gone at its end."""
    with db.quick() as connection:
        connection.execute(sa.text(house.TABLES))
        connection.execute(sa.text("truncate flows.effect, flows.begun, flows.batch"))
    made = Crew(stack, nursery, tmp_path)
    try:
        yield made
    finally:
        made.close()
        stack.start()
