import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import pytest

from transcription import media
from transcription.media import Unreadable, opening


@pytest.fixture
def trap() -> Iterator[tuple[str, list[str]]]:
    """An address on this machine, and whatever is asked of it."""
    asked: list[str] = []

    class Trap(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Trap)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join()


def _playlists(url: str, local: Path) -> dict[str, str]:
    return {
        "m3u8 to the network": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{url}/seg.ts\n#EXT-X-ENDLIST\n",
        "m3u8 to a file": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{local}\n#EXT-X-ENDLIST\n",
        "concat": f"ffconcat version 1.0\nfile '{local}'\nfile '{url}/a.mp4'\n",
        "session description": f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {url.rpartition(':')[2]} RTP/AVP 0\n",
        "dash": f"<?xml version='1.0'?><MPD><Period><BaseURL>{url}/</BaseURL></Period></MPD>",
    }


@pytest.mark.parametrize("kind", _playlists("http://h:1", Path("x")))
def test_a_playlist_opens_nothing_whatever_it_is_called(trap: tuple[str, list[str]], made: Any, tmp_path: Path, kind: str) -> None:
    """Neither the network nor another file of ours; and the sentence says what it was."""
    url, asked = trap
    local = made("secret.mp4", video="libx264")
    path = tmp_path / "meeting.mp4"
    path.write_text(_playlists(url, local)[kind])
    with pytest.raises(Unreadable, match="playlist that points elsewhere"):
        opening.opened(path)
    assert asked == []


def test_the_trap_does_catch_whoever_opens_a_playlist_without_our_lists(trap: tuple[str, list[str]], tmp_path: Path) -> None:
    """Otherwise the test above would prove nothing."""
    url, asked = trap
    path = tmp_path / "meeting.m3u8"
    path.write_text(_playlists(url, path)["m3u8 to the network"])
    with path.open("rb") as file, pytest.raises((OSError, av.error.FFmpegError)), av.open(file, format="hls", timeout=5) as container:
        next(container.decode(audio=0))
    assert asked == ["/seg.ts"]


@pytest.mark.parametrize(("name", "tail"), [("concat:", ""), ("subfile,,start,0,end,0,,:", ""), ("http://127.0.0.1:9/a.mp4", "")])
def test_a_name_is_a_file_and_no_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, tail: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Unreadable, match="no such file"):
        opening.opened(Path(f"{name}{tail}"))


@pytest.mark.parametrize(
    ("content", "en", "tr"),
    [
        (b"", "empty (0 bytes)", "Dosya boş"),
        ("Merhaba, toplantı notları aşağıda.\n".encode() * 200, "This is a text", "bu bir metin"),
        (bytes(range(256)) * 40, "not a recording in a format we know", "tanıdığımız biçimlerden"),
        (b"PK\x03\x04" + bytes(range(256)) * 20, "not a recording", "kayıt değil"),
    ],
    ids=["0 bytes", "text", "garbage", "zip"],
)
def test_what_is_no_recording_is_told_in_one_sentence_in_both_languages(tmp_path: Path, content: bytes, en: str, tr: str) -> None:
    path = tmp_path / "meeting.mp4"
    path.write_bytes(content)
    with pytest.raises(Unreadable) as told:
        media.probe(path)
    assert en in told.value.en
    assert tr in told.value.tr
    assert "\n" not in told.value.en


def test_an_mp4_cut_off_before_its_index_says_so(made: Any) -> None:
    path = made("a.mp4", video="libx264", seconds=6.0)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Unreadable, match=r"before its index \(moov\)"):
        opening.opened(path)


def test_a_header_is_described_and_a_cover_is_no_video(made: Any) -> None:
    path = made("a.mkv", video="mpeg4", audio="libopus")
    with opening.opened(path) as container:
        found = opening.described(container, path)
    assert [stream.kind for stream in found.streams] == ["video", "audio"]
    assert found.audio
    assert (found.audio.rate, found.audio.channels) == (48_000, 1)
    assert found.video
    assert found.video.frames_per_second == 25


def test_only_pictures_means_no_sound(made: Any) -> None:
    path = made("a.mp4", video="libx264", audio=None)
    with opening.opened(path) as container, pytest.raises(Unreadable, match="no audio stream"):
        opening.sound_of(container)
