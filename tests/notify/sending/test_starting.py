"""Claims about the life of a pump as a job: started by what comes, ended by silence, with nothing left between the two."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from tests.notify.played import Played
from tests.notify.pumping import ask, message, states, until

from imece import db, ledger
from imece.ledger import Job
from notify.sending import pumps, starting
from notify.sending.lanes import lanes

Play = Callable[..., Played]
Work = Callable[..., None]


def jobs() -> list[Job]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(ledger.Job).where(ledger.Job.kind == "notify.pump").order_by(ledger.Job.created_at)))


def test_a_pump_is_asked_for_once_per_slot(pace: Any) -> None:
    pace(PUMPS="3")
    for _ in range(3):
        starting.start("twilio")

    assert [job.unique_key for job in jobs()] == [f"notify.pump:twilio:{slot}" for slot in range(3)]
    starting.start("twilio", alive=3)
    assert len(jobs()) == 3


def test_nothing_is_asked_for_where_nothing_waits(pace: Any) -> None:
    assert not starting.start_if_waiting("twilio")
    assert jobs() == []


def test_a_pump_ends_by_itself_and_another_comes_with_the_next_message(played: Play, company: UUID, work: Work) -> None:
    provider = played()
    for place in range(2):
        ask(company, to=f"0532 111 22 3{place}")
        work("notify")

    assert [job.state for job in jobs()] == ["succeeded"] * 2
    assert len(provider.taken) == 2


def test_of_pumps_that_come_to_one_process_at_once_one_finds_a_place() -> None:
    with (
        pumps.place("twilio", alone=True) as first,
        pumps.place("twilio", alone=True) as second,
        pumps.place("netgsm", alone=True) as other,
        pumps.place("twilio", alone=False) as last_resort,
    ):
        assert (first, second, other, last_resort) == (True, False, True, True)
    with pumps.place("twilio", alone=True) as again:
        assert again


def test_what_comes_between_the_last_look_and_the_end_is_not_stranded(played: Play, company: UUID, work: Work, monkeypatch: Any) -> None:
    """It found the pump alive, and so asked for none; the pump had looked for the last time."""
    provider = played()
    late: list[UUID] = []
    real = pumps.Pump._drain

    def drain(pump: pumps.Pump) -> None:
        real(pump)
        if not late:
            lanes("twilio").alive(0)
            late.append(ask(company, to="0532 111 22 34"))
            lanes("twilio").leaving(0)

    monkeypatch.setattr(pumps.Pump, "_drain", drain)
    ask(company)

    work("notify")

    assert message(late[0]).state == "accepted"
    assert len(provider.taken) == 2


def test_a_pump_whose_process_ends_sees_to_what_is_under_way(played: Play, company: UUID) -> None:
    provider = played(latency=0.5)
    ask(company)
    stopping = threading.Event()
    running = pumps.Pump("twilio")
    thread = threading.Thread(target=running.run, args=(lambda: not stopping.is_set(),))
    thread.start()
    until(lambda: provider.under_way == 1)

    stopping.set()
    thread.join(20)

    assert states() == {"accepted": 1}
