"""What makes a text doubtful: loops, guesses, speech it does not cover, and the phrases that Whisper hears in silence."""

from collections.abc import Sequence

from imece.text import fold
from transcription.listening.decoding import Written
from transcription.listening.plans import speech_in
from transcription.listening.wishes import Window
from transcription.segments import Word

#: Whisper's own marks. Source: openai/whisper, transcribe.py.
_LOOPS, _GUESSES, _NOBODY = 2.4, -1.0, 0.6
#: Below this the decoder hesitated; clear speech is above -0.25.
_UNSURE = -0.4

_HOLE = 2.5  #: seconds between two words in which somebody may have spoken
_SPOKEN = 0.8  #: seconds of speech in such a hole that a text must not lack

#: What subtitles of films and videos end with, and what Whisper therefore hears where nobody speaks; folded.
_INVENTED = frozenset(
    (
        "altyazi m k",
        "altyazi",
        "alt yazi m k",
        "izlediginiz icin tesekkur ederim",
        "izlediginiz icin tesekkurler",
        "abone olmayi unutmayin",
        "kanalima abone olmayi unutmayin",
        "bir sonraki videoda gorusmek uzere",
        "thank you for watching",
        "thanks for watching",
        "please subscribe",
        "subtitles by the amara org community",
        "subtitles by amara org",
        "sous titres realises par la communaute d amara org",
        "untertitel der amara org community",
    )
)


def loops(written: Written) -> bool:
    """Whether it says the same thing over and over."""
    return written.compression_ratio > _LOOPS


def doubtful(written: Written) -> bool:
    """Whether it deserves a second try: a loop, or a guess."""
    return loops(written) or (bool(written.text.strip()) and written.avg_logprob < _GUESSES)


def unsure(written: Written) -> bool:
    """Whether more ways of writing it deserve to be weighed: no guess, and not clear either."""
    return bool(written.text.strip()) and not doubtful(written) and written.avg_logprob < _UNSURE


def nothing_said(written: Written) -> bool:
    """Whether it is what Whisper makes of silence or noise: nothing, a guess where it thinks nobody speaks, or one of its stock phrases, unsure."""
    text = written.text.strip()
    if not any(letter.isalnum() for letter in text):
        return True
    if written.no_speech_prob > _NOBODY and written.avg_logprob < _GUESSES:
        return True
    return fold(text) in _INVENTED and (written.no_speech_prob > 0.2 or written.avg_logprob < -0.5)


def better(one: Written, other: Written) -> Written:
    """The one that does not loop; of two that do not, the surer."""
    return max((one, other), key=lambda written: (not loops(written), bool(written.text.strip()), written.avg_logprob))


def holes(sound: object, words: Sequence[Word], length: float) -> list[tuple[float, float]]:
    """
    Where somebody speaks in a piece of sound for most of a second and no word was written: seconds from its beginning.

    The decoder may stop early when the speaker changes. The detector is only asked where words are missing for `_HOLE` seconds.
    """
    found = []
    times = [0.0, *(time for word in words for time in (word.start, word.end)), length]
    for start, end in zip(times[::2], times[1::2], strict=True):
        if end - start < _HOLE:
            continue
        first, last = int(start * 16_000), int(end * 16_000)
        speech = speech_in(sound[first:last])  # type: ignore[index] # an array
        if sum(until - since for since, until in speech) >= _SPOKEN:
            found.append((max(start, start + speech[0][0] - 0.2), min(end, start + speech[-1][1] + 0.2)))
    return found


def sliced(window: Window, start: float, end: float) -> Window:
    """A part of a window, by seconds from its beginning."""
    return Window(window.index, window.start + start, window.start + end)
