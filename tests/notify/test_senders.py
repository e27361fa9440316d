"""Claims about whole jobs against the real stand-ins: what is asked for is caught, as the providers' own protocols carried it."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from tests.notify.conftest import Catching, forget_settings, point_to
from tests.notify.pumping import states

from imece import db, ledger
from imece.contracts import Contract
from imece.contracts.notify import SendBulk, SendOtp, SendSms, SendTelegram, SendWebhook, SettleMessages
from imece.ledger import Job
from notify.caught import mails, texts
from notify.caught.texts import CaughtText
from notify.sending import lanes, pumps, settling
from notify.settings import settings

Work = Callable[..., None]


@pytest.fixture
def through(catcher: Catching, pace: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Everything goes to the catcher's stand-ins, fast."""
    point_to(catcher, monkeypatch, patience=5)
    monkeypatch.setenv("NOTIFY_SMS_TIMEOUT", "5")
    monkeypatch.setenv("NOTIFY_SMS_ANSWER_TIMEOUT", "5")
    monkeypatch.setenv("NOTIFY_SMS_PROVIDERS", "twilio,netgsm,iletimerkezi,goldsms")
    monkeypatch.setattr(pumps, "IDLE", 0.2)
    pace()
    yield
    forget_settings()
    lanes.forget()


def submit(company: UUID, contract: Contract) -> UUID:
    with db.transaction() as session:
        return ledger.submit(session, contract, company_id=company, requested_by="ali")


def job(identity: UUID) -> Job:
    with db.transaction() as session:
        return ledger.find(session, identity)


def held(provider: str, *recipients: str) -> list[CaughtText]:
    """What that stand-in has of messages to these recipients."""
    return [text for text in texts.listed(settings().caught_texts, provider=provider) if text.to.endswith(recipients)]


def test_one_of_everything(through: None, company: UUID, work: Work) -> None:
    jobs = [
        submit(company, SendSms(to="0532 900 00 01", text="Sayın üye, ekstreniz hazır")),
        submit(company, SendOtp(to="0532 900 00 02", text="Şifreniz 493027")),
        submit(company, SendTelegram(chat="424242", text="Fiyat <düştü>", silent=True)),
        submit(company, SendWebhook(url="https://hooks.slack.example/T1/B1", body={"text": "Fiyat düştü"})),
    ]

    work("notify")

    assert [job(one).state for one in jobs] == ["succeeded"] * 4
    assert states() == {"accepted": 4}
    assert sorted(text.to for text in held("twilio", "5329000001", "5329000002")) == ["+905329000001", "+905329000002"]
    assert len(held("telegram", "424242")) == 1
    assert len(held("webhook", "/T1/B1")) == 1


@pytest.mark.parametrize("provider", ["netgsm", "iletimerkezi", "goldsms"])
def test_a_list_at_a_gateway_in_turkey_is_one_request(through: None, company: UUID, work: Work, provider: str) -> None:
    first = {"netgsm": 5_329_100_000, "iletimerkezi": 5_329_200_000, "goldsms": 5_329_300_000}[provider]
    numbers = [str(first + place) for place in range(30)]
    one = submit(company, SendBulk(text="Sayın üye, ekstreniz hazır", recipients=tuple({"to": n} for n in numbers), provider=provider))  # type: ignore[arg-type]  # as JSON has it

    work("notify")

    assert job(one).state == "succeeded"
    found = held(provider, *numbers)
    assert Counter(text.to[-10:] for text in found) == Counter(numbers)
    assert len({text.order for text in found}) == 1, Counter(text.order for text in found)


def test_a_bulk_of_mails_arrives_once_each(through: None, company: UUID, work: Work) -> None:
    people = tuple({"to": f"ali{place}@toplu.example", "variables": {"ad": f"Ali {place}"}} for place in range(20))
    one = submit(company, SendBulk(channel="email", subject="Ekstre", text="Sayın {{ ad }}", recipients=people))  # type: ignore[arg-type]  # as JSON has it

    work("notify")

    assert job(one).state == "succeeded"
    found = [mail for mail in mails.listed(settings().caught) if any(to.endswith("@toplu.example") for to in mail.recipients)]
    assert len(found) == 20


def test_a_gateway_is_asked_what_became_of_it(through: None, company: UUID, work: Work) -> None:
    submit(company, SendSms(to="0532 940 00 01", text="Merhaba", provider="netgsm"))
    work("notify")
    with db.quick() as connection:
        connection.exec_driver_sql("update notify.message set accepted_at = accepted_at - interval '1 hour'")

    submit(company, SettleMessages())
    work("notify")

    assert set(states()) <= {"delivered", "sent"}


def test_a_lost_answer_is_found_in_the_providers_list(through: None, company: UUID, work: Work) -> None:
    """Twilio took it and answered with a server's fault: looked up by number and text, and not sent again."""
    submit(company, SendSms(to="+90 555 000 05 01", text="Merhaba"))
    work("notify")
    assert states() == {"unknown": 1}
    with db.quick() as connection:
        connection.exec_driver_sql("update notify.effect set started_at = started_at - interval '5 minutes'")

    settling.tend("twilio")

    assert states() == {"accepted": 1}
    assert len(held("twilio", "5550000501")) == 1
    with db.quick() as connection:
        assert connection.exec_driver_sql("select count(*), max(asked) from notify.effect").one() == (1, 1)
