"""A demo shop on this machine, and visits to it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
import redis

from imece import broker
from pricing.demo.goods import Goods
from pricing.demo.shop import Shop as DemoShop
from pricing.demo.shop import opened
from pricing.fetching.terms import Fetched, Manners, Shop
from pricing.fetching.visits import Visit

#: The demo shop is on this machine, which a visit would refuse otherwise.
HERE = Manners(allowed_networks=("127.0.0.0/8",), contact="fiyat@ornek.invalid", short_wait=1.0, connect_seconds=2.0)


@dataclass(frozen=True)
class Wanted:
    """A product to look at."""

    id: int
    url: str
    store_id: int = 0
    external_id: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    content_hash: bytes | None = None


@dataclass
class Visited:
    """What a visit came to."""

    visit: Visit
    results: dict[int, Fetched] = field(default_factory=dict)

    @property
    def states(self) -> dict[int, str]:
        """By product."""
        return {number: result.state for number, result in sorted(self.results.items())}


@pytest.fixture
def open_shop() -> Iterator[Callable[..., DemoShop]]:
    """`open_shop(stores=2, count=50)`: a demo shop on free ports, with small plain pages unless told otherwise."""
    with ExitStack() as stack:

        def go(*, stores: int = 1, count: int = 100, plain: bool = True, kilobytes: int = 8, **more: Any) -> DemoShop:
            return stack.enter_context(opened(DemoShop(Goods(count, plain=plain, kilobytes=kilobytes), stores, **more)))

        yield go


@pytest.fixture
def state(redis_client: redis.Redis) -> redis.Redis:
    """The state database, empty."""
    return broker.client()


@pytest.fixture
def go(state: redis.Redis) -> Callable[..., Visited]:
    """`go(shop, paths, manners=, seconds=, parallel=, ...)`: visit paths of the demo shop's first store, or whole products and shops."""

    def run(
        shop: DemoShop | None,
        products: list[Any],
        *,
        shops: dict[int, Shop] | None = None,
        manners: Manners = HERE,
        seconds: float = 20,
        resolver: Any = None,
        **terms: Any,
    ) -> Visited:
        given = {"min_delay": 0.0, "currency": "TRY", "locale": "tr", **terms}
        urls = shop.urls if shop else []
        shops = shops or {store: Shop(store, url[7:], **given) for store, url in enumerate(urls)}
        wanted = [
            Wanted(number, one if one.startswith("http") else urls[0] + one) if isinstance(one, str) else one
            for number, one in enumerate(products)
        ]
        with Visit(wanted, shops, manners, state, seconds=seconds, linger=0.1, resolver=resolver) as visit:
            visited = Visited(visit)
            for results in visit:
                visited.results |= {result.product_id: result for result in results}
        return visited

    return run
