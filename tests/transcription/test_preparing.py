"""From a file to windows."""

from typing import Any

import pytest

from imece import storage
from transcription import preparing


def test_silence_fails_in_one_sentence(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing.listening, "plan", lambda wav, on_progress=None: [])
    job = desk.ask(desk.upload(6.0))
    desk.work()
    assert (desk.job(job).state, desk.job(job).error["tr"]) == ("failed", "Bu kayıtta konuşma yok.")


def test_an_unknown_language_is_refused_before_anything_is_read(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing.media, "probe", lambda _path: pytest.fail("it was read"))
    job = desk.ask(desk.upload(6.0), language="qq")
    desk.work()
    assert "qq" in desk.job(job).error["tr"]


def test_a_damaged_recording_says_so_in_its_result(desk: Any) -> None:
    """A WAV that promises a minute and holds six seconds."""
    key = desk.upload(6.0)
    data = bytearray(storage.get(key))
    size = 60 * 32_000
    data[4:8], data[40:44] = (size + 36).to_bytes(4, "little"), size.to_bytes(4, "little")
    job = desk.ask(desk.upload(0, data=bytes(data)))
    desk.work()
    result = desk.done(job)
    assert result["truncated"] is True
    (warning,) = result["warnings"]
    assert (warning["code"], warning["tr"].startswith("Kayıt eksik")) == ("truncated", True)
    assert desk.sql("select truncated from transcription.recording") == [(True,)]


def test_the_silence_at_both_ends_is_trimmed_off(desk: Any, tmp_path: Any) -> None:
    import wave

    from conftest import sound

    with wave.open(str(sound(tmp_path / "speech", 6.0)), "rb") as file:
        middle = file.readframes(file.getnframes())
    with wave.open(str(tmp_path / "whole"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(5 * 32_000) + middle + bytes(7 * 32_000))
    job = desk.ask(desk.upload(0, data=(tmp_path / "whole").read_bytes()), trim="fast", trim_silence=True)
    desk.work()
    assert desk.done(job)["duration"] == pytest.approx(6.0, abs=0.7)


@pytest.mark.parametrize(
    ("container", "ending"), [("mov,mp4,m4a,3gp,3g2,mj2", ".mp4"), ("matroska,webm", ".mkv"), ("wav", ".wav"), ("asf", ".mkv")]
)
def test_a_trimmed_recording_stays_in_its_container_where_we_write_that(container: str, ending: str) -> None:
    assert preparing._ending(container) == ending
