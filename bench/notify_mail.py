"""
notify-mail: mails by `notify.send_email`, one job each, through one worker process, at a server that is 20 ms away.

Beside it, in the same run, interleaved: a connection for each mail, by as many threads, which writes nothing down.
"""

import asyncio
import contextlib
import os
import smtplib
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage

from bench.catching import free_port, scene
from bench.costs import Meter
from bench.figure import Figure, Options
from imece import db, ledger
from imece.contracts.notify import SendEmail
from imece.ids import new_id
from imece.service import find
from notify.settings import settings

RTT, ROUNDS = 0.02, 3
_TEXT = "Sayın müşterimiz, ekim ayı ekstreniz hazırdır. " * 8


def measure(options: Options) -> Figure:
    """Ours, the peer, ours, the peer: medians."""
    count = 200 if options.quick else 2_000
    threads = find("notify").pool("io").threads
    front = free_port()
    with scene() as on:
        behind = settings().catcher_port
        with _far(front, behind), _pointed_at(front), on.workers("io", 1) as [worker]:
            _ours(threads * 4)
            ours, peers, used = [], [], []
            for _ in range(ROUNDS):
                meter = Meter({"worker": worker.pid})
                ours.append(_ours(count))
                used.append(meter.read()["worker"])
                peers.append(_peer(front, count, threads))
    rate, peer = count / statistics.median(ours), count / statistics.median(peers)
    cpu = statistics.median(used) / count * 1e3
    detail = {
        "mails": count,
        "threads": threads,
        "rtt_ms": RTT * 1e3,
        "seconds": [round(one, 2) for one in ours],
        "peer_seconds": [round(one, 2) for one in peers],
        "cpu_ms_per_mail": round(cpu, 2),
    }
    remarks = f"{rate / peer:.1f} x a connection for each mail ({peer:,.0f}/s), {threads} connections each, {RTT * 1e3:.0f} ms away; {cpu:.1f} ms of processor"
    return Figure("notify-mail", round(rate, 1), "mails/s", {"a connection for each mail": round(peer, 1)}, detail, remarks)


def _ours(count: int) -> float:
    wanted = [SendEmail(to=f"ali{place}@example.com", subject="Ekstre", text=_TEXT) for place in range(count)]
    began = time.monotonic()
    with db.transaction() as session:
        ledger.submit_many(session, wanted, company_id=new_id())
    while _left():
        if time.monotonic() - began > 300:
            raise RuntimeError(f"{_left()} mails left")
        time.sleep(0.02)
    return time.monotonic() - began


def _left() -> int:
    with db.quick() as connection:
        query = "select count(*) from ledger.job where kind = 'notify.send_email' and finished_at is null"
        return int(connection.exec_driver_sql(query).scalar_one())


def _peer(port: int, count: int, threads: int) -> float:
    def send(place: int) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "imece@localhost", f"ali{place}@example.com", "Ekstre"
        mail.set_content(_TEXT)
        with smtplib.SMTP("127.0.0.1", port, "localhost", timeout=60) as smtp:
            smtp.send_message(mail)

    began = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(send, range(count)))
    return time.monotonic() - began


@contextlib.contextmanager
def _pointed_at(port: int) -> Iterator[None]:
    """What is started from here finds the catcher behind the long way."""
    before = os.environ["NOTIFY_CATCHER_PORT"]  # noqa: TID251 (for the processes that are started from here)
    os.environ["NOTIFY_CATCHER_PORT"] = str(port)  # noqa: TID251
    try:
        yield
    finally:
        os.environ["NOTIFY_CATCHER_PORT"] = before  # noqa: TID251


@contextlib.contextmanager
def _far(front: int, behind: int) -> Iterator[None]:
    """A way to the server on which every byte takes half of the round trip, in both directions; so does the making of a connection."""
    ready, over = threading.Event(), threading.Event()

    async def serve() -> None:
        server = await asyncio.start_server(lambda r, w: _carry(r, w, behind), "127.0.0.1", front, backlog=1024)
        ready.set()
        async with server:
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield
    finally:
        over.set()
        thread.join(5)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, behind: int) -> None:
    await asyncio.sleep(RTT)  # SYN and its answer
    there, back = await asyncio.open_connection("127.0.0.1", behind)
    await asyncio.gather(_delayed(reader, back), _delayed(there, writer), return_exceptions=True)
    for one in (writer, back):
        one.close()


async def _delayed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    while data := await reader.read(1 << 16):
        loop.call_later(RTT / 2, _write, writer, data)
    loop.call_later(RTT / 2, writer.close)
    await asyncio.sleep(RTT)


def _write(writer: asyncio.StreamWriter, data: bytes) -> None:
    if not writer.is_closing():
        writer.write(data)
