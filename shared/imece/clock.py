"""Time. Stored and compared in UTC; shown in the reader's zone. The one thing tests freeze."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

ISTANBUL = ZoneInfo("Europe/Istanbul")


def now() -> datetime:
    """The present moment, zone-aware, in UTC. Between processes the database's clock decides, not this one."""
    return datetime.now(UTC)  # noqa: TID251 (this is the place)


def shown(moment: datetime, zone: ZoneInfo = ISTANBUL) -> str:
    """`moment` as people read it: `20.11.2026 09:05:00` in `zone`."""
    return moment.astimezone(zone).strftime("%d.%m.%Y %H:%M:%S")
