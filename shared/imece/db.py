"""PostgreSQL: the engine, sessions, transactions. Synchronous SQLAlchemy; one schema per service, `ledger` for the floor."""

import select
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

import orjson
import psycopg2
import psycopg2.extensions
import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece.config import settings

T = TypeVar("T")

#: PostgreSQL keeps moments that Python cannot read again: 23:59 on the last day of 9999 in New York is a day of the year 10000 in UTC.
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

#: PostgreSQL's codes for texts it cannot hold: NUL, and halves of letters.
_UNFIT = frozenset({"22021", "22P05"})

#: Joined by every process, so that a statement or a lock can never hold the house up for ever.
_GUARDS = "-c idle_in_transaction_session_timeout=10min -c lock_timeout=30s -c plan_cache_mode=force_generic_plan"


#: Lines nobody uses at this moment, and how many of them are kept.
_lines: deque["Line"] = deque()
_LINES = 4


def database_url() -> sa.URL:
    """Where the database is: `IMECE_DATABASE_URL`, or else the embedded server under `IMECE_HOME`."""
    given = settings().database_url.get_secret_value()
    if given:
        return sa.make_url(given).set(drivername="postgresql+psycopg2")
    from imece.embedded.postgres import embedded_url  # noqa: PLC0415 (the embedded stack is an extra; containers lack it)

    return embedded_url(settings().home)


def engine(*, durable: bool = True) -> sa.Engine:
    """
    The process's engine, made at first use.

    `durable=False` gives connections that commit every statement by itself, without waiting for the disk: for what is harmless to lose, claims
    and progress (a lost claim is rescued, lost progress is overwritten).
    """
    return _engine(durable)


@cache
def _engine(durable: bool) -> sa.Engine:
    made = sa.create_engine(
        database_url(),
        pool_size=8,
        max_overflow=32,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        isolation_level="READ COMMITTED" if durable else "AUTOCOMMIT",
        connect_args={
            "options": _GUARDS if durable else f"{_GUARDS} -c synchronous_commit=off",
            "connect_timeout": 5,
            "application_name": "imece",
        },
    )
    sa.event.listen(made, "checkout", _refuse_dead)
    sa.event.listen(made, "handle_error", _as_data_error)
    return made


def _as_data_error(context: sa.engine.ExceptionContext) -> None:
    """What the driver cannot even send (NUL, half a letter, a year out of reach) is the same error as what the server refuses."""
    if isinstance(context.original_exception, ValueError):
        raise _unsent(context.statement, context.original_exception) from context.original_exception


def _unsent(statement: str | None, error: ValueError) -> sa.exc.DataError:
    return sa.exc.DataError(statement or "", None, error)


def _moment(moment: datetime) -> Any:
    """How the driver writes a moment down. Raises ValueError for one that could not be read again."""
    if moment.tzinfo is not None and not 1 < moment.year < 9999 and not _FIRST <= moment <= _LAST:
        message = f"{moment.isoformat()} is out of reach"
        raise ValueError(message)
    return psycopg2.extensions.TimestampFromPy(moment)


psycopg2.extensions.register_adapter(datetime, _moment)


def _refuse_dead(connection: Any, _record: Any, _proxy: Any) -> None:
    """
    Replace a pooled connection that the server has closed.

    An idle connection has nothing to read; if there is, it is the server's farewell. A look at the socket, where a ping costs a round trip.
    """
    if _is_closed(connection):
        raise sa.exc.DisconnectionError


def _is_closed(connection: Any) -> bool:
    probe = select.poll()
    probe.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(probe.poll(0))


@contextmanager
def transaction() -> Iterator[Session]:
    """A session in one transaction: committed at the end of the block, rolled back by an exception. Jobs submitted in it are rung after the commit."""
    with Session(engine(), expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def quick() -> Iterator[sa.Connection]:
    """A connection that commits each statement by itself and does not wait for the disk. For claims, progress, heartbeats and reads."""
    with engine(durable=False).connect() as connection:
        yield connection


class Line:
    """
    One connection that commits every statement by itself; opened again when it was lost. Used by one thread at a time.

    Taking a connection out of the pool for one statement costs as much as the statement. `durable=False` does not wait for the disk.
    """

    def __init__(self, *, durable: bool) -> None:
        self._durable = durable
        self._connection: sa.Connection | None = None

    def use(self, work: Callable[[sa.Connection], T]) -> T:
        """`work(connection)`. What it raises is raised; the next use has a fresh connection after an error of the database."""
        if self._connection is not None and _is_closed(self._connection.connection.driver_connection):
            self.close()
        if self._connection is None:
            self._connection = engine(durable=self._durable).connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            return work(self._connection)
        except sa.exc.DBAPIError:
            self._connection.invalidate()
            self.close()
            raise

    def close(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            if not connection.invalidated and _is_closed(connection.connection.driver_connection):
                connection.invalidate()
            connection.close()


def alone(work: Callable[[sa.Connection], T]) -> T:
    """`work(connection)`, each of its statements committed alone and to the disk: for a change that is one statement."""
    try:
        line = _lines.pop()
    except IndexError:
        line = Line(durable=True)
    try:
        return line.use(work)
    finally:
        if len(_lines) < _LINES:
            _lines.append(line)
        else:
            line.close()


@contextmanager
def cursor(connection: sa.Connection, statement: str) -> Iterator[Any]:
    """
    psycopg2's own cursor, in the connection's transaction, for what SQLAlchemy cannot do or does slowly.

    Its errors are raised as the DBAPIErrors that SQLAlchemy would make of them, for `statement`.
    """
    driver = connection.connection
    found = driver.cursor()
    try:
        yield found
    except psycopg2.Error as error:
        lost = connection.invalidated or bool(driver.driver_connection.closed)  # type: ignore[union-attr]  # it is psycopg2's
        if lost and not connection.invalidated:
            connection.invalidate(error)
        raise sa.exc.DBAPIError.instance(
            statement, None, error, psycopg2.Error, connection_invalidated=lost, dialect=connection.dialect
        ) from error
    except ValueError as error:
        raise _unsent(statement, error) from error
    finally:
        found.close()


def is_away(error: BaseException) -> bool:
    """
    Whether PostgreSQL was away or in trouble, rather than asked something wrong.

    A connection lost in the middle of an answer is a plain DatabaseError to psycopg2, without a code.
    """
    if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
        return True
    return isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated


def is_unfit(error: BaseException) -> bool:
    """Whether PostgreSQL was given a text or a moment that it cannot keep: whoever gave it is to be told so, nothing here is broken."""
    return isinstance(error, sa.exc.DataError) and (isinstance(error.orig, ValueError) or getattr(error.orig, "pgcode", None) in _UNFIT)


def forget() -> None:
    """Close every connection and forget the engines: after a fork, or when a test points to another server."""
    while _lines:
        _lines.pop().close()
    for durable in (True, False):
        _engine(durable).dispose()
    _engine.cache_clear()


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


#: How constraints are called in every service's schema, so that models and hand-written migrations agree.
NAMING = {
    "ix": "%(table_name)s_by_%(column_0_N_name)s",
    "uq": "%(table_name)s_one_per_%(column_0_N_name)s",
    "ck": "%(table_name)s_%(constraint_name)s",
    "fk": "%(table_name)s_of_%(referred_table_name)s",
    "pk": "%(table_name)s_pkey",
}
