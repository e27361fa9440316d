"""Two clocks, one of them killed and one frozen: every due time has one job and no more."""

import signal
from typing import Any


def strikes(crew: Any) -> list[Any]:
    """Due times and the job of each, oldest first."""
    return list(crew.sql("select due_at, job_id from ledger.firing where schedule = 'flows.strike' order by due_at"))


def test_two_schedulers_never_fire_one_due_time_twice(crew: Any) -> None:
    """A minute takes a quarter of a second here."""
    crew.worker()
    schedulers = [crew.scheduler(speed=240), crew.scheduler(speed=240)]
    crew.until(lambda: len(strikes(crew)) >= 4)
    schedulers[0].kill()
    crew.until(lambda: len(strikes(crew)) >= 7)
    schedulers[1].signal(signal.SIGSTOP)
    seen = len(strikes(crew))
    crew.until(lambda: len(strikes(crew)) >= seen + 2)
    schedulers[1].signal(signal.SIGCONT)
    crew.until(lambda: len(strikes(crew)) >= seen + 5)
    for scheduler in schedulers:
        assert scheduler.stop() == 0
    crew.until_final()

    fired = strikes(crew)
    jobs = [job for _, job in fired]
    assert len(set(jobs)) == len(jobs)
    assert crew.sql("select count(*) from ledger.job where kind = 'flows.strike'") == [(len(jobs),)]
    assert crew.sql("select count(distinct unique_key) from ledger.job where kind = 'flows.strike'") == [(len(jobs),)]
    crew.all_succeeded_once(jobs)
