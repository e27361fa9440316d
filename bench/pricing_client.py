"""pricing-client: prices read per CPU-second of the client, beside requests with extruct; pages of about 100 KB in gzip, each price held to the truth."""

import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from statistics import median

from bench.figure import Figure, Options
from bench.ground import Ground, ground, python
from bench.rounds import turns
from imece import broker
from pricing.fetching.terms import Manners, Shop
from pricing.fetching.visits import Visit

_SHOP = "import typer; from pricing import shop_cli; app = typer.Typer(); app.callback()(lambda: None); shop_cli.register(app); app()"
_PARALLEL, _THREADS = 32, 8


@dataclass(frozen=True)
class Running:
    """The demo shop in a process of its own."""

    urls: list[str]
    log: Path
    pid: int

    def truth(self, count: int) -> list[Decimal]:
        """What the first products of its first store cost."""
        with urllib.request.urlopen(f"{self.urls[0]}/control/truth?count={count}", timeout=60) as answer:  # noqa: S310 (our own)
            return [Decimal(price) / 100 for _, price, _, _ in json.load(answer)]


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


@contextmanager
def demo_shop(here: Ground, *, stores: int = 1, products: int = 1_000_000, kilobytes: int = 100) -> Iterator[Running]:
    """Open the demo shop; its log is complete when it has closed."""
    log = here.home / "access.log"
    size = ("--products", str(products), "--stores", str(stores), "--kilobytes", str(kilobytes))
    with here.process("shop", python("-c", _SHOP, "demo-shop", "--port", "0", "--plain", "--log", str(log), *size)) as worker:
        deadline = time.monotonic() + 60
        while len(urls := worker.log.read_text(encoding="utf-8").split()) < stores:
            assert worker.pid, "it has died"
            assert time.monotonic() < deadline, "the shop does not open"
            time.sleep(0.05)
        yield Running(urls, log, worker.pid)


def measure(options: Options) -> Figure:
    """Both in turns, over the same pages; a page whose price is wrong ends the measurement."""
    rounds, ours, theirs = (2, 3000, 200) if options.quick else (5, 20_000, 1000)
    found: dict[str, list[tuple[float, float]]] = {"imece": [], "requests + extruct": []}
    with ground() as here, demo_shop(here) as shop:
        truth = shop.truth(ours)
        sides: dict[str, tuple[Callable[[Running, int], Iterable[tuple[int, Decimal]]], int]] = {
            "imece": (_imece, ours),
            "requests + extruct": (usual, theirs),
        }
        for side, count in sides.values():
            list(side(shop, count // 10))
        for _round, name in turns(list(sides), rounds):
            side, count = sides[name]
            began, used = time.perf_counter(), time.process_time()
            read = list(side(shop, count))
            used, took = time.process_time() - used, time.perf_counter() - began
            assert len(read) == count, f"{name} read {len(read)} of {count}"
            assert all(truth[number] == price for number, price in read), f"{name} read a wrong price"
            found[name].append((count / used, count / took))
    per_cpu = {name: round(median(rate for rate, _ in rates)) for name, rates in found.items()}
    per_second = {name: round(median(rate for _, rate in rates)) for name, rates in found.items()}
    mine, others = per_cpu["imece"], per_cpu["requests + extruct"]
    ratio = round(mine / others, 1)
    detail = {"ratio": ratio, "per_second": per_second, "rounds": rounds, "pages": {"imece": ours, "requests + extruct": theirs}}
    remarks = (
        f"{ratio} x requests + extruct ({others:,}); by the clock {per_second['imece']:,}/s beside {per_second['requests + extruct']:,}/s"
    )
    return Figure("pricing-client", mine, "prices read per CPU-second", {"requests + extruct": others}, detail, remarks)


def _imece(shop: Running, count: int) -> Iterator[tuple[int, Decimal]]:
    """The whole path of a batch: pace, robots.txt, circuit, guard, inflating, extraction with the full rules; one thread."""
    terms = {0: Shop(0, shop.urls[0][7:], min_delay=0, parallel=_PARALLEL, currency="TRY", locale="tr")}
    products = (Wanted(number, f"{shop.urls[0]}/p/{number}") for number in range(count))
    with Visit(products, terms, Manners(allowed_networks=("127.0.0.0/8",)), broker.client(), seconds=600) as visit:
        for results in visit:
            for result in results:
                assert result.reading is not None, result
                assert result.reading.price is not None, result
                yield result.product_id, result.reading.price


def usual(shop: Running, count: int) -> list[tuple[int, Decimal]]:
    """A session per thread, extruct's JSON-LD and microdata, price-parser."""
    import extruct  # noqa: PLC0415 (a peer: not part of the product)
    import requests  # noqa: PLC0415 (see above)
    from price_parser import Price  # noqa: PLC0415 (see above)

    numbers, lock, found = iter(range(count)), threading.Lock(), list[tuple[int, Decimal]]()

    def work() -> None:
        with requests.Session() as session:
            session.trust_env = False
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                page = session.get(f"{shop.urls[0]}/p/{number}", timeout=30).text
                data = extruct.extract(page, syntaxes=["json-ld", "microdata"])
                product = next(thing for thing in data["json-ld"] if thing.get("@type") == "Product")
                price = Price.fromstring(product["offers"]["price"], decimal_separator=".").amount
                found.append((number, price or Decimal(0)))

    threads = [threading.Thread(target=work) for _ in range(_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
