"""The face in this process, asked as the gateway asks it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from imece import db, face
from imece.contracts import Role
from imece.ids import new_id
from pricing.deals import recipients
from pricing.face import app

Ask = Callable[..., Any]


@pytest.fixture
def person(catalogue: Any) -> face.Caller:
    """An admin of the catalogue's company."""
    return face.Caller("ayşe@example.com", Role.ADMIN, catalogue.company, "Örnek Ticaret A.Ş.", "en", "f" * 64)


@pytest.fixture
def stranger(person: face.Caller) -> face.Caller:
    """An admin of another company."""
    return replace(person, company_id=new_id(), company="Rakip Ltd.")


@pytest.fixture
def client(catalogue: Any) -> Iterator[TestClient]:
    with TestClient(app.build(), follow_redirects=False) as made:
        yield made


@pytest.fixture
def ask(client: TestClient, person: face.Caller) -> Ask:
    """`ask("GET", "/pricing", by=caller, data={...})`: what the face answers to a request that the gateway has signed."""

    def asked(method: str, path: str, by: face.Caller = person, query: dict[str, Any] | None = None, **more: Any) -> Any:
        target = f"{path}?{urlencode(query)}" if query else path
        headers = more.pop("headers", {}) | {face.CALLER: face.sign(by, "pricing", method, target)}
        return client.request(method, target, headers=headers, **more)

    return asked


@pytest.fixture
def told(catalogue: Any) -> UUID:
    """Somebody who can be told."""
    with db.transaction() as session:
        return recipients.put(session, catalogue.company, kind="person", name="Ayşe", address="ayse@example.com").id
