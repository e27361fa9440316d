"""Letters: numbered, written down, worded, rendered once and then frozen under their hash."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
import typst
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from documents import parties, rendering, senders
from documents.amounts import Locale, in_words, settled, shown
from documents.balances import Draft
from documents.currencies import CURRENCIES
from documents.dates import shown as day
from documents.models import Batch, Letter, LetterLine, LetterState, Numbering
from documents.rendering import Balance, Dealer, Receiver, Sender, Side, TaxKind
from imece import db, ids, storage
from imece.contracts.documents import LetterFault, LettersRendered
from imece.errors import ImeceError, Permanent

_GONE = Permanent("The letter is not there any more.", "Mektup artık yok.")


class Line(NamedTuple):
    """What a letter says about one account in one currency."""

    dealer_code: str | None
    description: str | None
    currency: str
    debit: Decimal
    credit: Decimal


class Content(NamedTuple):
    """All that is known of one letter, its lines in order."""

    id: UUID
    company_id: UUID
    number: str
    as_of: date
    period_start: date | None
    receiver: dict[str, Any]
    issued_on: date
    locale: Locale
    sender: dict[str, Any]
    lines: Sequence[Line]


#: One statement for a sheaf, because ten thousand letters ask it.
_CONTENT = (
    sa.select(
        *(Letter.id, Letter.company_id, Letter.number, Letter.as_of, Letter.period_start, Letter.receiver),
        *(Batch.issued_on, Batch.locale, Batch.sender),
        *(LetterLine.dealer_code, LetterLine.description, LetterLine.currency, LetterLine.debit, LetterLine.credit),
    )
    .join(Batch, Batch.id == Letter.batch_id)
    .join(LetterLine, LetterLine.letter_id == Letter.id)
    .where(
        Letter.id == sa.any_(sa.bindparam("letter_ids", type_=sa.ARRAY(sa.Uuid))),
        Letter.company_id == sa.bindparam("company_id", type_=sa.Uuid),
    )
    .order_by(Letter.id, LetterLine.position)
)

_FREEZE = """
    update documents.letter l set state = 'ready', pdf_key = v.key, sha256 = v.hash, job_id = %(job)s
    from unnest(%(letters)s::uuid[], %(keys)s::text[], %(hashes)s::text[]) v(letter, key, hash)
    where l.id = v.letter and l.state in ('draft', 'failed')"""


def issue(session: Session, batch: Batch, drafts: Sequence[Draft]) -> list[UUID]:
    """
    Number the drafts and write them down as letters of the batch, with their lines and parties; returns the letters' ids.

    What the letter says of its party is what is known of it now.
    """
    known = parties.record(session, batch.company_id, (draft.party for draft in drafts))
    letter_ids = ids.new_ids(len(drafts))
    rows, lines = [], []
    for id_, number, draft in zip(letter_ids, numbers(session, batch.company_id, batch.issued_on.year, len(drafts)), drafts, strict=True):
        party = known[draft.party.tax_number]
        receiver = {name: getattr(party, name) for name in ("title", "tax_number", "tax_office", "email", "phone")}
        rows.append(
            {
                "id": id_,
                "company_id": batch.company_id,
                "batch_id": batch.id,
                "party_id": party.id,
                "number": number,
                "as_of": draft.as_of,
                "period_start": draft.period_start,
                "receiver": receiver,
                "state": LetterState.DRAFT,
            }
        )
        lines += [
            {
                "letter_id": id_,
                "position": position,
                "company_id": batch.company_id,
                "dealer_code": line.dealer_code,
                "description": line.description,
                "currency": line.currency,
                "debit": line.debit,
                "credit": line.credit,
                "balance": line.balance,
            }
            for position, line in enumerate(draft.lines, 1)
        ]
    if rows:
        session.execute(insert(Letter), rows)
        session.execute(insert(LetterLine), lines)
    return letter_ids


def numbers(session: Session, company_id: UUID, year: int, count: int) -> list[str]:
    """
    The company's next `count` letter numbers of `year`: `MUT-2026-000001`.

    Without gaps and never twice: the counter stays locked until the transaction ends, and a rollback gives the numbers back.
    """
    taken = insert(Numbering).values(company_id=company_id, year=year, last=count)
    taken = taken.on_conflict_do_update(index_elements=[Numbering.company_id, Numbering.year], set_={"last": Numbering.last + count})
    last = session.execute(taken.returning(Numbering.last)).scalar_one()
    return [f"MUT-{year}-{number:06}" for number in range(last - count + 1, last + 1)]


def render(letter_ids: Sequence[UUID], job_id: UUID, company_id: UUID, check: Callable[[], None] = lambda: None) -> LettersRendered:
    """
    Make the letters' PDFs, store them, and freeze each letter under its hash; `check` is called before each.

    The same letter gives the same bytes under the same key, so doing it again after a crash changes nothing. A letter that cannot be made is
    among the faults; so is one that is gone, or not this company's.
    """
    contents = _load(letter_ids, company_id)
    faults = [_fault(lost, _GONE) for lost in letter_ids if lost not in contents]
    made: list[tuple[UUID, str, str]] = []
    for content in contents.values():
        check()
        try:
            pdf = rendering.pdf(worded(content), issued_on=content.issued_on, logo=_logo(content.sender["logo_key"]))
        except (Permanent, typst.TypstError) as error:
            faults.append(_fault(content.id, error))
            continue
        # One place, however often it is rendered.
        key = storage.new_key(content.company_id, "letters", f"{content.number}.pdf", of=content.id)
        storage.put(key, pdf)
        made.append((content.id, key, hashlib.sha256(pdf).hexdigest()))
    _freeze(made, job_id)
    return LettersRendered(rendered=len(made), faults=tuple(faults))


def worded(content: Content) -> rendering.Letter:
    """What the letter says, in its language."""
    locale, sender = content.locale, content.sender
    totals: defaultdict[str, tuple[Decimal, Decimal]] = defaultdict(lambda: (Decimal(0), Decimal(0)))
    for line in content.lines:
        debit, credit = totals[line.currency]
        totals[line.currency] = (debit + line.debit, credit + line.credit)
    return rendering.Letter(
        locale=locale,
        number=content.number,
        issued_on=day(content.issued_on),
        as_of=day(content.as_of),
        period_start=None if content.period_start is None else day(content.period_start),
        accent=sender["accent"],
        sender=Sender(
            tax_kind=_tax_kind(sender["tax_number"]),
            **{
                name: sender[name]
                for name in ("title", "address", "city", "tax_number", "tax_office", "mersis", "phone", "email", "kep", "contact")
            },
        ),
        receiver=Receiver(tax_kind=_tax_kind(content.receiver["tax_number"]), **content.receiver),
        balances=tuple(_balance(currency, debit, credit, locale) for currency, (debit, credit) in totals.items()),
        dealers=tuple(_dealer(line, locale) for line in content.lines) if any(line.dealer_code for line in content.lines) else (),
        legal=sender["legal"],
        privacy_url=sender["privacy_url"],
    )


def of_batch(session: Session, batch_id: UUID, states: Iterable[LetterState]) -> Iterator[Letter]:
    """The batch's letters in one of `states`, by number."""
    query = sa.select(Letter).where(Letter.batch_id == batch_id, Letter.state.in_(list(states))).order_by(Letter.number)
    return iter(session.scalars(query))


def move(session: Session, letter_ids: Sequence[UUID], states: Iterable[LetterState], to: LetterState) -> None:
    """Move those of the letters that are in one of `states`."""
    chosen = sa.any_(sa.literal(list(letter_ids), sa.ARRAY(sa.Uuid)))
    session.execute(
        sa.update(Letter).where(Letter.id == chosen, Letter.state.in_(list(states))).values(state=to),
        execution_options={"synchronize_session": False},
    )


def _load(letter_ids: Sequence[UUID], company_id: UUID) -> dict[UUID, Content]:
    with db.quick() as connection:
        rows = connection.execute(_CONTENT, {"letter_ids": list(letter_ids), "company_id": company_id}).all()
    return {
        letter_id: Content._make((*group[0][:9], [Line._make(row[9:]) for row in group]))
        for letter_id, group in ((letter_id, list(group)) for letter_id, group in groupby(rows, key=itemgetter(0)))
    }


def _freeze(made: Sequence[tuple[UUID, str, str]], job_id: UUID) -> None:
    # Not waiting for the disk: the job's completion, which does, is written after this, and the log keeps the order.
    if made:
        letter_ids, keys, hashes = zip(*made, strict=True)
        with db.quick() as connection:
            connection.exec_driver_sql(_FREEZE, {"job": job_id, "letters": list(letter_ids), "keys": list(keys), "hashes": list(hashes)})


def _fault(letter_id: UUID, error: Exception) -> LetterFault:
    if isinstance(error, ImeceError):
        return LetterFault(letter_id=letter_id, en=error.en, tr=error.tr)
    return LetterFault(letter_id=letter_id, en=f"The letter could not be set: {error}", tr=f"Mektup dizilemedi: {error}")


@lru_cache(maxsize=16)
def _logo(key: str | None) -> rendering.Logo | None:
    """A logo never changes under its key."""
    return None if key is None else senders.logo_of(storage.get(key))


def _balance(currency: str, debit: Decimal, credit: Decimal, locale: Locale) -> Balance:
    money = CURRENCIES[currency]
    owed = settled(debit - credit, currency, exact=False)
    return Balance(
        currency=currency,
        name=money.tr[0] if locale == "tr" else money.en[0],
        debit=_shown(debit, currency, locale),
        credit=_shown(credit, currency, locale),
        balance=shown(abs(owed), locale),
        side=_side(owed),
        words=in_words(abs(owed), currency, locale) if owed else None,
    )


def _dealer(line: Line, locale: Locale) -> Dealer:
    return Dealer(
        code=line.dealer_code or "",
        note=line.description or "",
        currency=line.currency,
        debit=_shown(line.debit, line.currency, locale),
        credit=_shown(line.credit, line.currency, locale),
        balance=_shown(abs(line.debit - line.credit), line.currency, locale),
        side=_side(line.debit - line.credit),
    )


def _shown(amount: Decimal, currency: str, locale: Locale) -> str:
    return shown(settled(amount, currency, exact=False), locale)


def _side(balance: Decimal) -> Side:
    return "debit" if balance > 0 else "credit" if balance < 0 else "even"


def _tax_kind(number: str) -> TaxKind:
    return "VKN" if len(number) == 10 else "TCKN"
