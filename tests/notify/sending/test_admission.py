"""Claims about the last look: opt-outs, consent and quiet hours count when a message is about to leave."""

from collections.abc import Callable, Iterator
from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from tests.notify.played import Played, once
from tests.notify.pumping import ask, effects, message, pumping, until

from imece import db
from notify.channels.refusals import Refused
from notify.people import consent, quiet
from notify.sending import admission

Play = Callable[..., Played]
ISTANBUL = ZoneInfo("Europe/Istanbul")


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """It is half past eleven in the evening, for whoever looks at quiet hours."""
    late = datetime.combine(datetime.now(ISTANBUL).date(), time(23, 30), ISTANBUL)  # noqa: TID251 (tonight)
    monkeypatch.setattr(admission, "now", lambda: late)
    return iter(())  # type: ignore[return-value]  # nothing to undo


def opted_out(company: UUID, scope: str) -> None:
    with db.transaction() as session:
        consent.opt_out(session, company, "sms", "+905321112233", source="console", by="ali", scope=scope)


def test_who_opts_out_while_the_message_waits_gets_none(played: Play, company: UUID) -> None:
    provider = played()
    identity = ask(company)
    opted_out(company, "all")

    with pumping():
        until(lambda: message(identity).state == "refused")

    assert provider.requests == []
    assert (message(identity).code, message(identity).tries, effects(identity)) == ("opted_out", 0, [])


def test_advertising_needs_consent_and_information_does_not(played: Play, company: UUID) -> None:
    provider = played()
    informational, commercial = ask(company), ask(company, to="0533 111 22 33", kind="commercial")

    with pumping():
        until(lambda: message(commercial).state == "refused" and message(informational).state == "accepted")

    assert message(commercial).code == "no_consent"
    assert provider.recipients == {"+905321112233": 1}


def test_quiet_hours_put_advertising_off_without_a_try(played: Play, company: UUID, night: None) -> None:
    provider = played()
    with db.transaction() as session:
        consent.record(session, company, "sms", "+905321112233", "ONAY", by="ali")
    identity = ask(company, kind="commercial")

    with pumping():
        until(lambda: message(identity).code == "quiet")

    found = message(identity)
    assert (found.state, found.tries, effects(identity), provider.requests) == ("queued", 0, [], [])
    assert found.send_at is not None
    assert found.send_at.astimezone(ISTANBUL).time() == time(9)


def test_a_password_is_held_by_nothing(played: Play, company: UUID, night: None) -> None:
    provider = played()
    opted_out(company, "all")
    with db.transaction() as session:
        quiet.put(session, company, quiet.Rules(quiet_kinds=frozenset({"commercial", "informational"})), by="ali")
    identity = ask(company, kind="otp", text="Şifreniz 493027")

    with pumping():
        until(lambda: message(identity).state == "accepted")

    assert len(provider.taken) == 1


def test_what_would_be_over_by_the_morning_expires(played: Play, company: UUID, night: None) -> None:
    played()
    with db.transaction() as session:
        consent.record(session, company, "sms", "+905321112233", "ONAY", by="ali")
    identity = ask(company, kind="commercial")
    with db.quick() as connection:
        connection.exec_driver_sql("update notify.message set expires_at = clock_timestamp() + interval '1 minute'")

    with pumping():
        until(lambda: message(identity).state == "expired")


def test_who_told_the_provider_to_stop_is_on_the_companys_list_at_once(played: Play, company: UUID) -> None:
    played(act=once(Refused("asked for no more", "istemiyor", code="21610", opted_out=True)))
    identity = ask(company)

    with pumping():
        until(lambda: message(identity).state == "refused")

    with db.transaction() as session:
        assert consent.opted_out(session, company, "sms", "+905321112233") is not None
