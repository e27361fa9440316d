"""Claims about what is written where: no number and no password in the ledger, in Redis, in logs; no password in the clear anywhere."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import redis
from tests.notify.played import Played
from tests.notify.pumping import states

from imece import db, ledger
from imece.contracts import Contract
from imece.contracts.notify import SendBulk, SendOtp, SendSms
from imece.testing import Stack
from notify.models import Message

Play = Callable[..., Played]
Work = Callable[..., None]

NUMBERS = ("5321112233", "5331112233", "5341112233", "2121112233", "5351112233")
PASSWORD = "493027"


def submit(company: UUID, contract: Contract) -> UUID:
    with db.transaction() as session:
        return ledger.submit(session, contract, company_id=company, requested_by="ali")


def dumped(*left_out: str) -> str:
    """The whole database as text, without the schemas that are `left_out`.."""
    with db.quick() as connection:
        tables = connection.exec_driver_sql(
            "select schemaname || '.' || tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"
        ).scalars()
        found = []
        for table in tables.all():
            if any(table.startswith(f"{name}.") for name in left_out):
                continue
            rows = connection.exec_driver_sql(f"select t::text from {table} t").scalars()
            found.append(f"{table}: " + "\n".join(rows))
    return "\n".join(found)


def test_numbers_and_passwords_stay_where_they_belong(
    played: Play, company: UUID, work: Work, stack: Stack, redis_client: redis.Redis, capfd: pytest.CaptureFixture[str]
) -> None:
    provider = played()
    provider.act = lambda parcel: None
    jobs = [
        submit(company, SendOtp(to="0532 111 22 33", text=f"Şifreniz {PASSWORD}")),
        submit(company, SendSms(to="0533 111 22 33", text="Ekstreniz hazır")),
        submit(company, SendSms(to="0212 111 22 33", text="Sabit hat")),
        submit(company, SendBulk(text="Merhaba", recipients=({"to": "0534 111 22 33"}, {"to": "0535 111 22 33"}))),
    ]

    work("notify")

    assert [ledger_state(job) for job in jobs] == ["succeeded", "succeeded", "failed", "succeeded"]
    assert states() == {"accepted": 4}
    assert PASSWORD in "".join(sms.text for sms in provider.taken), "it has been sent"
    places = {"other schemas": dumped("notify"), "Redis": in_redis(stack), "logs": "".join(capfd.readouterr())}
    for place, text in places.items():
        bare = "".join(c for c in text if c.isalnum() or c == "*")
        for secret in (*NUMBERS, PASSWORD):
            assert secret not in text, f"{secret} in {place}"
            assert secret not in bare, f"{secret}, with blanks, in {place}"
    assert PASSWORD not in dumped()
    assert "***" in places["other schemas"], "masked, not missing"


def ledger_state(job: UUID) -> str:
    with db.transaction() as session:
        return ledger.find(session, job).state


def in_redis(stack: Stack) -> str:
    """Everything in both databases, as text."""
    found: list[str] = []
    for database in (0, 1):
        client = redis.Redis.from_url(stack.redis_url, db=database)
        found += [f"{key!r} {value(client, key)!r}" for key in client.scan_iter()]
        client.close()
    return "\n".join(found)


def value(client: redis.Redis, key: bytes) -> Any:
    match client.type(key):
        case b"string":
            return client.get(key)
        case b"list":
            return client.lrange(key, 0, -1)
        case b"hash":
            return client.hgetall(key)
        case b"zset":
            return client.zrange(key, 0, -1)
    return client.smembers(key)


def test_a_refused_password_does_not_stay_in_the_ledger_either(played: Play, company: UUID, work: Work) -> None:
    played()
    job = submit(company, SendOtp(to="0212 111 22 33", text=f"Şifreniz {PASSWORD}", variables={"kod": PASSWORD}))

    work("notify")

    with db.transaction() as session:
        found = ledger.find(session, job)
        assert found.state == "failed"
        assert PASSWORD not in str(found.args)
        assert "2121112233" not in str(found.args).replace(" ", "")
        assert found.error is not None
        assert "landline" in found.error["en"]


def test_nobody_can_write_a_password_in_the_clear(played: Play, company: UUID) -> None:
    import sqlalchemy as sa
    from tests.notify.pumping import ask

    identity = ask(company, kind="otp", text=f"Şifreniz {PASSWORD}")
    with pytest.raises(sa.exc.IntegrityError), db.transaction() as session:
        session.execute(sa.update(Message).where(Message.id == identity).values(text="Şifreniz 493027"))
