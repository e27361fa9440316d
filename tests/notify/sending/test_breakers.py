"""Claims about providers that take nothing: left alone by all, and another one gets what waits."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.notify.played import Played, once
from tests.notify.pumping import ask, ask_many, effects, message, pumping, states, until

from imece import db
from imece.errors import Transient
from notify.channels.refusals import Closed, Refused
from notify.sending import breakers
from notify.sending.lanes import Pace, Taken, Wait, lanes

Play = Callable[..., Played]
FAST = Pace(100_000.0)


def away(_parcel: object) -> Transient:
    return Transient("no connection", "bağlantı yok")


def standing(name: str = "twilio") -> breakers.Standing:
    with db.quick() as connection:
        return next(one for one in breakers.standings(connection) if one.name == name)


def test_after_some_failures_in_a_row_nothing_leaves_any_more(played: Play, company: UUID) -> None:
    ask(company)
    assert [breakers.failed("twilio", "sms", away(None)) for _ in range(breakers.ENOUGH)] == [False] * 4 + [True]

    assert isinstance(lanes("twilio").next(FAST), Wait)
    found = standing()
    assert (found.failures, found.openings, found.error_en) == (5, 1, "no connection")
    assert found.open_until is not None


def test_what_waits_is_handed_to_the_one_that_stands_in(played: Play, company: UUID) -> None:
    dead, heir = played(act=away), played("netgsm")
    ask_many(company, range(10))

    with pumping(), pumping("netgsm"):
        until(lambda: states() == {"accepted": 10})

    assert len(heir.taken) == 10
    assert dead.taken == []
    assert set(heir.recipients.values()) == {1}


def test_what_must_leave_by_one_provider_waits_for_it(played: Play, company: UUID) -> None:
    played(act=away)
    identity = ask(company, provider="twilio")
    for _ in range(breakers.ENOUGH):
        breakers.failed("twilio", "sms", away(None))

    assert (message(identity).provider, message(identity).state) == ("twilio", "queued")


def test_a_success_closes_it(played: Play, company: UUID) -> None:
    for _ in range(breakers.ENOUGH):
        breakers.failed("twilio", "sms", away(None))

    breakers.succeeded("twilio")

    ask(company)
    assert isinstance(lanes("twilio").next(FAST), Taken)
    assert (standing().failures, standing().openings, standing().open_until) == (0, 0, None)


def test_a_closed_account_opens_it_at_once_and_for_as_long_as_was_said(played: Play) -> None:
    assert breakers.failed("twilio", "sms", Closed("login refused", "giriş reddedildi", retry_after=timedelta(minutes=5)))

    wait = lanes("twilio").next(FAST)
    assert isinstance(wait, Wait)
    assert wait.seconds > 200


def test_a_password_does_not_wait_for_the_breaker(played: Play, company: UUID) -> None:
    played(act=once(Transient("no connection", "bağlantı yok")))
    heir = played("netgsm")
    identity = ask(company, kind="otp", text="Şifreniz 493027")

    with pumping(), pumping("netgsm"):
        until(lambda: message(identity).state == "accepted")

    assert [effect.provider for effect in effects(identity)] == ["twilio", "netgsm"]
    assert [sms.text for sms in heir.taken] == ["Şifreniz 493027"]


def test_what_one_refuses_and_another_may_take_goes_there(played: Play, company: UUID) -> None:
    played(act=once(Refused("no way to it", "yol yok", code="21612", elsewhere=True)))
    heir = played("netgsm")
    identity = ask(company)

    with pumping(), pumping("netgsm"):
        until(lambda: message(identity).state == "accepted")

    assert len(heir.taken) == 1


def test_too_fast_is_no_fault_of_the_provider(played: Play, company: UUID) -> None:
    provider = played(act=once(Transient("429", "429", retry_after=timedelta(seconds=0.3))))
    identity = ask(company)

    with pumping():
        until(lambda: message(identity).state == "accepted")

    assert [effect.provider for effect in effects(identity)] == ["twilio", "twilio"]
    assert len(provider.taken) == 1
    with db.quick() as connection:
        assert all(one.failures == 0 for one in breakers.standings(connection))


def test_an_unheard_answer_is_never_handed_to_another(played: Play, pace: Any, company: UUID) -> None:
    """It may have been taken: only what surely was not may go elsewhere."""
    from tests.notify.played import unheard

    played(act=once(unheard()))
    heir = played("netgsm")
    identity = ask(company)

    with pumping(), pumping("netgsm"):
        until(lambda: message(identity).state == "accepted")

    assert heir.requests == []
