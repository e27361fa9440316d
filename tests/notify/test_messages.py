"""Claims about messages: real mails to a real catcher, processes that are really killed, retention that really deletes."""

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.notify.conftest import Catching

from imece import db, storage
from imece.clock import now
from imece.contracts.notify import Attachment, SendEmail
from imece.errors import Permanent, Snooze, Transient, Unknown
from imece.ids import new_id
from notify import messages
from notify.caught import mails
from notify.channels.smtp import Refused
from notify.models import Effect, EffectState, Message
from notify.settings import Settings

pytestmark = pytest.mark.usefixtures("database")

#: What a worker does with one mail, and where it is killed meanwhile.
WORKER = """
import os, signal, sys
from uuid import UUID
from imece.contracts.notify import SendEmail
from notify import messages
from notify.channels import email
from notify.sending import effects

job, company, point = UUID(sys.argv[1]), UUID(sys.argv[2]), sys.argv[3]

def die(*_args, **_more):
    os.kill(os.getpid(), signal.SIGKILL)

def after(function):
    def wrapped(*args, **more):
        function(*args, **more)
        die()
    return wrapped

if point == "before the claim":
    effects._claimed = die
elif point == "after the claim":
    email.Email.send = die
elif point == "after the server took it":
    email.Email.send = after(email.Email.send)
messages.send_email(job, company, SendEmail(to="ali@example.com", subject="Konu", text="Metin"))
"""


def mail(to: str = "ali@example.com", **more: object) -> SendEmail:
    return SendEmail.model_validate({"to": to, "subject": "Konu", "text": "Sayın yetkili", **more})


def effect_of(job: UUID) -> Effect:
    with db.transaction() as session:
        return session.scalars(sa.select(Effect).join(Message).where(Message.job_id == job)).one()


def hours_pass(job: UUID) -> None:
    with db.transaction() as session:
        session.execute(sa.update(Effect).where(Effect.key == f"email:{job}").values(started_at=Effect.started_at - timedelta(hours=1)))


def killed(job: UUID, company: UUID, point: str) -> None:
    ended = subprocess.run([sys.executable, "-c", WORKER, str(job), str(company), point], env=dict(os.environ), check=False)  # noqa: TID251 (for a process of its own)
    assert ended.returncode == -signal.SIGKILL


def test_a_mail_arrives_once_with_its_attachment_and_the_servers_word_is_the_result(
    catching: Settings, catcher: Catching, company: UUID
) -> None:
    key = storage.new_key(company, "letters", "mektup.pdf")
    storage.put(key, b"%PDF-1.7")
    job, contract = new_id(), mail(to_name="Ali Öztürk", attachments=(Attachment(key=key, name="Mutabakat – Öztürk.pdf"),))

    first, second = (messages.send_email(job, company, contract) for _ in range(2))

    [path] = catcher.held(first.message_id)
    [attachment] = mails.read(path).iter_attachments()
    assert (attachment.get_filename(), attachment.get_payload(decode=True)) == ("Mutabakat – Öztürk.pdf", b"%PDF-1.7")
    assert first == second
    assert first.message_id == f"<{job}@localhost>"
    assert first.answer == f"250 2.0.0 Kept as {path.name}"


@pytest.mark.parametrize("point", ["before the claim", "after the claim", "after the server took it"])
def test_catch_mode_a_killed_worker_costs_no_mail_and_makes_none_twice(
    catching: Settings, catcher: Catching, company: UUID, point: str
) -> None:
    job = new_id()
    killed(job, company, point)
    if point == "after the claim":
        with pytest.raises(Snooze):
            messages.send_email(job, company, mail())
        hours_pass(job)

    sent = messages.send_email(job, company, mail())

    assert len(catcher.held(sent.message_id)) == 1
    assert effect_of(job).state == EffectState.DONE
    assert effect_of(job).attempt == (2 if point == "after the claim" else 1)


@pytest.mark.parametrize("point", ["before the claim", "after the claim", "after the server took it"])
def test_live_mode_a_killed_worker_leaves_the_decision_to_a_person_unless_nothing_was_begun(
    live: Settings, catcher: Catching, company: UUID, point: str
) -> None:
    job = new_id()
    killed(job, company, point)
    held = f"<{job}@sirket.example>"
    if point == "before the claim":
        messages.send_email(job, company, mail())
        assert len(catcher.held(held)) == 1
        return
    hours_pass(job)

    for _ in range(2):
        with pytest.raises(Unknown):
            messages.send_email(job, company, mail())
    assert len(catcher.held(held)) == (point == "after the server took it")

    assert messages.send_email(job, company, mail(), asked=lambda _since: "ayse").message_id == held
    assert effect_of(job).asked_by == "ayse"
    assert len(catcher.held(held)) == 1 + (point == "after the server took it")


@pytest.mark.parametrize("fault", ["drop-after", "answer-late=2"])
def test_catch_mode_a_lost_answer_is_looked_up(catching: Settings, catcher: Catching, company: UUID, fault: str) -> None:
    job = new_id()

    sent = messages.send_email(job, company, mail(f"ali-{job}+{fault}@example.com"))

    assert len(catcher.held(sent.message_id)) == 1
    assert effect_of(job).state == EffectState.DONE


def test_catch_mode_a_mail_lost_with_its_answer_is_sent_again_after_a_while(catching: Settings, catcher: Catching, company: UUID) -> None:
    job = new_id()
    contract = mail(f"ali-{job}+drop-beforex1@example.com")
    with pytest.raises(Transient):
        messages.send_email(job, company, contract)
    hours_pass(job)

    sent = messages.send_email(job, company, contract)

    assert len(catcher.held(sent.message_id)) == 1


@pytest.mark.parametrize("fault", ["drop-before", "drop-after", "answer-late=2"])
def test_live_mode_a_lost_answer_is_unknown_and_never_repeated_by_itself(
    live: Settings, catcher: Catching, company: UUID, fault: str
) -> None:
    job = new_id()

    for _ in range(3):
        with pytest.raises(Unknown):
            messages.send_email(job, company, mail(f"ali+{fault}@example.com"))

    assert len(catcher.held(f"<{job}@sirket.example>")) == (fault != "drop-before")
    assert effect_of(job).state == EffectState.UNKNOWN


@pytest.mark.parametrize("fault", ["450x1", "421x2", "451-contentx1"])
def test_a_server_that_says_later_is_asked_later(live: Settings, catcher: Catching, company: UUID, fault: str) -> None:
    job = new_id()
    contract = mail(f"ali-{job}+{fault}@example.com")
    with pytest.raises(Transient):
        messages.send_email(job, company, contract)
    if fault == "421x2":
        with pytest.raises(Transient):
            messages.send_email(job, company, contract)

    sent = messages.send_email(job, company, contract)

    assert len(catcher.held(sent.message_id)) == 1


@pytest.mark.parametrize(("fault", "address"), [("550", True), ("552-content", False)])
def test_a_server_that_says_never_is_believed(live: Settings, company: UUID, fault: str, address: bool) -> None:
    job = new_id()

    for _ in range(2):
        with pytest.raises(Permanent) as refused:
            messages.send_email(job, company, mail(f"ali+{fault}@example.com"))

    assert (effect_of(job).state, effect_of(job).address_refused) == (EffectState.FAILED, address)
    assert "ali" not in refused.value.en
    assert "ali" not in refused.value.tr
    assert isinstance(refused.value, Permanent)
    assert Refused.__mro__[1] is Permanent


def test_a_refused_mail_does_not_spoil_the_next_one_on_the_same_connection(live: Settings, catcher: Catching, company: UUID) -> None:
    with pytest.raises(Permanent):
        messages.send_email(new_id(), company, mail("ali+550@example.com"))
    connection = messages._email().relay._own.kept

    sent = messages.send_email(new_id(), company, mail())

    assert messages._email().relay._own.kept is connection
    [path] = catcher.held(sent.message_id)
    assert Counter(mails.read(path).keys())["Delivered-To"] == 1


@pytest.mark.parametrize("to", ["", "ali", "ali@example.com\r\nBcc: veli@example.com"])
def test_what_is_no_address_is_failed_and_on_record(catching: Settings, company: UUID, to: str) -> None:
    job = new_id()

    with pytest.raises(Permanent):
        messages.send_email(job, company, mail(to))

    assert effect_of(job).state == EffectState.FAILED


def test_who_retried_is_read_from_the_ledger(company: UUID) -> None:
    from imece import ledger
    from imece.ledger.models import Audit, Job

    before = now() - timedelta(minutes=1)
    with db.transaction() as session:
        job = ledger.submit(session, mail(), company_id=company)
        session.execute(sa.update(Job).where(Job.id == job).values(state="failed", error={"en": ""}, finished_at=now()))
    assert messages.retried_by(job, before) is None
    with db.transaction() as session:
        ledger.retry(session, job, by="ayse")
    with db.transaction() as session:
        at = session.scalar(sa.select(Audit.at).where(Audit.job_id == job))

    assert messages.retried_by(job, before) == "ayse"
    assert messages.retried_by(job, at) is None
    assert messages.retried_by(new_id(), before) is None


def test_prune_deletes_messages_and_caught_mails_past_their_retention_and_nothing_else(
    catching: Settings, company: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "_ROWS", 2)
    jobs = [new_id() for _ in range(7)]
    sent = [messages.send_email(job, company, mail()) for job in jobs]
    with db.transaction() as session:
        old = sa.update(Message).where(Message.job_id.in_(jobs[:6])).values(created_at=now() - catching.keep_messages - timedelta(hours=1))
        session.execute(old)
        long_ago = sa.update(Effect).where(Effect.key.in_([f"email:{job}" for job in jobs[:5]]))
        session.execute(long_ago.values(started_at=now() - catching.keep_messages - timedelta(hours=1)))
    [path] = mails.find(catching.caught, sent[0].message_id)
    os.utime(path, ((now() - catching.keep_caught - timedelta(hours=1)).timestamp(),) * 2)

    assert messages.prune() == {"messages": 5, "mails": 1}
    assert messages.prune() == {"messages": 0, "mails": 0}

    with db.transaction() as session:
        assert set(session.scalars(sa.select(Message.job_id))) == set(jobs[5:])  # the sixth is old, but was sent again lately
        assert session.scalar(sa.select(sa.func.count()).select_from(Effect)) == 2
    assert not path.exists()
    assert mails.find(catching.caught, sent[1].message_id)


def test_a_bulk_goes_when_the_last_of_its_messages_has_gone(database: sa.Engine, company: UUID) -> None:
    from notify.models import Bulk

    old, young = new_id(), new_id()
    with db.transaction() as session:
        for identity, days in ((old, 1000), (young, 1)):
            session.execute(
                sa.text(
                    "insert into notify.bulk (id, requested_by, channel, kind, created_at)"
                    " values (:id, 'ali', 'sms', 'informational', now() - :days * interval '1 day')"
                ),
                {"id": identity, "days": days},
            )

    messages.prune()

    with db.transaction() as session:
        assert list(session.scalars(sa.select(Bulk.id))) == [young]
