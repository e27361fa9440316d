"""Connections to Redis for the few commands that every job runs through: what redis-py does around a command costs more than the command."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import redis


class Wires:
    """Connections of `client`, taken out of its pool for good, as many as are used at once. Nothing is ever sent twice."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._free: deque[Any] = deque()

    def ask(self, *commands: tuple[Any, ...]) -> list[Any]:
        """
        Send these commands in one go; their answers, in order and as Redis gave them.

        Raises what the first refused one was answered with, after all of them were; ConnectionError and TimeoutError, and then nobody knows which
        of them were heard.
        """
        answers = []
        with self._one() as connection:
            connection.send_packed_command(connection.pack_commands(commands))
            for _ in commands:
                try:
                    answers.append(connection.read_response())
                except redis.ResponseError as error:
                    answers.append(error)
        for answer in answers:
            if isinstance(answer, redis.ResponseError):
                raise answer
        return answers

    @contextmanager
    def _one(self) -> Iterator[Any]:
        """A connection that nobody else uses; it is closed, and opened at its next use, when anything goes wrong."""
        try:
            connection = self._free.pop()
        except IndexError:
            connection = self._client.connection_pool.get_connection()
        try:
            if _is_stale(connection):
                connection.disconnect()
            yield connection
        except BaseException:  # a job may be interrupted here, and an answer nobody has read must not be taken for the next one's
            connection.disconnect()
            raise
        finally:
            self._free.append(connection)


def _is_stale(connection: Any) -> bool:
    """Whether the server has closed it: an idle connection has nothing to read."""
    with suppress(redis.ConnectionError, redis.TimeoutError):
        return bool(connection.can_read())
    return True
