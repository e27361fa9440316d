"""
What providers report afterwards, applied: receipts that are called in, asked for, or found in the mailbox of bounces.

They come late, twice and in any order. Every one is kept once; a message's state only ever rises in rank, so that a late `sent` never takes back a
`delivered`. One that comes before the answer to the request itself is as good as that answer; one that belongs to nothing we know waits for it.
"""

import json
from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece import db, log
from imece.errors import Transient
from notify.channels import Reporting
from notify.channels.bounces import Mailbox
from notify.channels.receipts import RANKS, Receipt, State
from notify.people import consent
from notify.sending import routes
from notify.settings import Settings

#: Most that one question to a provider is about, and most questions in one round.
_ASKED, _ROUNDS = 100, 8
#: How long an unmatched receipt is held against what comes to be known.
_WAITS = "1 day"

#: What a receipt makes of the message. Ours that were never tried, or never will be, are not touched by any.
_RANKS = {state.value: rank for state, rank in RANKS.items()}
_BELOW = {"direct": 2, "queued": 0, "sending": 0, "unknown": 0, "unconfirmed": 0, **_RANKS}

_KEEP = """
    insert into notify.receipt (provider, provider_id, state, code, at, effect_id)
    select w.provider, w.provider_id, w.state, w.code, w.at,
           coalesce((select e.id from notify.effect e where e.reference = w.reference order by e.started_at desc limit 1),
                    (select e.id from notify.effect e where e.provider_id = w.provider_id and e.provider = w.provider limit 1))
    from unnest(%(providers)s::text[], %(ids)s::text[], %(references)s::text[], %(states)s::text[], %(codes)s::text[], %(ats)s::timestamptz[])
         as w(provider, provider_id, reference, state, code, at)
    on conflict (provider, provider_id, state) do nothing
    returning provider, provider_id, state, code, effect_id"""

_MATCH = f"""
    update notify.receipt r set effect_id = e.id
    from notify.effect e
    where r.effect_id is null and r.received_at > clock_timestamp() - interval '{_WAITS}'
      and e.provider_id = r.provider_id and e.provider = r.provider
    returning r.provider, r.provider_id, r.state, r.code, r.effect_id"""

# The provider has it: whatever we did or did not hear, the try is done.
_CONFIRM = """
    update notify.effect e set
        state = 'done', provider_id = coalesce(e.provider_id, w.provider_id), answer = coalesce(e.answer, w.state),
        error_en = null, error_tr = null, settled_at = coalesce(e.settled_at, clock_timestamp())
    from unnest(%(effects)s::uuid[], %(ids)s::text[], %(states)s::text[]) as w(id, provider_id, state)
    where e.id = w.id and (e.state <> 'done' or e.provider_id is null)"""

_RAISE = """
    with word as (select distinct on (e.message_id) e.message_id, w.state, w.rank, w.code, w.en, w.tr
        from unnest(%(effects)s::uuid[], %(states)s::text[], %(ranks)s::integer[], %(codes)s::text[], %(ens)s::text[], %(trs)s::text[])
             as w(id, state, rank, code, en, tr)
        join notify.effect e on e.id = w.id order by e.message_id, w.rank desc)
    update notify.message m set
        state = w.state, changed_at = clock_timestamp(), code = nullif(w.code, ''), error_en = w.en, error_tr = w.tr, sealed = null,
        accepted_at = coalesce(m.accepted_at, clock_timestamp())
    from word w
    where m.id = w.message_id and (%(below)s::jsonb ->> m.state)::integer < w.rank
    returning m.id"""

_OPEN = """
    select distinct on (e.provider_id) e.id, e.provider_id, e.asked_at from notify.message m join notify.effect e on e.message_id = m.id
    where m.state in ('accepted', 'sent') and m.accepted_at > clock_timestamp() - interval '3 days'
      and m.accepted_at < clock_timestamp() - %(grace)s * interval '1 second'
      and e.state = 'done' and e.provider = %(provider)s and e.provider_id is not null
      and (e.asked_at is null or e.asked_at < clock_timestamp() - least(greatest((clock_timestamp() - m.accepted_at) / 4, interval '1 minute'), interval '2 hours'))
    order by e.provider_id, e.asked_at nulls first limit %(limit)s"""

_log = log.get(__name__)


def apply(session: Session, receipts: Sequence[Receipt]) -> int:
    """Write down what providers say, in the caller's transaction; how many of them were news."""
    if not receipts:
        return 0
    connection = session.connection()
    values = {
        "providers": [one.provider for one in receipts],
        "ids": [one.provider_id for one in receipts],
        "references": [one.reference for one in receipts],
        "states": [one.state.value for one in receipts],
        "codes": [one.code for one in receipts],
        "ats": [one.at for one in receipts],
    }
    kept = connection.exec_driver_sql(_KEEP, values).all()
    _follow(connection, kept)
    _stop(session, receipts)
    return len(kept)


def match(connection: sa.Connection) -> int:
    """Apply receipts that had come before what they belong to was known; how many found it."""
    found = connection.exec_driver_sql(_MATCH).all()
    _follow(connection, found)
    return len(found)


def collect(provider: str, *, grace: float = 60.0) -> int:
    """
    Ask a provider what became of what it took and has said nothing final of for `grace` seconds; how many receipts were news.

    Seldom for what is old; nothing for a provider that is never asked.
    """
    channel, news = routes.opened(provider), 0
    if not isinstance(channel, Reporting):
        return 0
    for _ in range(_ROUNDS):
        with db.quick() as connection:
            rows = connection.exec_driver_sql(_OPEN, {"provider": provider, "grace": grace, "limit": _ASKED}).all()
            if not rows:
                break
            connection.exec_driver_sql(
                "update notify.effect set asked_at = clock_timestamp(), asked = asked + 1 where id = any(%(ids)s::uuid[])",
                {"ids": [row.id for row in rows]},
            )
        try:
            found = [one for one in channel.reports([row.provider_id for row in rows]) if isinstance(one, Receipt)]
        except Transient as error:
            _log.info("no_report", provider=provider, error=error.en)
            break
        with db.transaction() as session:
            news += apply(session, found)
        if len(rows) < _ASKED:
            break
    if news:
        _log.info("reported", provider=provider, receipts=news)
    return news


def bounces(given: Settings) -> int:
    """Read the mailbox of bounces, if there is one; how many of its receipts were news. A mail is read again until what it says is written down."""
    mailbox, news = Mailbox(given), 0

    def write(receipts: Sequence[Receipt]) -> None:
        nonlocal news
        with db.transaction() as session:
            news += apply(session, receipts)

    if mailbox.open:
        try:
            mailbox.collect(write)
        except Transient as error:
            _log.warning("no_bounces", error=error.en)
    return news


def _follow(connection: sa.Connection, kept: Sequence[sa.Row[tuple[str, str, str, str, UUID | None]]]) -> None:
    known = [row for row in kept if row.effect_id is not None]
    if not known:
        return
    effects = [row.effect_id for row in known]
    states = [row.state for row in known]
    connection.exec_driver_sql(_CONFIRM, {"effects": effects, "ids": [row.provider_id for row in known], "states": states})
    sentences = [_sentence(row.provider, State(row.state), row.code) for row in known]
    values = {
        "effects": effects,
        "states": states,
        "ranks": [_RANKS[state] for state in states],
        "codes": [row.code for row in known],
        "ens": [en for en, _ in sentences],
        "trs": [tr for _, tr in sentences],
        "below": json.dumps(_BELOW),
    }
    connection.exec_driver_sql(_RAISE, values)


def _stop(session: Session, receipts: Sequence[Receipt]) -> None:
    """Who has told the provider that he wants no more is told to us, too; who cannot be reached is marked."""
    for one in receipts:
        if not (one.opted_out or one.address):
            continue
        query = """
            select m.company_id, m.channel, m.recipient, e.id from notify.effect e join notify.message m on m.id = e.message_id
            where e.reference = %(reference)s or (e.provider_id = %(id)s and e.provider = %(provider)s) limit 1"""
        values = {"reference": one.reference, "id": one.provider_id, "provider": one.provider}
        row = session.connection().exec_driver_sql(query, values).first()
        if row is None:
            continue
        if one.opted_out and row.company_id is not None:
            consent.opt_out(session, row.company_id, row.channel, row.recipient, source="provider", by=one.provider, scope="all")
        if one.address:
            session.connection().exec_driver_sql("update notify.effect set address_refused = true where id = %(id)s", {"id": row.id})


def _sentence(provider: str, state: State, code: str) -> tuple[str | None, str | None]:
    """What is said of a message that did not arrive."""
    behind = f" ({code})" if code else ""
    match state:
        case State.UNDELIVERED:
            return f"{provider} could not deliver it{behind}.", f"{provider} teslim edemedi{behind}."
        case State.FAILED:
            return f"{provider} reports that it failed{behind}.", f"{provider} gönderilemediğini bildirdi{behind}."
        case State.EXPIRED:
            return f"{provider} gave it up: its time was over{behind}.", f"{provider} süresi dolduğu için vazgeçti{behind}."
    return None, None
