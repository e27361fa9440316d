"""
The process that opens the file. It limits itself first, then writes lines of JSON to its output.

`python -I -m transcription.media.child LIMITS WISH`, `WISH` being `{"do": "probe" | "extract" | "fast" | "exact", "path", ...}`. Lines:
`{"at", "of"}` while it goes on, and last one of `{"end": ...}`, `{"fault": [en, tr]}`, `{"full": true}` for a disk that is full.
"""

import ctypes
import errno
import resource
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import av
import orjson

from transcription.media import cutting, extraction, opening
from transcription.media.findings import Limits, Unreadable

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG, linux/prctl.h
_PACE = 0.25  #: seconds between two signs of progress


def main(limits: Limits, wish: dict[str, Any]) -> None:
    """Do what is wished and say how it went."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)  # a worker that is killed leaves nobody decoding
    memory = limits.megabytes << 20
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    av.logging.set_level(None)
    try:
        _say(end=asdict(_done(limits, wish)))
    except Unreadable as fault:
        _say(fault=[fault.en, fault.tr])
    except MemoryError:
        megabytes = limits.megabytes
        en = f"Reading the file needs more than {megabytes} MB of memory."
        _say(fault=[en, f"Dosyayı okumak {megabytes} MB'tan fazla bellek istiyor."])
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            _say(full=True)
        else:
            raise


def _done(limits: Limits, wish: dict[str, Any]) -> Any:
    path, progress = Path(wish["path"]), _Progress()
    match wish["do"]:
        case "probe":
            with opening.opened(path) as container:
                return opening.described(container, path)
        case "extract":
            return extraction.extract(path, Path(wish["out"]), wish["start"], wish["end"], limits, progress)
        case "fast":
            return cutting.copy(path, Path(wish["out"]), wish["suffix"], wish["start"], wish["end"], progress)
        case _:
            return cutting.encode(path, Path(wish["out"]), wish["suffix"], wish["start"], wish["end"], progress)


class _Progress:
    """Tells how far it is, a few times a second."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _PACE

    def __call__(self, at: float, of: float | None) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _PACE
            _say(at=round(at, 2), of=of)


def _say(**message: Any) -> None:
    sys.stdout.buffer.write(orjson.dumps(message) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(Limits(**orjson.loads(sys.argv[1])), orjson.loads(sys.argv[2]))
