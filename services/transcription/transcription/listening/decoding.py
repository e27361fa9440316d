"""
From sound to words: Whisper's encoder, decoder and alignment, driven window by window through faster-whisper's model.

Three choices make it quick and keep every word; `bench speech-speed` holds them to account.

The encoder sees 24 seconds, not 30, and 15 of a window that is shorter. Its cost grows with the square of what it is given, and most of Whisper's thirty
are padding. It takes windows one by one: several together leave the processor's cache, and cost a third more. The decoder takes them together, because it
waits for memory, and a batch waits once.

No time stamps are decoded. With them the batched decoder ends at the last one and drops what it wrote behind it, and windows end early; the times come
from the alignment of words with the sound, which is wanted anyway.

One way of writing is kept in mind (a beam of 1), and five for the windows that come out unsure. On clear speech a beam of 5 writes nothing better and
costs half as much again; it also prefers short endings, and wrote 5 % fewer words on the same windows of thirty seconds.

What is written of a window does not depend on which others share its batch: they share the weights and nothing else, int8 products are sums of whole
numbers, and what the decoder is told is the same for each. The tests hold it to that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transcription.listening.wishes import BEAM, Wish
from transcription.segments import Word

#: Frames of 10 ms that the encoder is given: the window and a second of silence, by which Whisper knows that it is over.
_CONTEXTS = (1500, 2400)
_SILENCE = 100
_PREPENDED, _APPENDED = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"
_ENDS = ".。!！?？…"
_LONGEST_WORD = 1.4  #: seconds; the alignment stretches a word over the pause beside it

Sound = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Written:
    """What the decoder wrote for one piece of sound; word times count from the piece's beginning."""

    text: str
    words: tuple[Word, ...]
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float


def write(model: Any, sounds: Sequence[Sound], wish: Wish) -> list[Written]:
    """
    What is said in these pieces, in their order; none is longer than 23 seconds. `model` is a faster_whisper.WhisperModel, `wish.language` is set.

    All at once: whoever wants less memory gives fewer.
    """
    found: list[Written | None] = [None] * len(sounds)
    for frames in _CONTEXTS:
        chosen = [number for number, sound in enumerate(sounds) if context(len(sound)) == frames]
        if chosen:
            for number, written in zip(chosen, _together(model, [sounds[number] for number in chosen], frames, wish), strict=True):
                found[number] = written
    return [written for written in found if written is not None]


def context(length: int) -> int:
    """How many frames the encoder is given for a piece of so many samples: by its length alone, so that it is the same in any company."""
    return next((frames for frames in _CONTEXTS if length // 160 + _SILENCE <= frames), _CONTEXTS[-1])


def _together(model: Any, sounds: Sequence[Sound], frames: int, wish: Wish) -> list[Written]:
    from faster_whisper.tokenizer import Tokenizer  # noqa: PLC0415 (slow to load)
    from faster_whisper.transcribe import get_compression_ratio, get_suppressed_tokens  # noqa: PLC0415 (see above)

    tokenizer = Tokenizer(
        model.hf_tokenizer, model.model.is_multilingual, task="translate" if wish.translate else "transcribe", language=wish.language
    )
    encoded = _encoded(model, _features(model, sounds, frames))
    previous = tokenizer.encode(" " + wish.initial_prompt.strip()) if wish.initial_prompt else []
    prompt = model.get_prompt(tokenizer, previous, without_timestamps=True, hotwords=wish.hotwords)
    results = model.model.generate(
        encoded,
        [prompt] * len(sounds),
        beam_size=wish.beam_size or BEAM,
        max_length=model.max_length,
        suppress_blank=True,
        suppress_tokens=get_suppressed_tokens(tokenizer, [-1]),
        return_scores=True,
        return_no_speech_prob=True,
        sampling_temperature=0.0,
    )
    tokens = [[token for token in result.sequences_ids[0] if token < tokenizer.eot] for result in results]
    words = _aligned(model, tokenizer, encoded, tokens, [len(sound) for sound in sounds])
    texts = [tokenizer.decode(written) for written in tokens]
    return [
        # As faster-whisper reckons it: the score is per token, and the end counts as one more.
        Written(
            text,
            found,
            result.scores[0] * len(written) / (len(written) + 1),
            result.no_speech_prob,
            get_compression_ratio(text) if text else 0.0,
        )
        for text, found, result, written in zip(texts, words, results, tokens, strict=True)
    ]


def _features(model: Any, sounds: Sequence[Sound], frames: int) -> NDArray[np.float32]:
    made = np.zeros((len(sounds), model.model.n_mels, frames), dtype=np.float32)
    for row, sound in zip(made, sounds, strict=True):
        found = model.feature_extractor(sound)[:, :-1][:, :frames]
        row[:, : found.shape[1]] = found
    return made


def _encoded(model: Any, features: NDArray[np.float32]) -> Any:
    """What the encoder makes of it. A card takes all together, a processor one after the other."""
    if model.model.device != "cpu":
        return model.encode(features)
    from faster_whisper.transcribe import get_ctranslate2_storage  # noqa: PLC0415 (slow to load)

    return get_ctranslate2_storage(np.concatenate([np.asarray(model.encode(one)) for one in features]))


def _aligned(model: Any, tokenizer: Any, encoded: Any, tokens: Sequence[Sequence[int]], lengths: Sequence[int]) -> list[tuple[Word, ...]]:
    """The words of each piece with their times."""
    from faster_whisper.transcribe import merge_punctuations  # noqa: PLC0415 (slow to load)

    frames = [min(_CONTEXTS[-1], length // 160) for length in lengths]
    found: list[tuple[Word, ...]] = []
    for alignment, length in zip(model.find_alignment(tokenizer, list(tokens), encoded, frames), lengths, strict=True):
        merge_punctuations(alignment, _PREPENDED, _APPENDED)
        words = [Word(float(one["start"]), float(one["end"]), one["word"], float(one["probability"])) for one in alignment if one["word"]]
        found.append(_tidied(words, length / 16_000))
    return found


def _tidied(words: Sequence[Word], length: float) -> tuple[Word, ...]:
    """
    Words in order and within the piece, none stretched over a pause: a first word begins late rather than early, a last one ends early.

    The alignment gives the silence beside a sentence to one of its words; twice the usual length of a word is as long as one may be.
    """
    if not words:
        return ()
    usual = float(np.median([word.end - word.start for word in words if word.end > word.start] or [0.3]))
    most = min(_LONGEST_WORD, max(0.4, 2 * min(0.7, usual)))
    made: list[Word] = []
    before = 0.0
    for number, word in enumerate(words):
        start, end = max(before, word.start), min(length, max(word.end, word.start))
        if end - start > most:
            first = number == 0 or words[number - 1].text.rstrip()[-1:] in _ENDS
            start, end = (end - most, end) if first else (start, start + most)
        start = min(start, length)
        end = max(end, start)
        made.append(Word(round(start, 2), round(end, 2), word.text, round(word.probability, 3)))
        before = end
    return tuple(made)
