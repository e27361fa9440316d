"""`imece jobs`: submit, list, show, watch, cancel, retry."""

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from imece.cli.output import whoever

jobs = typer.Typer(name="jobs", help="Jobs of the ledger.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout")]


def register(app: typer.Typer) -> None:
    """Add this group."""
    app.add_typer(jobs)


@jobs.command()
def submit(
    kind: str,
    args: Annotated[str, typer.Argument(help="Arguments as JSON, @file, or - for stdin")] = "{}",
    company: Annotated[UUID | None, typer.Option(help="Id of the company whose job it is")] = None,
    key: Annotated[str | None, typer.Option(help="At most one live job has this key")] = None,
    as_json: Json = False,
) -> None:
    """Ask for a job, e.g. `imece jobs submit notify.prune`. Prints its id."""
    from pydantic import ValidationError  # noqa: PLC0415

    from imece import contracts, ledger  # noqa: PLC0415
    from imece.errors import Invalid, NotFound  # noqa: PLC0415

    contract = contracts.find(kind)
    if contract is None:
        raise NotFound(f"There is no kind {kind!r}; there are: {', '.join(c.kind for c in contracts.declared())}")
    try:
        text = sys.stdin.read() if args == "-" else Path(args[1:]).read_text(encoding="utf-8") if args.startswith("@") else args
        wanted = contract.model_validate_json(text)
    except OSError as error:
        raise Invalid(f"{args[1:]}: {error.strerror}") from None
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'arguments'}: {e['msg']}" for e in error.errors())
        raise Invalid(f"{kind}: {wrong}") from None
    job_id = ledger.submit_alone(wanted, company_id=company, requested_by=whoever(), unique_key=key)
    typer.echo(json.dumps({"id": str(job_id)}) if as_json else str(job_id))


@jobs.command(name="list")
def list_jobs(
    kind: Annotated[str | None, typer.Option()] = None,
    state: Annotated[str | None, typer.Option()] = None,
    text: Annotated[str | None, typer.Option(help="Found in id, arguments, requester or error")] = None,
    top: Annotated[bool, typer.Option("--top", help="Without the jobs that jobs asked for")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 30,
    as_json: Json = False,
) -> None:
    """The newest jobs first."""
    from imece import db, ledger  # noqa: PLC0415
    from imece.cli import output  # noqa: PLC0415

    with db.transaction() as session:
        found = ledger.search(session, company_id=None, kind=kind, state=state, text=text, top_only=top, limit=limit)
        output.rows(
            [_row(job) for job in found], ["id", "kind", "state", "progress", "attempt", "created_at"], as_json=as_json, empty="no jobs"
        )


@jobs.command()
def show(job: UUID, as_json: Json = False) -> None:
    """One job: its state, arguments, result, attempts."""
    import sqlalchemy as sa  # noqa: PLC0415

    from imece import db, ledger  # noqa: PLC0415
    from imece.cli import output  # noqa: PLC0415
    from imece.ledger.models import Attempt  # noqa: PLC0415

    with db.transaction() as session:
        found = _row(ledger.find(session, job))
        attempts = session.scalars(sa.select(Attempt).where(Attempt.job_id == job).order_by(Attempt.number)).all()
        tries = [{c.key: getattr(a, c.key) for c in Attempt.__table__.columns} for a in attempts]
    if as_json:
        typer.echo(json.dumps(found | {"attempts": tries}, ensure_ascii=False, default=str, indent=2))
        return
    for name, value in found.items():
        if value not in (None, "", {}):
            typer.echo(f"{name:14} {json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value}")
    typer.echo()
    output.rows(
        tries, ["number", "outcome", "charged", "started_at", "finished_at", "worker_id"], as_json=False, empty="no attempt has ended yet"
    )
    for one in tries:
        if one["traceback"]:
            typer.echo(f"\nattempt {one['number']}:\n{one['traceback']}")


@jobs.command()
def watch(job: UUID) -> None:
    """Follow a job until it is final. Exit code 0 when it succeeded, 1 when not."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    from imece import db, ledger  # noqa: PLC0415
    from imece.config import settings  # noqa: PLC0415

    columns = (
        TextColumn("{task.fields[state]:>9}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns) as bar:
        line = bar.add_task("", total=None, state="")
        while True:
            with db.transaction() as session:
                now = ledger.find(session, job)
            note = (now.progress_note or {}).get(settings().locale, "")
            bar.update(line, completed=now.progress_done, total=now.progress_total, description=note, state=now.state)
            if now.final:
                break
            time.sleep(0.3)
    typer.echo(json.dumps(now.result or now.error or {}, ensure_ascii=False, indent=2))
    raise typer.Exit(0 if now.state == "succeeded" else 1)


@jobs.command()
def cancel(job: UUID) -> None:
    """End a job and everything below it."""
    from imece import db, ledger  # noqa: PLC0415

    with db.transaction() as session:
        state = ledger.cancel(session, job, by=whoever())
    typer.echo("cancelled" if state == "cancelled" else f"asked to end (now {state})")


@jobs.command()
def retry(job: UUID) -> None:
    """Run a failed or cancelled job again."""
    from imece import db, ledger  # noqa: PLC0415

    with db.transaction() as session:
        ledger.retry(session, job, by=whoever())
    typer.echo("queued")


def _row(job: Any) -> dict[str, Any]:
    done = f"{job.progress_done}/{job.progress_total}" if job.progress_total else ""
    fields = ("id", "kind", "state", "queue", "attempt", "max_attempts", "company_id", "requested_by", "parent_id", "created_at")
    more = ("scheduled_at", "started_at", "finished_at", "cancel_requested_by", "args", "result", "error")
    return {name: getattr(job, name) for name in fields} | {"progress": done} | {name: getattr(job, name) for name in more}
