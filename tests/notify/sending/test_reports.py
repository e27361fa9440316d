"""Claims about what providers report: once, upwards only, whenever it comes."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.notify.played import Played, unheard
from tests.notify.pumping import ask, effects, message, pumping, until

from imece import db
from imece.clock import now
from imece.contracts.notify import SendEmail
from imece.ids import new_id
from notify import messages
from notify.channels.receipts import RANKS, Receipt, State
from notify.models import Message
from notify.people import consent
from notify.sending import reports
from notify.settings import Settings

Play = Callable[..., Played]


def receipt(identity: UUID, state: State = State.DELIVERED, **more: object) -> Receipt:
    """About the message's last effect, as its provider would say it."""
    effect = effects(identity)[-1]
    given = {"provider": "twilio", "provider_id": f"id-{effect.id}", "reference": str(effect.id), "code": "", "at": now()} | more
    return Receipt(state=state, **given)  # type: ignore[arg-type]  # as the test says


def said(*receipts: Receipt) -> int:
    with db.transaction() as session:
        return reports.apply(session, receipts)


@pytest.fixture
def sent(played: Play, company: UUID) -> UUID:
    """A message that its provider has."""
    played()
    identity = ask(company)
    with pumping():
        until(lambda: message(identity).state == "accepted")
    return identity


@pytest.mark.parametrize(
    "states",
    [
        [State.ACCEPTED, State.SENT, State.DELIVERED],
        [State.ACCEPTED, State.SENT, State.FAILED],
        [State.UNDELIVERED, State.EXPIRED, State.DELIVERED],
    ],
    ids=str,
)
def test_whatever_the_order_the_best_word_stays(sent: UUID, states: list[State]) -> None:
    best = max(states, key=RANKS.__getitem__)
    for order in itertools.permutations(states):
        with db.quick() as connection:
            connection.exec_driver_sql("delete from notify.receipt")
            connection.exec_driver_sql("update notify.message set state = 'accepted'")

        for state in order:
            said(receipt(sent, state))

        assert message(sent).state == best, order


def test_the_same_word_twice_is_no_news(sent: UUID) -> None:
    assert said(receipt(sent), receipt(sent)) == 1
    assert said(receipt(sent)) == 0


def test_a_failure_says_why_and_only_an_arrival_is_believed_against_it(sent: UUID) -> None:
    said(receipt(sent, State.FAILED, code="30005"))
    said(receipt(sent, State.UNDELIVERED, code="30003"))
    found = message(sent)
    assert (found.state, found.code) == ("failed", "30005")
    assert "30005" in (found.error_tr or "")

    said(receipt(sent, State.DELIVERED))

    assert (message(sent).state, message(sent).error_en) == ("delivered", None)


def test_a_receipt_settles_what_nobody_heard(played: Play, company: UUID) -> None:
    provider = played(act=lambda _parcel: unheard(), can_tell=False)
    identity = ask(company)
    with pumping():
        until(lambda: message(identity).state == "unknown")

    said(receipt(identity, State.SENT))

    assert message(identity).state == "sent"
    [effect] = effects(identity)
    assert (effect.state, effect.provider_id) == ("done", f"id-{effect.id}")
    assert len(provider.taken) == 1


def test_a_receipt_by_the_providers_id_alone_is_enough(sent: UUID) -> None:
    said(receipt(sent, reference=None))

    assert message(sent).state == "delivered"


def test_a_receipt_that_comes_too_early_finds_its_message_later(sent: UUID) -> None:
    stranger = f"id-{new_id()}"
    assert said(receipt(sent, reference=None, provider_id=stranger)) == 1
    assert message(sent).state == "accepted"
    with db.quick() as connection:
        connection.exec_driver_sql("update notify.effect set provider_id = %(id)s", {"id": stranger})
        assert reports.match(connection) == 1

    assert message(sent).state == "delivered"


def test_what_was_cancelled_or_never_left_is_not_moved_by_any_receipt(sent: UUID) -> None:
    with db.quick() as connection:
        connection.exec_driver_sql("update notify.message set state = 'cancelled'")

    said(receipt(sent))

    assert message(sent).state == "cancelled"


def test_who_told_the_provider_to_stop_is_on_the_companys_list(sent: UUID, company: UUID) -> None:
    said(receipt(sent, State.FAILED, code="21610", opted_out=True))

    with db.transaction() as session:
        found = consent.opted_out(session, company, "sms", "+905321112233")
    assert found is not None
    assert (found.source, found.scope) == ("provider", "all")


class Reporter(Played):
    """A provider that does not call and must be asked."""

    questions = 0

    def reports(self, ids: list[str]) -> list[Receipt]:
        self.questions += 1
        return [Receipt("twilio", one, None, State.DELIVERED, "", now()) for one in ids]


def test_a_provider_that_does_not_call_is_asked_and_not_too_often(played: Play, company: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    played()
    identities = [ask(company, to=f"+90532111{place:04}") for place in range(3)]
    with pumping():
        until(lambda: all(message(one).state == "accepted" for one in identities))
    reporter = Reporter()
    monkeypatch.setattr(reports.routes, "opened", lambda _name: reporter)

    assert reports.collect("twilio", grace=3600) == 0
    assert reports.collect("twilio", grace=0) == 3
    assert reports.collect("twilio", grace=0) == 0

    assert reporter.questions == 1
    assert {message(one).state for one in identities} == {"delivered"}


def test_a_provider_that_has_no_reports_is_not_asked(sent: UUID) -> None:
    assert reports.collect("twilio", grace=0) == 0


def test_an_old_receipt_that_belongs_to_nothing_is_left_alone(sent: UUID) -> None:
    said(receipt(sent, reference=None, provider_id="nobody's", at=now() - timedelta(days=3)))

    assert message(sent).state == "accepted"


@pytest.mark.usefixtures("database")
def test_a_mail_that_bounces_is_failed_and_its_address_marked(catching: Settings, company: UUID) -> None:
    """The catcher takes it, writes back that there is no such mailbox, and the mailbox of bounces is read."""
    job = new_id()
    messages.send_email(job, company, SendEmail(to=f"ali-{job}+bounce@example.com", subject="Konu", text="Metin"))
    given = catching.model_copy(update={"catcher_faults": True})

    assert reports.bounces(given) == 1
    assert reports.bounces(given) == 0

    with db.transaction() as session:
        sent = session.scalars(sa.select(Message).where(Message.job_id == job)).one()
    assert (sent.state, sent.code) == ("failed", "5.1.1")
    assert effects(sent.id)[-1].address_refused


def test_without_a_mailbox_nothing_is_read_and_one_that_is_away_stops_nobody(catching: Settings) -> None:
    assert reports.bounces(catching) == 0
    assert reports.bounces(catching.model_copy(update={"catcher_faults": True, "catcher_imap_port": 1})) == 0
