"""Words put together to segments, a sentence each as a rule: at full stops and at pauses, never in the middle of an abbreviation or a number."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from transcription.listening.decoding import Written
from transcription.segments import Segment, Word

_ENDS = ".!?…。！？"
_CLOSING = "\"'”’»)]}"
_PAUSE = 1.0  #: seconds after which a segment ends in any case
_LONGEST = 15.0  #: seconds after which it ends at the next comma or pause
#: English and Turkish, as they are written before a name or a number.
_BEFORE_NAMES = (
    "mr. mrs. ms. dr. prof. st. jr. sr. vs. no. e.g. i.e. etc. a.m. p.m. "
    "sn. av. doç. yrd. öğr. gör. arş. uzm. op. müh. mim. vb. bkz. örn. cad. sok. mah. apt. tel. yy."
)
_ABBREVIATIONS = frozenset(_BEFORE_NAMES.split())


def segments(written: Written, offset: float, end: float, *, keep_words: bool) -> tuple[Segment, ...]:
    """
    The segments of one window, which begins at `offset` and ends at `end` in the recording. Their texts joined are the window's.

    A text without words (nothing could be aligned) is one segment as long as the window.
    """
    if not written.text.strip():
        return ()
    if not written.words:
        return (_segment(written, written.text, offset, end, ()),)
    made = []
    for group in _groups(written.words):
        moved = tuple(replace(word, start=round(word.start + offset, 2), end=round(word.end + offset, 2)) for word in group)
        text = "".join(word.text for word in moved)
        made.append(_segment(written, text, moved[0].start, moved[-1].end, moved if keep_words else ()))
    return tuple(made)


def _segment(written: Written, text: str, start: float, end: float, words: tuple[Word, ...]) -> Segment:
    return Segment(
        round(start, 2),
        round(end, 2),
        text,
        words,
        avg_logprob=round(written.avg_logprob, 4),
        no_speech_prob=round(written.no_speech_prob, 4),
        compression_ratio=round(written.compression_ratio, 3),
    )


def _groups(words: Sequence[Word]) -> Iterator[list[Word]]:
    group: list[Word] = []
    for word, after in zip(words, [*words[1:], None], strict=True):
        group.append(word)
        if after is None or _parts(word, after, word.end - group[0].start):
            yield group
            group = []


def _parts(word: Word, after: Word, length: float) -> bool:
    """Whether a segment ends between the two, `length` seconds after it began."""
    text, pause = word.text.strip(), after.start - word.end
    if pause >= _PAUSE:
        return True
    if length >= _LONGEST and (text.endswith((",", ";", ":", "，", "、")) or pause >= 0.3):
        return True
    bare = text.rstrip(_CLOSING)
    if not bare.endswith(tuple(_ENDS)) or bare.lower() in _ABBREVIATIONS:
        return False
    if bare.endswith(".") and (bare[:-1].isdigit() or len(bare) == 2) and pause < 0.3:
        return False  # an ordinal (3. madde) or an initial (A. Kaya)
    following = after.text.strip().lstrip("\"'“‘«([{-–—")
    return pause >= 0.3 or not following[:1].islower()
