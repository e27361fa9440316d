"""`imece transcription transcribe|probe|trim`: a file in, a transcript or a cut out, with no stack running."""

import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from transcription.listening import Listener, Window, Wish
    from transcription.segments import Segment

_STEP = 6  #: windows between two words about how far it is

File = Annotated[Path, typer.Argument(help="A recording: video or sound, any of the usual formats")]


class _Format(StrEnum):
    JSON = "json"
    SRT = "srt"
    VTT = "vtt"
    TXT = "txt"
    MD = "md"
    DOCX = "docx"


class _Mode(StrEnum):
    FAST = "fast"
    EXACT = "exact"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(transcribe)
    app.command()(probe)
    app.command()(trim)


def transcribe(
    file: File,
    model: Annotated[
        str | None, typer.Option(help="tiny, base, small, medium, turbo, large-v3, or a folder; TRANSCRIPTION_MODEL without")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Code of the language that is spoken, such as tr; detected without")] = None,
    format_: Annotated[_Format, typer.Option("--format", help="What to write")] = _Format.JSON,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write it to this file, not to stdout", dir_okay=False)] = None,
    translate: Annotated[bool, typer.Option("--translate", help="Write English, whatever is spoken")] = False,
    prompt: Annotated[str | None, typer.Option(help="Text that shows the style: names, punctuation")] = None,
    hotwords: Annotated[str | None, typer.Option(help="Words to expect, with commas between")] = None,
    beam: Annotated[int | None, typer.Option(min=1, max=10, help="How many ways of writing it are kept in mind")] = None,
    threads: Annotated[int | None, typer.Option(min=1, max=256, help="Threads; all processors without")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda")] = None,
    compute_type: Annotated[str | None, typer.Option(help="auto, int8, float32, float16, ...")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr")] = False,
) -> None:
    """
    Write down what is said in a recording, with the time of every word. Progress goes to stderr.

    Exit code 0: it is written, perhaps with a warning on stderr that the recording is incomplete. Exit code 2: the file, the model or the language is
    nothing to work with; stderr says why in one sentence, and nothing is left behind.
    """
    from imece.config import settings as house  # noqa: PLC0415 (--help stays quick)
    from transcription import exports, listening, media, memory, weights  # noqa: PLC0415 (see above)
    from transcription.settings import settings  # noqa: PLC0415 (see above)

    signal.signal(signal.SIGTERM, _end)
    ours, progress = settings(), _Progress(quiet)
    with _sentences(file), tempfile.TemporaryDirectory(prefix="imece-transcribe-") as scratch:
        spoken = listening.checked(language)
        media.probe(file)  # a bad file is told before a model is fetched for it
        found = weights.resolve(model or ours.model)
        _admit(found.name, memory.needed(found.name, compute_type or ours.compute_type), memory.total())
        wav = Path(scratch) / "sound.wav"
        extracted = media.extract(file, wav, on_progress=lambda done, of: progress.show("reading", "okunuyor", done, of))
        windows = listening.plan(wav, on_progress=lambda done, of: progress.show("looking for speech", "konuşma aranıyor", done, of))
        if not windows:
            _refuse(file, "Nobody speaks in this recording.", "Bu kayıtta konuşma yok.")
        listener = listening.Listener(found, device or ours.device, compute_type or ours.compute_type, threads or ours.threads)
        spoken = spoken or listener.detect(wav, windows)[0]
        wish = listening.Wish(spoken, translate, prompt, hotwords, beam)
        segments = _heard(listener, wav, windows, wish, progress)
        progress.end()
        for note in (extracted.note, found.note):
            if note:
                typer.secho(f"{file.name}: {note[house().locale]}", fg="yellow", err=True)
        transcript = exports.Transcript("en" if translate else spoken, extracted.seconds, segments, locale=house().locale)
        _put(exports.render(format_.value, transcript).body, output)


def probe(file: File, as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False) -> None:
    """Say what is in a file, by its header. Exit code 2 when it is no recording."""
    from dataclasses import asdict  # noqa: PLC0415 (--help stays quick)

    import orjson  # noqa: PLC0415 (see above)

    from transcription import media  # noqa: PLC0415 (see above)

    with _sentences(file):
        found = media.probe(file)
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(asdict(found), option=orjson.OPT_INDENT_2) + b"\n")
        return
    typer.echo(f"{file.name}  {found.format}  {media.spoken(found.seconds or 0)}  {found.bytes / 1e6:.1f} MB")
    for stream in found.streams:
        shape = (
            f"{stream.width}x{stream.height} {stream.frames_per_second:g}/s" if stream.width else f"{stream.rate} Hz x {stream.channels}"
        )
        typer.echo(
            f"  {stream.index}  {stream.kind:8}  {stream.codec:10}  {shape if stream.kind in {'audio', 'video'} else ''}  {stream.language}"
        )


def trim(
    file: File,
    out: Annotated[Path, typer.Argument(help="The file to write; its suffix chooses the format", dir_okay=False)],
    start: Annotated[str, typer.Option(help="Where it begins: seconds, or 1:02:03.5")] = "0",
    end: Annotated[str | None, typer.Option(help="Where it ends; the end of the recording without")] = None,
    mode: Annotated[_Mode, typer.Option(help="fast: copied from the key frame before; exact: encoded anew, to the frame")] = _Mode.FAST,
    silence: Annotated[bool, typer.Option("--silence", help="Leave out the silence at its beginning and end")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr")] = False,
) -> None:
    """Cut a piece out of a recording. Exit code 2 when there is nothing to cut, or the format cannot hold it; then nothing is written."""
    from transcription import media  # noqa: PLC0415 (--help stays quick)

    signal.signal(signal.SIGTERM, _end)
    progress = _Progress(quiet)
    first, last = _seconds(start, "--start"), _seconds(end, "--end") if end is not None else None
    with _sentences(file), tempfile.TemporaryDirectory(prefix="imece-trim-") as scratch:
        if silence:
            wav = Path(scratch) / "sound.wav"
            media.extract(
                file, wav, start=first or None, end=last, on_progress=lambda done, of: progress.show("reading", "okunuyor", done, of)
            )
            bounds = media.speech_bounds(wav)
            if bounds is None:
                _refuse(file, "There is nothing but silence.", "Sessizlikten başka bir şey yok.")
            first, last = first + bounds[0], first + bounds[1]
        cut = media.trim(file, out, first, last, mode.value, on_progress=lambda done, of: progress.show("cutting", "kesiliyor", done, of))
    progress.end()
    typer.echo(f"{out}  {media.spoken(cut.start)}  +{cut.seconds:.3f} s")


def _heard(listener: "Listener", wav: Path, windows: "list[Window]", wish: "Wish", progress: "_Progress") -> "list[Segment]":
    segments: list[Segment] = []
    total = sum(window.end - window.start for window in windows)
    done = 0.0
    for begin in range(0, len(windows), _STEP):
        step = windows[begin : begin + _STEP]
        progress.show("listening", "dinleniyor", done, total)
        segments += [segment for heard in listener.hear(wav, step, wish) for segment in heard.segments]
        done += sum(window.end - window.start for window in step)
    progress.show("listening", "dinleniyor", done, total)
    return segments


def _put(body: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()
        return
    draft = output.with_name(f".{output.name}.part")
    try:
        draft.write_bytes(body)
        draft.replace(output)
    finally:
        draft.unlink(missing_ok=True)


class _Progress:
    """One line on stderr: rewritten on a terminal, and elsewhere a new one every few seconds."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._live = sys.stderr.isatty()
        self._next = 0.0
        self._open = False

    def show(self, en: str, tr: str, done: float, of: float | None) -> None:
        """How far it is, in seconds of the recording."""
        now = time.monotonic()
        if self._quiet or (now < self._next and done != of):
            return
        from imece.cli.output import say  # noqa: PLC0415 (--help stays quick)
        from transcription.media import spoken  # noqa: PLC0415 (see above)

        self._next = now + (0.2 if self._live else 5.0)
        text = f"{say(en, tr)} {spoken(done)}" + (f" / {spoken(of)}" if of else "")
        sys.stderr.write(f"\r\x1b[K{text}" if self._live else f"{text}\n")
        sys.stderr.flush()
        self._open = self._live

    def end(self) -> None:
        """Leave the line clean."""
        if self._open:
            sys.stderr.write("\r\x1b[K")
            self._open = False


@contextmanager
def _sentences(file: Path) -> Iterator[None]:
    """What cannot be done is one sentence on stderr: exit code 2 for what was given, 1 for what did not work this time."""
    from imece.errors import ImeceError, Permanent  # noqa: PLC0415 (--help stays quick)

    try:
        yield
    except Permanent as error:
        _refuse(file, error.en, error.tr)
    except ImeceError as error:
        _refuse(file, error.en, error.tr, code=1)


def _refuse(file: Path, en: str, tr: str, code: int = 2) -> NoReturn:
    from imece.cli.output import say  # noqa: PLC0415 (--help stays quick)

    typer.secho(f"{file.name}: {say(en, tr)}", fg="red", err=True)
    raise typer.Exit(code)


def _admit(model: str, wanted: int, have: int) -> None:
    from imece.errors import Permanent  # noqa: PLC0415 (--help stays quick)

    if wanted > have:
        raise Permanent(
            f"The model {model} needs {wanted / 1e9:.1f} GB of memory, and this machine has {have / 1e9:.1f} GB: choose a smaller one.",
            f"{model} modeli {wanted / 1e9:.1f} GB bellek ister, bu makinede {have / 1e9:.1f} GB var: daha küçük bir model seçin.",
        )


def _seconds(text: str, option: str) -> float:
    """`62`, `1:02` and `1:02:03.5`."""
    total = 0.0
    try:
        for part in text.split(":"):
            total = total * 60 + float(part)
    except ValueError:
        raise typer.BadParameter(f"{text} is no time: seconds, or 1:02:03.5", param_hint=option) from None
    return total


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(143)  # by an exception, so that children and scratch files go
