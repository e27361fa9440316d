"""A recording is given whole or in the range a player asks for."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from imece import config, ids, storage
from imece.errors import NotFound
from imece.face import media

DATA = bytes(range(256)) * 8


@pytest.fixture
def key(environment: pytest.MonkeyPatch) -> Iterator[str]:
    storage._store.cache_clear()
    made = storage.new_key(ids.new_id(), "media", "a.mp3")
    storage.put(made, DATA)
    yield made
    storage._store.cache_clear()


@pytest.fixture
def ask(key: str) -> Iterator[Callable[..., Any]]:
    app = FastAPI()

    @app.get("/a")
    def given(request: Request) -> Any:
        return media.answer(request, key, "audio/mpeg", {"X-More": "1"})

    with TestClient(app) as client:
        yield lambda **headers: client.get("/a", headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_the_whole_says_that_ranges_may_be_had(ask: Callable[..., Any]) -> None:
    answer = ask()

    assert (answer.status_code, answer.content) == (200, DATA)
    assert (answer.headers["accept-ranges"], answer.headers["content-length"]) == ("bytes", "2048")
    assert (answer.headers["content-type"], answer.headers["x-more"]) == ("audio/mpeg", "1")


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-", 0, 2048),
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=2000-9999999", 2000, 2048),
        ("bytes=2047-", 2047, 2048),
        ("bytes=-48", 2000, 2048),
        ("bytes=-99999", 0, 2048),
    ],
)
def test_a_range_is_206_and_says_where_it_lies(ask: Callable[..., Any], asked: str, start: int, end: int) -> None:
    answer = ask(range=asked)

    assert (answer.status_code, answer.content) == (206, DATA[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/2048"
    assert answer.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("asked", ["bytes=2048-", "bytes=2048-4000", "bytes=-0", "bytes=99999999999999999-"])
def test_what_lies_behind_the_end_is_416(ask: Callable[..., Any], asked: str) -> None:
    answer = ask(range=asked)

    assert (answer.status_code, answer.headers["content-range"], answer.content) == (416, "bytes */2048", b"")


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=-", "bytes=0-1,5-6", "items=0-1", "bytes=a-b", "bytes", "", "bytes=٠-١".encode()])
def test_what_is_no_single_range_gets_the_whole(ask: Callable[..., Any], asked: Any) -> None:
    assert (ask(range=asked).status_code, ask(range=asked).content) == (200, DATA)


def test_a_file_that_has_changed_in_between_comes_whole(ask: Callable[..., Any], key: str) -> None:
    etag = ask().headers["etag"]
    assert ask(range="bytes=0-3", if_range=etag).status_code == 206
    storage.put(key, DATA + b"x")

    assert ask(range="bytes=0-3", if_range=etag).status_code == 200
    assert ask().headers["etag"] != etag


def test_what_is_not_there_is_said_before_anything_is_sent(environment: pytest.MonkeyPatch) -> None:
    storage._store.cache_clear()
    config.settings.cache_clear()
    request = Request({"type": "http", "headers": []})
    with pytest.raises(NotFound):
        media.answer(request, storage.new_key(ids.new_id(), "media", "b.mp3"), "audio/mpeg")
