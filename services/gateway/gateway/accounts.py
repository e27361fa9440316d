"""Companies, API keys and console accounts: made, listed, revoked."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gateway import credentials
from gateway.models import Account, ApiKey, Company, Knock, Visit
from imece import db, text
from imece.contracts import Role
from imece.errors import Conflict, Invalid, NotFound
from imece.ids import new_id

_SHORTEST_PASSWORD = 10


@dataclass(frozen=True)
class Access:
    """What `ensure` found or made. `token` and `password` are there only when they are new: nobody can read them again."""

    company_id: UUID
    email: str
    token: str | None
    password: str | None


def folded(email: str) -> str:
    """The one spelling under which an e-mail address is kept."""
    return email.strip().casefold()


def add_company(session: Session, name: str) -> Company:
    """A new company. Raises Conflict when one is called so, Invalid for an empty name."""
    name = name.strip()
    if not name:
        raise Invalid("A company needs a name.", "Şirketin bir adı olmalı.")
    if session.scalar(sa.select(Company.id).where(Company.name == name)):
        raise Conflict(f"There is a company called {name} already.", f"{name} adında bir şirket zaten var.")
    company = Company(id=new_id(), name=name)
    session.add(company)
    session.flush()
    return company


def companies(session: Session) -> list[Company]:
    """Every company, by name, in Turkish order."""
    return sorted(session.scalars(sa.select(Company)), key=lambda company: text.sort_key(company.name))


def company_names(session: Session, caller_company: UUID | None) -> dict[UUID, str]:
    """Names by id for a caller who sees several companies; empty for one who sees only its own."""
    return {c.id: c.name for c in companies(session)} if caller_company is None else {}


def company(session: Session, which: str) -> Company:
    """The company with this id or name. Raises NotFound."""
    try:
        clause = Company.id == UUID(which)
    except ValueError:
        clause = Company.name == which.strip()
    found = session.scalar(sa.select(Company).where(clause))
    if found is None:
        raise NotFound(f"There is no company {which}.", f"{which} adında bir şirket yok.")
    return found


def add_key(session: Session, name: str, role: Role, company_id: UUID | None) -> tuple[ApiKey, str]:
    """A new API key and its token, which is not kept and cannot be shown again. `company_id` None: for the whole installation."""
    _grantable(role)
    if not name.strip():
        raise Invalid("A key needs a name that says who uses it.", "Anahtarın, kimin kullandığını söyleyen bir adı olmalı.")
    token = credentials.new_token()
    key = ApiKey(
        id=new_id(),
        company_id=company_id,
        name=name.strip(),
        role=role.value,
        token_hash=credentials.token_hash(token),
        prefix=credentials.token_prefix(token),
    )
    session.add(key)
    session.flush()
    return key, token


def keys(session: Session, company_id: UUID | None = None) -> list[tuple[ApiKey, str | None]]:
    """Every key with its company's name, revoked ones too; only those of `company_id` when given."""
    query = sa.select(ApiKey, Company.name).outerjoin(Company, Company.id == ApiKey.company_id).order_by(ApiKey.id)
    if company_id:
        query = query.where(ApiKey.company_id == company_id)
    return [(key, name) for key, name in session.execute(query)]


def revoke_key(session: Session, which: str) -> ApiKey:
    """Close a key for ever; `which` is its id or the shown beginning of its token. Raises NotFound, and Conflict when several begin so."""
    try:
        clause = ApiKey.id == UUID(which)
    except ValueError:
        clause = ApiKey.prefix == credentials.token_prefix(which)
    found = list(session.scalars(sa.select(ApiKey).where(clause, ApiKey.revoked_at.is_(None))))
    if not found:
        raise NotFound(f"There is no open key {which}.", f"{which} diye açık bir anahtar yok.")
    if len(found) > 1:
        raise Conflict(f"Several keys begin with {which}: give the id.", f"{which} ile başlayan birkaç anahtar var: kimliğini verin.")
    session.execute(sa.update(ApiKey).where(ApiKey.id == found[0].id).values(revoked_at=sa.func.clock_timestamp()))
    session.refresh(found[0])
    return found[0]


def add_account(
    session: Session, email: str, role: Role, company_id: UUID | None, *, password: str | None = None, locale: str = "tr"
) -> tuple[Account, str | None]:
    """
    A new console account, and its password where none was given: it is not kept and cannot be shown again.

    Raises Conflict when the e-mail has an account, Invalid for what is no e-mail and for a password shorter than ten characters.
    """
    _grantable(role)
    email = folded(email)
    if email.count("@") != 1 or email.startswith("@") or email.endswith("@") or any(c.isspace() for c in email):
        raise Invalid(f"{email} is no e-mail address.", f"{email} bir e-posta adresi değil.")
    if password is not None and len(password) < _SHORTEST_PASSWORD:
        raise Invalid(f"A password needs {_SHORTEST_PASSWORD} characters.", f"Parola en az {_SHORTEST_PASSWORD} karakter olmalı.")
    if session.scalar(sa.select(Account.id).where(Account.email == email)):
        raise Conflict(f"{email} has an account already.", f"{email} için zaten bir hesap var.")
    fresh = None if password else credentials.new_password()
    account = Account(
        id=new_id(),
        company_id=company_id,
        email=email,
        password_hash=credentials.password_hash(password or fresh or ""),
        role=role.value,
        locale=locale,
    )
    session.add(account)
    session.flush()
    return account, fresh


def people(session: Session) -> list[tuple[Account, str | None]]:
    """Every account with its company's name, by e-mail."""
    query = sa.select(Account, Company.name).outerjoin(Company, Company.id == Account.company_id).order_by(Account.email)
    return [(account, name) for account, name in session.execute(query)]


def reset_password(session: Session, email: str) -> str:
    """A new password for the account, which is open afterwards; every browser is signed out. Raises NotFound."""
    account = _account(session, email)
    password = credentials.new_password()
    account.password_hash = credentials.password_hash(password)
    account.disabled_at = None
    session.execute(sa.delete(Visit).where(Visit.account_id == account.id))
    session.execute(sa.delete(Knock).where(Knock.email == account.email))
    return password


def close_account(session: Session, email: str) -> None:
    """Nobody signs in with the account any more; every browser is signed out. Raises NotFound."""
    account = _account(session, email)
    session.execute(sa.update(Account).where(Account.id == account.id).values(disabled_at=sa.func.clock_timestamp()))
    session.execute(sa.delete(Visit).where(Visit.account_id == account.id))


def ensure(company: str, email: str, *, role: Role = Role.ADMIN, whole_installation: bool = False, key_name: str = "demo") -> Access:
    """
    A company called so, an account and an API key for it, made where they are missing; run twice it changes nothing.

    `whole_installation` gives the account every company (and the dashboard); the key is always the company's. A token or a password comes
    back only in the run that made it.
    """
    token = password = None
    with db.transaction() as session:
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("gateway.ensure"))))
        home = session.scalar(sa.select(Company).where(Company.name == company)) or add_company(session, company)
        if not session.scalar(sa.select(Account.id).where(Account.email == folded(email))):
            _, password = add_account(session, email, role, None if whole_installation else home.id)
        open_keys = sa.select(ApiKey.id).where(ApiKey.company_id == home.id, ApiKey.name == key_name, ApiKey.revoked_at.is_(None))
        if not session.scalars(open_keys).first():
            _, token = add_key(session, key_name, Role.OPERATOR, home.id)
        return Access(company_id=home.id, email=folded(email), token=token, password=password)


def _account(session: Session, email: str) -> Account:
    found = session.scalar(sa.select(Account).where(Account.email == folded(email)))
    if found is None:
        raise NotFound(f"{email} has no account.", f"{email} için bir hesap yok.")
    return found


def _grantable(role: Role) -> None:
    if role is Role.SYSTEM:
        raise Invalid("Only imece itself has the role system.", "system rolü yalnızca imece'nin kendisine aittir.")
