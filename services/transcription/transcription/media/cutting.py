"""Cuts, inside the child: fast, by copying from a key frame on, or exact, by encoding anew."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from transcription.media.findings import Trimmed, Unreadable
from transcription.media.opening import opened

#: libav's muxer by the suffix of the wanted file.
_MUXERS = {
    ".mp4": "mp4",
    ".m4a": "ipod",
    ".mov": "mov",
    ".mkv": "matroska",
    ".mka": "matroska",
    ".webm": "webm",
    ".mp3": "mp3",
    ".wav": "wav",
    ".flac": "flac",
    ".ogg": "ogg",
    ".opus": "ogg",
    ".aac": "adts",
    ".ts": "mpegts",
    ".3gp": "3gp",
    ".avi": "avi",
}
_FASTSTART = {"mp4", "ipod", "mov", "3gp"}

#: Fine enough for any rate of pictures; the source's own may be too coarse for a start between two of them.
_CLOCK = Fraction(1, 90_000)

Tick = Callable[[float, float | None], None]


def muxer(suffix: str) -> str:
    """The container for a suffix. Raises Unreadable for one we do not write."""
    if suffix.lower() not in _MUXERS:
        raise Unreadable(
            f"{suffix or 'A name without a suffix'} is no format we write.", f"{suffix or 'Uzantısız ad'} yazabildiğimiz bir biçim değil."
        )
    return _MUXERS[suffix.lower()]


def copy(path: Path, out: Path, suffix: str, start: float, end: float | None, tick: Tick) -> Trimmed:
    """
    Copy what lies between the two, not a picture or sample changed. A video begins with the key frame at or before `start`.

    Raises Unreadable when the wanted container cannot hold the streams as they are, or when there is nothing between the two.
    """
    with opened(path) as source, _written(out, suffix) as target:
        streams = _worth_keeping(source)
        try:
            made = {stream.index: target.add_stream_from_template(stream) for stream in streams}
        except (ValueError, av.error.FFmpegError):
            raise _unfit(suffix) from None
        origin = _origin(source)
        source.seek(int((start + origin) * av.time_base), backward=True)
        base: float | None = None
        video = any(stream.type == "video" for stream in streams)
        over: set[int] = set()
        last = 0.0
        for packet in source.demux(streams):
            if packet.dts is None:
                continue
            at = float((packet.pts if packet.pts is not None else packet.dts) * packet.time_base) - origin
            tick(max(0.0, at - start), None if end is None else end - start)
            if base is None:
                if video and not (packet.stream.type == "video" and packet.is_keyframe):
                    continue
                if not video and at + 0.001 < start:
                    continue
                base = at
            if at < base - 0.001:
                continue
            if end is not None and at >= end:
                over.add(packet.stream.index)
                if len(over) == len(streams):
                    break
                continue
            shift = round((base + origin) / packet.time_base)
            packet.pts = None if packet.pts is None else packet.pts - shift
            packet.dts -= shift
            length = float(packet.duration * packet.time_base) if packet.duration else 0.0
            packet.stream = made[packet.stream.index]
            try:
                target.mux(packet)
            except (ValueError, av.error.FFmpegError):
                raise _unfit(suffix) from None
            last = max(last, at + length)
        if base is None or last <= start:
            raise _empty(start)
        return Trimmed(round(base, 3), round(last - base, 3), tuple(stream.type for stream in streams))


def encode(path: Path, out: Path, suffix: str, start: float, end: float | None, tick: Tick) -> Trimmed:
    """
    Encode what lies between the two anew, to the frame: H.264 and AAC, or AAC alone; .wav and .flac keep their samples.

    Raises Unreadable when there is nothing between the two, or when the wanted container cannot hold those.
    """
    kind = muxer(suffix)
    with opened(path) as source, _written(out, suffix) as target:
        streams = _worth_keeping(source)
        video = next((s for s in streams if s.type == "video"), None)
        audio = next((s for s in streams if s.type == "audio"), None)
        codec = {"wav": "pcm_s16le", "flac": "flac", "mp3": "libmp3lame", "ogg": "libopus", "webm": "libopus"}.get(kind, "aac")
        try:
            pictures = (
                _Pictures(target, video, start, kind) if video is not None and kind not in {"wav", "flac", "mp3", "ogg", "adts"} else None
            )
            sounds = _Sounds(target, audio, start, codec) if audio is not None else None
        except (ValueError, av.error.FFmpegError):
            raise _unfit(suffix) from None
        sides = [side for side in (pictures, sounds) if side]
        if not sides:
            raise _unfit(suffix)
        origin = _origin(source)
        source.seek(int((max(0.0, start) + origin) * av.time_base), backward=True)
        over: set[int] = set()
        for packet in source.demux([side.stream for side in sides]):
            side = next(side for side in sides if side.stream.index == packet.stream.index)
            for frame in _frames(packet):
                at = None if frame.pts is None else float(frame.pts * frame.time_base) - origin
                if at is None or at + side.length(frame) <= start + 1e-6:
                    continue
                if end is not None and at >= end:
                    over.add(packet.stream.index)
                    break
                tick(at - start, None if end is None else end - start)
                side.take(frame, at, end)
            if len(over) == len(sides):
                break
        for side in sides:
            side.finish()
        length = max(side.seconds for side in sides)
        if length <= 0:
            raise _empty(start)
        return Trimmed(start, round(length, 3), tuple(side.stream.type for side in sides))


class _Pictures:
    """The pictures of a cut. `seconds` is how far they reach."""

    def __init__(self, target: Any, stream: Any, start: float, kind: str) -> None:
        self.stream = stream
        self.seconds = 0.0
        self._target = target
        self._start = start
        self._origin_pts: int | None = None
        stream.thread_type = "AUTO"
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        self._frame = float(1 / rate)
        context = stream.codec_context
        self._width, self._height = context.width // 2 * 2, context.height // 2 * 2  # 4:2:0 has no odd sides
        options = {"preset": "veryfast", "crf": "23"}
        self._out = target.add_stream("libvpx-vp9" if kind == "webm" else "libx264", rate=rate)
        self._out.width, self._out.height, self._out.pix_fmt = self._width, self._height, "yuv420p"
        self._out.options = {"deadline": "realtime", "cpu-used": "8", "crf": "33", "b": "0"} if kind == "webm" else options
        self._out.codec_context.time_base = _CLOCK

    def length(self, _frame: Any) -> float:
        """A picture counts by its beginning."""
        return 0.001

    def take(self, frame: Any, at: float, end: float | None) -> None:
        frame = frame.reformat(self._width, self._height, "yuv420p")
        frame.pts = round((at - self._start) / _CLOCK)
        frame.time_base = _CLOCK
        frame.pict_type = 0
        self.seconds = at - self._start + self._frame if end is None else min(at - self._start + self._frame, end - self._start)
        self._target.mux(self._out.encode(frame))

    def finish(self) -> None:
        self._target.mux(self._out.encode(None))


class _Sounds:
    """The sound of a cut, to the sample."""

    def __init__(self, target: Any, stream: Any, start: float, codec: str) -> None:
        self.stream = stream
        self._target = target
        self._start = start
        self._count = 0
        self._rate = 48_000 if codec == "libopus" else stream.rate
        layout = "stereo" if stream.channels >= 2 else "mono"
        self._out = target.add_stream(codec, rate=self._rate)
        self._out.layout = layout
        if codec in {"aac", "libmp3lame", "libopus"}:
            self._out.bit_rate = 128_000
        self._trim = av.AudioResampler(format="s16p", layout=layout, rate=self._rate)
        size = self._out.codec_context.frame_size or 0
        self._shape = av.AudioResampler(format=self._out.format.name, layout=layout, rate=self._rate, frame_size=size or None)

    @property
    def seconds(self) -> float:
        """How far the sound reaches."""
        return self._count / self._rate

    def length(self, frame: Any) -> float:
        return float(frame.samples / (frame.sample_rate or 1))

    def take(self, frame: Any, at: float, end: float | None) -> None:
        frame.pts = None
        for made in self._trim.resample(frame):
            array = made.to_ndarray()
            if end is not None and at + array.shape[1] / self._rate > end:
                array = array[:, : max(0, int((end - at) * self._rate))]
            if at < self._start:
                array = array[:, int((self._start - at) * self._rate) :]
            if array.shape[1]:
                self._put(array)

    def _put(self, array: Any) -> None:
        cut = av.AudioFrame.from_ndarray(array.copy(order="C"), format="s16p", layout=self._trim.layout.name)
        cut.sample_rate = self._rate
        for piece in self._shape.resample(cut):
            self._encode(piece)

    def _encode(self, piece: Any) -> None:
        piece.pts, piece.time_base = self._count, Fraction(1, self._rate)
        self._count += piece.samples
        self._target.mux(self._out.encode(piece))

    def finish(self) -> None:
        for piece in self._shape.resample(None):
            self._encode(piece)
        self._target.mux(self._out.encode(None))


def _written(out: Path, suffix: str) -> Any:
    kind = muxer(suffix)
    return av.open(f"file:{out.absolute()}", mode="w", format=kind, options={"movflags": "+faststart"} if kind in _FASTSTART else {})


def _worth_keeping(source: Any) -> list[Any]:
    """The first picture and the first sound; covers, data and second languages stay behind."""
    attached = av.stream.Disposition.attached_pic
    pictures = [s for s in source.streams.video if not s.disposition & attached and s.codec_context is not None][:1]
    sounds = [s for s in source.streams.audio if s.codec_context is not None][:1]
    if not pictures and not sounds:
        raise Unreadable("There is neither picture nor sound in this file.", "Bu dosyada ne görüntü ne ses var.")
    return [*pictures, *sounds]


def _origin(source: Any) -> float:
    return source.start_time / av.time_base if source.start_time and source.start_time > 0 else 0.0


def _frames(packet: Any) -> Any:
    try:
        return packet.decode()
    except av.error.FFmpegError:
        return ()


def _unfit(suffix: str) -> Unreadable:
    return Unreadable(
        f"{suffix} cannot hold the streams of this recording: choose .mkv, or an exact cut as .mp4.",
        f"{suffix} bu kaydın akışlarını taşıyamaz: .mkv ya da .mp4 olarak tam kesim seçin.",
    )


def _empty(start: float) -> Unreadable:
    return Unreadable(f"The recording ends before second {start:g}.", f"Kayıt {start:g}. saniyeden önce bitiyor.")
