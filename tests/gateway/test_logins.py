from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway import callers, logins
from gateway.models import Knock, Visit
from gateway.refusals import Refusal
from imece import clock, db

Firm = Any  #: conftest.Firm
PASSWORD = "dogru-at-pil-zimba"


def status(email: str, password: str, address: str = "10.0.0.1") -> int:
    try:
        logins.sign_in(email, password, address=address)
    except Refusal as refusal:
        return int(refusal.status)
    return 200


def test_the_right_pair_opens_however_the_address_is_written(firm: Firm) -> None:
    cookie = logins.sign_in(f" {firm.email.upper()} ", PASSWORD, address="10.0.0.1")

    caller = callers.by_cookie(cookie)
    assert caller is not None
    assert (caller.name, caller.company_id) == (firm.email, firm.id)


def test_five_wrong_passwords_close_the_door_for_a_quarter_of_an_hour(firm: Firm) -> None:
    assert [status(firm.email, "wrong", f"10.0.0.{n}") for n in range(6)] == [401] * 5 + [429]
    assert status(firm.email, PASSWORD, "10.0.1.1") == 429

    with db.transaction() as session:
        session.execute(sa.update(Knock).values(at=clock.now() - logins.WINDOW - timedelta(seconds=1)))

    assert status(firm.email, PASSWORD) == 200


def test_refused_tries_do_not_keep_the_door_closed(firm: Firm) -> None:
    for _ in range(9):
        status(firm.email, "wrong")

    with db.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Knock)) == logins.TRIES_PER_EMAIL


def test_the_right_password_forgets_the_wrong_ones(firm: Firm) -> None:
    assert [status(firm.email, p) for p in ("a", "b", "c", "d", PASSWORD, "a", "b")] == [401] * 4 + [200] + [401] * 2


def test_an_account_that_is_not_there_answers_like_one_that_is(firm: Firm) -> None:
    assert [status("yok@example.com", "wrong", f"10.0.0.{n}") for n in range(6)] == [401] * 5 + [429]


def test_one_address_may_try_thirty_times(database: sa.Engine) -> None:
    answers = [status(f"{n}@example.com", "wrong") for n in range(31)]

    assert answers == [401] * 30 + [429]


def test_a_burst_of_parallel_tries_gains_nothing(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    monkeypatch.setattr("gateway.credentials.password_fits", lambda *_: looked.append(1))

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda n: status(firm.email, f"guess {n}"), range(24)))

    assert len(looked) <= logins.TRIES_PER_EMAIL


def test_signing_out_ends_the_visit(firm: Firm) -> None:
    cookie = logins.sign_in(firm.email, PASSWORD, address="10.0.0.1")

    logins.sign_out(cookie)
    logins.sign_out(cookie)

    assert callers.by_cookie(cookie) is None


def test_old_visits_and_knocks_are_forgotten(firm: Firm) -> None:
    logins.sign_in(firm.email, PASSWORD, address="10.0.0.1")
    status(firm.email, "wrong")
    with db.transaction() as session:
        session.execute(sa.update(Visit).values(created_at=clock.now() - timedelta(days=8)))
        session.execute(sa.update(Knock).values(at=clock.now() - timedelta(days=2)))

    logins.prune()

    with db.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(Knock)) == 0
