"""Whether what has been claimed may still be sent: looked at when it is about to leave, not when it was asked for."""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from imece import db
from imece.clock import now
from notify.models import MessageState
from notify.people import consent, quiet
from notify.sending.deliveries import Claimed, Withdrawal

_FRESH = 5.0  #: seconds for which a company's quiet hours are remembered
_known: dict[UUID | None, tuple[float, quiet.Rules]] = {}


def refused(claimed: Sequence[Claimed]) -> list[Withdrawal]:
    """
    Those of them that are not sent now: recipients who want none, missing consent, quiet hours.

    A password for one use was asked for by its reader, who is waiting for it; a call goes to a machine.
    """
    groups: dict[tuple[UUID | None, str, str], list[Claimed]] = defaultdict(list)
    for one in claimed:
        if one.kind != "otp" and one.channel != "webhook":
            groups[one.company_id, one.channel, one.kind].append(one)
    if not groups:
        return []
    with Session(db.engine(durable=False)) as session:
        return [withdrawal for group in groups.values() for withdrawal in _withdrawn(session, group)]


def learn(refusers: Iterable[Claimed], provider: str) -> None:
    """Put those on their companies' lists who have told the provider that they want no more messages."""
    for one in refusers:
        if one.company_id is not None:
            with db.transaction() as session:
                consent.opt_out(session, one.company_id, one.channel, one.recipient, source="provider", by=provider, scope="all")


def _withdrawn(session: Session, group: Sequence[Claimed]) -> list[Withdrawal]:
    """Of messages of one company, channel and kind."""
    first, at = group[0], now()
    until = quiet.not_before(_rules(session, first.company_id), first.kind, at)
    refusals = consent.refusals(session, first.company_id, first.channel, [one.recipient for one in group], first.kind, at)
    found = []
    for one in group:
        refusal = refusals.get(one.recipient)
        if refusal is not None:
            found.append(Withdrawal(one.effect_id, MessageState.REFUSED, refusal.code, refusal.en, refusal.tr))
        elif until is not None:
            over = one.expires_at is not None and one.expires_at <= until
            en, tr = "Held back: the company's quiet hours.", "Şirketin sessiz saatleri nedeniyle bekletiliyor."
            state = MessageState.EXPIRED if over else MessageState.QUEUED
            found.append(Withdrawal(one.effect_id, state, "quiet", en, tr, until))
    return found


def _rules(session: Session, company_id: UUID | None) -> quiet.Rules:
    """The company's rules, as they were a few seconds ago at most."""
    known = _known.get(company_id)
    if known is None or time.monotonic() - known[0] > _FRESH:
        if len(_known) > 1000:
            _known.clear()
        known = _known[company_id] = (time.monotonic(), quiet.of_company(session, company_id))
    return known[1]


def forget() -> None:
    """Look at the companies' rules anew: when a test changes them."""
    _known.clear()
