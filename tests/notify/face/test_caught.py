"""Claims about the caught inbox: as its recipient would have seen it, safely, codes hidden, and only one's own."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from tests.notify.conftest import Catching, forget_settings
from tests.notify.pumping import ask as take

from imece import db, face, storage
from imece.contracts import Role
from imece.contracts.notify import Attachment, SendEmail
from imece.ids import new_id
from notify import intake, messages
from notify.intake import Wish
from notify.people import unsubscribe

Ask = Any
Sent = Callable[[str, UUID], None]

HTML = '<p>Ekstreniz <b>ektedir</b>.</p><script>alert(1)</script><img src="https://izci.example/a.gif">'


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The catcher answers when it answers: a busy machine is no reason to fail."""
    yield
    forget_settings()


def mail(company: UUID, to: str = "ali@example.com", **more: Any) -> UUID:
    """A mail with a file, sent; its job."""
    key = storage.new_key(company, "uploads", "Ekstre – Ağustos.pdf")
    storage.put(key, b"%PDF-1.7 ekstre")
    job, attachment = new_id(), Attachment(key=key, name="Ekstre – Ağustos.pdf")
    messages.send_email(job, company, SendEmail(to=to, subject="Ekstreniz", text="Ektedir.", html=HTML, attachments=(attachment,), **more))
    return job


def first(page: str, beginning: str) -> str:
    """The first address on a page that begins so."""
    return beginning + page.split(f'href="{beginning}', 1)[1].split('"', 1)[0]


def test_a_mail_is_shown_with_its_files_and_its_html_in_a_frame(ask: Ask, company: UUID, catcher: Catching) -> None:
    mail(company)
    place = first(ask("GET", "/notify/caught", query={"channel": "email"}).text, "/notify/caught/mails/")
    page = ask("GET", place).text

    assert "Ekstre – Ağustos.pdf" in page
    assert "<iframe" in page
    assert "sandbox src=" in page
    assert "alert(1)" not in page  # the HTML itself stands in the frame's own document
    framed = ask("GET", place.replace("/caught/", "/framed/"))
    assert framed.headers["content-type"].startswith("text/html")
    assert face.TITLE not in framed.headers
    assert "<b>ektedir</b>" in framed.text
    file = ask("GET", f"{place}/files/1")
    assert file.content == b"%PDF-1.7 ekstre"
    assert file.headers["content-disposition"].startswith("attachment;")
    assert file.headers["content-type"] == "application/octet-stream"
    assert ask("GET", f"{place}/files/2").status_code == 404


def test_an_sms_stands_on_a_phone_and_a_code_is_hidden_until_an_admin_asks(
    ask: Ask, company: UUID, person: face.Caller, sent: Sent
) -> None:
    code, plain = (
        take(company, text="Kodunuz 482910", kind="otp"),
        take(company, "0533 444 55 66", text="Borcunuz 1.250,50 TL, vade 31.12.2026"),
    )
    for identity in (code, plain):
        sent("twilio", identity)
    page = ask("GET", "/notify/caught", query={"channel": "sms", "to": "+90532"}).text

    assert "Kodunuz ••••••" in page
    assert "482910" not in page
    assert "1.250,50 TL, vade 31.12.2026" in ask("GET", "/notify/caught", query={"channel": "sms", "to": "+90533"}).text
    place = first(page, "/notify/caught/texts/")
    shown = ask("GET", place).text
    assert "482910" not in shown
    assert "Worth sending for, s" in shown
    assert "validity" not in shown
    assert "fits this search" in ask("GET", "/notify/caught", query={"channel": "sms", "to": "+4930"}).text
    reveal = place.replace("/texts/", "/reveal/")
    assert "Kodunuz 482910" in ask("POST", reveal).text
    operator = replace(person, role=Role.OPERATOR)
    assert ask("POST", reveal, by=operator).status_code == 403
    assert "Show the code" not in ask("GET", place, by=operator).text
    api = ask("GET", "/v1/notify/caught", query={"channel": "sms"}).json()
    assert {one["message_id"] for one in api} >= {str(code), str(plain)}
    assert "482910" not in str(api)


def test_a_post_is_shown_with_its_bold_and_nothing_it_brings_itself(ask: Ask, company: UUID, sent: Sent) -> None:
    with db.transaction() as session:
        wish = Wish(
            "telegram",
            "-100777",
            text="<b>Fırsat</b> <script>x</script> 5 < 7 <a href='javascript:alert(1)'>tıkla</a>",
            detail={"markup": True},
        )
        identity = intake.take(session, wish, company_id=company, requested_by="ali").id
    sent("telegram", identity)
    page = ask("GET", "/notify/caught", query={"channel": "telegram"}).text

    assert "<b>Fırsat</b>" in page
    assert "<script>x" not in page
    assert "<u>tıkla</u>" in page
    assert "javascript:" not in page


def test_another_company_sees_nothing_of_it(ask: Ask, company: UUID, stranger: face.Caller, sent: Sent) -> None:
    mail(company)
    identity = take(company)
    sent("twilio", identity)
    mine = first(ask("GET", "/notify/caught", query={"channel": "email"}).text, "/notify/caught/mails/")
    text = first(ask("GET", "/notify/caught", query={"channel": "sms"}).text, "/notify/caught/texts/")

    for channel in ("email", "sms", "telegram", "webhook"):
        assert "Nothing caught yet" in ask("GET", "/notify/caught", by=stranger, query={"channel": channel}).text
    for path in (mine, mine.replace("/caught/", "/framed/"), f"{mine}/files/1", text):
        assert ask("GET", path, by=stranger).status_code == 404
    assert ask("POST", text.replace("/texts/", "/reveal/"), by=stranger).status_code == 404
    for path in ("/notify/caught/mails/..%2F..%2Fetc%2Fpasswd", "/notify/caught/texts/yok", "/notify/caught/mails/yok.eml"):
        assert ask("GET", path).status_code == 404


def test_a_commercial_mail_carries_its_way_out(ask: Ask, company: UUID) -> None:
    from notify.people import consent

    with db.transaction() as session:
        consent.record(session, company, "email", "ali@example.com", "ONAY", by="ayşe")
    mail(company, purpose="commercial")
    page = ask("GET", first(ask("GET", "/notify/caught", query={"channel": "email"}).text, "/notify/caught/mails/")).text
    assert unsubscribe.token(company, "email", "ali@example.com") in page


def test_where_a_channel_is_live_there_is_nothing_to_see(ask: Ask, company: UUID, pace: Any) -> None:
    pace(TELEGRAM_MODE="live", TELEGRAM_TOKEN="1:x", TELEGRAM_ALLOWED_CHATS="*")
    page = ask("GET", "/notify/caught", query={"channel": "telegram"}).text
    assert 'channel=telegram"' not in page
    assert ask("GET", "/v1/notify/caught", query={"channel": "telegram"}).json() == []


def test_a_catcher_that_is_away_is_said_and_breaks_nothing_else(ask: Ask, pace: Any) -> None:
    pace(CATCHER_HTTP_PORT="1")
    away = ask("GET", "/notify/caught", query={"channel": "sms"})
    assert away.status_code == 503
    assert "catcher does not answer" in away.json()["en"]


def test_a_key_that_does_not_fit_is_named(ask: Ask, pace: Any) -> None:
    pace(CATCHER_KEY="not the key")
    assert "NOTIFY_CATCHER_KEY" in ask("GET", "/notify/caught", query={"channel": "sms"}).json()["en"]
