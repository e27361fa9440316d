import asyncio
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from gateway import app


def test_it_is_built_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr("imece.db.engine", refused)

    assert app.build().routes


def test_old_things_are_forgotten_now_and_then_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    enough = asyncio.Event()

    def prune() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("x", {}, Exception("away"))
        loop.call_soon_threadsafe(enough.set)

    monkeypatch.setattr(app, "_HOUR", 0.01)
    monkeypatch.setattr("gateway.logins.prune", prune)

    async def scenario() -> None:
        nonlocal loop
        loop = asyncio.get_running_loop()
        tidying = asyncio.create_task(app._tidy())
        await asyncio.wait_for(enough.wait(), 5)
        tidying.cancel()

    loop: asyncio.AbstractEventLoop
    asyncio.run(scenario())
    assert len(calls) >= 2


def test_static_files_are_there_for_anybody_and_nothing_else_is(client: TestClient) -> None:
    for name in ("imece.css", "imece.js", "imece.svg"):
        assert client.get(f"/static/{name}").status_code == 200
    assert client.get("/static/../pages.py").status_code in (401, 404)
    assert client.get("/static/%2e%2e/pages.py").status_code == 404
    assert client.get("/favicon.ico").headers["location"] == "/static/imece.svg"
