"""Settings: from the environment, checked at the start, their secrets never said."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from imece import config
from imece.config import Settings
from imece.errors import Misconfigured


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No variable of ours, and no .env."""
    import os

    for name in [name for name in os.environ if name.startswith(("IMECE_", "POST_"))]:  # noqa: TID251 (what is taken away)
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    config.settings.cache_clear()
    yield
    config.settings.cache_clear()


class Own(BaseSettings):
    """Settings of a service."""

    model_config = SettingsConfigDict(env_prefix="POST_", extra="ignore")

    key: SecretStr = SecretStr("")
    rate: int = 1


def test_the_defaults_run_on_a_laptop(tmp_path: Path) -> None:
    settings = config.settings()
    assert settings.home == tmp_path / "var"
    assert settings.database_url.get_secret_value() == ""
    assert settings.grace > 0


def test_a_home_is_made_absolute_and_knows_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMECE_HOME", "~/imece")
    assert config.load(Settings).home == Path.home() / "imece"


def test_a_secret_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("  geheim\n")
    monkeypatch.setenv("POST_KEY_FILE", str(tmp_path / "key"))
    assert config.load(Own).key.get_secret_value() == "geheim"


def test_a_file_that_cannot_be_read_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POST_KEY_FILE", "/nowhere/key")
    with pytest.raises(Misconfigured, match=r"POST_KEY_FILE: cannot read /nowhere/key"):
        config.load(Own)


def test_wrong_values_are_named_by_their_variables_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POST_RATE", "hunter2")
    with pytest.raises(Misconfigured) as told:
        config.load(Own)
    assert "POST_RATE" in told.value.en
    assert "POST_RATE" in told.value.tr
    assert "hunter2" not in told.value.en + told.value.tr


def test_everything_that_is_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMECE_GRACE", "-1")
    monkeypatch.setenv("IMECE_LOG_LEVEL", "LOUD")
    with pytest.raises(Misconfigured, match=r"IMECE_\w+.*IMECE_\w+"):
        config.load(Settings)


def test_a_secret_is_not_shown_with_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMECE_DATABASE_URL", "postgresql://u:hunter2@h/d")
    assert "hunter2" not in repr(config.load(Settings))
