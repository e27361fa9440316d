"""The console in a real browser: sign in, drop a workbook, watch it move, question before what cannot be undone."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from imece import db, ids
from imece.ledger import Job

expect = pytest.importorskip("playwright.sync_api").expect
sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright

Firm = Any  #: conftest.Firm
Served = Any  #: conftest.Served

pytestmark = pytest.mark.slow

CHROMIUM = Path("/usr/bin/chromium")
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
PASSWORD = "dogru-at-pil-zimba"


@pytest.fixture
def page(served: Served, firm: Firm) -> Iterator[Any]:
    """A page of a real browser, signed in as the firm's admin, that fails the test on any fault in its console."""
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        made = browser.new_page(locale="en-US", viewport={"width": 1280, "height": 900})
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
        assert [fault for fault in faults if "net::ERR_FAILED" not in fault] == []  # one test cuts the line itself


def test_from_the_dropped_file_to_the_end(page: Any, tmp_path: Path, move: Callable[..., None]) -> None:
    workbook = tmp_path / "Şubat bakiyeleri.xlsx"
    workbook.write_bytes(b"PK" + bytes(2_000_000))
    page.set_input_files("#upload input[type=file]", str(workbook))
    page.click("#upload button.primary")
    page.wait_for_url("**/jobs/*")
    job = ids.UUID(page.url.rsplit("/", 1)[1])
    assert "Şubat bakiyeleri.xlsx" in page.inner_text(".head")

    move(job, state="running", worker_id=ids.new_id(), attempt=1, started_at=sa.func.now(), progress_total=4)
    for done in (1, 2, 3, 4):
        move(job, progress_done=done, progress_note={"tr": "mektup", "en": "letters"})
        expect(page.locator(".head .count")).to_have_text(f"{done} / 4 letters")
    move(job, state="succeeded", worker_id=None, finished_at=sa.func.now(), result={"letters": 4})

    page.wait_for_selector(".head .state.succeeded")
    page.wait_for_selector("#result-title")


def test_a_list_that_is_open_shows_what_is_asked_for_elsewhere(
    page: Any, firm: Firm, add_job: Callable[..., Any], move: Callable[..., None]
) -> None:
    page.wait_for_selector(".pulse.on")
    job = add_job(firm, state="running", progress_total=9)

    page.wait_for_selector(f"#job-{job} .state.running")
    move(job, progress_done=5)
    expect(page.locator(f"#job-{job} progress")).to_have_js_property("value", 5)


def test_it_asks_before_it_cancels(page: Any, served: Served, firm: Firm, add_job: Callable[..., Any], job_of: Callable[..., Any]) -> None:
    job = add_job(firm, "notify.send_email")
    page.goto(f"{served.url}/jobs/{job}")

    page.click("button.danger")
    page.click("#confirm button[value=no]")
    assert job_of(job).state == "queued"
    page.click("button.danger")
    page.click("#confirm button[value=yes]")
    page.wait_for_selector(".head .state.cancelled")
    assert job_of(job).state == "cancelled"


def test_a_question_outlives_the_piece_it_stood_on(
    page: Any, served: Served, firm: Firm, add_job: Callable[..., Any], move: Callable[..., None], job_of: Callable[..., Any]
) -> None:
    """The head is drawn anew while the question is open: the answer still counts."""
    job = add_job(firm, "notify.send_email", "failed")
    page.goto(f"{served.url}/jobs/{job}")
    page.click(".acts button.primary")
    move(job, progress_total=5)
    page.wait_for_selector("#confirm[open]")
    page.evaluate("document.querySelector('.acts').replaceWith(document.querySelector('.acts').cloneNode(true))")
    page.click("#confirm button[value=yes]")

    page.wait_for_selector(".head .state.queued")
    assert job_of(job).state == "queued"


def test_a_button_stays_the_same_while_progress_is_told(
    page: Any, served: Served, firm: Firm, add_job: Callable[..., Any], move: Callable[..., None]
) -> None:
    """No click is lost because the button under the finger was replaced."""
    job = add_job(firm, state="running", progress_total=9)
    page.goto(f"{served.url}/jobs/{job}")
    button = page.query_selector("button.danger")
    for done in (1, 2, 3):
        move(job, progress_done=done)
        expect(page.locator(".head progress")).to_have_js_property("value", done)

    assert button.evaluate("button => button.isConnected")


def test_search_works_while_typing(page: Any, firm: Firm, add_job: Callable[..., Any]) -> None:
    add_job(firm, "notify.send_email", args={"to": "finans@yildiz.com.tr"})
    add_job(firm, "notify.send_email", args={"to": "b@example.com"})
    page.reload()
    assert page.locator(".row").count() == 2

    page.fill("[name=text]", "yildiz")

    expect(page.locator(".row")).to_have_count(1)
    assert page.url.endswith("?text=yildiz")


def test_a_lost_connection_starts_nothing(page: Any, tmp_path: Path) -> None:
    workbook = tmp_path / "a.xlsx"
    workbook.write_bytes(b"PK")
    page.route("**/v1/files*", lambda route: route.abort())
    page.set_input_files("#upload input[type=file]", str(workbook))
    page.click("#upload button.primary")

    page.wait_for_selector("#upload [role=alert]:not([hidden])")
    with db.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Job)) == 0
