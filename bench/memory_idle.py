"""memory-idle: the memory of every process of the embedded stack with nothing to do, and why the largest is the largest."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.costs import family, memory
from bench.figure import Figure, Options
from bench.ground import ROOT, imece, python


def measure(options: Options) -> Figure:
    """`imece up` in a fresh home, some seconds of quiet, and then what /proc says of every process."""
    home = Path(tempfile.mkdtemp(prefix="imece-bench-"))
    environment = _environment(home)
    try:
        subprocess.run([*imece(), "up", "--quiet"], env=environment, cwd=home, check=True)
        try:
            time.sleep(3 if options.quick else 10)
            status = subprocess.run([*imece(), "status", "--json"], env=environment, cwd=home, check=True, capture_output=True, text=True)
            found = _programs(home, json.loads(status.stdout))
        finally:
            subprocess.run([*imece(), "down"], env=environment, cwd=home, check=True, capture_output=True)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    largest = max((name for name in found if name not in {"postgres", "redis"}), key=lambda name: found[name]["pss"])
    total = {kind: round(sum(one[kind] for one in found.values()), 1) for kind in ("rss", "pss", "uss")}
    detail: dict[str, Any] = {"total": total, "processes": found, "largest": largest, "why": _why(largest)}
    why = ", ".join(f"{package} {size}" for package, size in list(detail["why"]["by_package"].items())[:4])
    remarks = f"{len(found)} programs; largest of ours {largest} {found[largest]['pss']} MiB, of which importing: {why}"
    return Figure("memory-idle", total["pss"], "MiB (PSS, whole stack)", {}, detail, remarks)


def _environment(home: Path) -> dict[str, str]:
    """The caller's without any settings of ours: a home of its own and ports that nobody has."""
    ours = ("IMECE_", "GATEWAY_", "NOTIFY_", "DOCUMENTS_", "PRICING_", "TRANSCRIPTION_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}  # noqa: TID251 (see above)
    return {
        **kept,
        "IMECE_HOME": str(home),
        "GATEWAY_PORT": str(_free_port()),
        "NOTIFY_CATCHER_PORT": str(_free_port()),
        "NOTIFY_CATCHER_HTTP_PORT": str(_free_port()),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _programs(home: Path, status: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Memory by program, its children included; supervisord's own beside them."""
    pids = {one["program"]: one["pid"] for one in status if one["pid"]}
    found = {name: {**asdict(memory(family(pid))), "processes": len(family(pid))} for name, pid in pids.items()}
    supervisor = family(int((home / "run" / "supervisord.pid").read_text(encoding="ascii")))[:1]
    return {**found, "supervisord": {**asdict(memory(supervisor)), "processes": 1}}


def _why(program: str) -> dict[str, Any]:
    """What importing adds to a bare interpreter, package by package, in the process that has the most."""
    command = python("-m", "bench.imports", *_modules(program))
    told = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    found: Mapping[str, Any] = json.loads(told.stdout)
    return dict(found)


def _modules(program: str) -> tuple[str, ...]:
    """What a program imports when it starts."""
    service = program.partition("-")[0]
    if program == "scheduler":
        return ("imece.scheduler",)
    if program.endswith("-catcher"):
        return (f"{service}.catcher",)
    return (f"{service}.serve",) if program == service else ("imece.worker.run", f"{service}.actors")
