"""When the sweeper rings again, and when it had better not."""

from typing import Any

import house

from imece import broker


def pushes(crew: Any) -> int:
    """How often Redis was given messages since its counters were reset."""
    return int(broker.broker().client.info("commandstats").get("cmdstat_rpush", {}).get("calls", 0))


def test_a_long_honest_backlog_is_never_rung_twice(crew: Any) -> None:
    """An hour old by the ledger's clock, and still every message is in Redis: one worker is simply slow."""
    crew.haste["imece.ledger.sweeper._PASSED_AFTER"] = 30.0
    ids = crew.submit_many(40, seconds=0.04)
    crew.sql("update ledger.job set sent_at = sent_at - interval '1 hour'")
    broker.broker().client.config_resetstat()
    crew.scheduler()
    crew.worker("one")
    crew.until_final()
    crew.all_succeeded_once(ids)
    assert pushes(crew) == 0
    assert crew.sql("select count(*) from ledger.attempt where outcome <> 'succeeded'") == [(0,)]


def test_a_job_that_is_passed_over_is_rung_while_its_queue_is_still_busy(crew: Any) -> None:
    lost, *ids = crew.submit_many(40, seconds=0.2)
    client, name = broker.broker().client, "imece:flows.work"
    first = client.lpop(name)
    assert str(lost).encode() in client.hget(f"{name}.msgs", first)
    client.hdel(f"{name}.msgs", first)
    crew.sql("update ledger.job set sent_at = sent_at - interval '1 minute' where id = :id", id=lost)
    crew.scheduler()
    crew.worker()
    crew.until(lambda: crew.job(lost).sent_at > crew.job(ids[0]).sent_at, 20)
    crew.until_final()
    crew.all_succeeded_once([lost, *ids])


def test_a_job_that_its_living_worker_does_not_know_goes_back(crew: Any) -> None:
    """The answer to its claim was lost on the way."""
    crew.scheduler()
    worker = crew.worker()
    crew.ready(worker)
    job_id = crew.submit(house.Write(), at=house.FAR)
    crew.sql(
        "update ledger.job set state = 'running', attempt = 1, claimed_at = clock_timestamp() - interval '1 minute',"
        " worker_id = (select id from ledger.worker where pid = :pid) where id = :id",
        pid=worker.pid, id=job_id,
    )  # fmt: skip
    crew.until_final()
    crew.all_succeeded_once([job_id])
    assert crew.tries(job_id) == [("interrupted", False), ("succeeded", True)]


def test_a_kind_that_this_worker_does_not_know_yet_waits_for_one_that_does(crew: Any) -> None:
    """A rolling update: the new kind is asked for before the new workers are there."""
    crew.scheduler()
    crew.ready(crew.worker())
    job_id = crew.submit()
    crew.until_final()
    crew.sql(
        "insert into ledger.job (id, kind, version, queue, state, max_attempts, requested_by, args)"
        " values (gen_random_uuid(), 'flows.tomorrow', 1, 'flows.work', 'queued', 3, 'test', '{}')"
    )
    crew.until(lambda: crew.sql("select state, error->>'type' from ledger.job where kind = 'flows.tomorrow'") == [("retrying", "Snooze")])
    crew.all_succeeded_once([job_id])
