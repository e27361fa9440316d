"""Recordings made by PyAV: a tone between two silences, so that a shift of what is read can be heard."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

Make = Callable[..., Path]


def make(
    path: Path,
    *,
    audio: str | None = "aac",
    video: str | None = None,
    container: str | None = None,
    rate: int = 48_000,
    layout: str = "mono",
    seconds: float = 3.0,
    tone: tuple[float, float] = (1.0, 2.0),
    faststart: bool = False,
    key_frames: int = 50,
) -> Path:
    """A file with a tone of 440 Hz from one second to another; with `video`, 25 grey pictures a second that grow lighter, a key frame every `key_frames`."""
    options = {"movflags": "+faststart"} if faststart else {}
    with av.open(str(path), "w", format=container, options=options) as out:
        pictures = _pictures(out, video, key_frames) if video else None
        sounds: Any = None
        if audio:
            sounds = out.add_stream(audio, rate=rate, layout=layout, options={"strict": "experimental"})
            sounds.bit_rate = 12_200 if "amr" in audio else 64_000
        if pictures is not None:
            for number in range(int(seconds * 25)):
                grey = np.full((64, 64, 3), min(255, number * 3), dtype=np.uint8)
                frame = av.VideoFrame.from_ndarray(grey, "rgb24").reformat(format=pictures.pix_fmt)
                frame.pts, frame.time_base = number, Fraction(1, 25)
                out.mux(pictures.encode(frame))
            out.mux(pictures.encode(None))
        if sounds is not None:
            _sounds(out, sounds, rate, seconds, tone)
    return path


def _pictures(out: Any, codec: str, key_frames: int) -> Any:
    stream = out.add_stream(codec, rate=25)
    stream.width = stream.height = 64
    stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    stream.codec_context.gop_size = key_frames
    if codec == "libx264":
        stream.options = {"preset": "ultrafast", "sc_threshold": "0"}
    return stream


def _sounds(out: Any, stream: Any, rate: int, seconds: float, tone: tuple[float, float]) -> None:
    at = np.arange(int(seconds * rate)) / rate
    wave = np.where((at >= tone[0]) & (at < tone[1]), 0.4 * np.sin(2 * np.pi * 440 * at), 0.0)
    resampler = av.AudioResampler(stream.format.name, stream.layout.name, rate, frame_size=stream.codec_context.frame_size or 1024)
    frame = av.AudioFrame.from_ndarray((wave * 32767).astype(np.int16)[None, :], "s16", "mono")
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    for piece in (*resampler.resample(frame), *resampler.resample(None)):
        out.mux(stream.encode(piece))
    out.mux(stream.encode(None))


@pytest.fixture
def made(tmp_path: Path) -> Make:
    """`made("a.mp4", video="libx264")`: a file of that name; see `make`."""
    return lambda name, **wish: make(tmp_path / name, **wish)
