"""
speech-memory: three hours of speech by `base`, each in a process of its own: the most memory it took, and how long the plan took.

Beside it, what faster-whisper takes for the same file before it has written its first word.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench import speech
from bench.figure import Figure, Options

_OURS = """
import json, resource, sys, time
from pathlib import Path
from transcription import listening, weights
wav, every = Path(sys.argv[1]), int(sys.argv[2])
began = time.perf_counter()
windows = listening.plan(wav)
planned = time.perf_counter() - began
after_plan = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
listener = listening.Listener(weights.resolve("base"), device="cpu")
began, heard, language = time.perf_counter(), 0.0, listener.detect(wav, windows)[0]
for first in range(0, len(windows), 6 * every):
    step = windows[first : first + 6]
    listener.hear(wav, step, listening.Wish(language))
    heard += sum(one.end - one.start for one in step)
print(json.dumps({"planned_s": planned, "windows": len(windows), "heard_s": heard, "took_s": time.perf_counter() - began,
    "after_plan_mb": after_plan / 1024, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""

_THEIRS = """
import json, resource, sys
from faster_whisper import WhisperModel
from transcription import weights
model = WhisperModel(str(weights.resolve("base").path), device="cpu", compute_type="int8")
segments, _ = model.transcribe(sys.argv[1], language="en", beam_size=5, word_timestamps=True)
print(json.dumps({"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def measure(options: Options) -> Figure:
    """Three hours; every step of six windows in `every` is heard, from the first to the last."""
    hours, every = (0.2, 4) if options.quick else (3.0, 12)
    speech.base()
    with speech.ground() as folder:
        laid = speech.laid(speech.clips(options.folder), hours * 3600, folder / "long.wav")
        ours = _run(_OURS, laid.wav, every)
        theirs = _run(_THEIRS, laid.wav)
    detail: dict[str, Any] = {name: round(value, 1) for name, value in ours.items()}
    detail |= {"hours": hours, "share_heard": round(ours["heard_s"] / (hours * 3600), 3)}
    remarks = (
        f"{hours:g} h planned in {ours['planned_s']:.1f} s into {ours['windows']:.0f} windows, {ours['heard_s'] / 60:.0f} min of them heard, from the first "
        f"to the last; faster-whisper takes {theirs['peak_mb'] / 1024:.1f} GB before its first word"
    )
    return Figure(
        "speech-memory",
        round(ours["peak_mb"] / 1024, 2),
        "GB at most",
        {"faster-whisper": round(theirs["peak_mb"] / 1024, 2)},
        detail,
        remarks,
    )


def _run(program: str, wav: Path, *more: object) -> dict[str, float]:
    """In a fresh process, whose memory is nobody else's."""
    done = subprocess.run([sys.executable, "-c", program, wav, *map(str, more)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
