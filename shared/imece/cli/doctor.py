"""`imece doctor`: everything that can be wrong with this installation, looked at now."""

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from imece.cli.output import say

if TYPE_CHECKING:
    from imece.checks import Finding

_SIGNS = {"ok": ("ok", "iyi", "green"), "warning": ("warning", "uyarı", "yellow"), "fault": ("fault", "arıza", "red")}


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(doctor)


def doctor(as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout, both languages")] = False) -> None:
    """Check settings, servers, migrations, storage, disk, clocks, queues. Exit code 1 when there is a fault; warnings are none."""
    from imece import checks  # noqa: PLC0415 (imports what it looks at; --help should not)

    found = list(checks.everything())
    if as_json:
        json.dump([asdict(finding) for finding in found], sys.stdout, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")
    else:
        _table(found)
    if any(finding.level == "fault" for finding in found):
        raise typer.Exit(1)


def _table(found: "list[Finding]") -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, show_header=False)
    for finding in found:
        en, tr, colour = _SIGNS[finding.level]
        table.add_row(Text(say(en, tr), style=colour), finding.about, Text(say(finding.en, finding.tr)))
    Console().print(table)
