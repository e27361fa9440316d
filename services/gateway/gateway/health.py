"""Whether what the gateway stands on answers: asked for real, not concluded from an open connection."""

import threading
import time

import redis
import sqlalchemy as sa

from imece import db
from imece.broker import client

#: An answer is good for this many seconds, so that anybody may ask and nobody can make it a burden.
_FRESH = 1.0

_lock = threading.Lock()
_last: tuple[float, tuple[bool, bool]] = (0.0, (False, False))


def check() -> tuple[bool, bool]:
    """Whether PostgreSQL and Redis answer, in this order; at most a second old."""
    global _last
    with _lock:
        when, answer = _last
        if time.monotonic() - when > _FRESH or when == 0.0:
            answer = (_database(), _redis())
            _last = (time.monotonic(), answer)
        return answer


def _database() -> bool:
    try:
        with db.engine().connect() as connection:
            connection.execute(sa.text("set local statement_timeout = '2s'"))
            connection.execute(sa.text("select 1 from ledger.job limit 1"))
    except sa.exc.SQLAlchemyError:
        return False
    return True


def _redis() -> bool:
    asker = client()
    try:
        asker.connection_pool.connection_kwargs |= {"socket_timeout": 2, "socket_connect_timeout": 2}
        return bool(asker.ping())
    except redis.RedisError:
        return False
    finally:
        asker.close()
