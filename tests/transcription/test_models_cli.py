import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from imece import cli as top
from imece.errors import ImeceError
from transcription import cli, weights
from transcription.weights import hub

run = CliRunner()


@pytest.fixture
def place(tmp_path: Path, setting: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for models, and nobody to ask."""
    setting(models=tmp_path, offline=True)
    monkeypatch.setattr(hub, "cached", lambda _: None)
    monkeypatch.setattr(weights, "_missing", {})
    return tmp_path


def test_the_list_says_what_is_here(base_model: Path, setting: Any) -> None:
    setting(models=base_model.parent)
    found = {one["model"]: one for one in json.loads(run.invoke(cli.app, ["models", "list", "--json"]).stdout)}
    assert (found["base"]["here"], found["base"]["path"]) == (True, str(base_model))
    assert found["small"]["memory_mb"] > found["base"]["memory_mb"]
    assert "base" in run.invoke(cli.app, ["models", "list"]).stdout


def test_a_model_that_is_here_is_found_verified_and_not_fetched_again(base_model: Path, setting: Any) -> None:
    setting(models=base_model.parent, offline=True)
    assert run.invoke(cli.app, ["models", "path", "base"]).stdout.strip() == str(base_model)
    verified = run.invoke(cli.app, ["models", "verify", "base", "--json"])
    assert (verified.exit_code, json.loads(verified.stdout)[0]["model"]) == (0, "base")
    assert run.invoke(cli.app, ["models", "fetch", "base"]).exit_code == 0


def test_a_model_that_is_not_here_is_told(place: Path) -> None:
    missing = run.invoke(cli.app, ["models", "path", "small"])
    assert (missing.exit_code, "small" in missing.stderr) == (1, True)
    assert run.invoke(cli.app, ["models", "verify", "small"]).exit_code == 1
    fetched = run.invoke(cli.app, ["models", "fetch", "small"])
    assert isinstance(fetched.exception, ImeceError)  # `imece` makes one line of it, and exit code 1
    assert "TRANSCRIPTION_OFFLINE" in str(fetched.exception)


def test_verifying_goes_through_all_that_are_named(place: Path) -> None:
    """One that is damaged does not hide the others."""
    for name in ("tiny", "small"):
        (place / name).mkdir()
    found = run.invoke(cli.app, ["models", "verify"])
    assert found.exit_code == 1
    assert found.stderr.count("model.bin") == 2


@pytest.fixture
def imece() -> Any:
    """`imece plan ...`, as it stands at the top."""
    import typer

    app = typer.Typer()
    app.callback()(lambda: None)
    cli.register(app)
    return lambda *given: run.invoke(app, ["plan", *given])


def test_a_plan_answers_yes_with_the_table(imece: Any) -> None:
    found = imece("--model", "small", "--workers", "4", "--memory", "8")
    assert found.exit_code == 0
    assert found.stdout.startswith("Evet: 4 x small")
    assert all(name in found.stdout for name in weights.MODELS)


def test_a_plan_answers_no_with_its_exit_code_and_says_how_many_would_fit(imece: Any) -> None:
    found = imece("--model", "large-v3", "--workers", "4", "--memory", "4", "--json")
    assert found.exit_code == 1
    answer = json.loads(found.stdout)
    assert (answer["fits"], answer["most"]) == (False, 1)
    assert [row["model"] for row in answer["models"]] == list(weights.MODELS)


def test_what_a_service_registers_stands_at_the_top(monkeypatch: pytest.MonkeyPatch) -> None:
    """`imece plan`, not `imece transcription plan`."""
    import sys

    import typer

    monkeypatch.setattr(top, "app", typer.Typer())
    monkeypatch.setattr(sys, "argv", ["imece", "plan", "--help"])
    with pytest.raises(SystemExit) as ended:
        top.main()
    assert ended.value.code == 0
