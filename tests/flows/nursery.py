"""
Real processes, quickly: everything is imported once, and each worker and scheduler is a fork of this one.

Reads orders from stdin, one JSON object per line: `{"name", "run": ["worker", pool] or ["scheduler"], "env", "set", "log"}`. `set` changes constants
before the process starts (`{"imece.ledger.presence.STALE": 2.0}`). Writes `{"started": name, "pid"}` and `{"ended": name, "pid", "code"}`.
Ends with its stdin; then the kernel ends its children.
"""

import ctypes
import json
import os
import select
import signal
import sys
import time
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

import house

from imece import clock, scheduler, service
from imece.config import settings
from imece.ledger import presence
from imece.worker import run

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Do what stdin says until it ends."""
    children: dict[int, str] = {}
    sys.modules["flows.actors"] = house
    service.installed = cache(lambda: {"flows": house.card})
    left = b""
    while True:
        if select.select([0], [], [], 0.02)[0]:
            read = os.read(0, 1 << 16)
            if not read:
                return
            *lines, left = (left + read).split(b"\n")
            for line in lines:
                order = json.loads(line)
                pid = os.fork()
                if pid == 0:
                    become(order)
                children[pid] = order["name"]
                say(started=order["name"], pid=pid)
        while children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                break
            say(ended=children.pop(pid), pid=pid, code=os.waitstatus_to_exitcode(status))


def become(order: dict[str, Any]) -> None:
    """The child: a worker or a scheduler, as `imece worker` and `imece scheduler` run it. Raises SystemExit with its exit code."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(order["env"])  # noqa: TID251 (the environment of the process to be)
    settings.cache_clear()
    for path, value in order["set"].items():
        module, _, name = path.rpartition(".")
        setattr(sys.modules[module], name, value)
    if elsewhere := order["env"].get("FLOWS_MACHINE"):
        presence.machine = lambda: elsewhere
    if "speed" in order:
        hurry(order["speed"])
    role, *rest = order["run"]
    sys.exit(run.run("flows", *rest) if role == "worker" else scheduler.run())


def hurry(speed: float) -> None:
    """Let the scheduler's clock run `speed` times as fast from now on, beginning at a whole hour, and give it something to do."""
    start, base = time.time(), time.time() // 3600 * 3600
    scheduler.clock = SimpleNamespace(
        now=lambda: datetime.fromtimestamp(base + (time.time() - start) * speed, UTC), ISTANBUL=clock.ISTANBUL
    )
    service.installed = cache(lambda: {"flows": house.ticking})


def say(**what: Any) -> None:
    """One line to whoever gave the orders."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
