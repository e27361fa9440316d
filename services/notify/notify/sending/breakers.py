"""
A provider that takes nothing is left alone for a while, by all of us, and who stands in for it gets what waits.

After some failures in a row, or when it says itself that our account is closed, its lanes are held for a pause that grows from opening to opening;
the first success closes the breaker again. Only what was surely not taken counts as a failure.
"""

import random
from datetime import datetime, timedelta
from typing import NamedTuple

import redis
import sqlalchemy as sa

from imece import db, log
from imece.errors import Transient
from notify.channels.refusals import Closed
from notify.sending import routes
from notify.sending.lanes import lanes

#: Failures in a row that open the breaker.
ENOUGH = 5
_FIRST, _LONGEST = timedelta(seconds=10), timedelta(minutes=5)

_FAILED = """
    insert into notify.provider as p (name, failures, error_en, error_tr, failed_at)
    values (%(name)s, 1, %(en)s, %(tr)s, clock_timestamp())
    on conflict (name) do update set
        failures = p.failures + 1, error_en = excluded.error_en, error_tr = excluded.error_tr, failed_at = excluded.failed_at
    returning failures, openings, open_until > clock_timestamp() as open"""

_OPEN = """
    update notify.provider set open_until = clock_timestamp() + %(pause)s, openings = openings + 1
    where name = %(name)s and (open_until is null or open_until <= clock_timestamp())
    returning name"""

_SUCCEEDED = """
    insert into notify.provider as p (name, succeeded_at) values (%(name)s, clock_timestamp())
    on conflict (name) do update set failures = 0, openings = 0, open_until = null, succeeded_at = excluded.succeeded_at
    returning name"""

_HAND_ON = """
    update notify.message set provider = %(next)s, pushed_at = null, changed_at = clock_timestamp()
    where id in (select id from notify.message where state = 'queued' and provider = %(name)s and not pinned limit 20000 for update skip locked)
    returning id"""

_log = log.get(__name__)


class Standing(NamedTuple):
    """How a provider stands."""

    name: str
    failures: int
    openings: int
    open_until: datetime | None
    error_en: str | None
    error_tr: str | None
    failed_at: datetime | None
    succeeded_at: datetime | None


def failed(provider: str, channel: str, error: Transient) -> bool:
    """Note that a provider surely did not take something; whether it is left alone from now on."""
    with db.quick() as connection:
        row = connection.exec_driver_sql(_FAILED, {"name": provider, "en": error.en, "tr": error.tr}).one()
        if row.open:
            return True
        if row.failures < ENOUGH and not isinstance(error, Closed):
            return False
        pause = _pause(row.openings, error)
        if connection.exec_driver_sql(_OPEN, {"name": provider, "pause": pause}).first() is None:
            return True
    _log.warning("breaker_open", provider=provider, seconds=round(pause.total_seconds(), 1), error=error.en)
    try:
        lanes(provider).hold(pause.total_seconds())
    except redis.RedisError as fault:
        _log.warning("breaker_not_told", provider=provider, error=str(fault))
    hand_on(provider, channel)
    return True


def succeeded(provider: str) -> None:
    """Note that it takes again. To be called now and then, not for every message."""
    with db.quick() as connection:
        connection.exec_driver_sql(_SUCCEEDED, {"name": provider})
    try:
        lanes(provider).release()
    except redis.RedisError as fault:
        _log.warning("breaker_not_told", provider=provider, error=str(fault))


def hand_on(provider: str, channel: str) -> int:
    """Give what waits for a provider to the one that stands in for it; how many that were."""
    heir, moved = routes.after(channel, provider), 0
    if heir is None:
        return 0
    with db.quick() as connection:
        while count := len(connection.exec_driver_sql(_HAND_ON, {"name": provider, "next": heir}).all()):
            moved += count
    if moved:
        _log.warning("handed_on", provider=provider, to=heir, messages=moved)
    return moved


def standings(connection: sa.Connection) -> list[Standing]:
    """How every provider stands that something was ever given to."""
    query = "select name, failures, openings, open_until, error_en, error_tr, failed_at, succeeded_at from notify.provider order by name"
    return [Standing(*row) for row in connection.exec_driver_sql(query)]


def _pause(openings: int, error: Transient) -> timedelta:
    """How long nothing is given to it."""
    grown: timedelta = min(_LONGEST, _FIRST * 2 ** min(openings, 8))
    return max(grown * random.uniform(0.8, 1.2), error.retry_after or timedelta(0))  # noqa: S311 (spreads load, keeps no secret)
