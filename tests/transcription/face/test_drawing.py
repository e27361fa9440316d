"""Claims about how words and states are drawn."""

from typing import Any

import pytest

from imece.ledger import State
from transcription.face import drawing, words
from transcription.models import Recording, Segment, Stage
from transcription.recordings import Standing

CONTEXT: Any = {"locale": "tr"}


def test_a_text_without_times_is_drawn_as_it_is() -> None:
    row = Segment(t0=0, t1=1, text="a & <b>", words=[], marks={})
    assert drawing.worded(CONTEXT, row) == "a &amp; &lt;b&gt;"


def test_only_words_that_the_recogniser_was_not_sure_of_are_marked() -> None:
    timed = [{"start": 0, "end": 1, "text": " emin", "probability": 0.9}, {"start": 1, "end": 2, "text": " değil", "probability": 0.2}]
    drawn = drawing.worded(CONTEXT, Segment(t0=0, t1=2, text="emin değil", words=timed, marks={}))
    assert drawn == '<span data-t="0.00">emin</span> <span data-t="1.00" class="unsure" title="emin değil: 20%">değil</span>'


@pytest.mark.parametrize("state", State)
def test_every_state_of_a_job_has_a_word(state: State) -> None:
    assert all(words.STATES[state])


def test_while_it_is_at_work_its_stage_says_it_better() -> None:
    at_work = Standing(Recording(stage=Stage.LISTENING), State.WAITING, 0, None, None, None)
    assert words.state_of(at_work) == ("Listening", "Dinleniyor")
    assert words.state_of(Standing(Recording(stage=Stage.LISTENING), State.FAILED, 0, None, None, None)) == ("Failed", "Başarısız")


def test_a_bigger_model_is_the_next_one() -> None:
    assert [words.bigger(model) for model in ("base", "large-v3", "unknown")] == ["small", "large-v3", "small"]
