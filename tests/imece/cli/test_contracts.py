"""`imece contracts`, and what the command line does with errors."""

import json
import sys

import pytest
import typer
from typer.testing import CliRunner

from imece import cli, config
from imece.cli import contracts


def imece(*words: str) -> str:
    app = typer.Typer()
    contracts.register(app)
    app.command()(lambda: None)
    return CliRunner().invoke(app, ["contracts", *words], catch_exceptions=False).stdout


def test_every_kind_is_listed_with_its_limits_and_who_may_ask() -> None:
    found = {row["kind"]: row for row in json.loads(imece("list", "--json"))}
    assert found["notify.send_email"]["queue"] == "notify.email"
    assert found["notify.send_email"]["role"] == "operator"
    assert "notify.send_email" in imece("list")


def test_the_description_is_json() -> None:
    assert json.loads(imece("asyncapi"))["asyncapi"] == "3.0.0"


@pytest.mark.parametrize(("locale", "line"), [("tr", "imece: Böyle bir iş yok."), ("en", "imece: There is no such job.")])
def test_an_error_is_one_line_in_the_operators_language_and_exit_code_1(
    database: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], locale: str, line: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["imece", "jobs", "show", "01999999-0000-7000-8000-000000000000"])
    monkeypatch.setattr(cli, "app", typer.Typer(no_args_is_help=True))
    monkeypatch.setenv("IMECE_LOCALE", locale)
    config.settings.cache_clear()
    try:
        with pytest.raises(SystemExit) as ended:
            cli.main()
    finally:
        config.settings.cache_clear()
    assert ended.value.code == 1
    assert capsys.readouterr().err.strip() == line
