"""
Effects: what is done in the outside world is written down before it is tried.

    intended --claim--> sending --the provider's word--> done
       ^                   |--surely not taken, may be tried again--> intended
       |                   |--surely not taken, never will be--> failed
       |                   '--no word--> unknown --look-up--> done, or sending again
       '-- nothing happened outside yet

`sending` is committed before the connection is used, so whoever finds it later (the process died, the same job runs twice) knows that something
may have happened and asks the provider. Where the provider cannot be asked, a person decides: the job fails as unknown, and is sent again
only when somebody retries it. Every move is one UPDATE that names the state and the claim it moves from; who finds no row lost the race.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from imece import db, log
from imece.errors import Permanent, Snooze, Transient, Unknown
from imece.ids import new_id
from notify import addresses
from notify.channels import Channel, Outcome
from notify.models import Effect, EffectState, Message

_PATIENCE = 30.0  #: seconds to hold on to a provider's word while PostgreSQL is away: forgotten, it would become an unknown

P = TypeVar("P")
T = TypeVar("T")
A = ParamSpec("A")

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
        _insisting(_fail, intent, seen, error)
        raise
    claim, deadline = new_id(), time.monotonic() + channel.begins_within.total_seconds()
    if not _insisting(_claim, intent, seen, claim, by):
        return None
    try:
        answer = channel.send(parcel, deadline)
    except Transient:
        _insisting(_settle, intent, claim, EffectState.INTENDED)
        raise
    except Permanent as error:
        _insisting(_settle, intent, claim, EffectState.FAILED, error)
        _report("refused", intent)
        raise
    except Unknown as error:
        _insisting(_settle, intent, claim, EffectState.UNKNOWN, error)
        _report("unknown", intent)
        return _after_silence(intent, reference, channel, error)
    _accepted(intent, answer)
    return Done(reference, answer)


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
        _insisting(_settle, intent, seen.claim, EffectState.UNKNOWN, error)
    _report("unknown", intent)


def _accepted(intent: Intent, answer: str) -> None:
    """Write the provider's word down. It is a fact, whoever holds the claim by now."""
    _insisting(_finish, intent, answer)
    _report("sent", intent)


def _see(intent: Intent) -> _Seen | None:
    """The effect as it stands; None while it is not written down."""
    age = sa.func.coalesce(sa.func.clock_timestamp() - Effect.started_at, sa.literal(timedelta(0)))
    with db.quick() as connection:
        row = connection.execute(sa.select(*Effect.__table__.c, age.label("age")).where(Effect.key == intent.key)).first()
    if row is None:
        return None
    error = (row.error_en, row.error_tr) if row.error_en is not None else None
    return _Seen(EffectState(row.state), row.claim, row.reference, row.answer, error, row.age, row.settled_at)


def _write_down(session: Session, intent: Intent) -> None:
    """The message and its intended effect, unless they are there."""
    message = (
        insert(Message)
        .values(
            id=new_id(),
            company_id=intent.company_id,
            job_id=intent.job_id,
            channel=intent.channel,
            recipient=intent.recipient,
            subject=intent.subject,
            locale=intent.locale,
        )
        .on_conflict_do_nothing(index_elements=[Message.job_id])
        .returning(Message.id)
    )
    message_id = session.scalar(message)
    if message_id is not None:
        session.execute(
            sa.insert(Effect).values(
                id=new_id(), message_id=message_id, key=intent.key, reference=intent.reference, state=EffectState.INTENDED
            )
        )


def _claim(session: Session, intent: Intent, seen: _Seen | None, claim: UUID, by: str | None) -> bool:
    """Take the right to send, from the state that was seen. Repeating it after a lost COMMIT is harmless: the claim is ours or not."""
    if seen is None:
        _write_down(session, intent)
    moved = session.execute(
        sa.update(Effect)
        .where(_as_seen(intent, seen) | ((Effect.key == intent.key) & (Effect.claim == claim)))
        .values(
            state=EffectState.SENDING,
            claim=claim,
            attempt=Effect.attempt + 1,
            started_at=sa.func.clock_timestamp(),
            settled_at=None,
            error_tr=None,
            error_en=None,
            address_refused=False,
            asked_by=by if by is not None else Effect.asked_by,
        )
        .returning(Effect.id)
    )
    return moved.first() is not None


def _settle(session: Session, intent: Intent, claim: UUID, state: EffectState, error: Permanent | Unknown | None = None) -> None:
    """Write down how the sending under `claim` ended; nothing, if it is not the one that counts any more."""
    session.execute(
        sa.update(Effect)
        .where(Effect.key == intent.key, Effect.claim == claim, Effect.state == EffectState.SENDING)
        .values(
            state=state,
            error_tr=error.tr if error else None,
            error_en=error.en if error else None,
            address_refused=getattr(error, "address", False),
            settled_at=sa.func.clock_timestamp() if error else None,
        )
    )


def _finish(session: Session, intent: Intent, answer: str) -> None:
    session.execute(
        sa.update(Effect)
        .where(Effect.key == intent.key, Effect.state != EffectState.DONE)
        .values(state=EffectState.DONE, answer=answer, error_tr=None, error_en=None, settled_at=sa.func.clock_timestamp())
    )


def _fail(session: Session, intent: Intent, seen: _Seen | None, error: Permanent) -> None:
    """What cannot even be put together is written down as failed, without an attempt."""
    if seen is None:
        _write_down(session, intent)
    session.execute(
        sa.update(Effect)
        .where(_as_seen(intent, seen))
        .values(state=EffectState.FAILED, error_tr=error.tr, error_en=error.en, settled_at=sa.func.clock_timestamp())
    )


def _as_seen(intent: Intent, seen: _Seen | None) -> sa.ColumnElement[bool]:
    """The guard of a move: the effect is still as it was seen."""
    state, claim = (seen.state, seen.claim) if seen else (EffectState.INTENDED, None)
    return (Effect.key == intent.key) & (Effect.state == state) & Effect.claim.is_not_distinct_from(claim)


def _insisting(move: Callable[Concatenate[Session, A], T], *args: A.args, **kwargs: A.kwargs) -> T:
    """`move(session, ...)` in a transaction of its own, repeated while PostgreSQL is away. Raises its OperationalError when that takes too long."""
    until, wait = time.monotonic() + _PATIENCE, 0.1
    while True:
        try:
            with db.transaction() as session:
                return move(session, *args, **kwargs)
        except sa.exc.OperationalError:
            if time.monotonic() + wait > until:
                raise
        time.sleep(wait)
        wait = min(2 * wait, 2.0)


def _report(event: str, intent: Intent) -> None:
    _log.info(event, channel=intent.channel, recipient=addresses.masked(intent.recipient), reference=intent.reference)
