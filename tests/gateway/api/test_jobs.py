from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
import sqlalchemy as sa
from fastapi.testclient import TestClient

from imece import broker, clock, db, ids, storage
from imece.contracts import Role
from imece.ledger.models import Attempt, Audit

Firm = Any  #: conftest.Firm
AddJob = Callable[..., Any]
Problem = Callable[[Any, int], dict[str, Any]]

MAIL = {"to": "a@example.com", "subject": "Mutabakat", "text": "Merhaba"}


def add_attempt(job: Any, number: int) -> None:
    with db.transaction() as session:
        session.execute(
            sa.insert(Attempt).values(
                job_id=job,
                number=number,
                worker_id=ids.new_id(),
                started_at=clock.now(),
                finished_at=clock.now(),
                outcome="failed",
                charged=True,
                error={"type": "Permanent", "en": "No.", "tr": "Olmaz."},
                traceback="Traceback: canary-77",
            )
        )


def test_a_job_is_accepted_with_its_place_and_rung(client: TestClient, firm: Firm, redis_client: redis.Redis) -> None:
    answer = client.post("/v1/jobs/notify.send_email", json=MAIL, headers=firm.headers())

    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert answer.headers["location"] == f"/v1/jobs/{body['id']}"
    assert (body["state"], body["final"], body["company_id"]) == ("queued", False, str(firm.id))
    assert body["requested_by"].startswith("operator key (imece_")
    assert client.get(answer.headers["location"], headers=firm.headers()).json()["args"]["subject"] == "Mutabakat"
    assert redis_client.llen(f"{broker.broker().namespace}:notify.email") == 1


def test_a_job_is_accepted_while_redis_is_away(client: TestClient, firm: Firm, stack: Any) -> None:
    stack.redis.stop()
    try:
        answer = client.post("/v1/jobs/notify.send_email", json=MAIL, headers=firm.headers())
    finally:
        stack.redis.start()

    assert answer.status_code == 202


def test_while_postgres_is_away_the_answer_is_503_and_says_when(client: TestClient, firm: Firm, stack: Any, problem: Problem) -> None:
    stack.postgres.stop()
    try:
        answer = client.post("/v1/jobs/notify.send_email", json=MAIL, headers=firm.headers())
    finally:
        stack.postgres.start()

    problem(answer, 503)
    assert answer.headers["retry-after"]
    assert client.get("/v1/jobs", headers=firm.headers()).json()["jobs"] == []


@pytest.mark.parametrize(
    ("kind", "body", "role", "status"),
    [
        ("notify.send_email", {"to": "a"}, Role.OPERATOR, 422),
        ("notify.send_email", MAIL | {"bcc": "x"}, Role.OPERATOR, 422),
        ("notify.send_email", MAIL, Role.VIEWER, 403),
        ("documents.render_letters", {"letter_ids": ["x"]}, Role.ADMIN, 404),
        ("documents.prune", {}, Role.ADMIN, 404),
        ("no.such", {}, Role.ADMIN, 404),
        ("notify.send_email/../x", {}, Role.ADMIN, 404),
    ],
)
def test_what_cannot_be_asked_for(
    client: TestClient, firm: Firm, problem: Problem, kind: str, body: dict[str, Any], role: Role, status: int
) -> None:
    problem(client.post(f"/v1/jobs/{kind}", json=body, headers=firm.headers(role)), status)


def test_a_fault_names_the_field_in_the_readers_language(client: TestClient, firm: Firm, problem: Problem) -> None:
    faults = {}
    for language in ("tr", "en"):
        answer = client.post("/v1/jobs/notify.send_email", json={"to": "a", "subject": "b"}, headers=firm.headers(language=language))
        body = problem(answer, 422)
        assert answer.headers["content-language"] == language
        faults[language] = body["errors"]

    assert faults == {
        "tr": [{"pointer": "#/text", "detail": "Bu alan gerekli."}],
        "en": [{"pointer": "#/text", "detail": "Field required."}],
    }


def test_arguments_of_a_megabyte_are_too_many(client: TestClient, firm: Firm, problem: Problem) -> None:
    problem(client.post("/v1/jobs/notify.send_email", json=MAIL | {"text": "x" * (1 << 20)}, headers=firm.headers()), 413)


def test_an_idempotency_key_gives_the_same_job(client: TestClient, firm: Firm, problem: Problem) -> None:
    headers = firm.headers() | {"Idempotency-Key": "siparis-1"}
    first, again = (client.post("/v1/jobs/notify.send_email", json=MAIL, headers=headers) for _ in range(2))

    assert first.json()["id"] == again.json()["id"]
    assert again.status_code == 202
    problem(client.post("/v1/jobs/notify.send_email", json=MAIL | {"text": "Başka"}, headers=headers), 422)


def test_a_job_for_later_waits_and_needs_a_zone(client: TestClient, firm: Firm, problem: Problem) -> None:
    at = clock.now() + timedelta(days=1)
    answer = client.post("/v1/jobs/notify.send_email", json=MAIL, params={"at": at.isoformat()}, headers=firm.headers())

    assert answer.json()["state"] == "scheduled"
    fault = problem(client.post("/v1/jobs/notify.send_email", json=MAIL, params={"at": "2026-11-21T09:00"}, headers=firm.headers()), 422)
    assert fault["errors"][0]["pointer"] == "?at"


def test_pages_follow_each_other_without_gap_or_repetition(client: TestClient, firm: Firm, add_job: AddJob) -> None:
    made = [str(add_job(firm)) for _ in range(7)]
    seen: list[str] = []
    before: str | None = None
    while True:
        page = client.get("/v1/jobs", params={"limit": 3} | ({"before": before} if before else {}), headers=firm.headers()).json()
        seen += [job["id"] for job in page["jobs"]]
        before = page["next"]
        if before is None:
            break

    assert seen == sorted(made, reverse=True)


def test_jobs_are_found_by_kind_state_and_text(client: TestClient, firm: Firm, rival: Firm, add_job: AddJob) -> None:
    letter = add_job(firm, "documents.render_letters", "failed", args={"letter_ids": ["İğne"]}, parent_id=ids.new_id())
    mail = add_job(firm, "notify.send_email", "succeeded", args={"to": "finans@yildiz.com.tr"})
    add_job(rival, "notify.send_email", "succeeded", args={"to": "finans@yildiz.com.tr"})

    def found(**params: Any) -> set[str]:
        return {job["id"] for job in client.get("/v1/jobs", params=params, headers=firm.headers(Role.VIEWER)).json()["jobs"]}

    assert found() == {str(letter), str(mail)}
    assert found(kind="notify.send_email") == {str(mail)}
    assert found(state="failed") == {str(letter)}
    assert found(text="yildiz") == {str(mail)}
    assert found(text="%") == set()
    assert found(text="yıl\0z") == set()
    assert found(top=True) == {str(mail)}


def test_the_whole_installation_sees_every_company(client: TestClient, firm: Firm, rival: Firm, landlord: Firm, add_job: AddJob) -> None:
    jobs = {str(add_job(one)) for one in (firm, rival, None)}

    assert {job["id"] for job in client.get("/v1/jobs", headers=landlord.headers(Role.VIEWER)).json()["jobs"]} == jobs


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 201}, {"state": "gone"}, {"before": "x"}, {"text": "x" * 201}])
def test_a_wrong_query_is_named(client: TestClient, firm: Firm, problem: Problem, params: dict[str, Any]) -> None:
    body = problem(client.get("/v1/jobs", params=params, headers=firm.headers()), 422)

    assert body["errors"][0]["pointer"] == f"?{next(iter(params))}"


def test_tracebacks_are_for_those_who_may_run_things(client: TestClient, firm: Firm, add_job: AddJob) -> None:
    job = add_job(firm, state="failed", attempt=2)
    for number in (1, 2):
        add_attempt(job, number)

    viewer = client.get(f"/v1/jobs/{job}", headers=firm.headers(Role.VIEWER))
    operator = client.get(f"/v1/jobs/{job}", headers=firm.headers(Role.OPERATOR))

    assert "canary-77" not in viewer.text
    assert [one["number"] for one in viewer.json()["attempts"]] == [2, 1]
    assert viewer.json()["attempts"][0]["error"] == {"type": "Permanent", "message": "No."}
    assert "canary-77" in operator.json()["attempts"][0]["traceback"]


def test_cancel_and_retry_say_who_did_it(client: TestClient, firm: Firm, add_job: AddJob, problem: Problem) -> None:
    job = add_job(firm, "notify.send_email")

    cancelled = client.post(f"/v1/jobs/{job}/cancel", headers=firm.headers()).json()
    assert cancelled["state"] == "cancelled"
    assert cancelled["cancel_requested_by"].startswith("operator key")
    problem(client.post(f"/v1/jobs/{job}/cancel", headers=firm.headers()), 409)
    assert client.post(f"/v1/jobs/{job}/retry", headers=firm.headers()).json()["state"] == "queued"
    problem(client.post(f"/v1/jobs/{job}/retry", headers=firm.headers()), 409)
    with db.transaction() as session:
        assert set(session.scalars(sa.select(Audit.action))) == {"cancel", "retry"}


def test_children_come_with_their_counts(client: TestClient, firm: Firm, rival: Firm, add_job: AddJob, problem: Problem) -> None:
    parent = add_job(firm, state="waiting")
    failed = add_job(firm, "documents.render_letters", "failed", parent_id=parent)
    add_job(firm, "documents.render_letters", "succeeded", parent_id=parent)

    body = client.get(f"/v1/jobs/{parent}/children", params={"state": "failed"}, headers=firm.headers()).json()

    assert body["counts"] == {"documents.render_letters": {"failed": 1, "succeeded": 1}}
    assert [job["id"] for job in body["jobs"]] == [str(failed)]
    problem(client.get(f"/v1/jobs/{parent}/children", headers=rival.headers()), 404)


def test_the_old_front_ends_poll_their_old_address(client: TestClient, firm: Firm, add_job: AddJob, problem: Problem) -> None:
    job = add_job(firm, state="running", progress_done=4, progress_total=9)

    answer = client.get(f"/api/tasks/{job}/status", headers=firm.headers(Role.VIEWER, language="tr"))

    assert answer.json() == {"state": "PROGRESS", "current": 4, "total": 9, "status": "Sürüyor", "result": None}
    problem(client.get(f"/api/tasks/{ids.new_id()}/status", headers=firm.headers()), 404)
    problem(client.get("/api/tasks/nonsense/status", headers=firm.headers()), 404)


def test_errors_of_the_framework_are_problems_too(client: TestClient, firm: Firm, problem: Problem) -> None:
    headers = firm.headers(language="tr")

    assert problem(client.get("/v1/nothing", headers=headers), 404)["title"] == "Bulunamadı"
    answer = client.put("/v1/jobs", headers=headers)
    assert problem(answer, 405)["title"] == "Bu yöntem kullanılamaz"
    assert "GET" in answer.headers["allow"]
    problem(client.get("/v1/jobs/not-a-job", headers=headers), 404)


def test_a_workbook_of_ones_own_starts_the_letters(client: TestClient, firm: Firm, problem: Problem) -> None:
    key = client.post("/v1/files", files={"file": ("a.xlsx", b"data")}, headers=firm.headers()).json()["key"]

    answer = client.post("/v1/jobs/documents.prepare_letters", json={"workbook": key}, headers=firm.headers())
    assert answer.status_code == 202

    storage.delete([key])
    fault = problem(client.post("/v1/jobs/documents.prepare_letters", json={"workbook": key}, headers=firm.headers()), 404)
    assert fault["errors"] == [{"pointer": "#/workbook", "detail": "There is no such file."}]


def test_what_may_not_be_asked_for_may_not_be_ended_or_repeated_either(
    client: TestClient, firm: Firm, add_job: AddJob, problem: Problem, job_of: Any
) -> None:
    queued, failed = add_job(firm, "pricing.score"), add_job(firm, "pricing.score", "failed")

    problem(client.post(f"/v1/jobs/{queued}/cancel", headers=firm.headers(Role.OPERATOR)), 403)
    problem(client.post(f"/v1/jobs/{failed}/retry", headers=firm.headers(Role.OPERATOR)), 403)
    assert (job_of(queued).state, job_of(failed).state) == ("queued", "failed")
    assert client.post(f"/v1/jobs/{queued}/cancel", headers=firm.headers(Role.ADMIN)).json()["state"] == "cancelled"


@pytest.mark.parametrize("text", ["\x00", "a\x00b"])
def test_a_text_that_cannot_be_kept_is_refused(client: TestClient, firm: Firm, problem: Problem, text: str) -> None:
    """PostgreSQL keeps no NUL: not in the arguments, not in their names, not in what is looked for."""
    for asked in ({"text": text}, {"variables": {text: 1}, "text": "x"}, {"variables": {"a": text}, "text": "x"}):
        body = {"to": "0532 111 22 33"} | asked
        problem(client.post("/v1/jobs/notify.send_sms", json=body, headers=firm.headers()), 422)
    problem(client.get("/v1/jobs", params={"kind": text}, headers=firm.headers()), 422)
    assert client.get("/v1/jobs", headers=firm.headers()).json()["jobs"] == []


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_that_cannot_be_read_again_is_refused(client: TestClient, firm: Firm, problem: Problem, at: str) -> None:
    problem(client.post("/v1/jobs/pricing.send_digests", params={"at": at}, headers=firm.headers()), 422)
    for field in ("send_at", "expires_at"):
        body = {"to": "0532 111 22 33", "text": "x", field: at}
        problem(client.post("/v1/jobs/notify.send_sms", json=body, headers=firm.headers()), 422)
