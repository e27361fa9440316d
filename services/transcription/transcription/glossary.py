"""The glossary: names and terms that a company's recordings are likely to hold, which the recogniser is told beforehand."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from imece.errors import Invalid, NotFound
from transcription.models import Term

#: Most terms of a company. The recogniser hears only the first that fit into its memory, some two hundred syllables.
MOST = 500
_LONGEST = 80


def of_company(session: Session, company_id: UUID) -> list[str]:
    """Its terms, in the order they were added."""
    return list(session.scalars(sa.select(Term.term).where(Term.company_id == company_id).order_by(Term.added_at, Term.term)))


def add(session: Session, company_id: UUID, terms: Iterable[str], *, by: str) -> int:
    """Add what is not there yet; returns how many were new. Raises Invalid for a term that is empty or too long, and beyond `MOST`."""
    wanted = list(dict.fromkeys(" ".join(term.split()) for term in terms))
    for term in wanted:
        if not term or len(term) > _LONGEST:
            raise Invalid(f"A term has 1 to {_LONGEST} characters.", f"Bir terim 1 ile {_LONGEST} karakter arasındadır.")
    if not wanted:
        return 0
    rows = [{"company_id": company_id, "term": term, "added_by": by} for term in wanted]
    new = session.execute(insert(Term).values(rows).on_conflict_do_nothing().returning(Term.term)).all()
    count = session.scalar(sa.select(sa.func.count()).select_from(Term).where(Term.company_id == company_id)) or 0
    if count > MOST:
        raise Invalid(f"A glossary holds {MOST} terms.", f"Bir sözlükte en çok {MOST} terim olur.")
    return len(new)


def remove(session: Session, company_id: UUID, term: str) -> None:
    """Take a term out. Raises NotFound."""
    gone = session.execute(sa.delete(Term).where(Term.company_id == company_id, Term.term == term).returning(Term.term)).first()
    if gone is None:
        raise NotFound("There is no such term.", "Böyle bir terim yok.")
