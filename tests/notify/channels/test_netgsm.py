"""Claims about Netgsm's channel, made to the stand-in and to answers as they are published."""

import json
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.notify.channels.conftest import ENDS, Rule, a_number, an_sms, caught_by, soon
from tests.notify.channels.test_http import said, server
from tests.notify.conftest import Catching, running_catcher

from imece.clock import ISTANBUL, now
from imece.errors import Transient, Unknown
from notify.channels import Accepted, Channel, Outcome, Reporting
from notify.channels.netgsm import Netgsm
from notify.channels.receipts import State
from notify.channels.refusals import Closed, Refused
from notify.channels.sms import Sms
from notify.settings import Settings
from notify.texts.sms import Encoding


@pytest.fixture
def netgsm(given: Settings, monkeypatch: pytest.MonkeyPatch) -> Netgsm:
    """Which asks anew every time."""
    monkeypatch.setattr("notify.channels.netgsm._FRESH", 0.0)
    return Netgsm(given)


def asked_of(
    netgsm: Netgsm, *parcels: Sms, answer: bytes = b'{"code": "00", "jobid": "17377215342605050417149344", "description": "queued"}'
) -> list[dict[str, Any]]:
    """The requests that these parcels become."""
    with server(*[said("200 OK", answer)] * 9) as (port, asked):
        netgsm.line.base = f"http://127.0.0.1:{port}"
        netgsm.send_many(parcels, soon())
        netgsm.line.close()
    return [json.loads(head.partition(b"\r\n\r\n")[2]) for head in asked]


def test_it_is_a_channel_that_is_asked_for_receipts(netgsm: Netgsm) -> None:
    channel: Channel[Sms] = netgsm

    assert channel.most > 1
    assert isinstance(channel, Reporting)


def test_a_hundred_recipients_are_one_request(netgsm: Netgsm, catcher: Catching) -> None:
    parcels = [an_sms(f"Sayın {n}. yetkili") for n in range(100)]
    before = len([event for event in catcher.events if event["event"] == "caught"])

    verdicts = netgsm.send_many(parcels, soon())

    assert all(isinstance(verdict, Accepted) for verdict in verdicts)
    assert len({verdict.id for verdict in verdicts if isinstance(verdict, Accepted)}) == 100
    assert [caught_by(catcher, parcel.to)[0].text for parcel in parcels] == [parcel.text for parcel in parcels]
    while len(requests := [event for event in catcher.events if event["event"] == "caught"]) == before:
        time.sleep(0.01)
    assert [event["messages"] for event in requests[before:]] == [100]


def test_the_request_is_the_published_one(netgsm: Netgsm) -> None:
    parcel = an_sms("Ödemeniz alındı", to="+905321112233", encoding=Encoding.TR_SINGLE, valid_for=timedelta(minutes=5))

    [request] = asked_of(netgsm, parcel)

    stop = datetime.strptime(request.pop("stopdate"), "%d%m%Y%H%M").replace(tzinfo=ISTANBUL)
    assert timedelta(minutes=4) < stop - now() <= timedelta(minutes=6)
    assert request == {
        "msgheader": "imece",
        "encoding": "TR",
        "iysfilter": "0",
        "appname": "imece",
        "referansID": parcel.reference,
        "messages": [{"msg": "Ödemeniz alındı", "no": "5321112233"}],
    }


def test_commercial_texts_are_checked_against_iys_by_kind_of_recipient(netgsm: Netgsm) -> None:
    kinds = [an_sms(kind="otp"), an_sms(kind="informational"), an_sms(kind="commercial"), an_sms(kind="commercial", merchant=True)]

    assert [request["iysfilter"] for request in asked_of(netgsm, *kinds)] == ["0", "0", "11", "12"]
    assert "encoding" not in asked_of(netgsm, an_sms())[0]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        ("406 Not Acceptable", b'{"code": "20", "description": "x"}', Refused),
        ("406 Not Acceptable", b'{"code": "30", "description": "x"}', Closed),
        ("406 Not Acceptable", b'{"code": "40", "description": "x"}', Closed),
        ("406 Not Acceptable", b'{"code": "50", "description": "x"}', Refused),
        ("406 Not Acceptable", b'{"code": "70", "description": "x"}', Refused),
        ("406 Not Acceptable", b'{"code": "80", "description": "x"}', Transient),
        ("406 Not Acceptable", b'{"code": "85", "description": "x"}', Transient),
        ("406 Not Acceptable", b'{"code": "100", "description": "x"}', Transient),
        ("406 Not Acceptable", b'{"code": "777", "description": "new"}', Refused),
        ("401 Unauthorized", b"<html>", Closed),
        ("500 Oops", b"", Unknown),
        ("200 OK", b"<html>", Unknown),
        ("200 OK", b"[]", Unknown),
        ("200 OK", b'{"code": "00", "jobid": null}', Unknown),
    ],
)
def test_a_code_says_what_follows(netgsm: Netgsm, status: str, body: bytes, kind: type[Exception]) -> None:
    with server(said(status, body)) as (port, _):
        netgsm.line.base = f"http://127.0.0.1:{port}"
        with pytest.raises(kind) as fault:
            netgsm.send(an_sms(), soon())

    assert type(fault.value) is kind


def test_a_corrected_date_is_a_yes(netgsm: Netgsm) -> None:
    with server(said("200 OK", b'{"code": "01", "jobid": "7", "description": "date"}')) as (port, _):
        netgsm.line.base = f"http://127.0.0.1:{port}"
        assert netgsm.send(an_sms(), soon()).id.startswith("7-")


def test_numbers_abroad_are_for_somebody_else_and_the_others_go(netgsm: Netgsm) -> None:
    verdicts = netgsm.send_many([an_sms(to="+4915112345678"), an_sms()], soon())

    assert isinstance(verdicts[0], Refused)
    assert verdicts[0].elsewhere
    assert isinstance(verdicts[1], Accepted)


def test_reports_tell_recipients_of_one_job_apart(netgsm: Netgsm, rules: Rule) -> None:
    good, bad, lost = an_sms(), an_sms(), an_sms()
    rules("failed", to=f"^\\{bad.to}$", code="3")
    rules("receipts-lost", to=f"^\\{lost.to}$")
    ids = [verdict.id for verdict in netgsm.send_many([good, bad, lost], soon()) if isinstance(verdict, Accepted)]

    while not all(receipt.state in ENDS for receipt in netgsm.reports(ids)):
        time.sleep(0.02)

    reports = netgsm.reports([*ids, "4711-none"])
    assert [(report.provider_id, report.state, report.code, report.address) for report in reports] == [
        (ids[0], State.DELIVERED, "", False),
        (ids[1], State.FAILED, "3/101", True),
    ]
    assert abs(reports[0].at - now()) < timedelta(minutes=1)
    assert [report.provider_id for report in netgsm.reports([ids[1]])] == [ids[1]]


def test_a_report_of_several_pages_is_read_to_its_end(netgsm: Netgsm) -> None:
    ids = [verdict.id for verdict in netgsm.send_many([an_sms() for _ in range(230)], soon()) if isinstance(verdict, Accepted)]

    assert {report.provider_id for report in netgsm.reports(ids)} == set(ids)


@pytest.mark.parametrize("fault", ["drop-after", "500-after"])
def test_an_unheard_request_of_one_is_found_by_our_id(netgsm: Netgsm, rules: Rule, fault: str) -> None:
    parcel = an_sms()
    rules(fault, to=f"^\\{parcel.to}$")
    with pytest.raises(Unknown):
        netgsm.send(parcel, soon())

    found = netgsm.look_up(parcel.reference, parcel, timedelta(seconds=5))

    assert found.outcome is Outcome.ARRIVED
    assert [report.reference for report in netgsm.reports([found.id])] == [parcel.reference]


def test_what_is_not_found_may_be_there_all_the_same(netgsm: Netgsm) -> None:
    assert netgsm.look_up("nobody's", an_sms(), timedelta(seconds=5)).outcome is Outcome.UNTOLD
    assert netgsm.look_up("nobody's").outcome is Outcome.UNTOLD


def test_a_job_is_asked_for_once_however_many_of_its_recipients_are(netgsm: Netgsm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten questions a minute would otherwise not be enough for one bulk."""
    monkeypatch.setattr("notify.channels.netgsm._FRESH", 60.0)
    ids = [verdict.id for verdict in netgsm.send_many([an_sms() for _ in range(50)], soon()) if isinstance(verdict, Accepted)]

    heard = [report.provider_id for start in range(0, 50, 10) for report in netgsm.reports(ids[start : start + 10])]
    netgsm.line.base = "http://127.0.0.1:1"
    again = [report.provider_id for report in netgsm.reports(ids)]

    assert heard == again == ids


def test_a_report_is_asked_for_by_id_and_from_when_to_when(netgsm: Netgsm) -> None:
    with server(said("406 Not Acceptable", b'{"code": "60", "description": "none", "jobs": null}')) as (port, asked):
        netgsm.line.base = f"http://127.0.0.1:{port}"
        assert netgsm.reports(["17-a", "17-b", "18-c"]) == []

    question = json.loads(asked[0].partition(b"\r\n\r\n")[2])
    begin, end = (datetime.strptime(question.pop(name), "%d.%m.%Y %H:%M:%S").replace(tzinfo=ISTANBUL) for name in ("startdate", "stopdate"))
    assert begin < now() - timedelta(days=3) < now() < end
    assert question == {"jobids": ["17", "18"], "appname": "imece", "pagenumber": 0, "pagesize": 100}


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"code": "100"}', b'{"code": "80"}'])
def test_a_report_that_is_no_report_is_transient(netgsm: Netgsm, body: bytes) -> None:
    with server(said("200 OK", body)) as (port, _):
        netgsm.line.base = f"http://127.0.0.1:{port}"
        with pytest.raises(Transient):
            netgsm.reports(["1-x"])


def test_the_stand_in_keeps_the_published_limits(given: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Ten reports a minute, twenty jobs a minute to one number, the same text to one number once an hour."""
    with running_catcher(tmp_path_factory.mktemp("strict"), NOTIFY_CATCHER_LIMITS="true", NOTIFY_CATCHER_DELIVERY="0") as strict:
        netgsm = Netgsm(given.model_copy(update={"catcher_http_port": strict.http_port}))
        number = a_number()
        ids = [netgsm.send(an_sms("aynı", to=number), soon()).id for _ in range(20)]
        with pytest.raises(Transient, match="85"):
            netgsm.send(an_sms(to=number), soon())
        first, *others = [netgsm.reports([identity])[0] for identity in ids[:10]]
        with pytest.raises(Transient, match="ten questions"):
            netgsm.reports(ids)

    assert first.state is State.DELIVERED
    assert {(report.state, report.code) for report in others} == {(State.UNDELIVERED, "13/101")}
