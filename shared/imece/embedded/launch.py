"""
`python -m imece.embedded.launch [options] -- COMMAND [ARGS...]`: become COMMAND, under the rules of this house.

Supervisord restarts whatever ends, but its waits between restarts grow without a cap, and it leaves orphans when it is killed itself. Both are
cured here, in the process that turns into the command afterwards (the same pid, no memory of its own): it asks the kernel for a signal at its
parent's death, and a program that keeps dying young waits 0, 1, 2, 4, 5, 5 ... seconds before its next start, for ever.

Imports nothing of imece and nothing slow: it runs at every start of every program.
"""

import argparse
import contextlib
import ctypes
import json
import os
import pwd
import signal
import sys
import time
from pathlib import Path
from typing import Any

LONGEST_WAIT = 5.0  #: seconds between two starts of a program that keeps dying
SHORT_LIFE = 30.0  #: seconds; a program that lived longer is started again at once

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Wait for what has to be waited for, then become the command. Never returns; exits 1 when the parent has gone."""
    options = _parser().parse_args(arguments)
    parent = os.getppid()
    if options.parent and _read(options.parent) != str(parent):
        sys.exit("launch: started by something else than the supervisor")
    if options.signal:
        _die_with(parent, options.signal)
    if options.record:
        _hold_back(options.record)
    while options.after and _read(options.after) != str(parent):
        time.sleep(0.1)
    if options.account:
        _become(pwd.getpwnam(options.account))
        if options.signal:
            _die_with(parent, options.signal)  # the kernel forgets the wish at a change of user
    command = options.command[1:]
    os.execvp(command[0], command)  # noqa: S606 (our own command, and no shell wanted)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m imece.embedded.launch")
    parser.add_argument("--signal", help="what the kernel sends when the parent dies, e.g. SIGKILL")
    parser.add_argument("--parent", type=Path, help="a file that must name the parent's pid")
    parser.add_argument("--record", type=Path, help="where the starts are counted and the short lives remembered")
    parser.add_argument("--after", type=Path, help="wait until this file names the parent's pid")
    parser.add_argument("--account", help="user to run as")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="-- COMMAND [ARGS...]")
    return parser


def _read(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text(encoding="ascii").strip()
    return ""


def _die_with(parent: int, name: str) -> None:
    if sys.platform == "linux":  # elsewhere a killed supervisord leaves orphans, as it always did
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, getattr(signal, name))
    if os.getppid() != parent:  # it died before the wish was known
        sys.exit("launch: the parent has gone")


def record(path: Path) -> dict[str, Any]:
    """How often a program was started, how many short lives in a row it had, and when (Unix seconds) its present one began."""
    past = {"starts": 0, "short": 0, "at": 0.0}
    with contextlib.suppress(ValueError):
        past |= json.loads(_read(path) or "{}")
    return past


def _hold_back(path: Path) -> None:
    """Count this start, and wait the longer the more short lives came before it without a long one between."""
    past = record(path)
    short = past["short"] + 1 if 0 <= time.time() - past["at"] < SHORT_LIFE else 0
    wait = min(LONGEST_WAIT, 2 ** min(short - 2, 3)) if short > 1 else 0
    path.write_text(json.dumps({"starts": past["starts"] + 1, "short": short, "at": time.time() + wait}), encoding="ascii")
    time.sleep(wait)


def _become(user: pwd.struct_passwd) -> None:
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.environ["HOME"] = user.pw_dir  # noqa: TID251 (the environment of the command to be)


if __name__ == "__main__":
    main(sys.argv[1:])
