"""
`python -m pricing.serve`: the face of pricing, which only the gateway talks to.

Waits for its servers, refuses to start on what cannot work, serves, and on SIGTERM lets requests under way finish and exits 0.
"""

import signal
import sys
from ipaddress import ip_address

import uvicorn

from imece import checks, config, face, log
from imece.errors import ImeceError, Misconfigured
from pricing.face import app
from pricing.settings import settings

_log = log.get("pricing")


def main() -> int:
    """Serve until told to stop. The exit code is 0 after that, 1 when it cannot start."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))  # while waiting for servers; uvicorn has its own
    try:
        log.configure(service="pricing", pool="web")
        wish = settings()
        refuse_strangers(wish.host)
        face.secret()
        checks.wait_for_servers()
        checks.refuse_if_unsafe()
    except ImeceError as error:
        sys.stderr.write(f"pricing: {error.tr if config.settings().locale == 'tr' else error.en}\n")
        return 1
    server = uvicorn.Server(
        uvicorn.Config(
            app.build(),
            host=wish.host,
            port=wish.port,
            proxy_headers=False,
            timeout_graceful_shutdown=int(config.settings().grace),
            server_header=False,
            access_log=False,
            log_config=None,
        )
    )
    _log.info("pricing.serving", host=wish.host, port=wish.port)
    server.run()
    return 0 if server.started else 1


def refuse_strangers(host: str) -> None:
    """Raise Misconfigured where other machines can reach the face and the secret is only this machine's own."""
    try:
        inside = ip_address(host).is_loopback
    except ValueError:
        inside = host == "localhost"
    if not inside and not config.settings().face_secret.get_secret_value():
        raise Misconfigured(
            f"PRICING_HOST is {host}, which others can reach: set IMECE_FACE_SECRET, the same as the gateway's, or listen on 127.0.0.1.",
            f"PRICING_HOST {host}, yani başkaları erişebilir: ağ geçidiyle aynı IMECE_FACE_SECRET değerini verin ya da 127.0.0.1 dinleyin.",
        )


if __name__ == "__main__":
    sys.exit(main())
