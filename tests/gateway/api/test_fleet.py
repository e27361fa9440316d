from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from imece.contracts import Role

Firm = Any  #: conftest.Firm
Problem = Callable[[Any, int], dict[str, Any]]


def test_a_queue_that_nobody_consumes_says_so(client: TestClient, firm: Firm, add_job: Callable[..., Any]) -> None:
    add_job(firm, "notify.send_email")

    for language, words in (("en", "Nobody consumes this queue."), ("tr", "Bu kuyruğu kimse tüketmiyor.")):
        queues = client.get("/v1/queues", headers=firm.headers(Role.VIEWER, language)).json()
        [mail] = [queue for queue in queues if queue["queue"] == "notify.email"]
        assert (mail["queued"], mail["consumers"], mail["warning"]) == (1, 0, words)


def test_workers_are_listed_without_saying_what_they_run(client: TestClient, firm: Firm) -> None:
    assert client.get("/v1/workers", headers=firm.headers(Role.VIEWER)).json() == []


def test_health_is_asked_for_real_and_by_anybody(client: TestClient, stack: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("gateway.health._FRESH", -1.0)

    assert client.get("/healthz").json() == {"status": "ok", "database": "ok", "redis": "ok"}
    stack.redis.stop()
    try:
        answer = client.get("/healthz")
    finally:
        stack.redis.start()
    assert (answer.status_code, answer.json()) == (503, {"status": "failing", "database": "ok", "redis": "failing"})
    stack.postgres.stop()
    try:
        answer = client.get("/healthz")
    finally:
        stack.postgres.start()
    assert (answer.status_code, answer.json()) == (503, {"status": "failing", "database": "failing", "redis": "ok"})
    assert client.get("/healthz").status_code == 200


def test_metrics_are_for_keys_of_the_whole_installation(client: TestClient, firm: Firm, landlord: Firm, problem: Problem) -> None:
    problem(client.get("/metrics"), 401)
    problem(client.get("/metrics", headers=firm.headers(Role.ADMIN)), 403)
    client.get("/v1/jobs/01994b1c-0000-7000-8000-000000000000", headers=firm.headers())

    page = client.get("/metrics", headers=landlord.headers(Role.VIEWER))

    assert page.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'imece_gateway_request_seconds_count{method="GET",route="/v1/jobs/{job_id}",status="404"}' in page.text
    assert 'imece_queue_consumers{queue="notify.email"} 0.0' in page.text
    assert "01994b1c" not in page.text
