"""The face in this process, asked as the gateway asks it; beside it pumps that hand messages to the real catcher."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from tests.notify.pumping import message, pumping, until

from imece import face
from imece.contracts import Role
from imece.ids import new_id
from notify.face import app
from notify.models import MessageState
from notify.people import unsubscribe
from notify.sending import pumps
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
def client(catching: Settings, pace: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The face, over an empty database, an empty Redis and a catcher; pumps beside it do not wait for more for long."""
    monkeypatch.setattr(pumps, "IDLE", 0.2)
    pace(PRICES="twilio=2 TRY,netgsm=0.25 TRY")
    unsubscribe.forget()
    with TestClient(app.build(), follow_redirects=False) as made:
        yield made
    unsubscribe.forget()


@pytest.fixture
def ask(client: TestClient, person: face.Caller) -> Ask:
    """`ask("GET", "/notify", by=caller, data={...})`: what the face answers to a request that the gateway has signed."""

    def asked(method: str, path: str, by: face.Reader = person, query: dict[str, Any] | None = None, **more: Any) -> Any:
        target = f"{path}?{urlencode(query)}" if query else path
        headers = more.pop("headers", {}) | {face.CALLER: face.sign(by, "notify", method, target)}
        return client.request(method, target, headers=headers, **more)

    return asked


@pytest.fixture
def sent() -> Callable[[str, UUID], None]:
    """`sent("twilio", message_id)`: pump until the catcher has it."""

    def go(provider: str, identity: UUID) -> None:
        with pumping(provider):
            until(lambda: message(identity).state == MessageState.ACCEPTED)

    return go
