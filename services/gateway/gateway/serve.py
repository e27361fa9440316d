"""
`python -m gateway.serve`: the gateway's server process.

Waits for its servers, refuses to start on what cannot work, serves, and on SIGTERM lets requests under way finish and exits 0.
"""

import signal
import sys
from types import FrameType

import uvicorn

from gateway import app as application
from gateway.settings import secret, settings
from imece import checks, config, log
from imece.errors import ImeceError

_log = log.get("gateway")


class Server(uvicorn.Server):
    """uvicorn, which first ends the open event streams when it is told to stop: they would wait for ever."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop."""
        self.config.loaded_app_state.live.close()  # type: ignore[attr-defined]
        super().handle_exit(sig, frame)


def main() -> int:
    """Serve until told to stop. The exit code is 0 after that, 1 when it cannot start."""
    try:
        log.configure(service="gateway")
        wish = settings()
        secret()
        checks.wait_for_servers()
        checks.refuse_if_unsafe()
    except ImeceError as error:
        sys.stderr.write(f"gateway: {error.tr if config.settings().locale == 'tr' else error.en}\n")
        return 1
    app = application.build()
    uvicorn_config = uvicorn.Config(
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
    uvicorn_config.loaded_app_state = app.state  # type: ignore[attr-defined]
    server = Server(uvicorn_config)
    _log.info("gateway.serving", url=wish.url, host=wish.host, port=wish.port)
    server.run()
    return 0 if server.started else 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # until uvicorn takes over
    sys.exit(main())
