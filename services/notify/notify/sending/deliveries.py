"""
How a message goes out, as it is written down: every move of a message and its effects, each one guarded statement.

    queued --claim--> sending --the provider's word--> accepted --receipts--> sent, delivered, undelivered, failed, expired
      ^                  |--surely not taken, worth another try--> queued, later or by another provider
      |                  |--surely not taken, never will be--> failed, refused
      |                  '--no word--> unknown --asked: it has it--> accepted
      '------------------ asked: it does not -------------'        '--nobody can say--> unconfirmed; an OTP: expired

One effect is one try. `sending` is committed, to the disk, before the provider is spoken to; who settles an effect names it, and an effect that has
been settled is settled no more, but for one thing: the provider's word that it took it is a fact whenever it comes.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from notify.models import EffectState, MessageState


class Claimed(NamedTuple):
    """A message that is ours to send, now: `effect_id` is the try, `reference` what the provider will know it by."""

    id: UUID
    effect_id: UUID
    reference: str
    company_id: UUID | None
    channel: str
    kind: str
    recipient: str
    subject: str
    locale: str
    sender: str | None
    text: str | None
    sealed: bytes | None
    detail: dict[str, Any] | None
    encoding: str | None
    expires_at: datetime | None
    tries: int
    resends: int
    pinned: bool
    job_id: UUID | None
    bulk_id: UUID | None
    in_doubt: str | None  #: its bulk's wish, where nobody knows whether one has arrived
    age: float  #: seconds since it was claimed
    died: bool  #: whoever made the try has not written down that no answer came: it did not live to do so


class Word(NamedTuple):
    """
    What became of one try: the effect's new state and the message's.

    `delay` (seconds) and `provider` say when and by whom it is tried again. `resend`: nobody knew, and the provider has denied it.
    """

    effect_id: UUID
    effect: EffectState
    message: MessageState
    provider_id: str | None = None
    answer: str | None = None
    code: str | None = None
    en: str | None = None
    tr: str | None = None
    address: bool = False
    delay: float | None = None
    provider: str | None = None
    resend: bool = False


# A moment beyond Python's calendar would make the whole claim unreadable, after it is committed; it is as good as none.
_FIELDS = """
    m.id, e.effect_id, e.reference, m.company_id, m.channel, m.kind, m.recipient, coalesce(nullif(m.subject, ''), b.subject, '') as subject,
    m.locale, m.sender, coalesce(m.text, b.text) as text, m.sealed, m.detail, m.encoding,
    case when m.expires_at < '9000-01-01' then m.expires_at end as expires_at, m.tries, m.resends, m.pinned, m.job_id, m.bulk_id, b.in_doubt"""

# The rows are locked in the order of their ids, so that two who claim or settle many never wait for each other in a circle. A claim waits for whoever
# looks after the rows just then: what it left out would go in a request of its own.
_CLAIM = f"""
    with wanted as materialized (
        select m.id, w.effect_id from unnest(%(ids)s::uuid[], %(effects)s::uuid[]) as w(id, effect_id)
        join notify.message m on m.id = w.id
        where m.state = 'queued' and m.provider = %(provider)s
          and (m.send_at is null or m.send_at <= clock_timestamp()) and (m.expires_at is null or m.expires_at > clock_timestamp())
        order by m.id for update of m),
    took as (
        update notify.message m set state = 'sending', tries = m.tries + 1, changed_at = clock_timestamp()
        from wanted w where m.id = w.id
        returning m.*, w.effect_id),
    began as (
        insert into notify.effect (id, message_id, key, reference, state, attempt, claim, started_at, provider)
        select effect_id, id, channel || ':' || id || ':' || tries,
               case when channel = 'email' then '<' || id || '@' || %(domain)s || '>' else effect_id::text end,
               'sending', 1, effect_id, clock_timestamp(), provider
        from took
        returning id as effect_id, message_id, reference)
    select {_FIELDS}, 0 as age, false as died
    from took m join began e on e.message_id = m.id left join notify.bulk b on b.id = m.bulk_id"""

_SETTLE = """
    with word as materialized (
        select e.id as effect_id, e.message_id, w.* from unnest(
            %(effects)s::uuid[], %(states)s::text[], %(messages)s::text[], %(provider_ids)s::text[], %(answers)s::text[], %(codes)s::text[],
            %(ens)s::text[], %(trs)s::text[], %(addresses)s::boolean[], %(delays)s::double precision[], %(providers)s::text[], %(resends)s::boolean[])
            as w(id, state, message_state, provider_id, answer, code, en, tr, address, delay, next, resend)
        join notify.effect e on e.id = w.id
        where e.state in ('sending', 'unknown') or (w.state = 'done' and e.state <> 'done')
        order by e.id for update of e),
    moved as (
        update notify.effect e set
            state = w.state, provider_id = coalesce(w.provider_id, e.provider_id), answer = coalesce(w.answer, e.answer), code = w.code,
            error_en = w.en, error_tr = w.tr, address_refused = w.address,
            settled_at = case when w.state <> 'sending' then clock_timestamp() end
        from word w where e.id = w.effect_id
        returning e.id)
    update notify.message m set
        state = w.message_state, changed_at = clock_timestamp(), code = w.code, error_en = w.en, error_tr = w.tr,
        provider = coalesce(w.next, m.provider), pushed_at = null, resends = m.resends + case when w.resend then 1 else 0 end,
        send_at = case when w.delay is not null then clock_timestamp() + w.delay * interval '1 second' else m.send_at end,
        accepted_at = case when w.message_state = 'accepted' then clock_timestamp() else m.accepted_at end,
        sealed = case when w.message_state in ('queued', 'unknown') then m.sealed end
    from word w
    where m.id = w.message_id
      and (m.state in ('sending', 'unknown') or (w.message_state = 'accepted' and m.state in ('queued', 'unconfirmed', 'expired')))
    returning w.effect_id"""

# What was found out at the last moment, after the claim and before anything was said: the try is taken back.
_WITHDRAW = """
    with word as materialized (
        select e.message_id, w.* from unnest(
            %(effects)s::uuid[], %(states)s::text[], %(codes)s::text[], %(ens)s::text[], %(trs)s::text[], %(untils)s::timestamptz[])
            as w(id, message_state, code, en, tr, until)
        join notify.effect e on e.id = w.id where e.state = 'sending' order by e.id for update of e),
    gone as (delete from notify.effect where id in (select id from word) returning id)
    update notify.message m set
        state = w.message_state, tries = m.tries - 1, changed_at = clock_timestamp(), code = w.code, error_en = w.en, error_tr = w.tr,
        send_at = coalesce(w.until, m.send_at), pushed_at = null, sealed = case when w.message_state = 'queued' then m.sealed end
    from word w where m.id = w.message_id and m.state = 'sending'
    returning m.id"""

_UNDECIDED = f"""
    select {_FIELDS}, extract(epoch from clock_timestamp() - e.started_at)::float as age, e.state = 'sending' as died
    from (select id as effect_id, message_id, reference, state, started_at, asked_at from notify.effect
          where state in ('sending', 'unknown') and provider = %(provider)s and started_at < clock_timestamp() - %(age)s * interval '1 second'
            and (asked_at is null or asked_at < clock_timestamp() - %(pause)s * interval '1 second')
          order by asked_at nulls first, started_at limit %(limit)s) e
    join notify.message m on m.id = e.message_id left join notify.bulk b on b.id = m.bulk_id
    where m.state in ('sending', 'unknown')"""


def claim(connection: sa.Connection, provider: str, ids: Sequence[UUID], effects: Sequence[UUID], domain: str) -> list[Claimed]:
    """
    Take the right to send these messages by `provider`, each under the effect beside it; those that could be had.

    The others are not queued any more, wait for a later time, have expired, or are somebody else's. `domain` is that of Message-IDs.
    """
    values = {"ids": list(ids), "effects": list(effects), "provider": provider, "domain": domain}
    return [Claimed(*row) for row in connection.exec_driver_sql(_CLAIM, values)]


def settle(connection: sa.Connection, words: Sequence[Word]) -> set[UUID]:
    """Write down what became of these tries; the effects of which that was news to the message."""
    if not words:
        return set()
    names = (
        *("effects", "states", "messages", "provider_ids", "answers", "codes"),
        *("ens", "trs", "addresses", "delays", "providers", "resends"),
    )
    columns = zip(*words, strict=True)
    values = dict(zip(names, map(list, columns), strict=True))
    return set(connection.exec_driver_sql(_SETTLE, values).scalars())


class Withdrawal(NamedTuple):
    """Why a claimed message is not sent now: it is `refused`, has `expired`, or waits (`queued`) until `until`."""

    effect_id: UUID
    message: MessageState
    code: str | None = None
    en: str | None = None
    tr: str | None = None
    until: datetime | None = None


def withdraw(connection: sa.Connection, withdrawals: Sequence[Withdrawal]) -> None:
    """Take back what was claimed and has surely not left: no try was made."""
    if withdrawals:
        names = ("effects", "states", "codes", "ens", "trs", "untils")
        columns = zip(*withdrawals, strict=True)
        connection.exec_driver_sql(_WITHDRAW, dict(zip(names, map(list, columns), strict=True)))


def undecided(connection: sa.Connection, provider: str, age: float, pause: float, limit: int) -> list[Claimed]:
    """Tries begun more than `age` seconds ago of which nobody has said how they ended, and that were not asked for within `pause` seconds."""
    return [
        Claimed(*row) for row in connection.exec_driver_sql(_UNDECIDED, {"provider": provider, "age": age, "pause": pause, "limit": limit})
    ]


def asked(connection: sa.Connection, effects: Sequence[UUID]) -> None:
    """The provider has been asked about these just now."""
    connection.exec_driver_sql(
        "update notify.effect set asked_at = clock_timestamp(), asked = asked + 1 where id = any(%(ids)s::uuid[])", {"ids": list(effects)}
    )
