"""Claims about stores."""

from datetime import timedelta
from typing import Any

import pytest

from imece import db
from imece.errors import Invalid, NotFound
from imece.ids import new_id
from pricing.catalogue import stores
from pricing.catalogue.stores import Outcomes, domain_of


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.magaza.com.tr/urun/1?x=ğ", "magaza.com.tr"),
        ("HTTP://Magaza.Com.TR:80/", "magaza.com.tr"),
        ("https://magaza.com.tr:8443/a", "magaza.com.tr:8443"),
        ("https://çiçek.example/a", "xn--iek-1lab.example"),
        ("https://8.8.8.8/a", "8.8.8.8"),
    ],
)
def test_a_store_is_known_by_its_domain(url: str, domain: str) -> None:
    assert domain_of(url) == domain


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://magaza.example/a",
        "javascript:alert(1)",
        "magaza.example/a",
        "https://",
        "https://ali:gizli@magaza.example/",
        "https://ali@magaza.example/",
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://192.168.1.4/",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:8000/",
        "http://veritabani.internal/",
        "https://magaza.example/a b",
        "https://magaza.example/a\nHost: x",
        "https://magaza.example:99999/",
        "https://" + "a" * 70 + ".example/",
        "https://magaza.example/" + "a" * 2048,
    ],
)
def test_what_is_no_address_of_a_public_page_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        domain_of(url)
    assert refused.value.tr != refused.value.en


def test_private_addresses_are_a_matter_of_permission() -> None:
    assert domain_of("http://127.0.0.1:8901/p/1", allow_private=True) == "127.0.0.1:8901"


def test_a_new_store_has_the_customs_of_its_country_and_good_manners(catalogue: Any) -> None:
    with db.transaction() as session:
        found = stores.known(session, catalogue.company, ["a.com.tr", "b.co.uk", "c.com"])
        again = stores.known(session, catalogue.company, ["a.com.tr"])
    assert {(store.domain, store.country, store.currency) for store in found.values()} == {
        ("a.com.tr", "TR", "TRY"),
        ("b.co.uk", "GB", "GBP"),
        ("c.com", "TR", "TRY"),
    }
    assert again["a.com.tr"].id == found["a.com.tr"].id
    assert (found["c.com"].min_delay_ms, found["c.com"].max_parallel, found["c.com"].respect_robots) == (2000, 1, True)


def test_a_hold_is_every_companys_and_never_shortened(catalogue: Any) -> None:
    mine = catalogue.store("a.example")
    other = new_id()
    with db.transaction() as session:
        theirs = stores.known(session, other, ["a.example"])["a.example"].id
        stores.hold(session, "a.example", timedelta(hours=2), "429")
        stores.hold(session, "a.example", timedelta(minutes=1), "429")
    held = catalogue.sql("select blocked_until - now() > interval '119 min' as long, bans from pricing.store order by id")
    assert held == [(True, 2), (True, 2)]
    with db.transaction() as session:
        with pytest.raises(NotFound):
            stores.release(session, other, mine)
        stores.release(session, other, theirs)
    assert catalogue.sql("select blocked_until is null, bans from pricing.store order by id") == [(False, 2), (True, 0)]


def test_a_pace_is_written_down_and_good_answers_forgive_bans(catalogue: Any) -> None:
    catalogue.store("a.example", bans=3)
    with db.transaction() as session:
        stores.record_pace(session, [("a.example", 8000, True), ("unknown.example", 5, True)])
    assert catalogue.sql("select current_delay_ms, bans from pricing.store") == [(8000, 0)]


def test_health_counts_the_hours_asked_for(catalogue: Any) -> None:
    store = catalogue.store("a.example")
    with db.quick() as connection:
        stores.count(connection, [Outcomes(store, "ok", 90, 9000), Outcomes(store, "blocked", 5, 500)])
        stores.count(connection, [Outcomes(store, "ok", 5, 500), Outcomes(-1, "ok", 5, 500)])
    catalogue.sql("insert into pricing.check_hour select store_id, hour - interval '2 days', state, checks, 0 from pricing.check_hour")
    with db.transaction() as session:
        (health,) = stores.health(session, catalogue.company)
        assert stores.health(session, new_id()) == []
        assert stores.prune(session, keep_days=1) == 2
    assert (health.checks, health.good, health.blocked, health.mean_ms) == (100, 95, 5, 100)


def test_stores_are_listed_by_name_in_turkish_order(catalogue: Any) -> None:
    names = {"z.example": "Çarşı", "m.example": "m.example", "a.example": "Ünlü", "b.example": "Civan"}
    with db.transaction() as session:
        for domain, store in stores.known(session, catalogue.company, names).items():
            stores.edit(session, catalogue.company, store.id, name=names[domain])
        wanted = ["Civan", "Çarşı", "m.example", "Ünlü"]
        assert [store.name for store in stores.of_company(session, catalogue.company)] == wanted
        assert [store.name for store in stores.health(session, catalogue.company)] == wanted


def test_a_store_is_edited_by_its_company_and_only_so_far(catalogue: Any) -> None:
    store = catalogue.store("a.example")
    with db.transaction() as session:
        assert stores.edit(session, catalogue.company, store, policy="api", min_delay_ms=500).policy == "api"
        with pytest.raises(NotFound):
            stores.edit(session, new_id(), store, policy="page")
        for wrong in ({"domain": "b.example"}, {"policy": "sneak"}, {"min_delay_ms": -1}, {"feed_url": "https://a.example/feed"}):
            with pytest.raises(Invalid):
                stores.edit(session, catalogue.company, store, **wrong)
        assert stores.find(session, catalogue.company, store).policy == "api"


@pytest.mark.parametrize(
    "rule",
    [
        {"price": "div["},
        {"price": "//p["},
        {"price": 5},
        {"price": "a" * 501},
        {"colour": "#a"},
        {"interface": {"planet": "x"}},
        {"interface": "x"},
        ["#a"],
        "#a",
    ],
)
def test_a_rule_that_would_fail_every_look_is_not_kept(catalogue: Any, rule: Any) -> None:
    catalogue.products()
    store = catalogue.store()
    with db.transaction() as session, pytest.raises(Invalid):
        stores.edit(session, catalogue.company, store, rule=rule)
    assert catalogue.sql("select rule from pricing.store") == [(None,)]


def test_selectors_and_an_interface_are_kept_and_none_clears_them(catalogue: Any) -> None:
    catalogue.products()
    store = catalogue.store()
    rule = {"price": "#fiyat .tutar", "list_price": "//del/text()", "interface": {"url": "https://api.example/?ids={ids}"}}
    with db.transaction() as session:
        assert stores.edit(session, catalogue.company, store, rule=rule).rule == rule
        assert stores.edit(session, catalogue.company, store, rule=None).rule is None
