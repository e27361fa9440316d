"""
Quiet hours: when a company leaves people alone. What is held is put off to their end, and has spent no attempt.

They are wall-clock hours of a place, so they cross midnight and follow its summer time. They are a company's courtesy and no law: no source gives
hours for SMS or e-mail. A password for one use is never held: somebody is waiting for it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from imece import clock
from imece.errors import Invalid
from notify.models import CompanyRules

#: What may be held at all.
KINDS = ("commercial", "informational")


@dataclass(frozen=True)
class Rules:
    """A company's rules; the defaults are those of one that has set none."""

    quiet_from: time = time(21)
    quiet_until: time = time(9)
    zone: str = "Europe/Istanbul"
    quiet_kinds: frozenset[str] = frozenset({"commercial"})
    needs_consent: bool = True


def not_before(rules: Rules, kind: str, at: datetime) -> datetime | None:
    """The end (UTC) of the quiet hours that `at` lies in, if they hold messages of `kind`; None when it may go now."""
    if kind == "otp" or kind not in rules.quiet_kinds:
        return None
    zone = ZoneInfo(rules.zone)
    here = at.astimezone(zone)
    now, start, end = here.time(), rules.quiet_from, rules.quiet_until
    if not (start <= now < end if start < end else now >= start or now < end):
        return None
    day = here.date() if now < end else here.date() + timedelta(days=1)
    # An end that summer time leaves out comes when the clock has passed it; one that winter time repeats counts the second time too.
    first, second = (datetime.combine(day, end.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))
    return first if first > at else second


def of_company(session: Session, company_id: UUID | None) -> Rules:
    """The company's rules."""
    row = session.get(CompanyRules, company_id, populate_existing=True) if company_id else None
    if row is None:
        return Rules()
    return Rules(row.quiet_from, row.quiet_until, row.zone, frozenset(row.quiet_kinds), row.needs_consent)


def put(session: Session, company_id: UUID, rules: Rules, *, by: str) -> None:
    """Set the company's rules. Raises Invalid for what makes no sense."""
    if rules.zone not in available_timezones():
        raise Invalid(
            f"{rules.zone} is no time zone such as Europe/Istanbul.", f"{rules.zone}, Europe/Istanbul gibi bir saat dilimi değil."
        )
    if rules.quiet_from == rules.quiet_until and rules.quiet_kinds:
        raise Invalid("Quiet hours begin and end at the same time.", "Sessiz saatlerin başlangıcı ve bitişi aynı.")
    if unknown := rules.quiet_kinds - set(KINDS):
        raise Invalid(f"{', '.join(sorted(unknown))} is never held.", f"{', '.join(sorted(unknown))} hiçbir zaman bekletilmez.")
    values = {
        "quiet_from": rules.quiet_from,
        "quiet_until": rules.quiet_until,
        "zone": rules.zone,
        "quiet_kinds": sorted(rules.quiet_kinds),
        "needs_consent": rules.needs_consent,
        "changed_by": by,
        "changed_at": clock.now(),
    }
    statement = insert(CompanyRules).values(company_id=company_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["company_id"], set_=values))
