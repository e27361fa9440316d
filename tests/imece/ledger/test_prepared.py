"""Statements planned once per connection, whatever becomes of the connection in between."""

from typing import Any

import pytest
import sqlalchemy as sa

from imece import db
from imece.errors import Lost
from imece.ledger.prepared import Prepared
from imece.testing import Stack

TWICE = Prepared("imece_test_twice", "integer", "select $1 * 2")


def planned(connection: sa.Connection) -> int:
    return int(connection.execute(sa.text("select count(*) from pg_prepared_statements where name = 'imece_test_twice'")).scalar_one())


def test_a_statement_is_planned_once_and_run_often(database: sa.Engine) -> None:
    with database.connect() as connection:
        assert [TWICE.run(connection, n)[0][0] for n in range(5)] == [0, 2, 4, 6, 8]
        assert planned(connection) == 1


def test_a_rollback_forgets_no_plan(database: sa.Engine) -> None:
    with database.connect() as connection:
        TWICE.run(connection, 1)
        connection.rollback()
        assert TWICE.run(connection, 2) == [(4,)]


def test_a_job_that_is_interrupted_while_it_plans_leaves_a_connection_that_nobody_uses_again(database: sa.Engine) -> None:
    """The server knows the statement, and this process does not know that it does."""
    thrice = Prepared("imece_test_thrice", "integer", "select $1 * 3")

    class Interrupting(set[str]):
        def add(self, _name: str) -> None:
            raise Lost

    with database.connect() as connection:
        connection.info["imece.prepared"] = Interrupting()
        with pytest.raises(Lost):
            thrice.run(connection, 1)
        assert connection.invalidated
    for _ in range(10):
        with database.connect() as connection:
            assert thrice.run(connection, 3) == [(9,)]


def test_a_statement_that_cannot_be_planned_says_why(database: sa.Engine) -> None:
    with database.connect() as connection, pytest.raises(sa.exc.ProgrammingError, match="nowhere"):
        Prepared("imece_test_wrong", "integer", "select $1 from nowhere").run(connection, 1)


def test_a_refusal_is_the_error_that_sqlalchemy_would_raise(database: sa.Engine) -> None:
    wrong = Prepared("imece_test_zero", "integer", "select 1 / $1")
    with database.connect() as connection, pytest.raises(sa.exc.DataError):
        wrong.run(connection, 0)
    with database.connect() as connection:
        assert wrong.run(connection, 1) == [(1,)]


def test_a_lost_server_is_an_operational_error_and_the_next_connection_plans_anew(database: sa.Engine, stack: Stack) -> None:
    with database.connect() as connection:
        TWICE.run(connection, 1)
        stack.postgres.stop()
        with pytest.raises(sa.exc.OperationalError) as told:
            TWICE.run(connection, 1)
        assert told.value.connection_invalidated
        stack.postgres.start()
    with db.engine().connect() as again:
        assert TWICE.run(again, 4) == [(8,)]


def test_text_and_nothing_and_lists_go_through(database: sa.Engine) -> None:
    echo = Prepared("imece_test_echo", "text, text, integer[]", "select $1, $2, $3")
    with database.connect() as connection:
        rows: list[Any] = echo.run(connection, "ş'\\%s", None, [1, 2])
    assert rows == [("ş'\\%s", None, [1, 2])]
