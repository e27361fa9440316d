"""
Effects: what is done in the outside world is written down before it is tried.

    (nothing) --claim--> sending --the provider's word--> done
    intended  --claim-->    |--surely not taken, may be tried again--> intended
                            |--surely not taken, never will be--> failed
                            '--no word--> unknown --look-up--> done, or sending again

`sending` is committed before the connection is used, so whoever finds it later (the process died, the same job runs twice) knows that something
may have happened and asks the provider. Where the provider cannot be asked, a person decides: the job fails as unknown, and is sent again
only when somebody retries it. Every move is one statement that names the state and the claim it moves from; who moves nothing lost the race.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa

from imece import db, log
from imece.errors import Permanent, Snooze, Transient, Unknown
from imece.ids import new_id
from notify.channels import Channel, Outcome
from notify.models import EffectState
from notify.people import addresses

_PATIENCE = 30.0  #: seconds to hold on to a provider's word while PostgreSQL is away: forgotten, it would become an unknown

# Statements, not ORM: a mail costs the processor 0.3 ms to send, and should not cost ten times that to write down.

_SEE = """
    select state, claim, reference, answer, error_en, error_tr, settled_at,
           coalesce(clock_timestamp() - started_at, interval '0') as age
    from notify.effect where key = %(key)s"""

_WRITE_DOWN = """
    with message as (
        insert into notify.message (id, company_id, job_id, channel, recipient, subject, locale)
        values (%(message_id)s, %(company_id)s, %(job_id)s, %(channel)s, %(recipient)s, %(subject)s, %(locale)s)
        on conflict (job_id) do nothing
        returning id)
    insert into notify.effect (id, message_id, key, reference, state, attempt, claim, started_at, error_en, error_tr, settled_at)
    select %(effect_id)s, id, %(key)s, %(reference)s, %(state)s, case when %(claim)s::uuid is null then 0 else 1 end, %(claim)s,
           case when %(claim)s::uuid is not null then clock_timestamp() end, %(error_en)s, %(error_tr)s,
           case when %(error_en)s is not null then clock_timestamp() end
    from message
    returning id"""

_CLAIM = """
    update notify.effect set
        state = 'sending', claim = %(claim)s, attempt = attempt + 1, started_at = clock_timestamp(), settled_at = null,
        error_en = null, error_tr = null, address_refused = false, asked_by = coalesce(%(by)s, asked_by)
    where key = %(key)s and state = %(state)s and claim is not distinct from %(seen_claim)s
    returning id"""

_MINE = "select id from notify.effect where key = %(key)s and claim = %(claim)s"

_SETTLE = """
    update notify.effect set
        state = %(state)s, error_en = %(error_en)s, error_tr = %(error_tr)s, address_refused = %(address_refused)s,
        settled_at = case when %(error_en)s is not null then clock_timestamp() end
    where key = %(key)s and state = 'sending' and claim = %(claim)s
    returning id"""

_FAIL = """
    update notify.effect set state = 'failed', error_en = %(error_en)s, error_tr = %(error_tr)s, settled_at = clock_timestamp()
    where key = %(key)s and state = %(state)s and claim is not distinct from %(seen_claim)s
    returning id"""

#: The provider's word is a fact, whoever holds the claim by now.
_FINISH = """
    update notify.effect set state = 'done', answer = %(answer)s, error_en = null, error_tr = null, settled_at = clock_timestamp()
    where key = %(key)s and state <> 'done'
    returning id"""

P = TypeVar("P")

_log = log.get(__name__)


@dataclass(frozen=True)
class Intent:
    """What is to happen once: one message for one job. `reference` is what the provider will know it by."""

    job_id: UUID
    company_id: UUID | None
    channel: str
    recipient: str
    subject: str
    locale: str
    reference: str

    @property
    def key(self) -> str:
        """What the effect is unique by."""
        return f"{self.channel}:{self.job_id}"


@dataclass(frozen=True)
class Done:
    """It happened: the provider knows it as `reference` and said `answer`."""

    reference: str
    answer: str


@dataclass(frozen=True)
class _Seen:
    """An effect as it was a moment ago. `age` counts from its last claim, by the database's clock."""

    state: EffectState
    claim: UUID | None
    reference: str
    answer: str | None
    error: tuple[str, str] | None
    age: timedelta
    settled_at: datetime | None


def nobody(_since: datetime) -> str | None:
    """Nobody asked for a repetition."""
    return None


def carry_out(intent: Intent, channel: Channel[P], make: Callable[[str], P], *, asked: Callable[[datetime], str | None] = nobody) -> Done:
    """
    Bring the effect about, at most once however often and by however many this is called; returns when it is done.

    `make(reference)` makes what the channel sends; it is called only if something is to be sent, before anything is claimed. `asked(since)`
    names the person who asked for a repetition after `since`; without one, what is failed or unknown is not sent again.

    Raises Transient (surely not out; call again), Permanent (surely not out, written down as failed), Unknown (may be out, and the provider
    cannot be asked), Snooze (somebody else may still be at it: call again when that is over).
    """
    while True:
        seen = _see(intent)
        by = None
        if seen is not None:
            if seen.state is EffectState.DONE:
                return Done(seen.reference, seen.answer or "")
            if seen.state in {EffectState.SENDING, EffectState.UNKNOWN}:
                found = _looked_up(intent, seen, channel)
                if isinstance(found, Done):
                    return found
                if found is Outcome.UNTOLD:
                    if seen.state is EffectState.SENDING:
                        _give_up(intent, seen)
                        continue
                    by = _asked(seen, asked)
            if seen.state is EffectState.FAILED:
                by = _asked(seen, asked)
        done = _sent(intent, seen, channel, make, by)
        if done is not None:
            return done


def _sent(intent: Intent, seen: _Seen | None, channel: Channel[P], make: Callable[[str], P], by: str | None) -> Done | None:
    """Claim and send; None when somebody else claimed it first."""
    reference = seen.reference if seen else intent.reference
    try:
        parcel = make(reference)
    except Permanent as error:
        _fail(intent, seen, error)
        raise
    claim, deadline = new_id(), time.monotonic() + channel.begins_within.total_seconds()
    if not _claimed(intent, seen, claim, by):
        return None
    try:
        accepted = channel.send(parcel, deadline)
    except Transient:
        _settle(intent, claim, EffectState.INTENDED)
        raise
    except Permanent as error:
        _settle(intent, claim, EffectState.FAILED, error)
        _report("refused", intent)
        raise
    except Unknown as error:
        _settle(intent, claim, EffectState.UNKNOWN, error)
        _report("unknown", intent)
        return _after_silence(intent, reference, channel, error)
    _accepted(intent, accepted.answer)
    return Done(reference, accepted.answer)


def _looked_up(intent: Intent, seen: _Seen, channel: Channel[P]) -> Done | Outcome:
    """What became of an effect that was begun. Raises Snooze while whoever began it may still be at it."""
    finding = channel.look_up(seen.reference)
    if finding.outcome is Outcome.ARRIVED:
        _accepted(intent, finding.answer)
        return Done(seen.reference, finding.answer)
    unsettled = channel.settles_within - seen.age
    if unsettled > timedelta(0) and (seen.state is EffectState.SENDING or finding.outcome is Outcome.ABSENT):
        raise Snooze(
            unsettled,
            "Somebody may still be sending it: looked up again later.",
            "Gönderim hâlâ sürüyor olabilir: daha sonra yeniden sorulacak.",
        )
    return finding.outcome


def _after_silence(intent: Intent, reference: str, channel: Channel[P], error: Unknown) -> Done:
    """The provider said nothing: ask it. Raises Transient when the next attempt will know more, Unknown when nobody ever will."""
    finding = channel.look_up(reference)
    if finding.outcome is Outcome.ARRIVED:
        _accepted(intent, finding.answer)
        return Done(reference, finding.answer)
    if finding.outcome is Outcome.ABSENT:
        raise Transient(error.en, error.tr, retry_after=channel.settles_within) from error
    raise error


def _asked(seen: _Seen, asked: Callable[[datetime], str | None]) -> str:
    """Who wants it sent again. Raises what ended it, when nobody does."""
    if seen.settled_at is not None and (by := asked(seen.settled_at)):
        return by
    en, tr = seen.error or ("", "")
    raise (Unknown if seen.state is EffectState.UNKNOWN else Permanent)(en, tr)


def _give_up(intent: Intent, seen: _Seen) -> None:
    """Nobody will ever say what became of what a dead process began."""
    error = Unknown(
        "The sending was broken off, and the provider cannot be asked whether it took the message: that is not known.",
        "Gönderim yarıda kaldı ve sağlayıcıya mesajı alıp almadığı sorulamıyor: sonuç bilinmiyor.",
    )
    if seen.claim is not None:
        _settle(intent, seen.claim, EffectState.UNKNOWN, error)
    _report("unknown", intent)


def _accepted(intent: Intent, answer: str) -> None:
    _insisting(_FINISH, key=intent.key, answer=answer)
    _report("sent", intent)


def _see(intent: Intent) -> _Seen | None:
    """The effect as it stands; None while it is not written down."""
    with db.quick() as connection:
        row = connection.exec_driver_sql(_SEE, {"key": intent.key}).first()
    if row is None:
        return None
    error = (row.error_en, row.error_tr) if row.error_en is not None else None
    return _Seen(EffectState(row.state), row.claim, row.reference, row.answer, error, row.age, row.settled_at)


def _claimed(intent: Intent, seen: _Seen | None, claim: UUID, by: str | None) -> bool:
    """Take the right to send, from the state that was seen; whether that succeeded."""
    if seen is None:
        moved = _write_down(intent, EffectState.SENDING, claim=claim)
    else:
        moved = _insisting(_CLAIM, key=intent.key, claim=claim, by=by, state=seen.state, seen_claim=seen.claim)
    # It may be ours all the same: the first try was committed, and the answer to the COMMIT was lost.
    return moved or _insisting(_MINE, key=intent.key, claim=claim)


def _settle(intent: Intent, claim: UUID, state: EffectState, error: Permanent | Unknown | None = None) -> None:
    """Write down how the sending under `claim` ended; nothing, if it is not the one that counts any more."""
    refused = getattr(error, "address", False)
    _insisting(_SETTLE, key=intent.key, claim=claim, state=state, address_refused=refused, **_reason(error))


def _fail(intent: Intent, seen: _Seen | None, error: Permanent) -> None:
    """What cannot even be put together is written down as failed, without an attempt."""
    if seen is None:
        _write_down(intent, EffectState.FAILED, error=error)
    else:
        _insisting(_FAIL, key=intent.key, state=seen.state, seen_claim=seen.claim, **_reason(error))


def _write_down(intent: Intent, state: EffectState, *, claim: UUID | None = None, error: Permanent | None = None) -> bool:
    """The message and its effect, both new; False if somebody else wrote them first."""
    ids = {"message_id": new_id(), "effect_id": new_id()}
    return _insisting(_WRITE_DOWN, **vars(intent), **ids, key=intent.key, state=state, claim=claim, **_reason(error))


def _reason(error: Permanent | Unknown | None) -> dict[str, str | None]:
    return {"error_en": error.en if error else None, "error_tr": error.tr if error else None}


def _insisting(statement: str, **values: Any) -> bool:
    """
    Run one statement, committed by itself and to the disk, and repeat it while PostgreSQL is away; whether it found a row.

    Raises OperationalError when that takes too long.
    """
    until, wait = time.monotonic() + _PATIENCE, 0.1
    while True:
        try:
            return _run(statement, values)
        except sa.exc.OperationalError:
            if time.monotonic() + wait > until:
                raise
        time.sleep(wait)
        wait = min(2 * wait, 2.0)


def _run(statement: str, values: dict[str, Any]) -> bool:
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return connection.exec_driver_sql(statement, values).first() is not None


def _report(event: str, intent: Intent) -> None:
    _log.info(event, channel=intent.channel, recipient=addresses.masked(intent.recipient), reference=intent.reference)
