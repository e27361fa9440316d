"""Claims about sending one: priced while it is written, checked before it is taken."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from tests.notify.pumping import message

from imece import clock, face, storage
from imece.contracts import Role
from imece.ids import new_id

Ask = Any
TO = "0532 111 22 33"


def send(ask: Ask, **fields: str) -> Any:
    return ask("POST", "/notify/send", data={"channel": "sms", "to": TO, "text": "Merhaba", "kind": "informational"} | fields)


def test_a_text_is_priced_while_it_is_written(ask: Ask, person: face.Caller) -> None:
    text = "Sayın müşterimiz, 250 ₺ tutarındaki siparişiniz kargoya verildi. Teşekkür ederiz."
    part = ask("POST", "/notify/send/price", data={"channel": "sms", "to": TO, "text": text}).text

    assert "2 segments" in part
    assert "TRY 4.00" in part
    assert "250 TL" in part  # as it will leave
    assert "+90532***2233" in part
    folded = ask("POST", "/notify/send/price", by=replace(person, locale="tr"), data={"channel": "sms", "text": text, "fold": "1"}).text
    assert "1 parça" in folded
    assert "Sayin musterimiz" in folded


@pytest.mark.parametrize(
    ("to", "said"), [("0212 111 22 33", "landline"), ("0532 111 22 33 / 0533 444 55 66", "several"), ("9.05E+11", "rounded")]
)
def test_a_number_that_will_be_refused_is_said_at_once(ask: Ask, to: str, said: str) -> None:
    assert said in ask("POST", "/notify/send/price", data={"channel": "sms", "to": to, "text": "x"}).text
    assert send(ask, to=to).status_code == 422


@pytest.mark.parametrize("wrong", [{"kind": "acil"}, {"provider": "kimse"}])
def test_a_kind_or_a_provider_that_there_is_not_is_refused(ask: Ask, wrong: dict[str, str]) -> None:
    assert send(ask, **wrong).status_code == 422
    assert ask("POST", "/notify/send/price", data={"channel": "sms", "text": "x"} | wrong).status_code == 422


def test_a_message_is_taken_and_its_way_can_be_followed(ask: Ask) -> None:
    answer = send(ask, fold="1", text="Ödemeniz alındı, 250 ₺")

    assert answer.status_code == 303
    kept = message(UUID(answer.headers["location"].rpartition("/")[2]))
    assert (kept.text, kept.segments, kept.requested_by) == ("Odemeniz alindi, 250 TL", 1, "ayşe@example.com")
    assert ask("GET", answer.headers["location"]).status_code == 200


def test_a_template_is_filled_and_what_is_missing_is_named(ask: Ask) -> None:
    page = ask("GET", "/notify/send", query={"template": "odeme-hatirlatma"}).text
    assert all(f'name="var.{name}"' in page for name in ("ad", "tutar", "vade", "sirket"))
    missing = send(ask, text="", template="odeme-hatirlatma", **{"var.ad": "AYŞE"})
    assert missing.status_code == 422
    assert "sirket, tutar, vade" in missing.json()["en"]
    values = {"var.ad": "AYŞE", "var.tutar": "1.250,5", "var.vade": "2026-12-31", "var.sirket": "Acme", "locale": "tr"}
    kept = message(UUID(send(ask, text="", template="odeme-hatirlatma", **values).headers["location"].rpartition("/")[2]))
    assert kept.text == "Sayın Ayşe, 31.12.2026 vadeli 1.250,50 TL ödemenizi hatırlatırız. Acme"


def test_a_code_is_worth_minutes_and_kept_nowhere_in_the_clear(ask: Ask) -> None:
    kept = message(UUID(send(ask, kind="otp", text="Kodunuz 482910").headers["location"].rpartition("/")[2]))

    assert kept.text is None
    assert kept.sealed is not None
    assert b"482910" not in kept.sealed
    assert kept.expires_at is not None
    assert 200 < (kept.expires_at - clock.now()).total_seconds() <= 300


def test_a_mail_with_files_becomes_a_job(ask: Ask, company: UUID) -> None:
    mine, theirs = (storage.new_key(owner, "uploads", "ekstre.pdf") for owner in (company, new_id()))
    for key in (mine, theirs):
        storage.put(key, b"%PDF")
    mail = {"channel": "email", "to": "ali@example.com", "subject": "Ekstre"}

    assert send(ask, **mail, **{"file.1": mine}).headers["location"].startswith("/jobs/")
    assert send(ask, **mail, **{"file.1": theirs}).status_code == 404
    assert send(ask, **mail).headers["location"].startswith("/notify/messages/")


@pytest.mark.parametrize(
    "fields",
    [
        {"channel": "fax"},
        {"text": ""},
        {"text": "x" * 1601},
        {"to": ""},
        {"provider": "postane"},
        {"send_at": "yarın"},
        {"channel": "telegram", "to": "ali veli"},
    ],
)
def test_what_cannot_be_sent_is_refused_with_a_sentence(ask: Ask, fields: dict[str, str]) -> None:
    answer = send(ask, **fields)

    assert answer.status_code in {404, 422}
    assert answer.json()["tr"] != answer.json()["en"]


def test_a_viewer_may_look_and_not_send(ask: Ask, person: face.Caller) -> None:
    viewer = replace(person, role=Role.VIEWER)
    assert "data-live" not in ask("GET", "/notify/send", by=viewer).text, "what a viewer writes is asked of nobody"
    assert "data-live" in ask("GET", "/notify/send").text
    assert "Devam" not in ask("GET", "/notify/bulks/new", by=replace(viewer, locale="tr")).text
    assert ask("POST", "/notify/send", by=viewer, data={"channel": "sms", "to": TO, "text": "x"}).status_code == 403
    assert ask("POST", "/v1/notify/messages", by=viewer, json={"channel": "sms", "to": TO, "text": "x"}).status_code == 403


def test_every_channel_has_its_form(ask: Ask, person: face.Caller) -> None:
    for channel in ("sms", "email", "telegram"):
        for locale in ("tr", "en"):
            assert ask("GET", "/notify/send", by=replace(person, locale=locale), query={"channel": channel}).status_code == 200
