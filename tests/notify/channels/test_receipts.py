"""Claims about the words that receipts are in. That the best of them stays, in whatever order they come, stands with `sending.reports`."""

import pytest

from imece.clock import now
from notify.channels.receipts import RANKS, State, moment


def test_every_state_has_a_rank() -> None:
    assert set(RANKS) == set(State)


@pytest.mark.parametrize("end", [State.UNDELIVERED, State.EXPIRED, State.FAILED])
def test_an_end_outranks_the_way_there_and_an_arrival_outranks_every_other_end(end: State) -> None:
    assert RANKS[State.ACCEPTED] < RANKS[State.SENT] < RANKS[end] < RANKS[State.DELIVERED]


def test_a_time_that_cannot_be_read_is_that_of_its_coming() -> None:
    assert moment("29.11.2026 12:00:00", "%d.%m.%Y %H:%M:%S").isoformat() == "2026-11-29T12:00:00+03:00"
    assert abs((moment("yesterday", "%d.%m.%Y") - now()).total_seconds()) < 60
