"""Who is asking: a program with a key or a person in a signed-in browser, for one company or for the whole installation."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from gateway import credentials
from gateway.models import Account, ApiKey, Company, Visit
from gateway.settings import settings
from imece import db
from imece.contracts import Role

_RANKS = {Role.VIEWER: 1, Role.OPERATOR: 2, Role.ADMIN: 3, Role.SYSTEM: 9}

#: `last_used_at` is written at most this often.
_MINUTE = timedelta(minutes=1)

#: A console session ends after this long, used or not.
_LONGEST_VISIT = timedelta(days=7)


@dataclass(frozen=True)
class Caller:
    """
    Who is asking, as far as everything behind the gate needs to know.

    `company_id` None means the whole installation: such a caller sees every company. `name` is what stands on the jobs they ask for.
    """

    name: str
    role: Role
    company_id: UUID | None
    company: str | None = None
    account_id: UUID | None = None
    locale: str | None = None
    cookie: str | None = None  #: of a signed-in browser

    def may(self, role: Role) -> bool:
        """Whether the caller's role includes `role`. Nobody's includes `Role.SYSTEM`."""
        return _RANKS[self.role] >= _RANKS[role]

    @property
    def runs_the_installation(self) -> bool:
        """Whether the caller is an admin of the whole installation."""
        return self.company_id is None and self.role is Role.ADMIN


def by_token(token: str) -> Caller | None:
    """The caller behind an API token, or None for one that is unknown or revoked."""
    if not token.startswith(credentials.TOKEN_START):
        return None
    query = (
        sa.select(ApiKey.id, ApiKey.name, ApiKey.prefix, ApiKey.role, ApiKey.company_id, Company.name.label("company"))
        .outerjoin(Company, Company.id == ApiKey.company_id)
        .where(ApiKey.token_hash == credentials.token_hash(token), ApiKey.revoked_at.is_(None))
    )
    now = sa.func.clock_timestamp()
    with db.quick() as connection:
        found = connection.execute(query).one_or_none()
        if found is None:
            return None
        unseen = ApiKey.last_used_at.is_(None) | (ApiKey.last_used_at < now - _MINUTE)
        connection.execute(sa.update(ApiKey).where(ApiKey.id == found.id, unseen).values(last_used_at=now))
    return Caller(name=f"{found.name} ({found.prefix}…)", role=Role(found.role), company_id=found.company_id, company=found.company)


def by_cookie(cookie: str) -> Caller | None:
    """The person behind a session cookie, or None where it is unknown, ended, or of a disabled account."""
    now = sa.func.clock_timestamp()
    visit = credentials.visit_id(cookie)
    query = (
        sa.select(Account.id, Account.email, Account.role, Account.locale, Account.company_id, Company.name.label("company"))
        .join(Visit, Visit.account_id == Account.id)
        .outerjoin(Company, Company.id == Account.company_id)
        .where(
            Visit.id == visit,
            Visit.used_at > now - timedelta(hours=settings().session_hours),
            Visit.created_at > now - _LONGEST_VISIT,
            Account.disabled_at.is_(None),
        )
    )
    with db.quick() as connection:
        found = connection.execute(query).one_or_none()
        if found is None:
            return None
        connection.execute(sa.update(Visit).where(Visit.id == visit, Visit.used_at < now - _MINUTE).values(used_at=now))
    return Caller(
        name=found.email,
        role=Role(found.role),
        company_id=found.company_id,
        company=found.company,
        account_id=found.id,
        locale=found.locale,
        cookie=cookie,
    )
