"""Connections: what waits for the disk, what commits by itself, and what is left of them after a restart."""

import threading
from datetime import datetime

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


def test_what_is_done_alone_is_committed_by_itself_and_survives_a_restart_of_the_server(database: sa.Engine, stack: Stack) -> None:
    db.alone(lambda line: line.exec_driver_sql("create table public.alone (n integer)"))
    stack.postgres.stop()
    stack.postgres.start()
    db.alone(lambda line: line.exec_driver_sql("insert into public.alone values (1)"))
    with db.quick() as connection:
        assert connection.execute(sa.text("select n from public.alone")).scalars().all() == [1]


def test_an_error_leaves_nothing_behind_for_whoever_comes_next(database: sa.Engine) -> None:
    with pytest.raises(sa.exc.ProgrammingError):
        db.alone(lambda line: line.exec_driver_sql("select nonsense"))
    assert db.alone(lambda line: line.exec_driver_sql("select 1").scalar()) == 1


def test_whoever_is_alone_at_the_same_moment_has_a_connection_of_their_own(database: sa.Engine) -> None:
    together = threading.Barrier(6)
    found: list[int] = []

    def look() -> None:
        def work(line: sa.Connection) -> int:
            together.wait()
            return int(line.exec_driver_sql("select pg_backend_pid()").scalar_one())

        found.append(db.alone(work))

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 6


UNFIT = ["a\0b", "\ud800", datetime.fromisoformat("9999-12-31T23:59:59-14:00"), datetime.fromisoformat("0001-01-01T00:00:00+14:00")]


@pytest.mark.parametrize("value", UNFIT)
def test_what_cannot_be_kept_is_a_data_error_of_whoever_gave_it(database: sa.Engine, value: object) -> None:
    with pytest.raises(sa.exc.DataError) as told, db.transaction() as session:
        session.execute(sa.text("select :value"), {"value": value})
    assert db.is_unfit(told.value)
    with pytest.raises(sa.exc.DataError) as told, db.quick() as connection, db.cursor(connection, "select") as cursor:
        cursor.execute("select %s", (value,))
    assert db.is_unfit(told.value)


def test_a_nul_inside_json_cannot_be_kept_either_and_other_wrong_data_is_nothing_of_that_kind(database: sa.Engine) -> None:
    with pytest.raises(sa.exc.DataError) as told, db.transaction() as session:
        session.execute(sa.text("select cast(:value as jsonb)"), {"value": '"a\\u0000"'})
    assert db.is_unfit(told.value)
    with pytest.raises(sa.exc.DataError) as told, db.transaction() as session:
        session.execute(sa.text("select 1 / 0"))
    assert not db.is_unfit(told.value)


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59.999999+00:00", "9999-12-31T23:59:59", "2026-11-29T12:00:00+03:00"]
)
def test_a_moment_comes_back_as_it_was_given(database: sa.Engine, moment: str) -> None:
    with db.transaction() as session:
        given = datetime.fromisoformat(moment)
        assert session.execute(sa.text("select :given"), {"given": given}).scalar() == given
