"""Claims about the pages of opt-outs and consents, and of quiet hours and providers."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from imece import db, face
from imece.clock import now
from imece.contracts import Role
from notify.people import consent, quiet

Ask = Any


def test_who_wants_no_more_is_put_on_the_list_and_taken_off(ask: Ask, company: UUID, stranger: face.Caller) -> None:
    ask("POST", "/notify/opt-outs", data={"channel": "sms", "recipient": "0532 111 22 33", "scope": "all"})
    page = ask("GET", "/notify/opt-outs").text

    assert "+90532***2233" in page
    assert "everything but codes" in page
    assert "+90532***2233" in ask("GET", "/notify/opt-outs", query={"text": "0532 111"}).text
    assert "Nobody fits" in ask("GET", "/notify/opt-outs", query={"text": "0544"}).text
    assert "+90532***2233" not in ask("GET", "/notify/opt-outs", by=stranger).text
    with db.transaction() as session:
        [row] = consent.opt_outs(session, company)
        assert consent.refusal(session, company, "sms", "+905321112233", "informational", now()) is not None
    assert ask("POST", f"/notify/opt-outs/{row.id}/delete", by=stranger).status_code == 404
    assert ask("POST", f"/notify/opt-outs/{row.id}/delete").status_code == 303
    assert "Nobody has opted out" in ask("GET", "/notify/opt-outs").text


def test_a_consent_is_written_down_as_iys_wants_it(ask: Ask, company: UUID) -> None:
    said = {"channel": "email", "recipient": "ali@example.com", "status": "ONAY", "recipient_type": "TACIR", "source": "HS_ISLAK_IMZA"}
    assert ask("POST", "/notify/consents", data=said | {"consent_date": "2026-01-02T10:00"}).status_code == 303
    page = ask("GET", "/notify/consents").text

    for word in ("a***@example.com", "merchant", "signature", "02 Jan 2026 10:00", "ayşe@example.com"):
        assert word in page, word
    with db.transaction() as session:
        assert consent.refusal(session, company, "email", "ali@example.com", "commercial", now()) is None


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/notify/opt-outs", {"channel": "fax", "recipient": "x"}),
        ("/notify/opt-outs", {"channel": "sms", "recipient": "0212 111 22 33"}),
        ("/notify/opt-outs", {"channel": "sms", "recipient": "0532 111 22 33", "scope": "some"}),
        ("/notify/consents", {"channel": "sms", "recipient": "0532 111 22 33", "status": "BELKI"}),
        ("/notify/consents", {"channel": "sms", "recipient": "0532 111 22 33", "status": "ONAY", "consent_date": "dün"}),
        ("/notify/consents", {"channel": "sms", "recipient": "0532 111 22 33", "status": "ONAY", "consent_date": "2999-01-01T10:00"}),
        ("/notify/rules", {"from": "21:00", "until": "21:00", "zone": "Europe/Istanbul", "quiet.commercial": "1"}),
        ("/notify/rules", {"from": "21", "until": "x", "zone": "Europe/Istanbul"}),
        ("/notify/rules", {"from": "21:00", "until": "09:00", "zone": "Ay/Karanlık"}),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(ask: Ask, path: str, fields: dict[str, str]) -> None:
    answer = ask("POST", path, data=fields)

    assert answer.status_code == 422
    assert answer.json()["tr"] != answer.json()["en"]


def test_rules_are_set_by_admins_only(ask: Ask, company: UUID, person: face.Caller) -> None:
    fields = {"from": "20:00", "until": "08:30", "zone": "Europe/Berlin", "quiet.informational": "1"}
    assert ask("POST", "/notify/rules", by=replace(person, role=Role.OPERATOR), data=fields).status_code == 403
    assert ask("POST", "/notify/rules", data=fields).status_code == 303
    page = ask("GET", "/notify/rules").text

    assert 'value="20:00"' in page
    assert 'value="Europe/Berlin"' in page
    with db.transaction() as session:
        rules = quiet.of_company(session, company)
    assert (rules.quiet_kinds, rules.needs_consent) == (frozenset({"informational"}), False)


def test_every_way_out_is_shown_with_its_lanes(ask: Ask, person: face.Caller) -> None:
    page = ask("GET", "/notify/providers").text
    for word in ("Twilio", "Netgsm", "Telegram", "Webhooks", "caught", "TRY 2.00", "2000/s", "One-time code"):
        assert word in page, word
    part = ask("GET", "/notify/providers", query={"part": "1"}, by=replace(person, locale="tr"))
    assert face.TITLE not in part.headers
    assert "yakalanıyor" in part.text
