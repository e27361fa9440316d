"""Celery 5.7, tuned and with late acknowledgement: no results, 64 messages ahead per slot, nothing said between workers."""

import os
from dataclasses import dataclass
from typing import Any

import celery  # type: ignore[import-untyped]  # no types

from bench.contenders.stamp import stamp

#: Where its Redis database is, in the environment of its worker.
URL = "IMECE_BENCH_CELERY"


@dataclass(frozen=True)
class Peer:
    """An app, its two tasks, and a client of its database."""

    app: celery.Celery
    nothing: Any
    say_when: Any

    def fill(self, count: int) -> None:
        """Send so many no-ops, one by one: there is no other way."""
        for number in range(count):
            self.nothing.delay(number)

    def left(self) -> int:
        """Messages waiting or not acknowledged yet."""
        with self.app.connection_or_acquire() as connection:
            client = connection.default_channel.client
            return int(client.llen("celery")) + int(client.hlen("unacked"))


def make(url: str) -> Peer:
    """The peer on that Redis database."""
    app = celery.Celery("bench", broker=url, set_as_current=False)
    app.conf.update(
        task_ignore_result=True,
        task_acks_late=True,
        worker_prefetch_multiplier=64,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
    )

    @app.task(name="bench.nothing")  # type: ignore[untyped-decorator]  # no types
    def nothing(number: int) -> None:
        pass

    @app.task(name="bench.say_when")  # type: ignore[untyped-decorator]  # no types
    def say_when(number: int) -> None:
        stamp(number)

    return Peer(app, nothing, say_when)


app = make(os.environ.get(URL, "memory://")).app  # noqa: TID251 (the benchmark's own); the command line looks for this name
