"""`imece gateway ...`: companies, API keys, console accounts."""

import json
from typing import Annotated, Any, Literal

import typer

app = typer.Typer(help="Companies, API keys and console accounts.", no_args_is_help=True)
company_app = typer.Typer(help="Companies of this installation.", no_args_is_help=True)
key_app = typer.Typer(help="API keys for programs.", no_args_is_help=True)
account_app = typer.Typer(help="Accounts for people, to sign in to the console.", no_args_is_help=True)
app.add_typer(company_app, name="company")
app.add_typer(key_app, name="key")
app.add_typer(account_app, name="account")

RoleName = Literal["viewer", "operator", "admin"]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON")]
CompanyOption = Annotated[str | None, typer.Option("--company", help="Its name or id; without it: the whole installation")]


@app.command("ensure")
def ensure(
    company: Annotated[str, typer.Option(help="The company's name")],
    email: Annotated[str, typer.Option(help="Who signs in")],
    as_json: AsJson = False,
) -> None:
    """
    The first things: a company with an API key, and an admin's account for the whole installation. Run twice it changes nothing.

    Token and password are shown only in the run that made them.
    """
    from gateway import accounts  # noqa: PLC0415
    from gateway.settings import settings  # noqa: PLC0415

    access = accounts.ensure(company, email, whole_installation=True)
    told = {
        "company_id": str(access.company_id),
        "email": access.email,
        "token": access.token,
        "password": access.password,
        "url": settings().url,
    }
    _say(told, as_json, "\n".join(f"{name:<10} {value}" for name, value in told.items() if value))


@company_app.command("add")
def company_add(name: str, as_json: AsJson = False) -> None:
    """Add a company."""
    from gateway import accounts  # noqa: PLC0415 (no models at import time)
    from imece import db  # noqa: PLC0415

    with db.transaction() as session:
        company = accounts.add_company(session, name)
        _say({"id": str(company.id), "name": company.name}, as_json, f"{company.id}  {company.name}")


@company_app.command("list")
def company_list(as_json: AsJson = False) -> None:
    """List the companies."""
    from gateway import accounts  # noqa: PLC0415
    from imece import db  # noqa: PLC0415

    with db.transaction() as session:
        rows = [{"id": str(c.id), "name": c.name, "created_at": c.created_at.isoformat()} for c in accounts.companies(session)]
    _table(rows, as_json)


@key_app.command("add")
def key_add(
    name: str, role: Annotated[RoleName, typer.Option()] = "operator", company: CompanyOption = None, as_json: AsJson = False
) -> None:
    """Add an API key and print its token: the only time it can be seen."""
    from gateway import accounts  # noqa: PLC0415
    from imece import db  # noqa: PLC0415
    from imece.contracts import Role  # noqa: PLC0415

    with db.transaction() as session:
        company_id = accounts.company(session, company).id if company else None
        key, token = accounts.add_key(session, name, Role(role), company_id)
        _say({"id": str(key.id), "name": key.name, "role": key.role, "company_id": _text(company_id), "token": token}, as_json, token)
    if not as_json:
        typer.echo("Keep it now: it cannot be shown again.", err=True)


@key_app.command("list")
def key_list(company: CompanyOption = None, as_json: AsJson = False) -> None:
    """List the keys, revoked ones too."""
    from gateway import accounts  # noqa: PLC0415
    from imece import db  # noqa: PLC0415

    with db.transaction() as session:
        company_id = accounts.company(session, company).id if company else None
        rows = [
            {
                "id": str(key.id),
                "name": key.name,
                "company": owner,
                "role": key.role,
                "prefix": key.prefix,
                "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
                "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
            }
            for key, owner in accounts.keys(session, company_id)
        ]
    _table(rows, as_json)


@key_app.command("revoke")
def key_revoke(which: Annotated[str, typer.Argument(help="Its id or the shown beginning of its token")], as_json: AsJson = False) -> None:
    """Close a key for ever."""
    from gateway import accounts  # noqa: PLC0415
    from imece import db  # noqa: PLC0415

    with db.transaction() as session:
        key = accounts.revoke_key(session, which)
        _say({"id": str(key.id), "name": key.name, "revoked_at": str(key.revoked_at)}, as_json, f"revoked: {key.name} ({key.prefix}…)")


@account_app.command("add")
def account_add(
    email: str,
    role: Annotated[RoleName, typer.Option()] = "operator",
    company: CompanyOption = None,
    locale: Annotated[Literal["tr", "en"], typer.Option()] = "tr",
    password_stdin: Annotated[bool, typer.Option(help="Read the password from standard input instead of making one")] = False,
    as_json: AsJson = False,
) -> None:
    """Add an account. Without a given password one is made and printed: the only time it can be seen."""
    from gateway import accounts  # noqa: PLC0415
    from imece import db  # noqa: PLC0415
    from imece.contracts import Role  # noqa: PLC0415

    given = typer.get_text_stream("stdin").readline().rstrip("\n") if password_stdin else None
    with db.transaction() as session:
        company_id = accounts.company(session, company).id if company else None
        account, fresh = accounts.add_account(session, email, Role(role), company_id, password=given, locale=locale)
        told = {"id": str(account.id), "email": account.email, "role": account.role, "company_id": _text(company_id), "password": fresh}
        _say(told, as_json, fresh or account.email)
    if fresh and not as_json:
        typer.echo("Keep it now: it cannot be shown again.", err=True)


@account_app.command("list")
def account_list(as_json: AsJson = False) -> None:
    """List the accounts."""
    from gateway import accounts  # noqa: PLC0415
    from imece import db  # noqa: PLC0415

    with db.transaction() as session:
        rows = [
            {
                "email": account.email,
                "company": owner,
                "role": account.role,
                "signed_in_at": account.signed_in_at.isoformat() if account.signed_in_at else None,
                "disabled_at": account.disabled_at.isoformat() if account.disabled_at else None,
            }
            for account, owner in accounts.people(session)
        ]
    _table(rows, as_json)


@account_app.command("reset")
def account_reset(email: str, as_json: AsJson = False) -> None:
    """Give an account a new password, open it where it was closed, and sign it out everywhere; prints the password once."""
    from gateway import accounts  # noqa: PLC0415
    from imece import db  # noqa: PLC0415

    with db.transaction() as session:
        password = accounts.reset_password(session, email)
        _say({"email": email, "password": password}, as_json, password)


@account_app.command("close")
def account_close(email: str, as_json: AsJson = False) -> None:
    """Close an account and sign it out everywhere."""
    from gateway import accounts  # noqa: PLC0415
    from imece import db  # noqa: PLC0415

    with db.transaction() as session:
        accounts.close_account(session, email)
        _say({"email": email}, as_json, f"closed: {email}")


def _text(value: object | None) -> str | None:
    return None if value is None else str(value)


def _say(values: dict[str, Any], as_json: bool, line: str) -> None:
    typer.echo(json.dumps(values, ensure_ascii=False) if as_json else line)


def _table(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(*(rows[0] if rows else ["-"]))
    for row in rows:
        table.add_row(*("-" if value is None else str(value) for value in row.values()))
    Console().print(table)
