"""Migrations: twice, from several places at once, and beside a newer version."""

import threading

import pytest
import sqlalchemy as sa

from imece import db, migrate
from imece.ledger.models import Base


@pytest.fixture
def emptied(database: sa.Engine) -> sa.Engine:
    """A database that has never seen the ledger. The other schemas stay."""
    with database.begin() as connection:
        connection.execute(sa.text("drop schema ledger cascade"))
    return database


def test_a_second_time_there_is_nothing_to_do(database: sa.Engine) -> None:
    assert migrate.upgrade() == []
    assert migrate.behind() == []


def test_the_ledger_comes_first_and_every_service_with_a_schema_follows() -> None:
    first, *others = migrate.schemas()
    assert first == "ledger"
    assert {"notify", "documents"} <= set(others)


def test_of_many_who_migrate_at_once_one_does_and_the_others_wait(emptied: sa.Engine) -> None:
    done: list[list[str]] = []
    threads = [threading.Thread(target=lambda: done.append(migrate.upgrade())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(done) == [[], [], ["ledger"]]
    with emptied.connect() as connection:
        assert connection.execute(sa.text("select count(*) from ledger.job")).scalar() == 0


def test_a_newer_schema_than_the_code_is_left_alone(database: sa.Engine) -> None:
    """During a rolling update the old processes start once more."""
    with database.begin() as connection:
        now = connection.execute(sa.text("select version_num from ledger.schema_version")).scalar()
        connection.execute(sa.text("update ledger.schema_version set version_num = 'ledger_9999'"))
    try:
        assert migrate.behind() == []
        assert migrate.upgrade() == []
    finally:
        with database.begin() as connection:
            connection.execute(sa.text("update ledger.schema_version set version_num = :now"), {"now": now})


def test_the_models_read_what_the_migrations_made(database: sa.Engine) -> None:
    found = sa.inspect(database)
    for table in Base.metadata.tables.values():
        columns = {column["name"]: column for column in found.get_columns(table.name, schema="ledger")}
        assert set(columns) == set(table.columns.keys()), table.name
        for column in table.columns:
            assert columns[column.name]["nullable"] == column.nullable, f"{table.name}.{column.name}"


def test_the_lock_is_given_back(database: sa.Engine) -> None:
    migrate.upgrade()
    with db.engine().connect() as connection:
        assert connection.execute(sa.text("select count(*) from pg_locks where locktype = 'advisory'")).scalar() == 0
