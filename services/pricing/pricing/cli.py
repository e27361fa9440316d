"""`imece pricing`: pages and prices with no stack running, the catalogue, checks and their figures."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from pricing import catalogue_cli, extract_cli, shop_cli

if TYPE_CHECKING:
    from pricing.catalogue.products import Filter
    from pricing.checking.overview import Overview

app = typer.Typer(help="Price radar: products, prices, deals. / Fiyat radarı.", no_args_is_help=True)
app.add_typer(catalogue_cli.stores, name="store")
app.add_typer(catalogue_cli.categories, name="category")
app.add_typer(catalogue_cli.recipients, name="recipient")
app.add_typer(catalogue_cli.deals, name="deals")
extract_cli.register(app)
shop_cli.register(app)

Company = Annotated[UUID, typer.Option("--company", help="The company's id")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout")]
Text = Annotated[str | None, typer.Option(help="Words of title, brand or number")]
OfStore = Annotated[str | None, typer.Option("--store", help="Domain of a store")]
OfCategory = Annotated[str | None, typer.Option("--category", help="Slug of a category; what is below it counts too")]


class _Tier(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@app.callback()
def pricing() -> None:
    """Price radar: products, prices, deals. / Fiyat radarı."""


@app.command("import")
def import_products(
    file: Annotated[
        Path, typer.Argument(help="Any .xlsx, .xls, .xlsb, .ods or .csv with a column of addresses", exists=True, dir_okay=False)
    ],
    company: Company,
    category: Annotated[str | None, typer.Option(help="Category of rows that name none, such as 'Elektronik > Telefon'")] = None,
    currency: Annotated[str | None, typer.Option(help="Currency of rows that name none; else the store's")] = None,
    refused: Annotated[Path | None, typer.Option(help="Write the refused rows to this .xlsx", dir_okay=False)] = None,
    as_json: Json = False,
) -> None:
    """Add the products of a list, or bring them up to date. Good rows are taken; exit code 0 even if some were refused."""
    from imece.cli.output import say  # noqa: PLC0415 (--help stays quick)
    from imece.config import settings  # noqa: PLC0415 (see above)
    from pricing.catalogue import imports  # noqa: PLC0415 (see above)

    done = imports.take(file, company, category=category, currency=currency)
    locale = settings().locale
    if refused and done.faults:
        imports.write_refused(file, refused, done, locale)
    count = len({fault.row for fault in done.faults})
    if as_json:
        faults = [{"row": fault.row, "column": fault.column, "reason": fault.reason(locale)} for fault in done.faults]
        _print({"rows": done.rows, "added": done.added, "known": done.known, "refused": count, "faults": faults})
        return
    typer.echo(
        say(
            f"{done.rows} rows: {done.added} added, {done.known} known, {count} refused",
            f"{done.rows} satır: {done.added} eklendi, {done.known} zaten vardı, {count} reddedildi",
        )
    )
    for fault in done.faults[:20]:
        typer.secho(fault.told(locale), fg="red")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="A .csv or .xlsx to write", dir_okay=False)],
    company: Company,
    history: Annotated[int | None, typer.Option(min=1, max=3650, help="The prices of so many days, not the products")] = None,
    text: Text = None,
    store: OfStore = None,
    category: OfCategory = None,
) -> None:
    """Write products, or their prices, to a file for Excel."""
    from imece.cli.output import say  # noqa: PLC0415 (--help stays quick)
    from imece.config import settings  # noqa: PLC0415 (see above)
    from imece.errors import Invalid  # noqa: PLC0415 (see above)
    from pricing.catalogue import exports  # noqa: PLC0415 (see above)

    chosen, locale = _filter(company, text, store, category), settings().locale
    columns = exports.HISTORY if history else exports.PRODUCTS
    rows = exports.history_rows(company, chosen, days=history) if history else exports.product_rows(company, chosen)
    match file.suffix.lower():
        case ".csv":
            with file.open("wb") as made:
                made.writelines(exports.as_csv(columns, rows, locale))
        case ".xlsx":
            exports.as_xlsx(columns, rows, file, locale, title=say("Prices", "Fiyatlar") if history else say("Products", "Ürünler"))
        case other:
            raise Invalid(f"{other or file} is neither .csv nor .xlsx.", f"{other or file} ne .csv ne de .xlsx.")
    typer.echo(str(file))


@app.command()
def check(
    company: Company,
    ids: Annotated[list[int] | None, typer.Argument(help="Products by their numbers")] = None,
    text: Text = None,
    store: OfStore = None,
    category: OfCategory = None,
    state: Annotated[str | None, typer.Option(help="How the last look ended, such as error")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them")] = False,
    wait: Annotated[bool, typer.Option(help="Follow the job until it is final")] = False,
) -> None:
    """Look at products now, due or not. Prints the job's id; with --wait, its result."""
    import getpass  # noqa: PLC0415 (--help stays quick)

    from imece import ledger  # noqa: PLC0415 (see above)
    from imece.cli import jobs  # noqa: PLC0415 (see above)
    from imece.contracts.pricing import CheckProducts  # noqa: PLC0415 (see above)

    if not (ids or text or store or category or state or everything):
        raise typer.BadParameter("name products, or what they have in common, or --all")
    chosen = _filter(company, text, store, category)
    asked = CheckProducts(
        product_ids=tuple(ids or ()), text=chosen.text, category_id=chosen.category_id, store_id=chosen.store_id, state=state
    )
    job = ledger.submit_alone(asked, company_id=company, requested_by=f"cli:{getpass.getuser()}")
    if wait:
        jobs.watch(job)
    typer.echo(str(job))


@app.command()
def claim(tier: Annotated[_Tier | None, typer.Option(help="Only this one")] = None, as_json: Json = False) -> None:
    """Put what is due into batches, of every company, as the ticks do; workers look at them."""
    from imece.cli.output import say  # noqa: PLC0415 (--help stays quick)
    from pricing.checking import claims  # noqa: PLC0415 (see above)

    done = claims.claim(tier.value if tier else None, by="cli")
    if as_json:
        _print(done.model_dump())
    else:
        typer.echo(say(f"{done.batches} batches, {done.products} products", f"{done.batches} parti, {done.products} ürün"))


@app.command()
def score(as_json: Json = False) -> None:
    """Measure how prices vary and score every product anew, of every company."""
    from imece import db  # noqa: PLC0415 (--help stays quick)
    from imece.cli.output import say  # noqa: PLC0415 (see above)
    from pricing.checking import scoring  # noqa: PLC0415 (see above)
    from pricing.settings import settings  # noqa: PLC0415 (see above)

    with db.transaction() as session:
        moved = scoring.rescore(session.connection(), settings().preset)
    if as_json:
        _print(moved._asdict())
    else:
        typer.echo(
            say(
                f"{moved.priorities} priorities, {moved.variations} variations",
                f"{moved.priorities} öncelik, {moved.variations} değişkenlik",
            )
        )


@app.command()
def digest(company: Company, as_json: Json = False) -> None:
    """Tell everybody of the company what has come up for them, now."""
    from imece.cli.output import say  # noqa: PLC0415 (--help stays quick)
    from pricing.checking import claims  # noqa: PLC0415 (see above)

    sent = claims.tell(company, by="cli")
    if as_json:
        _print(sent.model_dump())
    else:
        typer.echo(say(f"{sent.digests} digests, {sent.lines} lines", f"{sent.digests} özet, {sent.lines} satır"))


@app.command()
def stats(company: Company, as_json: Json = False) -> None:
    """What is due, how late it is, how fast it goes, and where a store's pace is not enough."""
    from imece import db  # noqa: PLC0415 (--help stays quick)
    from pricing.checking import overview  # noqa: PLC0415 (see above)
    from pricing.settings import settings  # noqa: PLC0415 (see above)

    with db.transaction() as session:
        found = overview.of(session, company, settings().preset)
    if as_json:
        _print(_figures(found))
    else:
        _show(found)


def _filter(company: UUID, text: str | None, store: str | None, category: str | None) -> "Filter":
    """Which products are meant. Raises NotFound for a store or category that the company does not have."""
    from imece import db  # noqa: PLC0415 (--help stays quick)
    from pricing.catalogue.products import Filter  # noqa: PLC0415 (see above)

    with db.transaction() as session:
        return Filter(
            text=text,
            store_id=catalogue_cli.store_of(session, company, store).id if store else None,
            category_id=catalogue_cli.category_of(session, company, category).id if category else None,
        )


def _figures(found: "Overview") -> dict[str, Any]:
    from dataclasses import asdict  # noqa: PLC0415 (--help stays quick)

    return {
        "tiers": {tier.name.lower(): asdict(counts) for tier, counts in found.tiers.items()},
        "stores": {domain: asdict(counts) for domain, counts in found.stores.items()},
        "total": asdict(found.total),
        "late": dict(zip(("1h", "6h", "24h", "more"), found.late, strict=True)),
        "oldest_seconds": found.oldest and found.oldest.total_seconds(),
        "checks": dict(zip(("1h", "6h", "24h"), found.checks, strict=True)),
        "good": found.good,
        "mean_ms": found.mean_ms,
        "per_hour": found.per_hour,
        "full_pass_seconds": found.full_pass and found.full_pass.total_seconds(),
        "short": [load._asdict() for load in found.short],
    }


def _show(found: "Overview") -> None:
    from imece.cli import output  # noqa: PLC0415 (--help stays quick)
    from imece.cli.output import say  # noqa: PLC0415 (see above)
    from imece.config import settings  # noqa: PLC0415 (see above)

    names = {"watched": ("watched", "izlenen"), "never": ("new", "yeni"), "running": ("running", "sürüyor"), "due": ("due", "vakti geldi")}
    names["held"] = ("held", "bekletiliyor")
    columns = {name: say(*both) for name, both in names.items()}
    parts = [(tier.name.lower(), counts) for tier, counts in found.tiers.items()] + sorted(found.stores.items())
    output.rows(
        [{"": part} | {shown: getattr(counts, name) for name, shown in columns.items()} for part, counts in parts],
        ["", *columns.values()],
        as_json=False,
    )
    hour, six, day = found.checks
    typer.echo()
    typer.echo(say(f"checks in 1, 6, 24 hours: {hour}, {six}, {day}", f"1, 6, 24 saatte kontrol: {hour}, {six}, {day}"))
    typer.echo(say(f"overdue by 1, 6, 24 hours, more: {found.late}", f"1, 6, 24 saat ve daha çok geciken: {found.late}"))
    if found.full_pass:
        span = str(found.full_pass).partition(".")[0]
        typer.echo(say(f"a full pass takes {span}", f"tam tur {span} sürer"))
    for load in found.short:
        typer.secho(load.worded(settings().locale), fg="yellow")


def _print(answer: dict[str, Any]) -> None:
    import json  # noqa: PLC0415 (--help stays quick)

    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2, default=str))
