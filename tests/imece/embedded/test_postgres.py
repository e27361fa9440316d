"""The embedded PostgreSQL, really broken."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
import sqlalchemy as sa

from imece.embedded import home as places
from imece.embedded import postgres
from imece.embedded.server import Server
from imece.errors import Misconfigured


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home whose path is far too long for a unix socket, with an umlaut in it."""
    home = tmp_path / ("büro " + "x" * 100)
    yield home
    shutil.rmtree(places.run_folder(home))


@pytest.fixture
def server(home: Path) -> Iterator[Server]:
    server = postgres.server(home)
    server.start()
    yield server
    server.stop()


def ask(home: Path, sql: str) -> object:
    engine = sa.create_engine(postgres.embedded_url(home), poolclass=sa.NullPool)
    with engine.begin() as connection:
        result = connection.execute(sa.text(sql))
        return result.scalar() if result.returns_rows else None


def test_data_survives_kill_9_and_a_second_start(home: Path, server: Server) -> None:
    ask(home, "CREATE TABLE letter AS SELECT 'İĞÜŞÖÇ ığüşöç ₺' AS text")
    first = server.pid

    server.kill()
    server.start()

    assert server.pid != first
    assert ask(home, "SELECT text FROM letter") == "İĞÜŞÖÇ ığüşöç ₺"

    again = postgres.server(home)
    server.stop()
    again.start()
    assert ask(home, "SELECT text FROM letter") == "İĞÜŞÖÇ ığüşöç ₺", "initialising twice keeps what is there"
    again.stop()


def test_the_server_is_ours_alone(home: Path, server: Server) -> None:
    """No TCP, a socket that only its owner and root reach, an unprivileged process, an owner who is no superuser."""
    process = psutil.Process(server.pid)

    assert not [c for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert process.uids().effective != 0
    socket_folder = places.run_folder(home) / "postgres"
    assert socket_folder.stat().st_mode & 0o077 == 0
    assert ask(home, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert ask(home, "SELECT pg_encoding_to_char(encoding) || ' ' || datlocale FROM pg_database WHERE datname = 'imece'") == "UTF8 C.UTF-8"
    assert ask(home, "SHOW fsync") == "on"


def test_an_interrupted_first_start_is_begun_again(home: Path) -> None:
    half = home / "postgres.making" / "base"
    half.mkdir(parents=True)
    (half / "torn").write_text("x")

    data = postgres.initialise(home)

    assert (data / "PG_VERSION").read_text().strip() == postgres.MAJOR
    assert not half.exists()


def test_the_data_of_another_major_version_is_not_touched(home: Path) -> None:
    data = home / "postgres"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("16\n")

    with pytest.raises(Misconfigured, match="PostgreSQL 16"):
        postgres.server(home)

    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    server = postgres.server(home, {"shared_buffers": "nonsense"})
    server.patience = 0.5

    with pytest.raises(Misconfigured, match="invalid value for parameter"):
        server.start()


def test_ping_of_a_stopped_server_is_a_connection_error(home: Path) -> None:
    with pytest.raises(ConnectionError):
        postgres.ping(home)
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(host=str(places.run_folder(home) / "postgres"), user="imece", dbname="imece")
