"""Claims about the lanes, against a real Redis: the order, the turns, the rate."""

import time
from collections import Counter
from uuid import UUID

import pytest
import redis

from imece.ids import new_id
from notify.sending.lanes import AHEAD, Entry, Lanes, Pace, Taken, Wait

FAST = Pace(100_000.0)


@pytest.fixture
def lanes(redis_client: redis.Redis) -> Lanes:
    return Lanes("twilio", redis_client)


def entries(count: int, lane: str = "informational", company: str = "a", **more: object) -> list[Entry]:
    return [Entry(new_id(), lane, company, **more) for _ in range(count)]  # type: ignore[arg-type]  # as the test says


def taken(lanes: Lanes, pace: Pace = FAST) -> Taken:
    """The next one, waited for."""
    while True:
        found = lanes.next(pace)
        assert found is not None, "nothing waits"
        if isinstance(found, Taken):
            return found
        time.sleep(found.seconds)  # the rate's own time


def test_a_password_goes_before_what_informs_and_that_before_advertising(lanes: Lanes) -> None:
    for lane in ("commercial", "informational", "otp"):
        lanes.push(entries(2, lane))

    assert [taken(lanes).lane for _ in range(6)] == ["otp"] * 2 + ["informational"] * 2 + ["commercial"] * 2
    assert lanes.next(FAST) is None


def test_companies_take_turns(lanes: Lanes) -> None:
    big, small = entries(50, company="big"), entries(5, company="small")
    lanes.push(big)
    first = [taken(lanes).ids[0] for _ in range(10)]
    lanes.push(small)

    then = [taken(lanes).ids[0] for _ in range(10)]

    assert first == [entry.id for entry in big[:10]]
    assert [identity for identity in then if identity in {entry.id for entry in small}] == [entry.id for entry in small]
    assert then[1] != then[0]


def test_turns_are_counted_in_segments(lanes: Lanes) -> None:
    lanes.push(entries(60, company="long", segments=3))
    lanes.push(entries(60, company="short", segments=1))

    units = Counter[int]()
    for _ in range(40):
        units[taken(lanes).segments] += 1

    assert 28 <= units[1] <= 32, units


def test_who_comes_back_again_and_again_with_one_does_not_starve_the_others(lanes: Lanes) -> None:
    lanes.push(entries(50, company="big"))
    drip, mine = [], 0
    for _ in range(20):
        lanes.push(one := entries(1, company="drip"))
        drip += [entry.id for entry in one]
        mine += taken(lanes).ids[0] in drip

    assert 9 <= mine <= 11


def test_the_rate_is_kept_and_a_moment_given_out_ahead_of_its_time(lanes: Lanes) -> None:
    lanes.push(entries(40))
    pace, began = Pace(200.0), time.monotonic()

    found = [taken(lanes, pace) for _ in range(40)]

    assert time.monotonic() - began + found[-1].due >= 39 / 200 - 0.01
    assert any(one.due > 0 for one in found)
    assert isinstance(lanes.next(pace), Wait | None)


def test_a_long_message_takes_as_many_moments_as_it_has_segments(lanes: Lanes) -> None:
    lanes.push(entries(2, segments=10))
    pace = Pace(100.0)
    lanes.next(pace)

    found = lanes.next(pace)

    assert isinstance(found, Wait)
    assert 0.05 < found.seconds <= 0.1 - AHEAD + 0.001


def test_what_was_taken_for_nothing_gives_its_moments_back(lanes: Lanes) -> None:
    lanes.push(entries(2, segments=10))
    pace = Pace(100.0)
    first = lanes.next(pace)
    assert isinstance(first, Taken)

    lanes.refund(first, pace)

    assert isinstance(lanes.next(pace), Taken)


def test_a_senders_own_rate_holds_its_messages_and_nobody_elses(lanes: Lanes) -> None:
    slow, free = entries(3, key="+15550100", pause=10.0), entries(3)
    lanes.push(slow + free)

    found = [taken(lanes).ids[0] for _ in range(4)]

    assert found == [slow[0].id, *(entry.id for entry in free)]
    assert isinstance(lanes.next(FAST), Wait)


def test_messages_that_are_alike_leave_in_one_request(lanes: Lanes) -> None:
    lanes.push(entries(120, alike="campaign") + entries(5, alike="other"))
    pace = Pace(1000.0, most=100)

    sizes = [len(taken(lanes, pace).ids) for _ in range(3)]

    assert sizes == [100, 20, 5]


def test_one_request_carries_no_more_than_a_second_allows(lanes: Lanes) -> None:
    lanes.push(entries(120, alike="campaign"))

    assert len(taken(lanes, Pace(30.0, most=100)).ids) == 30


def test_a_password_does_not_wait_for_the_second_that_a_request_for_many_has_used_up(lanes: Lanes) -> None:
    pace = Pace(100.0, most=100)
    lanes.push(entries(100, alike="campaign") + entries(1, alike="campaign"))
    assert len(taken(lanes, pace).ids) == 100
    lanes.push(password := entries(1, "otp"))

    found = lanes.next(pace)

    assert isinstance(found, Taken)
    assert found.ids == (password[0].id,)
    assert isinstance(lanes.next(pace), Wait)


def test_nothing_leaves_while_the_provider_is_held(lanes: Lanes) -> None:
    lanes.push(entries(1, "otp"))
    lanes.hold(5)
    assert isinstance(lanes.next(FAST), Wait)

    lanes.release()

    assert isinstance(lanes.next(FAST), Taken)


def test_whoever_sleeps_wakes_when_something_comes(lanes: Lanes, redis_client: redis.Redis) -> None:
    assert lanes.next(FAST) is None
    assert not lanes.wait(redis_client, 1)

    lanes.push(entries(1))

    began = time.monotonic()
    assert lanes.wait(redis_client, 5)
    assert lanes.wait(redis_client, 5), "it wakes everybody"
    assert time.monotonic() - began < 4


def test_redis_holds_ids_and_no_numbers(lanes: Lanes, redis_client: redis.Redis) -> None:
    identity: UUID = new_id()
    lanes.push([Entry(identity, "otp", str(new_id()), key="+905321112233", pause=1.0)])

    everything = repr([(key, redis_client.dump(key)) for key in redis_client.scan_iter()])

    assert "5321112233" not in everything


def test_an_emptied_redis_is_noticed(lanes: Lanes, redis_client: redis.Redis) -> None:
    lanes.filled()
    assert lanes.remembers()
    redis_client.flushall()
    assert not lanes.remembers()


def test_what_is_late_leaves_apart_from_what_is_in_time(lanes: Lanes) -> None:
    """Ten that were held up come to the door at once: they leave one after the other, and nothing more is taken until they have."""
    pace = Pace(50.0)

    waits = [lanes.door(late(), pace) for _ in range(10)]

    assert waits[0] == 0
    assert all(0.02 * place - 0.05 < wait <= 0.02 * place for place, wait in enumerate(waits))
    lanes.push(entries(1))
    assert isinstance(lanes.next(pace), Wait)


def test_whatever_is_taken_next_comes_behind_all_that_are_on_their_way_to_the_door(lanes: Lanes) -> None:
    pace = Pace(10.0)
    lanes.push(entries(1, segments=2))
    under_way = taken(lanes, pace)
    lanes.door(late(), pace)  # which puts the other back by a tenth of a second, or nearly
    lanes.push(entries(1))

    found = lanes.next(pace)

    assert isinstance(found, Wait)
    assert 0.24 < found.seconds <= 0.3 - AHEAD
    assert 0.08 < lanes.door(under_way, pace) <= 0.1


def test_a_password_leaves_in_front_of_what_is_not_at_the_door_yet_and_pays_once(lanes: Lanes) -> None:
    pace = Pace(10.0)
    lanes.push(entries(2, segments=2))
    bulk = taken(lanes, pace)
    lanes.push(entries(1, "otp"))
    password = taken(lanes, pace)
    assert password.due > 0.15

    assert lanes.door(password, pace) == 0
    assert 0.08 < lanes.door(bulk, pace) <= 0.1

    found = lanes.next(pace)
    assert isinstance(found, Wait)
    assert found.seconds <= 0.3 - AHEAD


def test_one_who_died_on_his_way_to_the_door_is_forgotten(lanes: Lanes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notify.sending.lanes._STRAYED", 0.0)
    pace = Pace(10.0)
    lanes.push(entries(1, segments=50))
    taken(lanes, pace)
    lanes.refund(late(50), pace)

    lanes.door(late(), pace)

    lanes.push(entries(1))
    assert isinstance(found := lanes.next(pace), Wait)
    assert found.seconds <= 0.1


def test_the_bell_rings_for_passwords_and_wakes_one(lanes: Lanes, redis_client: redis.Redis) -> None:
    lanes.push(entries(1))
    assert not lanes.bell(redis_client, 1)

    lanes.push(entries(1, "otp"))

    assert lanes.bell(redis_client, 5)
    assert not lanes.bell(redis_client, 1)


def late(segments: int = 1) -> Taken:
    """Something that was taken before the test began."""
    return Taken((new_id(),), "informational", segments, 0.0)
