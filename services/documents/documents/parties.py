"""Parties: the customers and suppliers that letters go to, known by their tax number within one company."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from documents import balances
from documents.models import Party
from imece import ids


def record(session: Session, company_id: UUID, said: Iterable[balances.Party]) -> dict[str, Party]:
    """
    Make the parties that are new, bring the known ones up to date, and return all of them by tax number.

    What a workbook does not say stays as it was known; of two rows about one party the later word counts. Rows are locked in one order, so
    that two workbooks of a company cannot wait for each other.
    """
    latest: dict[str, dict[str, str | None]] = {}
    for party in said:
        fields = {"title": party.title, "tax_office": party.tax_office, "email": party.email, "phone": party.phone}
        known = latest.setdefault(party.tax_number, dict.fromkeys(fields))
        known.update({name: value for name, value in fields.items() if value})
    if not latest:
        return {}
    new_ids = ids.new_ids(len(latest))
    rows = [
        {"id": id_, "company_id": company_id, "tax_number": number, **latest[number]}
        for id_, number in zip(new_ids, sorted(latest), strict=True)
    ]
    new = insert(Party)
    kept = {name: sa.func.coalesce(new.excluded[name], getattr(Party, name)) for name in ("title", "tax_office", "email", "phone")}
    session.execute(
        new.on_conflict_do_update(
            index_elements=[Party.company_id, Party.tax_number], set_={**kept, "updated_at": sa.func.clock_timestamp()}
        ),
        rows,
    )
    found = session.scalars(
        sa.select(Party).where(Party.company_id == company_id, Party.tax_number == sa.any_(sa.literal(list(latest), sa.ARRAY(sa.Text))))
    )
    return {party.tax_number: party for party in found}
