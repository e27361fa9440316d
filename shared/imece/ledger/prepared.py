"""Statements that every job runs through, planned once per connection."""

from typing import Any

import psycopg2
import sqlalchemy as sa


class Prepared:
    """
    A statement that the server reads and plans once per connection: planning costs more than running it.

    `$1` and so on stand for the values, of `types`. Connections ask for generic plans (`imece.db`).
    """

    def __init__(self, name: str, types: str, text: str) -> None:
        self._name = name
        self._prepare = f"prepare {name}({types}) as {text}"
        self._execute = f"execute {name}({', '.join(['%s'] * len(types.split(',')))})"

    def run(self, connection: sa.Connection, *values: Any) -> list[Any]:
        """
        Run it with these values, in the connection's transaction; its rows.

        Past SQLAlchemy's own execution, which costs as much as the statement. Raises DBAPIError as that would.
        """
        driver = connection.connection
        cursor = driver.cursor()
        try:
            if self._name not in (known := connection.info.setdefault("imece.prepared", set())):
                try:
                    cursor.execute(self._prepare)
                    known.add(self._name)
                except BaseException:  # a job may be interrupted between the two, and nobody knows then what this connection knows
                    connection.invalidate()
                    raise
            cursor.execute(self._execute, values)
            return list(cursor.fetchall())
        except psycopg2.Error as error:
            lost = connection.invalidated or bool(driver.driver_connection.closed)  # type: ignore[union-attr]  # it is psycopg2's
            if lost and not connection.invalidated:
                connection.invalidate(error)
            raise sa.exc.DBAPIError.instance(
                self._execute, values, error, psycopg2.Error, connection_invalidated=lost, dialect=connection.dialect
            ) from error
        finally:
            cursor.close()
