"""`imece documents sender`: a company's letterhead, until the console has a page for it."""

import json
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

app = typer.Typer(help="A company's letterhead: whose name the letters carry. / Şirketin antet bilgileri.", no_args_is_help=True)

_Company = Annotated[UUID, typer.Option("--company", help="The company's id")]


@app.command("set")
def put(
    company: _Company,
    title: Annotated[str | None, typer.Option(help="Full legal name (unvan)")] = None,
    address: Annotated[str | None, typer.Option(help="Street and district")] = None,
    city: Annotated[str | None, typer.Option(help="City; letters are issued there")] = None,
    tax_number: Annotated[str | None, typer.Option(help="VKN or TCKN")] = None,
    tax_office: Annotated[str | None, typer.Option(help="Vergi dairesi")] = None,
    email: Annotated[str | None, typer.Option(help="Where parties send their answer")] = None,
    phone: Annotated[str | None, typer.Option()] = None,
    contact: Annotated[str | None, typer.Option(help="Who signs, with the position")] = None,
    mersis: Annotated[str | None, typer.Option(help="Mersis number")] = None,
    kep: Annotated[str | None, typer.Option(help="Registered e-mail (KEP)")] = None,
    legal: Annotated[str | None, typer.Option(help="Legal sentence in place of the default; have your lawyer read it")] = None,
    privacy_url: Annotated[str | None, typer.Option(help="Where the privacy notice (aydınlatma metni) is")] = None,
    accent: Annotated[str | None, typer.Option(help="Colour of headings and rules, such as #1f3a5f")] = None,
    logo: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="PNG, JPEG or SVG, at most 300 KB")] = None,
) -> None:
    """Make the letterhead, or change what is given; an empty text clears a field. Letters already begun keep the old one."""
    from documents import senders  # noqa: PLC0415 (the command line must start without a database)
    from imece import db  # noqa: PLC0415 (see above)

    fields = {
        "title": title,
        "address": address,
        "city": city,
        "tax_number": tax_number,
        "tax_office": tax_office,
        "email": email,
        "phone": phone,
        "contact": contact,
        "mersis": mersis,
        "kep": kep,
        "legal": legal,
        "privacy_url": privacy_url,
        "accent": accent,
    }
    with db.transaction() as session:
        sender = senders.put(session, company, **fields)
        if logo is not None:
            senders.put_logo(session, company, logo.read_bytes())
    typer.echo(f"{sender.title} ({sender.tax_number})")


@app.command()
def show(company: _Company, as_json: Annotated[bool, typer.Option("--json", help="As JSON")] = False) -> None:
    """Print the letterhead."""
    from documents import senders  # noqa: PLC0415 (see put)
    from imece import db  # noqa: PLC0415 (see put)

    with db.transaction() as session:
        fields = senders.snapshot(session, company)
    if as_json:
        typer.echo(json.dumps(fields, ensure_ascii=False))
        return
    for name, value in fields.items():
        typer.echo(f"{name:<12} {'' if value is None else value}")
