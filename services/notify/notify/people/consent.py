"""
Who may be written to, asked at the moment of sending: opt-outs of every kind, and consent to advertising.

Commercial messages need a consent that was not taken back; informational ones (about a purchase, a delivery, a debt, an account) need none, but stop
where somebody has opted out of everything. A merchant (IYS: TACIR) may be sent advertising until he refuses it. A password for one use always goes.
Whether consents have reached IYS within its three business days is the company's duty; what is kept here has the fields that IYS asks for.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from imece import clock
from imece.errors import Invalid, NotFound
from imece.ids import new_id
from notify.models import CompanyRules, Consent, OptOut
from notify.people import recipients

STATUSES = ("ONAY", "RET")
TYPES = ("BIREYSEL", "TACIR")

#: Where consent was given, as IYS names it.
SOURCES = (
    "HS_WEB", "HS_MOBIL", "HS_FIZIKSEL_ORTAM", "HS_ISLAK_IMZA", "HS_CAGRI_MERKEZI", "HS_MESAJ", "HS_EPOSTA", "HS_SOSYAL_MEDYA",
    "HS_ETKINLIK", "HS_2015", "HS_ATM", "HS_EORTAM", "HS_KARAR",
)  # fmt: skip


@dataclass(frozen=True)
class Refusal:
    """Why a recipient is not written to."""

    code: str
    en: str
    tr: str


_OPTED_OUT = Refusal("opted_out", "The recipient wants no messages from you.", "Alıcı sizden mesaj almak istemiyor.")
_NO_ADVERTISING = Refusal("opted_out", "The recipient wants no advertising from you.", "Alıcı sizden ticari ileti almak istemiyor.")
_NO_CONSENT = Refusal(
    "no_consent",
    "A commercial message needs the recipient's consent; there is none.",
    "Ticari ileti için alıcının onayı gerekir; onay kaydı yok.",
)
_WITHDRAWN = Refusal("consent_withdrawn", "The recipient has taken the consent back.", "Alıcı ticari ileti onayını geri almış.")
_NO_COMPANY = Refusal("no_consent", "Advertising belongs to a company.", "Ticari ileti bir şirkete ait olmalıdır.")

_KNOWN = sa.text("""
    select asked.recipient, opt_out.scope, consent.status, consent.recipient_type
    from unnest(cast(:recipients as text[])) as asked (recipient)
    left join notify.opt_out on opt_out.company_id = :company and opt_out.channel = :channel and opt_out.recipient = asked.recipient
    left join lateral (
        select status, recipient_type from notify.consent
        where company_id = :company and channel = :channel and recipient = asked.recipient and consent_date <= :at
        order by consent_date desc, recorded_at desc limit 1) consent on true""")


def refusal(
    session: Session, company_id: UUID | None, channel: str, recipient: str, kind: str, at: datetime, *, merchant: bool = False
) -> Refusal | None:
    """Why `recipient` (parsed) may not be sent a message of `kind` at that moment; None when he may."""
    return refusals(session, company_id, channel, [recipient], kind, at, merchants={recipient} if merchant else ()).get(recipient)


def refusals(
    session: Session,
    company_id: UUID | None,
    channel: str,
    asked: Sequence[str],
    kind: str,
    at: datetime,
    *,
    merchants: Collection[str] = (),
) -> dict[str, Refusal]:
    """Those of `asked` (parsed) who may not be sent it, with the reason; in one statement."""
    if kind == "otp" or channel not in recipients.CHANNELS:
        return {}
    if company_id is None:
        return dict.fromkeys(asked, _NO_COMPANY) if kind == "commercial" else {}
    needs = kind == "commercial"
    if needs:
        needs = session.scalar(sa.select(CompanyRules.needs_consent).where(CompanyRules.company_id == company_id)) is not False
    by_key: dict[str, list[str]] = {}
    for recipient in asked:
        by_key.setdefault(recipients.key(channel, recipient), []).append(recipient)
    rows = session.execute(_KNOWN, {"recipients": list(by_key), "company": company_id, "channel": channel, "at": at})
    found: dict[str, Refusal] = {}
    for row in rows:
        for recipient in by_key[row.recipient]:
            merchant = recipient in merchants or row.recipient_type == "TACIR"
            if reason := _reason(row, kind, needs_consent=needs and not merchant):
                found[recipient] = reason
    return found


def merchants(session: Session, company_id: UUID | None, channel: str, asked: Sequence[str], at: datetime) -> set[str]:
    """Those of `asked` (parsed) who are known to be merchants: IYS is asked about them in another list."""
    if company_id is None:
        return set()
    keys = {recipients.key(channel, recipient) for recipient in asked}
    rows = session.execute(_KNOWN, {"recipients": sorted(keys), "company": company_id, "channel": channel, "at": at})
    known = {row.recipient for row in rows if row.recipient_type == "TACIR"}
    return {recipient for recipient in asked if recipients.key(channel, recipient) in known}


def _reason(row: Any, kind: str, *, needs_consent: bool) -> Refusal | None:
    if row.scope == "all":
        return _OPTED_OUT
    if kind != "commercial":
        return None
    if row.scope == "commercial":
        return _NO_ADVERTISING
    if row.status == "RET":
        return _WITHDRAWN
    return _NO_CONSENT if needs_consent and row.status is None else None


def opt_out(session: Session, company_id: UUID, channel: str, recipient: str, *, source: str, by: str, scope: str = "commercial") -> None:
    """
    Put a recipient (parsed) on the company's list. One who is there stays; `all` overrules `commercial`.

    `source`: link, console, api, provider, import. Raises Invalid for anything else.
    """
    if (
        channel not in recipients.CHANNELS
        or scope not in {"commercial", "all"}
        or source not in {"link", "console", "api", "provider", "import"}
    ):
        raise Invalid("There is no such opt-out.", "Böyle bir ret türü yok.")
    values = {"channel": channel, "recipient": recipients.key(channel, recipient), "scope": scope, "source": source, "by": by}
    statement = insert(OptOut).values(id=new_id(), company_id=company_id, **values)
    wider = {"scope": "all", "source": source, "by": by, "at": clock.now()}
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["company_id", "channel", "recipient"],
            set_=wider,
            where=sa.and_(OptOut.scope == "commercial", sa.literal(scope == "all")),
        )
    )


def opt_in(session: Session, company_id: UUID, opt_out_id: UUID) -> OptOut:
    """Take a recipient off the list, because he has asked for it. Raises NotFound."""
    mine = sa.delete(OptOut).where(OptOut.company_id == company_id, OptOut.id == opt_out_id)
    row: OptOut | None = session.scalar(mine.returning(OptOut))
    if row is None:
        raise NotFound("There is no such opt-out.", "Böyle bir ret kaydı yok.")
    return row


def opted_out(session: Session, company_id: UUID, channel: str, recipient: str) -> OptOut | None:
    """The recipient's opt-out, if there is one."""
    return session.scalar(
        sa.select(OptOut).where(
            OptOut.company_id == company_id, OptOut.channel == channel, OptOut.recipient == recipients.key(channel, recipient)
        )
    )


def opt_outs(session: Session, company_id: UUID, *, text: str = "", limit: int = 50, offset: int = 0) -> list[OptOut]:
    """The company's list, newest first; `text` is any part of a recipient."""
    query = sa.select(OptOut).where(OptOut.company_id == company_id)
    if text:
        query = query.where(OptOut.recipient.icontains(text, autoescape=True))
    return list(session.scalars(query.order_by(OptOut.at.desc(), OptOut.id.desc()).limit(limit).offset(offset)))


def record(
    session: Session,
    company_id: UUID,
    channel: str,
    recipient: str,
    status: str,
    *,
    by: str,
    source: str = "HS_WEB",
    recipient_type: str = "BIREYSEL",
    consent_date: datetime | None = None,
) -> Consent:
    """
    Write down what a recipient (parsed) has said. A yes that is newer than an opt-out from advertising ends it.

    Raises Invalid for words that IYS does not know, and for a consent of tomorrow.
    """
    said = consent_date or clock.now()
    if channel not in recipients.CHANNELS or status not in STATUSES or recipient_type not in TYPES or source not in SOURCES:
        raise Invalid("There is no such consent.", "Böyle bir onay türü yok.")
    if said > clock.now():
        raise Invalid("A consent cannot have been given in the future.", "Onay tarihi gelecekte olamaz.")
    name = recipients.key(channel, recipient)
    row = Consent(
        id=new_id(), company_id=company_id, channel=channel, recipient=name, recipient_type=recipient_type,
        status=status, source=source, consent_date=said, recorded_by=by,
    )  # fmt: skip
    session.add(row)
    if status == "ONAY":
        mine = sa.and_(OptOut.company_id == company_id, OptOut.channel == channel, OptOut.recipient == name)
        session.execute(sa.delete(OptOut).where(mine, OptOut.scope == "commercial", OptOut.at < said))
    session.flush()
    return row


def consents(session: Session, company_id: UUID, *, text: str = "", limit: int = 50, offset: int = 0) -> list[Consent]:
    """What was said, newest first; `text` is any part of a recipient."""
    query = sa.select(Consent).where(Consent.company_id == company_id)
    if text:
        query = query.where(Consent.recipient.icontains(text, autoescape=True))
    return list(session.scalars(query.order_by(Consent.recorded_at.desc(), Consent.id.desc()).limit(limit).offset(offset)))
