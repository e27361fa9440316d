"""A job asked for from outside: never another company's file, never twice under one key."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from gateway import submissions
from gateway.refusals import Refusal
from imece import contracts, db, ids, storage
from imece.contracts import Role
from imece.contracts.documents import PrepareLetters
from imece.contracts.notify import Attachment, SendEmail
from imece.errors import NotFound
from imece.ledger import Job

Firm = Any  #: conftest.Firm


def a_file(firm: Firm) -> str:
    key = storage.new_key(firm.id, "uploads", "a.xlsx")
    storage.put(key, b"data")
    return key


def ask(firm: Firm, contract: contracts.Contract, key: str | None = None) -> UUID:
    with db.transaction() as session:
        return submissions.submit(session, firm.caller(), contract, company_id=firm.id, idempotency_key=key)


def mail(*attachments: str, text: str = "Merhaba") -> SendEmail:
    return SendEmail(to="a@example.com", subject="x", text=text, attachments=tuple(Attachment(key=key, name="a") for key in attachments))


def test_only_kinds_meant_for_people_can_be_asked_for(firm: Firm) -> None:
    offered = {contract.kind for contract in submissions.kinds()}

    assert {"documents.prepare_letters", "notify.send_email"} <= offered
    for contract in contracts.declared():
        if contract.role is Role.SYSTEM:
            assert contract.kind not in offered
            with pytest.raises(NotFound):
                submissions.contract_of(contract.kind, firm.caller(Role.ADMIN))
    with pytest.raises(NotFound):
        submissions.contract_of("no.such_kind", firm.caller(Role.ADMIN))


def test_the_contract_names_the_role_it_needs(firm: Firm) -> None:
    assert submissions.contract_of("notify.send_email", firm.caller(Role.OPERATOR)) is SendEmail
    with pytest.raises(Refusal) as refused:
        submissions.contract_of("notify.send_email", firm.caller(Role.VIEWER))
    assert refused.value.status == 403


def test_unknown_and_wrong_fields_are_named(firm: Firm) -> None:
    with pytest.raises(Refusal) as refused:
        submissions.read(SendEmail, b'{"to": 5, "subject": "x", "text": "y", "attachments": [{"key": 1, "name": "n"}], "bcc": "z"}')

    assert {fault.pointer for fault in refused.value.faults} == {"#/to", "#/attachments/0/key", "#/bcc"}
    for body in (b"", b"[]", b"nonsense", b'"text"', b"{}", b"\xff\xfe"):
        with pytest.raises(Refusal):
            submissions.read(SendEmail, body)


def test_its_own_file_may_be_worked_on(firm: Firm) -> None:
    job_id = ask(firm, PrepareLetters(workbook=a_file(firm)))
    ask(firm, mail(a_file(firm), a_file(firm)))

    with db.transaction() as session:
        job = session.get_one(Job, job_id)
        assert (job.company_id, job.requested_by, job.state) == (firm.id, "test", "queued")


@pytest.mark.parametrize("spelling", ["{key}", " {key}", "{upper}", "{bare}", "{backslash}"])
def test_anothers_file_is_not_there_wherever_and_however_it_stands(firm: Firm, rival: Firm, spelling: str) -> None:
    key = a_file(rival)
    head, rest = key.split("/", 1)
    text = spelling.format(key=key, upper=f"{head.upper()}/{rest}", bare=f"{head.replace('-', '')}/{rest}", backslash=f"{head}\\{rest}")

    for contract, pointer in (
        (PrepareLetters(workbook=text), "#/workbook"),
        (mail(a_file(firm), text), "#/attachments/1/key"),
        (mail(text=text), "#/text"),
    ):
        with pytest.raises(Refusal) as refused:
            ask(firm, contract)
        assert refused.value.status == 404
        assert [fault.pointer for fault in refused.value.faults] == [pointer]


def test_a_missing_file_is_answered_like_anothers(firm: Firm, rival: Firm) -> None:
    with pytest.raises(Refusal) as missing:
        ask(firm, PrepareLetters(workbook=storage.new_key(firm.id, "uploads", "a.xlsx")))
    with pytest.raises(Refusal) as others:
        ask(firm, PrepareLetters(workbook=a_file(rival)))

    assert (missing.value.en, missing.value.faults) == (others.value.en, others.value.faults)


def test_ordinary_text_is_no_key(firm: Firm) -> None:
    ask(firm, mail(text="Bkz. https://example.com/a/b, 12/2026 ve faturalar/ekim.xlsx"))


def test_the_same_key_gives_the_same_job_also_when_it_has_ended(firm: Firm, move: Callable[..., None]) -> None:
    first = ask(firm, mail(), "siparis-1")
    assert ask(firm, mail(), "siparis-1") == first
    move(first, state="cancelled", finished_at=sa.func.now(), cancel_requested_by="x")

    assert ask(firm, mail(), "siparis-1") == first
    assert ask(firm, mail(), "siparis-2") != first


def test_the_same_key_with_another_request_is_refused(firm: Firm) -> None:
    ask(firm, mail(), "siparis-1")

    with pytest.raises(Refusal) as refused:
        ask(firm, mail(text="Başka"), "siparis-1")
    assert refused.value.status == 422


def test_two_companies_may_use_the_same_key(firm: Firm, rival: Firm) -> None:
    assert ask(firm, mail(), "siparis-1") != ask(rival, mail(), "siparis-1")


def test_twenty_at_once_under_one_key_are_one_job(firm: Firm) -> None:
    with ThreadPoolExecutor(10) as pool:
        found = set(pool.map(lambda _: ask(firm, mail(), "siparis-1"), range(20)))

    assert len(found) == 1


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "a\nb"])
def test_a_key_is_short_and_printable(firm: Firm, key: str) -> None:
    with pytest.raises(Refusal):
        ask(firm, mail(), key)


def test_for_which_company(firm: Firm, rival: Firm, landlord: Firm) -> None:
    whole = submissions.Caller(name="x", role=Role.ADMIN, company_id=None)
    with db.transaction() as session:
        assert submissions.company_for(session, firm.caller(), None) == firm.id
        assert submissions.company_for(session, firm.caller(), firm.id) == firm.id
        assert submissions.company_for(session, whole, rival.id) == rival.id
        with pytest.raises(NotFound):
            submissions.company_for(session, firm.caller(), rival.id)
        with pytest.raises(NotFound):
            submissions.company_for(session, whole, ids.new_id())
        with pytest.raises(Refusal):
            submissions.company_for(session, whole, None)
