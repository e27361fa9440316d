"""notify-bulk: a file of 100,000 recipients, from the request to the moment when every row is checked, priced, free of repetitions and written down."""

import random
import time
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from bench.catching import number, scene, states
from bench.costs import Meter
from bench.figure import Figure, Options
from imece import db, ledger, storage
from imece.contracts.notify import SendBulk
from imece.ids import new_id
from notify.models import Bulk

#: One row in so many is a landline, and one is a repetition.
_LANDLINE, _REPEATED = 50, 40


def measure(options: Options) -> Figure:
    """Once with the same words for all, once with each recipient's own; no pump runs, so that nothing leaves meanwhile."""
    count = 10_000 if options.quick else 100_000
    with scene(PRICES="twilio=0.05 USD") as on, on.workers("messages", 1) as [worker]:
        _taken(100, own=True)  # everything is imported and connected
        meter = Meter({"worker": worker.pid} | on.here.servers)
        same = _taken(count, own=False)
        cpu = {name: round(seconds, 2) for name, seconds in meter.read().items()}
        own = _taken(count, own=True)
        waiting = states()["queued"]
    slowest = max(same["seconds"], own["seconds"])
    detail = {"rows": count, "same_words": same, "own_words": own, "cpu_s_same_words": cpu, "waiting": waiting}
    remarks = f"{count:,} rows, each with words of its own; the same words for all: {same['seconds']:.1f} s"
    return Figure("notify-bulk", round(slowest, 2), "s", {}, detail, remarks)


def _taken(count: int, *, own: bool) -> dict[str, Any]:
    """How long it takes, and what became of the rows."""
    company: UUID = new_id()
    key = storage.new_key(company, "uploads", "alicilar.csv")
    storage.put(key, _file(count))
    text = "Sayin {{ ad }}, {{ tutar|para }} tutarindaki ekstreniz hazir." if own else "Sayin musterimiz, ekstreniz hazir."
    began = time.monotonic()
    with db.transaction() as session:
        job_id = ledger.submit(session, SendBulk(text=text, recipients_key=key), company_id=company, requested_by="bench")
    while True:
        with db.transaction() as session:
            job = ledger.find(session, job_id)
        if (bulk := _bulk(company)) is not None:
            break
        if job.final:
            raise RuntimeError(str(job.error))
        time.sleep(0.05)
    seconds = time.monotonic() - began
    assert bulk.rows == count
    assert bulk.messages + bulk.refused + bulk.repeated == count
    assert bulk.messages > count * 0.9
    return {"seconds": round(seconds, 2), "messages": bulk.messages, "refused": bulk.refused, "repeated": bulk.repeated}


def _bulk(company: UUID) -> Bulk | None:
    with db.transaction() as session:
        return session.scalar(sa.select(Bulk).where(Bulk.company_id == company))


def _file(count: int) -> bytes:
    draw, lines = random.Random(7), ["Ad;Cep Telefonu;tutar"]
    for place in range(count):
        to = number(place)[1:]
        if place % _LANDLINE == 7:
            to = f"0212 {draw.randrange(200, 999)} 11 22"
        elif place % _REPEATED == 9:
            to = number(place - 1)
        lines.append(f"Müşteri {place};{to};{draw.randrange(100, 10**6) / 100}")
    return "\n".join(lines).encode()
