"""
The plan: where in a recording somebody speaks, as windows of at most 23 seconds, cut where nobody does.

Silero's detector (in faster-whisper) says per 32 ms how likely speech is; it goes over blocks, two at a time, each warmed up on the second before
it, and what it says of a whole day fits in a few megabytes. Blocks without any sound are not even asked about. The cuts are then made over the whole,
so that the blocks leave no trace. Twenty-three seconds, not Whisper's thirty: see `decoding`.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transcription.listening.wishes import Window
from transcription.media import RATE, samples, seconds_of
from transcription.media.waves import is_silent, piece

#: Seconds of the longest window.
LONGEST = 23.0

_CHUNK = 512  #: samples that the detector looks at together
_BLOCK = 9375 * _CHUNK  #: 5 minutes
_WARM_UP = 32 * _CHUNK
_SPEECH, _SILENCE = 0.5, 0.35  #: speech begins above the one and ends below the other
_SHORTEST = 0.1  #: seconds of speech; less is a click
_PAUSE = 0.16  #: seconds; less is no place to cut
_PAD = 0.3  #: seconds kept before and behind speech, so that no consonant is lost
_LONG_PAUSE = 6.0  #: seconds after which a window ends in any case: on silence Whisper invents
_GOOD, _HASTE = 0.6, 0.6  #: seconds of a pause that is as good as any longer one; what a cut without any pause costs, in windows
_MOST = int((LONGEST - 2 * _PAD) * RATE / _CHUNK)  #: chunks of speech in a window
_PARALLEL = 2

OnProgress = Callable[[float, float | None], None]


def plan(wav: Path, on_progress: OnProgress | None = None) -> list[Window]:
    """
    The windows of a file that `media.extract` wrote; none when nobody speaks. The same file gives the same windows.

    `on_progress(seconds done, seconds in all)` is called per block. Takes the same memory for any length.
    """
    total = seconds_of(wav)
    likely = np.concatenate(list(_blocks(wav, on_progress or (lambda *_: None))))
    return [Window(number, start, end) for number, (start, end) in enumerate(_windows(_speech(likely), likely, total))]


def speech_in(sound: NDArray[np.float32]) -> list[tuple[float, float]]:
    """Where in a short piece of sound somebody speaks, in seconds from its beginning, without any margin."""
    likely = _likelihoods(sound)
    return [(first * _CHUNK / RATE, last * _CHUNK / RATE) for first, last in _speech(likely)]


def _blocks(wav: Path, on_progress: OnProgress) -> Iterator[NDArray[np.float32]]:
    """How likely speech is, per chunk, block by block and in order."""
    length = len(samples(wav))
    starts, total = range(0, length, _BLOCK), length / RATE
    with ThreadPoolExecutor(_PARALLEL, thread_name_prefix="plan") as threads:
        # Not `map` over all of them: it would hand out every block at once, and a cancelled job would wait for the last one.
        waiting = [threads.submit(_block, wav, start, length) for start in starts[:_PARALLEL]]
        for number, start in enumerate(starts):
            likely = waiting.pop(0).result()
            if number + _PARALLEL < len(starts):
                waiting.append(threads.submit(_block, wav, starts[number + _PARALLEL], length))
            yield likely
            on_progress(min(total, (start + _BLOCK) / RATE), total)


def _block(wav: Path, start: int, length: int) -> NDArray[np.float32]:
    warm = min(start, _WARM_UP)
    found = piece(wav, start - warm, min(_BLOCK, length - start) + warm)
    if is_silent(found[warm:]):
        return np.zeros(-(-(len(found) - warm) // _CHUNK), dtype=np.float32)
    return _likelihoods(found.astype(np.float32) / np.float32(32768))[warm // _CHUNK :]


def _likelihoods(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    from faster_whisper.vad import get_vad_model  # noqa: PLC0415 (onnxruntime is slow to load, and threads of its own must not be forked)

    padded = np.pad(sound, (0, -len(sound) % _CHUNK))
    answered: NDArray[np.float32] = np.asarray(get_vad_model()(padded), dtype=np.float32).reshape(-1)
    return answered


def _speech(likely: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Stretches of speech as (first chunk, chunk after the last), clicks left out, pauses too short to cut at closed."""
    found: list[tuple[int, int]] = []
    begun: int | None = None
    quiet_since: int | None = None
    shortest, pause = _SHORTEST * RATE / _CHUNK, _PAUSE * RATE / _CHUNK
    for number, chance in enumerate([*likely.tolist(), *[0.0] * (int(pause) + 2)]):
        if chance >= _SPEECH:
            begun = number if begun is None else begun
            quiet_since = None
        elif begun is not None and chance < _SILENCE:
            quiet_since = number if quiet_since is None else quiet_since
            if number - quiet_since >= pause:
                if quiet_since - begun >= shortest:
                    found.append((begun, quiet_since))
                begun = quiet_since = None
    if begun is not None and len(likely) - begun >= shortest:
        found.append((begun, len(likely)))
    return found


def _windows(speech: Sequence[tuple[int, int]], likely: NDArray[np.float32], whole: float) -> Iterator[tuple[float, float]]:
    """Stretches packed into windows with a margin around speech; they never overlap."""
    packed = _packed(_bearable(speech, likely))
    before = 0.0
    for number, (first, last) in enumerate(packed):
        start, end = first * _CHUNK / RATE, last * _CHUNK / RATE
        until = packed[number + 1][0] * _CHUNK / RATE if number + 1 < len(packed) else whole
        start, end = max(before, start - _PAD), min(whole, end + min(_PAD, (until - end) / 2))
        before = end
        yield round(start, 3), round(end, 3)


def _bearable(speech: Sequence[tuple[int, int]], likely: NDArray[np.float32]) -> list[tuple[int, int]]:
    """The stretches, those longer than a window cut where the detector is least sure that somebody speaks."""
    found = []
    for start, end in speech:
        first = start
        while end - first > _MOST:
            middle = first + _MOST // 2
            cut = middle + int(np.argmin(likely[middle : first + _MOST]))
            found.append((first, cut))
            first = cut
        found.append((first, end))
    return found


def _packed(stretches: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """
    As few windows as will do, ending at pauses as long as can be.

    The cheapest way through all stretches, where a window costs 1 and a cut at a pause shorter than `_GOOD` up to `_HASTE`: every window costs the
    encoder the same, however full it is, and a word cut in half costs a word.
    """
    best: list[tuple[float, int]] = [(0.0, 0)]  # per number of stretches: the least cost, and where the last window begins
    for end in range(1, len(stretches) + 1):
        cheapest = (float("inf"), end - 1)
        for begin in range(end - 1, -1, -1):
            if stretches[end - 1][1] - stretches[begin][0] > _MOST or (
                begin < end - 1 and stretches[begin + 1][0] - stretches[begin][1] > _LONG_PAUSE * RATE / _CHUNK
            ):
                break
            pause = (stretches[begin][0] - stretches[begin - 1][1]) * _CHUNK / RATE if begin else _GOOD
            cost = best[begin][0] + 1.0 + _HASTE * max(0.0, 1.0 - pause / _GOOD)
            cheapest = min(cheapest, (cost, begin))
        best.append(cheapest)
    found, end = list[tuple[int, int]](), len(stretches)
    while end:
        begin = best[end][1]
        found.append((stretches[begin][0], stretches[end - 1][1]))
        end = begin
    return found[::-1]
