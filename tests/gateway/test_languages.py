import pytest

from gateway import languages
from imece.contracts import Contract
from imece.contracts.notify import SendEmail


@pytest.mark.parametrize(
    ("header", "chosen", "expected"),
    [
        (None, None, "tr"),
        ("", None, "tr"),
        ("en", None, "en"),
        ("de-DE,en;q=0.5,tr;q=0.8", None, "tr"),
        ("en-US,en;q=0.9", None, "en"),
        ("fr, *;q=0.1", None, "tr"),
        ("tr;q=0, en;q=0.1", None, "en"),
        ("en", "tr", "tr"),
        ("en", "xx", "en"),
        ("en;q=abc", None, "tr"),
        ("," * 5000 + "en", None, "tr"),
    ],
)
def test_the_readers_language_is_the_first_of_theirs_that_we_speak(header: str | None, chosen: str | None, expected: str) -> None:
    assert languages.wanted(header, chosen) == expected


def test_a_note_is_given_in_the_other_language_rather_than_not_at_all() -> None:
    assert languages.of({"tr": "mektup", "en": "letters"}, "en") == "letters"
    assert languages.of({"tr": "mektup"}, "en") == "mektup"
    assert languages.of(None, "tr") is None
    assert languages.of({}, "tr") is None


def test_what_pydantic_says_is_said_in_turkish_too() -> None:
    body = b'{"to": 3, "subject": "", "text": "x", "locale": "de", "extra": 1}'
    faults = _faults(SendEmail, body)

    assert {"Metin bekleniyor.", "En az 1 karakter olmalı.", "Şunlardan biri olmalı: 'tr' or 'en'", "Böyle bir alan yok."} <= faults


def _faults(contract: type[Contract], body: bytes) -> set[str]:
    from pydantic import ValidationError

    with pytest.raises(ValidationError) as refused:
        contract.model_validate_json(body)
    return {languages.fault(error, "tr") for error in refused.value.errors()}


def test_every_title_has_a_turkish_word() -> None:
    for status in (400, 401, 403, 404, 405, 408, 409, 413, 422, 429, 500, 503, 507):
        assert languages.title(status, "English", "tr") != "English"
        assert languages.title(status, "English", "en") == ("English" if status != 422 else "Not a valid request")
