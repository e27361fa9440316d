"""Claims about what is seen to again and again: the lists in Redis are made anew from the table, and nothing stays where it is for ever."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
import redis
from tests.notify.played import Played
from tests.notify.pumping import ask, ask_many, effects, message, pumping, states, until

from imece import db
from imece.clock import now
from imece.ids import new_id
from notify.sending import deliveries, settling
from notify.sending.lanes import lanes

Play = Callable[..., Played]


def waiting() -> int:
    """How many messages Redis knows."""
    found, count = None, 0
    while (found := lanes("twilio").next(lanes_pace())) is not None:
        count += len(getattr(found, "ids", ()))
    return count


def lanes_pace() -> object:
    from notify.sending.lanes import Pace

    return Pace(100_000.0)


@pytest.fixture
def settled(played: Play) -> None:
    played()
    settling.tend("twilio")


def sql(statement: str) -> None:
    with db.quick() as connection:
        connection.exec_driver_sql(statement)


def test_an_emptied_redis_is_filled_again_from_the_table(settled: None, played: Play, company: UUID, redis_client: redis.Redis) -> None:
    provider = played()
    ask_many(company, range(50))
    redis_client.flushall()

    assert settling.tend("twilio").pushed == 50
    with pumping():
        until(lambda: states() == {"accepted": 50})

    assert set(provider.recipients.values()) == {1}


def test_redis_emptied_in_the_middle_loses_nothing_and_sends_nothing_twice(played: Play, company: UUID, redis_client: redis.Redis) -> None:
    provider = played(latency=0.01)
    ask_many(company, range(200))

    with pumping():
        until(lambda: len(provider.taken) > 50)
        redis_client.flushall()
        until(lambda: states() == {"accepted": 200})

    assert set(provider.recipients.values()) == {1}
    assert len(provider.recipients) == 200


def test_what_a_dead_pump_took_out_of_redis_is_found_again(settled: None, company: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """Popped, and the process died before it claimed the row."""
    ask(company)
    assert waiting() == 1
    monkeypatch.setattr(settling, "_LOST_AFTER", 0.0)

    lanes("twilio")._client.delete("notify:{twilio}:turn-to:search")

    assert settling.tend("twilio").pushed == 1


def test_a_long_backlog_is_not_pushed_twice(settled: None, company: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    ask_many(company, range(20))
    monkeypatch.setattr(settling, "_LOST_AFTER", 0.0)
    lanes("twilio")._client.delete("notify:{twilio}:turn-to:search")

    assert settling.tend("twilio").pushed == 0
    assert waiting() == 20


def test_redis_being_away_costs_nothing(played: Play, company: UUID, stack: object) -> None:
    provider = played()
    stack.redis.stop()  # type: ignore[attr-defined]  # the stack of the test run
    try:
        identity = ask(company)
        assert message(identity).state == "queued"
        assert message(identity).pushed_at is None
    finally:
        stack.redis.start()  # type: ignore[attr-defined]  # as above

    with pumping():
        until(lambda: message(identity).state == "accepted")

    assert len(provider.taken) == 1


def test_what_waits_for_its_time_is_pushed_when_it_has_come(settled: None, company: UUID) -> None:
    identity = ask(company, send_at=now() + timedelta(hours=1))
    assert settling.tend("twilio").pushed == 0
    sql("update notify.message set send_at = clock_timestamp()")

    assert settling.tend("twilio").pushed == 1
    assert message(identity).state == "queued"


def test_what_is_over_expires_and_a_sealed_text_goes_with_it(settled: None, company: UUID) -> None:
    identity = ask(company, kind="otp", text="Şifreniz 493027")
    sql("update notify.message set expires_at = clock_timestamp()")

    settling.tend("twilio")

    assert (message(identity).state, message(identity).sealed) == ("expired", None)


def test_a_try_without_a_word_is_left_alone_until_nobody_can_be_at_it(settled: None, played: Play, company: UUID) -> None:
    provider = played(settles=60)
    identity = ask(company)
    with db.quick() as connection:
        assert len(deliveries.claim(connection, "twilio", [identity], [new_id()], "x")) == 1

    assert settling.tend("twilio").decided == 0
    assert (message(identity).state, provider.asked) == ("sending", 0)

    sql("update notify.effect set started_at = started_at - interval '2 minutes'")

    assert settling.tend("twilio").decided == 1
    assert message(identity).state == "queued"
    assert [effect.state for effect in effects(identity)] == ["failed"]


def test_who_dies_before_speaking_does_not_use_up_the_one_repetition(settled: None, played: Play, company: UUID) -> None:
    played()
    identity = ask(company)

    for _ in range(settling._RESENDS_OF_THE_DEAD):
        dies_at(identity)
        settling.tend("twilio")
        assert message(identity).state == "queued"

    dies_at(identity)
    settling.tend("twilio")
    assert message(identity).state == "unconfirmed"


def test_a_try_that_nobody_can_tell_of_is_still_the_try_of_one_who_died(settled: None, played: Play, company: UUID) -> None:
    provider = played()
    provider.can_tell = False
    identity = ask(company)
    dies_at(identity)

    settling.tend("twilio")

    assert message(identity).state == "unknown"
    assert [(effect.state, effect.settled_at) for effect in effects(identity)] == [("sending", None)]

    sql("update notify.effect set started_at = started_at - interval '2 days', asked_at = null")
    settling.tend("twilio")

    assert message(identity).state == "unconfirmed"
    assert [effect.state for effect in effects(identity)] == ["unknown"]


def dies_at(identity: UUID) -> None:
    """A try of somebody who does not live to say how it ended, minutes ago."""
    with db.quick() as connection:
        assert len(deliveries.claim(connection, "twilio", [identity], [new_id()], "x")) == 1
    sql("update notify.effect set started_at = started_at - interval '2 minutes' where state = 'sending'")


def test_a_moment_beyond_the_calendar_does_not_make_a_claim_unreadable(settled: None, company: UUID) -> None:
    identity = ask(company)
    sql("update notify.message set expires_at = '12000-01-01'")
    with db.quick() as connection:
        [claimed] = deliveries.claim(connection, "twilio", [identity], [new_id()], "x")

    assert claimed.expires_at is None


def test_a_message_is_claimed_by_one(settled: None, company: UUID) -> None:
    identity = ask(company)
    with db.quick() as connection:
        first = deliveries.claim(connection, "twilio", [identity, identity], [new_id(), new_id()], "x")
        second = deliveries.claim(connection, "twilio", [identity], [new_id()], "x")

    assert (len(first), second) == (1, [])


def test_a_message_of_another_provider_is_not_claimed(settled: None, company: UUID) -> None:
    identity = ask(company)
    with db.quick() as connection:
        assert deliveries.claim(connection, "netgsm", [identity], [new_id()], "x") == []


def test_one_at_a_time_tends_a_provider(settled: None) -> None:
    with settling._only_one("twilio") as first, settling._only_one("twilio") as second, settling._only_one("netgsm") as third:
        assert first is not None
        assert second is None
        assert third is not None
