"""Messages: what was asked for becomes an effect of the right channel; what is old goes."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from uuid import UUID

import sqlalchemy as sa

from imece import db, log
from imece.clock import now
from imece.contracts.notify import EmailSent, SendEmail
from imece.errors import Permanent, Snooze
from imece.ledger.models import Audit
from notify.caught import mails
from notify.channels import email
from notify.models import Bulk, Effect, Message, ReceiptRow
from notify.people import consent, quiet
from notify.sending import effects
from notify.settings import settings

_ROWS = 5_000  #: deleted per transaction, so that nobody waits for a night's work

_log = log.get(__name__)


def send_email(
    job_id: UUID, company_id: UUID | None, contract: SendEmail, *, asked: Callable[[datetime], str | None] = effects.nobody
) -> EmailSent:
    """
    One e-mail for one job, at most once. Raises what `effects.carry_out` raises.

    `asked(since)` names the person who had the job run again after `since`: only then is a mail repeated whose outcome is unknown.
    """
    given = settings()
    intent = effects.Intent(
        job_id, company_id, "email", contract.to.strip() or "-", contract.subject, contract.locale, email.message_id(job_id, given)
    )

    def make(reference: str) -> email.Mail:
        mail = email.compose(contract, reference, company_id, given)
        _admitted(contract, mail.recipient, company_id)
        return mail

    done = effects.carry_out(intent, _email(), make, asked=asked)
    return EmailSent(message_id=done.reference, answer=done.answer)


def retried_by(job_id: UUID, since: datetime) -> str | None:
    """Who had the job run again after `since`, the last one if several; None if nobody did."""
    retries = sa.select(Audit.actor).where(Audit.job_id == job_id, Audit.action == "retry", Audit.at > since)
    with db.transaction() as session:
        return session.scalar(retries.order_by(Audit.at.desc()).limit(1))


def prune() -> dict[str, int]:
    """Delete messages, with their effects, and caught mails whose retention has passed; returns how many of each."""
    given, messages = settings(), 0
    oldest = sa.select(Message.id).where(Message.created_at < now() - given.keep_messages)
    oldest = oldest.where(~sa.exists().where(Effect.message_id == Message.id, Effect.started_at >= now() - given.keep_messages))
    while True:
        with db.transaction() as session:
            gone = session.execute(sa.delete(Message).where(Message.id.in_(oldest.limit(_ROWS))).returning(Message.id)).all()
        messages += len(gone)
        if len(gone) < _ROWS:
            break
    with db.transaction() as session:
        before = now() - given.keep_messages
        session.execute(sa.delete(Bulk).where(Bulk.created_at < before, ~sa.exists().where(Message.bulk_id == Bulk.id)))
        session.execute(sa.delete(ReceiptRow).where(ReceiptRow.effect_id.is_(None), ReceiptRow.received_at < before))
    caught = mails.prune(given.caught, now() - given.keep_caught)
    _log.info("pruned", messages=messages, mails=caught)
    return {"messages": messages, "mails": caught}


def _admitted(contract: SendEmail, recipient: str, company_id: UUID | None) -> None:
    """Look once more, when it is about to leave. Raises Permanent for who wants none, or what came too late; Snooze for quiet hours."""
    at = now()
    if contract.expires_at is not None and contract.expires_at <= at:
        raise Permanent("Its time was over before it could be sent.", "Gönderilemeden süresi doldu.")
    with db.transaction() as session:
        refusal = consent.refusal(session, company_id, "email", recipient, contract.purpose, at)
        until = quiet.not_before(quiet.of_company(session, company_id), contract.purpose, at)
    if refusal is not None:
        raise Permanent(refusal.en, refusal.tr)
    if until is not None:
        raise Snooze(until - at, "Held back: the company's quiet hours.", "Şirketin sessiz saatleri nedeniyle bekletiliyor.")


@cache
def _email() -> email.Email:
    return email.Email(settings())
