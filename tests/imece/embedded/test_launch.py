"""What the launcher does before it becomes the command."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from imece.embedded import launch

LAUNCH = [sys.executable, "-m", "imece.embedded.launch"]


def test_it_becomes_the_command_under_the_same_pid() -> None:
    process = subprocess.Popen([*LAUNCH, "--", "sh", "-c", "echo $$"], stdout=subprocess.PIPE, text=True)

    out, _ = process.communicate(timeout=20)

    assert int(out) == process.pid


def test_the_command_dies_with_its_parent() -> None:
    """No parent can see to that by itself when it is killed -9."""
    parent = subprocess.Popen(
        ["sh", "-c", '"$@" & wait', "sh", *LAUNCH, "--signal", "SIGKILL", "--", "sh", "-c", "echo $$; exec sleep 600"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout
    child = psutil.Process(int(parent.stdout.readline()))

    parent.kill()
    parent.wait()

    assert parent.stdout.read() == "", "the pipe is closed, so every holder of it has gone"
    parent.stdout.close()
    gone, _ = psutil.wait_procs([child], timeout=5)
    assert gone or child.status() == psutil.STATUS_ZOMBIE


def test_a_program_that_keeps_dying_waits_longer_but_never_longer_than_five_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, waits = [1000.0], []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "time", lambda: now[0])
    record = tmp_path / "record"

    for _ in range(9):
        launch._hold_back(record)
    now[0] += launch.SHORT_LIFE + 1
    launch._hold_back(record)

    assert waits == [0, 0, 1, 2, 4, 5, 5, 5, 5, 0]
    assert json.loads(record.read_text())["starts"] == 10


def test_a_torn_record_is_a_new_one(tmp_path: Path) -> None:
    record = tmp_path / "record"
    record.write_text('{"starts": 3, ')

    launch._hold_back(record)

    assert json.loads(record.read_text())["starts"] == 1


def test_it_starts_only_under_the_supervisor_it_was_written_for(tmp_path: Path) -> None:
    pid_file = tmp_path / "supervisord.pid"
    pid_file.write_text("1")

    done = subprocess.run([*LAUNCH, "--parent", str(pid_file), "--", "echo", "started"], check=False, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (1, "")


def test_it_waits_for_what_has_to_come_before(tmp_path: Path) -> None:
    gate = tmp_path / "migrated"
    process = subprocess.Popen([*LAUNCH, "--after", str(gate), "--", "echo", "started"], stdout=subprocess.PIPE, text=True)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)

    gate.write_text(f"{os.getpid()}\n")

    assert process.communicate(timeout=20)[0] == "started\n"


def test_it_can_be_stopped_while_it_waits(tmp_path: Path) -> None:
    process = subprocess.Popen([*LAUNCH, "--after", str(tmp_path / "never"), "--", "echo"])

    process.terminate()

    assert process.wait(20) == -signal.SIGTERM
