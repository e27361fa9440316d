"""JSON: the `verbose_json` of OpenAI's interface, each segment with its words beside it."""

import json as library
from typing import Any

from transcription.exports.languages import NAMES
from transcription.exports.transcripts import Transcript
from transcription.segments import Segment
from transcription.subtitles import timed


def json(of: Transcript) -> str:
    """The transcript as JSON, to be read by people too."""
    return library.dumps(verbose(of), ensure_ascii=False, indent=1) + "\n"


def verbose(of: Transcript) -> dict[str, Any]:
    """`language` is the code, `duration` in seconds; every segment has its words, `{"start", "end", "word", "text", "probability"}`."""
    found = {
        "task": "transcribe",
        "language": of.language,
        "duration": round(of.duration, 3),
        "text": of.text,
        "segments": [{**segment(place, one), "words": words(one)} for place, one in enumerate(of.segments)],
    }
    if of.title:
        found["title"] = of.title
    if of.chapters:
        found["chapters"] = [{"start": round(one.start, 3), "title": one.title, "suggested": one.suggested} for one in of.chapters]
    return found


def segment(place: int, of: Segment) -> dict[str, Any]:
    """One segment as OpenAI gives it. `tokens` are Whisper's own numbers of what it wrote, which nobody keeps."""
    return {
        "id": place,
        "seek": round(of.start * 100),
        "start": round(of.start, 3),
        "end": round(of.end, 3),
        "text": of.text,
        "tokens": [],
        "temperature": of.temperature,
        "avg_logprob": of.avg_logprob,
        "compression_ratio": of.compression_ratio,
        "no_speech_prob": of.no_speech_prob,
        **({"speaker": of.speaker} if of.speaker else {}),
    }


def words(of: Segment) -> list[dict[str, Any]]:
    """The words of a segment and when each was said; none where nobody measured them. `word` is OpenAI's name for the text."""
    if not of.words:
        return []
    return [
        {"start": round(w.start, 3), "end": round(w.end, 3), "word": w.text, "text": w.text, "probability": round(w.probability, 4)}
        for w in timed(of)
    ]


def language_name(code: str) -> str:
    """How OpenAI calls a language: `turkish`."""
    return NAMES[code][0].lower() if code in NAMES else code
