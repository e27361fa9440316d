"""What a listener does with what the decoder writes; and, with a real model, that it is the same in any company."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imece.errors import Permanent
from transcription import media
from transcription.listening import Heard, Listener, Window, Wish, decoding, listener, plan
from transcription.listening.decoding import Sound, Written
from transcription.media import RATE
from transcription.media.waves import header
from transcription.segments import Word
from transcription.weights import Weights

SPEECH = Path(__file__).parents[3] / "examples" / "readings.mp4"


def written(*words: tuple[str, float, float], logprob: float = -0.2, ratio: float = 1.0, silence: float = 0.0) -> Written:
    made = tuple(Word(start, end, f" {text}", 0.9) for text, start, end in words)
    return Written("".join(word.text for word in made), made, logprob, silence, ratio)


class Model:
    """What is asked of a model besides decoding: its languages, and what the sequential decoder says."""

    supported_languages = ("en", "tr")

    def __init__(self, *sequential: tuple[str, float]) -> None:
        self.sequential = list(sequential)
        self.asked: list[dict[str, Any]] = []

    def transcribe(self, _sound: Sound, **given: Any) -> tuple[list[Any], None]:
        from faster_whisper.transcribe import Segment
        from faster_whisper.transcribe import Word as Timed

        self.asked.append(given)
        text, logprob = self.sequential.pop(0)
        timed = [Timed(0.5, 1.0, text, 0.8)]
        return [Segment(1, 0, 0.0, 1.0, text, [], logprob, 1.0, 0.0, timed, 0.0)], None


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "a.wav"
    pcm = np.zeros(60 * RATE, dtype="<i2")
    path.write_bytes(header(len(pcm)) + pcm.tobytes())
    return path


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch, sound: Path) -> Any:
    """`scene([written, ...], model)`: a listener whose decoder writes these, one per piece."""

    def play(
        script: Sequence[Written], model: Model | None = None, speech: Sequence[list[tuple[float, float]]] = ()
    ) -> tuple[Listener, list[int]]:
        left, sizes, spoken = list(script), list[int](), list(speech)

        def write(_model: Any, sounds: Sequence[Sound], _wish: Wish) -> list[Written]:
            sizes.extend(len(one) for one in sounds)
            return [left.pop(0) for _ in sounds]

        monkeypatch.setattr(listener, "write", write)
        monkeypatch.setattr(listener.doubts, "speech_in", lambda _: spoken.pop(0) if spoken else [])
        made = Listener(Weights("base", Path("nowhere"), "directory"))
        made._loaded = model or Model()
        return made, sizes

    return play


ONE = [Window(3, 10.0, 20.0)]


def test_a_sure_text_is_taken_as_it_is(scene: Any, sound: Path) -> None:
    made, sizes = scene([written(("Merhaba.", 0.1, 0.5), ("Başlayalım.", 0.8, 1.4))])
    (heard,) = made.hear(sound, ONE, Wish("tr"))
    assert heard == Heard(ONE[0], heard.segments, -0.2)
    assert [(segment.start, segment.text) for segment in heard.segments] == [(10.1, " Merhaba."), (10.8, " Başlayalım.")]
    assert sizes == [10 * RATE]


def test_a_loop_is_tried_again_by_the_sequential_decoder_without_chance(scene: Any, sound: Path) -> None:
    """With a wide beam, temperature 0, nothing of the text before; and where that loops too, with repetition forbidden."""
    model = Model((" evet" * 60, -0.1), (" Evet, anladım.", -0.4))
    made, _ = scene([written(("evet", 0, 1), ratio=8.0)], model)
    (heard,) = made.hear(sound, ONE, Wish("tr", hotwords="imece"))
    assert heard.second_try
    assert heard.text == "Evet, anladım."
    first, second = model.asked
    assert (first["beam_size"], first["temperature"], first["condition_on_previous_text"], first["hotwords"]) == (5, 0.0, False, "imece")
    assert "no_repeat_ngram_size" not in first
    assert second["no_repeat_ngram_size"] == 4


def test_an_unsure_text_is_written_again_with_a_wide_beam_unless_somebody_chose_one(scene: Any, sound: Path) -> None:
    """And the surer of the two is taken."""
    unsure, surer = written(("Belki.", 0.1, 0.6), logprob=-0.6), written(("Elbette.", 0.1, 0.6), logprob=-0.3)
    made, sizes = scene([unsure, surer])
    (heard,) = made.hear(sound, ONE, Wish("tr"))
    assert (heard.text, heard.second_try, len(sizes)) == ("Elbette.", False, 2)
    made, sizes = scene([unsure])
    (heard,) = made.hear(sound, ONE, Wish("tr", beam_size=3))
    assert (heard.text, len(sizes)) == ("Belki.", 1)


def test_a_guess_that_nothing_beats_stays(scene: Any, sound: Path) -> None:
    model = Model((" Başka.", -1.5), (" Daha başka.", -1.6))
    made, _ = scene([written(("Herhalde.", 0.1, 0.6), logprob=-1.2)], model)
    (heard,) = made.hear(sound, ONE, Wish("tr"))
    assert (heard.text, heard.second_try, heard.dropped) == ("Herhalde.", True, False)


def test_silence_is_dropped(scene: Any, sound: Path) -> None:
    made, _ = scene([written(("Altyazı", 0.1, 0.4), ("M.K.", 0.4, 0.8), silence=0.5)])
    (heard,) = made.hear(sound, ONE, Wish("tr"))
    assert (heard.segments, heard.dropped) == ((), True)


def test_speech_that_a_text_does_not_cover_is_heard_from_there(scene: Any, sound: Path) -> None:
    """The decoder ended after a second although somebody speaks from 3 s to 9 s: the rest is heard by itself, and its times are the recording's."""
    first, rest = written(("Bir.", 0.2, 0.8)), written(("İki.", 0.3, 0.9), ("Üç.", 4.0, 5.5))
    made, sizes = scene([first, rest], speech=[[(2.2, 8.2)]])
    (heard,) = made.hear(sound, ONE, Wish("tr"))
    assert heard.text == "Bir. İki. Üç."
    assert [segment.start for segment in heard.segments] == [10.2, pytest.approx(13.1), pytest.approx(16.8)]
    assert sizes == [10 * RATE, pytest.approx(6.4 * RATE, abs=10)]


def test_what_is_heard_in_a_hole_and_is_nothing_is_left_out(scene: Any, sound: Path) -> None:
    made, _ = scene([written(("Bir.", 0.2, 0.8)), written(("Altyazı", 0, 1), silence=0.9)], speech=[[(2.2, 8.2)]])
    (heard,) = made.hear(sound, ONE, Wish("tr"))
    assert heard.text == "Bir."


def test_an_unknown_language_is_refused_before_anything_is_heard(scene: Any, sound: Path) -> None:
    made, sizes = scene([])
    with pytest.raises(Permanent, match="does not know the language 'de'"):
        made.hear(sound, ONE, Wish("de"))
    with pytest.raises(Permanent, match="has not been detected"):
        made.hear(sound, ONE, Wish())
    assert sizes == []


def test_a_model_does_not_survive_a_fork(scene: Any) -> None:
    made, _ = scene([])
    made._pid = os.getpid() + 1
    with pytest.raises(AssertionError, match="fork"):
        made.load()


def test_weights_that_are_none_are_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"\x06\x00\x00\x00rest")
    with pytest.raises(Permanent, match="cannot be loaded") as told:
        Listener(Weights("base", tmp_path, "directory"), device="cpu").load()
    assert "yüklenemiyor" in told.value.tr
    assert "\n" not in told.value.en


@pytest.mark.parametrize(
    ("asked", "got"), [("auto", "int8"), ("float16", "int8"), ("int8_float16", "int8"), ("float32", "float32"), ("nonsense", "int8")]
)
def test_a_processor_is_given_a_type_that_it_has(asked: str, got: str) -> None:
    assert listener.computed(asked, "cpu") == got


def test_auto_is_a_card_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    import ctranslate2

    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    assert listener.placed("auto") == "cuda"
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 0)
    assert listener.placed("auto") == "cpu"
    assert listener.placed("cuda:1") == "cuda:1"


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first 45 seconds: Dickens."""
    path = tmp_path_factory.mktemp("hear") / "a.wav"
    media.extract(SPEECH, path, end=45.0)
    return path


@pytest.fixture(scope="module")
def ear(base_model: Path) -> Any:
    made = Listener(Weights("base", base_model, "directory"), device="cpu", threads=2)
    yield made
    made.unload()


def test_real_speech_is_heard_word_by_word_and_the_same_in_any_company(ear: Listener, reading: Path) -> None:
    """All windows at once, and one of them alone after a call for another: token by token, time by time the same. That is what resuming stands on."""
    windows = plan(reading)
    assert ear.detect(reading, windows)[0] == "en"
    together = ear.hear(reading, windows, Wish("en"))
    text = " ".join(heard.text for heard in together).lower()
    for words in ("it was the best of times", "the age of foolishness", "the spring of hope", "superlative degree of comparison only"):
        assert words in text
    times = [time for heard in together for segment in heard.segments for word in segment.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert 0 < times[0] < 2
    assert times[-1] == pytest.approx(windows[-1].end, abs=1.5)
    alone = ear.hear(reading, windows[1:2], Wish("en"))
    assert alone == together[1:2]


def test_a_glossary_and_translation_are_passed_on_and_the_model_comes_back_after_it_was_unloaded(ear: Listener, reading: Path) -> None:
    windows = plan(reading)[:1]
    ear.unload()
    (heard,) = ear.hear(
        reading, windows, Wish("en", translate=True, hotwords="Dickens", initial_prompt="A Tale of Two Cities.", words=False)
    )
    assert "times" in heard.text
    assert all(segment.words == () for segment in heard.segments)
    assert (ear.device, ear.compute_type.startswith("int8")) == ("cpu", True)


def test_a_piece_too_short_for_a_word_is_heard_as_nothing(ear: Listener) -> None:
    """The alignment is asked about no token at all."""
    silence = np.zeros(int(0.4 * RATE), dtype=np.float32)
    (found,) = decoding.write(ear.model, [silence], Wish("en"))
    assert found.words == () or found.text
