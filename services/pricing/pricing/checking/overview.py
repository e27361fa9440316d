"""The state of the watching in figures: what is due, how late it is, how fast it goes, and where a store's pace is not enough."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from imece.priority import SEED, Preset, Tier
from pricing.prices.results import interval_sql

#: Upper ends of the classes by which overdue products are counted.
AGES = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))

_DUE = """
    select s.id, s.domain, q.tier,
        not s.active or s.policy = 'forbidden' or coalesce(s.blocked_until > statement_timestamp(), false) as held,
        count(*) filter (where q.next_check_at <> 'infinity') as watched,
        count(*) filter (where q.next_check_at = 'epoch') as never,
        count(*) filter (where q.batch_id is not null and q.next_check_at > statement_timestamp() and q.next_check_at <> 'infinity') as running,
        count(*) filter (where due) as due,
        count(*) filter (where due and late <= 3600) as late_1,
        count(*) filter (where due and late > 3600 and late <= 21600) as late_6,
        count(*) filter (where due and late > 21600 and late <= 86400) as late_24,
        count(*) filter (where due and late > 86400) as later,
        max(late) filter (where due) as oldest
    from pricing.sched q join pricing.store s on s.id = q.store_id
    cross join lateral (select q.next_check_at <= statement_timestamp() and q.next_check_at <> 'epoch' as due,
        case when q.next_check_at between '2000-01-01' and '2999-12-31' then extract(epoch from statement_timestamp() - q.next_check_at) end as late) l
    where s.company_id = %(company)s
    group by s.id, q.tier"""

_CHECKS = """
    select coalesce(sum(checks) filter (where hour > now() - interval '1 hour'), 0)::bigint as in_1,
        coalesce(sum(checks) filter (where hour > now() - interval '6 hours'), 0)::bigint as in_6, coalesce(sum(checks), 0)::bigint as in_24,
        coalesce(sum(checks) filter (where state in ('ok', 'unchanged')), 0)::bigint as good,
        (sum(milliseconds) / nullif(sum(checks), 0))::float8 as mean_ms,
        extract(epoch from now() - min(hour)) as since
    from pricing.check_hour c join pricing.store s on s.id = c.store_id
    where s.company_id = %(company)s and hour > now() - interval '24 hours'"""

# What the intervals ask of each store, in looks per hour, beside what its pace allows.
_CAPACITY = """
    select s.id, s.domain, count(*) as products, sum(3600.0 / {interval}) as wanted,
        3600000.0 * s.ids_per_call / greatest(s.min_delay_ms, s.current_delay_ms, 1) as possible,
        sum(3600.0 / {interval}) filter (where q.tier = 0) as wanted_high
    from pricing.product p join pricing.sched q on q.product_id = p.id join pricing.store s on s.id = p.store_id
    left join pricing.category c on c.id = p.category_id
    where s.company_id = %(company)s and p.active and s.active and s.policy <> 'forbidden'
    group by s.id order by s.domain"""


class Load(NamedTuple):
    """
    What a store's products ask of it, in looks per hour: all of them, and those of the highest tier; and what its pace allows.

    `full_pass` is how long one look at each of them takes.
    """

    store_id: int
    domain: str
    products: int
    wanted: float
    wanted_high: float
    possible: float

    @property
    def enough(self) -> bool:
        """Whether its pace is enough."""
        return self.wanted <= self.possible

    @property
    def full_pass(self) -> timedelta:
        """How long one look at each of its products takes."""
        return timedelta(hours=self.products / self.possible)

    def worded(self, locale: str = "tr") -> str | None:
        """What a person should know; None when the capacity is enough."""
        if self.enough:
            return None
        share = round(100 * self.possible / self.wanted)
        if locale == "tr":
            return f"{self.domain}: bu mağaza için kapasite yetersiz. İstenen saatte {self.wanted:.0f} kontrol, hızı {self.possible:.0f}'e yetiyor (%{share})."
        return f"{self.domain}: capacity is not enough for this store. {self.wanted:.0f} looks per hour are wanted, its pace allows {self.possible:.0f} ({share}%)."


@dataclass(slots=True)
class Counts:
    """Products of one tier or store. `due` have been looked at before and should have been again by now; `never` are new."""

    watched: int = 0
    never: int = 0
    running: int = 0
    due: int = 0
    held: int = 0  #: of the due and the new ones: at a store that may not be asked now

    def add(self, row: Any) -> None:
        """Count a row of the statement in."""
        self.watched += row.watched
        self.never += row.never
        self.running += row.running
        self.due += row.due
        self.held += row.due + row.never if row.held else 0


@dataclass(frozen=True, slots=True)
class Overview:
    """
    How one company's watching stands.

    `late` counts the due by age: up to 1, 6, 24 hours, and more. `oldest` is the longest anything at a store that may be asked is overdue; by it, not by
    the length of a queue, one sees that workers are missing. `checks` are those of the last 1, 6, 24 hours, of the last of which `good` read a price.
    """

    tiers: dict[Tier, Counts]
    stores: dict[str, Counts]
    late: tuple[int, int, int, int]
    oldest: timedelta | None
    checks: tuple[int, int, int]
    good: int
    mean_ms: float | None
    per_hour: float
    full_pass: timedelta | None
    slowest: Load | None
    short: list[Load] = field(default_factory=list)

    @property
    def total(self) -> Counts:
        """All tiers together."""
        found = Counts()
        for counts in self.tiers.values():
            found.watched += counts.watched
            found.never += counts.never
            found.running += counts.running
            found.due += counts.due
            found.held += counts.held
        return found


def of(session: Session, company_id: UUID, preset: Preset = SEED) -> Overview:
    """
    The state of one company's watching now. Reads every product once: a second or two for a million.

    A full pass takes as long as the slowest store's pace, or as all looks at the present rate, whichever is longer; None while there is no rate.
    """
    connection = session.connection()
    tiers = {tier: Counts() for tier in Tier}
    stores: dict[str, Counts] = {}
    late, oldest = [0, 0, 0, 0], None
    for row in connection.exec_driver_sql(_DUE, {"company": company_id}):
        tiers[Tier(row.tier)].add(row)
        stores.setdefault(row.domain, Counts()).add(row)
        late = [total + count for total, count in zip(late, (row.late_1, row.late_6, row.late_24, row.later), strict=True)]
        if row.oldest is not None and not row.held:
            oldest = max(oldest or timedelta(0), timedelta(seconds=float(row.oldest)))
    checks = connection.exec_driver_sql(_CHECKS, {"company": company_id}).one()
    loads = capacity(session, company_id, preset)
    slowest = max(loads, key=lambda load: load.full_pass, default=None)
    rate = checks.in_24 / max(1.0, float(checks.since or 0) / 3600)
    watched = sum(load.products for load in loads)
    return Overview(
        tiers,
        stores,
        (late[0], late[1], late[2], late[3]),
        oldest,
        (checks.in_1, checks.in_6, checks.in_24),
        checks.good,
        checks.mean_ms,
        rate,
        max(timedelta(hours=watched / rate), slowest.full_pass) if rate and slowest else None,
        slowest,
        [load for load in loads if not load.enough],
    )


def capacity(session: Session, company_id: UUID, preset: Preset = SEED) -> list[Load]:
    """What each store's products ask of it, beside what its pace allows, by domain."""
    statement = _CAPACITY.format(interval=interval_sql(preset, "q.priority", "p.has_active_deal"))
    rows = session.connection().exec_driver_sql(statement, {"company": company_id})
    return [Load(row.id, row.domain, row.products, float(row.wanted), float(row.wanted_high or 0), float(row.possible)) for row in rows]
