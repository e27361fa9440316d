"""
notify-crash: 600 messages while a worker is killed with -9 every quarter of a second, and a tenth of the receipts never comes.

The workers are pumps, each forked from a process that has everything imported, so that one is back at once. Beside them, in the same run, plain
redelivery: what is not marked as done is sent again when its lease is over, as queues that acknowledge late do.

`python -m bench.notify_crash PROVIDER FILE` is a nursery of such pumps, `... plain FILE` one of the peer's.
"""

import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.catching import Scene, free_port, number, scene, states
from bench.figure import Figure, Options
from bench.ground import python
from imece import db, log
from imece.ids import new_id
from notify import intake
from notify.caught import mails
from notify.channels import callbacks
from notify.channels.receipts import Forged
from notify.channels.sms import Sms
from notify.channels.twilio import Twilio
from notify.intake import Wish
from notify.sending import pumps, reports
from notify.settings import settings

WORKERS, PAUSE, RATE = 4, 0.25, 30
_TEXT = "Sayin musterimiz, ekstreniz hazir."
#: Seconds after which plain redelivery takes a message whose worker says nothing for lost.
_LEASE = 2
_PATIENCE = 240


def measure(options: Options) -> Figure:
    """SMS by the lanes, mails by their jobs, and the same SMS by plain redelivery; each under the same fire."""
    count = 150 if options.quick else 600
    port = free_port()
    given = {
        "RATES": f"twilio={RATE},email={RATE}",
        "PUMPS": str(WORKERS),
        "IN_FLIGHT": "16",
        "CATCHER_LATENCY": "0.05",
        "SMS_PROVIDERS": "twilio",
        "SMS_TIMEOUT": "1",
        "SMS_ANSWER_TIMEOUT": "1",
        "SMTP_TIMEOUT": "2",
        "SMTP_ANSWER_TIMEOUT": "2",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    with scene(rules=[{"do": "receipts-lost", "share": 0.1}], **given) as on, _receipts(port):
        ours = _texts(on, count)
        post = _mails(on, count)
        plain = _plain(on, count)
    detail = {"messages": count, "sms": ours, "mail": post, "plain_redelivery": plain}
    remarks = (
        f"{count} SMS and {count} mails, {ours['kills'] + post['kills']} kills: {ours['lost'] + post['lost']} lost; plain redelivery of the SMS: "
        f"{plain['duplicates']} duplicates, {plain['lost']} lost, {plain['kills']} kills"
    )
    return Figure(
        "notify-crash",
        ours["duplicates"] + mails["duplicates"],
        "messages sent twice",
        {"plain redelivery": plain["duplicates"]},
        detail,
        remarks,
    )


def _texts(on: Scene, count: int) -> dict[str, Any]:
    company = new_id()
    with _fire(on, "twilio") as kills:
        with db.transaction() as session:
            for place in range(count):
                intake.take(session, Wish("sms", number(place), text=_TEXT), company_id=company, requested_by="bench")
        _wait(lambda: not states().keys() & {"queued", "sending", "unknown"}, lambda: str(states()))
    found = Counter(text.to for text in on.taken() if int(text.to[6:]) < count)
    return {**_tally(found, count), "kills": kills[0], "states": states(), **_settled()}


def _settled() -> dict[str, int]:
    """How the tries without an answer ended."""
    with db.quick() as connection:
        asked = connection.exec_driver_sql("select count(*) from notify.effect where asked > 0").scalar_one()
        resent = connection.exec_driver_sql("select count(*) from notify.message where resends > 0").scalar_one()
    return {"looked_up": int(asked), "sent_once_more": int(resent)}


def _mails(on: Scene, count: int) -> dict[str, Any]:
    company = new_id()
    with _fire(on, "email") as kills:
        ids = []
        for place in range(count):
            wish = Wish("email", f"ali{place}+answer-late=0.05@example.com", subject="Ekstre", text=_TEXT)
            with db.transaction() as session:
                ids.append(intake.take(session, wish, company_id=company, requested_by="bench").id)
        _wait(lambda: not states().keys() & {"queued", "sending", "unknown"}, lambda: str(states()))
    folder, domain = settings().caught, settings().domain
    found = Counter({str(one): len(mails.find(folder, f"<{one}@{domain}>")) for one in ids})
    return {**_tally(found, count), "kills": kills[0]}


def _plain(on: Scene, count: int) -> dict[str, Any]:
    first = 500_000
    with db.transaction() as session:
        connection = session.connection()
        connection.exec_driver_sql("create table plain (id integer primary key, done boolean not null default false, taken_at timestamptz)")
        connection.exec_driver_sql("insert into plain select * from generate_series(%(a)s, %(b)s)", {"a": first, "b": first + count - 1})
    with _fire(on, "plain") as kills:
        _wait(lambda: _plain_left() == 0, lambda: f"{_plain_left()} left")
    found = Counter(text.to for text in on.taken() if int(text.to[6:]) >= first)
    return {**_tally(found, count), "kills": kills[0]}


def _tally(found: Counter[str], count: int) -> dict[str, int]:
    return {
        "duplicates": sum(times - 1 for times in found.values() if times > 1),
        "lost": count - sum(times > 0 for times in found.values()),
    }


@contextmanager
def _fire(on: Scene, pool: str) -> Iterator[list[int]]:
    """Workers, one of which is killed every quarter of a second; how many kills that were."""
    files = [on.here.home / f"{pool}-{place}.pid" for place in range(WORKERS)]
    kills, over = [0], threading.Event()

    def shoot() -> None:
        place = 0
        while not over.wait(PAUSE):
            place = (place + 1) % WORKERS
            try:
                os.kill(int(files[place].read_text()), signal.SIGKILL)
                kills[0] += 1
            except (OSError, ValueError):
                continue

    with ExitStack() as nurseries:
        for place, file in enumerate(files):
            nurseries.enter_context(on.here.process(f"{pool}-nursery-{place}", python("-m", "bench.notify_crash", pool, str(file))))
        _wait(lambda: all(file.exists() for file in files), lambda: "no workers")
        shooter = threading.Thread(target=shoot)
        shooter.start()
        try:
            yield kills
        finally:
            over.set()
            shooter.join()


@contextmanager
def _receipts(port: int) -> Iterator[None]:
    """Takes Twilio's callbacks, verified and applied, as notify's face does."""

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                receipt = callbacks.from_twilio(settings(), urlsplit(self.path).query, headers, body)
            except Forged:
                self.send_error(403)
                return
            if receipt is not None:
                with db.transaction() as session:
                    reports.apply(session, [receipt])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Desk)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _plain_left() -> int:
    with db.quick() as connection:
        return int(connection.exec_driver_sql("select count(*) from plain where not done").scalar_one())


def _wait(what: Callable[[], bool], else_say: Callable[[], str]) -> None:
    end = time.monotonic() + _PATIENCE
    while not what():
        if time.monotonic() > end:
            raise RuntimeError(else_say())
        time.sleep(0.1)


def _nursery(pool: str, file: Path) -> None:
    """Have one worker at work, whatever happens to it."""
    log.configure(service="notify")
    while True:
        child = os.fork()
        if child == 0:
            if pool == "plain":
                _redeliver()
            pumps.Pump(pool, int(file.stem[-1])).run(lambda: True, idle=_PATIENCE)
            os._exit(0)
        file.write_text(str(child))
        os.waitpid(child, 0)


def _redeliver() -> None:
    """Take, send, mark as done: at least once."""
    provider = Twilio(settings())
    take = """
        update plain set taken_at = clock_timestamp() where id = (
            select id from plain where not done and (taken_at is null or taken_at < clock_timestamp() - %(lease)s * interval '1 second')
            order by id limit 1 for update skip locked) returning id"""
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while True:
            identity = connection.exec_driver_sql(take, {"lease": _LEASE}).scalar()
            if identity is None:
                time.sleep(0.05)
                continue
            provider.send(Sms(str(identity), number(identity), _TEXT), time.monotonic() + 1)
            connection.exec_driver_sql("update plain set done = true where id = %(id)s", {"id": identity})


if __name__ == "__main__":
    _nursery(sys.argv[1], Path(sys.argv[2]))
