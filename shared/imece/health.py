"""`/healthz` and `/metrics` of one process, and the small client that containers ask with (`python -m imece.health`)."""

import socket
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.server import ThreadingHTTPServer


def serve(host: str, port: int, healthy: "Callable[[], str | None]") -> "ThreadingHTTPServer":
    """
    Answer in a thread of its own. `healthy()` gives None, or one line saying what is wrong (then `/healthz` is 503).

    Port 0 takes any free one; the server's `server_port` tells which.
    """
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer  # noqa: PLC0415 (the client half of this file starts faster without it)

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/healthz":
                fault = healthy()
                self._answer(503 if fault else 200, "text/plain; charset=utf-8", (fault or "ok").encode())
            elif self.path == "/metrics":
                from prometheus_client import generate_latest  # noqa: PLC0415 (as above)

                self._answer(200, "text/plain; version=0.0.4; charset=utf-8", generate_latest())
            else:
                self._answer(404, "text/plain", b"not found")

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """A health question every few seconds is no news."""

    server = ThreadingHTTPServer((host, port), Answers)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server


def ask(port: int, host: str = "127.0.0.1") -> str | None:
    """None when the process there says it is well, else what is wrong. Speaks HTTP by hand: two dozen containers ask every few seconds."""
    try:
        with socket.create_connection((host, port), timeout=5) as connection:
            connection.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
    except OSError as error:
        return f"no answer: {error}"
    head, _, body = answer.partition(b"\r\n\r\n")
    if head.split(b" ")[1:2] == [b"200"]:
        return None
    return body.decode("utf-8", "replace") or "no answer: the connection was closed"


if __name__ == "__main__":
    fault = ask(int(sys.argv[1]))
    sys.exit(fault)
