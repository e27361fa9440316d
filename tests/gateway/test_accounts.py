from typing import Any

import pytest
import sqlalchemy as sa

from gateway import accounts, callers
from gateway.models import Account, ApiKey
from imece import db
from imece.contracts import Role
from imece.errors import Conflict, Invalid, NotFound

Firm = Any  #: conftest.Firm


def test_a_key_opens_until_it_is_revoked(firm: Firm) -> None:
    with db.transaction() as session:
        key, token = accounts.add_key(session, "Depo", Role.VIEWER, firm.id)
    caller = callers.by_token(token)
    assert caller is not None
    assert (caller.company_id, caller.role) == (firm.id, Role.VIEWER)

    with db.transaction() as session:
        accounts.revoke_key(session, token[:12])

    assert callers.by_token(token) is None
    with db.transaction() as session, pytest.raises(NotFound):
        accounts.revoke_key(session, str(key.id))


def test_tokens_and_passwords_are_not_in_the_database(firm: Firm) -> None:
    with db.transaction() as session:
        rows = [str(row) for table in (ApiKey, Account) for row in session.execute(sa.select(table.__table__))]

    assert not any(token in row for token in firm.tokens.values() for row in rows)


def test_nobody_is_given_the_role_of_imece_itself(firm: Firm) -> None:
    with db.transaction() as session, pytest.raises(Invalid):
        accounts.add_key(session, "Depo", Role.SYSTEM, firm.id)
    with db.transaction() as session, pytest.raises(Invalid):
        accounts.add_account(session, "a@example.com", Role.SYSTEM, firm.id)


@pytest.mark.parametrize("email", ["", "ayse", "@example.com", "ayse@", "a b@example.com", "a@b@c"])
def test_an_account_needs_an_e_mail_address(firm: Firm, email: str) -> None:
    with db.transaction() as session, pytest.raises(Invalid):
        accounts.add_account(session, email, Role.VIEWER, firm.id)


def test_one_address_one_account_however_it_is_written(firm: Firm) -> None:
    with db.transaction() as session, pytest.raises(Conflict):
        accounts.add_account(session, " AYSE@Example.com ", Role.VIEWER, firm.id)


def test_a_company_is_found_by_name_or_id_and_named_once(firm: Firm) -> None:
    with db.transaction() as session:
        assert accounts.company(session, firm.name).id == firm.id
        assert accounts.company(session, str(firm.id)).id == firm.id
        with pytest.raises(NotFound):
            accounts.company(session, "Yok A.Ş.")
        with pytest.raises(Conflict):
            accounts.add_company(session, firm.name)
        with pytest.raises(Invalid):
            accounts.add_company(session, "  ")


def test_ensure_twice_makes_nothing_new(database: sa.Engine) -> None:
    first = accounts.ensure("Demo A.Ş.", "demo@example.com", whole_installation=True)
    again = accounts.ensure("Demo A.Ş.", "demo@example.com", whole_installation=True)

    assert first.token
    assert first.password
    assert (again.company_id, again.token, again.password) == (first.company_id, None, None)
    caller = callers.by_token(first.token)
    assert caller is not None
    assert caller.company_id == first.company_id


def test_a_reset_password_opens_a_closed_account(firm: Firm) -> None:
    with db.transaction() as session:
        accounts.close_account(session, firm.email)
    with db.transaction() as session:
        password = accounts.reset_password(session, firm.email)
    with db.transaction() as session:
        [(account, owner)] = accounts.people(session)

    assert account.disabled_at is None
    assert owner == firm.name
    assert len(password) == 24


def test_companies_are_listed_in_turkish_order(firm: Firm) -> None:
    names = ["Zirve A.Ş.", "Çınar Ltd.", "Can Ticaret", "İpek Tekstil", "Irmak Gıda"]
    with db.transaction() as session:
        for name in names:
            accounts.add_company(session, name)
        found = [company.name for company in accounts.companies(session) if company.name in names]
    assert found == ["Can Ticaret", "Çınar Ltd.", "Irmak Gıda", "İpek Tekstil", "Zirve A.Ş."]
