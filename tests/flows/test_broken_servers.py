"""Redis and PostgreSQL are emptied, killed and restarted under load: what was accepted becomes final, and no job pays for it."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import redis
import sqlalchemy as sa


def flush(stack: Any) -> None:
    client = redis.Redis.from_url(stack.redis_url)
    client.flushall()
    client.close()


def redis_killed(stack: Any) -> None:
    stack.redis.kill()
    stack.redis.start()


def redis_deleted(stack: Any) -> None:
    stack.redis.stop()
    for left in (stack.home / "redis").iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    stack.redis.start()


def redis_away(stack: Any) -> None:
    stack.redis.stop()
    time.sleep(3)  # for so long it is away
    stack.redis.start()


def redis_frozen(stack: Any) -> None:
    os.kill(stack.redis.pid, signal.SIGSTOP)
    time.sleep(3)  # for so long it does not answer
    os.kill(stack.redis.pid, signal.SIGCONT)


def postgres_restarted(stack: Any) -> None:
    stack.postgres.stop()
    stack.postgres.start()


def postgres_at_once(stack: Any) -> None:
    """As in a crash: without a word to anybody, and with recovery at the start."""
    os.kill(stack.postgres.pid, signal.SIGQUIT)
    while stack.postgres.running:
        pass
    stack.postgres.start()


def postgres_away(stack: Any) -> None:
    stack.postgres.stop()
    time.sleep(5)  # for so long it is away
    stack.postgres.start()


def both_away(stack: Any) -> None:
    stack.redis.kill()
    stack.postgres.stop()
    time.sleep(3)  # for so long they are away
    stack.start()


def under_load(crew: Any, fault: Callable[[Any], None], jobs: int) -> None:
    """Break it when some of the queued jobs have run, while more are asked for all the time."""
    crew.scheduler()
    crew.ready(crew.worker(), crew.worker())
    ids: list[UUID] = crew.submit_many(jobs, seconds=0.05)
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.02):
            try:
                ids.append(crew.submit())
            except sa.exc.DBAPIError:
                continue  # not accepted: the caller was told

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        crew.until(lambda: crew.sql("select count(*) >= 20 from ledger.job where state = 'succeeded'")[0][0])
        fault(crew.stack)
    finally:
        over.set()
        asking.join()
    crew.until_final(60)
    crew.all_succeeded_once(ids)
    crew.nothing_was_charged_but()


@pytest.mark.parametrize("fault", [flush, postgres_at_once])
def test_what_was_accepted_is_done_and_no_attempt_is_charged(crew: Any, fault: Callable[[Any], None]) -> None:
    under_load(crew, fault, jobs=150)


@pytest.mark.slow
@pytest.mark.parametrize("passed_after", ["in haste", "as in production"])
@pytest.mark.parametrize(
    "fault",
    [flush, redis_killed, redis_deleted, redis_away, redis_frozen, postgres_restarted, postgres_at_once, postgres_away, both_away],
)
def test_four_hundred_queued_jobs_survive(crew: Any, fault: Callable[[Any], None], passed_after: str) -> None:
    if passed_after == "as in production":
        crew.haste.clear()
    under_load(crew, fault, jobs=400)


def test_redis_may_be_away_when_a_job_is_asked_for(crew: Any) -> None:
    crew.scheduler()
    crew.ready(crew.worker())
    crew.stack.redis.kill()
    one = crew.submit()
    many = crew.submit_many(20)
    assert {crew.state(job_id) for job_id in (one, *many)} == {"queued"}
    crew.stack.redis.start()
    crew.until_final()
    crew.all_succeeded_once([one, *many])
    crew.nothing_was_charged_but()
