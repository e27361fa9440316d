"""Workers are told to stop, and jobs take longer than they may."""

import time
from typing import Any

import house
import pytest


def test_sigterm_lets_running_jobs_finish_and_puts_the_rest_back(crew: Any) -> None:
    worker = crew.worker()
    crew.ready(worker)
    ids = [crew.submit(house.Write(seconds=1)) for _ in range(20)]
    crew.until(lambda: sum(crew.begun(job_id) for job_id in ids) == 4)
    assert worker.stop() == 0

    states = [crew.state(job_id) for job_id in ids]
    assert (states.count("succeeded"), states.count("queued")) == (4, 16)
    assert sum(crew.job(job_id).attempt for job_id in ids) == 4
    crew.all_succeeded_once([job_id for job_id, state in zip(ids, states, strict=True) if state == "succeeded"])
    assert crew.messages_waiting() == 16, "the next worker need not wait for the sweeper"


def test_what_does_not_finish_within_the_grace_goes_back_uncharged_and_is_done_by_another(crew: Any) -> None:
    worker = crew.worker(grace=0.5)
    crew.ready(worker)
    job_id = crew.submit(house.Write(seconds=4, once=True))
    crew.until(lambda: crew.begun(job_id) == 1)
    began = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - began < 4
    assert (crew.state(job_id), crew.tries(job_id)) == ("queued", [("given back", False)])

    crew.worker()
    crew.until_final()
    crew.all_succeeded_once([job_id])


@pytest.mark.parametrize("server", ["redis", pytest.param("postgres", marks=pytest.mark.slow)])
def test_sigterm_is_obeyed_while_a_server_is_away(crew: Any, server: str) -> None:
    worker = crew.worker(grace=1)
    crew.ready(worker)
    ids = [crew.submit(house.Write(seconds=0.5)) for _ in range(8)]
    crew.until(lambda: crew.sql("select count(*) >= 4 from ledger.job where state = 'running'")[0][0])
    getattr(crew.stack, server).stop()
    assert worker.stop(20) == 0
    crew.stack.start()
    crew.scheduler()
    crew.worker()
    crew.until_final()
    crew.all_succeeded_once(ids)


def test_a_job_past_its_hard_limit_is_written_down_the_others_go_back_and_the_worker_is_back(crew: Any) -> None:
    crew.scheduler()
    worker = crew.worker()
    crew.ready(worker)
    stuck, beside = crew.submit(house.Hang(seconds=60, where="c")), crew.submit(house.Write(seconds=20, once=True))
    crew.until(lambda: crew.begun(stuck) == crew.begun(beside) == 1)
    assert crew.until(lambda: crew.tries(stuck) == [("timed out", True)]) < 2 + 5
    crew.until(lambda: worker.codes == [75])
    crew.until(lambda: crew.tries(beside)[:1] == [("given back", False)])  # it may have been done again by now
    crew.until(lambda: crew.state(stuck) == "failed")
    assert crew.job(stuck).error["type"] == "TimedOut"
    assert crew.tries(stuck) == [("timed out", True)]
    crew.until_final()
    crew.all_succeeded_once([beside])


def test_the_soft_limit_is_an_exception_and_the_process_goes_on(crew: Any) -> None:
    crew.scheduler()
    worker = crew.worker()
    crew.ready(worker)
    job_id = crew.submit(house.Hang(seconds=60, where="python"))
    crew.until_final()
    job = crew.job(job_id)
    assert (job.state, crew.tries(job_id), worker.codes) == ("failed", [("timed out", True)], [])
    assert "house.py" in crew.sql("select traceback from ledger.attempt where job_id = :id limit 1", id=job_id)[0][0]


def test_a_job_that_holds_the_interpreter_past_its_silence_has_its_effect_once(crew: Any) -> None:
    """Its heartbeat stands still with it, so it is run elsewhere; when it lets go, what it writes is refused."""
    crew.scheduler()
    first = crew.worker()
    crew.ready(first)
    job_id = crew.submit(house.Hold(seconds=4))
    crew.until(lambda: crew.begun(job_id) == 1)
    crew.worker()
    crew.until(lambda: crew.state(job_id) == "succeeded")
    crew.until(lambda: "worker.attempt_lost" in first.log())
    crew.all_succeeded_once([job_id])
    assert crew.begun(job_id) == 2
