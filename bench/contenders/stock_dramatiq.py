"""Dramatiq 2.2.1 as its documentation sets it up: default broker and middleware, its own command line. It runs this module."""

import os
from dataclasses import dataclass

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from bench.contenders.stamp import stamp

#: Where its Redis database is, in the environment of its worker.
URL = "IMECE_BENCH_DRAMATIQ"


@dataclass(frozen=True)
class Peer:
    """A broker and its two actors."""

    broker: RedisBroker
    nothing: dramatiq.Actor[[int], None]
    say_when: dramatiq.Actor[[int], None]

    def fill(self, count: int) -> None:
        """Send so many no-ops, one by one: there is no other way."""
        dramatiq.set_encoder(dramatiq.JSONEncoder())  # imece's broker sets its own for the whole process
        for number in range(count):
            self.nothing.send(number)

    def left(self) -> int:
        """Messages not acknowledged yet."""
        return int(self.broker.client.hlen("dramatiq:quick.msgs"))  # type: ignore[arg-type]  # redis-py types async and sync as one


def make(url: str) -> Peer:
    """The peer on that Redis database."""
    broker = RedisBroker(url=url)  # type: ignore[no-untyped-call]  # no types

    @dramatiq.actor(queue_name="quick", broker=broker)  # noqa: TID251 (the peer as it is)
    def nothing(number: int) -> None:
        pass

    @dramatiq.actor(queue_name="quick", broker=broker)  # noqa: TID251 (the peer as it is)
    def say_when(number: int) -> None:
        stamp(number)

    return Peer(broker, nothing, say_when)


broker = make(os.environ.get(URL, "")).broker  # noqa: TID251 (the benchmark's own); the command line looks for this name
