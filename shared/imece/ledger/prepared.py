"""Statements that every job runs through, planned once per connection."""

from typing import Any

import sqlalchemy as sa

from imece import db


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
        with db.cursor(connection, self._execute) as cursor:
            if self._name not in (known := connection.info.setdefault("imece.prepared", set())):
                try:
                    cursor.execute(self._prepare)
                    known.add(self._name)
                except BaseException:  # a job may be interrupted between the two, and nobody knows then what this connection knows
                    connection.invalidate()
                    raise
            cursor.execute(self._execute, values)
            return list(cursor.fetchall())
