"""Claims about GoldSMS' channel: the old system's provider, in its own shape and never in the clear."""

import json

import pytest
from tests.notify.channels.conftest import Rule, an_sms, caught_by, soon
from tests.notify.channels.test_http import said, server
from tests.notify.conftest import Catching, forget_settings

from imece.errors import Misconfigured, Transient, Unknown
from notify.channels import Accepted, Channel, Outcome, Reporting
from notify.channels.goldsms import GoldSms
from notify.channels.refusals import Closed, Refused
from notify.channels.sms import Sms
from notify.settings import Settings, settings
from notify.texts.sms import Encoding


@pytest.fixture
def channel(given: Settings) -> GoldSms:
    return GoldSms(given)


def test_it_is_a_channel_that_cannot_be_asked(channel: GoldSms) -> None:
    found: Channel[Sms] = channel

    assert found.look_up("x").outcome is Outcome.UNTOLD
    assert not isinstance(channel, Reporting)


def test_one_text_for_many_is_sendsms_and_many_texts_are_multisendsms(channel: GoldSms, catcher: Catching) -> None:
    for texts in ({"aynı"}, {"bir", "iki"}):
        parcels = [an_sms(text) for text in sorted(texts) for _ in range(10)]
        verdicts = channel.send_many(parcels, soon())

        assert all(isinstance(verdict, Accepted) for verdict in verdicts)
        assert [caught_by(catcher, parcel.to)[0].text for parcel in parcels] == [parcel.text for parcel in parcels]
        assert len({verdict.id.split("-")[0] for verdict in verdicts if isinstance(verdict, Accepted)}) == 1


def test_the_request_is_the_old_systems(channel: GoldSms) -> None:
    answer = b'{"sonuc": true, "status": "ok", "mesaj": "", "gonderilenAdet": 1, "result": {"messageid": 77, "kredi": 5}}'
    with server(said("200 OK", answer)) as (port, asked):
        channel.line.base = f"http://127.0.0.1:{port}"
        accepted = channel.send(an_sms("Şükrü", to="+905321112233", sender="SIRKET", encoding=Encoding.TR_SINGLE), soon())

    assert accepted.id.startswith("77-")
    assert asked[0].startswith(b"POST /api/sendSMS ")
    assert json.loads(asked[0].partition(b"\r\n\r\n")[2]) == {
        "username": "catcher",
        "password": "catcher",
        "sdate": "",
        "vperiod": "23",
        "gate": 0,
        "message": {"sender": "SIRKET", "text": "Şükrü", "utf8": "1", "gsm": ["905321112233"]},
    }


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"sonuc": false, "mesaj": "Kullan\xc4\xb1c\xc4\xb1 ad\xc4\xb1 hatal\xc4\xb1"}', Closed),
        (b'{"sonuc": false, "mesaj": "Krediniz yetersiz"}', Closed),
        (b'{"sonuc": "false", "mesaj": "Ge\xc3\xa7ersiz numara"}', Refused),
        (b"<html>", Unknown),
        (b'{"sonuc": true, "gonderilenAdet": 0}', Unknown),
    ],
)
def test_its_sentence_says_what_follows(channel: GoldSms, body: bytes, kind: type[Exception]) -> None:
    with server(said("200 OK", body)) as (port, _):
        channel.line.base = f"http://127.0.0.1:{port}"
        with pytest.raises(kind) as fault:
            channel.send(an_sms(), soon())

    assert type(fault.value) is kind


@pytest.mark.parametrize(("do", "kind"), [("429", Transient), ("500", Unknown), ("drop-after", Unknown), ("refuse", Refused)])
def test_the_stand_in_misbehaves_on_demand(channel: GoldSms, rules: Rule, do: str, kind: type[Exception]) -> None:
    parcel = an_sms()
    rules(do, to=f"^\\{parcel.to}$")

    with pytest.raises(kind):
        channel.send(parcel, soon())


def test_it_goes_live_over_https_only(given: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old system spoke to it in the clear, with its certificate unchecked."""
    live = {"SMS_MODE": "live", "SMS_PROVIDERS": "goldsms", "SMS_ALLOWED_NUMBERS": "*"}
    live |= {"GOLDSMS_USER": "u", "GOLDSMS_PASSWORD": "p", "GOLDSMS_SENDER": "SIRKET", "GOLDSMS_URL": "http://apiv3.goldmesaj.net"}
    for name, value in live.items():
        monkeypatch.setenv(f"NOTIFY_{name}", value)
    forget_settings()

    with pytest.raises(Misconfigured, match="NOTIFY_GOLDSMS_URL must begin with https://"):
        settings()
