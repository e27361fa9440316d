"""`imece notify`: the caught mails, from their folder, and what numbers and texts are. Needs no stack."""

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from notify import caught_cli, texts_cli

app = typer.Typer(name="notify", help="Messages to people: caught mails, numbers and texts.", no_args_is_help=True)
texts_cli.register(app)
caught_cli.register(app)


@app.command()
def mails(
    to: Annotated[str, typer.Option(help="Only mails to an address that holds this")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout, of all that match")] = False,
) -> None:
    """List the caught mails."""
    from imece.cli import output  # noqa: PLC0415 (--help stays quick)
    from notify.caught import mails  # noqa: PLC0415
    from notify.settings import settings  # noqa: PLC0415

    folder = settings().caught
    found = (mail for mail in mails.listed(folder) if to.lower() in ", ".join(mail.recipients).lower())
    shown = list(found) if as_json else list(islice(found, limit))
    rows = [
        {
            "id": mail.id.partition("@")[0],
            "message_id": mail.id,
            "received": mail.received,
            "to": list(mail.recipients),
            "subject": mail.subject,
            "bytes": mail.size,
            "file": str(mail.path),
        }
        for mail in shown
    ]
    nothing = output.say(f"No mails in {folder}", f"{folder} içinde posta yok")
    output.rows(rows, ["received", "to", "subject", "bytes", "id"], as_json=as_json, empty=nothing)
    if next(found, None):
        typer.echo(output.say("There are older ones: --limit", "Daha eskileri de var: --limit"))


@app.command()
def show(
    mail: Annotated[str, typer.Argument(help="Message-ID or job id, or how it begins")],
    save: Annotated[Path | None, typer.Option(help="Write the attachments into this folder", file_okay=False)] = None,
    raw: Annotated[bool, typer.Option("--raw", help="The mail as it came, byte for byte")] = False,
) -> None:
    """Show one caught mail: who, what, and its attachments."""
    from imece.errors import NotFound  # noqa: PLC0415 (--help stays quick)
    from notify.caught import mails  # noqa: PLC0415
    from notify.settings import settings  # noqa: PLC0415

    found = list(islice(mails.listed(settings().caught, mail), 10))
    if not found:
        raise NotFound(f"No caught mail begins with {mail}.", f"{mail} ile başlayan yakalanmış posta yok.")
    if raw:
        typer.echo(found[0].path.read_bytes(), nl=False)
        return
    head = mails.headers(found[0].path)
    for name in ("Date", "From", "Delivered-To", "To", "Reply-To", "Subject", "Message-ID"):
        if text := mails.heading(head, name):
            typer.echo(f"{name}: {text}")
    message = mails.read(found[0].path)
    body = message.get_body(("plain", "html"))
    typer.echo(f"\n{body.get_content().strip() if body else ''}\n")
    for number, part in enumerate(message.iter_attachments(), start=1):
        content = part.get_payload(decode=True)
        data = content if isinstance(content, bytes) else b""
        name = Path(part.get_filename() or "").name.strip(".") or str(number)
        typer.echo(f"[{number}] {name}  {part.get_content_type()}  {len(data):,} bytes")
        if save:
            save.mkdir(parents=True, exist_ok=True)
            place = save / name if not (save / name).exists() else save / f"{number}-{name}"
            place.write_bytes(data)
            typer.echo(f"    -> {place}")
    if len(found) > 1:
        typer.echo(f"\n+{len(found) - 1}: " + ", ".join(other.path.name for other in found[1:]))
