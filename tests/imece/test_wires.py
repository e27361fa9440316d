"""The few commands that every job runs through, on connections of their own."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from imece import broker
from imece.wires import Wires


@pytest.fixture
def client(redis_client: redis.Redis) -> Iterator[redis.Redis]:
    made = broker.client()
    yield made
    made.close()


def connected(client: redis.Redis) -> int:
    found: Any = client.info("clients")
    return int(found["connected_clients"])


def test_answers_come_in_the_order_of_the_commands(client: redis.Redis) -> None:
    assert Wires(client).ask(("SET", "a", "1"), ("GET", "a"), ("GET", "nothing"), ("LRANGE", "list", 0, -1)) == [b"OK", b"1", None, []]


def test_what_is_refused_is_raised_after_the_others_were_heard(client: redis.Redis) -> None:
    wires = Wires(client)
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        wires.ask(("SET", "a", "1"), ("RPUSH", "a", "2"), ("SET", "b", "3"))
    assert wires.ask(("MGET", "a", "b")) == [[b"1", b"3"]], "no answer of one call is taken for the next one's"


def test_a_connection_is_used_again(client: redis.Redis) -> None:
    wires = Wires(client)
    numbers = {wires.ask(("CLIENT", "ID"))[0] for _ in range(5)}
    assert len(numbers) == 1


def test_whoever_asks_at_the_same_moment_has_a_connection_of_their_own(client: redis.Redis) -> None:
    wires, together = Wires(client), threading.Barrier(3)
    found: list[object] = []

    def wait() -> None:
        together.wait()
        found.append(wires.ask(("BLPOP", "nothing", 0.2), ("CLIENT", "ID"))[1])

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 3


def test_a_connection_the_server_has_closed_is_replaced_before_anything_is_sent(client: redis.Redis, redis_client: redis.Redis) -> None:
    wires = Wires(client)
    (number,) = wires.ask(("CLIENT", "ID"))
    redis_client.client_kill_filter(_id=number)
    assert wires.ask(("INCR", "once")) == [1]


def test_after_an_interruption_nobody_reads_an_answer_that_was_not_for_them(client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    class StopHereError(BaseException):
        pass

    def interrupted(*_: object, **__: object) -> None:
        raise StopHereError

    wires = Wires(client)
    wires.ask(("SET", "a", "1"))
    with monkeypatch.context() as patch:
        patch.setattr(redis.connection.AbstractConnection, "read_response", interrupted)
        with pytest.raises(StopHereError):
            wires.ask(("GET", "a"))
    assert wires.ask(("PING",)) == [b"PONG"]


def test_its_connections_end_with_the_client(client: redis.Redis, redis_client: redis.Redis) -> None:
    wires = Wires(client)
    before = connected(redis_client)
    wires.ask(("PING",))
    assert connected(redis_client) == before + 1
    client.close()
    while connected(redis_client) > before:
        pass
