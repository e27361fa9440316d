from pathlib import Path
from typing import Any

import numpy as np
import pytest

from transcription.media import Extracted, Limits, Unreadable, extraction, samples, speech_bounds

FORMATS: dict[str, dict[str, Any]] = {
    "mp4": {"video": "libx264"},
    "mov": {"video": "libx264"},
    "mkv": {"video": "mpeg4", "audio": "ac3"},
    "webm": {"video": "libvpx-vp9", "audio": "libopus"},
    "m4a": {},
    "ogg": {"audio": "vorbis", "rate": 44_100, "layout": "stereo"},
    "opus": {"audio": "libopus", "container": "ogg"},
    "mp3": {"audio": "libmp3lame", "rate": 44_100},
    "wav": {"audio": "pcm_s24le"},
    "flac": {"audio": "flac"},
    "aac": {"container": "adts"},
    "amr": {"audio": "libopencore_amrnb", "rate": 8_000},
    "avi": {"video": "mjpeg", "audio": "libmp3lame"},
    "3gp": {"video": "mpeg4"},
    "wma": {"audio": "wmav2", "container": "asf", "rate": 44_100, "layout": "stereo"},
    "mpg": {"video": "mpeg2video", "audio": "mp2"},
    "ts": {"video": "libx264", "container": "mpegts"},
}


def read(path: Path, start: float | None = None, end: float | None = None, limits: Limits | None = None) -> Extracted:
    return extraction.extract(path, path.with_name("out.wav"), start, end, limits or Limits(), lambda *_: None)


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_is_read_whole_and_in_its_place(made: Any, ending: str) -> None:
    """Seventeen of them; the name says nothing, and the tone lies where it was put."""
    path = made(f"recording.{ending}", **FORMATS[ending])
    path = path.rename(path.with_name("upload"))
    found = read(path)
    assert found.seconds == pytest.approx(3.0, abs=0.05)
    assert (found.truncated, found.faults, found.filled, found.note) == (False, 0, 0.0, None)
    assert found.expected is None or found.expected == pytest.approx(3.0, abs=0.05)
    begins, ends = speech_bounds(path.with_name("out.wav")) or (0, 0)
    assert begins == pytest.approx(0.75, abs=0.08)
    assert ends == pytest.approx(2.25, abs=0.08)


def test_a_piece_is_cut_to_the_sample(made: Any) -> None:
    path = made("a.mp4", video="libx264")
    found = read(path, 0.5, 2.5)
    assert found.seconds == pytest.approx(2.0, abs=0.01)
    assert found.expected == 2.0
    sound = samples(path.with_name("out.wav"))
    assert np.abs(sound[: int(0.48 * 16_000)]).max() < 500
    assert np.abs(sound[int(0.55 * 16_000) : int(1.45 * 16_000)]).max() > 10_000
    assert np.abs(sound[int(1.53 * 16_000) :]).max() < 500


@pytest.mark.parametrize(
    ("ending", "wish"), [("mp4", {"faststart": True}), ("wav", {}), ("flac", {}), ("mkv", {}), ("webm", {}), ("mp3", {})]
)
def test_a_recording_that_was_cut_off_says_how_much_of_it_there_is(made: Any, ending: str, wish: dict[str, Any]) -> None:
    """The header promises twelve seconds; the file ends after a third; no decoder raises anything."""
    path = made(f"a.{ending}", seconds=12.0, tone=(0.0, 12.0), **{**FORMATS[ending], **wish})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    found = read(path)
    assert found.truncated
    assert 2 < found.seconds < 9
    assert found.expected == pytest.approx(12, abs=0.1)
    assert found.note is not None
    assert "eksik" in found.note["tr"]
    assert "0:12" in found.note["en"]


@pytest.mark.parametrize("ending", ["ogg", "opus"])
def test_an_ogg_that_was_cut_off_says_so_although_it_has_no_length(made: Any, ending: str) -> None:
    """Its last page is broken, or not marked as the last."""
    path = made(f"a.{ending}", seconds=12.0, tone=(0.0, 12.0), **FORMATS[ending])
    whole = path.read_bytes()
    for share in (0.5, 0.97):
        path.write_bytes(whole[: int(len(whole) * share)])
        found = read(path)
        assert found.truncated
        assert found.note is not None
        assert "eksik" in found.note["tr"]


def test_silence_at_the_end_of_a_video_is_no_cut(made: Any) -> None:
    """The pictures go on when the sound has ended: the sound's own length counts."""
    path = made("a.mp4", video="libx264", audio=None, seconds=6.0)
    with pytest.raises(Unreadable, match="no audio stream"):
        read(path)
    longer = _with_short_sound(path)
    found = read(longer)
    assert found.seconds == pytest.approx(2.0, abs=0.1)
    assert not found.truncated


def _with_short_sound(pictures: Path) -> Path:
    import av

    out = pictures.with_name("short.mkv")
    with av.open(str(pictures)) as source, av.open(str(out), "w") as target:
        video = target.add_stream_from_template(source.streams.video[0])
        audio = target.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.full((1, 96_000), 0.1, dtype=np.float32), "fltp", "mono")
        frame.sample_rate, frame.pts = 48_000, 0
        for packet in (*audio.encode(frame), *audio.encode(None)):
            target.mux(packet)
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = video
                target.mux(packet)
    return out


def test_a_hole_in_the_sound_is_filled_so_that_times_stay_the_recordings_own(tmp_path: Path) -> None:
    """As in conferences, whose sound stops while nobody speaks."""
    import av

    path = tmp_path / "hole.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("flac", rate=16_000, layout="mono")
        for begin in (0, 5):
            for number in range(16):
                block = (3000 * np.sin(np.arange(1000) / 5)).astype(np.int16)
                frame = av.AudioFrame.from_ndarray(block[None, :], "s16", "mono")
                frame.sample_rate, frame.pts = 16_000, begin * 16_000 + number * 1000
                out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    found = read(path)
    assert found.seconds == pytest.approx(6.0, abs=0.1)
    assert found.filled == pytest.approx(4.0, abs=0.1)


def test_damage_in_the_middle_is_counted_and_the_rest_is_read(made: Any) -> None:
    path = made("a.flac", audio="flac", seconds=6.0, tone=(0.0, 6.0))
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 4000] = bytes(4000)
    path.write_bytes(whole)
    found = read(path)
    assert found.faults or found.truncated
    assert found.seconds > 4
    assert found.note is not None


def test_a_recording_longer_than_is_allowed_is_refused(made: Any) -> None:
    with pytest.raises(Unreadable, match="longer than"):
        read(made("a.wav", audio="pcm_s16le"), limits=Limits(hours=1 / 3600))


def test_noise_that_looks_like_a_format_has_no_sound(tmp_path: Path) -> None:
    path = tmp_path / "noise.mp3"
    path.write_bytes(np.random.default_rng(1).bytes(60_000))
    with pytest.raises(Unreadable):
        read(path)


def test_nothing_behind_the_end(made: Any) -> None:
    with pytest.raises(Unreadable, match="from that second on"):
        read(made("a.m4a"), start=30.0)
