"""A kind of work whose handler each test writes itself."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any
from uuid import UUID

import pytest
import redis
import sqlalchemy as sa

from imece import broker, db, ledger
from imece.contracts import Contract, Result
from imece.ids import new_id
from imece.ledger.models import Attempt
from imece.service import Pool, Service
from imece.worker.attempts import Attempts
from imece.worker.run import Process

QUEUES = ("workertest.steps",)
CARD = Service("workertest", "for the tests", (Pool("io", QUEUES),), has_schema=False)


class Counted(Result):
    """What a step gives back."""

    count: int
    text: str = ""


class Step(Contract, kind="workertest.step", queue="workertest.steps", result=Counted):
    """Whatever the test's handler does."""

    number: int = 0


class Urgent(Contract, kind="workertest.urgent", queue="workertest.urgent"):
    """What goes before a step where the pool is ordered."""


class Part(Contract, kind="workertest.part", queue="workertest.steps", max_attempts=1):
    """What a step may ask for."""

    number: int = 0


@dataclass
class Bench:
    """What a test does with a worker. Every call to the ledger is a transaction of its own."""

    Step: type[Step] = Step
    Part: type[Part] = Part
    Urgent: type[Urgent] = Urgent
    Counted: type[Counted] = Counted
    open: ExitStack = field(default_factory=ExitStack)  #: connections to close at the end
    stops: ExitStack = field(default_factory=ExitStack)  #: processes to stop before that

    def submit(self, contract: Contract | None = None, **how: Any) -> UUID:
        with db.transaction() as session:
            return ledger.submit(session, contract or Step(), **how)

    def job(self, job_id: UUID) -> ledger.Job:
        with db.transaction() as session:
            return ledger.find(session, job_id)

    def state(self, job_id: UUID) -> str:
        return self.job(job_id).state

    def tries(self, job_id: UUID) -> list[tuple[str, bool]]:
        """Outcome and whether it was charged, of every attempt that ended."""
        with db.transaction() as session:
            rows = session.execute(sa.select(Attempt.outcome, Attempt.charged).where(Attempt.job_id == job_id).order_by(Attempt.number))
            return [(outcome, charged) for outcome, charged in rows]

    def sql(self, statement: str, **values: Any) -> Any:
        with db.quick() as connection:
            result = connection.execute(sa.text(statement), values)
            return result.all() if result.returns_rows else None

    def cancel(self, job_id: UUID) -> None:
        with db.transaction() as session:
            ledger.cancel(session, job_id, by="ayşe")

    def take_away(self, job_id: UUID) -> None:
        """As the sweeper does when it takes the worker for dead."""
        self.sql(
            "update ledger.job set state = 'queued', worker_id = null, sent_at = null, forgiven = forgiven + 1 where id = :id", id=job_id
        )

    @contextmanager
    def attempts(self, handlers: Mapping[str, Any] | Callable[..., Any]) -> Iterator[Attempts]:
        """The attempts of a worker without threads: `perform` runs in the caller's. What succeeded is written down at the end of the block."""
        work = handlers if isinstance(handlers, Mapping) else {"workertest.step": handlers}
        attempts = Attempts(new_id(), work, Event())
        attempts.start()
        try:
            yield attempts
        finally:
            attempts.stop(10)

    def run(self, handlers: Mapping[str, Any] | Callable[..., Any], contract: Contract | None = None, **how: Any) -> UUID:
        """Submit one job and perform one attempt at it."""
        job_id = self.submit(contract, **how)
        with self.attempts(handlers) as attempts:
            attempts.perform(str(job_id))
        return job_id

    def process(self, handlers: Mapping[str, Any] | Callable[..., Any], *, queues: tuple[str, ...] = QUEUES, **pool: Any) -> Process:
        """A worker with threads, started; stopped at the end of the test."""
        work = handlers if isinstance(handlers, Mapping) else {"workertest.step": handlers}
        using = broker.make()
        self.open.callback(using.close)
        process = Process(CARD, Pool("io", queues, **pool), work, using=using)
        process._worker.worker_timeout = 20  # milliseconds between two looks whether it should stop
        process.start()
        self.stops.callback(process.stop, 2)
        return process

    def until(self, what: Callable[[], Any], seconds: float = 20) -> None:
        """Look again and again until it is so."""
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, f"not so after {seconds} s"
            time.sleep(0.005)


@pytest.fixture
def bench(database: sa.Engine, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """An empty ledger, an empty Redis, no worker."""
    monkeypatch.setattr(broker, "_NAP", 0.05)  # a stopping worker waits for the end of a nap
    made = Bench()
    with made.open, made.stops:
        yield made
