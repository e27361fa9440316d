"""What is written in mails: to a party with its letter, to the person who asked for a batch."""

from datetime import date
from typing import Any

from documents.amounts import Locale
from documents.dates import shown as day
from documents.models import Batch, Letter
from documents.settings import settings
from imece.contracts.notify import Attachment, SendEmail

_SUBJECT = {"tr": "Cari hesap mutabakat mektubu {number} - {sender}", "en": "Statement of account reconciliation {number} - {sender}"}
_LETTER = {
    "tr": """Sayın {receiver},

{date} tarihli cari hesap mutabakat mektubumuz ({number}) ektedir.

Mektuptaki bakiyeyi kayıtlarınızla karşılaştırıp cevap bölümünü doldurarak {email} adresine göndermenizi rica ederiz.

Saygılarımızla,
{signature}
""",
    "en": """Dear {receiver},

Please find attached our statement of account reconciliation as of {date} ({number}).

We kindly ask you to compare the balance with your records, complete the reply section, and send it to {email}.

Yours faithfully,
{signature}
""",
}
_NAMELESS = {"tr": "yetkili", "en": "Sir or Madam"}


def with_letter(letter: Letter, sender: dict[str, Any], locale: Locale) -> SendEmail:
    """The mail that brings a ready letter to its party. The party's address is known."""
    title = letter.receiver["title"]
    signature = "\n".join(line for line in (sender["contact"], sender["title"], sender["phone"]) if line)
    return SendEmail(
        to=letter.receiver["email"],
        to_name=_one_line(title or ""),
        subject=_one_line(_SUBJECT[locale].format(number=letter.number, sender=sender["title"]))[:300],
        text=_LETTER[locale].format(
            receiver=_one_line(title or _NAMELESS[locale]),
            date=day(letter.as_of),
            number=letter.number,
            email=sender["email"],
            signature=signature,
        ),
        attachments=(Attachment(key=str(letter.pdf_key), name=f"{letter.number}.pdf"),),
        reply_to=sender["email"],
        locale=locale,
    )


def summary(batch: Batch, to: str, repeated: date | None) -> SendEmail:
    """
    The mail that tells the requester how the batch ended: counts, the first refused rows with their reasons, where the files are.

    `repeated` is when the same workbook was uploaded before, None if it was not.
    """
    tr = batch.locale == "tr"
    counts = [
        ("Okunan satır" if tr else "Rows read", batch.rows or 0),
        ("Reddedilen satır" if tr else "Rows refused", batch.refused),
        ("Hazırlanan mektup" if tr else "Letters made", batch.letters - batch.letters_failed),
        ("Hazırlanamayan mektup" if tr else "Letters that failed", batch.letters_failed),
        ("Gönderilen e-posta" if tr else "Mails sent", batch.mails - batch.mails_failed),
        ("Gönderilemeyen e-posta" if tr else "Mails that failed", batch.mails_failed),
        ("E-posta adresi olmayan" if tr else "Without e-mail address", batch.no_address),
    ]
    width = max(len(name) for name, _ in counts) + 2
    parts = [
        "Mutabakat mektupları hazır." if tr else "The reconciliation letters are ready.",
        "\n".join(f"{name + ':':<{width}}{count:>7}" for name, count in counts),
    ]
    if repeated is not None:
        parts.append(
            f"Bu dosya {day(repeated)} tarihinde de yüklenmişti; mektuplar yeni numaralarla bir daha hazırlandı."
            if tr
            else f"This file had been uploaded on {day(repeated)} already; the letters were made once more, with new numbers."
        )
    if batch.refusals:
        parts.append(
            "\n".join(
                [("Reddedilen satırlar:" if tr else "Refused rows:"), *(_refusal(row, tr) for row in batch.refusals), *_more(batch, tr)]
            )
        )
    for name, key in (
        ("Mektuplar (ZIP)" if tr else "Letters (ZIP)", batch.archive_key),
        ("Reddedilen satırlar" if tr else "Refused rows", batch.faults_key),
    ):
        if key is not None:
            parts.append(f"{name}:\n{settings().public_url.rstrip('/')}/v1/files/{key}")
    made = batch.letters - batch.letters_failed
    return SendEmail(
        to=to,
        subject=f"Mutabakat mektupları hazır: {made}" if tr else f"Reconciliation letters ready: {made}",
        text="\n\n".join(parts) + "\n",
        locale="tr" if tr else "en",
    )


def _refusal(row: dict[str, Any], tr: bool) -> str:
    where = ("satır {}" if tr else "row {}").format(row["row"]) if row["row"] is not None else ("dosya" if tr else "file")
    return f"- {where}{', ' + row['column'] if row['column'] else ''}: {row['reason']}"


def _more(batch: Batch, tr: bool) -> list[str]:
    left = batch.refused - len(batch.refusals)
    return [f"... ve {left} satır daha" if tr else f"... and {left} more"] if left > 0 else []


def _one_line(text: str) -> str:
    """A line break in a subject or a name would be one in the mail's header."""
    return " ".join(text.split())
