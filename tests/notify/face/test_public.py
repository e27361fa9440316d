"""Claims about what is anybody's: a link stops messages and tells nothing, and receipts are believed only where they are signed."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from tests.notify.pumping import ask as take
from tests.notify.pumping import message
from twilio.request_validator import RequestValidator

from imece import db, face
from imece.clock import now
from notify.accounts import CATCH_PASSWORD
from notify.models import MessageState
from notify.people import consent, unsubscribe

Ask = Any
NOBODY = face.Nobody("tr")


@pytest.fixture
def link(ask: Ask, company: UUID) -> str:
    """A link to stop messages to somebody."""
    return f"/notify/public/unsubscribe/{unsubscribe.token(company, 'email', 'ali@example.com')}"


def refusal(company: UUID, kind: str) -> str | None:
    with db.transaction() as session:
        found = consent.refusal(session, company, "email", "Ali@example.com", kind, now())
    return found.code if found else None


def test_looking_at_a_link_stops_nothing(ask: Ask, link: str, company: UUID) -> None:
    page = ask("GET", link, by=NOBODY)

    assert page.status_code == 200
    assert "a***@example.com" in page.text
    assert "ali@example.com" not in page.text
    assert "İletileri durdur" in page.text
    assert refusal(company, "informational") is None
    assert "Stop messages" in ask("GET", link, by=face.Nobody("en")).text


def test_the_button_stops_what_was_chosen(ask: Ask, link: str, company: UUID) -> None:
    assert "ticari ileti gönderilmeyecek" in ask("POST", link, by=NOBODY, data={"scope": "commercial"}).text
    assert refusal(company, "commercial") == "opted_out"
    assert refusal(company, "informational") is None
    assert "Zaten durdurulmuş" in ask("GET", link, by=NOBODY).text
    ask("POST", link, by=NOBODY, data={"scope": "all"})
    assert refusal(company, "informational") == "opted_out"
    assert refusal(company, "otp") is None


def test_a_mail_programs_one_click_is_enough(ask: Ask, link: str, company: UUID) -> None:
    """RFC 8058: a POST without cookies, whose answer nobody reads; twice is as once."""
    for _ in range(2):
        answer = ask("POST", link, by=NOBODY, data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, answer.text) == (200, "ok")
    with db.transaction() as session:
        [row] = consent.opt_outs(session, company)
    assert (row.recipient, row.source, row.scope) == ("ali@example.com", "link", "commercial")


def test_a_link_that_is_not_ours_is_not_there(ask: Ask, link: str) -> None:
    for place in (link[:-2], f"{link}x", "/notify/public/unsubscribe/x"):
        for method in ("GET", "POST"):
            assert ask(method, place, by=NOBODY).status_code == 404


def test_nothing_else_is_anybodys(ask: Ask) -> None:
    for path in ("/notify", "/notify/opt-outs", "/v1/notify/messages", "/notify/caught"):
        assert ask("GET", path, by=NOBODY).status_code in {401, 403}


def callback(ask: Ask, url: str, reference: str, sid: str, status: str, *, key: str = CATCH_PASSWORD, **more: str) -> Any:
    """A status callback as Twilio signs it."""
    form = {"MessageSid": sid, "MessageStatus": status, "AccountSid": "AC1", **more}
    query = urlencode({"m": reference})
    signature = RequestValidator(key).compute_signature(f"{url}/notify/public/receipts/twilio?{query}", form)
    path = f"/notify/public/receipts/twilio?{query}"
    return ask("POST", path, by=NOBODY, data=form, headers={"x-twilio-signature": signature})


def test_a_signed_receipt_is_applied_and_a_forged_one_is_not(ask: Ask, company: UUID, sent: Any, pace: Any) -> None:
    home = "https://imece.example"
    pace(PUBLIC_URL=home)
    identity = take(company)
    sent("twilio", identity)
    with db.quick() as connection:
        [effect] = connection.exec_driver_sql("select reference, provider_id from notify.effect").all()

    forged = callback(ask, home, effect.reference, effect.provider_id, "delivered", key="another")
    assert forged.status_code == 422
    assert callback(ask, "https://other.example", effect.reference, effect.provider_id, "delivered").status_code == 422
    assert ask("POST", "/notify/public/receipts/twilio?m=1", by=NOBODY, data={"MessageStatus": "delivered"}).status_code == 422
    assert message(identity).state == MessageState.ACCEPTED
    assert callback(ask, home, effect.reference, effect.provider_id, "delivered").status_code == 204
    assert callback(ask, home, effect.reference, effect.provider_id, "sent").status_code == 204  # late, and says nothing new
    assert message(identity).state == MessageState.DELIVERED
    assert "delivered" in ask("GET", f"/notify/messages/{identity}").text


def test_iletimerkezis_receipts_need_their_key_and_sense(ask: Ask, pace: Any) -> None:
    path = "/notify/public/receipts/iletimerkezi"
    assert ask("POST", path, by=NOBODY, json={"report": {}}).status_code == 422
    pace(ILETIMERKEZI_CALLBACK_KEY="k" * 20)
    assert ask("POST", f"{path}?key={'k' * 20}", by=NOBODY, content=b"{").status_code == 422
    assert (
        ask(
            "POST", f"{path}?key={'k' * 20}", by=NOBODY, json={"report": {"packet_id": "1", "to": "5321112233", "status": "delivered"}}
        ).status_code
        == 204
    )
    assert (
        ask("POST", f"{path}?key={'x' * 20}", by=NOBODY, json={"report": {"packet_id": "1", "to": "5", "status": "delivered"}}).status_code
        == 422
    )
    assert ask("POST", f"{path}?key={'k' * 20}", by=NOBODY, content=b"x" * 20_000).status_code == 422
