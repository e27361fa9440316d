"""What has to run in the embedded stack, read from the cards of the installed services."""

import contextlib
import json
import socket
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from imece import service
from imece.config import settings
from imece.embedded import postgres, redis
from imece.embedded.home import account, run_folder
from imece.worker import health

_FIRST_HEALTH_PORT = 9200
#: Seconds between the end of a worker's grace and kill -9.
_LAST_WORDS = 10


@dataclass(frozen=True)
class Program:
    """One process of the stack."""

    name: str
    command: tuple[str, ...]
    about: str
    health_port: int = 0  #: where it answers /healthz; 0: it has a `ping` instead
    ping: Callable[[], None] | None = None  #: raises OSError while it is not well
    account: str | None = None  #: the user it runs as; None: the one who started the stack
    server: bool = False  #: starts before everything else and stops after it
    once: bool = False  #: runs to its end before the rest starts
    stop_signal: str = "TERM"
    stop_seconds: int = 30
    orphan_signal: str = "SIGKILL"  #: what it gets when supervisord itself is killed

    def fault(self) -> str | None:
        """None when it is well, else one line saying what is wrong."""
        if not self.ping:
            return health.ask(self.health_port)
        try:
            self.ping()
        except OSError as error:
            return str(error)
        return None


def programs(home: Path) -> list[Program]:
    """Everything that has to run, in the order of its start."""
    migrate = Program("migrate", (_imece(), "migrate"), "schemas", ping=partial(_migrated, home), once=True)
    return [*_servers(home), migrate, *_with_ports(home, [*_stand_ins(), *_services()])]


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
        if "mail-catcher" in card.needs:
            yield Program(f"{card.name}-catcher", (sys.executable, "-m", f"{card.name}.catcher"), "mail catcher", server=True)


def _services() -> Iterator[Program]:
    patience = int(settings().grace) + _LAST_WORDS
    yield Program("scheduler", (_imece(), "scheduler"), "sweeper, ticks")
    for card in service.installed().values():
        for pool in card.pools:
            command = (_imece(), "worker", card.name, pool.name)
            for number in range(1, pool.processes + 1):
                yield Program(f"{card.name}-{pool.name}-{number}", command, ", ".join(pool.queues), stop_seconds=patience)
        if card.serves:
            yield Program(card.name, (sys.executable, "-m", f"{card.name}.serve"), card.about)


def _with_ports(home: Path, found: Iterable[Program]) -> Iterator[Program]:
    """Each with a health port of its own: the one it had before, on which it may be listening right now, or the next free one."""
    kept = run_folder(home) / "ports.json"
    before: dict[str, int] = {}
    with contextlib.suppress(OSError, ValueError):
        before = json.loads(kept.read_text(encoding="ascii"))
    ports: dict[str, int] = {}
    for program in found:
        taken = {*before.values(), *ports.values()}
        port = before.get(program.name) or next(p for p in range(_FIRST_HEALTH_PORT, 65536) if p not in taken and _free(p))
        ports[program.name] = port
        yield replace(program, health_port=port)
    kept.write_text(json.dumps(ports), encoding="ascii")


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
