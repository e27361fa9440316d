"""What pages of all faces share: their language, their title, how times and numbers are written."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError
from starlette.requests import Request

from imece import clock, face
from imece.face import drawing

PAGE = """{{ say("Hello", "Merhaba") }} {{ name }} {{ csrf }} {{ may_operate }} {{ may_administer }} {{ colour|colour }} {{ here }}"""


def request(reader: face.Reader) -> Request:
    made = Request(
        {"type": "http", "method": "GET", "path": "/x", "query_string": b"", "headers": [], "server": ("x", 80), "scheme": "http"}
    )
    made.state.caller = reader
    return made


@pytest.fixture
def drawn(tmp_path: Path) -> drawing.Drawing:
    (tmp_path / "page.html").write_text(PAGE)
    (tmp_path / "part.html").write_text("{{ 1234567|number }} {{ 0.4|percent }} {{ missing }}")
    return drawing.Drawing(tmp_path, filters={"colour": drawing.word({"red": ("red", "kırmızı")})})


def test_a_page_speaks_its_readers_language(drawn: drawing.Drawing, ayse: face.Caller) -> None:
    page = drawn.page(request(ayse), "page.html", ("Hello", "Selâm"), name="<Ayşe>", colour="red")

    assert bytes(page.body).decode() == f"Merhaba &lt;Ayşe&gt; {'f' * 64} True False kırmızı /x"
    assert (page.headers[face.TITLE], page.headers["content-language"]) == ("Sel%C3%A2m", "tr")


def test_nobody_gets_no_token_and_may_do_nothing(drawn: drawing.Drawing) -> None:
    page = drawn.page(request(face.Nobody("en")), "page.html", ("Hello", "Selâm"), status=410, name="", colour="blue")

    assert bytes(page.body).decode() == "Hello   False False blue /x"
    assert (page.status_code, page.headers[face.TITLE]) == (410, "Hello")


def test_a_page_may_have_a_language_of_its_own(drawn: drawing.Drawing) -> None:
    page = drawn.page(request(face.Nobody("en")), "page.html", ("Hello", "Merhaba"), language="tr", name="", colour="red")

    assert page.headers["content-language"] == "tr"
    assert page.headers[face.TITLE] == "Merhaba"
    assert bytes(page.body).decode().startswith("Merhaba")


def test_a_name_that_nobody_gave_is_an_error_and_not_an_empty_place(drawn: drawing.Drawing, ayse: face.Caller) -> None:
    with pytest.raises(UndefinedError):
        drawn.part(request(ayse), "part.html")


def test_a_part_has_no_title(drawn: drawing.Drawing, ayse: face.Caller) -> None:
    part = drawn.part(request(ayse), "part.html", missing="")

    assert bytes(part.body).decode() == "1.234.567 %0 "
    assert face.TITLE not in part.headers


NOON = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "tr", "en"),
    [
        (None, "–", "–"),
        (NOON, "12:00", "12:00"),
        (datetime(2026, 11, 28, 21, 30, tzinfo=UTC), "00:30", "00:30"),
        (datetime(2026, 11, 28, 20, 59, tzinfo=UTC), "28.11.2026 23:59", "28 Nov 2026 23:59"),
    ],
)
def test_todays_times_come_without_the_date(monkeypatch: pytest.MonkeyPatch, at: Any, tr: str, en: str) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)

    assert (drawing.moment(at, "tr"), drawing.moment(at, "en")) == (tr, en)


@pytest.mark.parametrize(
    ("seconds", "tr", "en"),
    [
        (0, "0 sn", "0 s"),
        (119, "119 sn", "119 s"),
        (120, "2 dk", "2 min"),
        (7199, "119 dk", "119 min"),
        (11_100, "3 sa 05 dk", "3 h 05 min"),
        (345_600, "4 gün", "4 days"),
        (90_000_000, "1.042 gün", "1,042 days"),
    ],
)
def test_spans_are_as_short_as_they_may_be(seconds: int, tr: str, en: str) -> None:
    assert drawing.span(timedelta(seconds=seconds), "tr") == tr
    assert drawing.span(timedelta(seconds=seconds), "en") == en
    assert drawing.span(None, "tr") == "–"


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert (drawing.count(10_000, "tr"), drawing.count(10_000, "en")) == ("10.000", "10,000")
    assert (drawing.percent(Decimal("39.6"), "tr"), drawing.percent(12, "en")) == ("%40", "12%")
    assert (drawing.decimal(Decimal("4.5"), "tr"), drawing.decimal(4.5, "en")) == ("4,5", "4.5")
