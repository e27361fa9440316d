"""Looks that somebody asked for."""

from typing import Any
from uuid import UUID

import pytest

from imece import db
from imece.contracts.pricing import CheckHigh, CheckProducts
from imece.ids import new_id
from imece.worker import ChildOutcome
from pricing.checking import rounds
from pricing.settings import settings


@pytest.fixture
def tens(monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("PRICING_BATCH_SIZE", "10")
    settings.cache_clear()
    yield
    settings.cache_clear()


def opened(company_id: UUID, **asked: Any) -> list[Any]:
    with db.transaction() as session:
        return rounds.open_batches(session, company_id, CheckProducts(**asked))


def child(state: str, size: int, **result: int) -> ChildOutcome:
    done = {"checked": 0, "changed": 0, "failed": 0, "deals": 0} | result if result else None
    return ChildOutcome(new_id(), CheckHigh.kind, state, {"size": size}, done, None)


@pytest.mark.usefixtures("tens")
def test_a_filter_is_cut_into_batches_and_nothing_is_taken_twice(catalogue: Any) -> None:
    catalogue.products(25)
    catalogue.products(5, domain="baska.example")
    wanted = opened(catalogue.company, store_id=1)
    assert [(type(one), one.size) for one in wanted] == [(CheckHigh, 10), (CheckHigh, 10), (CheckHigh, 5)]
    assert opened(catalogue.company, store_id=1) == []
    assert [one.size for one in opened(catalogue.company)] == [5]


def test_nobody_looks_at_another_companys_products(catalogue: Any) -> None:
    ids = catalogue.products(2)
    assert opened(new_id(), product_ids=tuple(ids)) == []
    assert opened(new_id()) == []


def test_what_the_batches_came_to_is_added_up() -> None:
    """A batch whose job failed counts as failed; what was named and is in none of them is busy."""
    asked = CheckProducts(product_ids=(1, 2, 3, 4, 4))
    done = rounds.outcome(asked, [child("succeeded", 2, checked=2, changed=1, deals=1), child("failed", 1)])
    assert done.model_dump() == {"products": 3, "busy": 1, "checked": 2, "changed": 1, "failed": 1, "deals": 1, "left": 0}
    assert rounds.outcome(CheckProducts(text="x"), []).busy is None
