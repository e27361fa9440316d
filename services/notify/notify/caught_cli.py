"""`imece notify texts`, `text` and `escape-telegram`: the caught messages that are no mails, and Telegram's escapes, with no stack running."""

import sys
from enum import StrEnum
from itertools import islice
from typing import Annotated

import typer


class Mode(StrEnum):
    """Telegram's ways of marking text up."""

    HTML = "html"
    MARKDOWNV2 = "markdownv2"


def register(app: typer.Typer) -> None:
    """Add the three commands."""
    app.command()(texts)
    app.command()(text)
    app.command("escape-telegram", context_settings={"ignore_unknown_options": True})(escape_telegram)  # `-20 %` is a text


def texts(
    to: Annotated[str, typer.Option(help="Only to a number, chat or address that holds this")] = "",
    provider: Annotated[str, typer.Option(help="twilio, netgsm, iletimerkezi, goldsms, telegram, webhook; empty: all")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False,
) -> None:
    """List the caught SMS, posts and calls; codes are shown as dots."""
    from imece.cli import output  # noqa: PLC0415 (--help stays quick)
    from notify.caught import texts  # noqa: PLC0415
    from notify.settings import settings  # noqa: PLC0415

    folder = settings().caught_texts
    rows = [
        {
            "id": one.id,
            "at": one.at,
            "provider": one.provider,
            "to": one.to,
            "from": one.sender,
            "text": one.shown,
            "segments": one.segments,
        }
        for one in islice(texts.listed(folder, provider=provider, to=to), limit)
    ]
    nothing = output.say(f"No messages in {folder}", f"{folder} içinde mesaj yok")
    output.rows(rows, ["at", "provider", "to", "text", "id"], as_json=as_json, empty=nothing)


def text(
    identity: Annotated[str, typer.Argument(metavar="ID", help="As `texts` lists it")],
) -> None:
    """Show one caught message whole, its code too."""
    from imece.errors import NotFound  # noqa: PLC0415 (--help stays quick)
    from notify.caught import texts  # noqa: PLC0415
    from notify.settings import settings  # noqa: PLC0415

    found = texts.find(settings().caught_texts, identity)
    if found is None:
        raise NotFound(f"No caught message is called {identity}.", f"{identity} adında yakalanmış mesaj yok.")
    for name, value in (
        ("At", found.at),
        ("Provider", found.provider),
        ("From", found.sender),
        ("To", found.to),
        ("Segments", found.segments),
    ):
        if value:
            typer.echo(f"{name}: {value}")
    typer.echo(f"\n{found.text}")


def escape_telegram(
    given: Annotated[str | None, typer.Argument(metavar="TEXT", help="What is to be read as it stands")] = None,
    mode: Annotated[Mode, typer.Option(help="Whose markup must not be seen in it")] = Mode.HTML,
    from_stdin: Annotated[
        bool, typer.Option("--stdin", help="The text comes from standard input; it goes out as it came, but escaped")
    ] = False,
) -> None:
    """Escape a text for Telegram: what comes out is read back as what went in."""
    from imece.cli.output import say  # noqa: PLC0415 (--help stays quick)
    from notify.channels import markup  # noqa: PLC0415

    if from_stdin == (given is not None):
        raise typer.BadParameter(say("give a text, or --stdin", "bir metin verin ya da --stdin"), param_hint="TEXT")
    escape = markup.escape_html if mode is Mode.HTML else markup.escape_markdownv2
    if given is not None:
        typer.echo(escape(given))
        return
    try:
        content = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        raise typer.BadParameter(say("standard input is not UTF-8", "standart girdi UTF-8 değil"), param_hint="--stdin") from None
    sys.stdout.buffer.write(escape(content).encode())
