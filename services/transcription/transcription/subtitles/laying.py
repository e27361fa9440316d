"""
Timed words laid out as subtitles: the cheapest way to cut them, by dynamic programming over the gaps between words.

What a cut costs: little after a sentence, more within one, much where the words belong together; a subtitle that cannot be read in its time costs so
much that it stands only where the speech leaves no other way.
"""

from collections.abc import Iterable
from itertools import accumulate, pairwise
from math import ceil, inf
from typing import NamedTuple

from transcription.segments import Segment
from transcription.subtitles import breaking
from transcription.subtitles.rules import Cue, Rules
from transcription.subtitles.timing import in_order

#: A subtitle for itself, and one that stays almost as long as it may; a second of silence, a change of speaker, an end of a sentence inside one; and what
#: breaks a rule.
_EACH, _TIRING, _SILENCE, _SPEAKER, _INSIDE, _BROKEN = 6.0, 5.0, 25.0, 60.0, 5.0, 1000.0

#: Milliseconds that even a hopeless subtitle is seen for.
_GLIMPSE = 200


class _Piece(NamedTuple):
    """What stands on a line without a break: a word, or a part of one that is longer than a line. Milliseconds."""

    start: int
    end: int
    text: str
    speaker: str


def cues(segments: Iterable[Segment], rules: Rules = Rules()) -> list[Cue]:  # noqa: B008 - frozen
    """
    Subtitles of the segments, by the rules, in order of time.

    Never broken, whatever is given: width and number of lines, the longest time, the gap, every word there and in order (one longer than a line is cut
    into pieces). Broken only by speech that leaves no room: the shortest time and the fastest speed.
    """
    found = _pieces(segments, rules)
    return _placed(found, _cuts(found, rules), rules)


def _pieces(segments: Iterable[Segment], rules: Rules) -> list[_Piece]:
    found = []
    for word, speaker in in_order(segments):
        parts = breaking.pieces(word.text, rules.width)
        step = (word.end - word.start) / len(parts)
        for place, part in enumerate(parts):
            begin = word.start + place * step
            found.append(_Piece(round(begin * 1000), round((begin + step) * 1000), part, speaker))
    return found


def _cuts(found: list[_Piece], rules: Rules) -> list[int]:
    """Where each subtitle begins, and the end of the last: the cheapest way from the first word to the last."""
    count = len(found)
    gap, shortest, longest, linger = (
        ceil(rules.gap * 1000),
        ceil(rules.shortest * 1000),
        int(rules.longest * 1000),
        int(rules.linger * 1000),
    )
    tiring = longest * 6 // 7
    brisk, fastest = rules.brisk / 1000, rules.fastest / 1000
    starts, ends = [piece.start for piece in found], [piece.end for piece in found]
    after = [*starts[1:], ends[-1] + 3600_000] if found else []
    through = list(accumulate((len(piece.text) + 1 for piece in found), initial=0))
    leaving = [_leaving(found, place) for place in range(count)]
    inner = list(accumulate((_inner(found, place) for place in range(count)), initial=0.0))
    reach = _reach(through, rules)
    best, back = [inf] * (count + 1), [0] * (count + 1)
    best[0] = 0.0
    for first in range(count):
        begin, so_far, before, within = starts[first], best[first] + _EACH, through[first] + 1, inner[first]
        for last in range(first, reach[first]):
            end = ends[last]
            if end - begin > longest and last > first:
                break
            until = after[last] - gap
            room = min(until, end + linger, begin + longest) - begin
            length = through[last + 1] - before
            price = so_far + leaving[last] + inner[last] - within
            if end - begin > tiring:
                price += _TIRING
            if room < shortest:
                price += _BROKEN + (shortest - room)
            if length > brisk * room:
                speed = length / room if room > 1 else length
                price += (speed - brisk) * 3000 if length <= fastest * room else _BROKEN + min(speed - fastest, 1.0) * 9000
            if price < best[last + 1]:
                best[last + 1], back[last + 1] = price, first
    cuts = [count]
    while cuts[-1] > 0:
        cuts.append(back[cuts[-1]])
    return cuts[::-1]


def _reach(through: list[int], rules: Rules) -> list[int]:
    """For each word the end of what still fits into all lines from it on; a line's own breaks need no trying for that."""
    count = len(through) - 1
    line, end = [], 0
    for first in range(count):
        while end < count and through[end + 1] - through[first] - 1 <= rules.width:
            end += 1
        line.append(end)
    found = []
    for place in range(count):
        end = place
        for _ in range(rules.lines):
            end = line[end] if end < count else end
        found.append(end)
    return found


def _leaving(found: list[_Piece], place: int) -> float:
    """What it costs to end a subtitle after this word."""
    if place + 1 == len(found):
        return 0.0
    here, then = found[place], found[place + 1]
    price = breaking.cost(here.text, then.text)
    return max(min(price, 4.0), price - 6.0) if then.start - here.end > 400 else price


def _inner(found: list[_Piece], place: int) -> float:
    """What it costs to go on after this word in the same subtitle."""
    if place + 1 == len(found):
        return 0.0
    here, then = found[place], found[place + 1]
    price = _SILENCE if then.start - here.end > 1000 else _INSIDE if breaking.ends_sentence(here.text) else 0.0
    return price + (_SPEAKER if here.speaker != then.speaker else 0.0)


def _placed(found: list[_Piece], cuts: list[int], rules: Rules) -> list[Cue]:
    """The subtitles at their times: as long as they need to be read, as far as the next one leaves it."""
    gap, longest, linger = ceil(rules.gap * 1000), int(rules.longest * 1000), int(rules.linger * 1000)
    made: list[Cue] = []
    free = 0
    for first, end in pairwise(cuts):
        words = [piece.text for piece in found[first:end]]
        length = sum(map(len, words)) + len(words) - 1
        begin, said = max(found[first].start, free), found[end - 1].end
        wanted = max(ceil(rules.shortest * 1000), ceil(length / rules.brisk * 1000))
        until = max(said, min(begin + wanted, said + linger))
        if end < len(found):
            until = min(until, found[end].start - gap)
        until = min(max(until, begin + _GLIMPSE), begin + longest)
        made.append(Cue(begin / 1000, until / 1000, breaking.lines(words, rules.width)))
        free = until + gap
    return made
