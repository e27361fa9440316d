"""Time."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from imece import clock


def test_now_is_zone_aware_utc() -> None:
    now = clock.now()
    assert now.tzinfo is UTC
    assert abs((now - datetime.now(UTC)).total_seconds()) < 5  # noqa: TID251 (what it is measured against)


def test_a_moment_is_shown_in_the_readers_zone() -> None:
    moment = datetime(2026, 11, 20, 6, 5, tzinfo=UTC)
    assert clock.shown(moment) == "20.11.2026 09:05:00"
    assert clock.shown(moment, ZoneInfo("Europe/Berlin")) == "20.11.2026 07:05:00"
    assert clock.shown(datetime(2026, 7, 1, 12, tzinfo=UTC), ZoneInfo("Europe/Berlin")) == "01.07.2026 14:00:00"
