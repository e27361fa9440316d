from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from imece.errors import ImeceError, NotFound, Transient

Firm = Any  #: conftest.Firm
Problem = Callable[[Any, int], dict[str, Any]]


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (NotFound("No.", "Yok."), 404, "Yok."),
        (Transient("Later.", "Sonra."), 503, "Sonra."),
        (OperationalError("select 'canary'", {}, Exception("canary")), 503, None),
        (DataError("insert 'canary'", {}, ValueError("canary")), 422, None),
        (DataError("insert 'canary'", {}, Exception("canary")), 500, None),
        (IntegrityError("insert 'canary'", {}, Exception("canary")), 500, None),
        (ImeceError("canary"), 500, None),
        (ZeroDivisionError("canary"), 500, None),
    ],
)
def test_every_error_is_a_problem_and_none_tells_too_much(
    client: TestClient, firm: Firm, problem: Problem, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, detail: str | None
) -> None:
    def breaks(*_: object) -> None:
        raise error

    monkeypatch.setattr("imece.ledger.overview.workers", breaks)

    body = problem(client.get("/v1/workers", headers=firm.headers(language="tr")), status)

    assert body["detail"] == (detail or body["detail"])
    assert "canary" not in str(body)
    assert body["type"].startswith("urn:imece:")
    assert body["instance"] == "/v1/workers"


def test_a_browser_gets_a_page_and_a_program_a_document(browser: Any, problem: Problem) -> None:
    page = browser.get("/nothing-here")
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")

    problem(browser.get("/v1/nothing-here"), 404)
    problem(browser.get("/nothing-here", headers={"Accept": "application/json"}), 404)
