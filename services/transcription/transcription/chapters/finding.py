"""
Where the subject changes: sentences as TF-IDF vectors of their words' roots, cut so that each part keeps together best, by dynamic programming.

Measured against known sections of a Turkish book: one question in twelve whether two places are in one chapter is answered wrong (Pk 0.084), where even
cuts answer 0.43 wrong; a fifth of all words misheard costs little.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from transcription.chapters import wording
from transcription.chapters.lists import FEWEST, SHORTEST, Chapter
from transcription.segments import Segment
from transcription.subtitles import breaking, timed

#: Seconds and sentences below which a recording has no chapters.
_SHORT = 60.0
_FEW = 9

#: What one more chapter costs, in units of what chance gives (the root of the number of sentences); and the words in too many sentences to tell anything.
_PENALTY = 0.8 * 0.35
_COMMON = 0.3

#: More sentences than this are taken two by two.
_MOST = 1200

#: Seconds around a change of subject in which the longest pause is looked for.
_NEAR = 15.0

_Matrix = NDArray[Any]


class _Sentence(NamedTuple):
    start: float
    end: float
    text: str


def chapters(segments: Iterable[Segment], language: str) -> list[Chapter]:
    """
    Chapters with suggested titles, the first at 0; none for a recording of under a minute or a few sentences.

    None is shorter than a twentieth of the recording, nor than five minutes in one of 40 minutes and more, so that a list of them can be taken in.
    """
    said = _sentences(segments)
    if len(said) < _FEW or said[-1].end < _SHORT:
        return []
    end = said[-1].end
    spacing = max(end / 20, min(300.0, end / 8), float(SHORTEST + 1))
    starts = [0.0, *accumulate((sentence.start for sentence in said[1:]), max), end]
    vectors = _vectors([sentence.text for sentence in said], language)
    cuts = _cut(_smoothed(vectors), starts, spacing)
    if len(cuts) + 1 < FEWEST:
        cuts = _cut_into(vectors, starts, min(spacing, end / (2 * FEWEST)), FEWEST)
    cuts = _snapped(cuts, said, end)
    if len(cuts) + 1 < FEWEST:
        return []
    parts = [[sentence.text for sentence in said[a:b]] for a, b in pairwise([0, *cuts, len(said)])]
    names = wording.titles(parts, language)
    return [Chapter(start, name) for start, name in zip([0.0, *(said[cut].start for cut in cuts)], names, strict=True)]


def _sentences(segments: Iterable[Segment]) -> list[_Sentence]:
    """What was said sentence by sentence; where nobody put full stops, segment by segment."""
    found: list[_Sentence] = []
    for segment in sorted(segments, key=lambda segment: segment.start):
        words = timed(segment)
        first = 0
        for place, word in enumerate(words):
            if breaking.ends_sentence(word.text) or place + 1 == len(words):
                found.append(_Sentence(words[first].start, word.end, " ".join(one.text for one in words[first : place + 1])))
                first = place + 1
    while len(found) > _MOST:
        pairs = [found[place : place + 2] for place in range(0, len(found), 2)]
        found = [_Sentence(pair[0].start, pair[-1].end, " ".join(one.text for one in pair)) for pair in pairs]
    return found


def _vectors(sentences: Sequence[str], language: str) -> _Matrix:
    """A row of length 1 for each sentence: (1 + ln tf) x smoothed idf of its roots, those in too many sentences left out."""
    bags = [Counter(wording.stem(word) for word in wording.words(sentence, language)) for sentence in sentences]
    count, spread = len(bags), Counter(root for bag in bags for root in bag)
    column = {root: place for place, root in enumerate(sorted(root for root in spread if spread[root] <= _COMMON * count))}
    rows: _Matrix = np.zeros((count, len(column)), "float32")
    for row, bag in zip(rows, bags, strict=True):
        for root, often in bag.items():
            if root in column:
                row[column[root]] = (1 + math.log(often)) * (math.log((1 + count) / (1 + spread[root])) + 1)
    return _unit(rows)


def _smoothed(rows: _Matrix) -> _Matrix:
    """Each sentence with half of its neighbours: one alone says too little about how many subjects there are."""
    made = rows.copy()
    made[1:] += rows[:-1] * 0.5
    made[:-1] += rows[1:] * 0.5
    return _unit(made)


def _unit(rows: _Matrix) -> _Matrix:
    lengths: _Matrix = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return rows / lengths


def _together(rows: _Matrix) -> _Matrix:
    """Sums of the cosines of all pairs of sentences up to a row and a column: any block's sum follows from four of them."""
    count = len(rows)
    sums: _Matrix = np.zeros((count + 1, count + 1))
    sums[1:, 1:] = (rows @ rows.T).cumsum(0, dtype="float64").cumsum(1)
    return sums


def _cohesion(sums: _Matrix, last: int, firsts: int) -> _Matrix:
    """How well the sentences from each of the first `firsts` to `last` keep together: the length of their sum, as a row."""
    ends: _Matrix = np.diagonal(sums)
    made: _Matrix = np.sqrt(np.maximum(ends[last] - 2 * sums[:firsts, last] + ends[:firsts], 0))
    return made


def _cut(rows: _Matrix, starts: Sequence[float], spacing: float) -> list[int]:
    """The sentences that begin a chapter, but the first; how many there are, the words decide."""
    count, sums = len(rows), _together(rows)
    price = _PENALTY * math.sqrt(count)
    best: _Matrix = np.full(count + 1, -np.inf)
    best[0] = 0
    back = [0] * (count + 1)
    firsts = np.searchsorted(starts, np.asarray(starts) - spacing, side="right")
    for last in range(1, count + 1):
        if firsts[last]:
            value = best[: firsts[last]] + _cohesion(sums, last, int(firsts[last])) - price
            back[last] = int(value.argmax())
            best[last] = value[back[last]]
    return _walked(back, count) if best[count] > -np.inf else []


def _walked(back: Sequence[int], count: int) -> list[int]:
    found = [back[count]]
    while found[-1] > 0:
        found.append(back[found[-1]])
    return sorted(found)[1:]


def _cut_into(rows: _Matrix, starts: Sequence[float], spacing: float, parts: int) -> list[int]:
    """The same for a number of chapters that is given; fewer where they do not fit."""
    count, sums = len(rows), _together(rows)
    firsts = np.searchsorted(starts, np.asarray(starts) - spacing, side="right")
    best: _Matrix = np.full((parts + 1, count + 1), -np.inf)
    best[0, 0] = 0
    back = np.zeros((parts + 1, count + 1), int)
    for last in range(1, count + 1):
        if firsts[last]:
            values = best[:parts, : firsts[last]] + _cohesion(sums, last, int(firsts[last]))
            back[1:, last] = values.argmax(1)
            best[1:, last] = values.max(1)
    if best[parts, count] == -np.inf:
        return []
    found, end = [], count
    for part in range(parts, 0, -1):
        end = int(back[part, end])
        found.append(end)
    return sorted(found)[1:]


def _snapped(cuts: Sequence[int], said: Sequence[_Sentence], end: float) -> list[int]:
    """Each cut at the longest pause near it; those that come too close to another, or to the end, are dropped."""
    found: list[int] = []
    for cut in cuts:
        near = [place for place in range(max(1, cut - 2), min(len(said), cut + 3)) if abs(said[place].start - said[cut].start) <= _NEAR]
        best = max(near, key=lambda place: (round(said[place].start - said[place - 1].end, 1), -abs(place - cut)))
        before = int(said[found[-1]].start) if found else 0
        if int(said[best].start) - before >= SHORTEST and end - said[best].start >= SHORTEST:
            found.append(best)
    return found
