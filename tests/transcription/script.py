"""
A listener that follows a script: what it hears in a window depends on the window's sound and on nothing else, as with the real one.

As a program it is a worker of transcription: `script.py cpu 0.1 3` takes a tenth of a second for a part, and for ever for its third.
"""

import sys
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from transcription import hearing, listening, media, preparing
from transcription.segments import Segment, Word
from transcription.weights import Weights

#: Length of a window of the script's.
WINDOW = 5.0
WORDS = ["bugün", "toplantıda", "satış", "iade", "bütçe", "müşteri", "sipariş", "teslimat", "fatura", "mutabakat", "öneri", "karar"]


class Listener:
    """In place of `listening.Listener`."""

    calls: ClassVar[list[tuple[int, ...]]] = []  #: the windows of every hearing
    seconds: ClassVar[float] = 0.0  #: that a hearing takes
    raises: ClassVar[dict[int, BaseException]] = {}  #: by window
    during: ClassVar[Any] = None  #: called in the middle of a hearing, with its windows

    def __init__(self, weights: Weights, **_how: Any) -> None:
        self.weights = weights

    @classmethod
    def reset(cls) -> None:
        """A new test."""
        cls.calls, cls.seconds, cls.raises, cls.during = [], 0.0, {}, None

    def load(self) -> None:
        """Nothing has to be."""

    def detect(self, wav: Path, windows: Sequence[listening.Window]) -> tuple[str, float]:
        """Turkish, whatever is said."""
        assert wav.exists()
        assert windows
        return "tr", 0.97

    def hear(self, wav: Path, windows: Sequence[listening.Window], wish: listening.Wish) -> list[listening.Heard]:
        """Two segments a window."""
        type(self).calls.append(tuple(window.index for window in windows))
        time.sleep(self.seconds)
        if during := type(self).during:
            during(windows)
        for window in windows:
            if window.index in self.raises:
                raise self.raises[window.index]
        return [self._heard(wav, window, wish) for window in windows]

    def unload(self) -> None:
        """Nothing was loaded."""

    def _heard(self, wav: Path, window: listening.Window, wish: listening.Wish) -> listening.Heard:
        found = media.samples(wav)[int(window.start * media.RATE) : int(window.end * media.RATE)]
        number = zlib.crc32(found.tobytes())
        words = [WORDS[(number >> 3 * n) % len(WORDS)] for n in range(8)]
        words[0] = f"{self.weights.name.capitalize()}{window.index}"
        half = (window.start + window.end) / 2
        segments = tuple(
            said(words[4 * n : 4 * n + 4], start, end) for n, (start, end) in enumerate(((window.start, half), (half, window.end)))
        )
        return listening.Heard(window, segments, avg_logprob=-0.25, second_try=False, dropped=False)


def said(words: Sequence[str], start: float, end: float) -> Segment:
    """A sentence, its words at even times."""
    each = (end - start) / len(words)
    timed = tuple(
        Word(start + n * each, start + (n + 1) * each, f" {word}{'.' if n + 1 == len(words) else ''}") for n, word in enumerate(words)
    )
    return Segment(start, end, "".join(word.text for word in timed), timed, avg_logprob=-0.25)


def plan(wav: Path, on_progress: Any = None) -> list[listening.Window]:
    """Windows of the same length, to the end."""
    end, windows, start = media.seconds_of(wav), [], 0.0
    while start < end - 0.01:
        windows.append(listening.Window(len(windows), start, min(start + WINDOW, end)))
        start += WINDOW
    if on_progress:
        on_progress(end, end)
    return windows


def resolve(name: str) -> Weights:
    """Every model is here but the largest."""
    if name == "large-v3":
        return Weights("base", Path("/models/base"), "folder", {"en": "Written with base.", "tr": "base ile yazıldı."})
    return Weights(name, Path("/models") / name, "folder", None)


def replacements() -> list[tuple[Any, str, Any]]:
    """What stands in place of what."""
    return [
        (hearing, "opened", Listener),
        (hearing.weights, "resolve", resolve),
        (hearing.memory, "needed", lambda _name, _type: 1 << 30),
        (hearing.memory, "available", lambda: 8 << 30),
        (hearing.memory, "total", lambda: 16 << 30),
        (preparing.listening, "plan", plan),
    ]


if __name__ == "__main__":
    from imece.worker import run

    for target, name, value in replacements():
        setattr(target, name, value)
    Listener.seconds, hangs = float(sys.argv[2]), int(sys.argv[3])
    if hangs:
        Listener.during = lambda _windows: time.sleep(600 if len(Listener.calls) == hangs else 0)
    sys.exit(run.run("transcription", sys.argv[1]))
