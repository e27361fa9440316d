"""The pages of a service in a real browser, inside the console: as a person uses them."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI

from gateway import app, settings
from imece import clock, db, ledger
from pricing.catalogue import products
from pricing.face import app as prices
from pricing.prices import history

expect = pytest.importorskip("playwright.sync_api").expect
sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright

Firm = Any  #: conftest.Firm
Served = Any  #: conftest.Served

pytestmark = pytest.mark.slow

CHROMIUM = Path("/usr/bin/chromium")
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
PASSWORD = "dogru-at-pil-zimba"


@dataclass(frozen=True)
class Goods:
    """Two products; the first has a past."""

    first: int
    second: int


@contextmanager
def running(asgi: Any) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(asgi, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=3))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)  # uvicorn has no event for this
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def application(database: sa.Engine, environment: pytest.MonkeyPatch) -> Iterator[FastAPI]:
    """A gateway with the pages of pricing."""
    with running(prices.build()) as url:
        environment.setenv("GATEWAY_FACES", f"pricing={url}")
        settings.forget()
        yield app.build()


@pytest.fixture
def goods(firm: Firm) -> Goods:
    history.prepare()
    with db.transaction() as session:
        drafts = [products.Draft(f"https://magaza.example/{n}", title=title) for n, title in enumerate(("Çamaşır makinesi", "Telefon"))]
        first, second = products.record(session, firm.id, drafts).ids
    with db.transaction() as session:
        past = [(60, "150.00"), (30, "90.00"), (5, "120.00")]
        history.load(
            session, firm.id, [(first, history.Point(clock.now() - timedelta(days=ago), Decimal(price), True)) for ago, price in past]
        )
    return Goods(first, second)


@pytest.fixture(params=["desk", "telephone"])
def page(request: pytest.FixtureRequest, served: Served, firm: Firm, goods: Goods) -> Iterator[Any]:
    """A page of a real browser, signed in as the firm's admin, that fails the test on any fault in its console."""
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed")
    size = {"desk": (1280, 900), "telephone": (390, 844)}[request.param]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        made = browser.new_page(locale="en-US", viewport={"width": size[0], "height": size[1]})
        faults: list[str] = []
        made.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        made.on("pageerror", lambda error: faults.append(str(error)))
        made.goto(served.url)
        made.fill("[name=email]", firm.email)
        made.fill("[name=password]", PASSWORD)
        made.click("form.stack button")
        made.wait_for_selector("#upload")
        yield made
        browser.close()
        assert faults == []


def fits(page: Any) -> bool:
    """Whether nothing sticks out to the right."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_from_the_list_to_one_product_and_a_check(page: Any, goods: Goods, job_of: Callable[[UUID], ledger.Job]) -> None:
    page.click("nav >> text=Prices")
    assert fits(page)
    page.fill("[name=text]", "camasir")
    expect(page.locator(".goods .row")).to_have_count(1)
    assert page.url.endswith("?text=camasir")

    page.click("text=Çamaşır makinesi")
    page.wait_for_selector("svg.chart")
    assert "lowest TRY 90.00" in page.inner_html("svg.chart")
    assert fits(page)
    page.click("text=Check now")
    page.wait_for_url("**/jobs/*")
    assert job_of(UUID(page.url.rsplit("/", 1)[1])).args["product_ids"] == [goods.first]


def test_a_list_is_uploaded_from_its_page(
    page: Any, served: Served, firm: Firm, tmp_path: Path, job_of: Callable[[UUID], ledger.Job]
) -> None:
    listed = tmp_path / "ürünler.csv"
    listed.write_text("URL;Ürün\nhttps://magaza.example/9;Dokuz\n", encoding="utf-8")
    page.goto(f"{served.url}/pricing/import")
    page.set_input_files("#upload input[type=file]", str(listed))
    page.fill("[name=category]", "Ev")
    page.click("#upload button.primary")
    page.wait_for_url("**/jobs/*")

    job = job_of(UUID(page.url.rsplit("/", 1)[1]))
    assert (job.kind, job.company_id, job.args["category"]) == ("pricing.import_products", firm.id, "Ev")


def test_every_page_fits_its_screen(page: Any, served: Served, goods: Goods) -> None:
    for place in ("", "/deals", "/watches", "/stores", "/categories", "/statistics", "/import", f"/products/{goods.first}?days=365"):
        page.goto(f"{served.url}/pricing{place}")
        assert fits(page), place
