import pytest

from imece.errors import Permanent
from transcription.listening import LANGUAGES, Heard, Window, checked
from transcription.segments import Segment


@pytest.mark.parametrize(
    ("given", "code"), [("tr", "tr"), (" EN ", "en"), ("en-US", "en"), ("pt_BR", "pt"), (None, None), ("auto", None), ("", None)]
)
def test_languages_are_written_as_whisper_does(given: str | None, code: str | None) -> None:
    assert checked(given) == code


@pytest.mark.parametrize("given", ["klingon", "xx", "turkish"])
def test_a_language_that_nobody_understands_is_refused_in_both_languages(given: str) -> None:
    with pytest.raises(Permanent) as told:
        checked(given)
    assert given in told.value.en
    assert "dil değil" in told.value.tr


def test_the_languages_are_whispers() -> None:
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    assert set(_LANGUAGE_CODES) == LANGUAGES


def test_what_was_heard_in_a_window_is_one_text() -> None:
    heard = Heard(Window(0, 0, 2), (Segment(0, 1, " Merhaba."), Segment(1, 2, " Nasılsınız?")))
    assert heard.text == "Merhaba. Nasılsınız?"
