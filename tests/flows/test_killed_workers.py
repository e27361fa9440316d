"""Workers die by SIGKILL; no job is lost, no effect happens twice, and what they ran is run again soon."""

import signal
import time
from typing import Any

import house
import pytest


def rain(crew: Any, jobs: int, pool: str, every: float, seconds: float) -> None:
    """Kill one of two workers after the other while the jobs run; they have to be done within a minute of the last kill."""
    crew.scheduler()
    crowd = [crew.worker(pool) for _ in range(2)]
    crew.ready(*crowd)
    ids = crew.submit_many(jobs, seconds=0.05)
    end, turn = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        time.sleep(every)  # the rhythm is the fault
        crowd[turn % 2].kill()
        turn += 1
    crew.until_final(60)
    crew.all_succeeded_once(ids)


def test_under_a_rain_of_kills_every_job_succeeds_and_no_effect_happens_twice(crew: Any) -> None:
    rain(crew, jobs=200, pool="io", every=0.5, seconds=1.5)


@pytest.mark.slow
def test_five_thousand_jobs_survive_a_kill_every_two_seconds_for_a_minute(crew: Any) -> None:
    crew.haste.clear()
    rain(crew, jobs=5000, pool="two", every=2, seconds=60)  # which takes them a minute without any kill


def killed_alone(crew: Any, machine: str | None) -> float:
    """Kill the one worker of an idle house in the middle of its jobs; returns how long until they ran again."""
    crew.scheduler()
    first = crew.worker(kept=False, machine=machine)
    crew.ready(first)
    ids = [crew.submit(house.Write(seconds=2, once=True)) for _ in range(4)]
    crew.until(lambda: all(crew.begun(job_id) == 1 for job_id in ids))
    second = crew.worker(machine=machine)
    crew.ready(second)
    first.kill()
    took: float = crew.until(lambda: all(crew.begun(job_id) == 2 for job_id in ids), 40)
    crew.until_final()
    crew.all_succeeded_once(ids)
    assert [crew.tries(job_id) for job_id in ids] == [[("worker died", False), ("succeeded", True)]] * 4, "which of the four was it?"
    return took


def test_where_its_pid_can_be_seen_a_killed_workers_jobs_run_again_at_once(crew: Any) -> None:
    assert killed_alone(crew, None) < 10


def test_where_only_its_silence_tells_a_killed_workers_jobs_run_again_soon(crew: Any) -> None:
    assert killed_alone(crew, "elsewhere") < 15


@pytest.mark.slow
@pytest.mark.parametrize("machine", [None, "elsewhere"])
def test_a_killed_workers_jobs_run_again_within_thirty_seconds(crew: Any, machine: str | None) -> None:
    crew.haste.clear()
    assert killed_alone(crew, machine) < 30


def test_messages_that_a_killed_worker_had_fetched_are_not_lost(crew: Any) -> None:
    """It held eight and ran one; nobody had claimed the others."""
    crew.scheduler()
    first = crew.worker("one", kept=False)
    crew.ready(first)
    slow = crew.submit(house.Write(seconds=3, once=True))
    crew.until(lambda: crew.begun(slow) == 1)
    ids = [crew.submit() for _ in range(7)]
    crew.until(lambda: crew.messages_waiting() == 0)
    first.kill()
    crew.worker()
    crew.until_final()
    crew.all_succeeded_once([slow, *ids])


def test_one_who_died_before_the_commit_leaves_nothing_behind(crew: Any) -> None:
    """Effect, follow-up and completion were written, and the process killed before they were committed."""
    crew.scheduler()
    crew.worker()
    job_id = crew.submit(house.Vanish())
    crew.until_final()
    crew.all_succeeded_once([job_id])
    assert crew.tries(job_id) == [("worker died", True), ("succeeded", True)]
    assert crew.sql("select count(*) from ledger.job where parent_id = :id", id=job_id) == [(1,)]


def poison(crew: Any, how: str, good: int) -> None:
    """A job that kills its process among `good` ones."""
    crew.scheduler()
    crew.worker()
    half = crew.submit_many(good // 2)
    bad = crew.submit(house.Kill(how=how))
    ids = half + crew.submit_many(good - good // 2)
    crew.until_final(120)

    job = crew.job(bad)
    assert job.state == "failed"
    assert job.error["type"] == "WorkerDied"
    deaths = [charged for outcome, charged in crew.tries(bad) if outcome == "worker died"]
    assert deaths.count(True) == 3, "max_attempts of its contract"
    assert len(deaths) <= 5, "twice it had company, and the benefit of the doubt"
    crew.all_succeeded_once(ids)
    crew.nothing_was_charged_but(bad)


@pytest.mark.parametrize("how", ["kill", pytest.param("exit", marks=pytest.mark.slow), pytest.param("segv", marks=pytest.mark.slow)])
def test_a_job_that_kills_its_process_fails_and_the_good_ones_beside_it_succeed(crew: Any, how: str) -> None:
    poison(crew, how, 60)


@pytest.mark.slow
def test_a_job_that_kills_its_process_stops_none_of_a_thousand(crew: Any) -> None:
    crew.haste.clear()
    poison(crew, "kill", 1000)


def test_a_worker_that_freezes_and_wakes_up_changes_nothing_any_more(crew: Any) -> None:
    """It is stopped past its silence, its job is run elsewhere; then it goes on where it was."""
    crew.scheduler()
    frozen = crew.worker(kept=False)
    crew.ready(frozen)
    job_id = crew.submit(house.Write(seconds=1.5, once=True))
    crew.until(lambda: crew.begun(job_id) == 1)
    frozen.signal(signal.SIGSTOP)
    second = crew.worker()
    crew.until(lambda: crew.begun(job_id) == 2)
    crew.until_final()
    before = crew.sql("select state, attempt, result, finished_at from ledger.job")

    frozen.signal(signal.SIGCONT)
    crew.until(lambda: "worker.attempt_lost" in frozen.log())

    assert crew.sql("select state, attempt, result, finished_at from ledger.job") == before
    crew.all_succeeded_once([job_id])
    assert second.stop() == 0
    again = crew.submit()
    crew.until_final()
    crew.all_succeeded_once([again])
