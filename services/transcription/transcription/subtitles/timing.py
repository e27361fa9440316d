"""
When each word was said, whatever the recogniser gave: words or none, overlapping, out of order, or no longer those of an edited text.

The text is the truth about what was said; the times of the words are only asked when.
"""

import math
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from itertools import accumulate, pairwise

from transcription.segments import Segment, Word

#: Seconds that a character takes where nothing is known but where the text begins, and at the very least.
_USUAL = 1 / 15
_LEAST = 1 / 60

#: Signs that neither a file nor a database wants, but for those that part words.
_CONTROLS = {code: None for code in (*range(0x20), 0x7F) if not chr(code).isspace()}

#: No recording is longer; a time beyond it is a mistake.
_END = 1_000_000.0


def timed(segment: Segment) -> tuple[Word, ...]:
    """
    The words of the segment's text, parted by blanks, without those. Their texts joined by blanks are the segment's text, with single blanks.

    Where the segment's own words spell the text, their times are exact; where the text was edited since, words that stayed keep their times and the others
    share what lies between; without words all share the segment's span by their lengths.
    """
    if (plain := _as_they_are(segment)) is not None:
        return plain
    said = [word for word in (_clean(word) for word in segment.words) if word.text.strip()]
    tokens = segment.text.translate(_CONTROLS).split() or "".join(word.text for word in said).split()
    if not tokens:
        return ()
    span = _span(segment, said)
    if said and "".join(tokens) == "".join(_solid(word.text) for word in said):
        found = _spelt(tokens, said)
    else:
        found = _shared(tokens, _anchors(tokens, said), *span)
    return tuple(_rising(found, *span))


def _as_they_are(segment: Segment) -> tuple[Word, ...] | None:
    """The segment's own words, where each is one of the text's and nothing has to be put right: nearly always; else None."""
    tokens = segment.text.split()
    if len(tokens) != len(segment.words) or not segment.start < segment.end < _END:
        return None
    latest = max(segment.start, 0.0)
    for word, token in zip(segment.words, tokens, strict=True):
        if not latest <= word.start <= word.end <= segment.end or word.text.strip() != token or not token.isprintable():
            return None
        latest = word.start
    return tuple(Word(word.start, word.end, token, word.probability) for word, token in zip(segment.words, tokens, strict=True))


def in_order(segments: Iterable[Segment]) -> list[tuple[Word, str]]:
    """Every word of all segments with who said it, in the order of time, each beginning after the one before and none overlapping the next."""
    found = [(word, segment.speaker) for segment in sorted(segments, key=_start) for word in timed(segment)]
    starts: list[float] = []
    free = 0.0
    for word, _ in found:
        starts.append(max(word.start, free))
        free = starts[-1] + _LEAST * len(word.text)
    follow = [*starts[1:], math.inf][: len(starts)]
    return [
        (Word(start, min(max(word.end, start + _LEAST * len(word.text)), nearest), word.text, word.probability), speaker)
        for (word, speaker), start, nearest in zip(found, starts, follow, strict=True)
    ]


def _spelt(tokens: Sequence[str], said: Sequence[Word]) -> Iterable[Word]:
    """The words of which each is one token of the text: a recogniser also parts at hyphens and apostrophes."""
    place, used = 0, 0  # which word, and how many characters of it
    for token in tokens:
        left, first, sure = len(token), None, 1.0
        end = 0.0
        while left:
            word = said[place]
            size = len(_solid(word.text))
            taken = min(left, size - used)
            a, b = word.start, word.end
            if first is None:
                first = a + (b - a) * used / size
            used, left = used + taken, left - taken
            end = max(first, a + (b - a) * used / size)
            sure = min(sure, word.probability)
            if used == size:
                place, used = place + 1, 0
        assert first is not None
        yield Word(first, end, token, sure)


def _anchors(tokens: Sequence[str], said: Sequence[Word]) -> dict[int, Word]:
    """The recogniser's words that are still there, or that others stand in the place of, by their places in the text. Times only ever rise."""
    spoken = list(_spelt("".join(word.text for word in said).split(), said)) if said else []
    matched = SequenceMatcher(None, [_key(word.text) for word in spoken], [_key(token) for token in tokens], autojunk=False)
    found: dict[int, Word] = {}
    latest = 0.0
    for what, a, b, c, d in matched.get_opcodes():
        if what == "equal" or (what == "replace" and b - a == d - c):  # as many others in the place of some: each has one's time
            for step in range(b - a):
                word = spoken[a + step]
                if word.start >= latest:
                    found[c + step] = word
                    latest = word.end
    return found


def _shared(tokens: Sequence[str], anchors: dict[int, Word], start: float, end: float) -> Iterable[Word]:
    """Anchored tokens at their own times; each run of others shares the time between its neighbours by length."""
    fixed = [(-1, start, start), *((place, word.start, word.end) for place, word in sorted(anchors.items()))]
    fixed.append((len(tokens), max(end, fixed[-1][2]), end))
    for (before, _, begin), (after, until, _) in pairwise(fixed):
        run = tokens[before + 1 : after]
        lengths = list(accumulate((len(token) + 1 for token in run), initial=0))
        room = max(until - begin, 0.0)
        for token, a, b in zip(run, lengths, lengths[1:], strict=False):
            yield Word(begin + room * a / lengths[-1], begin + room * b / lengths[-1], token)
        if after < len(tokens):
            anchor = anchors[after]
            yield Word(anchor.start, anchor.end, tokens[after], anchor.probability)


def _span(segment: Segment, said: Sequence[Word]) -> tuple[float, float]:
    """From where to where the segment's text was said: what it says itself, else what its words say, else as long as such a text takes."""
    start, end = _sane(segment.start), _sane(segment.end)
    if end <= start and said:
        start, end = min(word.start for word in said), max(word.end for word in said)
    return start, end if end > start else start + _USUAL * len(segment.text)


def _rising(words: Iterable[Word], start: float, end: float) -> Iterable[Word]:
    """The words inside the span, none beginning before the one before it."""
    for word in words:
        start = min(max(word.start, start), end)
        yield Word(start, min(max(word.end, start), end), word.text, word.probability)


def _clean(word: Word) -> Word:
    start = _sane(word.start)
    return Word(start, max(start, _sane(word.end)), word.text.translate(_CONTROLS), word.probability)


def _key(text: str) -> str:
    return text.strip(".,;:!?…\"'“”").casefold()


def _solid(text: str) -> str:
    return "".join(text.split())


def _start(segment: Segment) -> float:
    return _sane(segment.start)


def _sane(moment: float) -> float:
    """A moment that can be shown: not before the beginning, not beyond every end, not NaN."""
    return min(max(moment, 0.0), _END) if math.isfinite(moment) else 0.0
