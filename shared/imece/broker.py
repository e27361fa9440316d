"""
Redis as a doorbell: Dramatiq's broker with a blocking wake-up, bulk enqueue and safe clients.

A message carries the id of a job and nothing else; it may be lost or come ten times. What differs from the stock broker, and why:

- A consumer waits with a blocking command on the queue itself, so an idle worker starts a job in milliseconds (stock: up to a second of sleep).
- `enqueue_many` writes hundreds of messages in one MULTI instead of one script call each.
- Acknowledgements travel together with the next fetch. One that is lost costs a duplicate message, which finds nothing to claim.
- No delay queues: waiting happens in the ledger, not in a worker's memory.
- A client that sends never repeats a timed-out command by itself, because the repetition would put the chunk into the queue twice.
"""

import hashlib
import re
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import dramatiq
import orjson
import redis
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.errors import ConnectionClosed, DecodeError
from dramatiq.message import Message
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from imece.config import settings
from imece.errors import Misconfigured
from imece.ids import new_ids
from imece.wires import Wires

#: Databases of the one Redis: the broker's own, so that Dramatiq's `KEYS` never walks over anything else; and everything that is not a queue.
BROKER_DATABASE, STATE_DATABASE = 0, 1

#: Seconds an idle consumer blocks before it looks whether it should stop.
_NAP = 1.0
#: Seconds a consumer steps aside after it gave messages away: whoever got one would wait for the interpreter while the next fetch is made ready.
_ASIDE = 0.0002
#: A host, an IPv6 address in brackets, and perhaps a port.
_PLACE = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::(\d{1,5}))?")
#: Messages per MULTI when many are sent.
_CHUNK = 1000

#: Sends one message. The body before the id: a worker must never find an id whose body is missing.
_RING = "redis.call('hset', KEYS[2], ARGV[1], ARGV[2]) redis.call('rpush', KEYS[1], ARGV[1])"
_RING_SHA = hashlib.sha1(_RING.encode(), usedforsecurity=False).hexdigest()


class Encoder(dramatiq.Encoder):
    """JSON by orjson. Never pickle: a queue is not a place to take code from."""

    def encode(self, data: dict[str, Any]) -> bytes:
        """As JSON bytes."""
        return orjson.dumps(data)

    def decode(self, data: bytes) -> dict[str, Any]:
        """Back from JSON bytes."""
        return orjson.loads(data)  # type: ignore[no-any-return]


class Consumer(_RedisConsumer):
    """Takes messages of one queue. Runs in one thread; `ack` is called from the worker threads."""

    broker: "Broker"

    def __init__(self, broker: "Broker", queue_name: str, prefetch: int, timeout: int) -> None:
        super().__init__(broker, queue_name, prefetch, timeout)
        self._done: list[str] = []
        self._room = threading.Condition()
        self._waiting = False
        self._gave = False

    def __next__(self) -> dramatiq.broker.MessageProxy | None:
        """The next message, or None after a nap without one."""
        try:
            if not self.message_cache:
                if self._gave:
                    self._gave = False
                    time.sleep(_ASIDE)
                room = self._wait_for_room()
                if not room:
                    return None
                self.message_cache = self._fetch(room)
            while self.message_cache:
                data = self.message_cache.pop(0)
                if data is not None:
                    try:
                        message = Message.decode(data)
                    except DecodeError:
                        self.logger.exception("A message of %s that cannot be read is dropped.", self.queue_name)
                        continue
                    self.queued_message_ids.add(message.message_id)
                    self._gave = True
                    return dramatiq.broker.MessageProxy(message)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise ConnectionClosed(error) from None
        return None

    def ack(self, message: dramatiq.broker.MessageProxy) -> None:
        """Note that the message is done; Redis hears of it at the next fetch."""
        with self._room:
            self._done.append(message.options["redis_message_id"])
            self.queued_message_ids.discard(message.message_id)
            if self._waiting and len(self.queued_message_ids) <= self.prefetch // 2:
                self._room.notify()

    #: Dead letters are Dramatiq's; ours are failed jobs in the ledger. A message that cannot be run is simply done.
    nack = ack

    def requeue(self, messages: Iterable[dramatiq.broker.MessageProxy]) -> None:
        """Put messages back that were fetched and not begun."""
        try:
            self._acknowledge()
            super().requeue(messages)
        except redis.RedisError:
            self.logger.debug("Messages of %s could not be put back; the sweeper rings again.", self.queue_name)

    def close(self) -> None:
        """Tell Redis what is done, and put back what was fetched and not even looked at."""
        try:
            self._acknowledge()
            if cached := [Message.decode(data).options["redis_message_id"] for data in self.message_cache if data is not None]:
                self.message_cache = []
                self.broker.do_requeue(self.queue_name, *cached)
        except (redis.RedisError, DecodeError, KeyError):
            self.logger.debug("The last acknowledgements of %s were lost; the ledger knows.", self.queue_name)

    def _wait_for_room(self) -> int:
        """How many messages may be fetched; waits until half of the prefetch is free, so that one fetch brings many."""
        with self._room:
            if len(self.queued_message_ids) >= self.prefetch:
                self._waiting = True
                self._room.wait(_NAP)
                self._waiting = False
            room: int = self.prefetch - len(self.queued_message_ids)
            return room

    def _fetch(self, room: int) -> list[bytes]:
        with self._finished() as done:
            return self.broker.fetch_when_there(self.queue_name, room, done)

    def _acknowledge(self) -> None:
        with self._finished() as done:
            self.broker.acknowledge(self.queue_name, done)

    @contextmanager
    def _finished(self) -> Iterator[list[str]]:
        """What Redis has not heard is done; it is kept when it does not hear it now either."""
        with self._room:
            done, self._done = self._done, []
        try:
            yield done
        except BaseException:
            with self._room:
                self._done = done + self._done
            raise


class Broker(RedisBroker):
    """The one broker of a process. `client` sends and fetches; `sleeper` is the client whose connections may block."""

    def __init__(self, client: redis.Redis, sleeper: redis.Redis) -> None:
        super().__init__(client=client, middleware=[], namespace="imece", heartbeat_timeout=15_000, maintenance_chance=100_000)
        self.sleeper = sleeper
        self._wires, self._sleeping_wires = Wires(client), Wires(sleeper)

    @property
    def consumer_class(self) -> type[Consumer]:
        """What reads a queue."""
        return Consumer

    def close(self) -> None:
        """Close the connections that nobody uses at this moment."""
        self.client.close()
        self.sleeper.close()

    def declare_queue(self, queue_name: str) -> None:
        """Declare a queue, without the delay queue that Dramatiq would add."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def get_actor(self, actor_name: str) -> dramatiq.Actor[..., Any]:
        """The actor of a kind. For a kind that is unknown here any will do: it claims the job, and what becomes of it is written in the ledger."""
        return self.actors.get(actor_name) or next(iter(self.actors.values()), None) or super().get_actor(actor_name)

    def enqueue_many(self, messages: Sequence[tuple[str, str, UUID]]) -> None:
        """
        Ring for many jobs, each `(queue, kind, job id)`, in order, a thousand per round trip.

        After a RedisError the outcome is unknown for the chunk that was on its way: ringing again is harmless.
        """
        for start in range(0, len(messages), _CHUNK):
            self._push(messages[start : start + _CHUNK])

    def fetch_when_there(self, queue_name: str, room: int, done: Sequence[str] = ()) -> list[bytes]:
        """
        Sleep until the queue has a message or a nap is over, then fetch up to `room` messages; none when another consumer was faster.

        Moving the first id onto its own place is a peek that blocks: every waiting consumer wakes and no token can be left over. The fetch is
        sent with it and runs inside Redis the moment the peek returns; the acknowledgement of what is `done` goes before both.
        """
        queue, dispatch = f"{self.namespace}:{queue_name}", self.scripts["dispatch"]
        terms = (int(time.time() * 1000), queue_name, self.broker_id, self.heartbeat_timeout, self.dead_message_ttl)
        fetch = (*terms, int(self._should_do_maintenance("fetch")), self._max_unpack_size(), room)
        try:
            *_, found = self._sleeping_wires.ask(
                *self._acknowledgement(queue_name, done),
                ("BLMOVE", queue, queue, "LEFT", "LEFT", _NAP),
                ("EVALSHA", dispatch.sha, 1, self.namespace, "fetch", *fetch),
            )
        except redis.exceptions.NoScriptError:  # a Redis that was restarted; the ordinary way brings the script back
            found = self.do_fetch(queue_name, room)
        return list(found)

    def acknowledge(self, queue_name: str, done: Sequence[str]) -> None:
        """Forget these messages, by their ids in Redis: they are done."""
        if done:
            self._wires.ask(*self._acknowledgement(queue_name, done))

    def _acknowledgement(self, queue_name: str, done: Sequence[str]) -> list[tuple[Any, ...]]:
        if not done:
            return []
        held = f"{self.namespace}:__acks__.{self.broker_id}.{queue_name}"
        return [("SREM", held, *done), ("HDEL", f"{self.namespace}:{queue_name}.msgs", *done)]

    def _push(self, messages: Sequence[tuple[str, str, UUID]]) -> None:
        bodies: dict[str, list[Any]] = {}
        ids: dict[str, list[str]] = {}
        stamp = time.time_ns() // 1_000_000
        for (queue, kind, job_id), fresh in zip(messages, new_ids(len(messages)), strict=True):
            redis_id, job = str(fresh), str(job_id)
            body = {
                "queue_name": queue,
                "actor_name": kind,
                "args": [],
                "kwargs": {"job_id": job},
                "options": {"redis_message_id": redis_id},
                "message_id": job,
                "message_timestamp": stamp,
            }
            bodies.setdefault(queue, []).extend((redis_id, orjson.dumps(body)))
            ids.setdefault(queue, []).append(redis_id)
        if len(messages) == 1:
            self._ring_once(f"{self.namespace}:{queue}", *bodies[queue])
            return
        pipe = self.client.pipeline(transaction=True)
        for queue, flat in bodies.items():
            pipe.execute_command("HSET", f"{self.namespace}:{queue}.msgs", *flat)
            pipe.execute_command("RPUSH", f"{self.namespace}:{queue}", *ids[queue])
        pipe.execute()

    def _ring_once(self, queue: str, redis_id: str, body: bytes) -> None:
        terms = (2, queue, f"{queue}.msgs", redis_id, body)
        try:
            self._wires.ask(("EVALSHA", _RING_SHA, *terms))
        except redis.exceptions.NoScriptError:
            self._wires.ask(("EVAL", _RING, *terms))


@cache
def broker() -> Broker:
    """The process's broker, made at first use."""
    made = make()
    dramatiq.set_broker(made)
    return made


def make() -> Broker:
    """A broker of its own: for a second worker in one process, which Dramatiq allows only with a second broker."""
    dramatiq.set_encoder(Encoder())
    return Broker(client=client(BROKER_DATABASE), sleeper=client(BROKER_DATABASE, blocking=True))


def client(database: int = STATE_DATABASE, *, blocking: bool = False) -> redis.Redis:
    """
    A Redis client: explicit time-outs, no silent repetition.

    `IMECE_REDIS_URL` may be `redis://`, `rediss://`, `unix://` or `redis+sentinel://:password@host:port,host:port/master-name`, with
    `?sentinel_password=` where the sentinels' own is another, or none.
    `blocking=True` is for connections that wait inside Redis, a nap at a time. Raises Misconfigured for a URL that is none of these.
    """
    url = redis_url()
    options: dict[str, Any] = {
        "db": database,
        "socket_timeout": _NAP + 10 if blocking else 30,
        "socket_connect_timeout": 5,
        "retry": Retry(NoBackoff(), 0),
        "health_check_interval": 0 if blocking else 30,
    }
    if url.startswith("redis+sentinel://"):
        return _by_sentinel(url, options)
    try:
        if url.startswith("unix://"):
            options.pop("socket_connect_timeout")
        return redis.Redis.from_url(url, **options)
    except ValueError as error:
        raise Misconfigured(f"IMECE_REDIS_URL: {error}") from None


def redis_url() -> str:
    """Where Redis is: `IMECE_REDIS_URL`, or else the embedded server under `IMECE_HOME`."""
    given = settings().redis_url.get_secret_value()
    if given:
        return given
    from imece.embedded.redis import embedded_url  # noqa: PLC0415 (the embedded stack is an extra; containers lack it)

    return embedded_url(settings().home)


def forget() -> None:
    """Close the process's broker and forget it: after a fork, or when a test points to another server."""
    if broker.cache_info().currsize:
        broker().close()
    broker.cache_clear()


def _by_sentinel(url: str, options: dict[str, Any]) -> redis.Redis:
    parts = urlsplit(url)
    login, _, hosts = parts.netloc.rpartition("@")
    places, name = [_PLACE.fullmatch(host) for host in hosts.split(",")], unquote(parts.path.strip("/"))
    if not name or not all(places):
        raise Misconfigured("IMECE_REDIS_URL: redis+sentinel:// needs hosts and the master's name: host:26379,host:26379/name")
    user, _, password = (unquote(part) or None for part in login.partition(":"))
    own = parse_qs(parts.query, keep_blank_values=True).get("sentinel_password", [password])[-1] or None
    sentinel = Sentinel(
        [(place[1].strip("[]"), int(place[2] or 26379)) for place in places if place],
        sentinel_kwargs={"socket_timeout": 5, "password": own},
        username=user,
        password=password,
    )
    return sentinel.master_for(name, **options)  # type: ignore[no-any-return]
