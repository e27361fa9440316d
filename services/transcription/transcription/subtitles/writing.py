"""Subtitles as files: SubRip (.srt) and WebVTT (.vtt)."""

from collections.abc import Iterable

from transcription.subtitles.rules import Cue


def srt(cues: Iterable[Cue]) -> str:
    """SubRip, numbered from 1."""
    return "\n".join(
        f"{number}\n{clock(cue.start, ',')} --> {clock(cue.end, ',')}\n" + "".join(f"{line}\n" for line in cue.lines)
        for number, cue in enumerate(cues, 1)
    )


def vtt(cues: Iterable[Cue]) -> str:
    """WebVTT; what would be markup is escaped."""
    blocks = [f"{clock(cue.start, '.')} --> {clock(cue.end, '.')}\n" + "".join(f"{_escaped(line)}\n" for line in cue.lines) for cue in cues]
    return "\n".join(["WEBVTT\n", *blocks])


def clock(seconds: float, point: str = ".") -> str:
    """`00:01:02.345`, with `point` before the thousandths."""
    whole = round(seconds * 1000)
    return f"{whole // 3600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02}{point}{whole % 1000:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
