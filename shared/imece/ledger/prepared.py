"""Statements that every job runs through, planned once per connection."""

from typing import Any

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

    def run(self, connection: sa.Connection, *values: Any) -> sa.CursorResult[Any]:
        """Run it with these values."""
        known = connection.info.setdefault("imece.prepared", set())
        if self._name not in known:
            connection.exec_driver_sql(self._prepare)
            known.add(self._name)
        return connection.exec_driver_sql(self._execute, values)
