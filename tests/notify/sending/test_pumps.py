"""Claims about the pump: what is taken is sent once, by the rate, and nothing is lost."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from tests.notify.played import Played, lost, once, unheard
from tests.notify.pumping import ask, ask_many, effects, message, number, pumping, states, until

from imece import db
from imece.contracts.notify import SendBulk
from imece.errors import Permanent, Transient
from imece.ids import new_id
from notify.bulk import bulks

Play = Callable[..., Played]


def test_a_message_is_sent_once_and_accepted(played: Play, company: UUID) -> None:
    provider = played()
    identity = ask(company)

    with pumping():
        until(lambda: message(identity).state == "accepted")

    [effect] = effects(identity)
    assert (effect.state, effect.provider, effect.provider_id) == ("done", "twilio", f"id-{effect.id}")
    assert [(sms.to, sms.text, sms.reference) for sms in provider.taken] == [("+905321112233", "Merhaba", str(effect.id))]


def test_every_one_of_many_is_sent_once_by_two_pumps(played: Play, company: UUID) -> None:
    provider = played()
    ask_many(company, range(300))

    with pumping(count=2):
        until(lambda: states() == {"accepted": 300})

    assert set(provider.recipients.values()) == {1}
    assert len(provider.recipients) == 300


def test_many_calls_wait_at_once(played: Play, company: UUID) -> None:
    """In flight = rate x answer time: 40 calls of 0.2 s, at once."""
    provider = played(latency=0.2)
    ask_many(company, range(40))

    with pumping():
        until(lambda: states() == {"accepted": 40})

    assert provider.most_under_way > 20


def test_what_surely_was_not_taken_is_tried_again(played: Play, company: UUID) -> None:
    provider = played(act=once(Transient("later", "sonra")))
    identity = ask(company, provider="twilio", kind="otp")

    with pumping():
        until(lambda: message(identity).state == "accepted")

    assert [effect.state for effect in effects(identity)] == ["failed", "done"]
    assert provider.recipients == {"+905321112233": 1}
    assert message(identity).tries == 2


def test_a_refusal_is_for_good(played: Play, company: UUID) -> None:
    played(act=once(Permanent("no such number", "böyle bir numara yok")))
    identity = ask(company)

    with pumping():
        until(lambda: message(identity).state == "failed")

    found = message(identity)
    assert (found.error_en, found.error_tr) == ("no such number", "böyle bir numara yok")


def test_an_unheard_answer_is_looked_up_and_not_repeated(played: Play, company: UUID) -> None:
    provider = played(act=once(unheard()))
    identity = ask(company)

    with pumping():
        until(lambda: message(identity).state == "accepted")

    assert provider.recipients == {"+905321112233": 1}
    assert provider.asked >= 1
    [effect] = effects(identity)
    assert (effect.state, effect.attempt, effect.provider_id) == ("done", 1, f"id-{effect.id}")


def test_what_the_provider_denies_is_sent_once_more(played: Play, company: UUID) -> None:
    provider = played(act=once(lost()))
    identity = ask(company)

    with pumping():
        until(lambda: message(identity).state == "accepted")

    assert provider.recipients == {"+905321112233": 1}
    assert [effect.state for effect in effects(identity)] == ["failed", "done"]
    assert message(identity).resends == 1


def test_what_is_denied_twice_is_given_up(played: Play, company: UUID) -> None:
    provider = played(act=lambda _parcel: lost(), settles=0.1)
    identity = ask(company)

    with pumping():
        until(lambda: message(identity).state == "unconfirmed")

    assert len(effects(identity)) == len(provider.requests) == 2


def test_a_bulk_may_leave_in_doubt_what_is_in_doubt(played: Play, company: UUID) -> None:
    provider = played(act=once(lost()), settles=0.1)
    contract = SendBulk(text="Merhaba", recipients=({"to": number(1)},), in_doubt="leave")  # type: ignore[arg-type]  # as JSON has it
    with db.transaction() as session:
        bulks.write(session, contract, new_id(), bulks.Tally(), company_id=company, requested_by="ali")
    bulks.ring(contract)

    with pumping():
        until(lambda: states() == {"unconfirmed": 1})

    assert len(provider.requests) == 1


def test_a_password_in_doubt_expires_and_its_words_are_gone(played: Play, company: UUID) -> None:
    provider = played(act=once(lost()))
    identity = ask(company, text="Şifreniz 493027", kind="otp")
    assert message(identity).text is None
    assert b"493027" not in (message(identity).sealed or b"")

    with pumping():
        until(lambda: message(identity).state == "expired")

    assert len(provider.requests) == 1
    assert message(identity).sealed is None


def test_where_nobody_can_be_asked_it_stays_as_it_is_and_says_so(played: Play, pace: Any, company: UUID) -> None:
    pace(DOUBT_MINUTES="0.02")
    provider = played(act=lambda _parcel: unheard(), can_tell=False)
    identity = ask(company)

    with pumping():
        until(lambda: message(identity).state == "unknown")
        until(lambda: message(identity).state == "unconfirmed")

    assert len(provider.taken) == 1
    assert "not known" in (message(identity).error_en or "")
