"""Claims about what forms ask for."""

import pytest
from fastapi.exceptions import RequestValidationError

from transcription.face import orders


@pytest.mark.parametrize(
    ("clock", "seconds"),
    [
        ("90", "90"),
        ("1:30", "90"),
        ("1:02:03,5", "3723.5"),
        ("0:00.25", "0.25"),
        ("1:2:3:4", "1:2:3:4"),
        ("a:b", "a:b"),
        (":", ":"),
        ("-1:30", "-1:30"),
    ],
)
def test_a_moment_is_seconds_or_a_clock(clock: str, seconds: str) -> None:
    assert orders.seconds(clock) == seconds


def test_a_form_is_read_with_its_lists_and_moments() -> None:
    fields = [
        ("hotwords[]", "a, b"),
        ("hotwords", "c"),
        ("formats", "srt,docx"),
        ("trim", "exact"),
        ("start", "1:00"),
        ("end", "2:00"),
        ("title", " "),
    ]
    asked = orders.of_form([*fields, ("csrf", "x"), ("recording", "elsewhere")], "key", "tr")
    assert (asked.recording, asked.hotwords, asked.formats) == ("key", ("a", "b", "c"), ("srt", "docx"))
    assert (asked.start, asked.end, asked.title, asked.locale) == (60, 120, None, "tr")


@pytest.mark.parametrize(("field", "value"), [("start", "a:b"), ("colour", "red"), ("formats", "pdf"), ("trim_silence", "maybe")])
def test_a_wrong_field_is_named(field: str, value: str) -> None:
    with pytest.raises(RequestValidationError) as refused:
        orders.of_form([("trim", "fast"), (field, value)], "key", "tr")
    assert refused.value.errors()[0]["loc"][0] == field
