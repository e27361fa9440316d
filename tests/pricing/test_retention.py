"""How long things are kept."""

from typing import Any

import pytest

from imece.errors import Cancelled
from pricing import retention


def test_everything_goes_after_its_time_and_not_before(catalogue: Any) -> None:
    product = catalogue.products()[0]
    catalogue.past(product, (600, "120"), (3, "100"))
    catalogue.look(product, "90")
    batch = catalogue.sql("select id from pricing.batch")[0][0]

    retention.prune()
    assert catalogue.sql("select count(*) from pricing.batch")[0][0] == 1
    assert [row.price for row in catalogue.sql("select price from pricing.price_history order by checked_at")] == [100, 90]
    assert catalogue.sql("select low from pricing.price_month")[0][0] == 120

    catalogue.sql("update pricing.batch set created_at = now() - interval '31 days' where id = :batch", batch=batch)
    assert retention.prune() == 1
    assert catalogue.sql("select count(*) from pricing.batch")[0][0] == 0


def test_it_ends_when_somebody_asks(catalogue: Any) -> None:
    def asked() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        retention.prune(asked)


def test_the_months_ahead_are_there(catalogue: Any) -> None:
    retention.prune()
    ahead = catalogue.sql(
        "select count(*) from pg_class where relname in (select 'price_history_' || to_char(now() + make_interval(months => n), 'YYYYMM') from generate_series(0, 3) n)"
    )
    assert ahead[0][0] == 4
