"""
`python -m gateway.serve`: the gateway's server process.

Waits for PostgreSQL, refuses to start on what cannot work, serves, and on SIGTERM lets requests under way finish and exits 0.
"""

import signal
import sys
import time
from types import FrameType

import sqlalchemy as sa
import uvicorn

from gateway import app as application
from gateway.settings import secret, settings
from imece import config, log, migrate, storage
from imece.errors import ImeceError, Misconfigured

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
        _await_database()
        storage.check()
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


def _await_database() -> None:
    """Wait for the database and for the migrations. Raises Misconfigured when `IMECE_SERVER_PATIENCE` is over."""
    ends = time.monotonic() + config.settings().server_patience
    while True:
        try:
            behind = migrate.behind()
        except sa.exc.OperationalError as error:
            missing = f"PostgreSQL does not answer ({type(error.orig).__name__})", "PostgreSQL yanıt vermiyor"
        else:
            if not behind:
                return
            missing = (
                f"these schemas are not migrated: {', '.join(behind)} (imece migrate)",
                f"şemalar güncel değil: {', '.join(behind)} (imece migrate)",
            )
        if time.monotonic() > ends:
            raise Misconfigured(f"Giving up: {missing[0]}.", f"Vazgeçildi: {missing[1]}.")
        _log.warning("gateway.waiting", why=missing[0])
        time.sleep(1)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # until uvicorn takes over
    sys.exit(main())
