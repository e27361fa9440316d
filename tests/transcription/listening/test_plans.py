import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from transcription import media
from transcription.listening import LONGEST, plans
from transcription.media import RATE
from transcription.media.waves import header

SPEECH = Path(__file__).parents[3] / "examples" / "readings.mp4"
CHUNK = 512 / RATE


def wav(path: Path, sound: "np.ndarray[Any, np.dtype[Any]]") -> Path:
    pcm = sound if sound.dtype == np.int16 else (sound * 32767).astype("<i2")
    path.write_bytes(header(len(pcm)) + pcm.tobytes())
    return path


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """85 seconds of real speech."""
    path = tmp_path_factory.mktemp("plan") / "a.wav"
    media.extract(SPEECH, path)
    return path


def test_windows_are_in_order_apart_and_short_enough_and_hold_the_speech(reading: Path) -> None:
    windows = plans.plan(reading)
    assert [window.index for window in windows] == list(range(len(windows)))
    for window, after in itertools.pairwise(windows):
        assert window.end <= after.start
    assert all(0.5 < window.end - window.start <= LONGEST for window in windows)
    assert len(windows) in {4, 5}
    sound = media.samples(reading).astype(np.float32) / 32768
    spoken = sum(end - start for start, end in plans.speech_in(sound[: 40 * RATE]))
    held = sum(max(0.0, min(window.end, 40.0) - window.start) for window in windows)
    assert held >= spoken


def test_the_same_sound_gives_the_same_windows_wherever_its_blocks_end(reading: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The detector is warmed up before each block: a cut between blocks leaves at most a pause's worth of difference."""
    whole = plans.plan(reading)
    assert plans.plan(reading) == whole
    monkeypatch.setattr(plans, "_BLOCK", 300 * 512)
    blocks: list[tuple[float, float | None]] = []
    parted = plans.plan(reading, lambda done, of: blocks.append((done, of)))
    assert [(window.start, window.end) for window in parted] == [
        (pytest.approx(one.start, abs=0.2), pytest.approx(one.end, abs=0.2)) for one in whole
    ]
    assert blocks[-1][0] == blocks[-1][1] == pytest.approx(media.seconds_of(reading))
    assert [done for done, _ in blocks] == sorted(done for done, _ in blocks)


def test_a_day_of_silence_has_no_windows_and_the_detector_is_not_even_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "silence.wav"
    seconds = 24 * 3600
    path.write_bytes(header(seconds * RATE))
    with path.open("r+b") as file:
        file.truncate(44 + 2 * seconds * RATE)  # sparse: a day of zeros
    monkeypatch.setattr(plans, "_likelihoods", lambda _: pytest.fail("asked"))
    assert plans.plan(path) == []


def test_noise_and_music_are_no_speech(tmp_path: Path) -> None:
    at = np.arange(30 * RATE) / RATE
    noise = np.random.default_rng(1).normal(0, 0.05, len(at)) + 0.2 * np.sin(2 * np.pi * 440 * at)
    assert plans.plan(wav(tmp_path / "a.wav", noise)) == []


def test_a_cancelled_job_ends_in_its_report(reading: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "_BLOCK", 300 * 512)

    def report(_done: float, _of: float | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plans.plan(reading, report)


def likely(*runs: tuple[float, float]) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """(probability, seconds) after one another."""
    return np.concatenate([np.full(round(seconds / CHUNK), chance, dtype=np.float32) for chance, seconds in runs])


def seconds(found: list[tuple[int, int]]) -> list[tuple[float, float]]:
    return [(round(first * CHUNK, 1), round(last * CHUNK, 1)) for first, last in found]


def test_speech_begins_high_and_ends_low_and_short_pauses_do_not_part_it() -> None:
    chances = likely((0.1, 1), (0.9, 2), (0.4, 1), (0.9, 1), (0.1, 0.1), (0.9, 1), (0.1, 1), (0.9, 0.05), (0.1, 1))
    assert seconds(plans._speech(chances)) == [(1.0, 6.0)]


def test_speech_to_the_last_moment_is_kept() -> None:
    assert seconds(plans._speech(likely((0.1, 1), (0.9, 2)))) == [(1.0, 3.0)]


def test_a_window_ends_at_a_long_pause_rather_than_at_the_last_one() -> None:
    """Stretches of 2 s; all pauses but one are short: as many windows as must be, cut where it is quiet longest."""
    runs = []
    for number in range(16):
        runs += [(0.9, 2.0), (0.1, 1.0 if number == 7 else 0.2)]
    packed = seconds(plans._packed(plans._speech(likely(*runs))))
    assert len(packed) == 2
    assert packed[0][1] == pytest.approx(8 * 2 + 7 * 0.2, abs=0.2)


def test_speech_without_a_pause_is_cut_where_the_detector_is_least_sure() -> None:
    chances = likely((0.95, 15.0), (0.6, 0.1), (0.95, 30.0))
    cut = seconds(plans._bearable(plans._speech(chances), chances))
    assert cut[0][1] == pytest.approx(15.0, abs=0.1)
    assert all(end - start <= LONGEST for start, end in cut)
    assert [start for start, _ in cut][1:] == [end for _, end in cut][:-1]


def test_a_long_silence_ends_a_window() -> None:
    packed = seconds(plans._packed(plans._speech(likely((0.9, 3), (0.0, 7), (0.9, 3)))))
    assert packed == [(0.0, 3.0), (10.0, 13.0)]
