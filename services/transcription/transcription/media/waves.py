"""The sound that everything behind it works on: WAV, 16 kHz, mono, 16 bits, looked at through the page cache and never loaded whole."""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transcription.media.findings import Unreadable

#: Samples a second, as Whisper wants them.
RATE = 16_000

_FRAME = RATE // 50  # 20 ms
_BLOCK = 60 * RATE
#: Below this a frame is silence: -50 dB of full scale, beneath speech from the far end of a table and above the noise of a card.
_QUIET = 10 ** (-50 / 20)
_MARGIN = 0.25  #: seconds left before the first and behind the last sound, so that no consonant is cut


def header(count: int) -> bytes:
    """The 44 bytes before `count` samples. Past 4 GB the sizes say 0xFFFFFFFF, which readers take for "until the end"."""
    size = min(count * 2, 0xFFFFFFFF - 36)
    return struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 1, RATE, RATE * 2, 2, 16, b"data", size)


def samples(wav: Path) -> NDArray[np.int16]:
    """
    The samples of a file that `extract` wrote, mapped, not read: a slice costs what it is long.

    Raises Unreadable for anything else, an empty one included.
    """
    with wav.open("rb") as file:
        head = file.read(44)
    if len(head) < 44 or head[:4] != b"RIFF" or head[8:16] != b"WAVEfmt " or head[20:36] != header(0)[20:36]:
        raise Unreadable(f"{wav.name} is not 16 kHz mono sound.", f"{wav.name} 16 kHz tek kanallı ses değil.")
    if (wav.stat().st_size - 44) // 2 == 0:
        raise Unreadable("There is no sound in the recording.", "Kayıtta ses yok.")
    mapped: NDArray[np.int16] = np.memmap(wav, dtype="<i2", mode="r", offset=44)
    return mapped


def piece(wav: Path, first: int, count: int) -> NDArray[np.int16]:
    """Some of the samples, read: for whoever goes through all of them, and wants neither their pages in memory nor the faults that fetch them."""
    return np.fromfile(wav, dtype="<i2", count=count, offset=44 + 2 * first)


def seconds_of(wav: Path) -> float:
    """How long it is."""
    return len(samples(wav)) / RATE


def speech_bounds(wav: Path) -> tuple[float, float] | None:
    """
    Where sound begins and ends, in seconds, with a margin: what lies before and behind is silence and may be trimmed. None: nothing but silence.

    By loudness, so that it costs a read of the file and no model; a single click of less than 60 ms is no sound.
    """
    length = len(samples(wav))
    first, last = None, 0
    for begin in range(0, length, _BLOCK):
        block = piece(wav, begin, min(_BLOCK, length - begin))
        if _peaks(block) and len(loud := np.flatnonzero(_loud(block))):
            first = begin + int(loud[0]) * _FRAME if first is None else first
            last = begin + (int(loud[-1]) + 1) * _FRAME
    if first is None:
        return None
    return max(0.0, first / RATE - _MARGIN), min(length / RATE, last / RATE + _MARGIN)


def is_silent(block: NDArray[np.int16]) -> bool:
    """Whether nothing in it is loud enough to be speech."""
    return not _peaks(block) or not bool(_loud(block).any())


def _peaks(block: NDArray[np.int16]) -> bool:
    """Whether any sample is loud enough; where none is, there is nothing to measure. What makes a day of silence a matter of a second."""
    limit = _QUIET * 32768
    return bool(block.max() > limit) or bool(block.min() < -limit)


def _loud(block: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Per frame of 20 ms: whether it belongs to a run of at least three that are louder than silence."""
    frames = np.resize(block, (max(1, len(block) // _FRAME), _FRAME)).astype(np.float32)
    level: NDArray[np.bool_] = np.sqrt(np.mean(frames * frames, axis=1)) / 32768 > _QUIET
    if len(level) < 3:
        return level
    runs = level[:-2] & level[1:-1] & level[2:]
    loud = np.zeros_like(level)
    loud[:-2] |= runs
    loud[1:-1] |= runs
    loud[2:] |= runs
    return loud
