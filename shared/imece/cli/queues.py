"""`imece queues`: how long they are, and whether anybody consumes them."""

from typing import Annotated

import typer

queues = typer.Typer(name="queues", help="Queues.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this group."""
    app.add_typer(queues)


@queues.command(name="list")
def list_queues(as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False) -> None:
    """Every queue with its jobs, the age of the oldest queued one, and the workers that consume it."""
    from dataclasses import asdict  # noqa: PLC0415

    from imece.cli import output  # noqa: PLC0415
    from imece.ledger import overview  # noqa: PLC0415

    found = [asdict(line) for line in overview.queues()]
    for line in found:
        line["note"] = "" if line["consumers"] or not line["queued"] else "queued, nobody consumes this queue"
    output.rows(
        found,
        ["queue", "queued", "running", "retrying", "scheduled", "oldest_seconds", "consumers", "note"],
        as_json=as_json,
        empty="no queues",
    )
