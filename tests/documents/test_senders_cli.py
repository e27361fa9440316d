"""`imece documents sender`, as an operator types it."""

import json
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from typer.testing import CliRunner

from documents.senders_cli import app

FIELDS = [
    "--title",
    "Örnek Yapı A.Ş.",
    "--address",
    "Ataşehir",
    "--city",
    "İstanbul",
    "--tax-number",
    "4540536920",
    "--email",
    "m@o.example",
]


def test_a_letterhead_is_set_and_shown(database: sa.Engine, company: UUID, tmp_path: Path) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 1"><rect width="4" height="1"/></svg>')
    run = CliRunner()

    made = run.invoke(app, ["set", "--company", str(company), *FIELDS, "--logo", str(logo)], catch_exceptions=False)
    shown = run.invoke(app, ["show", "--company", str(company), "--json"], catch_exceptions=False)
    plain = run.invoke(app, ["show", "--company", str(company)], catch_exceptions=False)

    assert made.output == "Örnek Yapı A.Ş. (4540536920)\n"
    fields = json.loads(shown.output)
    assert (fields["city"], fields["phone"]) == ("İstanbul", None)
    assert fields["logo_key"].endswith("/logo.svg")
    assert "tax_number   4540536920" in plain.output


def test_help_needs_no_database() -> None:
    """The command line starts without models and engines: they are loaded when a command runs."""
    script = "import sys, documents.senders_cli; print([name for name in ('sqlalchemy', 'typst', 'imece.db') if name in sys.modules])"

    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"
