"""Claims about the same to many: every row checked before the first is sent, every refused one named, the job true to the end."""

import json
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.notify.played import Played
from tests.notify.pumping import number, states, until

from imece import db, ledger, storage
from imece.contracts.notify import SendBulk
from imece.errors import Permanent
from imece.ids import new_id
from imece.ledger import Job
from notify.bulk import bulks
from notify.models import Bulk, Message

Play = Callable[..., Played]
Work = Callable[..., None]


def rows(*numbers: str, **more: Any) -> tuple[dict[str, Any], ...]:
    return tuple({"to": one, **more} for one in numbers)


def written(company: UUID | None, contract: SendBulk) -> tuple[UUID, bulks.Tally]:
    identity, tally = new_id(), bulks.Tally()
    with db.transaction() as session:
        bulks.write(session, contract, identity, tally, company_id=company, requested_by="ali")
    return identity, tally


def messages(bulk: UUID) -> list[Message]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(Message).where(Message.bulk_id == bulk).order_by(Message.position)))


def submit(company: UUID, contract: SendBulk) -> UUID:
    with db.transaction() as session:
        return ledger.submit(session, contract, company_id=company, requested_by="ali")


def job(identity: UUID) -> Job:
    with db.transaction() as session:
        return ledger.find(session, identity)


def test_every_row_is_a_message_or_has_its_reason(pace: Any, company: UUID) -> None:
    pace(PRICES="twilio=0.05 USD")
    given = ("0532 111 22 33", "+90 532 111 22 33", "0212 111 22 33", "", "0533 111 22 33", "5.3E9", "veli")
    bulk, tally = written(company, SendBulk(text="Ekstreniz hazır", recipients=rows(*given)))

    assert (tally.rows, tally.messages, tally.repeated, tally.refused) == (7, 2, 1, 4)
    assert (tally.segments, tally.price, tally.currency) == (2, Decimal("0.10"), "USD")
    assert [(fault.row, fault.code) for fault in tally.faults] == [(3, "not_mobile"), (4, "empty"), (6, "scientific"), (7, "no_number")]
    found = messages(bulk)
    assert [(one.position, one.state) for one in found] == [
        (1, "queued"),
        (3, "refused"),
        (4, "refused"),
        (5, "queued"),
        (6, "refused"),
        (7, "refused"),
    ]
    assert all(one.error_tr and one.error_en for one in found if one.state == "refused")
    assert {one.text for one in found} == {None}, "what all of them say is kept once"
    with db.transaction() as session:
        assert session.get_one(Bulk, bulk).text == "Ekstreniz hazır"


def test_each_says_what_its_row_says(pace: Any, company: UUID) -> None:
    recipients = ({"to": number(1), "variables": {"ad": "Ali", "tutar": "1250.5"}}, {"to": number(2), "variables": {"ad": "Can"}})
    bulk, tally = written(company, SendBulk(text="Sayın {{ ad }}, borcunuz {{ tutar|para }}", recipients=recipients))

    first, second = messages(bulk)
    assert first.text == "Sayın Ali, borcunuz 1.250,50 TL"
    assert (second.state, "tutar" in (second.error_tr or "")) == ("refused", True)
    assert tally.refused == 1


def test_a_workbook_with_the_headings_people_use(pace: Any, company: UUID) -> None:
    key = storage.new_key(company, "uploads", "liste.csv")
    storage.put(key, "Ad;Cep Telefonu;Dil\nAli;0532 111 22 33;en\nVeli;0212 111 22 33;tr\nCan;0533 111 22 33;\n".encode("cp1254"))
    bulk, tally = written(company, SendBulk(text="Merhaba {{ Ad }}", recipients_key=key))

    assert [(one.recipient, one.text, one.locale) for one in messages(bulk) if one.state == "queued"] == [
        ("+905321112233", "Merhaba Ali", "en"),
        ("+905331112233", "Merhaba Can", "tr"),
    ]
    assert [fault.row for fault in tally.faults] == [3]


def test_lines_of_json_and_columns_by_name(pace: Any, company: UUID) -> None:
    key = storage.new_key(company, "uploads", "liste.jsonl")
    lines = [{"to": number(1), "variables": {"ad": "Ali"}, "locale": "en"}, {"to": number(2), "variables": {"ad": "Can"}}]
    storage.put(key, "\n".join([*map(json.dumps, lines), "{broken", '{"variables": {}}']).encode())
    _, tally = written(company, SendBulk(text="Merhaba {{ ad }}", recipients_key=key))
    assert (tally.messages, tally.refused, [fault.row for fault in tally.faults]) == (2, 2, [3, 4])

    table = storage.new_key(company, "uploads", "liste.csv")
    storage.put(table, b"Kime,Isim\n0532 111 22 33,Ali\n0533 111 22 33,Can\n")
    bulk, _ = written(company, SendBulk(text="Merhaba {{ ad }}", recipients_key=table, columns={"Kime": "to", "İsim": "ad"}))
    assert [one.text for one in messages(bulk)] == ["Merhaba Ali", "Merhaba Can"]


@pytest.mark.parametrize(
    ("contract", "why"),
    [
        (SendBulk(recipients=rows("0532 111 22 33")), "either a text or a template"),
        (SendBulk(text="x"), "Name the recipients"),
        (SendBulk(text="x", recipients=rows("0532 111 22 33"), recipients_key="y"), "Name the recipients"),
        (SendBulk(text="x", recipients_key="gone"), "does not exist"),
        (SendBulk(text="x", channel="email", recipients=rows("ali@example.com")), "needs a subject"),
        (SendBulk(text="Sayın {{ ad", recipients=rows("0532 111 22 33")), "ad"),
        (SendBulk(text="x" * 1601, recipients=rows("0532 111 22 33")), "1600"),
    ],
    ids=range(7),
)
def test_what_no_row_could_be_sent_of_is_refused_as_a_whole(pace: Any, company: UUID, contract: SendBulk, why: str) -> None:
    with pytest.raises(Exception, match=why) as refused:
        written(company, contract)

    assert getattr(refused.value, "tr", "")
    assert states() == {}


def test_another_companys_file_is_not_there(pace: Any, company: UUID) -> None:
    key = storage.new_key(new_id(), "uploads", "liste.csv")
    storage.put(key, b"to,ad\n0532 111 22 33,Ali\n")

    with pytest.raises(Permanent, match="does not exist"):
        written(company, SendBulk(text="x", recipients_key=key))


def test_a_file_without_recipients_says_so(pace: Any, company: UUID) -> None:
    key = storage.new_key(company, "uploads", "liste.csv")
    storage.put(key, b"renk,boy\nmavi,3\nyesil,4\n")

    with pytest.raises(Permanent, match="no column of recipients"):
        written(company, SendBulk(text="x", recipients_key=key))


def test_the_same_campaign_again_writes_to_nobody_twice(pace: Any, company: UUID) -> None:
    contract = SendBulk(text="x", recipients=rows(number(1), number(2)), dedup="ekim")
    written(company, contract)
    _, again = written(
        company, contract.model_copy(update={"recipients": SendBulk(text="x", recipients=rows(number(2), number(3))).recipients})
    )

    assert (again.rows, again.messages, again.repeated) == (2, 1, 1)
    assert states() == {"queued": 3}


def test_a_dry_run_prices_everything_and_writes_nothing(played: Play, pace: Any, company: UUID, work: Work) -> None:
    pace(PRICES="twilio=0.05 USD")
    provider = played()
    identity = submit(company, SendBulk(text="Merhaba", recipients=rows(number(1), "0212 111 22 33"), dry_run=True))

    work("notify")

    result = job(identity).result
    assert result is not None
    assert (result["messages"], result["refused"], result["price"], result["currency"]) == (1, 1, "0.05", "USD")
    assert result["faults"][0]["recipient"].count("*") == 3
    assert (states(), provider.taken) == ({}, [])


def test_the_job_lives_until_nothing_is_left_and_keeps_no_numbers(played: Play, company: UUID, work: Work) -> None:
    provider = played(latency=0.01)
    identity = submit(company, SendBulk(text="Merhaba", recipients=rows(*map(number, range(40)), "0212 111 22 33")))

    work("notify")

    done = job(identity)
    assert done.state == "succeeded"
    assert done.result is not None
    assert (done.result["messages"], done.result["refused"], done.result["states"]) == (40, 1, {"accepted": 40})
    assert (done.progress_done, done.progress_total) == (40, 40)
    assert done.args["recipients"] == []
    assert set(provider.recipients.values()) == {1}


def test_a_cancelled_bulk_sends_no_more(played: Play, pace: Any, company: UUID, work: Work) -> None:
    pace(RATES="twilio=20")
    provider = played()
    identity = submit(company, SendBulk(text="Merhaba", recipients=rows(*map(number, range(200)))))

    def cancel() -> None:
        until(lambda: len(provider.taken) >= 5)
        with db.transaction() as session:
            ledger.cancel(session, identity, by="ayşe")

    threading.Thread(target=cancel, daemon=True).start()
    work("notify")

    assert job(identity).state == "cancelled"
    found = states()
    assert found["cancelled"] > 50
    assert found.get("accepted", 0) == len(provider.taken) < 150
    assert set(found) <= {"cancelled", "accepted"}


def test_a_hundred_recipients_of_a_gateway_are_one_request(played: Play, pace: Any, company: UUID, work: Work) -> None:
    gateway = played("netgsm", most=500)
    identity = submit(company, SendBulk(text="Merhaba", recipients=rows(*map(number, range(100))), provider="netgsm"))

    work("notify")

    assert job(identity).state == "succeeded"
    assert sum(gateway.requests) == 100
    assert len(gateway.requests) == 1


def test_a_gateway_takes_words_of_each_ones_own_in_one_request(played: Play, company: UUID, work: Work) -> None:
    gateway = played("netgsm", most=500)
    people = tuple({"to": number(place), "variables": {"ad": f"Ali {place}"}} for place in range(30))
    submit(company, SendBulk(text="Sayın {{ ad }}", recipients=people, provider="netgsm"))

    work("notify")

    assert gateway.requests == [30]
    assert {sms.text for sms in gateway.taken} == {f"Sayın Ali {place}" for place in range(30)}
