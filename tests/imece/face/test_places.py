"""The faces of what is installed are found by their cards."""

from typing import Any

import pytest

from imece import face, service
from imece.service import Service


def test_only_cards_with_a_face_have_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    places: dict[str, Any] = {"shop": ("127.0.0.1", 8310), "hall": ("::1", 8311)}
    cards = {name: Service(name, "", serves=True, face=name in places) for name in ("gateway", "shop", "hall")}
    monkeypatch.setattr(service, "installed", lambda: cards)
    monkeypatch.setattr(Service, "address", lambda card: places[card.name])

    assert face.installed() == {"shop": "http://127.0.0.1:8310", "hall": "http://[::1]:8311"}
