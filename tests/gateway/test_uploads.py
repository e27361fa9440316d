"""What a real client can hardly be made to do; the rest is in api/test_files.py."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from starlette.requests import Request

from gateway import settings, uploads
from gateway.refusals import Refusal

Firm = Any  #: conftest.Firm


def request(receive: Callable[[], Any]) -> Request:
    return Request({"type": "http", "method": "POST", "path": "/v1/files", "headers": [], "query_string": b""}, receive)


def test_a_client_that_falls_silent_is_not_waited_for_for_ever(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_PATIENCE", 0.01)

    async def silence() -> Any:
        await asyncio.Event().wait()

    with pytest.raises(Refusal) as refused:
        asyncio.run(uploads.receive(request(silence), firm.id, None))
    assert refused.value.status == 408


def test_the_cap_counts_bytes_not_pieces(firm: Firm, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("GATEWAY_MAX_UPLOAD", "10")
    settings.forget()

    def body(*sizes: int) -> Callable[[], Any]:
        pieces = iter(sizes)

        async def receive() -> dict[str, Any]:
            size = next(pieces, None)
            return {"type": "http.request", "body": b"x" * (size or 0), "more_body": size is not None}

        return receive

    stored = asyncio.run(uploads.receive(request(body(4, 0, 6)), firm.id, "a"))
    assert stored.size == 10
    with pytest.raises(Refusal) as refused:
        asyncio.run(uploads.receive(request(body(4, 7, 1)), firm.id, "a"))
    assert refused.value.status == 413


@pytest.mark.parametrize(("cap", "said"), [(None, "2 GB"), ("100MiB", "100 MB"), ("1.5GiB", "1.5 GB"), ("1GiB", "1 GB")])
def test_the_cap_is_said_as_people_say_it(environment: pytest.MonkeyPatch, cap: str | None, said: str) -> None:
    if cap:
        environment.setenv("GATEWAY_MAX_UPLOAD", cap)
        settings.forget()

    assert uploads.limit() == said
