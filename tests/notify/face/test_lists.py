"""Claims about sending to many: from the list over its columns and the check to the bulk, and nothing sent before the yes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from tests.notify.ticking import ticking

from imece import db, face, ledger, storage
from imece.contracts import Role
from imece.contracts.notify import Recipient, SendBulk
from imece.ids import new_id
from notify.bulk import bulks
from notify.models import Bulk
from notify.people import consent

Ask = Any
Work = Callable[..., None]

LIST = """Müşteri Adı;Cep Tel;Borç
AYŞE YILMAZ;0532 555 10 20;1.250,50
Mehmet Öz;5321112233.0;980
Işıl Çelik;0212 555 00 42;12
Ali;0532 555 10 20;8
Veli;0533 444 55 66;
Can;0505 123 45 67;5
"""
COLUMNS = {"column.1": "Müşteri Adı", "role.1": "ad", "column.2": "Cep Tel", "role.2": "to", "column.3": "Borç", "role.3": "borc"}
TEXT = {
    "channel": "sms",
    "text": "Sayın {{ ad|baslik }}, borcunuz {{ borc|para }}.",
    "kind": "informational",
    "locale": "tr",
    "title": "Deneme",
}


@pytest.fixture(autouse=True)
def ticks(client: object) -> Iterator[None]:
    """What is put off is seen to, as beside a scheduler."""
    with ticking():
        yield


@pytest.fixture
def key(company: UUID) -> str:
    """The list, uploaded."""
    made = storage.new_key(company, "uploads", "musteriler.csv")
    storage.put(made, LIST.encode())
    return made


def checked(ask: Ask, key: str, work: Work, **fields: str) -> str:
    answer = ask("POST", "/notify/bulks/check", data=COLUMNS | TEXT | {"key": key} | fields)
    assert answer.status_code == 303, answer.text
    work("notify")
    return str(answer.headers["location"])


def test_columns_are_guessed_and_the_first_row_is_read_aloud(ask: Ask, key: str, stranger: face.Caller) -> None:
    page = ask("GET", "/notify/bulks/columns", query={"key": key}).text

    assert '<option value="to" selected>' in page
    assert "musteri_adi" in page
    assert "Of the first 6 rows 1 hold no recipient" in page
    samples = {"sample.1": "AYŞE YILMAZ", "sample.2": "0532 555 10 20", "sample.3": "1.250,50"}
    look = ask("POST", "/notify/bulks/look", data=COLUMNS | TEXT | samples | {"key": key}).text
    assert "Sayın Ayşe Yılmaz, borcunuz 1.250,50 TL." in look
    assert "1 segment" in look
    assert "needs a value for: yok" in ask("POST", "/notify/bulks/look", data=COLUMNS | TEXT | samples | {"text": "{{ yok }}"}).text
    for asker, where in ((stranger, key), (None, "x"), (None, storage.new_key(new_id(), "uploads", "x.csv"))):
        by = {"by": asker} if asker else {}
        assert ask("GET", "/notify/bulks/columns", query={"key": where}, **by).status_code == 404


def test_a_check_names_every_refused_row_and_sends_nothing(ask: Ask, key: str, company: UUID, work: Work, stranger: face.Caller) -> None:
    with db.transaction() as session:
        consent.opt_out(session, company, "sms", "+905051234567", source="console", by="ayşe", scope="all")
    place = checked(ask, key, work)
    page = ask("GET", place).text

    for said in ("takes no SMS", "0212***42", "needs a value for: borc", "wants no messages", "TRY 4.00"):
        assert said in page, said
    assert "Send 2 messages" in page
    file = ask("GET", f"{place}/refused.csv")
    assert [line.split(";")[0] for line in file.content.decode("utf-8-sig").splitlines()] == ["Satır", "4", "6", "7"]
    assert ask("GET", "/v1/notify/messages").json()["total"] == 0
    for path in (place, f"{place}/refused.csv"):
        assert ask("GET", path, by=stranger).status_code == 404
    assert ask("POST", f"{place}/send", by=stranger).status_code == 404


def test_a_yes_sends_once_however_often_it_is_said(ask: Ask, key: str, work: Work, person: face.Caller) -> None:
    place = checked(ask, key, work)
    assert ask("POST", f"{place}/send", by=replace(person, role=Role.VIEWER)).status_code == 403
    first = ask("POST", f"{place}/send")
    waiting = ask("GET", first.headers["location"]).text
    assert "being checked" in waiting
    work("notify")
    again = ask("POST", f"{place}/send")
    work("notify")

    bulk = ask("GET", first.headers["location"])
    assert bulk.status_code == 303
    page = ask("GET", bulk.headers["location"]).text
    assert again.headers["location"] == first.headers["location"]
    assert "Deneme" in page
    assert ask("GET", "/v1/notify/messages", query={"state": "refused"}).json()["total"] == 2
    [found] = ask("GET", "/v1/notify/bulks").json()
    assert (found["messages"], found["refused"], found["repeated"]) == (3, 2, 1)
    assert sum(found["states"].values()) == 5
    assert "Deneme" in ask("GET", "/notify/bulks").text


def test_a_bulk_can_be_stopped(ask: Ask, company: UUID, person: face.Caller) -> None:
    contract, identity = SendBulk(text="Merhaba", recipients=(Recipient(to="0532 111 22 33"),)), new_id()
    with db.transaction() as session:
        bulks.write(session, contract, identity, bulks.Tally(), company_id=company, requested_by="ali")
    assert ask("POST", f"/notify/bulks/{identity}/cancel").status_code == 409  # nobody looks after it
    with db.transaction() as session:
        job = ledger.submit(session, contract, company_id=company, requested_by="ali")
        session.get_one(Bulk, identity).job_id = job

    assert "Stop" in ask("GET", f"/notify/bulks/{identity}").text
    assert ask("POST", f"/notify/bulks/{identity}/cancel", by=replace(person, role=Role.VIEWER)).status_code == 403
    assert ask("POST", f"/notify/bulks/{new_id()}/cancel").status_code == 404
    assert ask("POST", f"/notify/bulks/{identity}/cancel").status_code == 303
    with db.transaction() as session:
        assert ledger.find(session, job).state == "cancelled"


@pytest.mark.parametrize(
    "fields",
    [
        {"role.2": "cep"},
        {"role.1": "to"},
        {"text": ""},
        {"channel": "fax"},
        {"template": "odeme-hatirlatma"},
        {"text": "", "template": "yok"},
    ],
)
def test_a_form_that_asks_for_nothing_whole_is_refused(ask: Ask, key: str, fields: dict[str, str]) -> None:
    answer = ask("POST", "/notify/bulks/check", data=COLUMNS | TEXT | {"key": key} | fields)

    assert answer.status_code in {404, 422}
    assert answer.json()["tr"] != answer.json()["en"]


def test_a_check_that_failed_says_why(ask: Ask, company: UUID, work: Work, person: face.Caller) -> None:
    place = checked(ask, storage.new_key(company, "uploads", "gitti.csv"), work)
    assert "does not exist" in ask("GET", place).text
    assert "bulunamadı" in ask("GET", place, by=replace(person, locale="tr")).text
    assert ask("POST", f"{place}/send").status_code == 409
