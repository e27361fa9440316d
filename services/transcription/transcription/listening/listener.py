"""A model that listens: it is loaded when it is first needed, in the process that needs it, and hears windows of any recording."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from imece.errors import Permanent
from transcription.listening import doubts
from transcription.listening.decoding import Sound, Written, write
from transcription.listening.sentences import segments
from transcription.listening.wishes import WIDE, Heard, Window, Wish
from transcription.media import RATE, samples
from transcription.segments import Word
from transcription.weights import Weights

_BATCH = 6  #: windows at once; more cost memory and gain nothing on a processor
_DETECTED = 3  #: windows that are listened to for the language
_SURE = 0.8  #: probability of a language that makes further windows needless
_DEPTH = 2  #: times that what is missing of a window is looked for


class Listener:
    """
    One model in this process. Not for several threads at once: a second call waits for nothing and gains nothing.

    `device`: `auto` is CUDA where there is a card, else the processor. `compute_type`: `auto` is float16 on a card and int8 on a processor; types that
    a processor does not have become int8. Loading happens at the first call and may raise Permanent (weights that are no model) or MemoryError; the
    process must not fork afterwards, because CTranslate2's threads do not survive it.
    """

    def __init__(self, weights: Weights, device: str = "auto", compute_type: str = "auto", threads: int = 0) -> None:
        self.weights = weights
        self._device = device
        self._compute_type = compute_type
        self._threads = threads or processors()
        self._loaded: Any = None
        self._pid = os.getpid()

    def load(self) -> None:
        """Load the model now, not at the first call."""
        assert self.model

    def unload(self) -> None:
        """Give its memory back. The next call loads it again."""
        if self._loaded is not None:
            self._loaded.model.unload_model()
            self._loaded = None

    def detect(self, wav: Path, windows: Sequence[Window]) -> tuple[str, float]:
        """
        The language that is spoken, and how probable it is: by the first windows, three at most, and over them by their sum.

        The same windows give the same answer. Without windows: `en`, 0.
        """
        if not self.model.model.is_multilingual:
            return "en", 1.0
        found, sums, asked = samples(wav), dict[str, float](), 0
        for window in _telling(windows):
            asked += 1
            features = self.model.feature_extractor(_sound(found, window))[:, :-1]
            for code, chance in self.model.detect_language(features=features)[2]:
                sums[code] = sums.get(code, 0.0) + chance
            if max(sums.values()) / asked >= _SURE:
                break
        if not sums:
            return "en", 0.0
        language = max(sums, key=lambda code: sums[code])
        return language, round(sums[language] / asked, 4)

    def hear(self, wav: Path, windows: Sequence[Window], wish: Wish) -> list[Heard]:
        """
        What is said in these windows, in their order.

        Each is heard by itself: what is written of it depends on its sound and on the wish, not on the windows beside it, the calls before or the
        machine's load. So windows may be heard in any order, by anybody, again, and give the same. A doubtful one (a loop, a guess) is tried a second
        time, by the sequential decoder with a wide beam and Whisper's whole context, still without chance: temperatures draw lots, and what they draw
        after a crash would be another text. Speech that a text does not cover is heard again from there.

        Raises Permanent for a language the model does not know.
        """
        if wish.language is None:
            raise Permanent("The language has not been detected.", "Dil belirlenmemiş.")
        self._check(wish.language)
        found, heard = samples(wav), list[Heard]()
        for begin in range(0, len(windows), _BATCH):
            batch = windows[begin : begin + _BATCH]
            sounds = [_sound(found, window) for window in batch]
            for window, sound, written in zip(batch, sounds, self._written(sounds, wish), strict=True):
                heard.append(self._judged(window, sound, written, wish))
        return heard

    @property
    def device(self) -> str:
        """`cpu` or `cuda`, as it came out."""
        return str(self.model.model.device)

    @property
    def compute_type(self) -> str:
        """CTranslate2's name of the type it calculates in."""
        return str(self.model.model.compute_type)

    @property
    def model(self) -> Any:
        """faster-whisper's model, loaded."""
        if self._loaded is None:
            self._loaded = opened(self.weights, self._device, self._compute_type, self._threads)
            self._pid = os.getpid()
        assert self._pid == os.getpid(), "a model does not survive a fork"
        return self._loaded

    def _check(self, language: str) -> None:
        known = self.model.supported_languages
        if language not in known:
            raise Permanent(
                f"The model {self.weights.name} does not know the language {language!r}.",
                f"{self.weights.name} modeli {language!r} dilini bilmiyor.",
            )

    def _written(self, sounds: Sequence[Sound], wish: Wish) -> list[Written]:
        """What is said in each; those that come out unsure are written again with a wide beam, and the surer of the two is taken."""
        found = write(self.model, sounds, wish)
        again = [number for number, one in enumerate(found) if wish.beam_size is None and doubts.unsure(one)]
        if again:
            wider = write(self.model, [sounds[number] for number in again], replace(wish, beam_size=WIDE))
            for number, one in zip(again, wider, strict=True):
                found[number] = doubts.better(found[number], one)
        return found

    def _judged(self, window: Window, sound: Sound, written: Written, wish: Wish) -> Heard:
        second = doubts.doubtful(written)
        if second:
            written = self._again(sound, written, wish)
        if doubts.nothing_said(written):
            return Heard(window, (), round(written.avg_logprob, 4), second, dropped=True)
        pieces = [(window, written)] if second else self._completed(window, sound, written, wish, _DEPTH)
        made = [segment for piece, text in pieces for segment in segments(text, piece.start, piece.end, keep_words=wish.words)]
        return Heard(window, tuple(made), round(written.avg_logprob, 4), second)

    def _completed(self, window: Window, sound: Sound, written: Written, wish: Wish, depth: int) -> list[tuple[Window, Written]]:
        """The text, and those of the holes in it, in order."""
        missing = doubts.holes(sound, written.words, len(sound) / RATE) if depth else []
        if not missing:
            return [(window, written)]
        found: list[tuple[Window, Written]] = []
        rest = written
        for start, end in missing:
            before, rest = _split(rest, start)
            found += [(window, before)] if before.words else []
            piece = sound[int(start * RATE) : int(end * RATE)]
            (more,) = write(self.model, [piece], wish)
            if not doubts.doubtful(more) and not doubts.nothing_said(more):
                found += self._completed(doubts.sliced(window, start, end), piece, more, wish, depth - 1)
        return [*found, *([(window, rest)] if rest.words else [])]

    def _again(self, sound: Sound, written: Written, wish: Wish) -> Written:
        """The better of the text and two more tries: the sequential decoder, and the same where no four words may come twice."""
        for more in ({}, {"no_repeat_ngram_size": 4, "repetition_penalty": 1.1}):
            written = doubts.better(written, self._sequential(sound, wish, more))
            if not doubts.doubtful(written):
                break
        return written

    def _sequential(self, sound: Sound, wish: Wish, more: dict[str, Any]) -> Written:
        from faster_whisper.transcribe import get_compression_ratio  # noqa: PLC0415 (slow to load)

        said, _info = self.model.transcribe(
            sound,
            language=wish.language,
            task="translate" if wish.translate else "transcribe",
            beam_size=max(WIDE, wish.beam_size or 0),
            temperature=0.0,
            condition_on_previous_text=False,
            initial_prompt=wish.initial_prompt,
            hotwords=wish.hotwords,
            word_timestamps=True,
            vad_filter=False,
            **more,
        )
        found = list(said)
        text = "".join(segment.text for segment in found)
        words = tuple(
            Word(float(word.start), float(word.end), word.word, round(float(word.probability), 3))
            for segment in found
            for word in segment.words or ()
        )
        if not found:
            return Written("", (), 0.0, 1.0, 0.0)
        return Written(
            text,
            words,
            float(np.mean([segment.avg_logprob for segment in found])),
            float(max(segment.no_speech_prob for segment in found)),
            get_compression_ratio(text) if text else 0.0,
        )


def opened(weights: Weights, device: str, compute_type: str, threads: int) -> Any:
    """faster-whisper's model of these weights. Raises Permanent when they are none."""
    from faster_whisper import WhisperModel  # noqa: PLC0415 (takes a second, and nobody who only asks for help should wait)

    device, _, number = placed(device).partition(":")
    try:
        return WhisperModel(
            str(weights.path),
            device=device,
            device_index=int(number or 0),
            compute_type=computed(compute_type, device),
            cpu_threads=threads,
            local_files_only=True,
        )
    except (RuntimeError, ValueError, OSError) as error:
        reason = str(error).strip().split("\n")[0]
        raise Permanent(f"The model {weights.name} cannot be loaded: {reason}", f"{weights.name} modeli yüklenemiyor: {reason}") from error


def placed(device: str) -> str:
    """`auto` decided: `cuda` where CTranslate2 sees a card, else `cpu`."""
    if device != "auto":
        return device
    import ctranslate2  # noqa: PLC0415 (slow to load)

    return "cuda" if ctranslate2.get_cuda_device_count() else "cpu"


def computed(compute_type: str, device: str) -> str:
    """`auto` decided, and what a device does not have replaced by what is nearest: a processor has no float16, and says so with an error."""
    import ctranslate2  # noqa: PLC0415 (slow to load)

    if compute_type == "auto":
        compute_type = "float16" if device == "cuda" else "int8"
    known = ctranslate2.get_supported_compute_types(device)
    if compute_type in known or compute_type == "default":
        return compute_type
    return "int8" if "int8" in compute_type or device == "cpu" else "float32"


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


def _telling(windows: Sequence[Window]) -> list[Window]:
    """Those with most to go by, from the beginning of the recording, in order."""
    first = list(windows[:12])
    longest = sorted(first, key=lambda window: window.start - window.end)[:_DETECTED]
    return sorted(longest, key=lambda window: window.start)


def _sound(found: "np.ndarray[Any, np.dtype[np.int16]]", window: Window) -> Sound:
    piece: Sound = found[int(window.start * RATE) : int(window.end * RATE)].astype(np.float32) / np.float32(32768)
    return piece


def _split(written: Written, at: float) -> tuple[Written, Written]:
    """The words that begin before a moment, and the others."""
    early = tuple(word for word in written.words if word.start < at)
    late = written.words[len(early) :]
    return (
        replace(written, words=early, text="".join(word.text for word in early)),
        replace(written, words=late, text="".join(word.text for word in late)),
    )
