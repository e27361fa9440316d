"""Pumps in this process, against a played provider."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from imece import db
from notify import intake
from notify.intake import Wish
from notify.models import Effect, Message
from notify.sending import pumps


def ask(company: UUID | None, to: str = "0532 111 22 33", text: str = "Merhaba", **more: Any) -> UUID:
    """A message, taken."""
    with db.transaction() as session:
        return intake.take(session, Wish("sms", to, text=text, **more), company_id=company, requested_by="ali").id


def ask_many(company: UUID | None, numbers: Sequence[int], **more: Any) -> list[UUID]:
    """A message to each of these numbers."""
    with db.transaction() as session:
        return [
            intake.take(session, Wish("sms", number(one), text=f"Merhaba {one}", **more), company_id=company, requested_by="ali").id
            for one in numbers
        ]


def number(place: int) -> str:
    """A mobile number of its own for each place."""
    return f"+90532{place:07d}"


def message(identity: UUID) -> Message:
    with db.transaction() as session:
        return session.get_one(Message, identity)


def effects(identity: UUID) -> list[Effect]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(Effect).where(Effect.message_id == identity).order_by(Effect.id)))


def states() -> dict[str, int]:
    """How many messages stand where."""
    with db.quick() as connection:
        return {row[0]: row[1] for row in connection.exec_driver_sql("select state, count(*) from notify.message group by state")}


@contextmanager
def pumping(provider: str = "twilio", count: int = 1) -> Iterator[list[pumps.Pump]]:
    """So many pumps at work; what they have under way is seen to its end."""
    over = threading.Event()
    running = [pumps.Pump(provider, slot) for slot in range(count)]
    threads = [threading.Thread(target=pump.run, args=(lambda: not over.is_set(),), kwargs={"idle": 60.0}) for pump in running]
    for thread in threads:
        thread.start()
    try:
        yield running
    finally:
        over.set()
        for thread in threads:
            thread.join(30)


def until(what: Callable[[], Any], seconds: float = 20) -> None:
    """Look again and again until it is so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"not so after {seconds} s: {states()}"
        time.sleep(0.01)  # the tables are polled, as a person would
