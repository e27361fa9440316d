"""
The process of a face: `python -m <word>.serve` calls `main` with its name, its settings and its application.

Waits for its servers, refuses to start on what cannot work, serves, and on SIGTERM lets requests under way finish and exits 0.
"""

import signal
import sys
from collections.abc import Callable
from ipaddress import ip_address
from typing import Protocol

import uvicorn

from imece import checks, config, log
from imece.errors import ImeceError, Misconfigured
from imece.face.guard import Guard
from imece.face.signing import secret


class Place(Protocol):
    """The settings of a service with a face, as far as they matter here."""

    @property
    def host(self) -> str:
        """The address to listen on."""

    @property
    def port(self) -> int:
        """The port to listen on."""


def main(name: str, settings: Callable[[], Place], build: Callable[[], Guard]) -> int:
    """Serve until told to stop. The exit code is 0 after that, 1 when it cannot start."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))  # while waiting for servers; uvicorn has its own
    try:
        log.configure(service=name, pool="web")
        place = settings()
        refuse_strangers(name, place.host)
        secret()
        checks.wait_for_servers()
        checks.refuse_if_unsafe()
    except ImeceError as error:
        sys.stderr.write(f"{name}: {error.tr if config.settings().locale == 'tr' else error.en}\n")
        return 1
    server = uvicorn.Server(
        uvicorn.Config(
            build(),
            host=place.host,
            port=place.port,
            proxy_headers=False,
            timeout_graceful_shutdown=int(config.settings().grace),
            server_header=False,
            access_log=False,
            log_config=None,
        )
    )
    log.get(name).info(f"{name}.serving", host=place.host, port=place.port)
    server.run()
    return 0 if server.started else 1


def refuse_strangers(name: str, host: str) -> None:
    """Raise Misconfigured where other machines can reach the face and the secret is only this machine's own."""
    try:
        inside = ip_address(host).is_loopback
    except ValueError:
        inside = host == "localhost"
    if not inside and not config.settings().face_secret.get_secret_value():
        setting = f"{name.upper()}_HOST"
        raise Misconfigured(
            f"{setting} is {host}, which others can reach: set IMECE_FACE_SECRET, the same as the gateway's, or listen on 127.0.0.1.",
            f"{setting} {host}, yani başkaları erişebilir: ağ geçidiyle aynı IMECE_FACE_SECRET değerini verin ya da 127.0.0.1 dinleyin.",
        )
