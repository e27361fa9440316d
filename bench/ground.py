"""The ground under a figure: PostgreSQL and Redis of its own in a throw-away home, durable as in production, and worker processes on it."""

import os
import shutil
import signal
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from redis import Redis

from bench.costs import family
from imece import broker, config, db, migrate
from imece.embedded import postgres
from imece.embedded import redis as embedded_redis
from imece.embedded.server import Server, launched

#: The repository: what is started from here finds `bench` as we do.
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Ground:
    """Both servers, running; this process's settings and those of every process started from it point at them."""

    home: Path
    postgres: Server
    redis: Server

    @property
    def servers(self) -> dict[str, int]:
        """Their pids by name."""
        return {"postgres": self.postgres.pid, "redis": self.redis.pid}

    def redis_client(self, database: int) -> Redis:
        """A client of one of its databases. imece has 0 and 1, the peers have their own."""
        return Redis.from_url(embedded_redis.embedded_url(self.home), db=database)

    @contextmanager
    def process(self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator["Worker"]:
        """A process of its own, with a log in the home; stopped at the end."""
        log = self.home / f"{name}.log"
        with log.open("ab") as stream:
            child = subprocess.Popen(
                launched(command, sig="SIGKILL"),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                env={**os.environ, **(environment or {})},  # noqa: TID251 (theirs is ours and a little more)
            )
        worker = Worker(name, child, log)
        try:
            yield worker
        finally:
            worker.stop()

    def fresh(self, database: int = 0) -> None:
        """An empty ledger, and one Redis database empty."""
        self.redis_client(database).flushdb()
        with db.transaction() as session:
            session.execute(sa.text("truncate ledger.job, ledger.attempt"))


@dataclass
class Worker:
    """A worker process of imece or of a peer, children included."""

    name: str
    child: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """The root of its family. Raises RuntimeError with the end of its log when it has died."""
        if self.child.poll() is not None:
            raise RuntimeError(f"{self.name} ended with {self.child.returncode}: {self.log.read_text(errors='replace')[-2000:]}")
        return self.child.pid

    def pause(self) -> None:
        """Stop the clock of the whole family, so that a backlog can be laid before it."""
        for process in family(self.pid):
            process.suspend()

    def resume(self) -> None:
        """Let it run on."""
        for process in family(self.pid):
            process.resume()

    def stop(self) -> None:
        """Ask it to end; what is left of its family after ten seconds is killed."""
        members = family(self.child.pid)
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.child.wait(10)
        for process in members:
            if process.is_running():
                process.kill()
        self.child.wait()


@contextmanager
def ground() -> Iterator[Ground]:
    """Start the servers, migrate, and clean everything away at the end."""
    home = Path(tempfile.mkdtemp(prefix="imece-bench-"))
    _point_to(home)
    made = Ground(home, postgres.server(home), embedded_redis.server(home))
    with ExitStack() as after:
        after.callback(shutil.rmtree, home, ignore_errors=True)
        for server in (made.postgres, made.redis):
            server.start()
            after.callback(server.stop)
        after.callback(broker.forget)
        after.callback(db.forget)
        migrate.upgrade()
        yield made


def python(*words: str) -> list[str]:
    """A command that this interpreter runs."""
    return [sys.executable, *words]


def imece() -> list[str]:
    """The command line of the house, as supervision runs it."""
    return [str(Path(sysconfig.get_path("scripts"), "imece"))]


def disk_milliseconds(home: Path, times: int = 50) -> float:
    """What one forced write to this disk takes, median: the price of every durable commit here."""
    found = []
    with (home / "probe").open("wb") as file:
        for _ in range(times):
            file.write(bytes(8192))
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            found.append(time.perf_counter() - began)
    (home / "probe").unlink()
    return round(statistics.median(found) * 1e3, 2)


def _point_to(home: Path) -> None:
    """Only the home: what the caller's environment and `.env` say of other servers is not this run's business."""
    for name in [name for name in os.environ if name.startswith("IMECE_")]:  # noqa: TID251 (see above)
        del os.environ[name]  # noqa: TID251
    for name, value in {"HOME": str(home), "DATABASE_URL": "", "REDIS_URL": "", "STORAGE_URL": "", "LOG_LEVEL": "WARNING"}.items():
        os.environ[f"IMECE_{name}"] = value  # noqa: TID251
    config.settings.cache_clear()
