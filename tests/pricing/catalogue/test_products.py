"""Claims about products."""

from decimal import Decimal
from typing import Any

import pytest

from imece import db
from imece.errors import Invalid, NotFound
from imece.ids import new_id
from imece.text import sort_key
from pricing.catalogue import products
from pricing.catalogue.products import Draft, Filter


def record(catalogue: Any, *drafts: Draft) -> products.Recorded:
    with db.transaction() as session:
        return products.record(session, catalogue.company, drafts)


def test_a_new_product_is_due_at_once_in_the_first_tier(catalogue: Any) -> None:
    (product,) = catalogue.products()
    row = catalogue.row(product)
    assert (row.tier, row.batch_id, row.last_checked_at, row.next_check_at.year) == (0, None, None, 1970)


def test_a_second_list_brings_up_to_date_and_forgets_nothing(catalogue: Any) -> None:
    first = record(
        catalogue, Draft("https://a.example/1", title="Kulaklık", brand="Marka", rating=Decimal("4.6"), reviews=1200, tags=("prime",))
    )
    second = record(catalogue, Draft("https://a.example/1", title="Kulaklık Pro"))
    row = catalogue.row(first.ids[0])
    assert (first.added, second.added, second.known, second.ids) == (1, 0, 1, first.ids)
    assert (row.title, row.brand, row.reviews, row.tags, row.search) == ("Kulaklık Pro", "Marka", 1200, ["prime"], "kulaklik pro")
    assert row.popularity == 50 + 40


def test_bad_rows_are_listed_and_good_ones_taken(catalogue: Any) -> None:
    done = record(
        catalogue,
        Draft("https://a.example/1"),
        Draft("file:///etc/passwd"),
        Draft("http://10.0.0.8/urun"),
        Draft("https://ali:gizli@a.example/2"),
        Draft("https://a.example/" + "x" * 10_000_000),
        Draft("https://a.example/3", rating=Decimal(9)),
        Draft("https://a.example/1"),
        Draft("https://a.example/4", currency="lira"),
        Draft("https://a.example/5", title="a\x00b"),
    )
    assert (done.added, [fault.position for fault in done.faults]) == (1, [1, 2, 3, 4, 5, 6, 7, 8])
    assert all(len(fault.tr) < 120 for fault in done.faults)


def test_a_product_that_moves_to_another_address_stays_itself(catalogue: Any) -> None:
    first = record(catalogue, Draft("https://a.example/eski", external_id="B0123"))
    second = record(catalogue, Draft("https://a.example/yeni", external_id="B0123"))
    assert second.ids == first.ids
    assert catalogue.row(first.ids[0]).url == "https://a.example/yeni"


def test_the_same_address_is_two_products_of_two_companies(catalogue: Any) -> None:
    record(catalogue, Draft("https://a.example/1"))
    with db.transaction() as session:
        assert products.record(session, new_id(), [Draft("https://a.example/1")]).added == 1
        assert products.count(session, catalogue.company) == 1


def test_search_knows_turkish_and_numbers(catalogue: Any) -> None:
    record(
        catalogue,
        Draft("https://a.example/1", title="IŞIKLI Bluetooth KULAKLIK", ean="8690000000012"),
        Draft("https://b.example/2", title="Ütü"),
    )
    with db.transaction() as session:
        for text in ("ışıklı", "kulaklik BLUE", "8690000000012"):
            assert [row.title for row in products.search(session, catalogue.company, Filter(text=text))] == ["IŞIKLI Bluetooth KULAKLIK"]
        assert products.search(session, new_id(), Filter()) == []


def test_lists_are_filtered_sorted_and_paged(catalogue: Any) -> None:
    cheap, dear, unknown = catalogue.products(3)
    catalogue.look(cheap, "10")
    catalogue.look(dear, "500", in_stock=False)
    with db.transaction() as session:

        def found(order: str = "newest", limit: int = 50, offset: int = 0, **chosen: Any) -> list[int]:
            rows = products.search(session, catalogue.company, Filter(**chosen), order=order, limit=limit, offset=offset)
            return [row.id for row in rows]

        assert found("price") == [cheap, dear, unknown]
        assert found("price_falling", limit=1) == [dear]
        assert found("newest", limit=1, offset=1) == [dear]
        assert found(in_stock=False) == [dear]
        assert found(priced=False) == [unknown]
        assert found(min_price=Decimal(11)) == [dear]
        assert products.ids_of(session, catalogue.company, Filter(), after=cheap, limit=1) == [dear]
        with pytest.raises(Invalid):
            found("colour")


def test_a_product_that_is_switched_off_is_never_due_and_comes_back(catalogue: Any) -> None:
    seen, new = catalogue.products(2)
    catalogue.look(seen, "10")
    with db.transaction() as session:
        assert products.switch(session, catalogue.company, [seen, new], active=False) == 2
        assert products.switch(session, new_id(), [seen], active=True) == 0
    assert catalogue.claim() is None
    with db.transaction() as session:
        assert products.switch(session, catalogue.company, [seen, new], active=True) == 2
    assert catalogue.claim().product_ids == (new,)
    assert catalogue.row(seen).next_check_at.year > 2000


def test_other_companies_products_cannot_be_touched(catalogue: Any) -> None:
    (product,) = catalogue.products()
    with db.transaction() as session:
        with pytest.raises(NotFound):
            products.find(session, new_id(), product)
        with pytest.raises(NotFound):
            products.edit(session, new_id(), product, title="Benim")
        assert products.delete(session, new_id(), [product]) == 0
        with pytest.raises(Invalid):
            products.edit(session, catalogue.company, product, price=Decimal(1))
        with pytest.raises(Invalid):
            products.edit(session, catalogue.company, product, rating=Decimal(8))
        products.edit(session, catalogue.company, product, title="Çaydanlık")
        assert products.delete(session, catalogue.company, [product]) == 1


def test_by_name_is_in_turkish_order_and_what_has_no_name_comes_last(catalogue: Any) -> None:
    names = [
        "Zil",
        "çanta",
        "Cüzdan",
        "Ilık",
        "İğne",
        "ısıtıcı",
        "hzz",
        "Oda",
        "Örgü",
        "Âlem",
        "alay",
        "Şal",
        "sandık",
        "5 kg",
        "ümit",
        "Uğur",
        "",
    ]
    for number, name in enumerate(names):
        record(catalogue, Draft(f"https://a.example/{number}", title=name))
    with db.transaction() as session:
        found = [row.title for row in products.search(session, catalogue.company, order="title")]
    assert found == [*sorted((name for name in names if name), key=sort_key), ""]
