"""
notify-lanes: a bulk in front, two small companies behind it, OTPs in between; by the stand-in's own clock.

50 segments a second are allowed; 4 pump processes share them.
"""

import random
import statistics
import threading
import time
from datetime import datetime
from uuid import UUID

from bench.catching import Scene, number, scene, states
from bench.costs import Meter
from bench.figure import Figure, Options
from bench.pricing_politeness import busiest
from imece import db
from imece.clock import now
from imece.contracts.notify import SendBulk
from imece.ids import new_id
from notify import intake
from notify.bulk import bulks
from notify.caught.texts import CaughtText
from notify.intake import Wish

RATE, PROCESSES, LATENCY = 50, 4, 0.1
#: OTPs a second, by chance (Poisson).
OTPS = 2.0
_SMALL, _MEDIUM = 20, 100
#: Whose number is whose: the bulk's begin at nought, the others' at multiples of it.
_STEP, _WARM = 100_000, 900_000


def measure(options: Options) -> Figure:
    """The bulk, then at once the other companies', and OTPs until the bulk is through."""
    bulk = 1_000 if options.quick else 5_000
    given = {"RATES": f"twilio={RATE}", "PUMPS": str(PROCESSES), "CATCHER_LATENCY": str(LATENCY)}
    with scene(**given) as on, on.workers("pump", PROCESSES) as workers:
        _warm(on)
        meter = Meter({worker.name: worker.pid for worker in workers} | on.here.servers)
        companies = {name: new_id() for name in ("big", "medium", "small", "otp")}
        asked: dict[str, datetime] = {}
        _send(companies["big"], bulk, "bulk", 0)
        began = now()
        _send(companies["medium"], _MEDIUM, "medium", _STEP)
        _send(companies["small"], _SMALL, "small", 2 * _STEP)
        otps = _otps(companies["otp"], asked, lambda: states().get("queued", 0) > RATE)
        used = meter.read()
        _wait(lambda: not states().keys() & {"queued", "sending", "unknown"})
        taken = [text for text in on.taken() if _place(text) < _WARM]
        logs = "".join(
            worker.log.read_text(errors="replace")[-500:] for worker in workers if "Traceback" in worker.log.read_text(errors="replace")
        )
    return _figure(taken, asked, began, otps, bulk, used, logs)


def _figure(
    taken: list[CaughtText], asked: dict[str, datetime], began: datetime, otps: int, bulk: int, used: dict[str, float], logs: str
) -> Figure:
    moments = [text.at.timestamp() for text in taken for _ in range(text.segments)]
    # Up to the last of the bulk something always waited.
    last = max(text.at.timestamp() for text in taken)
    rate = (len(moments) - 1) / (last - moments[0])
    waits = sorted((text.at - asked[text.to]).total_seconds() * 1e3 for text in taken if text.to in asked)
    done = {
        name: max((text.at - began).total_seconds() for text in taken if _place(text) // _STEP == place)
        for name, place in (("medium", 1), ("small", 2))
    }
    assert len({text.to for text in taken}) == len(taken), "sent twice"
    assert len(taken) == bulk + _SMALL + _MEDIUM + otps, (len(taken), otps)
    p99 = waits[min(int(len(waits) * 0.99), len(waits) - 1)]
    worst = busiest(moments, 1.0) / RATE
    detail = {
        "seconds": round(last - moments[0], 1),
        "busiest_second": round(worst, 3),
        "otps": otps,
        "otp_wait_ms": {"median": round(statistics.median(waits), 1), "p99": round(p99, 1), "max": round(waits[-1], 1)},
        "small_company_s": round(done["small"], 2),
        "medium_company_s": round(done["medium"], 2),
        "cpu_ms_per_message": {name: round(seconds / len(taken) * 1e3, 2) for name, seconds in used.items()},
        "logs": logs,
    }
    remarks = (
        f"busiest second {worst:.0%}; OTP wait median {statistics.median(waits):.0f} ms, p99 {p99:.0f} ms; 20 messages of a small company in "
        f"{done['small']:.1f} s; {bulk:,} in front, {PROCESSES} processes"
    )
    return Figure("notify-lanes", round(rate / RATE * 100, 2), "% of the allowed rate", {}, detail, remarks)


def _place(text: CaughtText) -> int:
    return int(text.to[6:])


def _send(company: UUID, count: int, title: str, first: int) -> None:
    """A bulk, as the job of a request would write it."""
    contract = SendBulk(
        text="Sayin musterimiz, ekim ekstreniz hazir.",
        title=title,
        recipients=tuple({"to": number(first + n)} for n in range(min(count, 1000))),
    )
    for start in range(0, count, 1000):
        part = contract.model_copy(update={"recipients": ()})
        part = SendBulk(
            text=contract.text, title=title, recipients=tuple({"to": number(first + n)} for n in range(start, min(start + 1000, count)))
        )
        with db.transaction() as session:
            bulks.write(session, part, new_id(), bulks.Tally(), company_id=company, requested_by="bench")
    bulks.ring(contract)


def _otps(company: UUID, asked: dict[str, datetime], go_on: object) -> int:
    """OTPs by chance, each in a thread of its own as in a face, until there is no more to overtake."""
    draw, count, threads = random.Random(7), 0, []
    while go_on():  # type: ignore[operator]  # a plain question
        time.sleep(draw.expovariate(OTPS))
        to = number(3 * _STEP + count)
        count += 1
        threads.append(threading.Thread(target=_otp, args=(company, to, asked)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return count


def _otp(company: UUID, to: str, asked: dict[str, datetime]) -> None:
    asked[to] = now()
    with db.transaction() as session:
        intake.take(session, Wish("sms", to, "otp", text="Sifreniz: 493027"), company_id=company, requested_by="bench")


def _warm(on: Scene) -> None:
    """Pumps at work, connections open, in every process."""
    _send(new_id(), 4 * RATE, "warm", _WARM)
    _wait(lambda: not states().keys() & {"queued", "sending"})
    assert len(on.taken()) == 4 * RATE


def _wait(what: object) -> None:
    end = time.monotonic() + 300
    while not what():  # type: ignore[operator]  # as above
        if time.monotonic() > end:
            raise RuntimeError(f"not done: {states()}")
        time.sleep(0.1)
