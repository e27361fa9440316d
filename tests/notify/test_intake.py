"""Claims about taking a message: checked and priced before anything is written, taken once, its provider told after the commit."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.notify.played import Played
from tests.notify.pumping import ask, message

from imece import db, ledger
from imece.clock import now
from imece.errors import NotFound, Permanent
from imece.ids import new_id
from notify import intake
from notify.intake import Wish
from notify.models import Message
from notify.sending import sealing
from notify.sending.lanes import lanes

Play = Callable[..., Played]


def jobs() -> list[str | None]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(ledger.Job.unique_key).where(ledger.Job.kind == "notify.pump")))


def take(company: UUID | None, wish: Wish, **more: Any) -> intake.Taken:
    with db.transaction() as session:
        return intake.take(session, wish, company_id=company, requested_by="ali", **more)


def test_a_message_is_written_as_the_provider_will_see_it(pace: Any, company: UUID) -> None:
    pace(PRICES="twilio=0.05 USD")
    taken = take(company, Wish("sms", "0532 111 22 33", text="Sayın üye, 250 ₺ “borcunuz” var", sender="IMECE"))

    found = message(taken.id)
    assert (found.recipient, found.text, found.sender) == ("+905321112233", 'Sayın üye, 250 TL "borcunuz" var', "IMECE")
    assert (found.state, found.provider, found.encoding, found.segments) == ("queued", "twilio", "ucs2", 1)
    assert (found.price, found.currency) == (Decimal("0.05"), "USD")
    assert found.expires_at is not None


def test_folding_makes_it_cheaper(pace: Any, company: UUID) -> None:
    text = "Ödemeniz alındı, teşekkür ederiz. " * 4
    dear, cheap = (take(company, Wish("sms", "0532 111 22 33", text=text, fold=fold)).segments for fold in (False, True))

    assert (dear, cheap) == (3, 1)


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (Wish("sms", "0212 111 22 33", text="x"), "landline"),
        (Wish("sms", "12", text="x"), "digits"),
        (Wish("sms", "0532 111 22 33"), "either a text or a template"),
        (Wish("sms", "0532 111 22 33", text="x", template="y"), "either a text or a template"),
        (Wish("sms", "0532 111 22 33", text=" \n"), "empty"),
        (Wish("sms", "0532 111 22 33", text="x" * 1601), "1600"),
        (Wish("sms", "0532 111 22 33", text="x", provider="goldsms"), "goldsms is not among"),
        (Wish("sms", "0532 111 22 33", text="x", expires_at=now() - timedelta(minutes=1)), "expired"),
        (Wish("telegram", "not a chat", text="x"), "no Telegram chat"),
        (Wish("email", "not an address", text="x"), "not an e-mail address"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.channel,
)
def test_what_can_never_be_sent_is_refused_and_leaves_no_trace(pace: Any, company: UUID, wish: Wish, why: str) -> None:
    with pytest.raises(Permanent, match=why) as refused:
        take(company, wish)

    assert refused.value.tr
    with db.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Message)) == 0


def test_an_unknown_template_is_named(pace: Any, company: UUID) -> None:
    with pytest.raises(NotFound):
        take(company, Wish("sms", "0532 111 22 33", template="yok-boyle-sablon"))


def test_the_same_dedup_is_taken_once_per_company(pace: Any, company: UUID) -> None:
    wish = Wish("sms", "0532 111 22 33", text="x", dedup="mutabakat-7")
    first, again, others, house = take(company, wish), take(company, wish), take(new_id(), wish), [take(None, wish) for _ in range(2)]

    assert again == intake.Taken(first.id, "queued", 1, repeated=True)
    assert others.id != first.id
    assert [one.repeated for one in house] == [False, True]


def test_a_job_that_runs_twice_takes_its_message_once(pace: Any, company: UUID) -> None:
    job = new_id()
    first, again = (take(company, Wish("sms", "0532 111 22 33", text="x"), job_id=job) for _ in range(2))

    assert (again.id, again.repeated) == (first.id, True)


def test_a_password_lies_sealed_and_opens_for_its_message_only(pace: Any, company: UUID) -> None:
    taken = take(company, Wish("sms", "0532 111 22 33", "otp", text="Şifreniz 493027"))
    found = message(taken.id)

    assert found.text is None
    assert found.sealed is not None
    assert b"493027" not in found.sealed
    assert sealing.open_sealed(found.sealed, str(taken.id)) == "Şifreniz 493027"
    with pytest.raises(Exception, match="cannot be opened"):
        sealing.open_sealed(found.sealed, str(new_id()))


def test_pumps_are_asked_for_once_and_after_the_commit(pace: Any, company: UUID) -> None:
    pace(PUMPS="2")
    with db.transaction() as session:
        intake.take(session, Wish("sms", "0532 111 22 33", text="x"), company_id=company, requested_by="ali")
        assert not lanes("twilio").waiting()
        assert jobs() == []
    assert lanes("twilio").waiting()
    ask(company)

    assert sorted(jobs(), key=str) == ["notify.pump:twilio:0", "notify.pump:twilio:1"]


def test_nothing_is_asked_for_by_a_transaction_that_is_rolled_back(pace: Any, company: UUID) -> None:
    with db.transaction() as session:
        intake.take(session, Wish("sms", "0532 111 22 33", text="x"), company_id=company, requested_by="ali")
        session.rollback()

    assert jobs() == []
    assert not lanes("twilio").waiting()


def test_where_pumps_are_at_work_none_is_asked_for(pace: Any, company: UUID) -> None:
    lanes("twilio").alive(0)
    ask(company)

    assert jobs() == []
