"""Connections: what waits for the disk, what commits by itself, and what is left of them after a restart."""

import threading

import pytest
import sqlalchemy as sa

from imece import config, db
from imece.testing import Stack


def shown(connection: sa.Connection, name: str) -> str:
    return str(connection.execute(sa.text(f"show {name}")).scalar())


def test_what_is_asked_for_is_kept_for_good_and_what_is_quick_may_be_lost(database: sa.Engine) -> None:
    with db.transaction() as session:
        assert shown(session.connection(), "synchronous_commit") == "on"
    with db.quick() as connection:
        assert shown(connection, "synchronous_commit") == "off"


def test_no_statement_holds_the_house_up_for_ever(database: sa.Engine) -> None:
    with db.transaction() as session:
        assert shown(session.connection(), "lock_timeout") == "30s"
        assert shown(session.connection(), "idle_in_transaction_session_timeout") == "10min"


def test_a_transaction_is_committed_at_its_end_and_rolled_back_by_an_exception(database: sa.Engine) -> None:
    with db.transaction() as session:
        session.execute(sa.text("create table public.kept (n integer)"))

    def half() -> None:
        with db.transaction() as session:
            session.execute(sa.text("insert into public.kept values (1)"))
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 (the one raised just above)
        half()
    with db.transaction() as session:
        assert session.execute(sa.text("select count(*) from public.kept")).scalar() == 0
        session.execute(sa.text("drop table public.kept"))


def test_what_is_quick_commits_statement_by_statement(database: sa.Engine) -> None:
    with db.quick() as connection:
        connection.execute(sa.text("create table public.each (n integer)"))
        with db.quick() as another:
            assert another.execute(sa.text("select count(*) from public.each")).scalar() == 0
        connection.execute(sa.text("drop table public.each"))


@pytest.mark.parametrize("durable", [True, False])
def test_connections_that_the_server_has_closed_are_replaced_unnoticed(stack: Stack, database: sa.Engine, durable: bool) -> None:
    together = threading.Barrier(4)

    def fill() -> None:
        with db.engine(durable=durable).connect() as connection:
            connection.execute(sa.text("select 1"))
            together.wait(10)

    threads = [threading.Thread(target=fill) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    stack.postgres.stop()
    stack.postgres.start()

    for _ in range(6):
        with db.engine(durable=durable).connect() as connection:
            assert connection.execute(sa.text("select 1")).scalar() == 1


def test_what_is_lost_is_told_from_what_is_wrong() -> None:
    cut = sa.exc.DatabaseError("select", {}, Exception("server closed the connection unexpectedly"), connection_invalidated=True)
    assert db.is_away(cut)
    assert db.is_away(sa.exc.OperationalError("select", {}, Exception("gone")))
    assert not db.is_away(sa.exc.DatabaseError("select", {}, Exception("else")))
    assert not db.is_away(sa.exc.IntegrityError("insert", {}, Exception("twice")))
    assert not db.is_away(ValueError("x"))


def test_each_durability_has_one_engine_until_it_is_forgotten(database: sa.Engine) -> None:
    assert db.engine() is db.engine(durable=True)
    assert db.engine() is not db.engine(durable=False)
    before = db.engine()
    db.forget()
    assert db.engine() is not before


def test_an_address_of_any_driver_is_reached_by_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMECE_DATABASE_URL", "postgres+asyncpg://u:p%40ss@host:5433/name")
    config.settings.cache_clear()
    try:
        url = db.database_url()
        assert (url.drivername, url.username, url.password, url.host, url.port, url.database) == (
            "postgresql+psycopg2",
            "u",
            "p@ss",
            "host",
            5433,
            "name",
        )
    finally:
        config.settings.cache_clear()
