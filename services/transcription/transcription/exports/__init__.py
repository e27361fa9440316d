"""
A transcript as a file: plain text, subtitles, JSON as OpenAI's interface gives it, a Word document, Markdown.

`render` gives bytes that are the same for the same transcript; `FORMATS` are the names it knows.
"""

from collections.abc import Callable
from typing import NamedTuple

from imece.errors import Invalid
from transcription import subtitles
from transcription.exports import documents, markdown, objects, plain
from transcription.exports.transcripts import Transcript

__all__ = ["FORMATS", "Rendered", "Transcript", "objects", "render"]


class Rendered(NamedTuple):
    """A written file: what is in it, what it is, and how its name ends."""

    body: bytes
    media_type: str
    extension: str


_WRITERS: dict[str, tuple[Callable[[Transcript], str | bytes], str]] = {
    "txt": (plain.text, "text/plain; charset=utf-8"),
    "srt": (lambda of: subtitles.srt(subtitles.cues(of.segments)), "application/x-subrip; charset=utf-8"),
    "vtt": (lambda of: subtitles.vtt(subtitles.cues(of.segments)), "text/vtt; charset=utf-8"),
    "json": (objects.json, "application/json"),
    "docx": (documents.document, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "md": (markdown.text, "text/markdown; charset=utf-8"),
}

#: What `render` can write.
FORMATS = tuple(_WRITERS)


def render(format: str, transcript: Transcript) -> Rendered:  # noqa: A002 - the word that people and OpenAI use
    """The transcript in a format of `FORMATS`. Raises Invalid for another."""
    if format not in _WRITERS:
        known = ", ".join(FORMATS)
        raise Invalid(
            f"“{format}” is no format of a transcript; these are: {known}.", f"“{format}” bir döküm biçimi değil; olanlar: {known}."
        )
    writer, media_type = _WRITERS[format]
    written = writer(transcript)
    return Rendered(written.encode() if isinstance(written, str) else written, media_type, format)
