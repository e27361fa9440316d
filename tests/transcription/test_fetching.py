"""What is fetched from an address, from a server of this machine; what is not."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from imece.errors import Permanent, Transient
from transcription import fetching
from transcription.fetching import Terms

BODY = bytes(range(256)) * 4096  # a megabyte
HERE = ("127.0.0.0/8",)
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """A server whose answers each test writes itself; `asked` are the Range headers that came."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[str | None] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The next answer; the last one for ever."""
        self.asked.append(request.headers.get("Range"))
        turn = min(len(self.asked), len(self.answers)) - 1
        return await self.answers[turn](request)


@pytest.fixture
def site() -> Iterator[Site]:
    """It listens in a thread of its own."""
    made, loop, ready = Site(), asyncio.new_event_loop(), threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))
    made.url = f"http://127.0.0.1:{listening.getsockname()[1]}/talk.mp3"

    async def serve() -> None:
        app = web.Application()
        app.router.add_route("*", "/{any:.*}", made.answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        ready.set()
        await stop.wait()
        await runner.cleanup()

    stop = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait(10)
    yield made
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    loop.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two connections."""
    monkeypatch.setattr(fetching, "_PAUSE", 0.0)


async def whole(request: web.Request) -> web.StreamResponse:
    """The file, or what a Range asks for of it."""
    wanted = request.headers.get("Range")
    if wanted and request.headers.get("If-Range") == '"v1"':
        begin = int(wanted.removeprefix("bytes=").partition("-")[0])
        head = {"Content-Range": f"bytes {begin}-{len(BODY) - 1}/{len(BODY)}", "ETag": '"v1"'}
        return web.Response(status=206, body=BODY[begin:], headers=head, content_type="audio/mpeg")
    return web.Response(body=BODY, headers={"ETag": '"v1"'}, content_type="audio/mpeg")


def cut_at(count: int, etag: str = '"v1"') -> Answer:
    """Promises all of it and hangs up after `count` bytes."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(BODY)), "Content-Type": "audio/mpeg", "ETag": etag})
        await response.prepare(request)
        await response.write(BODY[:count])
        assert request.transport is not None
        request.transport.close()
        return response

    return answer


def to(address: str) -> Answer:
    """A redirect."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": address})

    return answer


def says(status: int, body: bytes = b"no", kind: str = "text/plain") -> Answer:
    """That."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=body, content_type=kind)

    return answer


def fetch(site: Site, path: Path, *, most: int = 1 << 30, seconds: float = 20, allowed: tuple[str, ...] = HERE, url: str = "") -> int:
    return fetching.fetch(url or site.url, path, Terms(most, seconds, allowed), lambda *_: None)


def test_a_file_is_fetched_whole_and_its_progress_told(site: Site, tmp_path: Path) -> None:
    site.answers, told = [whole], []
    size = fetching.fetch(site.url, tmp_path / "x", Terms(1 << 30, 20, HERE), lambda done, of: told.append((done, of)))
    assert (tmp_path / "x").read_bytes() == BODY
    assert (size, told[-1]) == (len(BODY), (len(BODY), len(BODY)))
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_after_a_cut_it_goes_on_where_it_was(site: Site, tmp_path: Path) -> None:
    site.answers = [cut_at(300_000), whole]
    assert fetch(site, tmp_path / "x") == len(BODY)
    assert (tmp_path / "x").read_bytes() == BODY
    begin = int((site.asked[1] or "").removeprefix("bytes=").removesuffix("-"))
    assert 0 < begin <= 300_000


def test_another_attempt_goes_on_where_the_last_one_gave_up(site: Site, tmp_path: Path) -> None:
    site.answers = [cut_at(300_000), says(503)]
    with pytest.raises(Transient, match="503"):
        fetch(site, tmp_path / "x")
    site.answers, site.asked = [whole], []
    assert fetch(site, tmp_path / "x") == len(BODY)
    assert site.asked[0] is not None
    assert (tmp_path / "x").read_bytes() == BODY


def test_a_beginning_is_never_put_before_another_files_end(site: Site, tmp_path: Path) -> None:
    """The file has changed between the two: the other side gives it whole, and what was there goes."""
    site.answers = [cut_at(300_000, '"v0"'), whole]
    fetch(site, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == BODY


def test_what_breaks_off_for_ever_is_for_later(site: Site, tmp_path: Path) -> None:
    site.answers = [cut_at(1000, "")]
    with pytest.raises(Transient, match="breaks off"):
        fetch(site, tmp_path / "x")
    assert len(site.asked) == 4


@pytest.mark.parametrize(
    "address", ["http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "http://127.0.0.1:1/x", "ftp://example.com/x"]
)
def test_a_redirect_is_looked_at_like_an_address(site: Site, tmp_path: Path, address: str) -> None:
    """From an address that may be asked to one that may not: only this server's own is allowed here."""
    host = site.url.split("/")[2].split(":")[0]
    site.answers = [to(address)]
    with pytest.raises(Permanent):
        fetch(site, tmp_path / "x", allowed=(f"{host}/32",) if "127.0.0.1" not in address else (), url=site.url)
    assert not (tmp_path / "x").exists()


def test_this_machine_is_not_asked(site: Site, tmp_path: Path) -> None:
    site.answers = [whole]
    for url in (site.url, site.url.replace("127.0.0.1", "localhost"), site.url.replace("127.0.0.1", "0x7f.1")):
        with pytest.raises(Permanent):
            fetch(site, tmp_path / "x", allowed=(), url=url)
    assert site.asked == []


def test_redirects_are_followed_and_not_for_ever(site: Site, tmp_path: Path) -> None:
    site.answers = [to("/other"), whole]
    assert fetch(site, tmp_path / "x") == len(BODY)
    site.answers, site.asked = [to("/again")], []
    with pytest.raises(Permanent, match="on and on"):
        fetch(site, tmp_path / "y")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (says(404), "404"),
        (says(403), "403"),
        (says(200, b"<html>", "text/html"), "web page"),
        (says(200, b"", "audio/mpeg"), "empty"),
    ],
    ids=["404", "403", "page", "empty"],
)
def test_what_is_no_recording_is_refused_in_one_sentence(site: Site, tmp_path: Path, answer: Answer, words: str) -> None:
    site.answers = [answer]
    with pytest.raises(Permanent, match=words) as refused:
        fetch(site, tmp_path / "x")
    assert refused.value.tr != refused.value.en


def test_nothing_larger_than_may_be_is_taken_whatever_is_promised(site: Site, tmp_path: Path) -> None:
    site.answers = [whole]
    with pytest.raises(Permanent, match="larger"):
        fetch(site, tmp_path / "x", most=1000)
    assert not (tmp_path / "x").exists(), "it said how large it is, so nothing was taken"

    async def unending(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "audio/mpeg"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        while request.transport is not None:
            await response.write(BODY)
        return response

    site.answers, site.asked = [unending], []
    with pytest.raises(Permanent, match="larger"):
        fetch(site, tmp_path / "y", most=3 << 20)
    assert (tmp_path / "y").stat().st_size <= 3 << 20


def test_what_takes_too_long_is_given_up(site: Site, tmp_path: Path) -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "audio/mpeg"})
        await response.prepare(request)
        while request.transport is not None and not request.transport.is_closing():
            await response.write(b"x")
            await asyncio.sleep(0.02)
        return response

    site.answers = [slow]
    with pytest.raises(Permanent, match="longer than"):
        fetch(site, tmp_path / "x", seconds=0.5)


def test_a_recording_at_an_address_becomes_text(site: Site, desk: Any, setting: Any, tmp_path: Path) -> None:
    """By the jobs: fetched, kept under a name of ours, transcribed, and its source gone at the end."""
    from conftest import sound

    data = sound(tmp_path / "talk", 12.0).read_bytes()

    async def talk(_request: web.Request) -> web.StreamResponse:
        return web.Response(
            body=data, headers={"ETag": '"t"', "Content-Disposition": 'attachment; filename="../../etc/passwd"'}, content_type="audio/wav"
        )

    site.answers = [talk]
    setting(allowed_networks="127.0.0.0/8")
    job = desk.ask(site.url)
    desk.work()
    result = desk.done(job)
    assert result["segments"] == 6
    assert desk.sql("select title, source_key, address is not null from transcription.recording") == [("talk", None, True)]


def test_an_address_that_may_not_be_asked_fails_the_recording_with_that_sentence(desk: Any) -> None:
    job = desk.ask("http://127.0.0.1:9/talk.mp3")
    desk.work()
    found = desk.job(job)
    assert (found.state, found.error["tr"]) == ("failed", "Bu, özel bir ağın adresi.")
