"""
`imece demo`: the whole paths of the house, as their users would walk them.

From nothing: the stack, a company, a spreadsheet that becomes letters; then shops whose prices move, deals found in them, and people told; then a recording
that becomes text, subtitles and chapters; then many phones, and a code that goes before them. It talks to the house only as anybody may: by the command
line and the API.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imece.cli.output import say

if TYPE_CHECKING:
    from rich.console import Console


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(demo)


def demo(
    workbook: Annotated[Path, typer.Argument(help="A workbook of balances", exists=True, dir_okay=False)] = Path("examples/mutabakat.xlsx"),
    recording: Annotated[Path, typer.Option(help="A recording of speech", exists=True, dir_okay=False)] = Path("examples/readings.mp4"),
) -> None:
    """From a spreadsheet to letters, from moving prices to deals, from a recording to text, to many phones, live. Exit code 0 only if all is there."""
    from rich.console import Console  # noqa: PLC0415 (--help stays quick)

    from imece.cli import stack  # noqa: PLC0415 (see above)
    from imece.cli.demo import letters, messages, prices, speech, visitor  # noqa: PLC0415 (see above)
    from imece.config import settings  # noqa: PLC0415 (see above)

    console, home = Console(), settings().home
    os.environ.setdefault("PRICING_ALLOWED_NETWORKS", prices.GROUND)  # noqa: TID251 (for the processes that are started now)
    os.environ.setdefault("NOTIFY_PRICES", messages.PRICES)  # noqa: TID251 (as above)
    stack.up()
    access = visitor.access(home)
    api = visitor.Api(access.url, access.token)
    _tell(console, letters.act(console, api, access, workbook))
    console.print()
    _tell(console, prices.act(console, api, access))
    console.print()
    _tell(console, speech.act(console, api, recording))
    console.print()
    _tell(console, messages.act(console, api, access, workbook))
    _tell(
        console,
        [
            ("", ""),
            (say("caught mails", "yakalanan postalar"), f"{home / 'mail'}   (imece notify mails)"),
            (say("console", "konsol"), access.url),
            (say("login", "giriş"), f"{access.email}   {say('password', 'parola')}: {access.password}"),
            (say("stop", "durdurma"), "make down"),
        ],
    )


def _tell(console: "Console", rows: list[tuple[str, str]]) -> None:
    for name, value in rows:
        console.print(f"[dim]{name:<20}[/]  {value}", soft_wrap=True, highlight=False)  # whole: paths and addresses are copied
