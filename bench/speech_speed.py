"""
speech-speed: ten minutes of real speech by `base` in int8, beside plain faster-whisper on the same sound with the same weights and threads.

Also beside its batched pipeline: as it comes, and on our windows with our beam, which is what our path costs or saves over it.
"""

import random
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import speech
from bench.figure import Figure, Options
from transcription import listening, media
from transcription.listening import BEAM, Listener, Window, Wish

_LANGUAGE = "en"
_PLAIN, _PIPELINE, _SAME = "faster-whisper, beam 5", "its batched pipeline, beam 5", "its batched pipeline on our windows"
_BATCH = 6


def measure(options: Options) -> Figure:
    """Pieces of the sound one after the other, everybody on each, in an order that changes."""
    rounds, seconds = (1, 80.0) if options.quick else (4, 165.0)
    listener = Listener(speech.base(), device="cpu")
    model = listener.model
    found: dict[str, list[tuple[float, float, int]]] = {}
    words = 0
    length = 0.0
    with speech.ground() as folder:
        chosen = speech.clips(options.folder)
        pieces = [speech.laid(_turned(chosen, number), seconds, folder / f"{number}.wav") for number in range(rounds)]
        _listen(listener, pieces[0])  # what happens only once
        for number, piece in enumerate(pieces):
            words += speech.count(piece.said)
            length += piece.seconds
            sides: dict[str, Callable[[], str]] = {
                "imece": lambda piece=piece: _listen(listener, piece),  # type: ignore[misc] # mypy knows no defaults of lambdas
                _PLAIN: lambda piece=piece: _plain(model, piece),  # type: ignore[misc]
                _PIPELINE: lambda piece=piece: _pipeline(model, piece, None),  # type: ignore[misc]
                _SAME: lambda piece=piece: _pipeline(model, piece, listening.plan(piece.wav)),  # type: ignore[misc]
            }
            for name in random.Random(number).sample(list(sides), len(sides)):
                began, used = time.perf_counter(), time.process_time()
                heard = sides[name]()
                took = (time.perf_counter() - began, time.process_time() - used, speech.errors(heard, piece.said))
                found.setdefault(name, []).append(took)
    faster = {name: round(_ratio(found, name, 0), 2) for name in found if name != "imece"}
    cheaper = {name: round(_ratio(found, name, 1), 2) for name in found if name != "imece"}
    wrong = {name: round(100 * sum(run[2] for run in runs) / words, 2) for name, runs in found.items()}
    pace = {name: round(length / sum(run[0] for run in runs), 1) for name, runs in found.items()}
    overhead = round(100 * (1 / faster[_SAME] - 1), 1)
    detail = {
        "times_real_time": pace,
        "times_as_fast_as": faster,
        "processor_time_of": cheaper,
        "word_errors_percent": wrong,
        "overhead_over_the_pipeline_on_our_windows_percent": overhead,
        "seconds": round(length),
        "words": words,
        "rounds": rounds,
    }
    remarks = (
        f"{pace['imece']} x real time, word errors {wrong['imece']} %; faster-whisper alone {pace[_PLAIN]} x, {wrong[_PLAIN]} %; its batched pipeline "
        f"{pace[_PIPELINE]} x, {wrong[_PIPELINE]} %; our path costs {overhead} % beside it on the same windows"
    )
    return Figure("speech-speed", faster[_PLAIN], "x plain faster-whisper", pace, detail, remarks)


def _turned(chosen: list[speech.Clip], number: int) -> list[speech.Clip]:
    """The clips in another order for each piece, so that windows do not repeat."""
    return random.Random(number).sample(chosen, len(chosen))


def _listen(listener: Listener, piece: speech.Speech) -> str:
    """Our whole path from the sound on: plan, hear."""
    return speech.text(listener.hear(piece.wav, listening.plan(piece.wav), Wish(_LANGUAGE)))


def _plain(model: Any, piece: speech.Speech) -> str:
    said, _ = model.transcribe(_sound(piece), language=_LANGUAGE, beam_size=5, word_timestamps=True)
    return " ".join(segment.text for segment in said)


def _pipeline(model: Any, piece: speech.Speech, windows: list[Window] | None) -> str:
    from faster_whisper import BatchedInferencePipeline  # noqa: PLC0415 (a peer)

    given: dict[str, Any] = {"beam_size": 5, "batch_size": 8}
    if windows is not None:
        given = {"beam_size": BEAM, "batch_size": _BATCH, "clip_timestamps": [{"start": one.start, "end": one.end} for one in windows]}
    said, _ = BatchedInferencePipeline(model).transcribe(_sound(piece), language=_LANGUAGE, word_timestamps=True, **given)
    return " ".join(segment.text for segment in said)


def _sound(piece: speech.Speech) -> NDArray[np.float32]:
    return media.samples(piece.wav).astype(np.float32) / np.float32(32768)


def _ratio(found: dict[str, list[tuple[float, float, int]]], name: str, which: int) -> float:
    """How many times as long somebody took as we: the median over the pieces."""
    return median(theirs[which] / ours[which] for theirs, ours in zip(found[name], found["imece"], strict=True))
