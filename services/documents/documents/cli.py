"""`imece documents`: look at a workbook as the product would, with no stack running; a company's letterhead."""

import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from documents import senders_cli

if TYPE_CHECKING:
    from documents.amounts import Locale, Mark
    from documents.balances import Reading

app = typer.Typer(help="Reconciliation letters: workbooks and letterheads. / Mutabakat mektupları.", no_args_is_help=True)
app.add_typer(senders_cli.app, name="sender")

_SHOWN = 30  #: errors in the table for people; --json has all


class _Language(StrEnum):
    TR = "tr"
    EN = "en"


class _Mark(StrEnum):
    COMMA = ","
    POINT = "."


@app.callback()
def documents() -> None:
    """Reconciliation letters: workbooks and letterheads. / Mutabakat mektupları."""


@app.command("read-workbook")
def read_workbook(
    file: Annotated[Path, typer.Argument(help="Any .xlsx, .xls, .xlsb, .ods, .csv or web table")],
    as_json: Annotated[bool, typer.Option("--json", help="rows, columns, errors and fault as JSON")] = False,
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%d.%m.%Y"], help="Date of balances whose row names none")] = None,
    currency: Annotated[str | None, typer.Option(help="Currency of balances whose row names none; else TRY")] = None,
    decimal_mark: Annotated[_Mark | None, typer.Option(help="Decides columns that could be read both ways, such as 1.000")] = None,
    refused: Annotated[Path | None, typer.Option(help="Write the refused rows to this .xlsx", dir_okay=False)] = None,
    locale: Annotated[_Language, typer.Option(help="Language of the reasons")] = _Language.TR,
) -> None:
    """
    Read a workbook of balances and say what is in it, row by row what is wrong with it.

    Exit code 0: the file was read as a table. A table that is no list of balances has one error without a row; errors of rows have the sheet's
    own row numbers. Exit code 2: nothing could be read; `fault` says why in one sentence.
    """
    from documents.balances import read_balances  # noqa: PLC0415 (--help stays quick)
    from documents.currencies import code_of  # noqa: PLC0415 (see above)
    from imece.workbooks import Unreadable  # noqa: PLC0415 (see above)

    language: Locale = "tr" if locale is _Language.TR else "en"
    mark: Mark | None = None if decimal_mark is None else "," if decimal_mark is _Mark.COMMA else "."
    code = code_of(currency) if currency else None
    if currency and code is None:
        raise typer.BadParameter(f"{currency} is not a known currency", param_hint="--currency")
    try:
        reading = read_balances(file, as_of=as_of.date() if as_of else None, currency=code, decimal_mark=mark)
        if refused and reading.refused:
            from documents import refusals  # noqa: PLC0415 (openpyxl is slow to load)

            refusals.write(file, reading, refused, language)
    except Unreadable as fault:
        sentence = fault.tr if language == "tr" else fault.en
        if as_json:
            _print_json({"rows": 0, "columns": [], "errors": [], "fault": sentence})
        else:
            typer.secho(f"{file.name}: {sentence}", fg="red", err=True)
        sys.exit(2)
    if as_json:
        errors = [{"row": fault.row, "column": fault.column, "reason": fault.reason(language)} for fault in reading.faults]
        _print_json({"rows": reading.rows, "columns": reading.columns, "errors": errors, "fault": None})
    else:
        _print_table(file, reading, language)
        if refused and reading.refused:
            typer.echo(f"→ {refused}")


def _print_json(answer: dict[str, Any]) -> None:
    import orjson  # noqa: PLC0415 (--help stays quick)

    sys.stdout.buffer.write(orjson.dumps(answer, option=orjson.OPT_INDENT_2) + b"\n")
    sys.stdout.buffer.flush()


def _print_table(file: Path, reading: "Reading", language: "Locale") -> None:
    from rich import box  # noqa: PLC0415 (--help stays quick)
    from rich.console import Console  # noqa: PLC0415 (see above)
    from rich.table import Table  # noqa: PLC0415 (see above)
    from rich.text import Text  # noqa: PLC0415 (see above)

    tr = language == "tr"
    console = Console()
    counts = f"{reading.rows} satır, {len(reading.letters)} mektup, {reading.refused} hatalı satır" if tr else (
        f"{reading.rows} rows, {len(reading.letters)} letters, {reading.refused} refused rows"
    )  # fmt: skip
    console.print(Text.assemble((file.name, "bold"), f"  {counts}"))
    console.print(Text(" · ".join(reading.columns), style="dim"))
    for told, title, style in (
        (reading.faults, "Hatalar" if tr else "Errors", "red"),
        (reading.remarks, "Notlar" if tr else "Remarks", "yellow"),
    ):
        if not told:
            continue
        table = Table(title=title, title_justify="left", title_style=f"bold {style}", box=box.SIMPLE_HEAD)
        table.add_column("Satır" if tr else "Row", justify="right")
        table.add_column("Sütun" if tr else "Column")
        table.add_column("Neden" if tr else "Reason", overflow="fold")
        for fault in told[:_SHOWN]:
            table.add_row("" if fault.row is None else str(fault.row), Text(fault.column or ""), Text(fault.reason(language)))
        console.print(table)
        if len(told) > _SHOWN:
            more = len(told) - _SHOWN
            console.print(f"  … {more} tane daha; hepsi --json ile" if tr else f"  … {more} more; all with --json", style="dim")


if __name__ == "__main__":
    app()
