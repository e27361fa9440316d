"""Claims about the receipts that stand-ins send: they come as the real ones do, and ours believe them."""

import json
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from tests.notify.channels.conftest import Rule, an_sms, soon
from tests.notify.conftest import Catching, forget_settings, running_catcher

from notify.channels.callbacks import from_iletimerkezi, from_twilio
from notify.channels.iletimerkezi import Iletimerkezi
from notify.channels.receipts import Receipt, State
from notify.channels.twilio import Twilio
from notify.settings import Settings, settings

KEY = "a-secret-of-enough-letters"


@dataclass
class House:
    """Whoever is called back: what came, read as it comes."""

    given: Settings
    came: "queue.Queue[tuple[str, str, dict[str, str], bytes]]"

    def receipts(self, count: int) -> list[Receipt]:
        """The next receipts."""
        found = []
        while len(found) < count:
            path, query, headers, body = self.came.get(timeout=5)
            if path.endswith("twilio"):
                receipt = from_twilio(self.given, query, headers, body)
            else:
                receipt = from_iletimerkezi(self.given, query, json.loads(body))
            assert receipt is not None
            found.append(receipt)
        return found


@pytest.fixture
def house(given: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    came: queue.Queue[tuple[str, str, dict[str, str], bytes]] = queue.Queue()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            path, _, query = self.path.partition("?")
            came.put((path, query, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setenv("NOTIFY_PUBLIC_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("NOTIFY_ILETIMERKEZI_CALLBACK_KEY", KEY)
    forget_settings()
    yield House(settings(), came)
    server.shutdown()
    server.server_close()
    thread.join()


def test_twilios_are_signed_and_say_sent_and_then_delivered(house: House) -> None:
    parcel = an_sms("ğüşiöç 4321")

    accepted = Twilio(house.given).send(parcel, soon())

    receipts = house.receipts(2)
    assert {receipt.provider_id for receipt in receipts} == {accepted.id}
    assert {receipt.reference for receipt in receipts} == {parcel.reference}
    assert [receipt.state for receipt in receipts] == [State.SENT, State.DELIVERED]


@pytest.mark.parametrize(
    ("do", "code", "state"),
    [("undelivered", "30003", State.UNDELIVERED), ("failed", "30007", State.FAILED), ("expired", "30036", State.EXPIRED)],
)
def test_what_did_not_arrive_says_why(house: House, rules: Rule, do: str, code: str, state: State) -> None:
    parcel = an_sms()
    rules(do, to=f"^\\{parcel.to}$", code=code)

    Twilio(house.given).send(parcel, soon())

    last = house.receipts(2)[-1]
    assert (last.state, last.code) == (state, code)


def test_they_may_come_in_disorder_and_twice(house: House, rules: Rule) -> None:
    parcel = an_sms()
    rules("receipts-unordered", to=f"^\\{parcel.to}$")
    rules("receipts-twice", to=f"^\\{parcel.to}$")
    Twilio(house.given).send(parcel, soon())

    said = [receipt.state for receipt in house.receipts(4)]

    assert said[0] is State.DELIVERED
    assert sorted(said) == [State.DELIVERED, State.DELIVERED, State.SENT, State.SENT]


def test_they_may_be_lost_and_then_the_provider_can_be_asked(house: House, rules: Rule) -> None:
    lost, heard = an_sms(), an_sms()
    rules("receipts-lost", to=f"^\\{lost.to}$")
    twilio = Twilio(house.given)

    ids = [twilio.send(parcel, soon()).id for parcel in (lost, heard)]

    assert {receipt.provider_id for receipt in house.receipts(2)} == {ids[1]}
    assert house.came.empty()
    assert [receipt.state for receipt in twilio.reports(ids)] == [State.DELIVERED, State.DELIVERED]


def test_they_may_be_late(house: House, rules: Rule) -> None:
    late, quick = an_sms(), an_sms()
    rules("receipts-late", to=f"^\\{late.to}$", seconds=2)
    twilio = Twilio(house.given)

    ids = [twilio.send(parcel, soon()).id for parcel in (late, quick)]

    assert [receipt.provider_id for receipt in house.receipts(4)] == [ids[1], ids[1], ids[0], ids[0]]


def test_iletimerkezis_come_with_the_key_of_the_address(house: House, catcher: Catching, tmp_path_factory: pytest.TempPathFactory) -> None:
    more = {"NOTIFY_PUBLIC_URL": house.given.public_url, "NOTIFY_ILETIMERKEZI_CALLBACK_KEY": KEY}
    with running_catcher(tmp_path_factory.mktemp("calling"), **more) as calling:
        given = house.given.model_copy(update={"catcher_http_port": calling.http_port})
        accepted = Iletimerkezi(given).send(an_sms(), soon())

        receipts = house.receipts(2)

    assert {receipt.provider_id for receipt in receipts} == {accepted.id}
    assert [receipt.state for receipt in receipts] == [State.ACCEPTED, State.DELIVERED]
