"""The face in this process, asked as the gateway asks it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from imece import face
from imece.contracts import Role
from imece.ids import new_id
from notify.face import app
from notify.settings import Settings

Ask = Callable[..., Any]


@pytest.fixture
def person(company: UUID) -> face.Caller:
    """An admin of the company."""
    return face.Caller("ayşe@example.com", Role.ADMIN, company, "Örnek Ticaret A.Ş.", "en", "f" * 64)


@pytest.fixture
def stranger(person: face.Caller) -> face.Caller:
    """An admin of another company."""
    return replace(person, company_id=new_id(), company="Rakip Ltd.")


@pytest.fixture
def client(database: sa.Engine, redis_client: Any, catching: Settings) -> Iterator[TestClient]:
    """The face, over an empty database and a catcher."""
    with TestClient(app.build(), follow_redirects=False) as made:
        yield made


@pytest.fixture
def ask(client: TestClient, person: face.Caller) -> Ask:
    """`ask("GET", "/notify", by=caller, data={...})`: what the face answers to a request that the gateway has signed."""

    def asked(method: str, path: str, by: face.Reader = person, query: dict[str, Any] | None = None, **more: Any) -> Any:
        target = f"{path}?{urlencode(query)}" if query else path
        headers = more.pop("headers", {}) | {face.CALLER: face.sign(by, "notify", method, target)}
        return client.request(method, target, headers=headers, **more)

    return asked
