"""Every address of the face, walked: nothing for strangers, nothing of another company's, nothing written by viewers."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from tests.notify.conftest import Catching, forget_settings
from tests.notify.pumping import ask as take

from imece import db, face, ledger, storage
from imece.contracts import Role
from imece.contracts.notify import Recipient, SendBulk, SendEmail
from imece.ids import new_id
from notify import messages
from notify.bulk import bulks
from notify.face import app
from notify.models import Bulk
from notify.people import consent
from notify.texts import templates

Ask = Callable[..., Any]

FORM = {
    "channel": "sms", "to": "0532 111 22 33", "text": "x", "kind": "informational", "locale": "tr", "name": "x", "tr.sms": "x",
    "recipient": "0532 111 22 33", "scope": "all", "status": "RET", "column.1": "Tel", "role.1": "to",
    "quiet_from": "21:00", "quiet_until": "09:00", "zone": "Europe/Istanbul",
}  # fmt: skip

JSON = {
    "POST /v1/notify/messages": {"channel": "sms", "to": "0532 111 22 33", "text": "x"},
    "PUT /v1/notify/templates/{name}": {"bodies": {"tr": {"sms": "x"}}},
    "POST /v1/notify/templates/{name}/preview": {"channel": "sms", "variables": {}},
    "POST /v1/notify/price": {"text": "x"},
    "POST /v1/notify/opt-outs": {"channel": "sms", "recipient": "0532 111 22 33", "scope": "all"},
    "POST /v1/notify/consents": {"channel": "sms", "recipient": "0532 111 22 33", "status": "RET"},
    "PUT /v1/notify/rules": {"quiet_from": "21:00", "quiet_until": "09:00", "zone": "Europe/Istanbul", "quiet_kinds": [], "needs_consent": True},
}  # fmt: skip


@dataclass
class Files:
    """What a company has, by the names that the routes have for it."""

    key: str
    places: dict[str, Any]


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    """The catcher answers when it answers."""
    yield
    forget_settings()


@pytest.fixture
def files(ask: Ask, company: UUID, catcher: Catching, sent: Callable[[str, UUID], None]) -> Files:
    """One of everything, with a word in it that nobody else may read."""
    key = storage.new_key(company, "uploads", "gizli.csv")
    storage.put(key, b"Ad;Tel\ngizli;0532 111 22 33\n")
    message = take(company, text="gizli")
    sent("twilio", message)
    messages.send_email(new_id(), company, SendEmail(to="gizli@example.com", subject="gizli", text="gizli", html="<p>gizli</p>"))
    mail, text = (_named(ask("GET", "/notify/caught", query={"channel": channel}).text) for channel in ("email", "sms"))
    contract, bulk = SendBulk(title="gizli", text="gizli", recipients=(Recipient(to="0532 111 22 33"),)), new_id()
    with db.transaction() as session:
        templates.put(session, company, "hatir", {"tr": {"sms": "gizli"}}, by="gizli")
        consent.opt_out(session, company, "email", "gizli.ret@example.com", source="api", by="gizli")
        consent.record(session, company, "email", "gizli@example.com", "ONAY", by="gizli")
        [opt_out] = consent.opt_outs(session, company)
        bulks.write(session, contract, bulk, bulks.Tally(), company_id=company, requested_by="gizli")
        job = ledger.submit(session, contract.model_copy(update={"dry_run": True}), company_id=company, requested_by="gizli")
        session.get_one(Bulk, bulk).job_id = job
        places = {"message_id": message, "bulk_id": bulk, "job_id": job, "opt_out_id": opt_out.id, "number": 1}
    return Files(key, places | {"mail": mail, "text": text})


def walk(places: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Method, route and address of everything that is somebody's. A new parameter of a path must be named by the test that walks."""
    inside: Any = app.build().app
    for context in iter_route_contexts(inside.routes):
        route = str(context.path)
        if not route.startswith(face.public_folder("notify")) and route != "/healthz":
            name = {"mails": places.get("mail"), "texts": places.get("text"), "reveal": places.get("text")}
            found = next((name[part] for part in route.split("/") if part in name), "hatir")
            for method in sorted(context.methods or ("GET",)):
                yield method, route, re.sub(r"{(\w+)(?::path)?}", lambda match, name=found: str({"name": name, **places}[match[1]]), route)


def test_without_the_gateways_signature_nothing_is_answered(client: TestClient) -> None:
    nothing = dict.fromkeys(("message_id", "bulk_id", "job_id", "opt_out_id"), new_id()) | {"number": 1}
    seen = [(method, path) for method, _, path in walk(nothing)]

    assert len(seen) > 50
    for method, path in [*seen, ("GET", "/notify/static/notify.js"), ("GET", "/nothing"), ("GET", "/notify/public/unsubscribe/x")]:
        assert client.request(method, path).status_code == 401, (method, path)
    assert client.get("/healthz").text == "ok"


def test_another_company_finds_nothing(ask: Ask, company: UUID, files: Files, stranger: face.Caller) -> None:
    """Every route, reading and writing, asked by a stranger for what is the company's."""
    before = _everything(company)

    for method, route, path in walk(files.places):
        place = (
            path.replace("hatir", "yeni") if method == "PUT" else path
        )  # what a stranger writes is the stranger's own, whatever it is called
        answer = ask(method, place, by=stranger, **_asked(method, route, files.key))
        assert "gizli" not in answer.text, (method, path, answer.text)
        if method != "PUT" and ("_id}" in route or "{name" in route):
            assert answer.status_code == 404, (method, path, answer.text)
        assert answer.status_code < 500, (method, path, answer.text)
    assert _everything(company) == before


def test_who_may_only_look_changes_nothing(ask: Ask, company: UUID, files: Files, person: face.Caller) -> None:
    viewer, before = replace(person, role=Role.VIEWER), _everything(company)

    for method, route, path in walk(files.places):
        if method in ("GET", "HEAD"):
            continue
        answer = ask(method, path, by=viewer, **_asked(method, route, files.key))
        assert answer.status_code in ({200, 404} if route.endswith(("/price", "/preview", "/look")) else {403}), (method, path, answer.text)
    assert _everything(company) == before


def _named(page: str) -> str:
    """What the only caught message on a page is called."""
    return re.findall(r'href="/notify/caught/(?:mails|texts)/([^"]+)"', page)[0]


def _asked(method: str, route: str, key: str) -> dict[str, Any]:
    if f"{method} {route}" in JSON:
        return {"json": JSON[f"{method} {route}"]}
    if method == "POST":
        return {"data": FORM | {"key": key, "file.1": key}}
    return {"query": {"key": key, "channel": "sms", "text": "0532 111 22 33"}} if method == "GET" else {}


def _everything(company: UUID) -> list[list[str]]:
    tables = (*(f"notify.{name}" for name in ("message", "bulk", "template", "opt_out", "consent", "company_rules")), "ledger.job")
    with db.quick() as connection:
        rows = [
            connection.execute(sa.text(f"select to_jsonb(t) from {table} t where company_id = :company"), {"company": company})
            for table in tables
        ]
        return [sorted(map(str, found)) for found in rows]
