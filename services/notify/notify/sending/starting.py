"""Seeing that pumps run: one job per provider and slot, asked for when something waits and too few are at work."""

import redis
import sqlalchemy as sa

from imece import db, ledger, log
from imece.contracts.notify import Pump
from notify.sending.lanes import lanes
from notify.settings import settings

_log = log.get(__name__)


def start(provider: str, alive: int = 0) -> None:
    """Ask for the provider's pumps, unless as many as there are to be are `alive`. Those that are asked for already are not asked for twice."""
    slots = settings().pumps
    if alive >= slots:
        return
    try:
        with db.transaction() as session:
            for slot in range(slots):
                ledger.submit(
                    session, Pump(provider=provider, slot=slot), requested_by="notify", unique_key=f"notify.pump:{provider}:{slot}"
                )
    except sa.exc.DBAPIError as error:
        _log.warning("not_started", provider=provider, error=str(error.orig).strip().split("\n")[0])  # the next round of settling does it


def start_if_waiting(provider: str) -> bool:
    """
    Ask for the provider's pumps where something waits; whether something does.

    For a pump whose end has been committed: whoever pushed before that may have found it alive.
    """
    try:
        waiting = lanes(provider).waiting()
    except redis.RedisError:
        return False
    if waiting:
        start(provider)
    return waiting
