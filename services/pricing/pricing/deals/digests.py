"""
Digests: what is to be told, gathered into one message per person and chat, and handed to `notify`.

A notice counts as told in the transaction that asks for its message, so that it is told once whatever dies in between; whether the message arrived is the
business of its job. A deal that is over before it was told is not told.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece import ledger
from imece.contracts.notify import SendEmail, SendTelegram
from imece.ids import new_id
from pricing.deals import wording
from pricing.models import Digest, Recipient

#: Most lines of one message: a chat's must stay short.
MOST = {"person": 50, "chat": 20}

_WAITING = """
    select distinct n.company_id, n.recipient_id from pricing.notice n join pricing.recipient r on r.id = n.recipient_id and r.active
    where n.digest_id is null and (%(company)s::uuid is null or n.company_id = %(company)s) order by 1, 2"""

_STALE = """
    delete from pricing.notice n using pricing.deal d
    where n.recipient_id = %(recipient)s and n.digest_id is null and d.id = n.deal_id and d.state = 'ended'"""

# A person's own watches first, then the deepest falls.
_LINES = """
    select n.id, n.kind, n.price, n.previous, n.currency, n.percent, n.detail, p.title, p.url, p.image_url, p.rating, p.reviews, s.name as store
    from pricing.notice n join pricing.product p on p.id = n.product_id join pricing.store s on s.id = p.store_id
    where n.recipient_id = %(recipient)s and n.company_id = %(company)s and n.digest_id is null
    order by n.kind = 'deal', n.percent desc nulls last, n.id limit %(most)s"""


@dataclass(frozen=True, slots=True)
class Sent:
    """A digest that was just handed over: the job of its message, and how many lines it has."""

    id: UUID
    job_id: UUID
    lines: int


def waiting(session: Session, company_id: UUID | None = None) -> list[tuple[UUID, UUID]]:
    """(company, recipient) of everybody who has something to be told; of one company if it is given."""
    rows = session.connection().exec_driver_sql(_WAITING, {"company": company_id})
    return [(row.company_id, row.recipient_id) for row in rows]


def send(
    session: Session,
    company_id: UUID,
    recipient_id: UUID,
    *,
    requested_by: str = "system",
    parent_id: UUID | None = None,
    home: str | None = None,
) -> Sent | None:
    """
    Gather what a recipient is to be told into one message and ask `notify` for it, all in the caller's transaction; None when there is nothing.

    Two at once: one does it, the other finds nothing. What has no room is left for the next digest. `home` is where people see all of it.
    """
    recipient = session.scalar(
        sa.select(Recipient)
        .where(Recipient.company_id == company_id, Recipient.id == recipient_id, Recipient.active)
        .with_for_update(skip_locked=True)
    )
    if recipient is None:
        return None
    connection = session.connection()
    connection.exec_driver_sql(_STALE, {"recipient": recipient_id})
    given = {"recipient": recipient_id, "company": company_id, "most": MOST[recipient.kind]}
    rows = connection.exec_driver_sql(_LINES, given).all()
    if not rows:
        return None
    left = connection.exec_driver_sql(
        "select count(*) from pricing.notice where recipient_id = %(recipient)s and digest_id is null", {"recipient": recipient_id}
    ).scalar_one()
    digest_id = new_id()
    contract, told = _message(recipient, digest_id, [_line(row) for row in rows], left - len(rows), home)
    rows = rows[:told]
    job_id = ledger.submit(session, contract, company_id=company_id, requested_by=requested_by, parent_id=parent_id)
    digest = Digest(id=digest_id, company_id=company_id, recipient_id=recipient_id, lines=len(rows), job_id=job_id)
    session.add(digest)
    session.flush()
    connection.exec_driver_sql(
        "update pricing.notice set digest_id = %(digest)s where id = any(%(ids)s::uuid[])",
        {"digest": digest.id, "ids": [row.id for row in rows]},
    )
    return Sent(digest.id, job_id, len(rows))


def preview(session: Session, company_id: UUID, recipient_id: UUID) -> wording.Message | None:
    """The message that `send` would hand over now; None when there is nothing to tell, or nobody."""
    recipient = session.scalar(sa.select(Recipient).where(Recipient.company_id == company_id, Recipient.id == recipient_id))
    if recipient is None:
        return None
    given = {"recipient": recipient_id, "company": company_id, "most": MOST[recipient.kind]}
    rows = session.connection().exec_driver_sql(_LINES, given).all()
    return wording.digest([_line(row) for row in rows], locale=_locale(recipient)) if rows else None


def of_company(session: Session, company_id: UUID, *, limit: int = 50) -> list[Digest]:
    """The company's digests, newest first."""
    return list(session.scalars(sa.select(Digest).where(Digest.company_id == company_id).order_by(Digest.id.desc()).limit(limit)))


def prune(session: Session, *, keep_days: int = 90) -> int:
    """Forget digests and notices older than `keep_days`; returns how many notices."""
    connection = session.connection()
    given = {"days": keep_days}
    done: sa.CursorResult[Any] = connection.exec_driver_sql(
        "delete from pricing.notice where created_at < clock_timestamp() - %(days)s * interval '1 day'", given
    )
    connection.exec_driver_sql(
        "delete from pricing.digest d where d.created_at < clock_timestamp() - %(days)s * interval '1 day'"
        " and not exists (select from pricing.notice n where n.digest_id = d.id)",
        given,
    )
    return done.rowcount


def _message(
    recipient: Recipient, digest_id: UUID, lines: list[wording.Line], more: int, home: str | None
) -> tuple[SendEmail | SendTelegram, int]:
    """What `notify` is asked for, and how many of the lines it tells."""
    locale = _locale(recipient)
    if recipient.kind == "chat":
        post = wording.post(lines, more=more, locale=locale, home=home)
        text, url = post.button or (None, None)
        asked = SendTelegram(
            chat=recipient.address,
            text=post.html,
            markup=True,
            photo_url=post.photo_url,
            button_text=text,
            button_url=url,
            locale=locale,
            dedup=f"pricing.digest:{digest_id}",
        )
        return asked, post.told
    mail = wording.digest(lines, more=more, locale=locale, home=home)
    name = " ".join(recipient.name.split())
    return SendEmail(to=recipient.address, to_name=name, subject=mail.subject[:300], text=mail.text, html=mail.html, locale=locale), len(
        lines
    )


def _line(row: Any) -> wording.Line:
    return wording.Line(
        *(row.kind, row.title, row.url, row.store, row.price, row.previous, row.currency, row.percent, row.detail),
        *(row.image_url, row.rating, row.reviews),
    )


def _locale(recipient: Recipient) -> Any:
    return recipient.locale
