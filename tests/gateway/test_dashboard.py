from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from imece import contracts, db, ledger
from imece.contracts import Role
from imece.contracts.notify import SendEmail

Firm = Any  #: conftest.Firm
Problem = Callable[[Any, int], dict[str, Any]]

pytestmark = pytest.mark.usefixtures("redis_client")


def test_only_an_admin_of_the_whole_installation_gets_in(client: TestClient, firm: Firm, landlord: Firm, problem: Problem) -> None:
    problem(client.get("/dashboard/"), 401)
    problem(client.get("/dashboard/queues/notify.email"), 401)
    problem(client.get("/dashboard/", headers=firm.headers(Role.ADMIN)), 403)
    problem(client.get("/dashboard/", headers=landlord.headers(Role.OPERATOR)), 403)
    problem(client.post("/dashboard/delete-message", headers=firm.headers(Role.ADMIN)), 403)

    assert client.get("/dashboard/", headers=landlord.headers(Role.ADMIN)).status_code == 200


def test_it_lists_every_queue_of_the_house_and_its_messages(client: TestClient, firm: Firm, landlord: Firm) -> None:
    with db.transaction() as session:
        job_id = ledger.submit(session, SendEmail(to="a@example.com", subject="x", text="y"), company_id=firm.id)
    headers = landlord.headers(Role.ADMIN)

    first = client.get("/dashboard/", headers=headers).text
    queue = client.get("/dashboard/queues/notify.email", headers=headers).text

    assert all(contract.queue in first for contract in contracts.declared())
    assert str(job_id) in queue
    assert "notify.send_email" in queue


def test_without_its_slash_it_is_found_too(client: TestClient, landlord: Firm) -> None:
    answer = client.get("/dashboard", headers=landlord.headers(Role.ADMIN))

    assert (answer.status_code, answer.headers["location"]) == (307, "/dashboard/")


def test_its_styles_may_stand_in_its_pages_and_nothing_runs(client: TestClient, landlord: Firm) -> None:
    policy = client.get("/dashboard/", headers=landlord.headers(Role.ADMIN)).headers["content-security-policy"]

    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "script-src 'self';" in policy
