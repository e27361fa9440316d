"""Signing in to the console and out again; five wrong passwords within a quarter of an hour close the door for the rest of it."""

from datetime import timedelta

import sqlalchemy as sa

from gateway import credentials
from gateway.accounts import folded
from gateway.models import Account, Knock, Submission, Visit
from gateway.refusals import Refusal
from imece import db
from imece.ids import new_id

WINDOW = timedelta(minutes=15)
TRIES_PER_EMAIL = 5
TRIES_PER_ADDRESS = 30

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


def sign_in(email: str, password: str, *, address: str) -> str:
    """
    The cookie of a new visit.

    `address` is the peer's network address. Raises Refusal 401 for a wrong pair, 429 with Retry-After once an e-mail has been tried five times
    or an address thirty times without success. Whether an account exists cannot be told from the answer nor from the time it takes. Each try is
    written down before the password is looked at, so a burst of parallel tries gains nothing.
    """
    email = folded(email)[:320]
    _knock(email, address)
    with db.transaction() as session:
        account = session.scalar(sa.select(Account).where(Account.email == email, Account.disabled_at.is_(None)))
        kept = account.password_hash if account else None
    if not credentials.password_fits(password, kept) or account is None:
        raise Refusal(401, "The e-mail or the password is wrong.", "E-posta ya da parola yanlış.")
    cookie = credentials.new_cookie()
    with db.transaction() as session:
        session.execute(sa.delete(Knock).where(Knock.email == email))
        session.execute(sa.update(Account).where(Account.id == account.id).values(signed_in_at=sa.func.clock_timestamp()))
        session.execute(sa.insert(Visit).values(id=credentials.visit_id(cookie), account_id=account.id))
    return cookie


def sign_out(cookie: str) -> None:
    """End the visit; one that has ended already is no error."""
    with db.transaction() as session:
        session.execute(sa.delete(Visit).where(Visit.id == credentials.visit_id(cookie)))


def prune() -> None:
    """Forget old visits, knocks and idempotency keys. Run now and then by every gateway process."""
    now = sa.func.clock_timestamp()
    with db.transaction() as session:
        session.execute(sa.delete(Visit).where(Visit.created_at < now - _WEEK))
        session.execute(sa.delete(Knock).where(Knock.at < now - _DAY))
        session.execute(sa.delete(Submission).where(Submission.at < now - _DAY))


def _knock(email: str, address: str) -> None:
    """Write the try down, committed, and refuse it when there were too many. Refused tries do not count, or the door would never open again."""
    knock = new_id()
    with db.transaction() as session:
        session.execute(sa.insert(Knock).values(id=knock, email=email, address=address))
    recent = Knock.at > sa.func.clock_timestamp() - WINDOW
    limits = ((Knock.email, email, TRIES_PER_EMAIL), (Knock.address, address, TRIES_PER_ADDRESS))
    with db.transaction() as session:
        counted = [session.scalar(sa.select(sa.func.count()).where(column == value, recent)) or 0 for column, value, _ in limits]
        if all(count <= limit for count, (_, _, limit) in zip(counted, limits, strict=True)):
            return
        session.execute(sa.delete(Knock).where(Knock.id == knock))
    raise Refusal(
        429,
        "Too many tries. Wait fifteen minutes.",
        "Çok fazla deneme yapıldı. On beş dakika bekleyin.",
        headers={"Retry-After": str(int(WINDOW.total_seconds()))},
    )
