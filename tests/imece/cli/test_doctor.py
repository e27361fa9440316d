"""`imece doctor`."""

import json

import pytest
import redis
import sqlalchemy as sa
import typer
from typer.testing import CliRunner

from imece import checks, config
from imece.checks import Finding
from imece.cli import doctor


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    doctor.register(app)
    return app


def test_a_fault_is_shown_and_ends_with_1(
    app: typer.Typer, database: sa.Engine, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "queues", lambda: iter(()))  # loads every service's actors; its own tests do
    redis_client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        for_people, for_programs = CliRunner().invoke(app, []), CliRunner().invoke(app, ["--json"])
    finally:
        redis_client.config_set("maxmemory-policy", "noeviction")

    assert (for_people.exit_code, for_programs.exit_code) == (1, 1)
    assert "noeviction" in for_people.output
    found = {line["about"]: line for line in json.loads(for_programs.stdout)}
    assert found["redis"]["level"] == "fault"
    assert found["postgres"]["level"] == "ok"
    assert found["redis"]["en"] != found["redis"]["tr"]


@pytest.mark.parametrize(("locale", "word"), [("en", "warning"), ("tr", "uyarı")])
def test_a_warning_is_no_fault(app: typer.Typer, locale: str, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMECE_LOCALE", locale)
    config.settings.cache_clear()
    monkeypatch.setattr(checks, "everything", lambda: iter([Finding("disk", "warning", "Little is left", "Az yer kaldı")]))

    result = CliRunner().invoke(app, [])

    config.settings.cache_clear()
    assert result.exit_code == 0
    assert word in result.output
