"""Claims about the catcher's HTTP: what it says is kept is on the disk, and only who has the key reads it."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from tests.notify.channels.conftest import an_sms, caught_by, soon
from tests.notify.conftest import READER_KEY, Catching, running_catcher

from imece.errors import Transient, Unknown
from notify.caught import texts
from notify.channels import Accepted
from notify.channels.twilio import Twilio
from notify.settings import Settings


def read(catcher: Catching, path: str, key: str = READER_KEY) -> requests.Response:
    return requests.request(
        "GET", f"http://127.0.0.1:{catcher.http_port}/catcher/{path}", headers={"Authorization": f"Bearer {key}"}, timeout=5
    )


def test_lists_show_codes_as_dots_and_one_message_is_shown_whole(given: Settings, catcher: Catching) -> None:
    parcel = an_sms("Doğrulama kodunuz 918 273, tutar 250 TL", kind="otp")
    identity = Twilio(given).send(parcel, soon()).id

    [listed] = read(catcher, f"texts?to={parcel.to[1:]}&limit=5").json()

    assert listed["text"] == "Doğrulama kodunuz ••• •••, tutar 250 TL"
    assert (listed["id"], listed["provider"], listed["to"], listed["segments"]) == (identity, "twilio", parcel.to, 1)
    assert read(catcher, f"texts/{identity}").json()["text"] == parcel.text
    assert read(catcher, "texts/nobody").status_code == 404


def test_nobody_reads_without_the_key(catcher: Catching) -> None:
    for path in ("texts", "texts/x", "mails", "mails/x.eml"):
        assert read(catcher, path, "wrong").status_code == 401
        assert requests.request("GET", f"http://127.0.0.1:{catcher.http_port}/catcher/{path}", timeout=5).status_code == 401


def test_a_mail_is_listed_and_read_as_it_came_and_nothing_beside_the_mails(catcher: Catching) -> None:
    (catcher.folder / "one-mail@x.eml").write_bytes(
        b"Delivered-To: veli@example.com\r\nMessage-ID: <one-mail@x>\r\nSubject: Konu\r\n\r\nMetin\r\n"
    )

    [mail] = [mail for mail in read(catcher, "mails?to=VELI@&limit=200").json() if mail["id"] == "one-mail@x"]

    assert mail["subject"] == "Konu"
    assert read(catcher, f"mails/{mail['name']}").content.endswith(b"Metin\r\n")
    for path in ("mails/..%2Ftexts.eml", "mails/%2Fetc%2Fpasswd", "mails/none.eml", "mails/texts"):
        assert read(catcher, path).status_code == 404


def test_without_leave_nobody_makes_it_misbehave(tmp_path: Path, given: Settings) -> None:
    with running_catcher(tmp_path, NOTIFY_CATCHER_FAULTS="false") as good:
        assert (
            requests.request("PUT", f"http://127.0.0.1:{good.http_port}/catcher/rules", json=[{"do": "429"}], timeout=5).status_code == 403
        )
        twilio = Twilio(given.model_copy(update={"catcher_http_port": good.http_port}))
        assert twilio.send(an_sms(to="+905550000429"), soon()).answer == "queued"


def test_what_it_took_it_knows_after_a_kill(tmp_path: Path, given: Settings) -> None:
    parcel = an_sms()
    for end in (signal.SIGKILL, signal.SIGTERM):
        with running_catcher(tmp_path) as running:
            twilio = Twilio(given.model_copy(update={"catcher_http_port": running.http_port}))
            accepted = twilio.send(parcel, soon())
            assert running.stop(end) == (0 if end is signal.SIGTERM else -end)
    with running_catcher(tmp_path) as running:
        twilio = Twilio(given.model_copy(update={"catcher_http_port": running.http_port}))
        assert len(caught_by(running, parcel.to)) == 2
        assert twilio.reports([accepted.id])[0].provider_id == accepted.id


def test_no_text_lies_in_clear_on_the_disk_and_no_number_in_the_log(given: Settings, catcher: Catching) -> None:
    parcel = an_sms("Kodunuz 665544")
    Twilio(given).send(parcel, soon())

    kept = b"".join(path.read_bytes() for path in (catcher.folder / "texts").iterdir())
    assert parcel.to.encode() in kept
    assert b"665544" not in kept
    assert parcel.to[-7:] not in str(catcher.events)
    assert "665544" not in str(catcher.events)
    assert all(path.stat().st_mode & 0o077 == 0 for path in (catcher.folder / "texts").iterdir())


def test_a_cut_connection_is_no_fault_of_its_own(tmp_path: Path, given: Settings) -> None:
    with running_catcher(tmp_path) as running:
        twilio = Twilio(given.model_copy(update={"catcher_http_port": running.http_port}))
        for to in ("+905550000001", "+905550000002"):
            with pytest.raises(Unknown, match="broke off"):
                twilio.send(an_sms(to=to), soon())
        assert running.stop() == 0

    assert "fault" not in [event["event"] for event in running.events]


def test_a_full_disk_is_the_catchers_fault(tmp_path: Path, given: Settings) -> None:
    with running_catcher(tmp_path / "folder") as running:
        (running.folder / "texts").write_text("no folder")
        twilio = Twilio(given.model_copy(update={"catcher_http_port": running.http_port}))
        with pytest.raises(Exception, match="503"):
            twilio.send(an_sms(), soon())


def test_it_keeps_a_rate_in_segments_as_a_provider_does(tmp_path: Path, given: Settings) -> None:
    """Ten segments at one a second: the next message is asked to wait for them."""
    with running_catcher(tmp_path, NOTIFY_CATCHER_RATE="1") as slow:
        twilio = Twilio(given.model_copy(update={"catcher_http_port": slow.http_port}))
        twilio.send(an_sms("x" * 1530), soon())
        with pytest.raises(Transient) as refused:
            twilio.send(an_sms(), soon())

    assert refused.value.retry_after is not None
    assert 1 <= refused.value.retry_after.total_seconds() <= 11


def test_it_takes_its_time_where_it_is_told_to(tmp_path: Path, given: Settings) -> None:
    with running_catcher(tmp_path, NOTIFY_CATCHER_LATENCY="0.3") as slow:
        twilio = Twilio(given.model_copy(update={"catcher_http_port": slow.http_port}))
        begin = time.monotonic()
        twilio.send(an_sms(), soon())
        assert time.monotonic() - begin >= 0.3


@pytest.mark.slow
def test_it_stands_hundreds_of_requests_a_second(tmp_path: Path, given: Settings) -> None:
    """Measured by the sender's own cost too: thirty-two threads of the real channel; nothing is lost and nothing is taken twice."""
    with running_catcher(tmp_path) as running:
        twilio = Twilio(given.model_copy(update={"catcher_http_port": running.http_port, "sms_answer_timeout": 10.0}))
        parcels = [an_sms(f"metin {n}") for n in range(2000)]
        with ThreadPoolExecutor(32) as pool:
            accepted = list(pool.map(lambda parcel: twilio.send(parcel, soon() + 30), parcels))
        kept = list(texts.listed(tmp_path / "texts"))

    assert all(isinstance(one, Accepted) for one in accepted)
    assert {text.id for text in kept} == {one.id for one in accepted}
    assert len(kept) == 2000


def test_what_is_past_its_retention_goes_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "2020-01-01.jsonl").write_text("{}\n")

    with running_catcher(tmp_path) as running:
        running.stop()

    assert list((tmp_path / "texts").iterdir()) == []
