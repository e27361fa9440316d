"""What notify does when a job comes."""

import time
from datetime import timedelta
from typing import Any

from imece import db
from imece.contracts.notify import (
    BulkSent,
    EmailSent,
    MessageTaken,
    PruneMessages,
    Pump,
    SendBulk,
    SendEmail,
    SendOtp,
    SendSms,
    SendTelegram,
    SendWebhook,
    SettleMessages,
)
from imece.errors import Invalid, NotFound, Permanent, Snooze
from imece.worker import Job, actor
from notify import intake, messages
from notify.bulk import bulks
from notify.intake import Wish
from notify.people import recipients
from notify.sending import pumps, reports, routes, settling, starting
from notify.settings import settings

settings()  # a worker that cannot mail, or would mail by mistake, says so at its start

#: How long a pump works before it makes room for its successor.
_SHIFT = timedelta(minutes=20)
#: How often a pump is offered to others by a process that has one of its provider already.
_OFFERS = 5
#: Seconds between two words on how far a pump is.
_TELL = 2.0


@actor(SendEmail)
def send_email(job: Job, contract: SendEmail) -> EmailSent:
    """Send it, at most once."""
    return messages.send_email(job.id, job.company_id, contract, asked=lambda since: messages.retried_by(job.id, since))


@actor(SendSms)
def send_sms(job: Job, contract: SendSms) -> MessageTaken:
    """Take it."""
    return _take(job, intake.sms(contract), to=recipients.masked("sms", contract.to))


@actor(SendTelegram)
def send_telegram(job: Job, contract: SendTelegram) -> MessageTaken:
    """Take it."""
    return _take(job, intake.telegram(contract), chat=recipients.masked("telegram", contract.chat))


@actor(SendWebhook)
def send_webhook(job: Job, contract: SendWebhook) -> MessageTaken:
    """Take it."""
    return _take(job, intake.webhook(contract), url=recipients.masked("webhook", contract.url))


@actor(SendOtp)
def send_otp(job: Job, contract: SendOtp) -> MessageTaken:
    """Take it, in front of everything else."""
    hidden = {"to": recipients.masked(contract.channel, contract.to), "text": "***", "variables": {}}
    return _take(job, intake.otp(contract), **hidden)


@actor(SendBulk)
def send_bulk(job: Job, contract: SendBulk) -> BulkSent:
    """Check all rows, send what can be sent, and stay until nothing is left to send."""
    try:
        return bulks.send(job, contract)
    except (Invalid, NotFound) as error:
        raise Permanent(error.en, error.tr) from error


@actor(Pump)
def pump(job: Job, contract: Pump) -> None:
    """Send what waits for a provider, until nothing does."""
    with pumps.place(contract.provider, alone=job.attempt <= _OFFERS) as free:
        if not free:
            # Each at another time, or one process would fetch all of them again.
            raise Snooze(timedelta(seconds=1 + contract.slot / 2), "Offered to another process.", "Başka bir sürece öneriliyor.")
        _pump(job, contract)
    with job.transaction() as session:
        job.finish(session)
    starting.start_if_waiting(contract.provider)


def _pump(job: Job, contract: Pump) -> None:
    end = time.monotonic() + _SHIFT.total_seconds()
    running = pumps.Pump(contract.provider, contract.slot)
    told = 0.0

    def go_on() -> bool:
        nonlocal told
        if time.monotonic() - told > _TELL:
            told = time.monotonic()
            job.progress(running.sent, None, {"tr": "mesaj gönderildi", "en": "messages sent"})
        return not job.stopping and time.monotonic() < end

    running.run(go_on)


@actor(SettleMessages)
def settle(job: Job, _contract: SettleMessages) -> None:
    """See to what was left."""
    with db.quick() as connection:
        done = reports.match(connection)
    done += reports.bounces(settings())
    for provider in routes.all_ways():
        tended = settling.tend(provider)
        starting.start_if_waiting(provider)
        done += tended.pushed + tended.decided + reports.collect(provider)
        job.progress(done, None, {"tr": "mesaj elden geçirildi", "en": "messages seen to"})


def _take(job: Job, wish: Wish, **hidden: Any) -> MessageTaken:
    """Take one message and end the job. What is `hidden` does not stay among the job's arguments, whether it was taken or refused."""
    try:
        with job.transaction() as session:
            taken = intake.take(session, wish, company_id=job.company_id, requested_by=job.requested_by, job_id=job.id)
            result = MessageTaken(message_id=taken.id, state=taken.state, segments=taken.segments, repeated=taken.repeated)
            job.redact(session, **hidden)
            # Pushed below: within the commit the job would be over for the ledger, and not yet for its watch.
            pushes = intake.held_back(session)
            job.finish(session, result)
    except (Permanent, Invalid, NotFound) as error:
        with job.transaction() as session:
            job.redact(session, **hidden)
        raise Permanent(error.en, error.tr) from error
    for provider, entries in pushes.items():
        intake.push(provider, entries)
    return result


@actor(PruneMessages)
def prune(job: Job, _contract: PruneMessages) -> None:
    """Delete what is past its retention."""
    gone = sum(messages.prune().values())
    job.progress(gone, gone, {"tr": "mesaj ve posta silindi", "en": "messages and mails deleted"})
