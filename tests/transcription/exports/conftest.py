"""A transcript with everything in it."""

import pytest

from transcription.chapters import Chapter
from transcription.exports import Transcript
from transcription.segments import Segment, Word


def said(start: float, text: str, speaker: str = "", *, timed: bool = True) -> Segment:
    words = tuple(Word(start + k * 0.5, start + k * 0.5 + 0.4, f" {word}", 0.9) for k, word in enumerate(text.split())) if timed else ()
    return Segment(start, start + len(text.split()) * 0.5, f" {text}", words, -0.25, 0.01, 1.2, 0.0, speaker)


@pytest.fixture
def transcript() -> Transcript:
    segments = [
        said(0, "Merhaba & hoş geldiniz."),
        said(3, "Önce bütçe: <b>2027</b> yılı."),
        said(60, "Soru var mı?", "Ayşe"),
        said(62, "# Evet, *bir* tane_var.", "Ali", timed=False),
        said(4000, "Teşekkürler."),
    ]
    chapters = [Chapter(0, "Bütçe, yıl"), Chapter(59.5, "Sorular", suggested=False), Chapter(3990, "Kapanış")]
    return Transcript("tr", 4003.5, segments, "Yönetim toplantısı", chapters)
