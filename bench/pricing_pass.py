"""pricing-pass: every product of a catalogue looked at once, through the real path: claim, a job per batch, pages, extraction, prices, history, deals."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from decimal import Decimal
from tempfile import TemporaryFile
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from bench.costs import Meter, family, memory, micros_per
from bench.figure import Figure, Options
from bench.ground import Ground, Worker, disk_milliseconds, ground, imece
from bench.pricing_catalogue import tidy
from bench.pricing_client import Running, demo_shop, usual
from imece import clock, db, ids, ledger
from imece.contracts.pricing import CheckProducts, ClaimBatches
from pricing.demo.goods import Goods
from pricing.prices import history

#: Stores of the demo shop, and how many requests at once each of them allows; without a delay between them.
STORES, PARALLEL = 8, 8
_FULL, _QUICK, _PAGES_OF_PEER = 1_000_000, 20_000, 400
#: Processes of the pool that looks, one for each core: what Python computes is one core's work in each.
LOOKERS = 2
#: Products besides, looked at before the clock runs: then every process has begun, and knows its statements.
_WARM = 2_000
#: Every price has become another; of one product in forty by so much that it is a deal.
_OLD_PRICE, _PRICE_OF_DEAL, _DEALS = Decimal("1.03"), Decimal("1.3"), 40
#: Seconds between two looks at the workers' memory: looking takes processor time of the machine that is measured.
_LOOK_AT_MEMORY = 3.0
#: Seconds until the figure is given up.
_PATIENCE = 3600

_STORES = """
    with shelf as (
        insert into pricing.category (company_id, slug, name, deal_rule, publish) values (:company, 'hepsi', 'Hepsi', 'previous', 'automatic') returning id
    ), person as (
        insert into pricing.recipient (id, company_id, kind, name, address) values (:recipient, :company, 'person', 'Ölçüm', 'olcum@imece.invalid')
    ), told as (
        insert into pricing.subscription (id, company_id, recipient_id) values (gen_random_uuid(), :company, :recipient)
    ), shop as (
        insert into pricing.store (company_id, domain, name, min_delay_ms, max_parallel, active)
        select :company, domain, domain, 0, :parallel, false from unnest(cast(:domains as text[])) with ordinality d(domain, n) order by n returning id
    )
    select (select id from shelf) as category, (select array_agg(id order by id) from shop) as stores"""

_COPY = "copy pricing.product (company_id, store_id, category_id, url, title, currency, price, in_stock, first_priced_at) from stdin"

_HISTORY = """
    insert into pricing.sched (product_id, store_id, tier, next_check_at, last_checked_at, last_state)
    select id, store_id, 2, now() - id % 3600 * interval '1 second', now() - interval '1 day', 'ok' from pricing.product;

    insert into pricing.price_history (product_id, checked_at, price, was, in_stock)
    select id, first_priced_at, price, null, in_stock from pricing.product"""

_OPEN = "select count(*) from ledger.job where kind ~ '^pricing.c' and state not in ('succeeded', 'failed', 'cancelled')"

_OUTCOME = """
    select (select count(*) from pricing.deal) as deals, (select count(*) from pricing.notice) as notices, (select count(*) from pricing.batch) as batches,
        (select count(*) from pricing.price_history where was is not null) as history,
        (select count(*) from pricing.sched where last_state = 'ok' and batch_id is null) as ok"""


def measure(options: Options) -> Figure:
    """The clock runs from the transaction that asks for the claim until the last job has ended; every price is held to the shop's truth afterwards."""
    count = options.products or (_QUICK if options.quick else _FULL)
    each = -(-(count + _WARM) // STORES)
    with ground() as here, demo_shop(here, stores=STORES, products=each) as shop, _workers(here) as workers:
        company, truth = _fill(shop, count + _WARM)
        _warm_up(here, company, count)
        roots = {**{name: worker.pid for name, worker in workers.items()}, "shop": shop.pid, **here.servers}
        peer = _peer(shop)
        meter = Meter(roots)
        took, resident = _pass(here, workers, count)
        used = meter.read()
        redis: Any = here.redis_client(0).info("memory")
        disk = disk_milliseconds(here.home)
        with db.transaction() as session:
            outcome = dict(session.execute(sa.text(_OUTCOME)).mappings().one())
            wrong = sum(price != true for price, true in zip(_prices(session), truth, strict=True))
    assert outcome["ok"] == count + _WARM, f"{outcome['ok']} of {count} were looked at: {outcome}"
    assert not wrong, f"{wrong} prices are wrong"
    rate = count / took
    micros = micros_per(used, count)
    micros["io"] = round(sum(micros.pop(name) for name in list(micros) if name.startswith("io")), 1)
    workers_cpu, ours = micros["io"], sum(micros[name] for name in ("io", "maintenance", "scheduler", "postgres", "redis"))
    detail = {
        "products": count,
        "seconds": round(took, 1),
        "minutes_of_a_million": round(1e6 / rate / 60, 2),
        "extrapolated": count != _FULL,
        "cpu_us_per_check": micros,
        "cpu_us_per_check_without_shop": round(ours, 1),
        "checks_per_second_of_two_free_cores": round(2e6 / (ours + micros["shop"])),
        "workers_peak_rss_mib": resident,
        "redis_peak_mib": round(redis["used_memory_peak"] / 1024**2, 1),
        "lookers": LOOKERS,
        "stores": STORES,
        "parallel_per_store": PARALLEL,
        **{name: int(value) for name, value in outcome.items()},
        "disk_ms": disk,
    }
    per_million = f"a million in {detail['minutes_of_a_million']} minutes" + (f", from {count:,}" if count != _FULL else "")
    remarks = (
        f"{per_million}; workers {sum(resident.values()):.0f} MiB, Redis {detail['redis_peak_mib']} MiB; CPU per check: worker {workers_cpu:.0f}, "
        f"PostgreSQL {micros['postgres']:.0f}, shop {micros['shop']:.0f} µs. requests + extruct, the client alone: {peer['cpu_us']:,.0f} µs"
    )
    return Figure("pricing-pass", round(rate, 1), "checks/s", {"requests + extruct": peer}, detail, remarks)


@contextmanager
def _workers(here: Ground) -> Iterator[dict[str, Worker]]:
    """Processes of the card's pools and the scheduler; the demo shop's addresses are the only private ones that may be asked."""
    wanted: dict[str, tuple[str, ...]] = {f"io-{number}": ("worker", "pricing", "io") for number in range(1, LOOKERS + 1)}
    wanted |= {"maintenance": ("worker", "pricing", "maintenance"), "scheduler": ("scheduler",)}
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(here.process(name, [*imece(), *words], {"PRICING_ALLOWED_NETWORKS": "127.0.0.0/8"}))
            for name, words in wanted.items()
        }


def _fill(shop: Running, count: int) -> tuple[UUID, list[Decimal]]:
    """The catalogue, with its stores not active yet, so that no tick begins before we do. Returns its company, and what the products cost, in order."""
    goods, company = Goods(-(-count // STORES), plain=True), ids.new_id()
    truth, known = [], clock.now() - timedelta(days=60)
    history.prepare(since=known.date())
    given = {"company": company, "recipient": ids.new_id(), "parallel": PARALLEL, "domains": [url[7:] for url in shop.urls]}
    with db.engine().begin() as connection, TemporaryFile("w+", encoding="utf-8") as file:
        made = connection.execute(sa.text(_STORES), given).one()
        for n in range(count):
            number, store = divmod(n, STORES)
            offer = goods.offered(store, number)
            truth.append(Decimal(offer.price) / 100)
            before = (truth[-1] * (_OLD_PRICE if n % _DEALS else _PRICE_OF_DEAL)).quantize(Decimal("0.01"))
            stock = "t" if offer.in_stock else "f"
            url = f"{shop.urls[store]}/p/{number}"
            file.write(f"{company}\t{made.stores[store]}\t{made.category}\t{url}\t{goods.name(number)}\tTRY\t{before}\t{stock}\t{known}\n")
        file.seek(0)
        connection.connection.cursor().copy_expert(_COPY, file)
        for statement in _HISTORY.split(";\n"):
            connection.exec_driver_sql(statement.replace("%", "%%"))
    tidy()
    return company, truth


def _warm_up(here: Ground, company: UUID, count: int) -> None:
    """Look at the products behind the first `count`."""
    contract = CheckProducts(product_ids=tuple(range(count + 1, count + _WARM + 1)))
    with db.transaction() as session:
        ledger.submit(session, contract, company_id=company, requested_by="bench")
    began = time.monotonic()
    while _open_jobs() or _workers_there() < LOOKERS + 1:
        time.sleep(0.2)
        if time.monotonic() - began > 120:
            raise RuntimeError(f"the workers do not begin; see {here.home}")


def _open_jobs() -> int:
    """Jobs of claims and checks that have not ended."""
    with db.quick() as connection:
        return int(connection.exec_driver_sql(_OPEN).scalar_one())


def _workers_there() -> int:
    with db.quick() as connection:
        return int(connection.exec_driver_sql("select count(*) from ledger.worker").scalar_one())


def _pass(here: Ground, workers: dict[str, Worker], count: int) -> tuple[float, dict[str, float]]:
    """Seconds of the pass, and the most memory that each worker had meanwhile, in MiB."""
    began, resident = time.monotonic(), dict.fromkeys(workers, 0.0)
    looked = began - _LOOK_AT_MEMORY
    with db.transaction() as session:
        session.execute(sa.text("update pricing.store set active = true"))
        ledger.submit(session, ClaimBatches(tier="low"), requested_by="bench")
    while True:
        time.sleep(0.25)
        left = _open_jobs()
        took = time.monotonic() - began
        if time.monotonic() - looked > _LOOK_AT_MEMORY or not left:
            looked = time.monotonic()
            for name, worker in workers.items():
                resident[name] = max(resident[name], memory(family(worker.pid)).rss)
        if not left:
            return took, resident
        if took > _PATIENCE:
            raise RuntimeError(f"{left} jobs of {count} products are open after {took:.0f} s; see {here.home}")


def _prices(session: Any) -> Iterator[Decimal]:
    return iter(session.execute(sa.text("select price from pricing.product order by id")).scalars())


def _peer(shop: Running) -> dict[str, float]:
    """The usual way, over pages of the same shop: pages per second and processor time of the client, without any database."""
    usual(shop, _PAGES_OF_PEER // 10)
    began, used = time.perf_counter(), time.process_time()
    assert len(usual(shop, _PAGES_OF_PEER)) == _PAGES_OF_PEER
    used, took = time.process_time() - used, time.perf_counter() - began
    return {"pages_per_second": round(_PAGES_OF_PEER / took, 1), "cpu_us": round(used / _PAGES_OF_PEER * 1e6)}
