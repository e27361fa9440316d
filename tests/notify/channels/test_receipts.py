"""Claims about receipts: in whatever order they come, the last word is the same."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imece.clock import now
from notify.channels.receipts import RANKS, Receipt, State, moment


def receipt(state: State) -> Receipt:
    return Receipt("twilio", "SM1", None, state, "", now())


def merged(states: tuple[State, ...]) -> str | None:
    known: str | None = None
    for state in states:
        if receipt(state).supersedes(known):
            known = state
    return known


def test_every_state_has_a_rank() -> None:
    assert set(RANKS) == set(State)


@given(st.lists(st.sampled_from(State), max_size=5).map(tuple))
def test_an_arrival_is_the_last_word_in_any_order_and_repetition_changes_nothing(states: tuple[State, ...]) -> None:
    ends = {merged(order) for order in permutations(states)}

    if State.DELIVERED in states:
        assert ends == {State.DELIVERED}
    assert {RANKS[State(end)] for end in ends if end} <= {max((RANKS[state] for state in states), default=0)}
    assert merged(states + states) == merged(states)


@pytest.mark.parametrize(("late", "known"), [(State.SENT, State.DELIVERED), (State.ACCEPTED, State.SENT), (State.FAILED, State.DELIVERED)])
def test_a_late_word_of_lower_rank_changes_nothing(late: State, known: State) -> None:
    assert not receipt(late).supersedes(known)


def test_final_means_that_nothing_more_is_expected() -> None:
    assert {state for state in State if receipt(state).final} == {State.DELIVERED, State.UNDELIVERED, State.FAILED, State.EXPIRED}


def test_a_time_that_cannot_be_read_is_that_of_its_coming() -> None:
    assert moment("29.11.2026 12:00:00", "%d.%m.%Y %H:%M:%S").isoformat() == "2026-11-29T12:00:00+03:00"
    assert abs((moment("yesterday", "%d.%m.%Y") - now()).total_seconds()) < 60
