"""What can be asked of `transcription`: recordings to text, subtitles and chapters."""

from datetime import timedelta
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from imece.contracts.contract import Contract, Result, Role

#: Whisper's sizes, the quickest first.
Model = Literal["tiny", "base", "small", "medium", "turbo", "large-v3"]
#: What a transcript can be written as.
Format = Literal["txt", "srt", "vtt", "json", "docx", "md"]


class Warned(Result):
    """Something that whoever reads the transcript should know."""

    code: str = Field(examples=["truncated"])
    en: str
    tr: str


class Transcribed(Result):
    """The end of `transcription.transcribe`. Keys lead into storage; all times are seconds from the beginning of what was transcribed."""

    recording_id: UUID
    language: str | None = Field(description="Code of the language that was heard or named; None where nobody speaks", examples=["tr"])
    language_probability: float | None = Field(None, description="How sure the detection was; None where the language was named")
    duration: float = Field(description="Seconds of sound that could be read")
    speech: float = Field(description="Seconds of it that were listened to: the rest is silence")
    model: str = Field(description="The model that wrote it, which may be a smaller one than was asked for; then a warning says so")
    segments: int
    words: int
    chapters: int
    truncated: bool = Field(description="The file ends before its own header says: the transcript is of what could be read")
    warnings: tuple[Warned, ...] = ()
    files: dict[str, str] = Field(default_factory=dict, description="Key of each written file, by format")
    trimmed: str | None = Field(None, description="Key of the trimmed recording, where trimming was asked for")


class Transcribe(
    Contract,
    kind="transcription.transcribe",
    queue="transcription.io",
    soft_limit=timedelta(hours=24),
    role=Role.OPERATOR,
    result=Transcribed,
):
    """
    From a recording, uploaded or at an address, to its text, subtitles and chapters.

    The job lives until the last part is heard: it fetches and prepares the recording, waits for the parts, writes the files, tells the requester. Its
    progress counts seconds of speech. A part is about a minute of speech, and a crash costs at most one.
    """

    recording: str = Field(
        min_length=1,
        max_length=2048,
        description="Storage key of the uploaded recording, or the address (https://...) to fetch it from",
        examples=["0199.../uploads/0199.../toplanti.mp4", "https://example.com/talk.mp3"],
    )
    title: str | None = Field(None, max_length=200, description="What it is called; else after its file")
    language: str | None = Field(
        None, pattern="^[a-z]{2,3}$", description="ISO code of what is spoken; None: heard from it", examples=["tr"]
    )
    model: Model | None = Field(None, description="None: the installation's")
    translate: bool = Field(False, description="Write it in English, whatever is spoken")
    initial_prompt: str | None = Field(None, max_length=1000, description="A few words of context, in the language that is spoken")
    hotwords: tuple[str, ...] = Field((), max_length=100, description="Names and terms that are likely to come up")
    glossary: bool = Field(True, description="Give the company's own glossary along with the hotwords")
    beam_size: int | None = Field(None, ge=1, le=10, description="How many readings are weighed at once; None: as many as pays off")
    words: bool = Field(True, description="Times of single words, which subtitles need; false is a little quicker")
    trim: Literal["none", "fast", "exact"] = Field(
        "none", description="fast: a copy that begins at the key frame before; exact: encoded anew, to the frame"
    )
    start: float | None = Field(None, ge=0, description="Seconds; where the trimmed recording begins")
    end: float | None = Field(None, gt=0, description="Seconds; where the trimmed recording ends")
    trim_silence: bool = Field(False, description="Trim the silence before the first and after the last sound, too")
    formats: tuple[Format, ...] = Field(("txt", "srt", "vtt", "json"), max_length=6)
    chapters: bool = Field(True, description="Suggest chapters")
    priority: Literal["high", "normal"] = Field("normal", description="high: goes before every normal one, also before those that run")
    notify_email: str | None = Field(None, description="Who is told when it is ready", examples=["muhasebe@example.com"])
    locale: Literal["tr", "en"] = "tr"

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.trim == "none" and (self.start is not None or self.end is not None or self.trim_silence):
            raise ValueError("trimming needs trim: fast or exact")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError("the start must lie before the end")
        return self


class Fetched(Result):
    """The recording is in storage under `key`."""

    key: str
    size: int


class Fetch(
    Contract,
    kind="transcription.fetch",
    queue="transcription.io",
    max_attempts=5,
    soft_limit=timedelta(hours=4),
    result=Fetched,
):
    """Fetch a recording from its address. Asked for by `transcription.transcribe`; after a cut it goes on where it was."""

    recording_id: UUID


class Heard(Result):
    """What one part of a recording gave."""

    windows: int
    segments: int
    seconds: float = Field(description="Seconds the listening took")


class _Part(BaseModel):
    """Some neighbouring windows of a recording, a third of a minute each."""

    recording_id: UUID
    first: int = Field(ge=0, description="Index of the first window")
    count: int = Field(ge=1, le=64)
    seconds: int = Field(ge=1, description="How much speech is in them")

    @property
    def units(self) -> int:
        """One for each second of speech."""
        return self.seconds


class Listen(
    _Part,
    Contract,
    kind="transcription.listen",
    queue="transcription.normal",
    max_attempts=3,
    soft_limit=timedelta(minutes=20),
    result=Heard,
):
    """Write down what is said in one part of a recording. Asked for by `transcription.transcribe`."""


class ListenHigh(
    _Part,
    Contract,
    kind="transcription.listen_high",
    queue="transcription.high",
    max_attempts=3,
    soft_limit=timedelta(minutes=20),
    result=Heard,
):
    """Write down what is said in one part of a recording that cannot wait."""


class WindowReheard(Result):
    """What a window says now."""

    recording_id: UUID
    window: int
    model: str
    text: str
    before: str = Field(description="What it said before")


class RerunWindow(
    Contract,
    kind="transcription.rerun_window",
    queue="transcription.high",
    max_attempts=2,
    soft_limit=timedelta(minutes=10),
    role=Role.OPERATOR,
    result=WindowReheard,
):
    """Listen to one window again with another model, as a rule a bigger one, and take what it says in place of what is there."""

    recording_id: UUID
    window: int = Field(ge=0)
    model: Model
    beam_size: int | None = Field(None, ge=1, le=10, description="How many readings are weighed at once; None: as many as pays off")


class PruneRecordings(Contract, kind="transcription.prune", queue="transcription.maintenance", soft_limit=timedelta(hours=1)):
    """Delete recordings and results whose retention has passed."""
