"""`imece transcription models` and `imece plan`: which models there are, and whether they fit this machine."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from transcription.weights import Weights

models = typer.Typer(help="Whisper's models on this machine. / Modeller.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="JSON on stdout")]
Names = Annotated[list[str], typer.Argument(help="tiny, base, small, medium, turbo or large-v3")]


def register(app: typer.Typer) -> None:
    """Add what stands at the top: `imece plan`."""
    app.command()(plan)


@models.command("list")
def list_models(as_json: Json = False) -> None:
    """Every size: whether it is here, where, how large, and how much memory it takes."""
    from imece.cli.output import rows, say  # noqa: PLC0415 (--help stays quick)
    from transcription import memory, weights  # noqa: PLC0415 (see above)

    found: list[dict[str, Any]] = []
    for one in weights.listed():
        state = one.fault or (say("here", "burada") if one.here else say("not here", "burada değil"))
        found.append(
            {
                "model": one.name,
                "here": one.here,
                "state": state,
                "disk_mb": round(one.bytes / 1e6),
                "memory_mb": memory.needed(one.name) >> 20,
                "source": one.source,
                "path": str(one.path) if one.path else None,
            }
        )
    rows(found, ("model", "state", "disk_mb", "memory_mb", "source", "path"), as_json=as_json)


@models.command()
def fetch(names: Names, as_json: Json = False) -> None:
    """Fetch models that are not here, verify them, put them in their place. Exit code 1 when one cannot be had."""
    from imece.cli.output import say  # noqa: PLC0415 (--help stays quick)
    from transcription import weights  # noqa: PLC0415 (see above)

    fetched = []
    for name in names:
        megabytes = weights.MODELS[weights.canonical(name)].megabytes
        typer.secho(say(f"{name}: up to {megabytes} MB ...", f"{name}: en çok {megabytes} MB ..."), dim=True, err=True)
        fetched.append(weights.fetch(name))
    _tell(fetched, as_json)


@models.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Sizes or folders; everything that is here without any")] = None,
    as_json: Json = False,
) -> None:
    """Hash models to the last byte. Exit code 1 when one is not here, not whole, or not what it should be; all are looked at."""
    from imece.cli.output import say  # noqa: PLC0415 (--help stays quick)
    from imece.errors import Permanent  # noqa: PLC0415 (see above)
    from transcription import weights  # noqa: PLC0415 (see above)

    good, faults = [], 0
    for name in names or [one.name for one in weights.listed() if one.here]:
        try:
            good.append(weights.verify(name))
        except Permanent as error:
            faults += 1
            typer.secho(f"{name}: {say(error.en, error.tr)}", fg="red", err=True)
    _tell(good, as_json)
    if faults:
        raise typer.Exit(1)


@models.command()
def path(name: Annotated[str, typer.Argument(help="A size")]) -> None:
    """Print the folder of a model that is here. Exit code 1 when it is not."""
    from imece.cli.output import say  # noqa: PLC0415 (--help stays quick)
    from transcription import weights  # noqa: PLC0415 (see above)

    name = weights.canonical(name)
    found = next((one for one in weights.listed() if one.name == name), None)
    if found is None or found.path is None:
        typer.secho(say(f"The model {name} is not on this machine.", f"{name} modeli bu makinede yok."), fg="red", err=True)
        raise typer.Exit(1)
    typer.echo(str(found.path))


def plan(
    model: Annotated[str | None, typer.Option(help="tiny, base, small, medium, turbo, large-v3; TRANSCRIPTION_MODEL without")] = None,
    workers: Annotated[int, typer.Option(min=1, max=1000, help="Processes that listen at the same time")] = 1,
    compute_type: Annotated[str | None, typer.Option(help="auto (int8 on a processor), float32, ...")] = None,
    memory_gb: Annotated[float | None, typer.Option("--memory", min=0.1, help="Of a machine with so many GB, not of this one")] = None,
    as_json: Json = False,
) -> None:
    """Does a model for so many workers fit this machine? Exit code 0: yes, 1: no. The table has what each model takes, and how many workers would fit."""
    from imece.cli.output import rows, say  # noqa: PLC0415 (--help stays quick)
    from transcription import memory, weights  # noqa: PLC0415 (see above)
    from transcription.settings import settings  # noqa: PLC0415 (see above)

    name, kind = weights.canonical(model or settings().model), compute_type or settings().compute_type
    have = None if memory_gb is None else int(memory_gb * 1e9)
    asked = memory.plan(name, workers, kind, have)
    table: list[dict[str, Any]] = []
    for one in memory.NEEDS:
        found = memory.plan(one, workers, kind, have)
        table.append(
            {
                "model": one,
                "per_worker_mb": found.each >> 20,
                "while_loading_mb": memory.needed(one, kind) >> 20,
                "disk_mb": memory.NEEDS[one].disk,
                "workers_that_fit": found.most,
                "fits": found.fits,
            }
        )
    if as_json:
        answer = {"model": name, "workers": workers, "fits": asked.fits, "wanted_mb": asked.wanted >> 20, "have_mb": asked.have >> 20}
        json.dump({**answer, "most": asked.most, "models": table}, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        wanted, there = f"{asked.wanted / 1e9:.1f} GB", f"{asked.have / 1e9:.1f} GB"
        if asked.fits:
            typer.secho(
                say(f"Yes: {workers} x {name} take {wanted} of {there}.", f"Evet: {workers} x {name}, {there} içinden {wanted} alır."),
                fg="green",
            )
        else:
            typer.secho(
                say(
                    f"No: {workers} x {name} would take {wanted} of {there}; {asked.most} would fit.",
                    f"Hayır: {workers} x {name} {wanted} ister, {there} var; {asked.most} sığar.",
                ),
                fg="red",
            )
        columns = ("model", "per_worker_mb", "while_loading_mb", "disk_mb", "workers_that_fit")
        rows([{**row, "model": f"{row['model']} *" if row["model"] == name else row["model"]} for row in table], columns, as_json=False)
    if not asked.fits:
        raise typer.Exit(1)


def _tell(found: "list[Weights]", as_json: bool) -> None:
    from imece.cli.output import rows, say  # noqa: PLC0415 (--help stays quick)

    told = [{"model": one.name, "source": one.source, "path": str(one.path)} for one in found]
    rows(told, ("model", "source", "path"), as_json=as_json, empty=say("no models", "model yok"))
