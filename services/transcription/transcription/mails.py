"""What is written to whoever asked for a transcript."""

from sqlalchemy.orm import Session

from imece.contracts.notify import SendEmail
from imece.contracts.transcription import Transcribed
from transcription import media, transcripts
from transcription.exports import languages
from transcription.models import Recording
from transcription.settings import settings

_SHOWN = 400  #: characters of the text
_LINES = 12  #: chapters


def ready(session: Session, recording: Recording, result: Transcribed, to: str) -> SendEmail:
    """The mail that says a transcript is ready: how much of what, its first sentences, the chapters, where it is."""
    tr = recording.locale == "tr"
    rows = transcripts.rows(session, recording.company_id, recording.id)
    text = transcripts.text_of(rows)
    counts = [
        ("Süre" if tr else "Length", media.spoken(result.duration)),
        ("Konuşma" if tr else "Speech", media.spoken(result.speech)),
        ("Dil" if tr else "Language", languages.name(result.language, recording.locale) if result.language else "-"),
        ("Kelime" if tr else "Words", str(result.words)),
        ("Model", result.model),
    ]
    width = max(len(name) for name, _ in counts) + 2
    said = [("Kayıt yazıya döküldü: {}" if tr else "The recording has been transcribed: {}").format(one_line(recording.title))]
    said += [warning.tr if tr else warning.en for warning in result.warnings]
    said.append("\n".join(f"{name + ':':<{width}}{value}" for name, value in counts))
    if text:
        said.append(text if len(text) <= _SHOWN else text[:_SHOWN].rsplit(" ", 1)[0] + " …")
    found = transcripts.chapters(session, recording.company_id, recording.id)
    if found:
        lines = [f"{media.spoken(chapter.start)}  {chapter.title}" for chapter in found[:_LINES]]
        said.append("\n".join([("Bölümler (öneri):" if tr else "Chapters (suggested):"), *lines]))
    said.append(f"{settings().home}/recordings/{recording.id}")
    subject = ("Döküm hazır: {}" if tr else "Transcript ready: {}").format(one_line(recording.title))
    return SendEmail(to=to, subject=subject[:300], text="\n\n".join(said) + "\n", locale="tr" if tr else "en")


def one_line(text: str) -> str:
    """A line break in a subject would be one in the mail's header."""
    return " ".join(text.split())
