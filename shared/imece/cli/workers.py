"""`imece workers`: who works, and asking one to stop."""

from typing import Annotated
from uuid import UUID

import typer

from imece.cli.output import whoever

workers = typer.Typer(name="workers", help="Worker processes.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this group."""
    app.add_typer(workers)


@workers.command(name="list")
def list_workers(
    everyone: Annotated[bool, typer.Option("--all", help="Also those that have stopped")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False,
) -> None:
    """The workers that live, with what they run."""
    from dataclasses import asdict  # noqa: PLC0415
    from datetime import timedelta  # noqa: PLC0415

    from imece.cli import output  # noqa: PLC0415
    from imece.ledger import overview  # noqa: PLC0415

    found = [asdict(line) for line in overview.workers(ended=everyone, within=timedelta(days=2))]
    columns = ["id", "service", "pool", "host", "pid", "state", "running", "jobs_done", "memory_mb", "started_at"]
    output.rows(found, columns, as_json=as_json, empty="no workers")


@workers.command()
def stop(worker: UUID) -> None:
    """Ask one worker to drain and end; supervision starts a new one in its place."""
    from imece import db  # noqa: PLC0415
    from imece.errors import NotFound  # noqa: PLC0415
    from imece.ledger import overview  # noqa: PLC0415

    with db.transaction() as session:
        if not overview.ask_to_stop(session, worker, by=whoever()):
            raise NotFound("There is no such living worker.", "Böyle çalışan bir işçi yok.")
    typer.echo("asked to stop")
