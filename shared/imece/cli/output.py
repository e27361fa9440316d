"""How the command line shows things: one table for people, the same rows as JSON for programs."""

import json
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
    console = Console()
    if not found:
        console.print(empty, style="dim")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
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
