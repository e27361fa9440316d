"""A guarded face tells strangers nothing."""

import asyncio
import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from imece import face
from imece.errors import Conflict


def asked(path: str, *, query: str = "", header: str | None = None, method: str = "GET") -> tuple[int, dict[str, str], Any]:
    """What a guarded face says: status, headers, body."""

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        caller = scope.get("state", {}).get("caller")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(caller.company if caller else None).encode()})

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(face.CALLER.encode(), header.encode("latin-1"))] if header is not None else []
    scope = {"type": "http", "path": path, "query_string": query.encode(), "method": method, "headers": headers}
    asyncio.run(face.Guard(app, "pricing")(scope, lambda: asyncio.Event().wait(), send))
    named = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    return sent[0]["status"], named, json.loads(sent[1]["body"])


def test_a_guarded_face_knows_who_is_asking(ayse: face.Caller) -> None:
    header = face.sign(ayse, "pricing", "GET", "/pricing?deals=1")

    assert asked("/pricing", query="deals=1", header=header) == (200, {}, "Örnek Ticaret A.Ş.")


@pytest.mark.parametrize("header", [None, "", "e30=." + "0" * 64, "\xe9"])
def test_a_guarded_face_tells_strangers_nothing(header: str | None) -> None:
    status, headers, said = asked("/pricing", header=header)

    assert (status, headers["content-type"]) == (401, face.REFUSAL)
    assert said == {"en": "Only the gateway may ask here.", "tr": "Buraya yalnızca ağ geçidi sorabilir.", "errors": []}


def test_a_guarded_face_says_to_anybody_whether_it_is_well() -> None:
    assert asked("/healthz") == (200, {}, None)
    assert asked("/healthz/more")[0] == 401


def test_what_breaks_inside_is_written_down_with_the_requests_number() -> None:
    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise ZeroDivisionError

    scope = {"type": "http", "path": "/healthz", "query_string": b"", "method": "GET", "headers": [(b"x-request-id", b"42")]}
    with capture_logs() as logged:
        asyncio.run(face.Guard(app, "pricing")(scope, lambda: asyncio.Event().wait(), lambda _: asyncio.Event().wait()))

    assert [(line["event"], line["request_id"]) for line in logged] == [("face.unexpected", "42")]


def test_it_is_the_address_as_it_came_that_is_signed() -> None:
    scope = {"path": "/pricing/ı", "raw_path": b"/pricing/%C4%B1", "query_string": b"q=%20"}

    assert face.target(scope) == "/pricing/%C4%B1?q=%20"


def test_a_refusal_that_repeats_half_a_letter_can_be_told() -> None:
    assert json.loads(face.refusal(Conflict("There is no \ud800.", "\ud800 yok.")))["en"] == "There is no ?."
