"""What the tests of documents share: a company with a letterhead, and a notify that is played."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import redis
import sqlalchemy as sa

from documents import senders
from imece import db, ids, ledger, service
from imece.contracts.notify import EmailSent, SendEmail
from imece.errors import ImeceError
from imece.ledger import sweeper
from imece.worker import Job
from imece.worker.actor import handlers
from imece.worker.attempts import Attempts

LETTERHEAD: dict[str, Any] = {
    "title": "Örnek Yapı Malzemeleri A.Ş.",
    "address": "Ertuğrul Gazi Sok. No: 2/7, Ataşehir",
    "city": "İstanbul",
    "tax_number": "4540536920",
    "tax_office": "Kozyatağı",
    "email": "muhasebe@ornekyapi.example",
    "contact": "Ayşe Yılmaz",
}


class Post:
    """A notify that is played: `sent` are the mails it was asked for, in order; an address in `refuses` gets that error."""

    def __init__(self) -> None:
        self.sent: list[SendEmail] = []
        self.refuses: dict[str, ImeceError] = {}

    def send(self, job: Job, contract: SendEmail) -> EmailSent:
        """What the actor of `notify.send_email` does here."""
        self.sent.append(contract)
        if contract.to in self.refuses:
            raise self.refuses[contract.to]
        return EmailSent(message_id=f"<{job.id}@test>", answer="250 ok")


@pytest.fixture
def letterhead(database: sa.Engine, company: UUID) -> UUID:
    """A company that has a letterhead."""
    with db.transaction() as session:
        senders.put(session, company, **LETTERHEAD)
    return company


@pytest.fixture
def post() -> Post:
    """The played notify."""
    return Post()


@pytest.fixture
def work(database: sa.Engine, redis_client: redis.Redis, post: Post) -> Callable[[], None]:
    """
    `work()`: do the jobs of documents, and of the played notify, until all are final.

    As a worker does them, but one after the other in this thread: no time is lost with starting and stopping one.
    """
    service.find("documents").load_actors()

    def run() -> None:
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
            attempts = Attempts(ids.new_id(), {**handlers(), SendEmail.kind: post.send}, threading.Event())
            attempts.start()
            for job_id in waiting:
                attempts.perform(str(job_id))
            attempts.stop(patience=10)
        raise AssertionError(f"{len(waiting)} jobs are not final")

    return run
