"""`imece transcription recordings|glossary`: what a company has had transcribed, on the running stack."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

if TYPE_CHECKING:
    from transcription.recordings import Standing

recordings = typer.Typer(help="Recordings and their transcripts. / Kayıtlar ve dökümleri.", no_args_is_help=True)
glossary = typer.Typer(help="Names and terms that the recogniser is told beforehand. / Sözlük.", no_args_is_help=True)

Company = Annotated[UUID, typer.Option("--company", help="The company's id")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout")]
Recording = Annotated[UUID, typer.Argument(help="The recording's id, as `list` shows it")]


class _Format(StrEnum):
    TXT = "txt"
    SRT = "srt"
    VTT = "vtt"
    JSON = "json"
    DOCX = "docx"
    MD = "md"


@recordings.command("list")
def list_recordings(
    company: Company,
    text: Annotated[str | None, typer.Option(help="Words of the title")] = None,
    language: Annotated[str | None, typer.Option(help="Code of the language that is spoken")] = None,
    unfinished: Annotated[
        bool | None, typer.Option("--unfinished/--finished", help="Only those without a transcript; only those with one")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    as_json: Json = False,
) -> None:
    """Recordings, the newest first, and how each stands."""
    from imece import db  # noqa: PLC0415 (--help stays quick)
    from imece.cli import output  # noqa: PLC0415 (see above)
    from transcription import recordings as domain  # noqa: PLC0415 (see above)

    with db.transaction() as session:
        found = [_row(one) for one in domain.listed(session, company, text=text, language=language, unfinished=unfinished, limit=limit)]
    columns = ("id", "title", "state", "progress", "language", "length", "words", "created_at")
    output.rows(found, columns, as_json=as_json, empty=output.say("no recordings", "kayıt yok"))


@recordings.command()
def show(recording: Recording, company: Company, as_json: Json = False) -> None:
    """What is known of a recording: its state, warnings, chapters, files."""
    import json  # noqa: PLC0415 (see list_recordings)

    from imece import db  # noqa: PLC0415 (see list_recordings)
    from imece.cli.output import say  # noqa: PLC0415 (see list_recordings)
    from imece.config import settings  # noqa: PLC0415 (see list_recordings)
    from transcription import media, transcripts  # noqa: PLC0415 (see list_recordings)
    from transcription import recordings as domain  # noqa: PLC0415 (see list_recordings)

    locale = settings().locale
    with db.transaction() as session:
        one = domain.standing(session, company, recording)
        chapters: list[dict[str, Any]] = [
            {"start": found.start, "title": found.title, "suggested": found.suggested}
            for found in transcripts.chapters(session, company, recording)
        ]
    known = _row(one) | {
        "job": str(one.recording.job_id),
        "model": one.recording.model,
        "truncated": one.recording.truncated,
        "warnings": [warning[locale] for warning in one.recording.warnings],
        "error": (one.error or {}).get(locale),
        "files": one.recording.files,
        "chapters": chapters,
    }
    if as_json:
        typer.echo(json.dumps(known, ensure_ascii=False, default=str))
        return
    for name, value in known.items():
        if name not in {"chapters", "files", "warnings"} and value is not None:
            typer.echo(f"{name.replace('_', ' '):<12} {value}")
    for warning in known["warnings"]:
        typer.secho(warning, fg="yellow")
    for chapter in chapters:
        typer.echo(
            f"{media.spoken(chapter['start']):>9}  {chapter['title']}{'  ' + say('(suggested)', '(öneri)') if chapter['suggested'] else ''}"
        )
    for name, key in one.recording.files.items():
        typer.echo(f"{name:<12} {key}")


@recordings.command()
def export(
    recording: Recording,
    company: Company,
    format: Annotated[_Format, typer.Option("--format", help="What it is written as")] = _Format.TXT,  # noqa: A002 (the option's own name)
    out: Annotated[Path | None, typer.Option("--out", help="Write to this file; else to stdout", dir_okay=False)] = None,
) -> None:
    """The transcript as it stands now, edits included, as a file."""
    from imece import db  # noqa: PLC0415 (see list_recordings)
    from transcription import results  # noqa: PLC0415 (see list_recordings)

    with db.transaction() as session:
        made, _ = results.rendered(session, company, recording, format.value)
    if out is None:
        sys.stdout.buffer.write(made.body)
        return
    out.write_bytes(made.body)
    typer.echo(str(out))


@recordings.command()
def search(
    words: Annotated[str, typer.Argument(help='As in a search engine: all the words, "in this order", this or that, -without')],
    company: Company,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    as_json: Json = False,
) -> None:
    """Where something was said, in all recordings."""
    from imece import db  # noqa: PLC0415 (see list_recordings)
    from imece.cli import output  # noqa: PLC0415 (see list_recordings)
    from transcription import media, transcripts  # noqa: PLC0415 (see list_recordings)

    with db.transaction() as session:
        found = [
            {
                "recording": str(one.recording.id),
                "title": one.recording.title,
                "at": media.spoken(one.segment.t0),
                "seconds": one.segment.t0,
                "text": one.segment.text,
            }
            for one in transcripts.search(session, company, words, limit=limit)
        ]
    output.rows(found, ("recording", "title", "at", "text"), as_json=as_json, empty=output.say("nothing", "bir şey yok"))


@recordings.command()
def delete(recording: Recording, company: Company) -> None:
    """Delete a recording with its transcript and its files."""
    from imece import db, storage  # noqa: PLC0415 (see list_recordings)
    from transcription import recordings as domain  # noqa: PLC0415 (see list_recordings)

    with db.transaction() as session:
        keys = domain.delete(session, company, recording)
    storage.delete(keys)
    typer.echo(str(recording))


@glossary.command("list")
def list_terms(company: Company, as_json: Json = False) -> None:
    """The company's terms, in the order they were added."""
    from imece import db  # noqa: PLC0415 (see list_recordings)
    from imece.cli import output  # noqa: PLC0415 (see list_recordings)
    from transcription import glossary as domain  # noqa: PLC0415 (see list_recordings)

    with db.transaction() as session:
        terms = domain.of_company(session, company)
    output.rows([{"term": term} for term in terms], ("term",), as_json=as_json, empty=output.say("no terms", "terim yok"))


@glossary.command()
def add(terms: Annotated[list[str], typer.Argument(help="Names and terms")], company: Company) -> None:
    """Add what is not there yet."""
    from imece import db  # noqa: PLC0415 (see list_recordings)
    from imece.cli.output import whoever  # noqa: PLC0415 (see list_recordings)
    from transcription import glossary as domain  # noqa: PLC0415 (see list_recordings)

    with db.transaction() as session:
        typer.echo(domain.add(session, company, terms, by=whoever()))


@glossary.command()
def remove(term: Annotated[str, typer.Argument()], company: Company) -> None:
    """Take a term out."""
    from imece import db  # noqa: PLC0415 (see list_recordings)
    from transcription import glossary as domain  # noqa: PLC0415 (see list_recordings)

    with db.transaction() as session:
        domain.remove(session, company, term)
    typer.echo(term)


def _row(one: "Standing") -> dict[str, Any]:
    from transcription import media  # noqa: PLC0415 (see list_recordings)

    of = one.recording
    return {
        "id": str(of.id),
        "title": of.title,
        "state": one.state,
        "progress": f"{media.spoken(one.done)} / {media.spoken(one.total)}" if one.total and not one.final else "",
        "language": of.language,
        "length": None if of.duration is None else media.spoken(of.duration),
        "seconds": of.duration,
        "words": of.words,
        "created_at": of.created_at,
        "finished_at": of.finished_at,
    }
