"""The policy after an attempt without success: never again, or when. Pure; the worker writes its verdict down."""

import random
from dataclasses import dataclass
from datetime import timedelta

import redis
import sqlalchemy as sa

from imece import db
from imece.errors import Cancelled, ImeceError, Permanent, Snooze, TimedOut, Transient, Unknown
from imece.ledger.states import State

#: First wait and longest wait of the back-off, before jitter.
_FIRST, _LONGEST = timedelta(seconds=4), timedelta(minutes=15)
#: Uncharged attempts after which even a fault of PostgreSQL or Redis is charged: a job that always breaks its own connection must end too.
_PATIENCE = 50

#: SQLSTATE classes: connection lost, deadlock or serialisation, out of resources, shut down by the operator.
_SERVER_TROUBLE = {"08", "40", "53", "57"}
_QUERY_CANCELLED = "57014"


@dataclass(frozen=True)
class Verdict:
    """What becomes of the job: a final `state`, or again after `delay`. `outcome` is how the attempt is called in the ledger."""

    outcome: str
    charged: bool = True
    state: State | None = None
    delay: timedelta = timedelta(0)


def judge(error: BaseException, *, spent: int, forgiven: int, max_attempts: int) -> Verdict:
    """
    Decide after `error`, in the `spent`-th attempt that counts (1 for the first) of `max_attempts`.

    The wait doubles from 4 s to 15 min with full jitter, and is never shorter than what the other side asked for (`retry_after`). Source of
    the jitter: M. Brooker, Exponential Backoff And Jitter, 2015.
    """
    match error:
        case Cancelled():
            return Verdict("cancelled", state=State.CANCELLED)
        case Snooze():
            return Verdict("snoozed", charged=False, delay=max(error.delay, timedelta(seconds=1)))
        case Permanent() | Unknown():
            return Verdict("failed", state=State.FAILED)
    if _is_infrastructure(error) and forgiven < _PATIENCE:
        return Verdict("interrupted", charged=False, delay=_jittered(min(forgiven + 1, 4)))
    outcome = "timed out" if isinstance(error, TimedOut) else "failed"
    if spent >= max_attempts:
        return Verdict(outcome, state=State.FAILED)
    delay = _jittered(spent)
    if isinstance(error, Transient) and error.retry_after is not None:
        delay = error.retry_after + delay / 4
    return Verdict(outcome, delay=delay)


def described(error: BaseException) -> dict[str, str]:
    """The error as the ledger keeps it, for people: its type and one sentence per language."""
    if isinstance(error, ImeceError):
        return {"type": type(error).__name__, "en": storable(error.en), "tr": storable(error.tr)}
    text = storable(f"{type(error).__name__}: {error}".strip().rstrip(":")[:2000])
    return {"type": type(error).__name__, "en": text, "tr": text}


def storable(text: str) -> str:
    """`text` without what PostgreSQL cannot hold: NUL, and the halves of characters that undecodable file names leave behind."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _is_infrastructure(error: BaseException) -> bool:
    """Whether PostgreSQL or Redis was away or overrun, which is not the job's fault."""
    if isinstance(error, sa.exc.DBAPIError) and db.is_away(error):
        code = getattr(error.orig, "pgcode", None)
        return code is None or (code[:2] in _SERVER_TROUBLE and code != _QUERY_CANCELLED)
    return isinstance(error, redis.ConnectionError | redis.TimeoutError)


def _jittered(times: int) -> timedelta:
    longest: timedelta = min(_LONGEST, _FIRST * 2 ** min(times - 1, 16))
    return random.uniform(0, 1) * longest  # noqa: S311 (spreads load, keeps no secret)
