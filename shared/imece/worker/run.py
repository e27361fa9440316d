"""
The life of a worker process: boot, a row in the ledger, work, drain, end.

Dramatiq's `Worker` runs in the process itself, without its forking master: models must not be forked, and the master stops everything when one
child dies. Supervision starts the process again after any exit.
"""

import gc
import os
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from queue import Empty
from uuid import UUID

import dramatiq
import sqlalchemy as sa

from imece import checks, contracts, db, health, log
from imece.broker import Broker, broker
from imece.config import settings
from imece.ids import new_id
from imece.ledger import presence
from imece.service import Pool, Service, find
from imece.worker.actor import Handler, handlers
from imece.worker.attempts import Attempts
from imece.worker.limits import Watch

_logger = log.get("imece.worker")

#: Seconds after which a consumer that was told to stop has noticed, unless Redis is away.
_LONGEST_NAP = 4.0


class Process:
    """One worker process of one pool. Also used by tests and benchmarks, which run it inside their own process."""

    def __init__(self, service: Service, pool: Pool, work: Mapping[str, Handler], *, using: Broker | None = None) -> None:
        self.id: UUID = new_id()
        self.stopping = threading.Event()
        self._service = service
        self._pool = pool
        self._broker = using or broker()
        self.attempts = Attempts(self.id, work, self.stopping)
        self.watch = Watch(self.attempts, pool, self.stopping, self._is_whole)
        for kind in work:
            contract = contracts.find(kind)
            if contract is not None and contract.queue in pool.queues:
                rank = pool.queues.index(contract.queue) if pool.ordered else 0
                dramatiq.Actor(
                    self.attempts.perform, broker=self._broker, actor_name=kind, queue_name=contract.queue, priority=rank, options={}
                )
        for queue in pool.queues:
            self._broker.declare_queue(queue)
        self._worker = dramatiq.Worker(self._broker, queues=set(pool.queues), worker_threads=pool.threads)
        self._worker.queue_prefetch = max(pool.prefetch, pool.threads)

    def start(self) -> None:
        """Arrive in the ledger and begin to take jobs."""
        with db.quick() as connection:
            presence.arrive(connection, self.id, self._service, self._pool)
        self.attempts.start()
        self.watch.start()
        self._worker.start()
        _logger.info("worker.started", worker_id=str(self.id), queues=list(self._pool.queues), threads=self._pool.threads)

    def _is_whole(self) -> bool:
        return all(thread.is_alive() for thread in (*self._worker.workers, *self._worker.consumers.values()))

    def stop(self, grace: float) -> int:
        """
        Drain: take nothing more, let what runs finish within `grace` seconds, give the rest back uncharged, leave the ledger.

        Returns how many attempts were given back.
        """
        until = time.monotonic() + grace
        self.stopping.set()
        self._drain(until)
        self.attempts.stop(max(until - time.monotonic(), 1))
        self.watch.end()
        given_back = 0
        try:
            given_back = self.attempts.give_back()
            with db.quick() as connection:
                presence.leave(connection, self.id, self.attempts.done)
        except sa.exc.DBAPIError as error:  # the sweeper will see that the process is gone
            _logger.warning("worker.left_unnoticed", error=str(error.orig).strip().split("\n")[0])
        _logger.info("worker.stopped", worker_id=str(self.id), jobs=self.attempts.done, given_back=given_back)
        return given_back

    def _drain(self, until: float) -> None:
        """Dramatiq's own stop would go on fetching, and keep what it fetched from others, until the last job is done."""
        threads, consumers = self._worker.workers, self._worker.consumers
        for thread in threads:
            thread.stop()
        for consumer in consumers.values():
            consumer.stop()
        for consumer in consumers.values():
            consumer.join(_LONGEST_NAP)
        held = defaultdict(list)
        with suppress(Empty):
            while True:
                message = self._worker.work_queue.get_nowait().message
                held[message.queue_name].append(message)
        for queue, messages in held.items():
            consumers[queue].requeue_messages(messages)
        for thread in threads:
            thread.join(max(until - time.monotonic(), 0))
        for consumer in consumers.values():
            consumer.close()


def run(service_name: str, pool_name: str) -> int:
    """
    `imece worker <service> <pool>`: work until SIGTERM, or until it is time to be recycled. Returns the exit code.

    Raises Misconfigured for what cannot work: an unsafe Redis, an actor whose queue no pool consumes, a contract without an actor.
    """
    service = find(service_name)
    pool = service.pool(pool_name)
    log.configure(service=service.name, pool=pool.name)
    checks.wait_for_servers()
    checks.refuse_if_unsafe()
    service.load_actors()
    work = handlers()
    checks.refuse_orphans(service, work)
    process = Process(service, pool, work)

    def ask_to_stop(_signal: int, _frame: object) -> None:
        process.stopping.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    gc.collect()
    gc.freeze()  # what is loaded by now stays, and no collection needs to look at it again
    process.start()
    if settings().health_port:
        health.serve(settings().health_host, settings().health_port, process.watch.fault)
    process.stopping.wait()
    left = process.stop(settings().grace)
    if left:
        # Their threads still run; what they write from now on is refused by the guard. Nothing is gained by waiting for them.
        os._exit(0)
    return 0
