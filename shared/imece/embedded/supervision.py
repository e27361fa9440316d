"""
Supervisord over the embedded stack: what dies comes back, within five seconds and for ever; logs rotate; `stop` drains.

Written anew at every start from what is installed. Its control socket lies in the run folder, which is its owner's only.
"""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from http.client import HTTPException
from pathlib import Path
from typing import Any

import psutil
from supervisor.xmlrpc import SupervisorTransport

from imece.embedded import launch, postgres, redis
from imece.embedded.home import run_folder
from imece.embedded.programs import Program, programs
from imece.errors import Misconfigured

#: Longest log of one program is four times this.
_LOG_BYTES, _LOG_BACKUPS = "1MB", 3

_NO_ANSWER = (OSError, HTTPException, xmlrpc.client.Error)


@dataclass(frozen=True)
class Status:
    """How one program is at this moment."""

    program: Program
    state: str  #: running, starting, unwell, crashing, done, stopped, failed
    pid: int | None
    uptime: float | None  #: seconds
    memory_mb: float | None
    starts: int  #: since the stack was started
    fault: str | None

    @property
    def well(self) -> bool:
        """Whether nothing is to be wished for."""
        return self.state in {"running", "done"}


def start(home: Path) -> bool:
    """
    Have supervisord run the stack of `home`; false when it ran already, which then takes over what is new and starts what is stopped.

    Returns before the programs are well: see `status`. Raises Misconfigured where a server's data folder cannot be made.
    """
    run = run_folder(home)
    wanted = programs(home)
    names = {program.name for program in wanted}
    if "postgres" in names:
        postgres.initialise(home)
    if "redis" in names:
        redis.initialise(home)
    for folder in (home / "logs", run / "starts"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = run / "supervisord.conf"
    written.write_text(configuration(home, wanted), encoding="utf-8")
    (run / "migrated").unlink(missing_ok=True)
    with _control(home) as control:
        if control is not None:
            _take_over(control)
            return False
    for left in (run / "starts").iterdir():
        left.unlink()
    done = subprocess.run(
        [sys.executable, "-m", "supervisor.supervisord", "-c", str(written)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "IMECE_HOME": str(home), "PYTHONUNBUFFERED": "1"},  # noqa: TID251 (what the operator set reaches every program)
    )
    if done.returncode:
        raise Misconfigured(f"supervisord did not start: {(done.stderr or done.stdout).strip()}")
    return True


def stop(home: Path, patience: float = 120) -> bool:
    """
    Drain and stop everything supervisord runs for `home`, then itself; false when it did not run. Nothing else is touched.

    Raises Misconfigured when it is not over after `patience` seconds.
    """
    process = supervisor(home)
    if process is None:
        return False
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(patience)
    except psutil.TimeoutExpired:
        raise Misconfigured(f"supervisord (pid {process.pid}) has not stopped after {patience:.0f} s; see {home / 'logs'}") from None
    return True


def supervisor(home: Path) -> psutil.Process | None:
    """The supervisord of `home`, if it lives. A pid that now belongs to something else is not taken for it."""
    run = run_folder(home)
    try:
        process = psutil.Process(int((run / "supervisord.pid").read_text(encoding="ascii")))
        if str(run / "supervisord.conf") in process.cmdline():
            return process
    except (OSError, ValueError, psutil.Error):
        pass
    return None


def status(home: Path, *, memory: bool = True) -> list[Status]:
    """How every program is; all stopped when supervisord does not run. Measuring `memory` costs a few milliseconds for each."""
    known = {}
    with _control(home) as control, contextlib.suppress(*_NO_ANSWER):
        if control is not None:
            known = {info["name"]: info for info in control.getAllProcessInfo()}
    found = [_status(home, program, known.get(program.name)) for program in programs(home)]
    return [replace(one, memory_mb=_memory(one.pid)) for one in found] if memory else found


def _status(home: Path, program: Program, info: dict[str, Any] | None) -> Status:
    if info is None:
        return Status(program, "stopped", None, None, None, 0, None)
    name, pid = info["statename"], info["pid"] or None
    lives = name in {"RUNNING", "STARTING"}
    uptime = float(info["now"] - info["start"]) if lives else None
    starts = launch.record(run_folder(home) / "starts" / program.name)
    fault = program.fault() if lives or program.once else None
    if program.once and fault is None:
        state = "done"
    elif not lives:
        state = "failed" if name == "FATAL" else "stopped" if name in {"STOPPED", "STOPPING"} else "crashing"
    elif starts["short"] > 1 and uptime is not None and uptime < launch.SHORT_LIFE:
        state = "crashing"
    elif fault is None:
        state = "running"
    else:
        state = "starting" if uptime is not None and uptime < 30 else "unwell"
    return Status(program, state, pid, uptime, None, starts["starts"], fault)


def _memory(pid: int | None) -> float | None:
    """Megabytes of the process and its children, shared pages counted to each in part; None where that is not ours to see."""
    if pid is None:
        return None
    total = 0
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return None
    for process in family:
        with contextlib.suppress(psutil.Error):
            total += process.memory_full_info().pss
    return total / 1024**2 if total else None


def configuration(home: Path, wanted: Iterable[Program]) -> str:
    """The text of supervisord.conf."""
    run, logs = run_folder(home), home / "logs"
    control = _text(run / "supervisor.sock")
    lines = [
        "[supervisord]",
        f"logfile = {_text(logs / 'supervisord.log')}",
        f"logfile_maxbytes = {_LOG_BYTES}",
        f"logfile_backups = {_LOG_BACKUPS}",
        f"pidfile = {_text(run / 'supervisord.pid')}",
        f"childlogdir = {_text(logs)}",
        "identifier = imece",
        "umask = 077",  # letters, mails and logs are nobody else's business
        *(["user = root"] if os.geteuid() == 0 else []),  # said aloud, or supervisord warns of it
        "",
        "[unix_http_server]",
        f"file = {control}",
        "chmod = 0700",
        "",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
    ]
    wanted = list(wanted)
    for program in wanted:
        lines += ["", *_section(home, program)]
    # Programs of a group stop together, groups one after the other, the last one first: workers drain while their servers still answer.
    for place, (group, members) in enumerate(
        (("servers", [p.name for p in wanted if p.server]), ("services", [p.name for p in wanted if not p.server])), 1
    ):
        if members:
            lines += ["", f"[group:{group}]", f"programs = {','.join(members)}", f"priority = {place}"]
    return "\n".join(lines) + "\n"


def _section(home: Path, program: Program) -> Iterator[str]:
    run = run_folder(home)
    launcher = [sys.executable, "-m", "imece.embedded.launch", "--parent", str(run / "supervisord.pid")]
    launcher += ["--signal", program.orphan_signal, "--record", str(run / "starts" / program.name)]
    command = list(program.command)
    if program.account:
        launcher += ["--account", program.account]
    if program.once:
        command = ["sh", "-c", f'{shlex.join(command)} && echo "$PPID" >{shlex.quote(str(run / "migrated"))}']
    elif not program.server:
        launcher += ["--after", str(run / "migrated")]
    yield f"[program:{program.name}]"
    yield f"command = {_text(shlex.join([*launcher, '--', *command]))}"
    if program.health_at and program.given_port:
        yield f'environment = IMECE_HEALTH_HOST="{program.health_at[0]}",IMECE_HEALTH_PORT="{program.health_at[1]}"'
    yield f"autorestart = {'unexpected' if program.once else 'true'}"
    yield "exitcodes = 0"
    yield "startsecs = 0"  # the launcher waits after short lives; supervisord's own waits grow without end
    yield f"stopsignal = {program.stop_signal}"
    yield f"stopwaitsecs = {program.stop_seconds}"
    yield f"killasgroup = {'false' if program.server else 'true'}"  # a PostgreSQL whose parts are killed one by one cannot tidy up
    yield "redirect_stderr = true"
    yield f"stdout_logfile = {_text(_text(home / 'logs' / f'{program.name}.log'))}"  # supervisord expands this one twice
    yield f"stdout_logfile_maxbytes = {_LOG_BYTES}"
    yield f"stdout_logfile_backups = {_LOG_BACKUPS}"


def _text(value: object) -> str:
    """As the configuration wants it: `%` begins an expansion there."""
    return str(value).replace("%", "%%")


@contextlib.contextmanager
def _control(home: Path) -> Iterator[Any | None]:
    """Supervisord's methods, or None where it does not answer."""
    socket = run_folder(home) / "supervisor.sock"
    if supervisor(home) is None or not socket.exists():
        yield None
        return
    transport = SupervisorTransport(None, None, f"unix://{socket}")
    methods: Any = xmlrpc.client.ServerProxy("http://127.0.0.1", transport).supervisor
    try:
        methods.getState()
    except _NO_ANSWER:
        methods = None
    try:
        yield methods
    finally:
        transport.close()


def _take_over(control: Any) -> None:
    """Let the running supervisord follow the configuration just written, migrate again, and start what somebody stopped."""
    added, changed, removed = control.reloadConfig()[0]
    for group in (*removed, *changed):
        control.stopProcessGroup(group)
        control.removeProcessGroup(group)
    for group in (*added, *changed):
        control.addProcessGroup(group)
    for info in control.getAllProcessInfo():
        if info["statename"] in {"STOPPED", "EXITED", "FATAL"}:
            with contextlib.suppress(xmlrpc.client.Fault):  # it started meanwhile
                control.startProcess(f"{info['group']}:{info['name']}", False)


def wait(home: Path, seconds: float) -> Iterator[list[Status]]:
    """The status again and again until everything is well or `seconds` are over."""
    end = time.monotonic() + seconds
    while True:
        found = status(home, memory=False)
        yield found
        if all(one.well for one in found) or time.monotonic() > end:
            return
        time.sleep(0.5)
