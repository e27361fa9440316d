"""
What is seen to again and again: Redis is told of what waits, what is over is ended, and providers are asked about what nobody knows.

The table is the truth; the lanes in Redis are made anew from it. `tend` may run anywhere and as often as one likes: one at a time does each
provider's.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import redis
import sqlalchemy as sa

from imece import db, log
from imece.errors import ImeceError, Permanent
from notify.channels import Finding, Outcome
from notify.models import EffectState, MessageState
from notify.sending import deliveries, parcels, routes, verdicts
from notify.sending.deliveries import Claimed, Word
from notify.sending.lanes import LANES, Entry, lanes
from notify.settings import settings

_BATCH = 5_000
_LOOK_UPS = 50  #: unknown outcomes that one round asks about
#: How often what a provider denies is sent once more: after a try to which no answer came, and after one whose process died. Each time it is given longer
#: to remember, up to four times as long. Who dies has mostly not begun to speak, so that is no reason to give the message up.
_RESENDS, _RESENDS_OF_THE_DEAD = 1, 6
_ASK_AGAIN = 5.0  #: seconds between two questions about the same try
_SEARCH = 3.0  #: seconds between two searches for what Redis has lost
_LOST_AFTER = 3.0  #: seconds after which a message that waits, and that Redis does not know, is pushed again
_LOCK = 0x6E6F7469

_DUE = """
    with due as (
        select id from notify.message
        where state = 'queued' and provider = %(provider)s and pushed_at is null and (send_at is null or send_at <= clock_timestamp())
        order by id limit %(limit)s for update skip locked)
    update notify.message m set pushed_at = clock_timestamp() from due where m.id = due.id
    returning m.id, m.kind, m.company_id, m.segments, m.channel, m.sender, m.recipient,
              case when m.channel = 'sms' then m.bulk_id end as alike"""

_UNPUSH = "update notify.message set pushed_at = null where id = any(%(ids)s::uuid[]) and state = 'queued'"

_FORGOTTEN = """
    update notify.message set pushed_at = null
    where id in (
        select id from notify.message where state = 'queued' and provider = %(provider)s and pushed_at is not null
        limit %(limit)s for update skip locked)"""

_WAITING_FOR_LONG = """
    select kind, coalesce(company_id::text, '') as company from notify.message
    where state = 'queued' and provider = %(provider)s and pushed_at < clock_timestamp() - %(age)s * interval '1 second'
      and (send_at is null or send_at <= clock_timestamp())
    group by 1, 2"""

_LOST = """
    update notify.message set pushed_at = null
    where id in (
        select id from notify.message
        where state = 'queued' and provider = %(provider)s and pushed_at < clock_timestamp() - %(age)s * interval '1 second'
          and kind = %(kind)s and company_id is not distinct from %(company)s
        for update skip locked)"""

_EXPIRE = """
    update notify.message set state = 'expired', changed_at = clock_timestamp(), sealed = null,
        error_en = coalesce(error_en, 'Its time was over before it could be sent.'),
        error_tr = coalesce(error_tr, 'Gönderilemeden süresi doldu.')
    where id in (select id from notify.message where state = 'queued' and expires_at <= clock_timestamp() limit %(limit)s for update skip locked)"""

_CANCELLED = """
    update notify.bulk b set finished_at = clock_timestamp(), cancelled_by = coalesce(j.cancel_requested_by, 'system')
    from ledger.job j where b.finished_at is null and j.id = b.job_id and (j.state = 'cancelled' or b.id = %(id)s::uuid)
    returning b.id"""

_CANCEL = """
    with gone as (
        update notify.message set state = 'cancelled', changed_at = clock_timestamp(), pushed_at = null
        where id in (select id from notify.message where bulk_id = any(%(ids)s::uuid[]) and state = 'queued' order by id for update)
        returning provider, kind, company_id)
    select provider, kind, company_id, count(*) as count from gone group by 1, 2, 3"""

_UNPUSH_LIST = """
    update notify.message set pushed_at = null
    where id in (
        select id from notify.message
        where state = 'queued' and provider = %(provider)s and kind = %(kind)s and company_id is not distinct from %(company)s and pushed_at is not null
        for update skip locked)"""

_log = log.get(__name__)


@dataclass(frozen=True)
class Tended:
    """What one round did, in messages."""

    pushed: int = 0
    decided: int = 0


def tend(provider: str) -> Tended:
    """One round for one provider; nothing when another process is at it. Raises DBAPIError when PostgreSQL is away."""
    with _only_one(provider) as connection:
        if connection is None:
            return Tended()
        _end_what_is_over(connection)
        pushed = 0
        try:
            _remember(connection, provider)
            while count := push_due(connection, provider):
                pushed += count
                if count < _BATCH:
                    break
        except redis.RedisError as error:
            _log.warning("lanes_away", provider=provider, error=str(error))
        decided = _decide(connection, provider)
        return Tended(pushed, decided)


def push_due(connection: sa.Connection, provider: str) -> int:
    """Tell Redis of messages whose time has come; of how many. Raises RedisError, and then they are told of again."""
    key = {"lock": _LOCK + 1, "provider": provider}
    # One at a time: of two, each would get a part, and what is alike would leave in more requests than one.
    connection.exec_driver_sql("select pg_advisory_lock(%(lock)s, hashtext(%(provider)s))", key)
    try:
        rows = connection.exec_driver_sql(_DUE, {"provider": provider, "limit": _BATCH}).all()
        if rows:
            _push(connection, provider, sorted(rows, key=lambda row: (LANES.index(row.kind), str(row.company_id), row.id)))
    finally:
        connection.exec_driver_sql("select pg_advisory_unlock(%(lock)s, hashtext(%(provider)s))", key)
    return len(rows)


def _push(connection: sa.Connection, provider: str, rows: Sequence[Any]) -> None:
    try:
        lanes(provider).push(entry(provider, row) for row in rows)
    except redis.RedisError:
        connection.exec_driver_sql(_UNPUSH, {"ids": [row.id for row in rows]})
        raise


def entry(provider: str, row: Any) -> Entry:
    """A row (`id kind company_id segments channel sender recipient alike`) as the lanes know it."""
    key, pause = routes.limited(provider, row.channel, row.sender, row.recipient)
    alike = row.alike.hex if row.alike else ""
    return Entry(row.id, row.kind, str(row.company_id or ""), row.segments, alike, key, pause)


def cancel(bulk_id: UUID | None = None) -> int:
    """Send no more of bulks whose job was cancelled, or of this one, whose job is being cancelled; how many messages that were."""
    with db.quick() as connection:
        return _cancel(connection, bulk_id)


def _cancel(connection: sa.Connection, bulk_id: UUID | None = None) -> int:
    over = list(connection.exec_driver_sql(_CANCELLED, {"id": bulk_id}).scalars())
    if not over:
        return 0
    gone = connection.exec_driver_sql(_CANCEL, {"ids": over}).all()
    for row in gone:  # or the pumps would take them out one by one, at the provider's pace
        try:
            lanes(row.provider).drop(row.kind, str(row.company_id or ""))
        except redis.RedisError as error:
            _log.warning("lanes_away", provider=row.provider, error=str(error))
        connection.exec_driver_sql(_UNPUSH_LIST, {"provider": row.provider, "kind": row.kind, "company": row.company_id})
    return sum(row[3] for row in gone)


def _end_what_is_over(connection: sa.Connection) -> None:
    while connection.exec_driver_sql(_EXPIRE, {"limit": _BATCH}).rowcount == _BATCH:
        pass
    _cancel(connection)


def _remember(connection: sa.Connection, provider: str) -> None:
    """Notice that Redis was emptied, or has lost what a process took out of it and did not live to claim."""
    if not lanes(provider).remembers():
        while connection.exec_driver_sql(_FORGOTTEN, {"provider": provider, "limit": _BATCH}).rowcount == _BATCH:
            pass
        lanes(provider).filled()
        return
    if not lanes(provider).turn("search", _SEARCH):
        return
    values = {"provider": provider, "age": _LOST_AFTER}
    waiting = [(row.kind, row.company) for row in connection.exec_driver_sql(_WAITING_FOR_LONG, values)]
    for (kind, company), length in zip(waiting, lanes(provider).lengths(waiting), strict=True) if waiting else ():
        if length == 0:
            count = connection.exec_driver_sql(_LOST, {**values, "kind": kind, "company": UUID(company) if company else None}).rowcount
            _log.info("found_again", provider=provider, messages=count)


def _decide(connection: sa.Connection, provider: str) -> int:
    """Ask what became of tries without a word, and write down what follows."""
    channel = routes.opened(provider)
    found = deliveries.undecided(connection, provider, channel.settles_within.total_seconds(), _ASK_AGAIN, _LOOK_UPS)
    words: list[Word] = []
    for one in found:
        try:
            words.append(decided(one, _asked(provider, one), channel.settles_within.total_seconds()))
        except ImeceError as error:  # it does not answer: asked again later
            _log.info("not_told", provider=provider, reference=one.reference, error=error.en)
            break
        finally:
            deliveries.asked(connection, [one.effect_id])
    if words:
        with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as durable:
            deliveries.settle(durable, words)
        _log.info("decided", provider=provider, **_counted(words))
    return len(words)


def _asked(provider: str, one: Claimed) -> Finding:
    try:
        parcel = parcels.made([one], settings())[0]
    except Permanent:
        parcel = None
    return routes.opened(provider).look_up(one.reference, parcel, timedelta(seconds=one.age))


def decided(one: Claimed, finding: Finding, settles: float = 0.0) -> Word:
    """
    What follows from a provider's answer about a try that nobody heard the end of.

    A denial is believed `settles` seconds after the claim, and later after a repetition: so one repetition follows from one denial, and
    none from doubt.
    """
    doubt = verdicts.broken_off()
    if finding.outcome is Outcome.ARRIVED:
        return Word(one.effect_id, EffectState.DONE, MessageState.ACCEPTED, finding.id or one.reference, finding.answer or "-")
    if finding.outcome is Outcome.ABSENT and one.age >= settles * min(2**one.resends, 4):
        return _denied(one)
    if one.kind == "otp" and finding.outcome is Outcome.UNTOLD:
        return Word(one.effect_id, EffectState.UNKNOWN, MessageState.EXPIRED, en=doubt.en, tr=doubt.tr)
    if finding.outcome is Outcome.UNTOLD and one.age > settings().doubt.total_seconds():
        return Word(one.effect_id, EffectState.UNKNOWN, MessageState.UNCONFIRMED, en=doubt.en, tr=doubt.tr)
    state = EffectState.SENDING if one.died else EffectState.UNKNOWN
    return Word(one.effect_id, state, MessageState.UNKNOWN, en=doubt.en, tr=doubt.tr)


def _denied(one: Claimed) -> Word:
    """The provider does not have it: once more, where that is wanted, and has not been done too often."""
    en, tr = "The provider does not have it.", "Sağlayıcıda yok."
    if one.kind == "otp":
        return Word(one.effect_id, EffectState.FAILED, MessageState.EXPIRED, en=en, tr=tr)
    if one.resends >= (_RESENDS_OF_THE_DEAD if one.died else _RESENDS) or one.in_doubt == "leave":
        return Word(one.effect_id, EffectState.FAILED, MessageState.UNCONFIRMED, en=en, tr=tr)
    return Word(one.effect_id, EffectState.FAILED, MessageState.QUEUED, en=en, tr=tr, delay=0.0, resend=True)


def _counted(words: Sequence[Word]) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in words:
        found[word.message.value] = found.get(word.message.value, 0) + 1
    return found


@contextmanager
def _only_one(provider: str) -> Iterator[sa.Connection | None]:
    """A connection that commits every statement by itself, while no other process tends this provider."""
    with db.quick() as connection:
        key = {"lock": _LOCK, "provider": provider}
        if not connection.exec_driver_sql("select pg_try_advisory_lock(%(lock)s, hashtext(%(provider)s))", key).scalar():
            yield None
            return
        try:
            yield connection
        finally:
            connection.exec_driver_sql("select pg_advisory_unlock(%(lock)s, hashtext(%(provider)s))", key)
