"""`imece contracts`: what can be asked for, and the document that describes it to other systems."""

import json
from typing import Annotated

import typer

contracts = typer.Typer(name="contracts", help="Contracts between services.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this group."""
    app.add_typer(contracts)


@contracts.command(name="list")
def list_contracts(as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False) -> None:
    """Every kind of work, its queue, limits and who may ask for it."""
    from imece.cli import output  # noqa: PLC0415
    from imece.contracts import declared  # noqa: PLC0415

    found = [
        {
            "kind": c.kind,
            "version": c.version,
            "queue": c.queue,
            "max_attempts": c.max_attempts,
            "soft_limit": str(c.soft_limit),
            "hard_limit": str(c.hard_limit),
            "role": c.role.value,
        }
        for c in declared()
    ]
    output.rows(found, list(found[0]), as_json=as_json)


@contracts.command()
def asyncapi() -> None:
    """The AsyncAPI 3.0 document of all contracts, as JSON on stdout."""
    from imece.contracts.asyncapi import document  # noqa: PLC0415

    typer.echo(json.dumps(document(), ensure_ascii=False, indent=2))
