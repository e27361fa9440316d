"""Claims about the pages of messages: masked, searchable, each with its way, and nobody else's."""

from typing import Any
from uuid import UUID

from tests.notify.pumping import ask as take

from imece import face

Ask = Any


def test_the_list_masks_and_can_be_narrowed(ask: Ask, company: UUID) -> None:
    take(company)
    take(company, "0533 444 55 66", kind="commercial")
    page = ask("GET", "/notify").text

    assert "+90532***2233" in page
    assert "5321112233" not in page.replace(" ", "")
    rows = ask("GET", "/notify", query={"part": "1", "kind": "commercial"})
    assert face.TITLE not in rows.headers
    assert "+90533***5566" in rows.text
    assert "+90532***2233" not in rows.text
    assert "1 message" in rows.text
    assert "+90532***2233" in ask("GET", "/notify", query={"text": "0532 111 22 33"}).text
    assert "No message fits" in ask("GET", "/notify", query={"state": "delivered"}).text
    assert ask("GET", "/notify", query={"channel": "fax"}).status_code == 422


def test_a_message_shows_its_words_but_never_a_codes(ask: Ask, company: UUID) -> None:
    plain, secret = take(company, text="Kargonuz yolda"), take(company, text="Kodunuz 482910", kind="otp")

    page = ask("GET", f"/notify/messages/{plain}").text
    assert "Kargonuz yolda" in page
    assert "data-refresh" in page  # it is still on its way
    assert "482910" not in ask("GET", f"/notify/messages/{secret}").text
    assert "482910" not in ask("GET", "/notify").text


def test_another_companys_messages_do_not_exist(ask: Ask, company: UUID, stranger: face.Caller) -> None:
    identity = take(company)
    for path in (f"/notify/messages/{identity}", f"/v1/notify/messages/{identity}", f"/v1/notify/messages/{identity}/way"):
        assert ask("GET", path, by=stranger).status_code == 404
    assert "No message yet" in ask("GET", "/notify", by=stranger).text
    assert ask("GET", "/v1/notify/messages", by=stranger).json() == {"total": 0, "messages": []}
