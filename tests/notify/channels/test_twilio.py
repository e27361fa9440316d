"""Claims about Twilio's channel, made by its own SDK to the stand-in."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.notify.channels.conftest import ENDS, Rule, a_number, an_sms, caught_by, soon
from tests.notify.channels.test_http import said, server
from tests.notify.conftest import Catching, forget_settings

from imece.errors import Misconfigured, Transient, Unknown
from notify.channels import Accepted, Channel, Outcome, Reporting
from notify.channels.receipts import State
from notify.channels.refusals import Closed, Refused
from notify.channels.sms import Sms
from notify.channels.twilio import CODES, Twilio
from notify.settings import Settings, settings

OTP = "Kodunuz 918273"


@pytest.fixture
def twilio(given: Settings) -> Twilio:
    return Twilio(given)


def test_it_is_a_channel_that_can_be_asked_for_receipts(twilio: Twilio) -> None:
    channel: Channel[Sms] = twilio

    assert channel.most == 1
    assert isinstance(channel, Reporting)
    assert channel.begins_within < channel.settles_within


def test_what_it_took_is_what_was_sent(twilio: Twilio, catcher: Catching) -> None:
    parcel = an_sms("Sayın Şükrü Ağaoğlu, {kod} 4321 €", sender="SIRKET", valid_for=timedelta(minutes=5))

    accepted = twilio.send(parcel, soon())

    [caught] = caught_by(catcher, parcel.to)
    assert accepted == Accepted(caught.id, "queued")
    assert caught.id.startswith("SM")
    assert (caught.text, caught.sender, caught.provider) == (parcel.text, "SIRKET", "twilio")
    assert (caught.more["validity"], caught.more["encoding"], caught.segments) == ("300", "ucs2", 1)


def test_our_id_travels_in_the_address_it_calls_back(given: Settings, catcher: Catching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_PUBLIC_URL", "https://imece.example.com/")
    forget_settings()
    parcel = an_sms()

    Twilio(settings()).send(parcel, soon())

    [caught] = caught_by(catcher, parcel.to)
    address = urlsplit(caught.more["callback"])
    assert address.path == "/notify/public/receipts/twilio"
    assert parse_qs(address.query) == {"m": [parcel.reference]}
    assert caught.reference == parcel.reference


def test_without_a_public_address_it_is_not_asked_to_call_back(twilio: Twilio, catcher: Catching) -> None:
    parcel = an_sms()
    twilio.send(parcel, soon())

    assert not caught_by(catcher, parcel.to)[0].more.get("callback")


@pytest.mark.parametrize(
    ("to", "code", "flags"),
    [
        ("+15005550001", "21211", {"address"}),
        ("+15005550009", "21614", {"address"}),
        ("+15005550004", "21610", {"opted_out"}),
        ("+15005550002", "21612", {"elsewhere"}),
        ("+15005550003", "21408", {"elsewhere"}),
        ("+902121112233", "21614", {"address"}),
    ],
)
def test_twilios_published_test_numbers_are_refused_for_good(twilio: Twilio, to: str, code: str, flags: set[str]) -> None:
    with pytest.raises(Refused) as refused:
        twilio.send(an_sms(to=to), soon())

    assert refused.value.code == code
    assert {flag for flag in ("address", "opted_out", "elsewhere", "duplicate") if getattr(refused.value, flag)} == flags
    assert to not in refused.value.en + refused.value.tr


def test_advertising_in_turkey_is_for_somebody_else_and_abroad_it_is_not(twilio: Twilio, catcher: Catching) -> None:
    parcel = an_sms(kind="commercial")

    with pytest.raises(Refused) as refused:
        twilio.send(parcel, soon())

    assert refused.value.elsewhere
    assert caught_by(catcher, parcel.to) == []
    assert twilio.send(an_sms(kind="commercial", to="+4915112345678"), soon()).answer == "queued"


def test_every_code_has_a_sentence_in_both_languages_and_one_consequence() -> None:
    for code, meaning in CODES.items():
        assert meaning.en != meaning.tr, code
        assert sum([meaning.closed, meaning.address, meaning.opted_out, meaning.elsewhere, bool(meaning.later)]) <= 1, code


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        ("400 Bad Request", b'{"code": 21999, "message": "To +905321112233 is odd", "status": 400}', Refused),
        ("401 Unauthorized", b'{"code": 20003, "message": "Authenticate", "status": 401}', Closed),
        ("403 Forbidden", b"{}", Closed),
        ("404 Not Found", b'{"code": 20404, "message": "no account", "status": 404}', Closed),
        ("404 Not Found", b"<html>", Closed),
        ("302 Found", b"", Closed),
        ("400 Bad Request", b'{"code": 21611, "message": "queue full", "status": 400}', Transient),
        ("429 Too Many", b'{"code": 20429, "message": "slow", "status": 429}', Transient),
        ("500 Oops", b"<html>", Unknown),
        ("503 Busy", b'{"code": 20503, "message": "busy", "status": 503}', Unknown),
        ("201 Created", b"<html>", Unknown),
        ("201 Created", b"{}", Unknown),
        ("200 OK", b'{"sid": null}', Unknown),
    ],
)
def test_an_answer_says_whether_it_was_taken_by_its_class_where_the_code_is_unknown(
    twilio: Twilio, status: str, body: bytes, kind: type[Exception]
) -> None:
    with server(said(status, body)) as (port, _):
        twilio.line.base = f"http://127.0.0.1:{port}"
        with pytest.raises(kind) as fault:
            twilio.send(an_sms(), soon())

    assert type(fault.value) is kind
    assert "5321112233" not in str(fault.value)


def test_retry_after_is_honoured_though_the_sdk_drops_it(twilio: Twilio) -> None:
    body = b'{"code": 20429, "message": "slow", "status": 429}'
    with server(said("429 Too Many", body, Retry_After="42"), said("401 No", b'{"code": 20003, "status": 401}')) as (port, _):
        twilio.line.base = f"http://127.0.0.1:{port}"
        with pytest.raises(Transient) as slow:
            twilio.send(an_sms(), soon())
        with pytest.raises(Closed) as closed:
            twilio.send(an_sms(), soon())

    assert slow.value.retry_after == timedelta(seconds=42)
    assert closed.value.retry_after == timedelta(minutes=5)


def test_a_provider_that_is_down_has_surely_not_taken_it(twilio: Twilio) -> None:
    twilio.line.base = "http://127.0.0.1:1"

    with pytest.raises(Transient):
        twilio.send(an_sms(), soon())


@pytest.mark.parametrize(
    ("fault", "taken"), [("drop-before", 0), ("drop-after", 1), ("500-after", 1), ("500", 0), ("late-before", 1), ("late-after", 1)]
)
def test_what_became_of_an_unheard_message_is_looked_up(given: Settings, catcher: Catching, rules: Rule, fault: str, taken: int) -> None:
    parcel = an_sms("Ödemeniz alındı 4321")
    rules(fault, to=f"^\\{parcel.to}$", seconds=1)
    hasty = Twilio(given.model_copy(update={"sms_answer_timeout": 0.5})) if fault.startswith("late") else Twilio(given)
    begin = time.monotonic()

    with pytest.raises(Unknown):
        hasty.send(parcel, soon())
    while fault.startswith("late") and not caught_by(catcher, parcel.to):
        time.sleep(0.02)  # the file is polled, as a person would

    twilio = Twilio(given)
    found = twilio.look_up(parcel.reference, parcel, timedelta(seconds=time.monotonic() - begin))
    assert found.outcome is (Outcome.ARRIVED if taken else Outcome.ABSENT)
    assert [found.id] == [caught.id for caught in caught_by(catcher, parcel.to)] or not taken


def test_another_text_or_an_old_one_is_not_taken_for_it(twilio: Twilio, catcher: Catching, monkeypatch: pytest.MonkeyPatch) -> None:
    parcel = an_sms("bir")
    twilio.send(parcel, soon())
    twilio.send(an_sms("iki", to=parcel.to), soon())

    assert twilio.look_up("x", an_sms("üç", to=parcel.to), timedelta(seconds=5)).outcome is Outcome.ABSENT
    assert twilio.look_up("x", parcel, timedelta(seconds=5)).outcome is Outcome.ARRIVED
    monkeypatch.setattr("notify.channels.twilio.now", lambda: caught_by(catcher, parcel.to)[0].at + timedelta(hours=1))
    assert twilio.look_up("x", parcel, timedelta(seconds=5)).outcome is Outcome.ABSENT
    assert twilio.look_up("x").outcome is Outcome.UNTOLD


def test_it_is_found_among_more_than_one_page_of_the_list(twilio: Twilio) -> None:
    parcel = an_sms("ilk")
    twilio.send(parcel, soon())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: twilio.send(an_sms(f"sonra {n}", to=parcel.to), soon()), range(120)))

    assert twilio.look_up("x", parcel, timedelta(seconds=30)).outcome is Outcome.ARRIVED


def test_a_list_that_holds_more_than_is_looked_at_says_nothing(twilio: Twilio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notify.channels.twilio._LOOKED_AT", 3)
    number = a_number()
    for n in range(4):
        twilio.send(an_sms(f"metin {n}", to=number), soon())

    assert twilio.look_up("x", an_sms("metin 0", to=number), timedelta(seconds=5)).outcome is Outcome.UNTOLD
    assert twilio.look_up("x", an_sms("metin 3", to=number), timedelta(seconds=5)).outcome is Outcome.ARRIVED


def test_a_lookup_that_is_not_answered_is_transient(twilio: Twilio) -> None:
    """A list that is not there must not pass for an empty one: the message would be sent again."""
    answers = [said("500 Oops"), said("200 OK", b"[]"), said("200 OK", b"<html>"), said("404 Not Found", b'{"code": 20404, "status": 404}')]
    with server(*answers, said("302 Found"), said("401 No", b"{}")) as (port, _):
        twilio.line.base = f"http://127.0.0.1:{port}"
        for _ in range(6):
            with pytest.raises(Transient):
                twilio.look_up("x", an_sms(), timedelta(seconds=1))


def test_receipts_are_asked_for_where_callbacks_do_not_come(twilio: Twilio, rules: Rule) -> None:
    good, bad = an_sms(), an_sms()
    rules("undelivered", to=f"^\\{bad.to}$", code="30005")
    ids = [twilio.send(parcel, soon()).id for parcel in (good, bad)]

    receipts = twilio.reports([*ids, "SM" + "0" * 32])
    while not all(receipt.state in ENDS for receipt in receipts):
        time.sleep(0.02)
        receipts = twilio.reports(ids)

    assert [(receipt.provider_id, receipt.state, receipt.code, receipt.address) for receipt in receipts] == [
        (ids[0], State.DELIVERED, "", False),
        (ids[1], State.FAILED, "30005", True),
    ]


def test_many_threads_share_one_channel_and_each_hears_its_own_answer(twilio: Twilio, catcher: Catching) -> None:
    parcels = [an_sms(f"metin {n}", to=a_number() if n % 4 else "+15005550009") for n in range(60)]

    with ThreadPoolExecutor(16) as pool:
        verdicts = [verdict for found in pool.map(lambda parcel: twilio.send_many([parcel], soon()), parcels) for verdict in found]

    for n, (parcel, verdict) in enumerate(zip(parcels, verdicts, strict=True)):
        if n % 4:
            assert isinstance(verdict, Accepted)
            assert [caught.text for caught in caught_by(catcher, parcel.to)] == [parcel.text]
        else:
            assert isinstance(verdict, Refused)


def test_edge_and_region_of_this_machine_are_not_built_into_the_address(given: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    monkeypatch.setenv("TWILIO_REGION", "ie1")

    assert Twilio(given).send(an_sms(), soon()).answer == "queued"


def test_no_log_and_no_error_holds_a_number_a_text_or_the_token(
    twilio: Twilio, catcher: Catching, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    parcel = an_sms(OTP)
    twilio.send(parcel, soon())
    twilio.look_up("x", parcel, timedelta(seconds=1))
    with pytest.raises(Refused) as refused:
        twilio.send(an_sms(OTP, to="+15005550004"), soon())
    logged = caplog.text + str(catcher.events) + str(refused.getrepr(style="native"))

    assert parcel.to[-7:] not in logged
    assert OTP[-6:] not in logged
    assert twilio.token not in caplog.text


LIVE = {
    "SMS_MODE": "live",
    "SMS_PROVIDERS": "twilio",
    "SMS_ALLOWED_NUMBERS": "+90532",
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "tok",
    "TWILIO_FROM": "SIRKET",
}


def test_live_mode_writes_to_allowed_numbers_only(given: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LIVE.items():
        monkeypatch.setenv(f"NOTIFY_{name}", value)
    forget_settings()
    live = Twilio(settings())
    with server(said("201 Created", b'{"sid": "SM1", "status": "queued"}')) as (port, asked):
        live.line.base = f"http://127.0.0.1:{port}"
        with pytest.raises(Refused, match="NOTIFY_SMS_ALLOWED_NUMBERS"):
            live.send(an_sms(to="+905421112233"), soon())
        assert asked == []
        assert live.send(an_sms(to="+905321112233"), soon()) == Accepted("SM1", "queued")

    assert asked[0].startswith(b"POST /2010-04-01/Accounts/AC1/Messages.json HTTP/1.1")
    assert b"Authorization: Basic QUMxOnRvaw==" in asked[0]


@pytest.mark.parametrize("missing", ["SMS_ALLOWED_NUMBERS", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"])
def test_live_mode_is_refused_until_the_account_is_named(given: Settings, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name, value in LIVE.items():
        if name != missing:
            monkeypatch.setenv(f"NOTIFY_{name}", value)
    forget_settings()

    with pytest.raises(Misconfigured, match=f"NOTIFY_{missing}"):
        settings()
