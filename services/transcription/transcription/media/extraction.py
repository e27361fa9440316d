"""Sound out of a file, inside the child: 16 kHz, mono, 16 bits, each second where the recording has it, whatever the length in the same memory."""

from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import av

from transcription.media import promises
from transcription.media.findings import Extracted, Limits, Unreadable
from transcription.media.opening import opened, sound_of
from transcription.media.waves import RATE, header

#: Containers whose time stamps are to be trusted: a hole in them is silence of that length. In the others they are guessed from bytes.
_TIMED = {"mov", "matroska", "ogg", "mpegts", "flv", "asf"}
#: Containers whose header or index knows the length; in the others (AAC, AMR, transport streams, MP3 without a Xing header) libav guesses it from the bit rate.
_MEASURED = {"mov", "matroska", "wav", "w64", "flac", "ogg", "avi", "asf", "aiff", "caf", "mp3"}
_GAP = 0.2  #: seconds without sound before silence is filled in
_TOGETHER = 16_384  #: samples that are made ours at once
_FAULTS = 10_000  #: packets that cannot be decoded before we give up on a file
_SILENCE = bytes(2 * RATE)


def extract(
    path: Path, wav: Path, start: float | None, end: float | None, limits: Limits, on_progress: Callable[[float, float | None], None]
) -> Extracted:
    """
    Write the sound of `path` between `start` and `end` to `wav`.

    Raises Unreadable where there is none. A stretch that ends early or cannot be decoded is in the result, never an error and never silent.
    """
    with opened(path) as container, wav.open("wb") as file:
        sound = sound_of(container)
        sink = _Sink(file, limits)
        reader = _Reader(container, sound, path)
        expected = reader.expected(start, end)
        sink.write(b"")
        for time, piece in reader.pieces(start, end, lambda: on_progress(sink.seconds, expected)):
            if reader.timed and time is not None:
                sink.catch_up(time, expected)
            sink.write(piece)
        if not sink.count:
            raise _nothing(reader.faults, start)
        sink.finish()
    lost = 0.0 if expected is None else expected - sink.seconds - reader.doubt(expected)
    truncated = lost > 0 and expected is not None and reader.ended < expected - reader.doubt(expected)
    if lost > 0 and not truncated and reader.sure:
        reader.faults = max(1, reader.faults)  # the end is there, and something before it is not
    truncated = truncated or (reader.cut_off and end is None)
    return Extracted(round(sink.seconds, 3), expected, truncated, reader.faults, round(sink.filled / RATE, 3))


class _Reader:
    """Decodes one stream. `ended` is the last second that any watched stream reached, from the wanted start."""

    def __init__(self, container: Any, sound: Any, path: Path) -> None:
        self.faults = 0
        self.ended = 0.0
        names = set(container.format.name.split(","))
        self.timed = bool(names & _TIMED)
        self._container = container
        self._sound = sound
        self._origin = container.start_time / av.time_base if container.start_time and container.start_time > 0 else 0.0
        self._own = float(sound.duration * sound.time_base) if sound.duration and names & _MEASURED else None
        self._length = self._own
        if self._own is None and names & _MEASURED and container.duration:
            self._length = container.duration / av.time_base
        if "mp3" in names and not promises.counts_itself(path):
            self._length = None
        if promised := promises.seconds(path, names):
            self._length = promised
            self._own = promised if "wav" in names else None  # an AVI counts its pictures
        self.cut_off = promises.ends_early(path, names)

    @property
    def sure(self) -> bool:
        """Whether the sound itself has a length, and not only the file."""
        return self._own is not None

    def doubt(self, expected: float) -> float:
        """Seconds by which what is read may differ from the promise without anything missing: codecs pad, and pictures may outlast the sound."""
        return 0.25 + expected * 0.001 if self.sure else max(1.0, expected * 0.005)

    def expected(self, start: float | None, end: float | None) -> float | None:
        """How many seconds the header promises between the two."""
        if self._length is None:
            return None
        last = self._length if end is None else min(end, self._length)
        return round(max(0.0, last - (start or 0.0)), 3)

    def pieces(self, start: float | None, end: float | None, tick: Callable[[], None]) -> Any:
        """(second from the wanted start or None, samples), in order. Decoders that meet damage are asked for the next packet."""
        sound, first = self._sound, start or 0.0
        sound.thread_type = "AUTO"
        if start:
            self._container.seek(int((first + self._origin) * av.time_base), backward=True)
        # Where the sound does not know its own length, the others tell whether the file goes on where it falls silent.
        watched = [sound] if self._own is not None else [s for s in self._container.streams if s.type in {"audio", "video"}]
        joined = _Joined(self._fault)
        for frame, time in self._sounding(watched, first, tick):
            if end is not None and time is not None and time >= end:
                break
            for at, piece in joined.take(frame, time):
                yield _cut(piece, at, first, end)
        for at, piece in joined.finish():
            yield _cut(piece, at, first, end)

    def _sounding(self, watched: list[Any], first: float, tick: Callable[[], None]) -> Any:
        """(frame, second in the recording or None) from `first` on."""
        step = float(self._sound.time_base)
        for packet in self._packets(watched):
            tick()
            if packet.stream.index != self._sound.index:
                if packet.pts is not None:
                    self.ended = max(self.ended, float(packet.pts * packet.time_base) - self._origin - first)
                continue
            for frame in self._frames(packet):
                if frame.pts is None:
                    yield frame, None
                    continue
                time = frame.pts * step - self._origin
                length = frame.samples / (frame.sample_rate or RATE)
                if time + length > first:
                    self.ended = max(self.ended, time + length - first)
                    yield frame, time

    def _packets(self, watched: list[Any]) -> Any:
        packets = self._container.demux(watched)
        while True:
            try:
                yield next(packets)
            except StopIteration:
                return
            except av.error.FFmpegError:
                self._fault()

    def _frames(self, packet: Any) -> Any:
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            if packet.size:
                self._fault()
            return ()
        self.faults += sum(1 for frame in frames if frame.is_corrupt)
        return frames

    def _fault(self) -> None:
        self.faults += 1
        if self.faults > _FAULTS:
            raise Unreadable(
                f"The recording is damaged throughout: {self.faults} pieces of it cannot be decoded.",
                f"Kayıt baştan sona hasarlı: {self.faults} parçası çözülemiyor.",
            )


class _Joined:
    """Frames of a hundredth of a second joined to some of half a second, and those made ours: what a step costs, it costs per frame, not per sample."""

    def __init__(self, fault: Callable[[], None]) -> None:
        self._fault = fault
        self._waiting: Any = None
        self._ours: Any = None
        self._shape: tuple[Any, ...] = ()
        self._time: float | None = None

    def take(self, frame: Any, time: float | None) -> Any:
        """(second in the recording or None, samples) of what is ready. A hole, or sound of another shape, ends what was being joined."""
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._waiting is not None and (shape != self._shape or self._waiting.samples >= _TOGETHER or self._is_apart(time)):
            yield from self._made()
        if shape != self._shape:
            yield from self.finish()
            self._shape, self._ours = shape, av.AudioResampler(format="s16", layout="mono", rate=RATE)
        if self._waiting is None:
            self._waiting, self._time = av.AudioFifo(), time
        frame.pts = None
        self._waiting.write(frame)

    def finish(self) -> Any:
        """All that is left."""
        yield from self._made()
        if self._ours is not None:
            for made in self._resampled(None):
                yield None, bytes(made.planes[0])[: made.samples * 2]

    def _is_apart(self, time: float | None) -> bool:
        if time is None or self._time is None:
            return False
        return bool(abs(time - self._time - self._waiting.samples / self._shape[2]) > _GAP / 2)

    def _made(self) -> Any:
        if self._waiting is not None:
            time, frame, self._waiting = self._time, self._waiting.read(), None
            for made in self._resampled(frame):
                yield time, bytes(made.planes[0])[: made.samples * 2]
                time = None if time is None else time + made.samples / RATE

    def _resampled(self, frame: Any) -> Any:
        try:
            return self._ours.resample(frame)
        except (ValueError, av.error.FFmpegError):
            self._fault()
            return ()


class _Sink:
    """The file that is written, and how far it is."""

    def __init__(self, file: IO[bytes], limits: Limits) -> None:
        self.count = 0
        self.filled = 0
        self._file = file
        self._most = int(limits.hours * 3600 * RATE)
        self._shift = 0.0
        self._file.write(header(0))

    @property
    def seconds(self) -> float:
        return self.count / RATE

    def write(self, piece: bytes) -> None:
        self.count += len(piece) // 2
        if self.count > self._most:
            hours = self._most / RATE / 3600
            raise Unreadable(f"The recording is longer than {hours:g} hours: split it.", f"Kayıt {hours:g} saatten uzun: bölüp yükleyin.")
        self._file.write(piece)

    def catch_up(self, time: float, expected: float | None) -> None:
        """Fill in silence until `time`. A jump that leads past the end is a clock set anew, not a silence: what follows it is joined on."""
        gap = time - self._shift - self.seconds
        if gap < _GAP:
            return
        if gap > (60.0 if expected is None else max(0.0, expected - self.seconds) + 1.0):
            self._shift += gap
            return
        missing = int(gap * RATE)
        self.filled += missing
        while missing > 0:
            self.write(_SILENCE[: 2 * missing])
            missing -= RATE

    def finish(self) -> None:
        self._file.seek(0)
        self._file.write(header(self.count))


def _cut(piece: bytes, time: float | None, first: float, end: float | None) -> tuple[float | None, bytes]:
    """The part of some samples that lies between the two; its time counts from `first`."""
    if time is None:
        return None, piece
    if end is not None and time + len(piece) / 2 / RATE > end:
        piece = piece[: max(0, int((end - time) * RATE)) * 2]
    if time < first:
        piece = piece[int((first - time) * RATE) * 2 :]
    return max(0.0, time - first), piece


def _nothing(faults: int, start: float | None) -> Unreadable:
    if start:
        return Unreadable("There is no sound from that second on.", "O saniyeden sonra ses yok.")
    if faults:
        return Unreadable("Nothing of the recording can be decoded: it is damaged.", "Kaydın hiçbir bölümü çözülemiyor: hasarlı.")
    return Unreadable("There is no sound in the recording.", "Kayıtta ses yok.")
