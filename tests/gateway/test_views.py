from collections.abc import Callable
from typing import Any

import pytest

from gateway import views
from imece import db

Firm = Any  #: conftest.Firm


@pytest.mark.parametrize(
    ("state", "columns", "expected"),
    [
        ("queued", {}, {"state": "PENDING", "current": 0, "total": 1, "status": "Bekliyor", "result": None}),
        ("scheduled", {}, {"state": "PENDING", "current": 0, "total": 1, "status": "Bekliyor", "result": None}),
        (
            "running",
            {"progress_done": 3, "progress_total": 10, "progress_note": {"tr": "mektup", "en": "letters"}},
            {"state": "PROGRESS", "current": 3, "total": 10, "status": "mektup", "result": None},
        ),
        ("running", {}, {"state": "PROGRESS", "current": 0, "total": 1, "status": "Sürüyor", "result": None}),
        ("waiting", {}, {"state": "PROGRESS", "current": 0, "total": 1, "status": "Sürüyor", "result": None}),
        (
            "retrying",
            {"error": {"en": "no", "tr": "yok"}},
            {"state": "PROGRESS", "current": 0, "total": 1, "status": "Sürüyor", "result": None},
        ),
        ("queued", {"attempt": 1}, {"state": "PROGRESS", "current": 0, "total": 1, "status": "Sürüyor", "result": None}),
        (
            "succeeded",
            {"result": {"rows": 7}, "progress_done": 7, "progress_total": 7},
            {"state": "SUCCESS", "current": 7, "total": 7, "status": "Tamamlandı", "result": {"rows": 7}},
        ),
        ("succeeded", {}, {"state": "SUCCESS", "current": 1, "total": 1, "status": "Tamamlandı", "result": None}),
        ("failed", {}, {"state": "FAILURE", "current": 0, "total": 1, "status": "Çalışma kitabı boş.", "result": None}),
        ("cancelled", {}, {"state": "FAILURE", "current": 0, "total": 1, "status": "İptal edildi", "result": None}),
    ],
)
def test_the_old_status_has_its_old_shape(
    firm: Firm, add_job: Callable[..., Any], job_of: Callable[..., Any], state: str, columns: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert views.old_status(job_of(add_job(firm, state=state, **columns)), "tr") == expected


def test_children_are_counted_by_kind_and_state(firm: Firm, add_job: Callable[..., Any]) -> None:
    parent = add_job(firm, state="waiting")
    for state in ("succeeded", "succeeded", "failed"):
        add_job(firm, "documents.render_letters", state, parent_id=parent)
    add_job(firm, "notify.send_email", "queued", parent_id=parent)

    with db.transaction() as session:
        assert views.children(session, parent) == {
            "documents.render_letters": {"succeeded": 2, "failed": 1},
            "notify.send_email": {"queued": 1},
        }


def test_a_job_reads_in_both_languages(firm: Firm, add_job: Callable[..., Any], job_of: Callable[..., Any]) -> None:
    job = job_of(add_job(firm, state="failed", progress_note={"tr": "satır", "en": "rows"}))

    turkish, english = views.job_view(job, "tr"), views.job_view(job, "en")

    assert turkish.error is not None
    assert english.error is not None
    assert (turkish.error.message, english.error.message) == ("Çalışma kitabı boş.", "The workbook is empty.")
    assert (turkish.progress.note, english.progress.note) == ("satır", "rows")
    assert turkish.error.type == "Permanent"
