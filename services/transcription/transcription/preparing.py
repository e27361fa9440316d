"""From a recording's file to its windows: what is in it, its sound, the stretches in which somebody speaks."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from imece import storage
from imece.contracts.transcription import Transcribe
from imece.errors import Permanent
from transcription import audio, listening, media, recordings
from transcription.models import Recording

Note = dict[str, str]

#: Told how many seconds there are of how many, and at what; may raise.
Report = Callable[[float, float | None, Note], None]

_READING = {"tr": "ses okunuyor", "en": "reading the sound"}
_TRIMMING = {"tr": "kayıt kırpılıyor", "en": "trimming the recording"}
_PLANNING = {"tr": "konuşma aranıyor", "en": "looking for speech"}

_ENDINGS = {"mp4": ".mp4", "mp3": ".mp3", "wav": ".wav", "ogg": ".ogg", "flac": ".flac", "aac": ".aac"}

SILENT = Permanent("Nobody speaks in this recording.", "Bu kayıtta konuşma yok.")


def prepare(recording: Recording, contract: Transcribe, report: Report, check: Callable[[], None]) -> recordings.Prepared:
    """
    Read the recording, trim it where that is asked for, and plan its windows. Its sound is then at hand on this machine.

    Doing it again gives the same windows and the same files under the same keys. Raises Permanent with one sentence when the recording is gone, is none,
    or nobody speaks in it.
    """
    if recording.source_key is None:
        raise audio.GONE
    listening.checked(contract.language)
    with audio.workplace(recording.id, check) as place:
        path = audio.fetched(recording.source_key, recording.company_id, place / "media")
        found = media.probe(path)
        media_key, warnings = recording.source_key, []
        if contract.trim != "none":
            path, note = _trimmed(path, found, place, contract, report)
            media_key = storage.new_key(recording.company_id, recordings.AREA, f"{recording.title}{path.suffix}", of=recording.id)
            storage.put(media_key, path)
            warnings += [{"code": "trimmed", **note}] if note else []
        wav = place / "sound.wav"
        extracted = media.extract(path, wav, on_progress=lambda done, of: report(done, of, _READING))
        if extracted.note:
            warnings.append({"code": "truncated" if extracted.truncated else "damaged", **extracted.note})
        windows = listening.plan(wav, on_progress=lambda done, of: report(done, of, _PLANNING))
        if not windows:
            raise SILENT
        audio.keep(wav, recording.id)
    return recordings.Prepared(asdict(found), media_key, extracted.seconds, extracted.truncated, tuple(warnings), windows)


def _trimmed(path: Path, found: media.Probe, place: Path, contract: Transcribe, report: Report) -> tuple[Path, Note | None]:
    """The recording from its start to its end, silence at both taken off where that is asked for; and what must be said about it."""
    start, end = contract.start, contract.end
    if contract.trim_silence:
        whole = place / "whole.wav"
        media.extract(path, whole, start=start, end=end, on_progress=lambda done, of: report(done, of, _READING))
        bounds = media.speech_bounds(whole)
        whole.unlink()
        if bounds is None:
            raise SILENT
        start, end = (start or 0.0) + bounds[0], (start or 0.0) + bounds[1]
    out = place / f"trimmed{_ending(found.format)}"
    mode: Literal["fast", "exact"] = "exact" if contract.trim == "exact" else "fast"
    cut = media.trim(path, out, start or 0.0, end, mode, on_progress=lambda done, of: report(done, of, _TRIMMING))
    if abs(cut.start - (start or 0.0)) <= 0.5:
        return out, None
    begin = media.spoken(cut.start)
    return out, {
        "en": f"The trimmed recording begins at {begin}, at the key frame before what was asked for.",
        "tr": f"Kırpılan kayıt, istenenden önceki anahtar karede, {begin} noktasında başlıyor.",
    }


def _ending(container: str) -> str:
    """How the trimmed file's name ends, which decides what it is written as: what it was, or Matroska, which holds anything."""
    names = set(container.split(","))
    return next((ending for name, ending in _ENDINGS.items() if name in names), ".mkv")
