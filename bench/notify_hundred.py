"""
notify-hundred: 100 SMS at a provider that takes two seconds for each request, as the system before imece met it (200 s, one after the other).

Twilio's shape is one request for each; a gateway in Turkey takes all of them in one.
"""

import time

from bench.catching import Scene, number, scene, states
from bench.figure import Figure, Options
from imece import db
from imece.contracts.notify import SendBulk
from imece.ids import new_id
from notify.bulk import bulks

COUNT, LATENCY = 100, 2.0


def measure(options: Options) -> Figure:
    """From the request to the moment when all hundred are accepted, by real worker processes."""
    count = COUNT // 2 if options.quick else COUNT
    with scene(RATES="twilio=100,netgsm=500", CATCHER_LATENCY=str(LATENCY)) as on, on.workers("pump", 2):
        _sent(on, "twilio", 2, 900_000)
        twilio = _sent(on, "twilio", count, 0)
        gateway = _sent(on, "netgsm", count, 100_000)
        texts = on.taken("netgsm")
        requests = len({text.order for text in texts})
        assert len({text.to for text in on.taken() if int(text.to[6:]) < 900_000}) == count
        assert len(texts) == count
    detail = {
        "messages": count,
        "answer_s": LATENCY,
        "twilio_s": round(twilio, 2),
        "gateway_s": round(gateway, 2),
        "gateway_requests": requests,
    }
    remarks = f"{count} requests of {LATENCY:.0f} s each; at a gateway in Turkey {requests} request, {gateway:.1f} s; one after the other {count * LATENCY:.0f} s"
    return Figure("notify-hundred", round(twilio, 2), "s", {"one after the other": count * LATENCY}, detail, remarks)


def _sent(on: Scene, provider: str, count: int, first: int) -> float:
    contract = SendBulk(
        text="Sayin musterimiz, ekstreniz hazir.",
        recipients=tuple({"to": number(first + place)} for place in range(count)),  # type: ignore[arg-type]  # as JSON has it
        provider=provider,
    )
    identity, began = new_id(), time.monotonic()
    with db.transaction() as session:
        bulks.write(session, contract, identity, bulks.Tally(), company_id=new_id(), requested_by="bench")
    bulks.ring(contract)
    while states(identity).get("accepted", 0) + states(identity).get("delivered", 0) < count:
        if time.monotonic() - began > 240:
            raise RuntimeError(f"{provider}: {states(identity)}")
        time.sleep(0.02)
    assert on.catcher.pid
    return time.monotonic() - began
