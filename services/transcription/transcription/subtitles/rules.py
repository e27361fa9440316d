"""The rules of subtitles, and one subtitle."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Rules:
    """
    What can be read, as Netflix's timed text guides (general, Turkish) and the BBC's have it. Times are seconds, speeds are characters per second.

    `brisk` is the speed that is aimed at, `fastest` the one that is never passed where the speech leaves a choice; `linger` is how long a subtitle may
    stay after its last word.
    """

    width: int = 42
    lines: Literal[1, 2] = 2
    shortest: float = 5 / 6
    longest: float = 7.0
    brisk: float = 17.0
    fastest: float = 21.0
    gap: float = 0.08
    linger: float = 1.5


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle, in seconds from the beginning of the recording."""

    start: float
    end: float
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """Its lines as one."""
        return " ".join(self.lines)

    @property
    def speed(self) -> float:
        """Characters per second, blanks included."""
        return len(self.text) / max(self.end - self.start, 0.001)
