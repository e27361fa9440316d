"""Faults in a random order, while work of every sort is asked for all the time. A failure names its seed; `FLOWS_SEED` plays it again."""

import os
import random
import signal
import threading
import time
from typing import Any
from uuid import UUID

import house
import pytest
import sqlalchemy as sa
from test_broken_servers import flush, postgres_at_once, postgres_restarted, redis_away, redis_killed

#: Statements that must find nothing once all is quiet.
NONSENSE = {
    "a job is not final": "select id, state from ledger.job where finished_at is null",
    "an effect happened twice, or in an attempt that did not succeed": """
        select j.id, j.state, j.attempt, array_agg(e.attempt) from flows.effect e join ledger.job j on j.id = e.job_id
        group by j.id having count(*) > 1 or j.state <> 'succeeded' or max(e.attempt) <> j.attempt""",
    "a job succeeded without its effect": """
        select id, kind from ledger.job j where state = 'succeeded' and not exists (select from flows.effect e where e.job_id = j.id)""",
    "attempts were charged that are not written down": """
        select id, attempt, forgiven from ledger.job j
        where attempt - forgiven <> (select count(*) from ledger.attempt a where a.job_id = j.id and a.charged)""",
    "a parent asked for its children twice": """
        select parent_id, count(*) from ledger.job where kind = 'flows.part' group by parent_id having count(*) <> 6""",
    "a parent was told something else than what happened": """
        select p.id, p.result from ledger.job p where p.kind = 'flows.gather' and p.state = 'succeeded' and jsonb_array_length(p.result->'succeeded')
        <> (select count(*) from ledger.job c where c.parent_id = p.id and c.state = 'succeeded')""",
    "somebody other than the guilty failed": """
        select id, kind, error from ledger.job where state = 'failed' and not (kind = 'flows.part' and (args->>'fails')::boolean)
        and error->>'type' <> 'WorkerDied'""",
}


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_happens_twice_whatever_breaks_in_whatever_order(crew: Any) -> None:
    seed = int(os.environ.get("FLOWS_SEED", "0")) or random.randrange(1, 10**6)  # noqa: TID251 (asked for by a person)
    dice = random.Random(seed)
    schedulers = [crew.scheduler(), crew.scheduler()]
    workers = [crew.worker(), crew.worker("two"), crew.worker(machine="elsewhere")]
    crew.ready(*workers)
    over = threading.Event()
    accepted: list[UUID] = []

    def ask() -> None:
        wishes = random.Random(seed + 1)
        while not over.wait(0.03):
            contract = wishes.choice(
                [
                    house.Write(),
                    house.Write(seconds=0.3),
                    house.Write(seconds=1.2),
                    house.Chain(left=3),
                    house.Gather(parts=6, failing=(4,), part_seconds=0.05),
                    house.Later(),
                    house.Busy(),
                ]
            )
            try:
                accepted.append(crew.submit(contract))
            except sa.exc.DBAPIError:
                continue  # not accepted: the caller was told

    def freeze() -> None:
        member = dice.choice([*workers, *schedulers])
        member.signal(signal.SIGSTOP)
        time.sleep(dice.uniform(1, 4))  # for so long it is frozen
        member.signal(signal.SIGCONT)

    faults = [
        lambda: dice.choice(workers).kill(),
        lambda: dice.choice(workers).kill(),
        lambda: dice.choice(schedulers).kill(),
        lambda: dice.choice(workers).signal(signal.SIGTERM),
        freeze,
        lambda: flush(crew.stack),
        lambda: redis_killed(crew.stack),
        lambda: redis_away(crew.stack),
        lambda: postgres_restarted(crew.stack),
        lambda: postgres_at_once(crew.stack),
    ]
    asking = threading.Thread(target=ask)
    asking.start()
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            dice.choice(faults)()
            time.sleep(dice.uniform(0, 2))  # the next fault comes when it comes
    finally:
        over.set()
        asking.join()
    crew.until_final(90)

    assert len(accepted) > 100
    found = {id_ for (id_,) in crew.sql("select id from ledger.job")}
    assert set(accepted) <= found, f"seed {seed}: an accepted job is gone"
    for what, query in NONSENSE.items():
        assert crew.sql(query) == [], f"seed {seed}: {what}"
