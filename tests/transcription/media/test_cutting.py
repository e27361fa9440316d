from pathlib import Path
from typing import Any

import av
import pytest

from transcription.media import Unreadable, cutting


def tick(_at: float, _of: float | None) -> None:
    """Nobody wants to know."""


def frames(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def seconds(path: Path) -> float:
    with av.open(str(path)) as container:
        return float(container.duration or 0) / av.time_base


def test_fast_begins_at_the_key_frame_before_and_copies(made: Any, tmp_path: Path) -> None:
    """Key frames every 2 s: a cut from 3 to 6 begins at 2."""
    path = made("a.mp4", video="libx264", seconds=8.0, key_frames=50)
    cut = cutting.copy(path, tmp_path / "out.part", ".mp4", 3.0, 6.0, tick)
    assert cut.start == pytest.approx(2.0, abs=0.05)
    assert cut.seconds == pytest.approx(4.0, abs=0.1)
    assert frames(tmp_path / "out.part") == 100


def test_exact_is_exact_to_the_frame(made: Any, tmp_path: Path) -> None:
    path = made("a.mp4", video="libx264", seconds=8.0)
    cut = cutting.encode(path, tmp_path / "out.part", ".mp4", 3.0, 6.0, tick)
    assert (cut.start, cut.seconds) == (3.0, pytest.approx(3.0, abs=0.03))
    assert frames(tmp_path / "out.part") == 75
    assert seconds(tmp_path / "out.part") == pytest.approx(3.0, abs=0.05)


@pytest.mark.parametrize("ending", [".wav", ".flac", ".mp3", ".m4a", ".ogg"])
def test_sound_alone_is_cut_to_the_sample(made: Any, tmp_path: Path, ending: str) -> None:
    path = made("a.mp4", video="libx264", seconds=5.0)
    cut = cutting.encode(path, tmp_path / "out.part", ending, 1.25, 3.5, tick)
    if ending == ".m4a":
        assert cut.streams == ("video", "audio")
    else:
        assert cut.streams == ("audio",)
    assert cut.seconds == pytest.approx(2.25, abs=0.03)


def test_a_cut_without_an_end_goes_on_to_the_end(made: Any, tmp_path: Path) -> None:
    path = made("a.m4a", seconds=5.0)
    assert cutting.copy(path, tmp_path / "out.part", ".m4a", 2.0, None, tick).seconds == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize("way", [cutting.copy, cutting.encode])
def test_behind_the_end_there_is_nothing(made: Any, tmp_path: Path, way: Any) -> None:
    with pytest.raises(Unreadable, match="ends before second 60"):
        way(made("a.mp4", video="libx264"), tmp_path / "out.part", ".mp4", 60.0, 70.0, tick)


def test_a_container_that_cannot_hold_it_says_so(made: Any, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"\.mp3 cannot hold"):
        cutting.copy(made("a.mp4", video="libx264"), tmp_path / "out.part", ".mp3", 0.0, 1.0, tick)


def test_a_suffix_we_do_not_write_is_refused(made: Any, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"\.exe is no format we write"):
        cutting.copy(made("a.m4a"), tmp_path / "out.part", ".exe", 0.0, 1.0, tick)


def test_pictures_with_odd_sides_are_cut_all_the_same(tmp_path: Path) -> None:
    """H.264 with 4:2:0 has none."""
    path = tmp_path / "odd.avi"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 65, 33, "yuvj444p"
        for number in range(50):
            frame = av.VideoFrame(65, 33, "yuvj444p")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    cut = cutting.encode(path, tmp_path / "out.part", ".mp4", 0.5, 1.5, tick)
    assert cut.seconds == pytest.approx(1.0, abs=0.05)
    with av.open(str(tmp_path / "out.part")) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (64, 32)
