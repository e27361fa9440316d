import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from imece import clock, db, ledger, storage
from imece.contracts.pricing import PrunePrices
from imece.errors import NotFound, Permanent
from imece.workbooks import Unreadable
from pricing.catalogue import imports
from pricing.catalogue.imports import AREA


def test_the_old_goes_and_the_young_stays(work: Callable[..., None], stack: object, company: UUID) -> None:
    """The nightly job deletes what is past its retention, and nothing else."""
    old, young, other = (storage.new_key(company, area, "a.bin") for area in (AREA, AREA, "uploads"))
    for key in (old, young, other):
        storage.put(key, b"x")
    long_ago = (clock.now() - timedelta(days=31)).timestamp()
    for key in (old, other):
        os.utime(stack.home / "storage" / key, (long_ago, long_ago))  # type: ignore[attr-defined]

    with db.transaction() as session:
        job = ledger.submit(session, PrunePrices())
    work("pricing")

    with db.transaction() as session:
        done = ledger.find(session, job)
    assert (done.state, done.progress_done) == ("succeeded", 1)
    assert storage.size(young) == storage.size(other) == 1
    with pytest.raises(NotFound):
        storage.size(old)


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_categories_are_made_as_the_list_names_them(catalogue: Any, tmp_path: Path) -> None:
    """A path is a tree; the same words are the same shelf; what rows do not name is what the import names."""
    path = written(
        tmp_path / "l.csv",
        "Adres;Kategori",
        "https://a.example/1;Ev > Mutfak",
        "https://a.example/2;EV > MUTFAK",
        "https://a.example/3;",
        "https://a.example/4;Ev",
    )
    imports.take(path, catalogue.company, category="Diğer")
    rows = catalogue.sql(
        "select c.slug, count(p.id) from pricing.category c left join pricing.product p on p.category_id = c.id group by 1 order by 1"
    )
    assert [tuple(row) for row in rows] == [("diger", 1), ("ev", 1), ("ev-mutfak", 2)]
    tree = catalogue.sql("select u.slug from pricing.category c join pricing.category u on u.id = c.parent_id where c.slug = 'ev-mutfak'")
    assert [row.slug for row in tree] == ["ev"]


def test_a_list_of_more_than_one_portion_is_told_as_it_goes(catalogue: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "l.csv", "Adres", *(f"https://a.example/{number}" for number in range(2500)))
    told: list[int] = []
    done = imports.take(path, catalogue.company, report=told.append)
    assert (done.added, told) == (2500, [1000, 2000, 2500])
    again = imports.take(path, catalogue.company)
    assert (again.added, again.known) == (0, 2500)


def test_what_is_no_list_of_products_says_so(catalogue: Any, tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="no column of addresses"):
        imports.take(written(tmp_path / "l.csv", "Unvan;VKN", "Anka;4540536920"), catalogue.company)
    with pytest.raises(Unreadable):
        imports.take(written(tmp_path / "bos.csv"), catalogue.company)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://127.0.0.1/p", "private network"),
        ("http://192.168.1.4/p", "private network"),
        ("http://[::1]/p", "private network"),
        ("http://localhost/p", "private network"),
        ("https://ali:veli@a.example/p", "password"),
        ("file:///etc/passwd", "begins with http"),
        ("ftp://a.example/p", "begins with http"),
        ("a.example/p", "begins with http"),
        ("https://a.example/" + "x" * 3000, "at most 2048"),
    ],
)
def test_addresses_that_are_none_of_ours_are_refused_with_their_reason(catalogue: Any, tmp_path: Path, address: str, reason: str) -> None:
    done = imports.take(written(tmp_path / "l.csv", "Adres;Ad", f"{address};Kötü", "https://a.example/1;İyi"), catalogue.company)
    assert (done.added, [fault.row for fault in done.faults]) == (1, [2])
    assert reason in done.faults[0].en
