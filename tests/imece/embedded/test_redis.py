"""The embedded Redis, really broken."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis as redis_py

from imece.embedded import home as places
from imece.embedded import redis
from imece.embedded.server import Server


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home whose path is far too long for a unix socket."""
    home = tmp_path / ("x" * 100)
    home.mkdir()
    yield home
    shutil.rmtree(places.run_folder(home))


@pytest.fixture
def server(home: Path) -> Iterator[Server]:
    server = redis.server(home, {"appendfsync": "always"})
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(home: Path) -> Iterator[redis_py.Redis]:
    client = redis_py.Redis.from_url(redis.embedded_url(home), decode_responses=True)
    yield client
    client.close()


def test_what_was_written_survives_kill_9(server: Server, client: redis_py.Redis) -> None:
    client.rpush("imece:notify.email", "one", "two")

    server.kill()
    server.start()

    assert client.lrange("imece:notify.email", 0, -1) == ["one", "two"]


def test_a_torn_end_of_the_append_only_file_does_not_stop_it(home: Path, server: Server, client: redis_py.Redis) -> None:
    client.set("kept", "1")
    server.kill()
    with (home / "redis" / "appendonly.aof").open("ab") as aof:
        aof.write(b"*3\r\n$3\r\nSET\r\n$4\r\nlo")

    server.start()

    assert client.keys() == ["kept"]


def test_the_server_is_ours_alone_and_throws_nothing_away(home: Path, server: Server, client: redis_py.Redis) -> None:
    process = psutil.Process(server.pid)

    assert not [c for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert process.uids().effective != 0
    assert (places.run_folder(home) / "redis").stat().st_mode & 0o077 == 0
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert client.config_get("appendonly") == {"appendonly": "yes"}


def test_ping_of_a_stopped_server_is_a_connection_error(home: Path) -> None:
    with pytest.raises(ConnectionError):
        redis.ping(home)
