from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from gateway import fleet
from imece import clock, db, ids
from imece.ledger.models import Worker

Firm = Any  #: conftest.Firm


def add_worker(*queues: str, **more: Any) -> None:
    row = {
        "id": ids.new_id(),
        "service": "documents",
        "pool": "cpu",
        "host": "sunucu",
        "machine": "m",
        "pid": 1,
        "pid_started": 1.0,
        "queues": list(queues),
        "threads": 4,
        "started_at": clock.now(),
        "heartbeat_at": clock.now(),
        "running": [ids.new_id()],
        "memory_mb": 100,
        "jobs_done": 7,
    }
    with db.transaction() as session:
        session.execute(sa.insert(Worker).values(row | more))


def test_a_worker_is_what_its_heartbeat_says(database: sa.Engine) -> None:
    now = clock.now()
    add_worker("documents.letters", pool="a")
    add_worker("documents.letters", pool="b", heartbeat_at=now - timedelta(seconds=30))
    add_worker("documents.letters", pool="c", stopped_at=now)
    add_worker("documents.letters", pool="d", stop_requested_by="x")
    add_worker("documents.letters", pool="e", stopped_at=now - timedelta(hours=1))
    add_worker("documents.letters", pool="f", heartbeat_at=now - timedelta(hours=1))

    assert [(line.pool, line.state, line.running) for line in fleet.workers()] == [
        ("a", "alive", 1),
        ("b", "lost", 1),
        ("c", "stopped", 1),
        ("d", "stopping", 1),
    ]


def test_a_queue_counts_what_waits_and_who_serves_it(firm: Firm, rival: Firm, add_job: Callable[..., Any]) -> None:
    add_worker("documents.letters", "documents.workbooks")
    add_worker("documents.letters", heartbeat_at=clock.now() - timedelta(minutes=1))
    add_job(firm, "documents.render_letters", created_at=clock.now() - timedelta(seconds=90))
    add_job(firm, "documents.render_letters", "running")
    add_job(firm, "documents.render_letters", "succeeded")
    add_job(rival, "documents.render_letters")
    add_job(rival, "notify.send_email")

    ours = {line.queue: line for line in fleet.queues(firm.id)}
    everybody = {line.queue: line for line in fleet.queues(None)}

    letters = ours["documents.letters"]
    assert (letters.queued, letters.running, letters.consumers, letters.threads) == (1, 1, 1, 4)
    assert 85 < (letters.oldest_seconds or 0) < 120
    assert (ours["notify.email"].queued, ours["notify.email"].oldest_seconds, ours["notify.email"].consumers) == (0, None, 0)
    assert everybody["documents.letters"].queued == 2
    assert everybody["notify.email"].queued == 1


def test_a_queue_is_served_by_the_living_only(database: sa.Engine) -> None:
    add_worker("documents.letters")
    add_worker("notify.email", stopped_at=clock.now())
    add_worker("notify.email", stop_requested_by="x")

    assert fleet.has_consumer("documents.letters")
    assert not fleet.has_consumer("notify.email")
