"""Real speech for the figures: clips one after another, until there is enough of it, and what is said in them."""

import csv
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transcription import listening, media, weights
from transcription.media.waves import header

EXAMPLE = Path(__file__).parent.parent / "examples" / "readings.mp4"
#: What is said in it: Dickens, Austen, Kennedy.
SAID = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, it was the epoch of belief, it was the"
    " epoch of incredulity, it was the season of light, it was the season of darkness, it was the spring of hope, it was the winter of despair, we had"
    " everything before us, we had nothing before us, we were all going direct to heaven, we were all going direct the other way, in short, the period was"
    " so far like the present period, that some of its noisiest authorities insisted on its being received, for good or for evil, in the superlative degree"
    " of comparison only. And mister John Dashwood had then leisure to consider how much there might be prudently in his power to do for them. He was not an"
    " ill disposed young man, unless to be rather cold hearted and rather selfish is to be ill disposed. Had he married a more amiable woman, he might have"
    " been made still more respectable than he was. He might even have been made amiable himself. And so, my fellow Americans, ask not what your country can"
    " do for you, ask what you can do for your country."
)
_PAUSE = 0.7  #: seconds of faint noise between two clips
_NUMBERS = {"10": "ten", "8": "eight", "7": "seven", "5": "five", "4": "four", "55": "five five", "mr": "mister"}


@dataclass(frozen=True)
class Clip:
    """A piece of speech, and what is said in it."""

    sound: NDArray[np.int16]
    said: str


@dataclass(frozen=True)
class Speech:
    """Clips one after another in a file."""

    wav: Path
    said: str

    @property
    def seconds(self) -> float:
        """How long it is."""
        return media.seconds_of(self.wav)


def clips(folder: Path | None) -> list[Clip]:
    """The English ones that people spoke, of a folder with `transcripts.tsv` (file, lang, kind, transcript); without one, the shipped example."""
    with tempfile.TemporaryDirectory() as place:
        wav = Path(place) / "clip.wav"
        if folder is None:
            media.extract(EXAMPLE, wav)
            return [Clip(np.array(media.samples(wav)), SAID)]
        found = []
        with (folder / "transcripts.tsv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                if row["lang"] == "en" and row["kind"] == "real" and row["file"].endswith(".wav"):
                    media.extract(folder / row["file"], wav)
                    found.append(Clip(np.array(media.samples(wav)), row["transcript"]))
        return found


def laid(chosen: list[Clip], seconds: float, wav: Path) -> Speech:
    """At least so many seconds of them, over and over, written to `wav`."""
    rest = (np.random.default_rng(1).normal(0, 3, int(_PAUSE * media.RATE))).astype(np.int16)
    said: list[str] = []
    count = 0
    with wav.open("wb") as file:
        file.write(header(0))
        while count < seconds * media.RATE:
            for clip in chosen:
                file.write(clip.sound.tobytes() + rest.tobytes())
                said.append(clip.said)
                count += len(clip.sound) + len(rest)
        file.seek(0)
        file.write(header(count))
    return Speech(wav, " ".join(said))


@contextmanager
def ground() -> Iterator[Path]:
    """A folder for sound, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="imece-bench-") as folder:
        yield Path(folder)


def base() -> weights.Weights:
    """The model of the figures: fetched once."""
    return weights.resolve("base")


def errors(heard: str, said: str) -> int:
    """Words that would have to be changed, put in or taken out; numbers and `Mr.` count by their sound."""
    have, want = _words(heard), _words(said)
    row = np.arange(len(have) + 1)
    ours = np.array(have)
    for place, word in enumerate(want, start=1):
        step = np.minimum(row[1:] + 1, row[:-1] + (ours != word))
        before, row = row, np.empty_like(row)
        row[0] = place
        # Words put in: the least of what stands to the left, one more for each step.
        best = np.minimum.accumulate(np.concatenate(([place], step)) - np.arange(len(before)))
        row[:] = best + np.arange(len(before))
    return int(row[-1])


def count(said: str) -> int:
    """Words in a text, as `errors` counts them."""
    return len(_words(said))


def text(heard: list[listening.Heard]) -> str:
    """All that was heard."""
    return " ".join(one.text for one in heard)


def _words(text_: str) -> list[str]:
    plain = re.sub(r"[^a-z0-9' ]+", " ", text_.lower().replace("-", " ")).split()
    return [part for word in plain for part in _NUMBERS.get(word, word).split()]
