"""Claims about what is written down outside notify's own tables: no password for one use and no whole phone number, in no log, table or Redis."""

import logging
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import redis
import sqlalchemy as sa
from tests.notify.conftest import Catching
from tests.notify.ticking import ticking

from imece import db, ledger, storage
from imece.contracts import Contract
from imece.contracts.notify import Recipient, SendBulk, SendOtp, SendSms, SendTelegram
from imece.ids import new_id
from notify.sending import pumps
from notify.settings import Settings

Work = Callable[..., None]

CODE = "482917"
#: Numbers as they are asked for: taken, refused, one of a list, one of a file.
NUMBERS = (
    "0532 761 58 43",
    "+905337615844",
    "0212 761 58 45",
    "0533-761-58-46",
    "05427615847",
    "0532 761 58 48 / 0533 761 58 49",
    "0544 761 58 50",
)


def secrets() -> list[str]:
    """Digits of which nothing may be found: the code, and of every number its last seven."""
    found = [CODE]
    for number in NUMBERS:
        found += [re.sub(r"\D", "", part)[-7:] for part in number.split("/")]
    return found


def wishes(company: UUID) -> list[Contract]:
    """All kinds of requests, good ones and bad ones."""
    key = storage.new_key(company, "uploads", "liste.csv")
    storage.put(key, f"Telefon;kod\n{NUMBERS[4]};1\n{NUMBERS[6]};2\n{NUMBERS[5]};3\n".encode())
    named = tuple(Recipient(to=number) for number in (NUMBERS[3], NUMBERS[2], NUMBERS[5]))
    return [
        SendSms(to=NUMBERS[0], text="Kargonuz yolda"),
        SendSms(to=NUMBERS[2], text="Sabit hatta SMS olmaz"),
        SendSms(to=NUMBERS[5], text="İki numara"),
        SendSms(to=NUMBERS[1], template="yok"),
        SendOtp(to=NUMBERS[1], text=f"Kodunuz {CODE}"),
        SendOtp(to=NUMBERS[2], text=f"Kodunuz {CODE}"),
        SendOtp(to=NUMBERS[0], template="onay-kodu", variables={"kod": CODE}),
        SendOtp(to=NUMBERS[0], template="onay-kodu", variables={"kod": CODE, "sure": "5", "baska": CODE}),
        SendOtp(to="-100123", channel="telegram", text=f"Kodunuz {CODE}"),
        SendTelegram(chat="-100123", text="Merhaba"),
        SendBulk(text="Merhaba", recipients=named),
        SendBulk(text="Merhaba", recipients=named, dry_run=True),
        SendBulk(text="Merhaba {{ kod }}", recipients_key=key),
        SendBulk(text="Merhaba {{ yok }}", recipients_key=key, dry_run=True),
    ]


def rows(session: Any) -> dict[str, str]:
    """Every table of every schema but notify's, as text; of notify's the columns where a number may not stand."""
    tables = session.execute(
        sa.text(
            "select table_schema, table_name from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')"
        )
    ).all()
    found = {}
    for schema, table in tables:
        if schema != "notify":
            found[f"{schema}.{table}"] = "\n".join(session.scalars(sa.text(f'select t::text from "{schema}"."{table}" t')))
    told = "select concat_ws(' ', code, error_en, error_tr, subject, sender, dedup) from notify.message"
    effects = "select concat_ws(' ', key, reference, provider_id, answer, code, error_en, error_tr) from notify.effect"
    found["notify: what is told"] = "\n".join(session.scalars(sa.text(f"{told} union all {effects}")))
    return found


def remembered(client: "redis.Redis") -> str:
    """Everything in Redis: names and contents."""
    found = []
    for key in client.scan_iter():
        kind = client.type(key).decode()
        read: dict[str, Callable[[], Any]] = {
            "string": lambda key=key: client.get(key),
            "list": lambda key=key: client.lrange(key, 0, -1),
            "hash": lambda key=key: client.hgetall(key),
            "set": lambda key=key: client.smembers(key),
            "zset": lambda key=key: client.zrange(key, 0, -1),
        }
        found.append(f"{key!r} {read[kind]() if kind in read else kind!r}")
    return "\n".join(found)


def leaks(text: str) -> list[str]:
    """The secrets in a text, however their digits are parted."""
    digits = re.sub(r"(?<=\d)[ ().-]{1,2}(?=\d)", "", text)
    return [secret for secret in secrets() if secret in digits]


def test_no_code_and_no_whole_number_is_written_down_anywhere_else(
    work: Work,
    company: UUID,
    catching: Settings,
    pace: Any,
    redis_client: "redis.Redis",
    catcher: Catching,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pumps, "IDLE", 0.2)
    asked = wishes(company)
    with caplog.at_level(logging.DEBUG), db.transaction() as session:
        for wish in asked:
            ledger.submit(session, wish, company_id=company, requested_by="ali")
    with caplog.at_level(logging.DEBUG), ticking():
        work("notify", patience=90)
    with db.transaction() as session:
        written, said = rows(session), session.execute(sa.text("select kind, state, count(*) from ledger.job group by 1, 2")).all()
        states = dict(session.execute(sa.text("select state, count(*) from notify.message group by 1")).all())
        clear = session.scalars(
            sa.text("select concat_ws(' ', text, detail::text, subject, encode(sealed, 'escape')) from notify.message")
        ).all()
    output = capfd.readouterr()
    seen = [output.out, output.err, caplog.text, "\n".join(map(str, catcher.events))]

    # It has all happened: otherwise nothing would be found for want of anything.
    assert {kind for kind, _, _ in said} >= {wish.kind for wish in asked}
    assert states.get("accepted", 0) + states.get("delivered", 0) + states.get("sent", 0) >= 7
    assert states.get("refused", 0) >= 3
    assert "".join(seen).count("\n") > 10
    for place, text in {**written, "Redis": remembered(redis_client), **dict(enumerate(seen))}.items():
        assert not leaks(text), place
    assert CODE not in " ".join(clear)


def test_the_search_for_leaks_finds_one(company: UUID) -> None:
    """A net with holes catches nothing either."""
    assert leaks("to=+90532 761 58 43") == ["7615843"]
    assert leaks('{"to": "05327615843"}') == ["7615843"]
    assert leaks(f"Kodunuz {CODE}") == [CODE]
    assert leaks("+90532***5843, 0532***43, " + str(new_id())) == []
