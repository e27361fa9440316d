from pathlib import Path

import numpy as np
import pytest

from transcription.media import RATE, Unreadable, samples, seconds_of, speech_bounds
from transcription.media.waves import header, is_silent


def wav(path: Path, sound: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Path:
    pcm = (sound * 32767).astype("<i2")
    path.write_bytes(header(len(pcm)) + pcm.tobytes())
    return path


def tone(seconds: float) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return 0.3 * np.sin(np.arange(int(seconds * RATE)) / 5)


def test_silence_before_and_behind_is_measured_with_a_margin(tmp_path: Path) -> None:
    """Over the border of the blocks that are looked at, and with the hiss of a sound card in it."""
    hiss = np.random.default_rng(1).normal(0, 0.0005, 150 * RATE)
    hiss[70 * RATE : 125 * RATE] += tone(55.0)
    begins, ends = speech_bounds(wav(tmp_path / "a.wav", hiss)) or (0, 0)
    assert begins == pytest.approx(69.75, abs=0.03)
    assert ends == pytest.approx(125.25, abs=0.03)


def test_nothing_but_silence_has_no_bounds_and_a_click_is_none(tmp_path: Path) -> None:
    sound = np.zeros(10 * RATE)
    sound[5 * RATE : 5 * RATE + 300] = 0.9
    assert speech_bounds(wav(tmp_path / "a.wav", sound)) is None
    assert is_silent(samples(tmp_path / "a.wav"))


def test_samples_are_mapped_and_not_loaded(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", tone(2.0))
    assert isinstance(samples(path), np.memmap)
    assert seconds_of(path) == 2.0


@pytest.mark.parametrize("content", [b"", b"RIFF", b"x" * 200, header(0)], ids=["empty", "short", "other", "no sound"])
def test_what_is_not_ours_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(Unreadable):
        samples(tmp_path / "a.wav")


def test_a_header_of_more_than_four_gigabytes_says_until_the_end() -> None:
    assert header(1 << 33)[40:44] == (0xFFFFFFFF - 36).to_bytes(4, "little")
