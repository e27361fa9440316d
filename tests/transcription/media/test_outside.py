import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from imece.errors import Cancelled, Transient
from transcription import media
from transcription.media import Limits, Unreadable, outside


def test_the_child_probes_extracts_and_cuts(made: Any, tmp_path: Path) -> None:
    """One of each by way of the process, with its progress; nothing but what was asked for is left."""
    path = made("a.mp4", video="libx264", seconds=4.0)
    probe = media.probe(path)
    assert probe.seconds == pytest.approx(4.0, abs=0.05)
    assert (probe.audio and probe.audio.codec, probe.video and (probe.video.codec, probe.video.width)) == ("aac", ("h264", 64))
    assert probe.bytes == path.stat().st_size
    found = media.extract(path, tmp_path / "out.wav")
    assert media.seconds_of(tmp_path / "out.wav") == pytest.approx(found.seconds, abs=0.001)
    cut = media.trim(path, tmp_path / "cut.mp4", 1.0, 3.0)
    assert (cut.start, cut.streams) == (0.0, ("video", "audio"))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.mp4", "cut.mp4", "out.wav"]


@pytest.mark.parametrize("start", [-1.0, 5.0])
def test_a_cut_that_ends_before_it_begins_starts_no_child(made: Any, tmp_path: Path, start: float) -> None:
    with pytest.raises(Unreadable, match="A cut ends after it begins"):
        media.trim(tmp_path / "nothing.mp4", tmp_path / "out.mp4", start, 2.0)


def _child(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Another child, with the same arguments."""
    real = subprocess.Popen

    def start(command: list[Any], **given: Any) -> Any:
        return real([command[0], "-c", program, *command[4:]], **given)

    monkeypatch.setattr(outside.subprocess, "Popen", start)


@pytest.mark.parametrize(
    ("program", "error", "words"),
    [
        ("import time; time.sleep(60)", Unreadable, "stood still"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", Unreadable, "ends its reader"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", Transient, "ran out of memory"),
        ("raise SystemExit(3)", Unreadable, "code 3"),
        ("print('{\"full\": true}', flush=True)", Transient, "disk is full"),
    ],
    ids=["hangs", "crashes", "is killed", "gives up", "has no room"],
)
def test_whatever_becomes_of_the_child_is_told_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, error: type[Exception], words: str
) -> None:
    draft = "import json, sys; open(json.loads(sys.argv[2])['out'], 'w').write('half'); "
    _child(monkeypatch, draft + program)
    with pytest.raises(error, match=words):
        media.extract(tmp_path / "a", tmp_path / "out.wav", limits=Limits(seconds=1))
    assert not list(tmp_path.iterdir())


def test_whoever_is_told_of_progress_may_end_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A cancelled job raises in its report: the child is gone, and so is its file."""
    pid = tmp_path / "pid"
    program = (
        f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); print('{{\"at\": 1, \"of\": 2}}', flush=True); time.sleep(60)"
    )
    _child(monkeypatch, program)

    def report(_done: float, _of: float | None) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        media.extract(tmp_path / "a", tmp_path / "out.wav", on_progress=report)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    assert [entry.name for entry in tmp_path.iterdir()] == ["pid"]


def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    """A worker that is killed leaves nobody decoding. The child's own first lines see to it."""
    nurse = (
        "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', sys.argv[1], sys.argv[2]]); "
        "print(p.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", nurse, _sleeping_child(), str(tmp_path / "a")], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    _wait((tmp_path / "a.ready").exists)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    _wait(lambda: not _lives(pid))


def _sleeping_child() -> str:
    """The child, with a work that says it has begun and then goes on for ever."""
    return (
        "import sys, time; from pathlib import Path; from transcription.media import child; "
        "child._done = lambda *_: (Path(sys.argv[1] + '.ready').touch(), time.sleep(60)); "
        "child.main(child.Limits(), {'do': 'probe', 'path': sys.argv[1]})"
    )


def _lives(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def _wait(until: Any) -> None:
    deadline = time.monotonic() + 30
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.02)
