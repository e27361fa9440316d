"""What is held in memory is small, and whoever sends more is told so, whatever shape it comes in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import anyio
import pytest
from fastapi import APIRouter, Body, Request
from fastapi.testclient import TestClient
from starlette.exceptions import HTTPException

from imece import face
from imece.face import app, bodies

pages = APIRouter(prefix="/pricing")


@pages.post("/form")
async def form(request: Request) -> int:
    async with request.form() as said:
        return len(said)


@pages.post("/json")
def json(said: Annotated[dict[str, Any], Body()]) -> int:
    return len(said)


@pages.post("/large/file")
async def file(request: Request) -> int:
    return sum([len(piece) async for piece in request.stream()])


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(app.build("pricing", tmp_path, pages=[pages], large=["/pricing/large/"])) as made:
        yield made


def ask(client: TestClient, ayse: face.Caller, path: str, **more: Any) -> Any:
    return client.post(path, headers={face.CALLER: face.sign(ayse, "pricing", "POST", path)}, **more)


@pytest.mark.parametrize("size", [bodies.LARGEST // 2, 3 * bodies.LARGEST])
def test_a_body_is_as_large_as_its_address_takes(client: TestClient, ayse: face.Caller, size: int) -> None:
    text = "x" * size
    status = 200 if size < bodies.LARGEST else 413

    for path, body in (
        ("form", {"files": {f"f{n}": (None, text[: size // 4]) for n in range(4)}}),
        ("form", {"files": {"f": ("a.bin", text)}}),
        ("form", {"data": {f"f{n}": text[: size // 8] for n in range(8)}}),
        ("json", {"json": {"text": text}}),
    ):
        assert ask(client, ayse, f"/pricing/{path}", **body).status_code == status, (path, list(body))
    assert ask(client, ayse, "/pricing/large/file", content=text).json() == size


@pytest.mark.parametrize(("to_its_end", "left"), [(False, 2), (True, 0)])
def test_what_is_too_much_is_refused_at_once_or_when_the_rest_has_been_dropped(to_its_end: bool, left: int) -> None:
    coming = [{"type": "http.request", "body": b"12345", "more_body": n < 4} for n in range(5)]

    async def receive() -> Any:
        return coming.pop(0)

    async def read() -> None:
        counted = bodies.counted(receive, 14, to_its_end=to_its_end)
        for _ in range(2):
            assert (await counted())["body"] == b"12345"
        with pytest.raises(HTTPException) as refused:
            await counted()
        assert refused.value.status_code == 413

    anyio.run(read)
    assert len(coming) == left


def test_whoever_goes_away_is_not_waited_for() -> None:
    coming = [{"type": "http.request", "body": b"12345", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return coming.pop(0)

    async def read() -> None:
        assert (await bodies.counted(receive, 3, to_its_end=True)())["type"] == "http.disconnect"

    anyio.run(read)
