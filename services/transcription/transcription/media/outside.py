"""The parent's side: start the child, wait no longer than it goes on, hand its findings on, leave no process and no half-written file behind."""

import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import orjson

from imece.errors import Transient
from transcription.media.findings import Extracted, Limits, Probe, Stream, Trimmed, Unreadable

#: What parses strangers' files needs to know no passwords; and one thread of algebra is enough to cut frames.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_LOOK = 0.5  #: seconds: how soon a cancelled job notices while it waits for the child

OnProgress = Callable[[float, float | None], None]


def probe(path: Path, limits: Limits | None = None) -> Probe:
    """What the header of any recording says. Raises Unreadable, with one sentence, for what is none; no codec is run."""
    found = _ask({"do": "probe", "path": str(path)}, limits or Limits(seconds=30))
    return Probe(found["format"], found["seconds"], tuple(Stream(**stream) for stream in found["streams"]), found["bytes"])


def extract(
    path: Path,
    wav: Path,
    *,
    start: float | None = None,
    end: float | None = None,
    on_progress: OnProgress | None = None,
    limits: Limits | None = None,
) -> Extracted:
    """
    Write the sound of `path`, or of what lies between two seconds of it, to `wav`: 16 kHz, mono, 16 bits; memory stays flat for any length.

    `on_progress(seconds done, seconds expected or None)` is called a few times a second. Raises Unreadable where there is no sound or nothing
    of it can be decoded, Transient when the disk is full; then there is no `wav`. What could be read in part is no error: see `Extracted`.
    """
    _in_order(start, end)
    found = _ask({"do": "extract", "path": str(path), "start": start, "end": end}, limits or Limits(), wav, on_progress)
    return Extracted(**found)


def trim(
    path: Path,
    out: Path,
    start: float = 0.0,
    end: float | None = None,
    mode: Literal["fast", "exact"] = "fast",
    *,
    on_progress: OnProgress | None = None,
    limits: Limits | None = None,
) -> Trimmed:
    """
    Write what lies between two seconds of `path`, to its end without `end`, to `out`, whose suffix chooses the container.

    `fast` copies and begins at the key frame at or before `start`, in a moment; `exact` encodes anew, to the frame. Raises Unreadable when
    there is nothing between the two or the container cannot hold it, Transient when the disk is full; then there is no `out`.
    """
    _in_order(start, end)
    found = _ask({"do": mode, "path": str(path), "start": start, "end": end, "suffix": out.suffix}, limits or Limits(), out, on_progress)
    return Trimmed(**{**found, "streams": tuple(found["streams"])})


def _in_order(start: float | None, end: float | None) -> None:
    if (start or 0.0) < 0 or (end is not None and end <= (start or 0.0)):
        raise Unreadable(
            "A cut ends after it begins, and begins at 0 or later.", "Kesim başlangıcından sonra bitmeli ve 0 ya da sonrasında başlamalı."
        )


def _ask(wish: dict[str, Any], limits: Limits, out: Path | None = None, on_progress: OnProgress | None = None) -> Any:
    """What the child found. Its file gets its name only when it is whole."""
    draft = out.with_name(f"{out.name}.part") if out else None
    process = subprocess.Popen(
        [sys.executable, "-I", "-m", "transcription.media.child", orjson.dumps(asdict(limits)), orjson.dumps({**wish, "out": str(draft)})],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a decoder that aborts is talkative; its signal says enough
        env=_ENVIRONMENT,
    )
    try:
        found = _heard(process, limits, on_progress)
        if out and draft:
            draft.replace(out)
        return found
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
        if draft:
            draft.unlink(missing_ok=True)


def _heard(process: "subprocess.Popen[bytes]", limits: Limits, on_progress: OnProgress | None) -> Any:
    """Read the child's lines until the last one. A child that says nothing for `limits.seconds` has had its time."""
    assert process.stdout is not None
    rest, last = b"", time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(_LOOK):
                if time.monotonic() - last > limits.seconds:
                    raise _stuck(limits)
                continue
            chunk = process.stdout.read1(1 << 16)  # type: ignore[attr-defined]
            if not chunk:
                raise _death(process, limits)
            last = time.monotonic()
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                message = orjson.loads(line)
                if "end" in message:
                    return message["end"]
                if "fault" in message:
                    raise Unreadable(*message["fault"])
                if "full" in message:
                    raise Transient("The disk is full.", "Disk dolu.", retry_after=timedelta(minutes=5))
                if on_progress:
                    on_progress(message["at"], message["of"])


def _stuck(limits: Limits) -> Unreadable:
    return Unreadable(
        f"Reading the file stood still for {limits.seconds:g} seconds: it is damaged.",
        f"Dosyanın okunması {limits.seconds:g} saniye ilerlemedi: dosya hasarlı.",
    )


def _death(process: "subprocess.Popen[bytes]", limits: Limits) -> Exception:
    code = process.wait()
    if code == -signal.SIGKILL:  # nobody but the kernel does that here: the machine's memory is used up
        return Transient("The machine ran out of memory while reading the file.", "Dosya okunurken makinenin belleği yetmedi.")
    if code in {-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS, -signal.SIGFPE, -signal.SIGILL}:
        return Unreadable("The file is damaged in a way that ends its reader.", "Dosya, okuyucusunu durduracak biçimde hasarlı.")
    return Unreadable(
        f"The file cannot be read (its reader ended with code {code}, {limits.megabytes} MB of memory).",
        f"Dosya okunamıyor (okuyucusu {code} koduyla bitti, bellek {limits.megabytes} MB).",
    )
