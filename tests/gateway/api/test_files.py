"""Files in and out: nothing too large, nothing empty, nothing of others, nothing left behind."""

import hashlib
import resource
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient

from gateway import settings
from gateway.api.files import disposition
from imece import config, ids, storage
from imece.contracts import Role

Firm = Any  #: conftest.Firm
Served = Any  #: conftest.Served
Problem = Callable[[Any, int], dict[str, Any]]


TWO_FILES = b"".join(b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n1\r\n' for _ in range(2)) + b"--x--\r\n"


def stored() -> set[Path]:
    """Everything in the storage folder, folders too."""
    folder = config.settings().home / "storage"
    return set(folder.rglob("*")) if folder.exists() else set()


@pytest.fixture
def small(environment: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cap of 1 MiB, and a spool folder of its own, which is handed over."""
    spool = tmp_path / "spool"
    spool.mkdir()
    environment.setenv("GATEWAY_MAX_UPLOAD", "1MiB")
    environment.setenv("GATEWAY_SPOOL", str(spool))
    settings.forget()
    return spool


def test_a_form_and_a_whole_body_give_the_same_file(client: TestClient, firm: Firm) -> None:
    data = "bakiye;tutar\nÇelik;1.234,56\n".encode() * 1000

    by_form = client.post("/v1/files", files={"file": ("Çelik bakiyeler.csv", data)}, headers=firm.headers())
    by_body = client.post("/v1/files", params={"name": "Çelik bakiyeler.csv"}, content=data, headers=firm.headers())

    for answer in (by_form, by_body):
        assert answer.status_code == 201, answer.text
        body = answer.json()
        assert body["size"] == len(data)
        assert body["sha256"] == hashlib.sha256(data).hexdigest()
        assert body["name"] == "Çelik bakiyeler.csv"
        assert storage.owner(body["key"]) == firm.id
        got = client.get(answer.headers["location"], headers=firm.headers(Role.VIEWER))
        assert got.content == data
        assert got.headers["content-length"] == str(len(data))


def test_a_form_may_say_other_things_before_and_after_its_file(client: TestClient, firm: Firm) -> None:
    answer = client.post("/v1/files", data={"note": "x" * 1000}, files={"file": ("a.csv", b"data")}, headers=firm.headers())

    assert answer.status_code == 201
    assert answer.json()["sha256"] == hashlib.sha256(b"data").hexdigest()


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"", None, 422),
        (b"", "multipart/form-data; boundary=x", 400),
        (b"--x--\r\n", "multipart/form-data; boundary=x", 422),
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nno file\r\n--x--\r\n', "multipart/form-data; boundary=x", 422),
        (b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n\r\n--x--\r\n', "multipart/form-data; boundary=x", 422),
        (b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nhalf', "multipart/form-data; boundary=x", 400),
        (TWO_FILES, "multipart/form-data; boundary=x", 422),
        (b"not a form", "multipart/form-data; boundary=x", 400),
        (b"not a form", "multipart/form-data", 400),
        (b'--x\r\nContent-Disposition: form-data; name="' + b"n" * 70_000 + b'"\r\n\r\n', "multipart/form-data; boundary=x", 400),
        (b'--x\r\nContent-Disposition: form-data; name="n"\r\n\r\n' + b"n" * 70_000, "multipart/form-data; boundary=x", 413),
    ],
)
def test_no_file_is_a_clear_answer_and_leaves_nothing(
    client: TestClient, firm: Firm, small: Path, problem: Problem, content: bytes, content_type: str | None, status: int
) -> None:
    before = stored()

    answer = client.post("/v1/files", content=content, headers=firm.headers() | ({"Content-Type": content_type} if content_type else {}))

    problem(answer, status)
    assert stored() == before
    assert list(small.iterdir()) == []


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("form", [True, False])
def test_too_large_is_413_while_it_comes_and_leaves_nothing(served: Served, firm: Firm, small: Path, announced: bool, form: bool) -> None:
    """By a real server, with and without Content-Length: the client stops sending long before the end."""
    before = stored()
    head = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n' if form else b""
    kind = "multipart/form-data; boundary=x" if form else "application/octet-stream"
    length = f"Content-Length: {500 << 20}" if announced else "Transfer-Encoding: chunked"
    parts = urlsplit(served.url)
    token = firm.tokens[Role.OPERATOR]
    request = (
        f"POST /v1/files HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\nContent-Type: {kind}\r\n{length}\r\n\r\n"
    )
    sent = 0
    with socket.create_connection((str(parts.hostname), parts.port), timeout=20) as connection:
        connection.sendall(request.encode())
        try:
            while sent < 500 << 20:
                piece = head + b"x" * 65536
                head = b""
                connection.sendall(piece if announced else f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                sent += len(piece)
        except OSError:
            pass  # the server has said its word and closed
        answer = b""
        try:
            while b"\r\n\r\n" not in answer and (piece := connection.recv(65536)):
                answer += piece
        except OSError:
            pass

    assert sent < 64 << 20
    assert answer.startswith(b"HTTP/1.1 413") or answer == b""  # a reset may overtake the answer
    assert stored() == before
    assert list(small.iterdir()) == []


def test_a_client_that_goes_away_leaves_nothing(served: Served, firm: Firm, small: Path) -> None:
    before = stored()
    parts = urlsplit(served.url)
    head = f"POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {firm.tokens[Role.OPERATOR]}\r\nContent-Length: 900000\r\n\r\n"
    with socket.create_connection((str(parts.hostname), parts.port)) as connection:
        connection.sendall(head.encode() + b"x" * 500_000)

    assert httpx.get(f"{served.url}/healthz").status_code == 200
    assert stored() == before
    assert list(small.iterdir()) == []


def test_a_large_file_is_never_held_in_memory(served: Served, firm: Firm) -> None:
    def pieces() -> Any:
        for _ in range(90):
            yield b"\0" * (1 << 20)

    httpx.post(f"{served.url}/v1/files", content=b"warm", headers=firm.headers())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = httpx.post(f"{served.url}/v1/files", params={"name": "big.bin"}, content=pieces(), headers=firm.headers(), timeout=60)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

    assert answer.json()["size"] == 90 << 20
    assert grown < 48 * 1024, f"{grown} KiB"
    storage.delete([answer.json()["key"]])


HOSTILE = [
    "../../etc/passwd",
    "/etc/passwd",
    "..\\..\\windows\\win.ini",
    "..",
    ".",
    "a\0b.xlsx",
    "a\r\nSet-Cookie: x=1.xlsx",
    "fatura\u202excod.exe",
    "<script>alert(1)</script>.xlsx",
    '"; filename="evil.exe',
    "report#1",
    "%50 indirim.xlsx",
    "C:\\con",
    "ş" * 400,
    "😀" * 400,
    " ",
    "-rf",
    "~root",
    "'; drop table job; --",
]


def test_hostile_names_are_only_names(served: Served, firm: Firm) -> None:
    folder = (config.settings().home / "storage").resolve()
    with httpx.Client(base_url=served.url, headers=firm.headers()) as client:
        for name in HOSTILE:
            answer = client.post("/v1/files", params={"name": name}, content=b"data")
            assert answer.status_code == 201, (name, answer.text)
            key = answer.json()["key"]
            assert (folder / key).resolve().is_relative_to(folder / str(firm.id) / "uploads"), name
            got = client.get(f"/v1/files/{quote(key)}")
            assert got.content == b"data", name
            assert got.headers["content-disposition"].startswith('attachment; filename="')
            assert not set(got.headers["content-disposition"]) & set("\r\n\0/\\")
            assert "set-cookie" not in got.headers


@pytest.mark.parametrize(
    "key",
    [
        "../../../etc/passwd",
        "/etc/passwd",
        "x",
        f"{'-' * 36}/uploads/{'-' * 36}/a",
        "{company}/uploads/{other}/../../../x",
        "{company}/uploads/{other}/missing.xlsx",
        "{company}/uploads/{other}/a\0",
        "{rival}/uploads/{other}/a.xlsx",
    ],
)
def test_what_is_no_file_of_ours_is_not_found(client: TestClient, firm: Firm, rival: Firm, problem: Problem, key: str) -> None:
    place = key.format(company=firm.id, rival=rival.id, other=ids.new_id())

    problem(client.get(f"/v1/files/{quote(place)}", headers=firm.headers()), 404)


def test_the_whole_installation_reads_every_file_and_says_for_whom_it_writes(
    client: TestClient, firm: Firm, landlord: Firm, problem: Problem
) -> None:
    fault = problem(client.post("/v1/files", content=b"x", headers=landlord.headers()), 422)
    assert fault["errors"][0]["pointer"] == "?company"
    problem(client.post("/v1/files", params={"company": str(ids.new_id())}, content=b"x", headers=landlord.headers()), 404)

    answer = client.post("/v1/files", params={"company": str(firm.id)}, content=b"x", headers=landlord.headers())

    assert storage.owner(answer.json()["key"]) == firm.id
    assert client.get(answer.headers["location"], headers=landlord.headers()).content == b"x"


def test_a_company_writes_for_itself_only(client: TestClient, firm: Firm, rival: Firm, problem: Problem) -> None:
    problem(client.post("/v1/files", params={"company": str(rival.id)}, content=b"x", headers=firm.headers()), 404)


def test_no_browser_ever_runs_a_file(client: TestClient, firm: Firm) -> None:
    key = client.post("/v1/files", params={"name": "page.html"}, content=b"<script>1</script>", headers=firm.headers()).json()["key"]

    headers = client.get(f"/v1/files/{key}", headers=firm.headers()).headers

    assert headers["content-type"] == "application/octet-stream"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-disposition"].startswith("attachment")
    assert "sandbox" in headers["content-security-policy"]


def test_a_full_disk_is_507(client: TestClient, firm: Firm, problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("imece.storage.put", full)

    problem(client.post("/v1/files", content=b"x", headers=firm.headers()), 507)


def test_a_turkish_name_is_plain_for_old_clients_and_exact_for_new_ones() -> None:
    assert (
        disposition("Şubat ığüç.xlsx")
        == "attachment; filename=\"Subat iguc.xlsx\"; filename*=UTF-8''%C5%9Eubat%20%C4%B1%C4%9F%C3%BC%C3%A7.xlsx"
    )
    assert disposition("表.xlsx").startswith('attachment; filename=".xlsx"')


def test_a_range_of_a_file_is_given_to_those_who_may_have_the_whole(client: TestClient, firm: Firm, rival: Firm) -> None:
    stored = client.post("/v1/files", params={"name": "a.mp3"}, content=bytes(range(100)), headers=firm.headers())
    place = stored.headers["location"]
    part = client.get(place, headers=firm.headers(Role.VIEWER) | {"Range": "bytes=10-19"})

    assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
    assert part.headers["content-range"] == "bytes 10-19/100"
    assert client.get(place, headers=rival.headers() | {"Range": "bytes=10-19"}).status_code == 404


def test_what_is_no_key_is_not_found_for_the_whole_installation_either(client: TestClient, landlord: Firm, problem: Problem) -> None:
    for key in ("a", "a/b", f"{landlord.id}/uploads", "%00", f"{landlord.id}/../../etc/passwd"):
        problem(client.get(f"/v1/files/{key}", headers=landlord.headers()), 404)
