"""
The command line: `imece`.

Commands of the floor are in this package, one module per noun; every installed service adds its own group from `<service>/cli.py`, and what
its `register` puts at the top. Modules import what is heavy inside their commands, so that `imece --help` stays quick. `--json` gives JSON on
stdout; errors are one line on stderr.
Exit codes: 0 done, 1 it did not work, 2 wrong usage or input, 3 something is not running.
"""

import sys
from importlib import import_module, util
from importlib.metadata import entry_points

import typer

from imece.errors import ImeceError

app = typer.Typer(
    name="imece",
    help="imece: the back office's background work.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """The entry point: builds the command tree, and turns our errors into one line and exit code 1."""
    for module in ("stack", "demo", "doctor", "processes", "jobs", "queues", "workers", "contracts"):
        import_module(f"imece.cli.{module}").register(app)
    for entry in entry_points(group="imece.services"):
        if util.find_spec(f"{entry.name}.cli") is not None:
            commands = import_module(f"{entry.name}.cli")
            app.add_typer(commands.app, name=entry.name)
            if hasattr(commands, "register"):
                commands.register(app)  # what it adds at the top
    try:
        app()
    except ImeceError as error:
        typer.secho(f"imece: {error.tr if _turkish() else error.en}", fg="red", err=True)
        sys.exit(1)


def _turkish() -> bool:
    from imece.config import settings  # noqa: PLC0415 (reads the environment; --help should not)

    try:
        return settings().locale == "tr"
    except ImeceError:
        return False
