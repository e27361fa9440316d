"""`imece worker`, `imece scheduler`, `imece migrate`: what containers, systemd and the embedded stack run."""

import typer


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(worker)
    app.command()(scheduler)
    app.command()(migrate)


def worker(service: str, pool: str) -> None:
    """Run one worker process of a pool until SIGTERM, e.g. `imece worker documents io`."""
    from imece.worker.run import run  # noqa: PLC0415

    raise typer.Exit(run(service, pool))


def scheduler() -> None:
    """Run the sweeper and the ticks until SIGTERM. Any number may run."""
    from imece.scheduler import run  # noqa: PLC0415

    raise typer.Exit(run())


def migrate() -> None:
    """Bring every schema to its newest revision. Safe to run twice and from several machines."""
    from imece import checks  # noqa: PLC0415
    from imece import migrate as migrations  # noqa: PLC0415

    checks.wait_for_servers()
    changed = migrations.upgrade()
    typer.echo(f"migrated: {', '.join(changed)}" if changed else "nothing to migrate")
