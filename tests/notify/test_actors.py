"""Claims about whole jobs: submitted, worked, retried through the ledger."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.notify.conftest import Catching, point_to

from imece import db, ledger
from imece.contracts import Contract
from imece.contracts.notify import PruneMessages, SendEmail
from imece.errors import Misconfigured
from imece.ledger import Job
from imece.testing import Stack
from notify.models import Effect, Message
from notify.settings import Settings

pytestmark = pytest.mark.usefixtures("database")

Work = Callable[..., None]


def submit(company: UUID, contract: Contract) -> UUID:
    with db.transaction() as session:
        return ledger.submit(session, contract, company_id=company, requested_by="ali")


def job_of(job: UUID) -> Job:
    with db.transaction() as session:
        return ledger.find(session, job)


def test_two_hundred_mails_arrive_once_each(catching: Settings, catcher: Catching, company: UUID, work: Work) -> None:
    wanted = [SendEmail(to=f"ali{number}@example.com", subject=f"Mektup {number}", text="Metin") for number in range(200)]
    with db.transaction() as session:
        jobs = ledger.submit_many(session, wanted, company_id=company)

    work("notify")

    assert {job_of(job).state for job in jobs} == {"succeeded"}
    assert [len(catcher.held(f"<{job}@localhost>")) for job in jobs] == [1] * 200


def test_the_result_is_the_message_id_and_the_servers_word(catching: Settings, company: UUID, work: Work) -> None:
    job = submit(company, SendEmail(to="ali@example.com", subject="Konu", text="Metin"))

    work("notify")

    assert job_of(job).result == {"message_id": f"<{job}@localhost>", "answer": f"250 2.0.0 Kept as {job}@localhost.eml"}
    with db.transaction() as session:
        message = session.scalars(sa.select(Message)).one()
    assert (message.company_id, message.job_id, message.channel, message.recipient) == (company, job, "email", "ali@example.com")


def test_an_unknown_outcome_fails_the_job_and_only_a_persons_retry_sends_again(
    live: Settings, catcher: Catching, company: UUID, work: Work
) -> None:
    job = submit(company, SendEmail(to="ali+drop-afterx1@example.com", subject="Konu", text="Metin"))
    work("notify")
    failed = job_of(job)
    assert failed.state == "failed"
    assert failed.error is not None
    assert failed.error["type"] == "Unknown"
    assert failed.attempt == 1
    assert len(catcher.held(f"<{job}@sirket.example>")) == 1

    with db.transaction() as session:
        ledger.retry(session, job, by="ayse")
    work("notify")

    assert job_of(job).state == "succeeded"
    assert len(catcher.held(f"<{job}@sirket.example>")) == 2
    with db.transaction() as session:
        assert session.scalars(sa.select(Effect)).one().asked_by == "ayse"


def test_a_busy_mailbox_is_tried_again_and_a_wrong_one_is_not(live: Settings, company: UUID, work: Work) -> None:
    busy = submit(company, SendEmail(to="ali+450x2@example.com", subject="Konu", text="Metin"))
    wrong = submit(company, SendEmail(to="veli+550@example.com", subject="Konu", text="Metin"))

    work("notify")

    assert (job_of(busy).state, job_of(busy).attempt) == ("succeeded", 3)
    assert (job_of(wrong).state, job_of(wrong).attempt) == ("failed", 1)


def test_prune_is_a_job_that_says_how_much_went(catching: Settings, company: UUID, work: Work) -> None:
    job = submit(company, PruneMessages())

    work("notify")

    assert job_of(job).state == "succeeded"


@pytest.fixture
def unready(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from notify.settings import settings

    monkeypatch.setenv("NOTIFY_MODE", "live")
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_a_worker_that_could_not_mail_refuses_to_start(unready: None) -> None:
    import importlib

    import notify.actors

    with pytest.raises(Misconfigured, match="NOTIFY_MODE=live needs NOTIFY_SMTP_HOST"):
        importlib.reload(notify.actors)


@pytest.mark.slow
def test_workers_killed_in_the_middle_of_a_thousand_mails_lose_none_and_send_none_twice(
    stack: Stack, catcher: Catching, monkeypatch: pytest.MonkeyPatch, company: UUID, redis_client: object
) -> None:
    """Two workers, one of them killed every half second while mails are left, each replaced at once, as supervision does."""
    point_to(catcher, monkeypatch, patience=10)
    wanted = [SendEmail(to=f"ali{number}@example.com", subject=f"Mektup {number}", text="Metin " * 500) for number in range(1000)]
    with db.transaction() as session:
        jobs = ledger.submit_many(session, wanted, company_id=company)
    imece = str(Path(sys.executable).with_name("imece"))
    environment = dict(os.environ)  # noqa: TID251 (for processes of their own)

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([imece, *arguments], env=environment, stderr=subprocess.DEVNULL)

    def left() -> int:
        with db.quick() as connection:
            return connection.exec_driver_sql(
                "select count(*) from ledger.job where finished_at is null and kind = 'notify.send_email'"
            ).scalar_one()

    def deaths() -> int:
        with db.quick() as connection:
            return connection.exec_driver_sql("select coalesce(sum(deaths), 0) from ledger.job").scalar_one()

    scheduler, workers, kills = start("scheduler"), [start("worker", "notify", "io") for _ in range(2)], 0
    try:
        end = time.monotonic() + 120
        while (remaining := left()) and time.monotonic() < end:
            time.sleep(0.5)  # the pace of the killing
            if remaining < 1000 and kills < 12:  # they have begun
                workers[kills % 2].kill()
                workers[kills % 2].wait()
                workers[kills % 2] = start("worker", "notify", "io")
                kills += 1
    finally:
        for process in (scheduler, *workers):
            process.kill()
            process.wait()

    assert {job_of(job).state for job in jobs} == {"succeeded"}
    assert Counter(len(catcher.held(f"<{job}@localhost>")) for job in jobs) == {1: 1000}
    assert kills > 2
    assert deaths() > 0  # or the killing has hit nobody at work
