"""
A service of its own for these tests: kinds of work that behave well, badly, or not at all, and a table in which their effects are counted.

The table has no unique key on purpose: what keeps an effect from happening twice must be the ledger.
"""

import ctypes
import os
import signal
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from imece import db
from imece.contracts import Contract, Result
from imece.errors import Permanent, Snooze, Transient
from imece.service import Pool, Service, Tick
from imece.worker import Job, actor

#: A time that does not come.
FAR = datetime(2100, 1, 1, tzinfo=UTC)

TABLES = """
    create schema if not exists flows;
    create table if not exists flows.effect (
        job_id uuid not null, attempt integer not null, pid integer not null, at timestamptz not null default clock_timestamp()
    );
    create table if not exists flows.begun (
        job_id uuid not null, attempt integer not null, pid integer not null, at timestamptz not null default clock_timestamp()
    );
    create table if not exists flows.batch (job_id uuid primary key, stage text not null)"""


class Write(Contract, kind="flows.write", queue="flows.work", max_attempts=5):
    """Take `seconds`, at least in the first attempt, then write one effect and finish, in one transaction."""

    number: int = 0
    seconds: float = 0.0
    once: bool = False


class Nothing(Contract, kind="flows.nothing", queue="flows.work"):
    """Return at once."""


class Chain(Contract, kind="flows.chain", queue="flows.work", max_attempts=5):
    """Write one effect and ask for the next link, in one transaction."""

    left: int


class Kill(Contract, kind="flows.kill", queue="flows.work", max_attempts=3):
    """Kill the process that runs it."""

    how: Literal["kill", "exit", "segv"] = "kill"


class Vanish(Contract, kind="flows.vanish", queue="flows.work", max_attempts=3):
    """Write an effect, ask for a follow-up, finish, and die before the commit; in the second attempt without dying."""


class Hang(
    Contract, kind="flows.hang", queue="flows.slow", max_attempts=1, soft_limit=timedelta(seconds=0.5), hard_limit=timedelta(seconds=2)
):
    """Stay in C for `seconds`, with or without the interpreter's lock; or, in Python, only heed the soft limit."""

    seconds: float = 30.0
    where: Literal["python", "c", "lock"] = "c"


class Hold(Contract, kind="flows.hold", queue="flows.slow"):
    """Hold the interpreter's lock for `seconds`, then write one effect and finish."""

    seconds: float


class Loop(Contract, kind="flows.loop", queue="flows.slow"):
    """Turn round and round until somebody asks for the end; with `progress`, say how far that is."""

    progress: bool = False


class Part(Contract, kind="flows.part", queue="flows.work", max_attempts=1):
    """One of many; fails when it is told to."""

    number: int
    fails: bool = False
    seconds: float = 0.0


class Gathered(Result):
    """How the parts ended, by their numbers."""

    succeeded: list[int]
    failed: list[int]


class Gather(Contract, kind="flows.gather", queue="flows.work", max_attempts=3, result=Gathered):
    """Ask for `parts` and wait for them; the later phase takes `seconds`."""

    parts: int
    failing: tuple[int, ...] = ()
    seconds: float = 0.0
    part_seconds: float = 0.0


class Later(Contract, kind="flows.later", queue="flows.work", max_attempts=1):
    """Snooze twice, then write an effect."""


class Busy(Contract, kind="flows.busy", queue="flows.work", max_attempts=2):
    """The other side asks for two seconds of patience, once."""


class Strike(Contract, kind="flows.strike", queue="flows.work"):
    """What the clock asks for every minute: one effect."""


card = Service(
    "flows",
    "what the tests of whole paths run",
    pools=(
        Pool("io", ("flows.work", "flows.slow"), threads=4, prefetch=16),
        Pool("two", ("flows.work", "flows.slow"), threads=2, prefetch=16),
        Pool("one", ("flows.work", "flows.slow"), threads=1, prefetch=8),
    ),
    has_schema=False,
)
ticking = replace(card, ticks=(Tick("* * * * *", Strike()),))


def _note(session: Any, table: str, job: Job) -> None:
    session.execute(
        sa.text(f"insert into flows.{table} (job_id, attempt, pid) values (:job, :attempt, :pid)"),
        {"job": job.id, "attempt": job.attempt, "pid": os.getpid()},
    )


def _begin(job: Job) -> None:
    with db.quick() as connection:
        _note(connection, "begun", job)


def _finish(job: Job) -> None:
    with job.transaction() as session:
        _note(session, "effect", job)
        job.finish(session)


@actor(Write)
def write(job: Job, contract: Write) -> None:
    if contract.seconds >= 1:
        _begin(job)
    if job.attempt == 1 or not contract.once:
        time.sleep(contract.seconds)
    _finish(job)


@actor(Nothing)
def nothing(job: Job, contract: Nothing) -> None:
    return


@actor(Chain)
def chain(job: Job, contract: Chain) -> None:
    with job.transaction() as session:
        _note(session, "effect", job)
        if contract.left:
            job.submit(session, Chain(left=contract.left - 1))
        job.finish(session)


@actor(Kill)
def kill(job: Job, contract: Kill) -> None:
    match contract.how:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "exit":
            os._exit(3)
        case "segv":
            ctypes.string_at(0)


@actor(Vanish)
def vanish(job: Job, contract: Vanish) -> None:
    with job.transaction() as session:
        _note(session, "effect", job)
        job.submit(session, Write())
        job.finish(session)
        if job.attempt == 1:
            os.kill(os.getpid(), signal.SIGKILL)


@actor(Hang)
def hang(job: Job, contract: Hang) -> None:
    _begin(job)
    end = time.monotonic() + contract.seconds
    match contract.where:
        case "python":
            while time.monotonic() < end:
                pass
        case "c":
            time.sleep(contract.seconds)
        case "lock":
            ctypes.PyDLL(None).sleep(int(contract.seconds))


@actor(Hold)
def hold(job: Job, contract: Hold) -> None:
    _begin(job)
    if job.attempt == 1:
        ctypes.PyDLL(None).usleep(int(contract.seconds * 1_000_000))
    _finish(job)


@actor(Loop)
def loop(job: Job, contract: Loop) -> None:
    _begin(job)
    done = 0
    while True:
        done += 1
        if contract.progress:
            time.sleep(0.1)
            job.progress(done)


@actor(Part)
def part(job: Job, contract: Part) -> None:
    time.sleep(contract.seconds)
    if contract.fails:
        raise Permanent(f"Part {contract.number} was told to fail.")
    _finish(job)


@actor(Gather)
def gather(job: Job, contract: Gather) -> Gathered | None:
    with job.transaction() as session:
        stage = session.execute(sa.text("select stage from flows.batch where job_id = :id"), {"id": job.id}).scalar()
        if stage is None:
            session.execute(sa.text("insert into flows.batch values (:id, 'waiting')"), {"id": job.id})
            parts = [Part(number=n, fails=n in contract.failing, seconds=contract.part_seconds) for n in range(contract.parts)]
            job.wait_for(session, parts, {"tr": "parça", "en": "parts"})
            return None
    _begin(job)
    time.sleep(contract.seconds)
    ended = job.children("flows.part")
    result = Gathered(
        succeeded=sorted(child.args["number"] for child in ended if child.state == "succeeded"),
        failed=sorted(child.args["number"] for child in ended if child.state != "succeeded"),
    )
    with job.transaction() as session:
        _note(session, "effect", job)
        job.finish(session, result)
    return result


@actor(Later)
def later(job: Job, contract: Later) -> None:
    if job.attempt <= 2:
        raise Snooze(timedelta(seconds=1))
    _finish(job)


@actor(Busy)
def busy(job: Job, contract: Busy) -> None:
    if job.attempt == 1:
        raise Transient("429", retry_after=timedelta(seconds=2))
    _finish(job)


@actor(Strike)
def strike(job: Job, contract: Strike) -> None:
    _finish(job)
