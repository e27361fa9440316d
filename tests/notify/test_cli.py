"""Claims about `imece notify`, which works on the folder with no stack running."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from imece.contracts.notify import SendEmail
from imece.errors import NotFound
from notify.caught import mails
from notify.channels import email as channel
from notify.cli import app
from notify.settings import settings

LONG = "Öz Çağrı İnşaat Taahhüt Turizm Sanayi ve Ticaret Limited Şti."


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NOTIFY_CATCHER_FOLDER", str(tmp_path))
    settings.cache_clear()
    return tmp_path


def keep(folder: Path, number: int, to: str) -> None:
    contract = SendEmail(to=to, to_name=LONG, subject=f"Mutabakat {number} ığüşöç", text=f"Sayın yetkili {number}")
    content = channel.compose(contract, f"<000{number}@x>", None, settings()).content
    mails.keep(folder, f"<000{number}@x>", f"Delivered-To: {to}\r\n".encode() + content)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0
    return result.output


def test_mails_are_listed_and_found_by_recipient(folder: Path) -> None:
    for number, to in ((1, "ali@example.com"), (2, "veli@example.com")):
        keep(folder, number, to)

    assert [(mail["id"], mail["message_id"]) for mail in json.loads(run("mails", "--json", "--to", "VELI"))] == [("0002", "0002@x")]
    assert {tuple(mail["to"]) for mail in json.loads(run("mails", "--json"))} == {("ali@example.com",), ("veli@example.com",)}
    assert "Mutabakat 1" in run("mails")
    assert "--limit" in run("mails", "--limit", "1")
    assert "--limit" not in run("mails", "--limit", "2")


def test_an_empty_folder_is_said_to_be_empty(folder: Path) -> None:
    assert str(folder) in run("mails").replace("\n", "")
    assert json.loads(run("mails", "--json")) == []


def test_a_mail_is_shown_by_the_beginning_of_its_id(folder: Path) -> None:
    keep(folder, 1, "ali@example.com")

    shown = run("show", "0001")

    assert "Subject: Mutabakat 1 ığüşöç" in shown
    assert f"To: {LONG} <ali@example.com>" in shown
    assert "Sayın yetkili 1" in shown
    assert run("show", "0001", "--raw").startswith("Delivered-To: ali@example.com")
    with pytest.raises(NotFound):
        run("show", "0009")


def test_attachments_are_saved_inside_the_folder_whatever_they_are_called(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    from email.message import EmailMessage
    from email.policy import SMTP

    message = EmailMessage(SMTP)
    message.set_content("x")
    for name in ("../../mektup.pdf", "mektup.pdf", "..", "liste.xlsx"):
        message.add_attachment(name.encode(), "application", "octet-stream", filename=name)
    mails.keep(folder, "<a@x>", message.as_bytes())
    target = tmp_path_factory.mktemp("saved") / "deep" / "folder"

    run("show", "a@x", "--save", str(target))

    assert {path.name: path.read_text() for path in target.iterdir()} == {
        "mektup.pdf": "../../mektup.pdf",
        "2-mektup.pdf": "mektup.pdf",
        "3": "..",
        "liste.xlsx": "liste.xlsx",
    }
    assert list(target.parent.iterdir()) == [target]
