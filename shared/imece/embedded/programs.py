"""What has to run in the embedded stack, read from the cards of the installed services."""

import contextlib
import json
import socket
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from zlib import crc32

import psutil

from imece import health, service
from imece.config import settings
from imece.embedded import postgres, redis
from imece.embedded.home import account, run_folder

#: Below the ports that the kernel gives to connections of its own choice.
_FIRST_HEALTH_PORT, _HOMES, _PORTS_OF_A_HOME = 9200, 200, 100
#: Seconds between the end of a worker's grace and kill -9.
_LAST_WORDS = 10


@dataclass(frozen=True)
class Program:
    """One process of the stack."""

    name: str
    command: tuple[str, ...]
    about: str
    health_at: tuple[str, int] | None = None  #: host and port where it answers /healthz; None: it has a `ping` instead
    given_port: bool = False  #: `health_at` is ours to choose and told to it by `IMECE_HEALTH_PORT`
    ping: Callable[[], None] | None = None  #: raises OSError while it is not well
    account: str | None = None  #: the user it runs as; None: the one who started the stack
    server: bool = False  #: starts before everything else and stops after it
    once: bool = False  #: runs to its end before the rest starts
    stop_signal: str = "TERM"
    stop_seconds: int = 30
    orphan_signal: str = "SIGKILL"  #: what it gets when supervisord itself is killed

    def fault(self) -> str | None:
        """None when it is well, else one line saying what is wrong."""
        if self.health_at:
            return health.ask(self.health_at[1], self.health_at[0])
        try:
            assert self.ping
            self.ping()
        except OSError as error:
            return str(error)
        return None


def programs(home: Path) -> list[Program]:
    """Everything that has to run, in the order of its start. Raises Misconfigured for settings that cannot be read."""
    migrate = Program("migrate", (_imece(), "migrate"), "schemas", ping=partial(_migrated, home), once=True)
    return [*_servers(home), *_stand_ins(), migrate, *_with_ports(home, _workers()), *_fronts()]


def _servers(home: Path) -> Iterator[Program]:
    """The servers that are not found elsewhere (`IMECE_DATABASE_URL`, `IMECE_REDIS_URL`)."""
    user = account()
    name = user.pw_name if user else None
    if not settings().database_url.get_secret_value():
        yield Program(
            "postgres",
            tuple(postgres.command(home)),
            f"PostgreSQL {postgres.MAJOR}",
            ping=partial(postgres.ping, home),
            account=name,
            server=True,
            stop_signal="INT",
            stop_seconds=60,
            orphan_signal="SIGINT",
        )
    if not settings().redis_url.get_secret_value():
        command = tuple(redis.command(home))
        yield Program("redis", command, "Redis", ping=partial(redis.ping, home), account=name, server=True, orphan_signal="SIGTERM")


def _stand_ins() -> Iterator[Program]:
    """Local stand-ins for the world outside, as the cards ask for them."""
    for card in service.installed().values():
        if "catcher" in card.needs:
            command = (sys.executable, "-m", f"{card.name}.catcher")
            yield Program(f"{card.name}-catcher", command, "catcher", ping=partial(_catches, card.name), server=True)


def _catches(name: str) -> None:
    fault = import_module(f"{name}.catcher").check(import_module(f"{name}.settings").settings())
    if fault:
        raise ConnectionError(fault)


def _workers() -> Iterator[Program]:
    patience = int(settings().grace) + _LAST_WORDS
    yield Program("scheduler", (_imece(), "scheduler"), "sweeper, ticks")
    for card in service.installed().values():
        for pool in card.pools:
            command = (_imece(), "worker", card.name, pool.name)
            for number in range(1, pool.processes + 1):
                yield Program(f"{card.name}-{pool.name}-{number}", command, ", ".join(pool.queues), stop_seconds=patience)


def _fronts() -> Iterator[Program]:
    """Services that serve by themselves; their own address answers /healthz too."""
    for card in service.installed().values():
        if card.serves:
            about = f"face of {card.name}" if card.face else card.about
            yield Program(card.server, (sys.executable, "-m", f"{card.name}.serve"), about, health_at=card.address())


def _with_ports(home: Path, found: Iterable[Program]) -> Iterator[Program]:
    """
    Each with a health port of its own: the one it had before, unless somebody else has taken that since, or the next free one.

    Every home begins somewhere else, so that two stacks that start at the same moment do not choose alike.
    """
    kept = run_folder(home) / "ports.json"
    before: dict[str, int] = {}
    with contextlib.suppress(OSError, ValueError):
        before = json.loads(kept.read_text(encoding="ascii"))
    if not _runs(home):  # else they are its own programs that listen there
        before = {name: port for name, port in before.items() if _free(port)}
    first = _FIRST_HEALTH_PORT + crc32(str(home.absolute()).encode()) % _HOMES * _PORTS_OF_A_HOME
    ports: dict[str, int] = {}
    for program in found:
        taken = {*before.values(), *ports.values()}
        port = before.get(program.name) or next(p for p in range(first, 65536) if p not in taken and _free(p))
        ports[program.name] = port
        yield replace(program, health_at=("127.0.0.1", port), given_port=True)
    kept.write_text(json.dumps(ports), encoding="ascii")


def _runs(home: Path) -> bool:
    """Whether a process has the pid that supervisord left in the run folder."""
    with contextlib.suppress(OSError, ValueError):
        return psutil.pid_exists(int((run_folder(home) / "supervisord.pid").read_text(encoding="ascii")))
    return False


def _free(port: int) -> bool:
    """Whether nobody listens on that port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _migrated(home: Path) -> None:
    run = run_folder(home)
    if (run / "migrated").read_text(encoding="ascii").strip() != (run / "supervisord.pid").read_text(encoding="ascii").strip():
        raise BlockingIOError("not through yet")


def _imece() -> str:
    return str(Path(sysconfig.get_path("scripts"), "imece"))
