import numpy as np
import pytest

from transcription.listening import doubts
from transcription.listening.decoding import Written
from transcription.segments import Word


def written(text: str = " Merhaba.", logprob: float = -0.2, silence: float = 0.0, ratio: float = 1.0) -> Written:
    return Written(text, (), logprob, silence, ratio)


@pytest.mark.parametrize(
    ("text", "doubtful"),
    [(written(), False), (written(ratio=2.6), True), (written(logprob=-1.2), True), (written("", logprob=-1.2), False)],
    ids=["sure", "loop", "guess", "nothing"],
)
def test_loops_and_guesses_deserve_a_second_try(text: Written, doubtful: bool) -> None:
    assert doubts.doubtful(text) is doubtful


@pytest.mark.parametrize(
    ("text", "nothing"),
    [
        (written(), False),
        (written(""), True),
        (written(" ..."), True),
        (written(" [?]", silence=0.9), True),
        (written(" Evet.", logprob=-1.3, silence=0.8), True),
        (written(" Altyazı M.K.", silence=0.4), True),
        (written(" İzlediğiniz için teşekkürler.", logprob=-0.7), True),
        (written(" Thank you for watching!", logprob=-0.6), True),
        (written(" Thank you for watching!", logprob=-0.1), False),
        (written(" Teşekkürler, altyazı hazır.", silence=0.5), False),
    ],
)
def test_what_whisper_makes_of_silence_is_nothing_said(text: Written, nothing: bool) -> None:
    """And what somebody says who is sure of it is kept, even if it is such a phrase."""
    assert doubts.nothing_said(text) is nothing


def test_the_better_of_two_does_not_loop_then_says_something_then_is_surer() -> None:
    loop, empty, poor, good = written(ratio=3.0, logprob=-0.1), written("", 0.0), written(logprob=-1.1), written(logprob=-0.4)
    assert doubts.better(loop, poor) is poor
    assert doubts.better(poor, good) is good
    assert doubts.better(empty, poor) is poor


def test_the_detector_is_asked_only_where_words_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speech of a second in a hole of 3 s is a hole; silence is none; pauses between words are not even looked at."""
    asked = []

    def speech(sound: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> list[tuple[float, float]]:
        asked.append(len(sound) / 16_000)
        return [(1.0, 2.2)] if len(asked) == 1 else []

    monkeypatch.setattr(doubts, "speech_in", speech)
    words = [Word(0.1, 1.0, " a"), Word(2.0, 3.0, " b"), Word(6.0, 7.0, " c")]
    found = doubts.holes(np.zeros(20 * 16_000, dtype=np.float32), words, 20.0)
    assert asked == [pytest.approx(3.0), pytest.approx(13.0)]
    assert found == [(pytest.approx(3.8), pytest.approx(5.4))]
