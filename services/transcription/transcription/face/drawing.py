"""How the pages of transcription are drawn."""

from pathlib import Path

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from imece.face.drawing import Drawing, word
from transcription import subtitles, transcripts
from transcription.chapters.lists import clock
from transcription.exports import languages
from transcription.face import words
from transcription.face.views import spoken
from transcription.models import Segment
from transcription.recordings import Standing

#: A word that the recogniser was less sure of is shown so.
UNSURE = 0.5


@pass_context
def _said(context: Context, stored: dict[str, str] | None) -> str:
    return spoken(stored, context["locale"]) or ""


@pass_context
def _language(context: Context, code: str | None) -> str:
    return languages.name(code or "", context["locale"])


@pass_context
def _state(context: Context, standing: Standing) -> str:
    return words.state_of(standing)[context["locale"] == "tr"]


@pass_context
def worded(context: Context, row: Segment) -> Markup:
    """The text of a segment, each word with its time where it was measured, the doubtful ones marked."""
    said = transcripts.said(row)
    if not said.words:
        return escape(row.text)
    sure = "emin değil" if context["locale"] == "tr" else "not sure"
    parts = []
    for one in subtitles.timed(said):
        mark = f' class="unsure" title="{sure}: {one.probability:.0%}"' if one.probability < UNSURE else ""
        parts.append(f'<span data-t="{one.start:.2f}"{mark}>{escape(one.text)}</span>')
    return Markup(" ".join(parts))  # noqa: S704 - every text in it is escaped


_drawing = Drawing(
    Path(__file__).parent / "templates",
    known={"words": words, "bigger": words.bigger},
    filters={
        "clock": clock,
        "said": _said,
        "language": _language,
        "standing": _state,
        "state": word(words.STATES),
        "model": word(words.MODELS),
        "written": word(words.FORMATS),
        "rule": word(words.RULES),
        "worded": worded,
    },
)

page, part = _drawing.page, _drawing.part
