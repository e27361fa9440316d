"""Claims about recordings that come in a form with their options."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request

from imece import storage
from imece.errors import Invalid
from transcription.face import intake
from transcription.face.intake import Sent, received

BOUNDARY = "grenze"


def form(*parts: tuple[str, str | None, bytes]) -> bytes:
    """The parts as (name, file name, content)."""
    made = b""
    for name, file, content in parts:
        named = f'; filename="{file}"' if file is not None else ""
        made += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + content + b"\r\n"
    return made + f"--{BOUNDARY}--\r\n".encode()


def request(
    body: bytes, piece: int = 7, *, leave_after: int | None = None, kind: str = f"multipart/form-data; boundary={BOUNDARY}"
) -> Request:
    async def pieces() -> AsyncIterator[Any]:
        sent = body if leave_after is None else body[:leave_after]
        for start in range(0, len(sent), piece):
            yield {"type": "http.request", "body": sent[start : start + piece], "more_body": True}
        yield {"type": "http.request", "body": b"", "more_body": False} if leave_after is None else {"type": "http.disconnect"}

    stream = pieces()
    return Request({"type": "http", "method": "POST", "path": "/", "headers": [(b"content-type", kind.encode())]}, lambda: anext(stream))  # type: ignore[arg-type]


def read(of: Request) -> tuple[list[tuple[str, str]], str, bytes | None]:
    async def run() -> tuple[list[tuple[str, str]], str, bytes | None]:
        async with received(of) as sent:
            if sent.file is None:
                return sent.fields, sent.name, None
            sent.file.seek(0)
            content = sent.file.read()
            assert len(content) == sent.size
            return sent.fields, sent.name, content

    return anyio.run(run)


@given(
    st.binary(max_size=3000),
    st.integers(1, 400),
    st.text(st.characters(codec="utf-8", exclude_characters='\r\n"\\\0'), min_size=1, max_size=20),
)
@settings(max_examples=30, deadline=None)
def test_a_file_arrives_byte_by_byte_as_it_was_sent(tmp_path_factory: Any, content: bytes, piece: int, name: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "_PIECE", 512)
        fields, found, read_back = read(request(form(("a", None, b"1"), ("file", name, content), ("b[]", None, "ş".encode())), piece))
    assert fields == [("a", "1"), ("b[]", "ş")]
    assert (found, read_back) == (name, content)


def test_fields_are_asked_for_by_name() -> None:
    sent = Sent([("x[]", " a "), ("x[]", "b"), ("x", ""), ("y", "1"), ("y", " 2 ")])
    assert sent.every("x") == ["a", "b"]
    assert (sent.text("y"), sent.text("x"), sent.text("z")) == ("2", None, None)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (form(("file", "a", b"x"))[:-15], "middle"),
        (b"no form at all", "cannot be read"),
        (form(("file", "a", b"x"), ("more", "b", b"y")), "more than one"),
        (form(("x", None, b"y" * 300_000)), "too much"),
    ],
)
def test_what_is_no_whole_form_is_refused(scratch: Path, body: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        read(request(body, 4096))
    assert list(scratch.iterdir()) == []


def test_another_kind_of_body_is_refused(scratch: Path) -> None:
    with pytest.raises(Invalid, match="multipart"):
        read(request(b"{}", kind="application/json"))


def test_who_leaves_in_the_middle_leaves_nothing_behind(scratch: Path) -> None:
    with pytest.raises(ClientDisconnect):
        read(request(form(("file", "a", b"x" * 5000)), leave_after=3000))
    assert list(scratch.iterdir()) == []


def test_who_falls_silent_is_not_waited_for_for_ever(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_PATIENCE", 0.05)

    async def silence() -> Any:
        await anyio.sleep_forever()

    silent = Request(
        {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-type", b"multipart/form-data; boundary=x")]}, silence
    )
    with pytest.raises(Invalid, match="minute"):
        read(silent)


def test_a_file_is_stored_as_the_companys(database: Any, company: UUID, scratch: Path) -> None:
    key = Sent(file=io.BytesIO(b"sound"), name="../../Toplantı.mp3", size=5).store(company)
    assert storage.owner(key) == company
    assert storage.get(key) == b"sound"
    for nothing in (Sent(), Sent(file=io.BytesIO(), size=0)):
        with pytest.raises(Invalid):
            nothing.store(company)
