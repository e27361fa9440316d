"""Identifiers."""

import time
from uuid import RFC_4122, UUID

import pytest

from imece import ids


def milliseconds(made: UUID) -> int:
    return made.int >> 80


def test_an_id_is_a_uuid_of_version_seven_and_says_when_it_was_made() -> None:
    before = time.time_ns() // 1_000_000
    made = ids.new_id()
    after = time.time_ns() // 1_000_000
    assert (made.version, made.variant) == (7, RFC_4122)
    assert before <= milliseconds(made) <= after


def test_no_two_are_the_same() -> None:
    assert len({ids.new_id() for _ in range(20_000)}) == 20_000


@pytest.mark.parametrize("count", [0, 1, 10, 4096, 4097, 20_000])
def test_many_at_once_sort_in_the_order_in_which_they_come(count: int) -> None:
    made = ids.new_ids(count)
    assert made == sorted(made)
    assert len(set(made)) == count
    assert {one.version for one in made} <= {7}


def test_many_carry_their_order_into_the_time_and_not_far() -> None:
    made = ids.new_ids(20_000)
    assert milliseconds(made[-1]) - milliseconds(made[0]) == 20_000 // 4096


def test_the_oldest_id_of_a_moment_parts_before_from_after() -> None:
    border = ids.oldest_id(time.time())
    assert ids.new_id() >= border
    assert ids.oldest_id(time.time() - 60) < border
    assert border.version == 7
