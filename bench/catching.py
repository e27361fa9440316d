"""What the figures of notify stand on: the catcher, whose stand-ins speak the providers' own protocols, and what it says that it took and when."""

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.ground import Ground, Worker, ground, imece, python
from imece import db
from notify import settings as notify_settings
from notify.caught import texts
from notify.caught.texts import CaughtText
from notify.sending import lanes, routes, sealing


@dataclass(frozen=True)
class Scene:
    """The ground, and the catcher on it. `folder` is where it keeps texts."""

    here: Ground
    catcher: Worker
    folder: Path

    @contextmanager
    def workers(self, pool: str, count: int) -> Iterator[list[Worker]]:
        """So many worker processes of a pool of notify, at work, and the scheduler."""
        with ExitStack() as stack:
            stack.enter_context(self.here.process("scheduler", [*imece(), "scheduler"]))
            found = [stack.enter_context(self.here.process(f"{pool}-{n}", [*imece(), "worker", "notify", pool])) for n in range(count)]
            _until(lambda: _alive() >= count, 120, "workers")
            yield found

    def taken(self, provider: str = "twilio") -> list[CaughtText]:
        """What the stand-in took, oldest first."""
        return sorted(texts.listed(self.folder, provider=provider), key=lambda text: text.at)


@contextmanager
def scene(*, rules: list[dict[str, Any]] | None = None, **more: str) -> Iterator[Scene]:
    """Servers, migrated, and the catcher; `more` are settings of notify, `rules` how its stand-ins misbehave."""
    with ground() as here, ExitStack() as after:
        smtp, http = free_port(), free_port()
        values = {
            "CATCHER_PORT": str(smtp),
            "CATCHER_HTTP_PORT": str(http),
            "CATCHER_IMAP_PORT": str(free_port()),
            "CATCHER_FAULTS": "true",
            "CATCHER_RULES": json.dumps(rules or []),
            "SMS_PROVIDERS": "twilio,netgsm",
            **more,
        }
        for name in [name for name in os.environ if name.startswith("NOTIFY_")]:  # noqa: TID251 (what the caller's says is not this run's business)
            del os.environ[name]  # noqa: TID251
        for name, value in values.items():
            os.environ[f"NOTIFY_{name}"] = value  # noqa: TID251 (for the processes that are started from here)
        forget()
        after.callback(forget)
        catcher = after.enter_context(here.process("catcher", python("-m", "notify.catcher")))
        _until(lambda: _answers(smtp) and _answers(http), 120, "the catcher")
        yield Scene(here, catcher, notify_settings.settings().caught_texts)


def forget() -> None:
    """Settings and connections of this process are read and made anew."""
    notify_settings.settings.cache_clear()
    lanes.forget()
    routes.forget()
    sealing.forget()


def states(bulk_id: UUID | None = None) -> dict[str, int]:
    """How many messages stand where."""
    where = "where bulk_id = %(id)s" if bulk_id else ""
    with db.quick() as connection:
        query = f"select state, count(*) from notify.message {where} group by state"
        return {row[0]: row[1] for row in connection.exec_driver_sql(query, {"id": bulk_id})}


def number(place: int) -> str:
    """A mobile number of its own for each place."""
    return f"+90532{place:07d}"


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _alive() -> int:
    with db.quick() as connection:
        return int(connection.exec_driver_sql("select count(*) from ledger.worker where stopped_at is null").scalar_one())


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _until(what: Any, seconds: float, name: str) -> None:
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise RuntimeError(f"{name} not there after {seconds} s")
        time.sleep(0.05)
