"""Claims about what OpenAI's clients may ask, and the shapes of the answers."""

import io
import json
from typing import Any

import pysubs2
import pytest
import webvtt
from openai.types.audio import Transcription, TranscriptionVerbose

from imece.errors import Conflict, Invalid, Transient
from imece.face import Forbidden
from imece.ids import new_id
from transcription.face import speech_shapes as shapes
from transcription.face.intake import Sent
from transcription.face.speech_shapes import Refused
from transcription.models import Recording
from transcription.segments import Segment, Word

SAID = [
    Segment(0, 2, " Merhaba <dünya>.", (Word(0, 1, " Merhaba", 0.9), Word(1, 2, " <dünya>.", 0.8)), -0.2, 0.01, 1.1),
    Segment(3, 5, " Görüşmek üzere.", (Word(3, 4, " Görüşmek", 0.9), Word(4, 5, " üzere.", 0.7)), -0.3, 0.02, 1.2),
]


def sent(*fields: tuple[str, str]) -> Sent:
    return Sent(list(fields), io.BytesIO(b"x"), "a.mp3", 1)


def answered(*fields: tuple[str, str], translate: bool = False) -> Any:
    recording = Recording(id=new_id(), duration=5.2, language="tr")
    return shapes.answer(shapes.read(sent(*fields), translate=translate), recording, SAID)


def test_json_is_the_default() -> None:
    answer = answered()
    read = Transcription.model_validate(json.loads(answer.body), strict=True)
    assert read.text == "Merhaba <dünya>. Görüşmek üzere."
    assert json.loads(answer.body)["usage"] == {"type": "duration", "seconds": 6}
    assert answer.headers["location"].startswith("/v1/transcription/recordings/")


def test_text_and_subtitles_are_plain() -> None:
    assert answered(("response_format", "text")).body.decode() == "Merhaba <dünya>. Görüşmek üzere.\n"
    srt = answered(("response_format", "srt"))
    assert " ".join(one.plaintext for one in pysubs2.SSAFile.from_string(srt.body.decode())).startswith("Merhaba")
    assert srt.headers["content-type"] == "text/plain; charset=utf-8"
    vtt = answered(("response_format", "vtt"))
    assert vtt.headers["content-type"] == "text/vtt; charset=utf-8"
    assert "&lt;dünya&gt;" in webvtt.from_string(vtt.body.decode()).captions[0].text


@pytest.mark.parametrize(
    ("granularities", "segments", "words"), [((), 2, None), (("word",), None, 4), (("segment",), 2, None), (("segment", "word"), 2, 4)]
)
def test_verbose_json_holds_what_was_asked_for(granularities: tuple[str, ...], segments: int | None, words: int | None) -> None:
    fields = [("timestamp_granularities[]", one) for one in granularities]
    read = TranscriptionVerbose.model_validate(json.loads(answered(("response_format", "verbose_json"), *fields).body), strict=True)
    assert (read.language, read.duration) == ("turkish", 5.2)
    assert (read.segments and len(read.segments)) == segments
    assert (read.words and len(read.words)) == words


def test_a_translation_is_english() -> None:
    found = json.loads(answered(("response_format", "verbose_json"), translate=True).body)
    assert (found["task"], found["language"]) == ("translate", "english")


@pytest.mark.parametrize(
    ("given", "model"),
    [
        (None, None),
        ("whisper-1", None),
        ("base", "base"),
        ("whisper-small", "small"),
        ("Systran/faster-whisper-large-v3", "large-v3"),
        ("openai/whisper-large-v3-turbo", "turbo"),
    ],
)
def test_a_model_is_known_under_the_names_it_has_elsewhere(given: str | None, model: str | None) -> None:
    assert shapes.read(sent(*([("model", given)] if given else [])), translate=False).model == model


def test_what_a_form_asks_for_becomes_a_job_before_all_others() -> None:
    wish = shapes.read(
        sent(("language", "Turkish"), ("prompt", "x" * 3000), ("hotwords", "a, b,a"), ("hotwords[]", "c"), ("stream", "true")),
        translate=True,
    )
    asked = wish.contract("key")
    assert (asked.language, asked.translate, asked.priority) == ("tr", True, "high")
    assert asked.hotwords == ("a", "b", "c")
    assert len(asked.initial_prompt or "") == 1000
    assert wish.stream


@pytest.mark.parametrize(
    ("error", "status", "type_"),
    [
        (Invalid("no"), 400, "invalid_request_error"),
        (Forbidden("no"), 403, "permission_error"),
        (Conflict("no"), 409, "invalid_request_error"),
        (Transient("no"), 503, "server_error"),
    ],
)
def test_our_errors_are_said_in_their_shape(error: Any, status: int, type_: str) -> None:
    refused = shapes.refusal(error)
    assert (refused.status, refused.type) == (status, type_)
    assert shapes.error(refused, "en") == {"error": {"message": "no", "type": type_, "param": None, "code": None}}


def test_a_sentence_is_said_in_the_readers_language() -> None:
    with pytest.raises(Refused) as refused:
        shapes.read(sent(("model", "gpt-9")), translate=False)
    assert "diye bir model yok" in shapes.error(refused.value, "tr")["error"]["message"]
    assert "does not exist" in shapes.error(refused.value, "en")["error"]["message"]
