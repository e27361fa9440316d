"""Claims about the commands for caught messages and for Telegram's escapes, with no stack running."""

import json
import os
import subprocess
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from imece import config
from imece.clock import now
from imece.errors import NotFound
from notify.caught import texts
from notify.caught.texts import CaughtText, seal
from notify.channels import markup
from notify.cli import app
from notify.settings import settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IMECE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NOTIFY_CATCHER_FOLDER", str(tmp_path))
    for cached in (settings, config.settings, texts._lock):
        cached.cache_clear()
    texts.keep(
        tmp_path / "texts",
        [
            CaughtText("SM1", "twilio", now(), "+905321112233", "IMECE", seal("Kodunuz 918273")),
            CaughtText("-100/7", "telegram", now(), "-100", "bot", seal("<b>İndirim</b>")),
        ],
    )
    return tmp_path


def run(*arguments: str, text: bytes | None = None) -> str:
    result = CliRunner().invoke(app, arguments, input=text)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_caught_messages_are_listed_without_their_codes_and_shown_with_them(folder: Path) -> None:
    assert [(one["id"], one["text"]) for one in json.loads(run("texts", "--json"))] == [
        ("-100/7", "<b>İndirim</b>"),
        ("SM1", "Kodunuz ••••••"),
    ]
    assert [one["id"] for one in json.loads(run("texts", "--json", "--to", "2233", "--provider", "twilio"))] == ["SM1"]
    assert run("text", "SM1").endswith("\nKodunuz 918273\n")
    assert "To: +905321112233" in run("text", "SM1")
    with pytest.raises(NotFound):
        run("text", "SM2")


def test_an_empty_folder_is_said_to_be_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_CATCHER_FOLDER", str(tmp_path))
    settings.cache_clear()

    assert str(tmp_path) in run("texts").replace("\n", "")


@given(st.text(max_size=80), st.sampled_from(["html", "markdownv2"]))
def test_what_comes_in_goes_out_escaped_and_nothing_else_is_touched(text: str, mode: str) -> None:
    escape = {"html": markup.escape_html, "markdownv2": markup.escape_markdownv2}[mode]

    result = CliRunner().invoke(app, ["escape-telegram", "--mode", mode, "--stdin"], input=text.encode())

    assert result.exit_code == 0
    assert result.stdout_bytes == escape(text).encode()


def test_a_text_may_be_an_argument_even_one_with_a_dash() -> None:
    assert run("escape-telegram", "2.450,00 TL (-%20)!", "--mode", "markdownv2") == "2\\.450,00 TL \\(\\-%20\\)\\!\n"
    assert run("escape-telegram", "-20 <b>") == "-20 &lt;b&gt;\n"


def test_neither_or_both_or_no_utf8_is_a_wrong_call() -> None:
    for arguments, text in (
        (["escape-telegram"], None),
        (["escape-telegram", "a", "--stdin"], b"b"),
        (["escape-telegram", "--stdin"], b"\xff"),
    ):
        assert CliRunner().invoke(app, arguments, input=text).exit_code == 2


def test_it_works_as_a_command_of_the_house() -> None:
    imece = str(Path(sysconfig.get_path("scripts"), "imece"))
    command = [imece, "notify", "escape-telegram", "--mode", "markdownv2", "--stdin"]
    ended = subprocess.run(command, input="ğ_*\nsatır.\n".encode(), capture_output=True, check=True, env={**os.environ})  # noqa: TID251 (for a process of its own)

    assert ended.stdout.decode() == "ğ\\_\\*\nsatır\\.\n"
