"""
`python -m gateway.serve`: the gateway's server process.

Waits for its servers, refuses to start on what cannot work, serves, and on SIGTERM lets requests under way finish and exits 0.
"""

import asyncio
import signal
import sys
from types import FrameType

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from gateway import app as application
from gateway.faces import Faces
from gateway.live import Live
from gateway.settings import secret, settings
from imece import checks, config, face, log
from imece.errors import ImeceError

_log = log.get("gateway")


#: Seconds that the head of a request may take, and that its body may be silent; an upload says by itself that it has waited too long, before this.
HEAD, SILENCE = 30.0, 75.0


class Protocol(H11Protocol):
    """uvicorn's, which also lets go of whoever begins a request and does not go on: such connections would stay for ever, and fill the process."""

    _alarm: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Somebody is there, and is to say what they want."""
        super().connection_made(transport)
        self._wait(HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more."""
        self._wait(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A piece of a request."""
        super().data_received(data)
        match self.conn.their_state:
            case h11.SEND_BODY:
                self._wait(SILENCE)
            case h11.IDLE if self._alarm is None:
                self._wait(HEAD)
            case h11.IDLE:
                pass  # the time runs from the first byte of a head
            case _:
                self._wait(None)

    def _wait(self, seconds: float | None) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = None if seconds is None else self.loop.call_later(seconds, self._let_go)

    def _let_go(self) -> None:
        if self.flow.read_paused:  # it is we who do not listen
            self._wait(SILENCE)
        else:
            self.transport.close()


class Server(uvicorn.Server):
    """uvicorn, which first ends the open event streams when it is told to stop: they would wait for ever."""

    def __init__(self, wish: uvicorn.Config, live: Live, faces: Faces) -> None:
        super().__init__(wish)
        self._live, self._faces = live, faces

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop."""
        self._live.close()
        self._faces.stop()
        super().handle_exit(sig, frame)


def main() -> int:
    """Serve until told to stop. The exit code is 0 after that, 1 when it cannot start."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(
            number, lambda *_: sys.exit(0)
        )  # while waiting for servers; uvicorn has its own, and gives the signal back at its end
    try:
        log.configure(service="gateway")
        wish = settings()
        secret()
        face.secret()
        checks.wait_for_servers()
        checks.refuse_if_unsafe()
    except ImeceError as error:
        sys.stderr.write(f"gateway: {error.tr if config.settings().locale == 'tr' else error.en}\n")
        return 1
    app = application.build()
    served = uvicorn.Config(
        app,
        host=wish.host,
        port=wish.port,
        http=Protocol,
        proxy_headers=True,
        forwarded_allow_ips=wish.trusted_proxies,
        timeout_graceful_shutdown=wish.grace,
        server_header=False,
        access_log=False,
        log_config=None,
    )
    server = Server(served, app.state.live, app.state.faces)
    _log.info("gateway.serving", url=wish.url, host=wish.host, port=wish.port)
    server.run()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
