"""How the command line speaks: one table for people, the same rows as JSON for programs; and in whose name it acts."""

import getpass
import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from imece.clock import shown


def rows(found: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, empty: str = "nothing") -> None:
    """Print `found`: every key as JSON, or `columns` as a table."""
    if as_json:
        json.dump(found, sys.stdout, ensure_ascii=False, default=str, indent=2)
        sys.stdout.write("\n")
        return
    console = Console(width=None if sys.stdout.isatty() else 1000)  # a pipe is no reason to break lines
    if not found:
        console.print(empty, style="dim")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        table.add_column(column.replace("_", " "), overflow="fold", no_wrap=place == 0)
    for row in found:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    console.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return shown(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def say(en: str, tr: str) -> str:
    """One of the two, as `IMECE_LOCALE` asks."""
    from imece.config import settings  # noqa: PLC0415 (reads the environment; --help should not)

    return tr if settings().locale == "tr" else en


def whoever() -> str:
    """Who types, as the ledger writes it down: `cli:ayşe`. In a container the account may have a number only."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"cli:{os.getuid()}"
