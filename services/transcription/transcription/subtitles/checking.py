"""Subtitles held against the rules, and against what was said."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from transcription.segments import Segment
from transcription.subtitles.rules import Cue, Rules
from transcription.subtitles.timing import timed

Rule = Literal["width", "lines", "empty", "shortest", "longest", "fastest", "gap", "order"]

#: A thousandth of a second more or less breaks no rule: files round to it.
_SLACK = 0.0011


@dataclass(frozen=True, slots=True)
class Fault:
    """The subtitle at `place`, counted from 0, breaks `rule`; `measured` is by how much, in the rule's own unit."""

    place: int
    rule: Rule
    measured: float


def faults(cues: Sequence[Cue], rules: Rules = Rules()) -> list[Fault]:  # noqa: B008 - frozen
    """Every broken rule, in the order of the subtitles."""
    found: list[Fault] = []
    for place, cue in enumerate(cues):
        seconds = cue.end - cue.start
        said: list[tuple[Rule, float, bool]] = [
            ("width", max(map(len, cue.lines), default=0), any(len(line) > rules.width for line in cue.lines)),
            ("lines", len(cue.lines), len(cue.lines) > rules.lines),
            ("empty", 0, not cue.text.strip()),
            ("shortest", seconds, seconds < rules.shortest - _SLACK),
            ("longest", seconds, seconds > rules.longest + _SLACK),
            ("fastest", cue.speed, len(cue.text) > rules.fastest * (seconds + _SLACK)),
        ]
        if place + 1 < len(cues):
            pause = cues[place + 1].start - cue.end
            said += [("order", pause, pause < -_SLACK), ("gap", pause, -_SLACK <= pause < rules.gap - _SLACK)]
        found += [Fault(place, rule, measured) for rule, measured, broken in said if broken]
    return found


def lost(segments: Iterable[Segment], cues: Sequence[Cue], rules: Rules = Rules()) -> list[str]:  # noqa: B008 - frozen
    """Words that were said and stand in no subtitle, as often as they are missing. A word longer than a line counts by its pieces' characters."""
    shown = Counter(word for cue in cues for word in cue.text.split())
    together = "".join(cue.text for cue in cues).replace(" ", "")
    missing = []
    for word in (word.text for segment in segments for word in timed(segment)):
        if len(word) > rules.width:
            missing += [] if word in together else [word]
        elif shown[word]:
            shown[word] -= 1
        else:
            missing.append(word)
    return missing
