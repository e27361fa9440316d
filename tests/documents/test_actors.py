"""From a workbook to letters, an archive and mails: whole, and with something going wrong between any two steps."""

import hashlib
import io
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from documents import balances, batches, letters, mails, refusals
from documents.balances import Balance, Draft, Fault, Reading
from documents.models import Batch, Letter, LetterLine, LetterState, Stage
from imece import db, ledger, storage
from imece.contracts.documents import PrepareLetters, RenderLetters
from imece.errors import Permanent, Unknown

Post = Any  #: conftest.Post
Work = Callable[[], None]


def draft(number: str, title: str | None, email: str | None = None, *currencies: str) -> Draft:
    """A party and its balance in each currency, else in TRY."""
    lines = [Balance(4, currency, Decimal("1500.50"), Decimal("250.25"), None, None) for currency in currencies or ("TRY",)]
    return Draft(balances.Party(number, title, "Beyoğlu", email, None), date(2026, 9, 30), None, tuple(lines))


DRAFTS = [
    draft("4540536920", "Işık Gıda A.Ş.", "isik@parti.example", "TRY", "USD"),
    draft("1234567890", "Şişli/İğne: Ltd.", "sisli@parti.example"),
    draft("10000000146", "Adressiz Kişi"),
]
READING = Reading(
    rows=5,
    columns=["Ünvan"],
    letters=DRAFTS,
    faults=[Fault(7, "Borç", "Not a number.", "Sayı değil."), Fault(9, None, "No title.", "Ünvan yok.")],
)


@pytest.fixture(autouse=True)
def workbook(monkeypatch: pytest.MonkeyPatch) -> None:
    """What workbooks say is told elsewhere; here they all say the same."""
    monkeypatch.setattr(balances, "read_balances", lambda *_, **__: READING)


def submitted(company: UUID, **more: Any) -> UUID:
    """A job for an uploaded workbook of `company`."""
    key = storage.new_key(company, "uploads", "bakiyeler.xlsx")
    storage.put(key, Path("examples/mutabakat.xlsx").read_bytes())
    contract = PrepareLetters(workbook=key, notify_email="isteyen@ornekyapi.example", **more)
    with db.transaction() as session:
        return ledger.submit(session, contract, company_id=company, requested_by="test")


def job(job_id: UUID) -> ledger.Job:
    with db.transaction() as session:
        return ledger.find(session, job_id)


def all_letters() -> list[Letter]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(Letter).order_by(Letter.number)))


def test_a_workbook_becomes_letters_an_archive_and_mails(letterhead: UUID, post: Post, work: Work) -> None:
    job_id = submitted(letterhead)
    work()

    done = job(job_id)
    assert done.state == "succeeded", done.error
    result = done.result
    assert result is not None
    assert {name: result[name] for name in ("rows", "refused", "letters", "letters_failed", "no_address", "mails", "mails_failed")} == {
        "rows": 5,
        "refused": 2,
        "letters": 3,
        "letters_failed": 0,
        "no_address": 1,
        "mails": 2,
        "mails_failed": 0,
    }
    made = all_letters()
    assert [letter.number for letter in made] == ["MUT-2026-000001", "MUT-2026-000002", "MUT-2026-000003"]
    assert [letter.state for letter in made] == [LetterState.SENT, LetterState.SENT, LetterState.READY]
    for letter in made:
        assert letter.pdf_key is not None
        assert storage.get(letter.pdf_key).startswith(b"%PDF")
    archive = zipfile.ZipFile(io.BytesIO(storage.get(result["archive"])))
    assert archive.namelist() == [
        "MUT-2026-000001 Işık Gıda A.Ş.pdf",
        "MUT-2026-000002 Şişli İğne Ltd.pdf",
        "MUT-2026-000003 Adressiz Kişi.pdf",
    ]
    assert archive.read(archive.namelist()[0]) == storage.get(str(made[0].pdf_key))


def test_each_party_gets_its_own_letter_and_the_requester_the_whole_story(letterhead: UUID, post: Post, work: Work) -> None:
    submitted(letterhead)
    work()

    *letters_sent, summary = sorted(post.sent, key=lambda mail: mail.to == "isteyen@ornekyapi.example")
    keys = {letter.receiver["email"]: letter.pdf_key for letter in all_letters()}
    assert {mail.to: mail.attachments[0].key for mail in letters_sent} == {
        "isik@parti.example": keys["isik@parti.example"],
        "sisli@parti.example": keys["sisli@parti.example"],
    }
    assert {mail.reply_to for mail in letters_sent} == {"muhasebe@ornekyapi.example"}
    assert "satır 7, Borç: Sayı değil." in summary.text
    assert "satır 9: Ünvan yok." in summary.text
    assert "/v1/files/" in summary.text
    assert "E-posta adresi olmayan:" in summary.text


STEPS: list[tuple[Any, str]] = [
    (batches, "begin"),
    (balances, "read_balances"),
    (refusals, "store"),
    (letters, "issue"),
    (batches, "issue"),
    (batches, "pack"),
    (batches, "address"),
    (mails, "with_letter"),
    (batches, "conclude"),
    (mails, "summary"),
    (letters, "render"),
    (letters, "_freeze"),
]


@pytest.mark.parametrize(("module", "name"), STEPS, ids=lambda value: value if isinstance(value, str) else value.__name__)
def test_a_crash_after_any_step_leads_to_the_same_end(
    letterhead: UUID, post: Post, work: Work, monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    """No letter is numbered twice, no mail asked for twice, nothing is left out."""
    real, crashed = getattr(module, name), []

    def crashing(*args: Any, **more: Any) -> Any:
        answer = real(*args, **more)
        if not crashed:
            crashed.append(True)
            raise OSError("the lights went out")
        return answer

    monkeypatch.setattr(module, name, crashing)
    job_id = submitted(letterhead)
    work()

    assert crashed
    assert job(job_id).state == "succeeded", job(job_id).error
    made = all_letters()
    assert [letter.number for letter in made] == ["MUT-2026-000001", "MUT-2026-000002", "MUT-2026-000003"]
    assert [letter.state for letter in made] == [LetterState.SENT, LetterState.SENT, LetterState.READY]
    assert sorted(mail.to for mail in post.sent) == ["isik@parti.example", "isteyen@ornekyapi.example", "sisli@parti.example"]
    with db.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Batch)) == 1
        assert session.scalar(sa.select(sa.func.count()).select_from(LetterLine)) == 4
        assert session.scalar(sa.select(sa.func.count()).select_from(ledger.Job).where(ledger.Job.kind == RenderLetters.kind)) == 3


def test_a_letter_that_cannot_be_made_is_named_and_the_others_go_on(
    letterhead: UUID, post: Post, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = letters.worded

    def worded(content: letters.Content) -> Any:
        if content.number == "MUT-2026-000002":
            raise Permanent("Cannot be worded.", "Yazıya dökülemiyor.")
        return real(content)

    monkeypatch.setattr(letters, "worded", worded)
    job_id = submitted(letterhead)
    work()

    result = job(job_id).result
    assert result is not None
    assert (result["letters"], result["letters_failed"], result["mails"]) == (3, 1, 1)
    assert [letter.state for letter in all_letters()] == [LetterState.SENT, LetterState.FAILED, LetterState.READY]
    archive = zipfile.ZipFile(io.BytesIO(storage.get(result["archive"])))
    assert archive.namelist()[-1] == "HAZIRLANAMAYANLAR.txt"
    assert "MUT-2026-000002  Şişli/İğne: Ltd.: Yazıya dökülemiyor." in archive.read("HAZIRLANAMAYANLAR.txt").decode("utf-8-sig")


@pytest.mark.parametrize(
    ("error", "state"), [(Permanent("No such mailbox."), LetterState.UNSENT), (Unknown("The answer was lost."), LetterState.UNKNOWN)]
)
def test_a_mail_that_did_not_arrive_is_not_called_sent(
    letterhead: UUID, post: Post, work: Work, error: Permanent | Unknown, state: LetterState
) -> None:
    post.refuses["isik@parti.example"] = error
    job_id = submitted(letterhead)
    work()

    assert [letter.state for letter in all_letters()] == [state, LetterState.SENT, LetterState.READY]
    result = job(job_id).result
    assert result is not None
    assert (result["mails"], result["mails_failed"]) == (2, 1)


def test_without_sending_there_are_letters_and_an_archive_only(letterhead: UUID, post: Post, work: Work) -> None:
    job_id = submitted(letterhead, send=False)
    work()

    assert [mail.to for mail in post.sent] == ["isteyen@ornekyapi.example"]
    assert {letter.state for letter in all_letters()} == {LetterState.READY}
    result = job(job_id).result
    assert result is not None
    assert result["mails"] == 0


def test_a_company_without_letterhead_is_told_so_in_one_sentence(database: sa.Engine, company: UUID, work: Work) -> None:
    job_id = submitted(company)
    work()

    failed = job(job_id)
    assert (failed.state, failed.attempt) == ("failed", 1)
    assert failed.error is not None
    assert "letterhead" in failed.error["en"]
    assert "Şirketin antet bilgileri girilmemiş" in failed.error["tr"]
    assert all_letters() == []


def test_a_table_that_is_no_list_of_balances_fails_with_its_sentence(letterhead: UUID, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        balances, "read_balances", lambda *_, **__: Reading(0, [], faults=[Fault(None, None, "No balances here.", "Bakiye yok.")])
    )
    job_id = submitted(letterhead)
    work()

    failed = job(job_id)
    assert failed.error is not None
    assert (failed.state, failed.error["tr"]) == ("failed", "Bakiye yok.")


def test_a_workbook_of_bad_rows_only_ends_with_its_refusals(
    letterhead: UUID, post: Post, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(balances, "read_balances", lambda *_, **__: Reading(2, [], faults=READING.faults))
    job_id = submitted(letterhead)
    work()

    done = job(job_id)
    assert done.state == "succeeded", done.error
    assert done.result is not None
    assert (done.result["letters"], done.result["refused"], done.result["archive"]) == (0, 2, None)
    assert done.result["faults"] is not None


@pytest.mark.parametrize("whose", ["nobody's", "another company's", "no key"])
def test_only_a_workbook_of_the_company_is_read(letterhead: UUID, work: Work, whose: str) -> None:
    key = storage.new_key(letterhead if whose == "nobody's" else UUID(int=9), "uploads", "x.xlsx")
    if whose == "another company's":
        storage.put(key, b"x")
    contract = PrepareLetters(workbook="../../etc/passwd" if whose == "no key" else key)
    with db.transaction() as session:
        job_id = ledger.submit(session, contract, company_id=letterhead)
    work()

    failed = job(job_id)
    assert failed.error is not None
    assert (failed.state, failed.attempt, failed.error["tr"]) == ("failed", 1, "Çalışma kitabı yok (artık silinmiş).")


def test_the_same_workbook_again_is_a_new_batch_and_said_so(letterhead: UUID, post: Post, work: Work) -> None:
    submitted(letterhead)
    work()
    post.sent.clear()
    again = submitted(letterhead)
    work()

    assert [letter.number for letter in all_letters()][-1] == "MUT-2026-000006"
    (summary,) = [mail for mail in post.sent if mail.to == "isteyen@ornekyapi.example"]
    assert "tarihinde de yüklenmişti" in summary.text
    note = job(again).progress_note
    assert note is not None
    assert "tarihinde de yüklenmişti" in note["tr"]


def test_a_later_edit_of_the_letterhead_does_not_change_the_batch(
    letterhead: UUID, post: Post, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The letterhead is the one of the batch's beginning, though it is changed before the letters are rendered."""
    from documents import senders

    real, titles = letters.issue, []

    def issue(session: Any, batch: Batch, drafts: Any) -> list[UUID]:
        senders.put(session, batch.company_id, title="Yeni Unvan A.Ş.")
        return real(session, batch, drafts)

    def worded(content: letters.Content, *, real: Callable[[letters.Content], Any] = letters.worded) -> Any:
        titles.append(real(content).sender.title)
        return real(content)

    monkeypatch.setattr(letters, "issue", issue)
    monkeypatch.setattr(letters, "worded", worded)
    submitted(letterhead)
    work()

    assert set(titles) == {"Örnek Yapı Malzemeleri A.Ş."}


def test_progress_counts_letters_then_mails(letterhead: UUID, post: Post, work: Work) -> None:
    job_id = submitted(letterhead)
    work()

    done = job(job_id)
    assert (done.progress_done, done.progress_total) == (2, 2)
    with db.transaction() as session:
        assert session.scalar(sa.select(Batch.stage)) == Stage.DONE


def test_a_render_asked_for_twice_freezes_the_same_bytes(letterhead: UUID, post: Post, work: Work) -> None:
    submitted(letterhead)
    work()
    (letter, *_) = all_letters()

    again = letters.render([letter.id], UUID(int=5), letterhead)

    assert (again.rendered, again.faults) == (1, ())
    assert (all_letters()[0].pdf_key, all_letters()[0].sha256) == (letter.pdf_key, letter.sha256)
    assert hashlib.sha256(storage.get(str(letter.pdf_key))).hexdigest() == letter.sha256
    assert all_letters()[0].state == LetterState.SENT
    assert all_letters()[0].job_id == letter.job_id


def test_another_companys_letter_is_not_rendered(letterhead: UUID, post: Post, work: Work) -> None:
    submitted(letterhead)
    work()

    foreign = letters.render([all_letters()[0].id], UUID(int=5), UUID(int=6))

    assert (foreign.rendered, len(foreign.faults)) == (0, 1)
