from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway import callers, logins
from gateway.models import Account, ApiKey, Visit
from imece import clock, db
from imece.contracts import Role

Firm = Any  #: conftest.Firm
PASSWORD = "dogru-at-pil-zimba"


@pytest.mark.parametrize(("role", "may"), [(Role.VIEWER, 1), (Role.OPERATOR, 2), (Role.ADMIN, 3)])
def test_each_role_includes_the_ones_before_it_and_never_that_of_imece(firm: Firm, role: Role, may: int) -> None:
    caller = callers.by_token(firm.tokens[role])

    assert caller is not None
    assert [caller.may(one) for one in (Role.VIEWER, Role.OPERATOR, Role.ADMIN, Role.SYSTEM)] == [True, may > 1, may > 2, False]


@pytest.mark.parametrize("token", ["", "imece_", "imece_x", "Bearer", "imece_" + "x" * 43, "ü" * 50])
def test_an_unknown_token_is_nobody(firm: Firm, token: str) -> None:
    assert callers.by_token(token) is None


def test_only_an_admin_without_a_company_runs_the_installation(firm: Firm, landlord: Firm) -> None:
    def runs(token: str) -> bool:
        caller = callers.by_token(token)
        return caller is not None and caller.runs_the_installation

    assert runs(landlord.tokens[Role.ADMIN])
    assert not runs(landlord.tokens[Role.OPERATOR])
    assert not runs(firm.tokens[Role.ADMIN])


def test_the_use_of_a_key_is_noted_at_most_once_a_minute(firm: Firm) -> None:
    def used() -> Any:
        with db.transaction() as session:
            return session.scalar(sa.select(ApiKey.last_used_at).where(ApiKey.role == Role.VIEWER))

    callers.by_token(firm.tokens[Role.VIEWER])
    first = used()
    callers.by_token(firm.tokens[Role.VIEWER])

    assert first is not None
    assert used() == first


@pytest.mark.parametrize("column", ["used_at", "created_at"])
def test_a_visit_ends_unused_after_hours_and_in_any_case_after_a_week(firm: Firm, column: str) -> None:
    cookie = logins.sign_in(firm.email, PASSWORD, address="127.0.0.1")
    assert callers.by_cookie(cookie) is not None

    ago = clock.now() - (timedelta(hours=13) if column == "used_at" else timedelta(days=8))
    with db.transaction() as session:
        session.execute(sa.update(Visit).values({column: ago}))

    assert callers.by_cookie(cookie) is None


def test_a_closed_account_is_out_at_once(firm: Firm) -> None:
    cookie = logins.sign_in(firm.email, PASSWORD, address="127.0.0.1")
    with db.transaction() as session:
        session.execute(sa.update(Account).values(disabled_at=clock.now()))

    assert callers.by_cookie(cookie) is None
    assert callers.by_cookie("") is None
