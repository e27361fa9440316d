import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from imece import config
from transcription import cli, listening, media, transcribe_cli

EXAMPLE = Path(__file__).parents[2] / "examples" / "readings.mp4"
run = CliRunner()


@pytest.fixture(autouse=True)
def scratch_is_empty(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Whatever happens, nothing is left behind."""
    place = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr(transcribe_cli.tempfile, "tempdir", str(place))
    monkeypatch.setattr(transcribe_cli.signal, "signal", lambda *_: None)
    config.settings.cache_clear()
    yield
    assert list(place.iterdir()) == []


def test_real_speech_becomes_json_with_words(base_model: Path, tmp_path: Path) -> None:
    """Eleven seconds of Kennedy, by a model in a folder, without any stack."""
    clip = tmp_path / "jfk.wav"
    media.extract(EXAMPLE, clip, start=73.0)
    done = run.invoke(cli.app, ["transcribe", str(clip), "--model", str(base_model), "--format", "json"])
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["language"] == "en"
    assert found["duration"] == pytest.approx(12.4, abs=1)
    assert "ask what you can do for your country" in found["text"]
    for segment in found["segments"]:
        assert {"start", "end", "text", "words"} <= set(segment)
        assert segment["start"] <= segment["words"][0]["start"] <= segment["words"][-1]["end"] <= segment["end"] + 0.01
    assert "dinleniyor" in done.stderr


class Scripted:
    """A listener that needs no model."""

    def __init__(self, *_: Any) -> None:
        pass

    def detect(self, _wav: Path, _windows: Any) -> tuple[str, float]:
        return "tr", 0.9

    def hear(self, _wav: Path, windows: Any, wish: listening.Wish) -> list[listening.Heard]:
        from transcription.segments import Segment, Word

        words = (Word(0.5, 1.0, " Merhaba"), Word(1.0, 1.5, " dünya."))
        return [listening.Heard(window, (Segment(0.5, 1.5, " Merhaba dünya.", words if wish.words else ()),)) for window in windows]


@pytest.fixture
def scripted_listener(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A recording of two seconds in which the script says two words."""
    from transcription import weights

    path = tmp_path / "toplantı.wav"
    noise = np.random.default_rng(1).integers(-8000, 8000, 32_000, dtype=np.int16)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(noise.tobytes())
    monkeypatch.setattr(listening, "plan", lambda *_, **__: [listening.Window(0, 0.0, 2.0)])
    monkeypatch.setattr(listening, "Listener", Scripted)
    monkeypatch.setattr(
        weights, "resolve", lambda _: weights.Weights("base", tmp_path, "hub", {"en": "Written with base.", "tr": "base ile yazıldı."})
    )
    return path


@pytest.mark.parametrize(
    ("format_", "words"),
    [
        ("srt", "00:00:00,500 --> 00:00:"),
        ("vtt", "WEBVTT"),
        ("txt", "Merhaba dünya."),
        ("json", '"language": "tr"'),
        ("md", "Merhaba dünya."),
    ],
)
def test_every_format_goes_to_a_file_whole(scripted_listener: Path, tmp_path: Path, format_: str, words: str) -> None:
    out = tmp_path / f"out.{format_}"
    done = run.invoke(cli.app, ["transcribe", str(scripted_listener), "--format", format_, "--output", str(out), "--quiet"])
    assert (done.exit_code, done.stdout) == (0, "")
    assert words in out.read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == sorted([out.name, scripted_listener.name])


def test_another_model_than_was_asked_for_is_told(scripted_listener: Path) -> None:
    done = run.invoke(cli.app, ["transcribe", str(scripted_listener), "--model", "small", "--format", "txt"])
    assert done.exit_code == 0
    assert "base ile yazıldı" in done.stderr


def test_a_recording_that_was_cut_off_is_written_with_a_warning(scripted_listener: Path) -> None:
    whole = scripted_listener.read_bytes()
    scripted_listener.write_bytes(whole[: len(whole) // 2])
    done = run.invoke(cli.app, ["transcribe", str(scripted_listener), "--format", "txt"])
    assert done.exit_code == 0
    assert "Kayıt eksik: 0:01 / 0:02 okunabildi." in done.stderr


@pytest.mark.parametrize(
    ("content", "given", "words"),
    [
        (b"", (), "Dosya boş (0 bayt)."),
        ("Toplantı notları\n".encode() * 100, (), "bu bir metin, kayıt değil"),
        (b"#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n", (), "çalma listesi"),
        (None, (), "Böyle bir dosya yok."),
        ("speech", ("--language", "klingon"), "Whisper'ın bildiği bir dil değil"),
        ("speech", ("--model", "huge"), "'huge' modeli yok"),
        ("speech", ("--model", "./empty-folder"), "model.bin, config.json, tokenizer.json, vocabulary.txt yok"),
    ],
    ids=["0 bytes", "text", "playlist", "no file", "unknown language", "unknown model", "no model in the folder"],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | str | None, given: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty-folder").mkdir()
    path = tmp_path / "toplantı.mp4"
    if content is not None:
        path.write_bytes(EXAMPLE.read_bytes() if isinstance(content, str) else content)
    done = run.invoke(cli.app, ["transcribe", str(path), *given])
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_silence_has_nothing_to_write_down(tmp_path: Path, base_model: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(32_000 * 60))
    done = run.invoke(cli.app, ["transcribe", str(path), "--model", str(base_model), "--quiet"])
    assert done.exit_code == 2
    assert done.stderr == "a.wav: Bu kayıtta konuşma yok.\n"


def test_a_model_larger_than_the_machine_is_refused(scripted_listener: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transcription import memory

    monkeypatch.setattr(memory, "total", lambda: 100 << 20)
    done = run.invoke(cli.app, ["transcribe", str(scripted_listener)])
    assert done.exit_code == 2
    assert "daha küçük bir model seçin" in done.stderr


def test_what_is_in_a_file() -> None:
    found = json.loads(run.invoke(cli.app, ["probe", str(EXAMPLE), "--json"]).stdout)
    assert [stream["codec"] for stream in found["streams"]] == ["h264", "aac"]
    assert "640x360" in run.invoke(cli.app, ["probe", str(EXAMPLE)]).stdout
    refused = run.invoke(cli.app, ["probe", __file__])
    assert (refused.exit_code, "bu bir metin" in refused.stderr) == (2, True)


def test_a_piece_is_cut_out(tmp_path: Path) -> None:
    out = tmp_path / "cut.mp4"
    done = run.invoke(cli.app, ["trim", str(EXAMPLE), str(out), "--start", "0:10", "--end", "13", "--mode", "exact", "--quiet"])
    assert (done.exit_code, "+3.000 s" in done.stdout) == (0, True), done.stderr
    assert media.probe(out).seconds == pytest.approx(3.0, abs=0.05)


def test_silence_at_both_ends_is_left_out(tmp_path: Path) -> None:
    path, out = tmp_path / "a.wav", tmp_path / "b.wav"
    sound = np.zeros(10 * 16_000)
    sound[4 * 16_000 : 6 * 16_000] = 0.3 * np.sin(np.arange(2 * 16_000) / 5)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((sound * 32767).astype("<i2").tobytes())
    done = run.invoke(cli.app, ["trim", str(path), str(out), "--silence", "--mode", "exact", "-q"])
    assert done.exit_code == 0, done.stderr
    assert media.seconds_of(out) == pytest.approx(2.5, abs=0.05)


@pytest.mark.parametrize(("start", "words"), [("ten", "is no time"), ("1:00:00", "önce bitiyor")])
def test_a_cut_that_cannot_be_is_told_and_nothing_is_written(tmp_path: Path, start: str, words: str) -> None:
    done = run.invoke(cli.app, ["trim", str(EXAMPLE), str(tmp_path / "out.mp4"), "--start", start, "-q"])
    assert done.exit_code == 2
    assert words in done.stderr
    assert list(tmp_path.iterdir()) == []
