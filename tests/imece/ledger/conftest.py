"""Jobs of a made-up kind, put into any state, for the tests of the ledger."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import redis
import sqlalchemy as sa

from imece import broker, db, ledger
from imece.contracts import Contract
from imece.ids import new_id
from imece.ledger import moves
from imece.ledger.models import Attempt, Job
from imece.ledger.moves import Claimed


class Step(Contract, kind="ledgertest.step", queue="ledgertest.steps"):
    """Nothing is done."""

    number: int = 0
    text: str = ""


class Pack(Contract, kind="ledgertest.pack", queue="ledgertest.packs"):
    """Nothing is done, after the others."""


@dataclass(frozen=True)
class Desk:
    """What a test does with the ledger, in one word each. Every call is a transaction of its own."""

    Step: type[Step] = Step
    Pack: type[Pack] = Pack
    me: UUID = field(default_factory=new_id)  #: the worker that claims, where the test names no other

    def submit(self, contract: Contract | None = None, **how: Any) -> UUID:
        with db.transaction() as session:
            return ledger.submit(session, contract or Step(), **how)

    def submit_many(self, count: int, **how: Any) -> list[UUID]:
        with db.transaction() as session:
            return ledger.submit_many(session, [Step(number=n) for n in range(count)], **how)

    def claim(self, job_id: UUID, worker: UUID | None = None) -> Claimed:
        with db.quick() as connection:
            (claimed,) = moves.claim(connection, [job_id], worker or self.me)
        return claimed

    def succeed(self, claimed: Claimed, result: str | None = None, worker: UUID | None = None) -> list[moves.Ring]:
        with db.quick() as connection:
            moved, freed = moves.succeed(connection, [(moves.Attempt(claimed.id, claimed.attempt), result)], worker or self.me)
        assert moved == {claimed.id}
        return freed

    def fail(self, claimed: Claimed) -> list[moves.Ring]:
        with db.quick() as connection:
            ending = moves.Ending("failed", charged=True, error={"type": "Permanent", "en": "no", "tr": "yok"}, traceback="here")
            moved, freed = moves.end(connection, moves.Attempt(claimed.id, claimed.attempt), ledger.State.FAILED, ending, self.me)
        assert moved
        return freed

    def job(self, job_id: UUID) -> Job:
        with db.transaction() as session:
            return ledger.find(session, job_id)

    def state(self, job_id: UUID) -> str:
        return self.job(job_id).state

    def attempts(self, job_id: UUID) -> list[Attempt]:
        with db.transaction() as session:
            return list(session.scalars(sa.select(Attempt).where(Attempt.job_id == job_id).order_by(Attempt.number)))

    def worker(self, *, silent: timedelta = timedelta(0), died: bool = False, running: list[UUID] | None = None, **more: Any) -> UUID:
        """A worker's row whose last heartbeat is `silent` old."""
        worker_id = new_id()
        row = {"id": worker_id, "machine": "elsewhere", "pid": 1, "pid_started": 0.0, "queues": ["ledgertest.steps"]} | more
        self.sql(
            "insert into ledger.worker (id, service, pool, host, machine, pid, pid_started, queues, threads, heartbeat_at, stopped_at, died, running)"
            " values (:id, 'ledgertest', 'io', 'there', :machine, :pid, :pid_started, :queues, 4, clock_timestamp() - :silent,"
            " case when :died then clock_timestamp() end, :died, cast(:running as uuid[]))",
            **row, silent=silent, died=died, running=[str(one) for one in running or []],
        )  # fmt: skip
        return worker_id

    def sql(self, statement: str, **values: Any) -> Any:
        with db.quick() as connection:
            result = connection.execute(sa.text(statement), values)
            return result.all() if result.returns_rows else None

    def rings(self, queue: str = "ledgertest.steps") -> list[str]:
        """The job ids that Redis holds for a queue, in order; a job rung twice is there twice."""
        client = broker.broker().client
        name = f"imece:{queue}"
        ids = client.lrange(name, 0, -1)
        bodies = client.hmget(f"{name}.msgs", ids) if ids else []
        return [broker.Encoder().decode(body)["message_id"] for body in bodies]


@pytest.fixture
def desk(database: sa.Engine, redis_client: redis.Redis) -> Desk:
    """An empty ledger and an empty Redis."""
    return Desk()
