"""The work of pricing as its users meet it: through the ledger, with a real worker, real servers and the demo shop."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import redis
import sqlalchemy as sa
from openpyxl import load_workbook

from imece import db, ids, ledger, service, storage
from imece.contracts import Contract
from imece.contracts.notify import SendEmail
from imece.contracts.pricing import CheckProducts, ClaimBatches, FetchProducts, ImportProducts, PrunePrices, ScorePrices, SendDigests
from imece.ledger import Job
from imece.worker.actor import handlers
from imece.worker.attempts import Attempts
from notify.settings import settings as notify_settings
from pricing.catalogue import categories, stores
from pricing.deals import recipients
from pricing.demo.shop import Shop
from pricing.models import Batch, Deal, Digest, Product, Sched
from pricing.prices import history

Ask = Callable[..., Job]


@pytest.fixture
def ask(database: sa.Engine, redis_client: redis.Redis, company: UUID) -> Ask:
    """
    `ask(contract)`: submit it for the company, do all work, and give the job as it ended.

    As a worker does it, but one job after the other in this thread: no time is lost with starting and stopping one.
    """
    for name in ("pricing", "notify"):
        service.find(name).load_actors()
    history.prepare()

    def asked(contract: Contract, of: UUID | None = company) -> Job:
        with db.transaction() as session:
            job_id = ledger.submit(session, contract, company_id=of, requested_by="test")
        attempts = Attempts(ids.new_id(), handlers(), threading.Event())
        attempts.start()
        end = time.monotonic() + 60
        while waiting := rows(Job, Job.finished_at.is_(None)):
            assert time.monotonic() < end, [(job.kind, job.state, job.error) for job in waiting]
            for one in waiting:
                attempts.perform(str(one.id))
        attempts.stop(patience=10)
        with db.transaction() as session:
            return ledger.find(session, job_id)

    return asked


@pytest.fixture
def mailbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a real catcher."""
    environment = {**os.environ, "IMECE_LOG_FORMAT": "json", "NOTIFY_CATCHER_FOLDER": str(tmp_path)}  # noqa: TID251
    environment |= {"NOTIFY_CATCHER_PORT": "0", "NOTIFY_CATCHER_HTTP_PORT": "0"}
    with subprocess.Popen([sys.executable, "-m", "notify.catcher"], env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        listening = next(event for event in map(json.loads, process.stderr) if event["event"] == "listening")
        monkeypatch.setenv("NOTIFY_CATCHER_PORT", str(listening["port"]))
        monkeypatch.setenv("NOTIFY_CATCHER_FOLDER", str(tmp_path))
        notify_settings.cache_clear()
        yield tmp_path
        process.kill()
    notify_settings.cache_clear()


def upload(company: UUID, text: str) -> str:
    key = storage.new_key(company, "uploads", "urunler.csv")
    storage.put(key, text.encode())
    return key


def listed(shop: Shop, count: int) -> str:
    """A list of the shop's products as somebody keeps it."""
    lines = ["Ürün Adı;Ürün Linki;Stok Kodu;Kategori"]
    for place, url in enumerate(shop.urls):
        lines += [f"{shop.goods.name(number)};{url}/p/{number};{place}-{number};Demo" for number in range(count)]
    return "\n".join(lines)


def hasten(company: UUID, domains: list[str]) -> None:
    """The demo's stores may be asked as fast as they answer, and everything is due."""
    with db.transaction() as session:
        for store in stores.known(session, company, domains).values():
            stores.edit(session, company, store.id, min_delay_ms=0, max_parallel=8)


def rows(model: Any, *conditions: Any) -> list[Any]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(model).where(*conditions)))


def due_again() -> None:
    """As if the interval of everything had passed."""
    with db.quick() as connection:
        connection.exec_driver_sql("update pricing.sched set next_check_at = clock_timestamp() - interval '1 minute'")


def test_from_a_list_to_a_caught_digest(ask: Ask, company: UUID, demo_shop: Shop, mailbox: Path) -> None:
    """The whole path: a list in, looked at, prices move, looked at again, deals found, people told."""
    with db.transaction() as session:
        shelf = categories.put(session, company, "Demo", deal_rule="previous", deal_percent=10, publish="automatic")
        reader = recipients.put(session, company, kind="person", name="Ayşe", address="ayse@ornek.example")
        recipients.subscribe(session, company, reader.id, category_id=shelf.id)

    job = ask(ImportProducts(workbook=upload(company, listed(demo_shop, 120) + "\nKötü;file:///etc/passwd;x;Demo")))
    assert job.state == "succeeded", job.error
    assert job.result is not None
    assert (job.result["rows"], job.result["added"], job.result["refused"]) == (241, 240, 1)
    hasten(company, [url.removeprefix("http://") for url in demo_shop.urls])

    job = ask(ClaimBatches(tier="high"), of=None)
    assert job.result == {"batches": 1, "products": 240}
    looked = rows(Job, Job.kind == "pricing.check_high")
    assert [one.state for one in looked] == ["succeeded"], [one.error for one in looked]
    assert looked[0].company_id == company
    assert looked[0].result["checked"] == 240
    priced = {product.url: product.price for product in rows(Product) if product.price is not None}
    told = {
        f"{url}/p/{number}": demo_shop.goods.offered(store, number).price / 100
        for store, url in enumerate(demo_shop.urls)
        for number in range(120)
    }
    assert len(priced) > 200
    assert {url: float(price) for url, price in priced.items()} == {url: told[url] for url in priced}
    assert not rows(Deal)

    demo_shop.goods.step = 1
    due_again()
    job = ask(ClaimBatches(), of=None)
    found = rows(Deal)
    assert len(found) >= 5
    assert all(deal.state == "published" and deal.price < deal.previous for deal in found)

    job = ask(SendDigests(), of=None)
    assert job.result is not None
    assert job.result["digests"] == len(rows(Digest)) == 1
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in mailbox.glob("*.eml")]
    assert [mail["To"].addresses[0].addr_spec for mail in mails] == ["ayse@ornek.example"]
    html = mails[0].get_body(("html",)).get_content()
    assert all(product.url in html for product in rows(Product, Product.id.in_([deal.product_id for deal in found])))
    assert ask(SendDigests(), of=None).result == {"digests": 0, "lines": 0}


def test_good_rows_are_taken_and_bad_ones_handed_back(ask: Ask, company: UUID) -> None:
    text = "\n".join([
        "Adres;Ürün;Puan;Barkod",
        "https://magaza.example/1;Çaydanlık;4,5;8690000000012",
        "http://10.0.0.7/gizli;İçeriden;;",
        "https://ali:veli@magaza.example/2;Parolalı;;",
        "file:///etc/passwd;Dosya;;",
        f"https://magaza.example/{'x' * 20000};Uzun;;",
        ";Adressiz;;",
        "https://magaza.example/3;Puanı tuhaf;11;",
        "https://magaza.example/1;İkinci kez;;",
    ])  # fmt: skip
    job = ask(ImportProducts(workbook=upload(company, text)))

    assert job.state == "succeeded", job.error
    assert job.result is not None
    assert {name: job.result[name] for name in ("rows", "added", "known", "refused")} == {"rows": 8, "added": 1, "known": 0, "refused": 7}
    assert job.result["faults"][0] == "3. satır, Adres: Bu, özel bir ağın adresi."
    sheet = list(load_workbook(BytesIO(storage.get(job.result["faults_key"]))).worksheets[0].iter_rows(values_only=True))
    assert [row[0] for row in sheet] == ["Satır", 3, 4, 5, 6, 7, 8, 9]
    assert rows(Product)[0].ean == "8690000000012"


def test_another_companys_file_is_not_there(ask: Ask, company: UUID) -> None:
    other = UUID(int=5)
    job = ask(ImportProducts(workbook=upload(other, "Adres\nhttps://magaza.example/1")))
    assert (job.state, job.error["type"]) == ("failed", "Permanent")  # type: ignore[index]


def test_one_product_is_looked_at_because_somebody_asks(ask: Ask, company: UUID, demo_shop: Shop) -> None:
    """At once and whatever its interval; what is named and unknown counts as busy."""
    ask(ImportProducts(workbook=upload(company, listed(demo_shop, 3))))
    hasten(company, [url.removeprefix("http://") for url in demo_shop.urls])
    ids = [product.id for product in rows(Product)]

    job = ask(CheckProducts(product_ids=(ids[0], 999_999)))

    assert job.state == "succeeded", job.error
    assert job.result == {"products": 1, "busy": 1, "checked": 1, "changed": 1, "failed": 0, "deals": 0, "left": 0}
    assert (job.progress_done, job.progress_total) == (1, 1)
    assert [batch.origin for batch in rows(Batch)] == ["asked"]
    with db.transaction() as session:
        assert session.get_one(Sched, ids[0]).last_state == "ok"
        assert session.get_one(Sched, ids[1]).last_state is None


def test_nothing_to_look_at_is_an_answer(ask: Ask) -> None:
    job = ask(CheckProducts(text="yok böyle bir şey"))
    assert job.state == "succeeded"
    assert job.result is not None
    assert (job.result["products"], job.result["busy"]) == (0, None)


def test_a_feed_brings_products_and_not_those_of_others(ask: Ask, company: UUID, demo_shop: Shop) -> None:
    """Asked for all stores, a job for each that has one; a category's rules decide what is taken."""
    domain = demo_shop.urls[0].removeprefix("http://")
    with db.transaction() as session:
        store = stores.known(session, company, [domain])[domain]
        stores.edit(session, company, store.id, feed_url=f"{demo_shop.urls[0]}/feed.xml", feed_kind="merchant", min_delay_ms=0)
        shelf = categories.put(session, company, "Ucuz", max_price=1000)

    job = ask(FetchProducts(), of=None)
    assert job.result is not None
    assert job.result["jobs"] == 1
    done = rows(Job, Job.kind == "pricing.fetch_products", Job.id != job.id)[0]
    assert (done.company_id, done.result["offers"], done.result["added"]) == (company, 120, 120)

    job = ask(FetchProducts(store_id=store.id, category_id=shelf.id))
    assert job.result is not None
    assert 0 < job.result["known"] < 120
    assert job.result["left_out"] == 120 - job.result["known"]


def test_a_feed_is_the_price_where_pages_are_not_to_be_read(ask: Ask, company: UUID, demo_shop: Shop) -> None:
    domain = demo_shop.urls[0].removeprefix("http://")
    with db.transaction() as session:
        store = stores.known(session, company, [domain])[domain]
        feed = {"feed_url": f"{demo_shop.urls[0]}/feed.xml", "feed_kind": "merchant"}
        stores.edit(session, company, store.id, policy="api", min_delay_ms=0, **feed)
    job = ask(FetchProducts(store_id=store.id))
    assert job.result is not None
    assert job.result["priced"] == 120
    assert {product.source for product in rows(Product)} == {"feed"}
    assert not [one for one in demo_shop.asked if one.path.startswith("/p/")]


def test_a_store_without_a_feed_is_told(ask: Ask, company: UUID) -> None:
    with db.transaction() as session:
        store = stores.known(session, company, ["magaza.example"])["magaza.example"]
    job = ask(FetchProducts(store_id=store.id))
    assert job.state == "failed"
    assert job.error is not None
    assert "ürün listesi yok" in job.error["tr"]


def test_scores_and_retention_run(ask: Ask, company: UUID, demo_shop: Shop) -> None:
    ask(ImportProducts(workbook=upload(company, listed(demo_shop, 3))))
    job = ask(ScorePrices(), of=None)
    assert job.result is not None
    assert job.result["priorities"] == 6
    assert ask(PrunePrices(), of=None).state == "succeeded"


def test_no_digest_without_news(ask: Ask) -> None:
    assert ask(SendDigests()).result == {"digests": 0, "lines": 0}
    assert not rows(Job, Job.kind == SendEmail.kind)
