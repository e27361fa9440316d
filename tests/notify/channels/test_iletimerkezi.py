"""Claims about Iletimerkezi's channel, made to the stand-in and to answers as they are published."""

import json
import time

import pytest
from tests.notify.channels.conftest import ENDS, Rule, an_sms, caught_by, soon
from tests.notify.channels.test_http import said, server
from tests.notify.conftest import Catching

from imece.errors import Transient, Unknown
from notify.channels import Accepted, Channel, Outcome, Reporting
from notify.channels.iletimerkezi import Iletimerkezi
from notify.channels.receipts import State
from notify.channels.refusals import Closed, Refused
from notify.channels.sms import Sms
from notify.settings import Settings


@pytest.fixture
def channel(given: Settings) -> Iletimerkezi:
    return Iletimerkezi(given)


def test_it_is_a_channel_that_can_be_asked_for_receipts(channel: Iletimerkezi) -> None:
    found: Channel[Sms] = channel

    assert found.most > 1
    assert isinstance(channel, Reporting)
    assert channel.look_up("x").outcome is Outcome.UNTOLD


def test_a_hundred_recipients_are_one_order_whatever_their_texts(channel: Iletimerkezi, catcher: Catching) -> None:
    parcels = [an_sms(f"Sayın {n % 3}. yetkili") for n in range(100)]

    verdicts = channel.send_many(parcels, soon())

    assert len({verdict.id.split("-")[0] for verdict in verdicts if isinstance(verdict, Accepted)}) == 1
    assert [caught_by(catcher, parcel.to)[0].text for parcel in parcels] == [parcel.text for parcel in parcels]


def test_the_order_is_the_published_one(channel: Iletimerkezi) -> None:
    answer = b'{"response": {"status": {"code": 200, "message": "\xc4\xb0\xc5\x9flem ba\xc5\x9far\xc4\xb1l\xc4\xb1"}, "order": {"id": "312891245"}}}'
    parcel = an_sms("Kampanya", to="+905321112233", kind="commercial", merchant=True, sender="SIRKET")
    with server(said("200 OK", answer)) as (port, asked):
        channel.line.base = f"http://127.0.0.1:{port}"
        accepted = channel.send(parcel, soon())

    assert accepted.id.startswith("312891245-")
    assert asked[0].startswith(b"POST /v1/send-sms/json ")
    assert json.loads(asked[0].partition(b"\r\n\r\n")[2]) == {
        "request": {
            "authentication": {"key": "catcher", "hash": "catcher"},
            "order": {
                "sender": "SIRKET",
                "sendDateTime": [],
                "iys": "1",
                "iysList": "TACIR",
                "message": {"text": "Kampanya", "receipents": {"number": ["+905321112233"]}},
            },
        }
    }


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (401, Closed),
        (402, Closed),
        (450, Closed),
        (451, Refused),
        (452, Refused),
        (454, Refused),
        (469, Refused),
        (503, Transient),
        (429, Transient),
    ],
)
def test_a_code_says_what_follows(channel: Iletimerkezi, code: int, kind: type[Exception]) -> None:
    body = json.dumps({"response": {"status": {"code": code, "message": "hata"}}}).encode()
    with server(said(f"{code} x", body)) as (port, _):
        channel.line.base = f"http://127.0.0.1:{port}"
        with pytest.raises(kind) as fault:
            channel.send(an_sms(), soon())

    assert type(fault.value) is kind
    assert getattr(fault.value, "duplicate", False) is (code == 451)


@pytest.mark.parametrize(
    "answer", [said("500 Oops", b"<html>"), said("200 OK", b"<html>"), said("200 OK", b'{"response": {"status": {"code": 200}}}')]
)
def test_no_clear_answer_may_have_been_taken(channel: Iletimerkezi, answer: bytes) -> None:
    with server(answer) as (port, _):
        channel.line.base = f"http://127.0.0.1:{port}"
        with pytest.raises(Unknown):
            channel.send(an_sms(), soon())


def test_the_same_order_again_is_refused_as_a_duplicate(channel: Iletimerkezi, rules: Rule) -> None:
    parcel = an_sms()
    channel.send(parcel, soon())

    with pytest.raises(Refused) as refused:
        channel.send(parcel, soon())

    assert (refused.value.code, refused.value.duplicate) == ("451", True)


def test_reports_tell_recipients_of_one_order_apart(channel: Iletimerkezi, rules: Rule) -> None:
    good, bad = an_sms(), an_sms()
    rules("undelivered", to=f"^\\{bad.to}$")
    ids = [verdict.id for verdict in channel.send_many([good, bad], soon()) if isinstance(verdict, Accepted)]

    while not all(report.state in ENDS for report in channel.reports(ids)):
        time.sleep(0.02)

    assert [(report.provider_id, report.state) for report in channel.reports([*ids, "1-none"])] == [
        (ids[0], State.DELIVERED),
        (ids[1], State.UNDELIVERED),
    ]


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"response": {"status": {"code": 401}}}'])
def test_a_report_that_is_no_report_is_transient(channel: Iletimerkezi, body: bytes) -> None:
    with server(said("200 OK", body)) as (port, _):
        channel.line.base = f"http://127.0.0.1:{port}"
        with pytest.raises(Transient):
            channel.reports(["1-x"])
