"""What is found out about a file, as it travels from the child that opened it."""

from dataclasses import dataclass, field

from imece.errors import Permanent


class Unreadable(Permanent):
    """The file is no recording that can be used. The sentence says why."""


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What the child may use. `seconds` is the longest silence between two signs of progress, `megabytes` its memory, `hours` the longest recording.

    The time for a whole file grows with the file; what stands still is ended, what goes on is not.
    """

    seconds: float = 60.0
    megabytes: int = 4096
    hours: float = 48.0


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream. `kind` is `audio`, `video`, `subtitle` or `data`; a cover picture is `data`. `seconds` is None where the header names none."""

    index: int
    kind: str
    codec: str
    seconds: float | None = None
    language: str = ""
    rate: int = 0
    channels: int = 0
    width: int = 0
    height: int = 0
    frames_per_second: float = 0.0


@dataclass(frozen=True, slots=True)
class Probe:
    """What the header says. `seconds` is its word, which a damaged file does not keep; None where it has none."""

    format: str
    seconds: float | None
    streams: tuple[Stream, ...] = ()
    bytes: int = 0

    @property
    def audio(self) -> Stream | None:
        """The first audio stream."""
        return next((stream for stream in self.streams if stream.kind == "audio"), None)

    @property
    def video(self) -> Stream | None:
        """The first video stream, cover pictures aside."""
        return next((stream for stream in self.streams if stream.kind == "video"), None)


@dataclass(frozen=True, slots=True)
class Extracted:
    """
    What came out of a file: `seconds` of sound, of which `filled` are gaps closed with silence so that times stay the recording's own.

    `expected` is what the header promises for the same stretch, None where nothing reliable does; `faults` counts packets that could not be
    decoded. A file cut off opens and promises everything, and fails without any error: `truncated` tells.
    """

    seconds: float
    expected: float | None = None
    truncated: bool = False
    faults: int = 0
    filled: float = 0.0

    @property
    def note(self) -> dict[str, str] | None:
        """What must be said to people about it, in both languages; None when the recording is whole."""
        if self.truncated:
            known = self.expected is not None and self.expected > self.seconds + 0.5
            share = f"{spoken(self.seconds)} / {spoken(self.expected)}" if known and self.expected else spoken(self.seconds)
            return {
                "en": f"The recording is incomplete: {share} could be read.",
                "tr": f"Kayıt eksik: {share} okunabildi.",
            }
        if self.faults:
            return {
                "en": f"The recording is damaged: {self.faults} pieces of it could not be read; {spoken(self.seconds)} could.",
                "tr": f"Kayıt hasarlı: {self.faults} parçası okunamadı; {spoken(self.seconds)} okunabildi.",
            }
        return None


@dataclass(frozen=True, slots=True)
class Trimmed:
    """A cut. `start` is where it really begins: with `fast` at the key frame at or before the wanted second. `seconds` is its length."""

    start: float
    seconds: float
    streams: tuple[str, ...] = field(default=())


def spoken(seconds: float) -> str:
    """`1:02:03` or `2:03`: a length, rounded to whole seconds."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
