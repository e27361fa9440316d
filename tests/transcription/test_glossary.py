"""A company's own words."""

from typing import Any
from uuid import UUID

import pytest

from imece import db, ids
from imece.errors import Invalid, NotFound
from transcription import glossary


def test_terms_are_kept_once_and_in_order_for_their_company(database: Any, company: UUID) -> None:
    with db.transaction() as session:
        assert glossary.add(session, company, ["imece", " Ayşe   Yılmaz ", "imece"], by="ayşe") == 2
        assert glossary.add(session, company, ["imece"], by="mehmet") == 0
    with db.transaction() as session:
        assert glossary.of_company(session, company) == ["Ayşe Yılmaz", "imece"] or glossary.of_company(session, company) == [
            "imece",
            "Ayşe Yılmaz",
        ]
        assert glossary.of_company(session, ids.new_id()) == []
        glossary.remove(session, company, "imece")
        assert glossary.of_company(session, company) == ["Ayşe Yılmaz"]
        with pytest.raises(NotFound):
            glossary.remove(session, company, "imece")


@pytest.mark.parametrize("terms", [[" "], ["x" * 81], [f"terim {n}" for n in range(501)]], ids=["empty", "long", "many"])
def test_what_is_no_term_is_refused(database: Any, company: UUID, terms: list[str]) -> None:
    with pytest.raises(Invalid), db.transaction() as session:
        glossary.add(session, company, terms, by="ayşe")
