"""Who may speak to a face, and as whom: only what the gateway has signed, for this request, just now."""

import asyncio
import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from imece import clock, config, face, ids
from imece.contracts import Role
from imece.errors import Misconfigured

AYSE = face.Caller("ayşe@example.com", Role.OPERATOR, ids.new_id(), "Örnek Ticaret A.Ş.", "tr", "f" * 64)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    monkeypatch.setenv("IMECE_HOME", str(tmp_path))
    config.settings.cache_clear()
    face.secret.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    config.settings.cache_clear()
    face.secret.cache_clear()


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    now = clock.now() + timedelta(seconds=seconds)
    monkeypatch.setattr(clock, "now", lambda: now)


def test_what_is_signed_comes_out_again() -> None:
    header = face.sign(AYSE, "pricing", "GET", "/pricing?text=%C4%B1")

    assert header.isascii()
    assert face.verify(header, "pricing", "GET", "/pricing?text=%C4%B1") == AYSE


@pytest.mark.parametrize(
    ("name", "method", "target"),
    [
        ("documents", "GET", "/pricing"),
        ("pricing", "POST", "/pricing"),
        ("pricing", "GET", "/pricing/1"),
        ("pricing", "GET", "/pricing?a=1"),
    ],
)
def test_a_signature_counts_for_one_service_method_and_address(name: str, method: str, target: str) -> None:
    header = face.sign(AYSE, "pricing", "GET", "/pricing")

    with pytest.raises(face.Unsigned):
        face.verify(header, name, method, target)


def test_another_companys_body_under_this_signature_is_refused() -> None:
    rival = face.sign(replace(AYSE, company_id=ids.new_id()), "pricing", "GET", "/pricing")
    body, _, _ = rival.partition(".")
    _, _, signature = face.sign(AYSE, "pricing", "GET", "/pricing").partition(".")

    with pytest.raises(face.Unsigned):
        face.verify(f"{body}.{signature}", "pricing", "GET", "/pricing")


@pytest.mark.parametrize("header", ["", ".", "e30=", "e30=.", "e30=." + "0" * 64, "x" * 9999, "é.é"])
def test_what_is_no_signature_is_refused(header: str) -> None:
    with pytest.raises(face.Unsigned):
        face.verify(header, "pricing", "GET", "/pricing")


@pytest.mark.parametrize(("seconds", "counts"), [(0, True), (29, True), (50, False), (86400, False), (-10, True), (-20, False)])
def test_a_signature_counts_for_half_a_minute(monkeypatch: pytest.MonkeyPatch, seconds: float, counts: bool) -> None:
    """And a little more, either way, because two machines' clocks may differ."""
    header = face.sign(AYSE, "pricing", "GET", "/pricing")
    later(monkeypatch, seconds)

    if counts:
        assert face.verify(header, "pricing", "GET", "/pricing")
    else:
        with pytest.raises(face.Unsigned):
            face.verify(header, "pricing", "GET", "/pricing")


def test_another_secret_signs_for_nobody(environment: pytest.MonkeyPatch) -> None:
    header = face.sign(AYSE, "pricing", "GET", "/pricing")
    environment.setenv("IMECE_FACE_SECRET", "another secret, 0123456789abcdefgh")
    config.settings.cache_clear()
    face.secret.cache_clear()

    with pytest.raises(face.Unsigned):
        face.verify(header, "pricing", "GET", "/pricing")


@pytest.mark.parametrize("weak", ["short", "x" * 64])
def test_a_weak_secret_is_refused_by_name_and_not_shown(environment: pytest.MonkeyPatch, weak: str) -> None:
    environment.setenv("IMECE_FACE_SECRET", weak)
    config.settings.cache_clear()

    with pytest.raises(Misconfigured, match="IMECE_FACE_SECRET") as refused:
        face.secret()
    assert weak not in refused.value.en


def test_on_one_machine_the_secret_is_made_once_for_its_owner(tmp_path: Path) -> None:
    first = face.secret()
    face.secret.cache_clear()

    assert face.secret() == first
    assert len(first) == 64
    assert stat.S_IMODE((tmp_path / "face-secret").stat().st_mode) == 0o600


def test_a_viewer_may_look_and_nobody_is_the_system() -> None:
    assert [role for role in Role if replace(AYSE, role=Role.VIEWER).may(role)] == [Role.VIEWER]
    assert [role for role in Role if replace(AYSE, role=Role.ADMIN).may(role)] == [Role.VIEWER, Role.OPERATOR, Role.ADMIN]


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


def test_a_guarded_face_knows_who_is_asking() -> None:
    header = face.sign(AYSE, "pricing", "GET", "/pricing?deals=1")

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
