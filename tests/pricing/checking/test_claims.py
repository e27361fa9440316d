"""What is due gets its jobs."""

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from imece import db
from imece.ids import new_id
from imece.ledger import Job
from pricing.catalogue import products
from pricing.checking import claims
from pricing.deals import recipients
from pricing.prices import history
from pricing.settings import settings


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> object:
    """Batches of ten, of which three may be open."""
    monkeypatch.setenv("PRICING_BATCH_SIZE", "10")
    monkeypatch.setenv("PRICING_OPEN_BATCHES", "3")
    settings.cache_clear()
    yield
    settings.cache_clear()


def jobs(kind: str = "pricing.check_high") -> list[Job]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(Job).where(Job.kind == kind).order_by(Job.id)))


def test_each_batch_has_one_job_of_its_company(catalogue: Any) -> None:
    catalogue.products(25)
    done = claims.claim("high", by="tester")
    assert (done.batches, done.products) == (1, 25)
    assert [(job.company_id, job.requested_by, job.units, job.queue) for job in jobs()] == [
        (catalogue.company, "tester", 25, "pricing.high")
    ]
    assert claims.claim("high").batches == 0


def test_tiers_have_queues_of_their_own(catalogue: Any) -> None:
    catalogue.products(6)
    catalogue.sql("update pricing.sched set tier = product_id % 3, last_checked_at = now(), next_check_at = now() - interval '1 minute'")
    assert claims.claim("medium").products == 2
    assert claims.claim().products == 4
    assert [len(jobs(f"pricing.check_{tier}")) for tier in ("high", "medium", "low")] == [1, 1, 1]


@pytest.mark.usefixtures("small")
def test_no_more_than_so_many_are_open(catalogue: Any) -> None:
    """However much is due: what waits longer than its lease would be claimed twice."""
    catalogue.store(min_delay_ms=0)
    catalogue.products(60)
    told: list[int] = []
    assert claims.claim(report=told.append).batches == 3
    assert told == [1, 2, 3]
    assert claims.claim().batches == 0


@pytest.mark.usefixtures("small", "database")
def test_companies_take_turns() -> None:
    history.prepare()
    companies = [new_id(), new_id()]
    for company_id in companies:
        with db.transaction() as session:
            made = products.record(session, company_id, [products.Draft(f"https://magaza{n}.example/{company_id}") for n in range(30)])
            assert made.added == 30
    claims.claim()
    assert {job.company_id for job in jobs()[:2]} == set(companies)


def test_a_digest_goes_to_whom_it_concerns(catalogue: Any) -> None:
    """Another company's people hear nothing."""
    product = catalogue.products()[0]
    with db.transaction() as session:
        reader = recipients.put(session, catalogue.company, kind="person", name="Ayşe", address="ayse@ornek.example")
        from pricing.deals import watches

        watches.add(session, catalogue.company, reader.id, "any_change", product_id=product)
    catalogue.look(product, "100")
    catalogue.look(product, "80")
    assert claims.tell(UUID(int=7)).digests == 0
    assert claims.tell(catalogue.company, by="tester").digests == 1
    assert claims.tell(None).digests == 0
    mail = jobs("notify.send_email")[0]
    assert (mail.company_id, mail.requested_by, mail.args["to"]) == (catalogue.company, "tester", "ayse@ornek.example")
    assert "http://127.0.0.1:8300/pricing" in mail.args["text"]
