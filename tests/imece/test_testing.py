"""The plugin that every other test stands on."""

import socket
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa

from imece import config
from imece.testing import OutsideContact, Stack


def test_a_test_cannot_leave_the_machine() -> None:
    with pytest.raises(OutsideContact), socket.socket() as out:
        out.connect(("192.0.2.1", 80))
    with pytest.raises(OutsideContact):
        socket.getaddrinfo("example.org", 80)


def test_loopback_and_unix_sockets_stay_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


def test_an_invalid_name_fails_as_it_does_for_a_resolver() -> None:
    with pytest.raises(socket.gaierror):
        socket.create_connection(("nowhere.invalid", 80))


def test_what_the_machine_says_is_not_a_tests_business(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's `.env` with a real database and live mails stays out of it."""
    (tmp_path / ".env").write_text("IMECE_DATABASE_URL=postgresql://real/one\nNOTIFY_MODE=live\n")
    monkeypatch.chdir(tmp_path)

    assert config.load(config.Settings).database_url.get_secret_value() == ""
    monkeypatch.setenv("IMECE_ENV_FILE", ".env")
    assert config.load(config.Settings).database_url.get_secret_value() == "postgresql://real/one", "the file would have been read"


def test_tables_are_empty_at_the_start_of_a_test(database: sa.Engine) -> None:
    from imece.testing import _empty

    with database.begin() as connection:
        connection.execute(sa.text("CREATE TABLE public.leftover (id serial)"))
        connection.execute(sa.text("INSERT INTO public.leftover DEFAULT VALUES"))

    _empty(database)

    with database.begin() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM public.leftover")) == 0
        assert connection.scalar(sa.text("SELECT count(*) FROM ledger.schema_version")) == 1, "the migrations' own table stays"
        connection.execute(sa.text("DROP TABLE public.leftover"))


def test_a_killed_server_comes_back_with_its_data(stack: Stack, database: sa.Engine) -> None:
    with database.begin() as connection:
        connection.execute(sa.text("CREATE TABLE public.kept AS SELECT 1 AS one"))
    before = stack.postgres.pid

    stack.postgres.kill()
    assert not stack.postgres.running
    stack.postgres.start()

    assert stack.postgres.pid != before
    database.dispose()
    with database.begin() as connection:
        assert connection.scalar(sa.text("SELECT one FROM public.kept")) == 1
        connection.execute(sa.text("DROP TABLE public.kept"))


def test_redis_is_empty_at_the_start_of_a_test_and_can_be_stopped(stack: Stack, redis_client: redis.Redis) -> None:
    assert redis_client.dbsize() == 0

    stack.redis.stop()
    with pytest.raises(redis.ConnectionError):
        redis_client.ping()
    stack.redis.start()

    assert redis_client.ping()
