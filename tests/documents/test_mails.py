"""What mails say."""

from datetime import date
from typing import Any
from uuid import UUID

from documents import mails
from documents.models import Batch, Letter

SENDER = {"title": "Örnek Yapı A.Ş.", "contact": "Ayşe Yılmaz", "phone": None, "email": "muhasebe@ornekyapi.example"}


def letter(**receiver: Any) -> Letter:
    about = {"title": "Işık Gıda A.Ş.", "tax_number": "4540536920", "tax_office": None, "email": "isik@parti.example", "phone": None}
    return Letter(
        number="MUT-2026-000001",
        as_of=date(2026, 9, 30),
        pdf_key=f"{UUID(int=1)}/letters/{UUID(int=2)}/MUT-2026-000001.pdf",
        receiver={**about, **receiver},
    )


def batch(**more: Any) -> Batch:
    counts = {"rows": 10, "refused": 0, "letters": 9, "letters_failed": 1, "no_address": 2, "mails": 6, "mails_failed": 1}
    return Batch(**{"locale": "tr", "refusals": [], "archive_key": None, "faults_key": None, **counts, **more})


def test_a_letter_travels_under_its_number() -> None:
    mail = mails.with_letter(letter(), SENDER, "tr")

    assert mail.subject == "Cari hesap mutabakat mektubu MUT-2026-000001 - Örnek Yapı A.Ş."
    assert (mail.to, mail.to_name, mail.reply_to) == ("isik@parti.example", "Işık Gıda A.Ş.", "muhasebe@ornekyapi.example")
    assert [(attached.key, attached.name) for attached in mail.attachments] == [(letter().pdf_key, "MUT-2026-000001.pdf")]
    assert "Sayın Işık Gıda A.Ş.," in mail.text
    assert "30.09.2026 tarihli" in mail.text
    assert mail.text.endswith("Saygılarımızla,\nAyşe Yılmaz\nÖrnek Yapı A.Ş.\n")


def test_english_parties_are_written_to_in_english() -> None:
    mail = mails.with_letter(letter(title=None), SENDER, "en")

    assert mail.text.startswith("Dear Sir or Madam,")
    assert "as of 30.09.2026" in mail.text


def test_a_name_cannot_write_into_the_header() -> None:
    mail = mails.with_letter(letter(title="A\r\nBcc: x@y.example"), {**SENDER, "title": "B\r\nX: y {0}" + "z" * 400}, "tr")

    assert "\n" not in mail.subject + mail.to_name
    assert len(mail.subject) == 300


def test_the_requester_is_told_every_count() -> None:
    text = mails.summary(batch(), "a@b.example", None).text

    for name, count in (
        ("Okunan satır", 10),
        ("Hazırlanan mektup", 8),
        ("Hazırlanamayan mektup", 1),
        ("Gönderilen e-posta", 5),
        ("Gönderilemeyen e-posta", 1),
        ("E-posta adresi olmayan", 2),
    ):
        assert any(row.startswith(f"{name}:") and row.endswith(f" {count}") for row in text.splitlines()), name
    assert "/v1/files/" not in text


def test_refused_rows_are_told_with_their_reasons_and_the_rest_counted() -> None:
    refusals = [{"row": 7, "column": "Borç", "reason": "Sayı değil."}, {"row": 9, "column": None, "reason": "Ünvan yok."}]
    key = f"{UUID(int=1)}/refusals/{UUID(int=2)}/hatali.xlsx"

    text = mails.summary(batch(refused=5, refusals=refusals, faults_key=key), "a@b.example", None).text

    assert "- satır 7, Borç: Sayı değil.\n- satır 9: Ünvan yok.\n... ve 3 satır daha" in text
    assert f"http://127.0.0.1:8300/v1/files/{key}" in text


def test_a_workbook_seen_before_is_said() -> None:
    assert "20.11.2026 tarihinde de yüklenmişti" in mails.summary(batch(), "a@b.example", date(2026, 11, 20)).text
    assert "uploaded on 20.11.2026 already" in mails.summary(batch(locale="en"), "a@b.example", date(2026, 11, 20)).text
