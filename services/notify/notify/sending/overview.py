"""How the ways out stand: live or caught, open or left alone, how much of their rate is used, what waits in each lane."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notify.rates import Price
from notify.sending import breakers, routes
from notify.sending.breakers import Standing
from notify.sending.lanes import LANES
from notify.settings import Settings

_RECENT = sa.text("""
    select coalesce(e.provider, m.channel) as provider,
           coalesce(sum(m.segments) filter (where e.started_at > clock_timestamp() - interval '1 minute'), 0) as minute,
           count(*) as tries,
           count(*) filter (where e.state = 'done') as taken,
           count(*) filter (where e.state = 'failed') as refused,
           count(*) filter (where e.state = 'unknown') as unknown,
           percentile_cont(0.5) within group (order by extract(epoch from e.settled_at - e.started_at) * 1000) filter (where e.state = 'done') as median
    from notify.effect e join notify.message m on m.id = e.message_id
    where e.started_at > clock_timestamp() - interval '1 hour'
    group by 1""")

_WAITING = sa.text("""
    select provider, kind, count(*) as messages, min(created_at) as oldest from notify.message
    where state = 'queued' and company_id = :company group by 1, 2""")


@dataclass(frozen=True)
class Lane:
    """What waits of the company's in one lane."""

    messages: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True)
class Way:
    """
    One provider, as it stands. `rate` is segments a second; `used` the share of it that left in the last minute, of all companies together.

    `tries`, `taken`, `refused` and `unknown` are of the last hour, `median_ms` how long it took to answer. `lanes` are the company's own.
    """

    name: str
    channel: str
    mode: str
    rate: float
    price: Price | None
    used: float = 0.0
    tries: int = 0
    taken: int = 0
    refused: int = 0
    unknown: int = 0
    median_ms: float | None = None
    standing: Standing | None = None
    lanes: Mapping[str, Lane] = field(default_factory=dict)

    def is_open(self, at: datetime) -> bool:
        """Whether it is being left alone."""
        return self.standing is not None and self.standing.open_until is not None and self.standing.open_until > at


def ways(session: Session, company_id: UUID, given: Settings) -> list[Way]:
    """Every way out, in the order in which they are chosen."""
    recent = {row.provider: row for row in session.execute(_RECENT)}
    standing = {one.name: one for one in breakers.standings(session.connection())}
    waiting: dict[str, dict[str, Lane]] = {}
    for lane in session.execute(_WAITING, {"company": company_id}):
        waiting.setdefault(lane.provider, {})[lane.kind] = Lane(lane.messages, lane.oldest)
    found = []
    for name in routes.all_ways():
        channel = name if name in {"telegram", "webhook", "email"} else "sms"
        rate = given.rate(name)
        row: Any = recent.get(name)
        found.append(
            Way(
                name=name,
                channel=channel,
                mode=mode(given, channel),
                rate=rate,
                price=given.prices.get(name),
                used=float(row.minute) / 60 / rate if row else 0.0,
                tries=row.tries if row else 0,
                taken=row.taken if row else 0,
                refused=row.refused if row else 0,
                unknown=row.unknown if row else 0,
                median_ms=float(row.median) if row and row.median is not None else None,
                standing=standing.get(name),
                lanes={lane: waiting.get(name, {}).get(lane, Lane()) for lane in LANES},
            )
        )
    return found


def mode(given: Settings, channel: str) -> str:
    """`catch` or `live`."""
    return {"sms": given.sms_mode, "telegram": given.telegram_mode, "webhook": given.webhook_mode, "email": given.mode}[channel]


def catching(given: Settings) -> tuple[str, ...]:
    """The channels whose messages go to the catcher."""
    return tuple(channel for channel in ("sms", "email", "telegram", "webhook") if mode(given, channel) == "catch")
