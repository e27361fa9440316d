import json
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from gateway import callers
from gateway.cli import app
from imece.contracts import Role
from imece.errors import ImeceError

pytestmark = pytest.mark.usefixtures("database")


def run(*words: str, given: str | None = None) -> Result:
    done = CliRunner().invoke(app, list(words), input=given)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def told(*words: str, given: str | None = None) -> Any:
    return json.loads(run(*words, "--json", given=given).stdout)


def test_a_company_its_key_and_its_account_from_nothing(database: sa.Engine) -> None:
    company = told("company", "add", "Örnek A.Ş.")
    key = told("key", "add", "Depo", "--role", "viewer", "--company", "Örnek A.Ş.")
    account = told("account", "add", "ayse@example.com", "--role", "admin", "--company", company["id"])

    caller = callers.by_token(key["token"])
    assert caller is not None
    assert (str(caller.company_id), caller.role) == (company["id"], Role.VIEWER)
    assert len(account["password"]) == 24
    assert [row["name"] for row in told("company", "list")] == ["Örnek A.Ş."]
    [listed] = told("key", "list")
    assert (listed["prefix"], listed["company"]) == (key["token"][:12], "Örnek A.Ş.")
    assert key["token"] not in json.dumps(listed)
    assert [row["email"] for row in told("account", "list")] == ["ayse@example.com"]


def test_a_token_is_the_only_line_on_stdout(database: sa.Engine) -> None:
    done = run("key", "add", "Depo")

    assert callers.by_token(done.stdout.strip()) is not None
    assert "cannot be shown again" in done.stderr


def test_a_key_is_revoked_by_the_beginning_of_its_token() -> None:
    token = told("key", "add", "Depo")["token"]

    assert "revoked" in run("key", "revoke", token[:12]).stdout
    assert callers.by_token(token) is None
    with pytest.raises(ImeceError):
        run("key", "revoke", token[:12])


def test_a_password_may_come_from_standard_input() -> None:
    assert told("account", "add", "a@example.com", "--password-stdin", given="on-karakterden-uzun\n")["password"] is None
    with pytest.raises(ImeceError):
        run("account", "add", "b@example.com", "--password-stdin", given="kısa\n")


def test_an_account_is_reset_and_closed() -> None:
    told("account", "add", "a@example.com")

    assert len(told("account", "reset", "a@example.com")["password"]) == 24
    assert "closed" in run("account", "close", "a@example.com").stdout
    assert told("account", "list")[0]["disabled_at"]
    with pytest.raises(ImeceError):
        run("account", "close", "b@example.com")


def test_tables_are_for_the_eye() -> None:
    run("company", "add", "Örnek A.Ş.")

    assert "Örnek A.Ş." in run("company", "list").stdout
    assert run("key", "list").exit_code == 0
    assert run("account", "list").exit_code == 0


def test_no_such_company_no_key() -> None:
    with pytest.raises(ImeceError):
        run("key", "add", "Depo", "--company", "Yok")
    assert run("key", "add", "Depo", "--role", "system").exit_code == 2
