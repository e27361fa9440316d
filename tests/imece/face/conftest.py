"""A secret of its own for every test, and somebody who asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from imece import config, face, ids
from imece.contracts import Role


@pytest.fixture
def ayse() -> face.Caller:
    return face.Caller("ayşe@example.com", Role.OPERATOR, ids.new_id(), "Örnek Ticaret A.Ş.", "tr", "f" * 64)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    monkeypatch.setenv("IMECE_HOME", str(tmp_path))
    config.settings.cache_clear()
    face.secret.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    config.settings.cache_clear()
    face.secret.cache_clear()
