"""Claims about how the ways out stand."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.notify.played import Played
from tests.notify.pumping import ask, ask_many, message, pumping, until

from imece import db
from imece.clock import now
from imece.errors import Transient
from imece.ids import new_id
from notify.models import MessageState
from notify.sending import breakers, overview
from notify.sending.overview import Way
from notify.settings import Settings, settings

Play = Callable[..., Played]


def ways(company: UUID) -> dict[str, Way]:
    with db.transaction() as session:
        return {way.name: way for way in overview.ways(session, company, settings())}


def test_what_waits_is_counted_by_lane_and_only_ones_own(pace: Any, company: UUID) -> None:
    ask_many(company, range(3))
    ask(company, kind="otp")
    ask(new_id())

    twilio = ways(company)["twilio"]
    assert {lane: found.messages for lane, found in twilio.lanes.items()} == {"otp": 1, "informational": 3, "commercial": 0}
    assert twilio.lanes["otp"].oldest is not None
    assert (twilio.mode, twilio.tries, twilio.used, twilio.standing) == ("catch", 0, 0.0, None)


def test_what_has_left_uses_the_rate(played: Play, pace: Any, company: UUID) -> None:
    pace(RATES="twilio=10", PRICES="twilio=2 TRY")
    played()
    sent = ask_many(company, range(6))
    with pumping():
        until(lambda: all(message(one).state == MessageState.ACCEPTED for one in sent))

    twilio = ways(company)["twilio"]
    assert (twilio.tries, twilio.taken, twilio.refused, twilio.unknown) == (6, 6, 0, 0)
    assert twilio.used == pytest.approx(6 / 60 / 10)
    assert twilio.median_ms is not None
    assert twilio.price is not None
    assert twilio.price.currency == "TRY"


def test_a_provider_that_is_left_alone_says_why(pace: Any, company: UUID) -> None:
    for _ in range(breakers.ENOUGH):
        breakers.failed("twilio", "sms", Transient("It is down.", "Çalışmıyor."))

    twilio = ways(company)["twilio"]
    assert twilio.is_open(now())
    assert not twilio.is_open(now() + timedelta(hours=1))
    assert twilio.standing is not None
    assert twilio.standing.error_tr == "Çalışmıyor."


def test_only_what_is_caught_is_called_caught() -> None:
    assert overview.catching(Settings()) == ("sms", "email", "telegram", "webhook")
    live = Settings(telegram_mode="live", telegram_token="1:x", telegram_allowed_chats="*")  # type: ignore[arg-type]  # as the environment has them
    assert overview.catching(live) == ("sms", "email", "webhook")
