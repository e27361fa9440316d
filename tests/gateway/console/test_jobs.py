"""The pages about jobs, as a browser gets them."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient

from imece import clock, db, ids, storage
from imece import text as text_of
from imece.ledger.models import Attempt

Firm = Any  #: conftest.Firm
AddJob = Callable[..., Any]

XSS = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def test_the_first_page_offers_the_upload_and_lists_what_was_asked_for(browser: Any, firm: Firm, add_job: AddJob) -> None:
    key = storage.new_key(firm.id, "uploads", "Şubat bakiyeleri.xlsx")
    job = add_job(
        firm,
        state="waiting",
        progress_done=37,
        progress_total=1200,
        progress_note={"tr": "mektup", "en": "letters"},
        args={"workbook": key},
    )
    add_job(firm, "documents.render_letters", parent_id=job, args={"letter_ids": ["alt-is"]})

    text = browser.get("/").text

    assert 'id="upload"' in text
    assert "Reconciliation letters" in text
    assert "Şubat bakiyeleri.xlsx" in text
    assert "37 / 1,200 letters" in text
    assert f'data-job="{job}"' in text
    assert text.count('class="row"') == 1
    assert browser.get("/?parts=1").text.count('class="row"') == 2


def test_a_queue_that_nobody_consumes_is_told_on_the_first_page(browser: Any, firm: Firm, add_job: AddJob) -> None:
    assert "Nobody consumes this queue." not in browser.get("/").text
    job = add_job(firm, "notify.send_email")

    assert "Nobody consumes this queue." in browser.get("/").text
    assert "Nobody consumes the queue" in browser.get(f"/jobs/{job}").text


@pytest.mark.parametrize(
    ("query", "found"),
    [("text=yildiz", 1), ("state=failed", 1), ("kind=notify.send_email", 2), ("text=gone", 0), ("state=nonsense", 3), ("text=%00", 3)],
)
def test_the_list_is_narrowed_by_its_address(browser: Any, firm: Firm, add_job: AddJob, query: str, found: int) -> None:
    add_job(firm, "notify.send_email", "failed", args={"to": "finans@yildiz.com.tr"})
    add_job(firm, "notify.send_email", "succeeded", args={"to": "a@example.com"})
    add_job(firm, "documents.prepare_letters")

    for path in ("/", "/rows"):
        assert browser.get(f"{path}?{query}").text.count('class="row"') == found


def test_older_jobs_are_on_the_next_page(browser: Any, firm: Firm, add_job: AddJob) -> None:
    made = {str(add_job(firm)) for _ in range(35)}
    first = browser.get("/").text
    more = first.partition('data-more="')[2].partition('"')[0].replace("&amp;", "&")

    second = browser.get(more).text

    assert first.count('class="row"') == 30
    assert second.count('class="row"') == 5
    assert all((job in first) != (job in second) for job in made)


def test_a_job_shows_its_result_as_downloads_its_tries_and_its_parts(browser: Any, firm: Firm, add_job: AddJob) -> None:
    archive = storage.new_key(firm.id, "archives", "mektuplar 1.zip")
    job = add_job(
        firm,
        state="succeeded",
        args={"workbook": "x", "as_of": "2026-09-30", "send": True},
        result={"letters": 1970, "archive": archive, "refused": 0},
    )
    failed = add_job(firm, "documents.render_letters", "failed", parent_id=job)
    add_job(firm, "documents.render_letters", "succeeded", parent_id=job)
    with db.transaction() as session:
        columns = {"started_at": clock.now(), "finished_at": clock.now(), "outcome": "timed out", "charged": True}
        session.execute(sa.insert(Attempt).values(job_id=job, number=1, traceback="Traceback canary-3", **columns))

    text = browser.get(f"/jobs/{job}").text

    assert f'href="/v1/files/{archive.replace(" ", "%20")}"' in text
    assert "1,970" in text
    assert "30 Sep 2026" in text
    assert "took too long" in text
    assert "canary-3" in text
    assert f"/jobs/{failed}/retry" in text
    assert "Failed 1" in text
    assert "Done 1" in text
    assert browser.get(f"/jobs/{job}/details").status_code == 200


def test_names_of_companies_are_for_those_who_see_several(
    browser: Any, application: FastAPI, firm: Firm, landlord: Firm, add_job: AddJob, sign_in: Callable[..., None]
) -> None:
    job = add_job(firm)
    whole = TestClient(application, follow_redirects=False, headers={"Accept": "text/html"})
    sign_in(whole, landlord.email)

    assert f"· {firm.name}" in whole.get("/").text
    assert firm.name in whole.get(f"/jobs/{job}").text
    assert 'name="company"' in whole.get("/").text
    assert f"· {firm.name}" not in browser.get("/").text
    assert 'name="company"' not in browser.get("/").text


def test_imeces_own_work_does_not_hide_what_people_asked_for(
    application: FastAPI, firm: Firm, landlord: Firm, add_job: AddJob, sign_in: Callable[..., None]
) -> None:
    add_job(firm)
    add_job(firm, "notify.settle", "succeeded", company_id=None)
    whole = TestClient(application, follow_redirects=False, headers={"Accept": "text/html"})
    sign_in(whole, landlord.email)

    found = [whole.get(f"/rows?{query}").text.count('class="row"') for query in ("", "own=1", "kind=notify.settle", "state=succeeded")]

    assert found == [1, 2, 1, 1]
    assert 'name="own"' in whole.get("/").text


def test_what_was_asked_and_done_is_shown_as_a_person_reads_it(browser: Any, firm: Firm, add_job: AddJob) -> None:
    """Sentences as a list, files as links, languages and purposes by their names."""
    file = storage.new_key(firm.id, "uploads", "ek.pdf")
    asked = {
        "locale": "tr",
        "purpose": "commercial",
        "subject": "tr",
        "attachments": [{"key": file, "name": "Ek dosya.pdf"}, {"key": file}],
    }
    job = add_job(firm, "notify.send_email", "succeeded", args=asked, result={"faults": ["Row 3: no address."]})

    text = browser.get(f"/jobs/{job}").text

    for shown in ("<li>Row 3: no address.</li>", "<dd>Turkish</dd>", "<dd>Commercial</dd>", "<dd>tr</dd>"):
        assert shown in text
    for name in ("Ek dosya.pdf", "ek.pdf"):
        assert f'href="/v1/files/{file}" download>{name}</a>' in text


def test_a_job_that_needs_nothing_does_not_say_so(browser: Any, firm: Firm, add_job: AddJob) -> None:
    assert "What was asked for" not in browser.get(f"/jobs/{add_job(firm, 'pricing.score', args={})}").text


def test_kinds_are_offered_in_the_readers_alphabet(browser: Any) -> None:
    browser.cookies.set("imece_locale", "tr")
    offered = [
        text.partition("</option>")[0]
        for text in browser.get("/").text.partition('name="kind"')[2].partition("</select>")[0].split('">')[2:]
    ]

    assert len(offered) > 20
    assert offered == sorted(offered, key=text_of.sort_key)


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/?state=failed", "/?state=failed"),
        ("http://testserver/jobs", "/jobs"),
        ("http://evil.example/", None),
        ("http://testserver//evil.example/", None),
        ("http://testserver/nowhere", None),
        ("http://testserver/login?next=/", None),
        ("http://[", None),
        ("", None),
    ],
)
def test_an_error_leads_back_to_where_it_was_asked_for(browser: Any, referer: str, back: str | None) -> None:
    text = browser.get("/nowhere", headers={"Referer": referer}).text

    assert (f'href="{back}" data-back' in text) if back else ("data-back" not in text)


def test_cancel_and_retry_lead_back_to_the_job(browser: Any, firm: Firm, add_job: AddJob, job_of: Callable[..., Any]) -> None:
    job = add_job(firm, "notify.send_email")
    assert f"/jobs/{job}/cancel" in browser.get(f"/jobs/{job}").text

    answer = browser.post(f"/jobs/{job}/cancel", data={"csrf": browser.csrf})
    assert answer.headers["location"] == f"/jobs/{job}"
    assert (job_of(job).state, job_of(job).cancel_requested_by) == ("cancelled", firm.email)
    assert browser.post(f"/jobs/{job}/cancel", data={"csrf": browser.csrf}).status_code == 409
    page = browser.get(f"/jobs/{job}").text
    assert f"/jobs/{job}/cancel" not in page
    assert f"/jobs/{job}/retry" in page

    browser.post(f"/jobs/{job}/retry", data={"csrf": browser.csrf})
    assert job_of(job).state == "queued"


def test_every_failed_part_runs_again_by_one_button(browser: Any, firm: Firm, add_job: AddJob, job_of: Callable[..., Any]) -> None:
    parent = add_job(firm, state="succeeded")
    failed = [add_job(firm, "notify.send_email", "failed", parent_id=parent) for _ in range(3)]
    done = add_job(firm, "notify.send_email", "succeeded", parent_id=parent)
    assert "retry-failed" in browser.get(f"/jobs/{parent}").text

    browser.post(f"/jobs/{parent}/retry-failed", data={"csrf": browser.csrf})

    assert [job_of(job).state for job in failed] == ["queued"] * 3
    assert job_of(done).state == "succeeded"


def test_nothing_that_came_from_outside_is_ever_markup(browser: Any, firm: Firm, add_job: AddJob) -> None:
    error = {"type": XSS, "en": XSS, "tr": XSS}
    note = {"tr": XSS, "en": XSS}
    parent = add_job(firm, state="waiting", args={"workbook": XSS, XSS: XSS}, progress_total=2, progress_note=note, requested_by=XSS)
    job = add_job(firm, "notify.send_email", "failed", error=error, args={"to": XSS}, result={XSS: [XSS]}, parent_id=parent)
    add_job(firm, XSS, "queued", queue=f"{XSS}.x")
    with db.transaction() as session:
        columns = {"started_at": clock.now(), "finished_at": clock.now(), "outcome": "failed", "charged": True}
        session.execute(sa.insert(Attempt).values(job_id=job, number=1, error=error, traceback=XSS, **columns))

    for path in ("/?parts=1", f"/?text={XSS}", "/rows?parts=1", f"/jobs/{parent}", f"/jobs/{job}", f"/jobs/{job}/details", "/machines"):
        text = browser.get(path).text
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path


def test_pages_hold_no_script_and_no_style_of_their_own(browser: Any, firm: Firm, add_job: AddJob) -> None:
    """What the content security policy forbids is not there to be forbidden."""
    job = add_job(firm, state="failed", progress_total=3)

    for path in ("/", f"/jobs/{job}", "/machines", "/nothing-here"):
        text = browser.get(path).text
        assert " style=" not in text
        assert "<style" not in text
        assert "onclick" not in text
        assert text.count("<script") == 1
        assert "http://" not in text.replace("http://www.w3.org", "")
        assert "https://" not in text


def test_another_companys_job_is_a_page_that_is_not_there(browser: Any, rival: Firm, add_job: AddJob) -> None:
    for job in (add_job(rival), ids.new_id()):
        answer = browser.get(f"/jobs/{job}")
        assert answer.status_code == 404
        assert "There is no such job." in answer.text
        assert answer.headers["content-type"].startswith("text/html")
