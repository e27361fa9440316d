"""The face as a process: it refuses what is not safe, serves, and stops."""

import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any

from imece import health


def run(**more: str) -> subprocess.Popen[str]:
    environment = os.environ | more  # noqa: TID251 (for a process of its own)
    return subprocess.Popen([sys.executable, "-m", "transcription.serve"], env=environment, stderr=subprocess.PIPE, text=True)


def test_it_serves_until_it_is_told_to_stop(stack: Any) -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    process = run(TRANSCRIPTION_PORT=str(port))
    deadline = time.monotonic() + 60
    while health.ask(port) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)  # it is starting; there is nothing to wait for but the port
    assert health.ask(port) is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_it_holds_no_model(stack: Any) -> None:
    """A face is small: what listens is never loaded in it."""
    code = "import sys; from transcription.face import app; app.build(); print([m for m in sys.modules if m in ('ctranslate2', 'onnxruntime', 'av')])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]"
