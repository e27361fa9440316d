"""
The pytest plugin (`-p imece.testing`): real servers for tests, and no way out of this machine.

PostgreSQL and Redis start when the first test asks for them, in a throw-away home, and die with the test run. A test may kill, stop and start
them through `stack`; the next test finds them running again.
"""

import ipaddress
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import redis
import sqlalchemy as sa

from imece import broker, config, db, ids, migrate, service, storage
from imece.embedded import postgres
from imece.embedded import redis as embedded_redis
from imece.embedded.server import Server
from imece.ledger import sweeper
from imece.worker.actor import handlers
from imece.worker.run import Process

#: Durability costs tests their time and gives them nothing; `fsync` is on for those that ask for it with `--fsync`.
_FAST = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "1GB", "autovacuum_naptime": "1s"}


@dataclass(frozen=True)
class Stack:
    """The servers of a test run. `home` is what `IMECE_HOME` says, here and in every process a test starts."""

    home: Path
    postgres: Server
    redis: Server

    @property
    def redis_url(self) -> str:
        """For `redis.Redis.from_url`."""
        return embedded_redis.embedded_url(self.home)

    def start(self) -> None:
        """Have both servers running, whatever an earlier test did to them."""
        self.postgres.start()
        self.redis.start()

    def stop(self) -> None:
        """Stop both servers."""
        self.postgres.stop()
        self.redis.stop()


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """PostgreSQL (migrated) and Redis, running, the settings pointing at them."""
    home = Path(tempfile.mkdtemp(prefix="imece-"))  # not pytest's own: its names are too long for a unix socket
    options = {} if request.config.getoption("--fsync") else _FAST
    servers = Stack(home, postgres.server(home, options), embedded_redis.server(home, {"appendfsync": "no"} if options else None))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMECE_HOME", str(home))
        config.settings.cache_clear()
        try:
            servers.start()
            migrate.upgrade()
            yield servers
        finally:
            db.forget()
            broker.forget()
            servers.stop()
            shutil.rmtree(home, ignore_errors=True)
    config.settings.cache_clear()


@pytest.fixture(autouse=True)
def _settings_end_with_their_test() -> Iterator[None]:
    """What a test had settings say is not what the next one reads. Asked for first, so that the environment is itself again when this ends."""
    yield
    config.settings.cache_clear()
    storage._store.cache_clear()  # noqa: SLF001 (ours; it remembers the home it was opened in)
    for name in service.installed():
        if (module := sys.modules.get(f"{name}.settings")) is not None:
            module.settings.cache_clear()


@pytest.fixture
def database(stack: Stack) -> sa.Engine:
    """The process's engine, on a database whose tables are empty."""
    stack.postgres.start()
    _empty(db.engine())
    return db.engine()


@pytest.fixture
def redis_client(stack: Stack) -> Iterator[redis.Redis]:
    """A client of the stack's Redis, which is empty."""
    stack.redis.start()
    client = redis.Redis.from_url(stack.redis_url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def company() -> UUID:
    """A company (tenant) that nobody else has."""
    return ids.new_id()


@pytest.fixture
def work(database: sa.Engine, redis_client: redis.Redis) -> Callable[..., None]:  # noqa: ARG001 (asked for their effect)
    """
    `work("documents", "notify")`: run the pools of these services, here in this process, until their jobs are final.

    Jobs that wait for a time are released at once. Raises AssertionError, naming what is left, after `patience` seconds.
    """

    def run(*names: str, patience: float = 60.0) -> None:
        cards = [service.find(name) for name in names]
        for card in cards:
            card.load_actors()
        pools = [(card, pool) for card in cards for pool in card.pools]
        brokers = [broker.make() for _ in pools]
        processes = [Process(card, pool, handlers(), using=using) for (card, pool), using in zip(pools, brokers, strict=True)]
        for process in processes:
            process.start()
        try:
            _wait_until_quiet(names, patience)
        finally:
            for process in processes:
                process.stop(grace=10)
            for using in brokers:
                using.close()

    return run


def _wait_until_quiet(names: tuple[str, ...], patience: float) -> None:
    left = "select count(*) from ledger.job where split_part(kind, '.', 1) = any(%(names)s) and finished_at is null"
    due = "update ledger.job set scheduled_at = clock_timestamp() where state in ('retrying', 'scheduled')"
    sweeping, deadline = sweeper.Sweeper(), time.monotonic() + patience
    with db.quick() as connection:
        while (count := connection.exec_driver_sql(left, {"names": list(names)}).scalar()) and time.monotonic() < deadline:
            connection.exec_driver_sql(due)
            sweeping.sweep()
            time.sleep(0.02)  # the ledger is polled, as a person would
        assert not count, f"{count} jobs of {', '.join(names)} are not final after {patience} s"


def _empty(engine: sa.Engine) -> None:
    """Truncate every table that has a row, but the migrations' own; a session that a failed test left in a transaction is ended first."""
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND usename = current_user"
            )
        )
        tables = connection.execute(
            sa.text(
                "SELECT format('%I.%I', schemaname, relname) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace, LATERAL (SELECT nspname AS schemaname) s"
                " WHERE relkind IN ('r', 'p') AND NOT relispartition AND nspname !~ '^(pg_|information_schema)' AND relname <> 'schema_version'"
            )
        ).scalars()
        filled = [table for table in tables.all() if connection.execute(sa.text(f"SELECT EXISTS (SELECT FROM {table})")).scalar()]
        if filled:
            connection.execute(sa.text(f"TRUNCATE {', '.join(filled)} RESTART IDENTITY CASCADE"))


class OutsideContact(RuntimeError):
    """A test tried to reach something that is not on this machine."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Our options."""
    parser.addoption("--fsync", action="store_true", help="let the tests' servers write to the disk for good, as in production")


def pytest_configure() -> None:
    """
    Close the way out, for the whole run: an audit hook cannot be taken off again.

    And begin with every setting at its default, here and in the processes that tests start: what the machine's environment or a `.env` says
    (a real database, live mails) is not a test's business.
    """
    sys.addaudithook(_stay_inside)
    ours = tuple(f"{name}_".upper() for name in ("imece", *(entry.name for entry in entry_points(group="imece.services"))))
    for name in [name for name in os.environ if name.startswith(ours)]:  # noqa: TID251 (see above)
        del os.environ[name]  # noqa: TID251
    os.environ["IMECE_ENV_FILE"] = ""  # noqa: TID251


def _stay_inside(event: str, arguments: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        if isinstance(address, tuple):
            _allow(address[0])
    elif event == "socket.getaddrinfo":
        _allow(arguments[0])


def _allow(host: Any) -> None:
    """Raise unless `host` is this machine. Names under `.invalid` fail as they do for a resolver, without asking one."""
    name = host.decode() if isinstance(host, bytes) else host or "localhost"
    if name.endswith(".invalid"):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
        inside = address.is_loopback or address.is_unspecified
    except ValueError:
        inside = name == "localhost" or name.endswith(".localhost")
    if not inside:
        raise OutsideContact(f"a test tried to reach {name}")
