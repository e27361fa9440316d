"""
`python -m gateway.serve`: the gateway's server process.

Waits for its servers, refuses to start on what cannot work, serves, and on SIGTERM lets requests under way finish and exits 0.
"""

import signal
import sys
from types import FrameType

import uvicorn

from gateway import app as application
from gateway.faces import Faces
from gateway.live import Live
from gateway.settings import secret, settings
from imece import checks, config, face, log
from imece.errors import ImeceError

_log = log.get("gateway")


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
