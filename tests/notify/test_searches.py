"""Claims about looking for messages, and about the way of one."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.notify.played import Played
from tests.notify.pumping import ask, ask_many, message, number, pumping, until

from imece import db
from imece.clock import now
from imece.contracts.notify import SendBulk, SendEmail
from imece.errors import NotFound, Permanent
from imece.ids import new_id
from notify import messages, searches
from notify.bulk import bulks
from notify.channels.receipts import Receipt, State
from notify.models import MessageState
from notify.searches import Filter
from notify.sending import reports
from notify.settings import Settings

Play = Callable[..., Played]


def found(company: UUID, **wanted: Any) -> list[UUID]:
    with db.transaction() as session:
        rows = searches.search(session, company, Filter(**wanted))
        assert searches.count(session, company, Filter(**wanted)) == len(rows)
    return [row.id for row in rows]


def way(company: UUID, identity: UUID) -> list[searches.Moment]:
    with db.transaction() as session:
        return searches.way(session, searches.find(session, company, identity))


def test_a_message_is_found_by_its_number_however_it_is_typed(pace: Any, company: UUID) -> None:
    first, second = ask(company), ask(company, "0533 444 55 66", kind="commercial")
    for text in ("0532 111 22 33", "+905321112233", "5321112233", "111223", str(first)):
        assert found(company, text=text) == [first], text
    assert found(company) == [second, first]
    assert found(company, kind="commercial") == [second]
    assert found(company, state="queued", channel="sms") == [second, first]
    assert found(company, state="delivered") == found(company, channel="email") == found(company, text="%") == []


def test_another_companys_messages_are_not_there(pace: Any, company: UUID) -> None:
    identity = ask(company)
    assert found(new_id()) == found(new_id(), text=str(identity)) == []
    with pytest.raises(NotFound), db.transaction() as session:
        searches.find(session, new_id(), identity)


def test_the_way_of_a_message_is_told_from_the_wish_to_the_receipt(played: Play, pace: Any, company: UUID) -> None:
    played()
    identity = ask(company)
    with pumping():
        until(lambda: message(identity).state == MessageState.ACCEPTED)
    with db.transaction() as session:
        [effect] = session.execute(sa.text("select reference, provider_id from notify.effect")).all()
        receipts = [Receipt("twilio", effect.provider_id, effect.reference, state, "", now()) for state in (State.SENT, State.DELIVERED)]
        reports.apply(session, receipts)

    assert [(step.what, step.tone) for step in way(company, identity)] == [
        ("asked", "plain"),
        ("tried", "busy"),
        ("answered", "good"),
        ("receipt", "busy"),
        ("receipt", "good"),
    ]
    assert way(company, identity)[0].word == "ali"
    assert way(company, identity)[-1].word == "delivered"


def test_why_it_did_not_go_is_told_too(played: Play, pace: Any, company: UUID) -> None:
    played(act=lambda _: Permanent("No such number.", "Böyle bir numara yok."))
    identity, later = ask(company), ask(company, kind="commercial")
    with pumping():
        until(lambda: message(identity).state == MessageState.FAILED and message(later).state == MessageState.REFUSED)

    assert [(step.what, step.tone, step.en) for step in way(company, identity)][-1] == ("answered", "bad", "No such number.")
    [*_, end] = way(company, later)
    assert (end.what, end.word) == ("ended", "refused")
    assert "consent" in end.en


def test_a_bulk_is_counted_by_state_and_its_refused_rows_are_found(pace: Any, company: UUID) -> None:
    contract = SendBulk(text="Merhaba", recipients=[{"to": number(1)}, {"to": "0212 111 22 33"}, {"to": number(2)}], title="Deneme")
    identity, tally = new_id(), bulks.Tally()
    with db.transaction() as session:
        bulks.write(session, contract, identity, tally, company_id=company, requested_by="ali")
    ask_many(company, [7])

    with db.transaction() as session:
        [bulk] = searches.bulks(session, company)
        assert (bulk.id, bulk.title, bulk.messages) == (identity, "Deneme", 2)
        assert searches.counts(session, [identity]) == {identity: {"queued": 2, "refused": 1}}
        [refused] = searches.search(session, company, Filter(bulk_id=identity, state="refused"))
        assert (refused.position, refused.code) == (2, "not_mobile")
        assert [row.position for row in searches.search(session, company, Filter(bulk_id=identity))] == [1, 2, 3]
        assert searches.bulks(session, new_id()) == []
        with pytest.raises(NotFound):
            searches.bulk(session, new_id(), identity)
        assert searches.bulk_of_job(session, company, new_id()) is None


def test_a_mail_of_a_job_stands_as_its_effect_does(catching: Settings, pace: Any, company: UUID) -> None:
    jobs = {"good": new_id(), "bad": new_id()}
    messages.send_email(jobs["good"], company, SendEmail(to="ali@example.com", subject="Konu", text="x"))
    with pytest.raises(Permanent):
        messages.send_email(jobs["bad"], company, SendEmail(to="ali+550@example.com", subject="Konu", text="x"))
    stands = {}
    with db.transaction() as session:
        for name, job in jobs.items():
            [row] = searches.search(session, company, Filter(text=str(job)))
            stands[name] = (row.state, bool(row.error_tr))
            assert searches.row(session, company, row.id) == row

    assert stands == {"good": ("accepted", False), "bad": ("failed", True)}
    assert len(found(company, state="accepted")) == len(found(company, state="failed")) == 1
    assert found(company, state="queued") == []
