"""Claims about the API: the same rules as the pages, in JSON, and described."""

from dataclasses import replace
from typing import Any

import pytest

from imece import face
from imece.contracts import Role
from imece.ids import new_id

Ask = Any
SMS = {"channel": "sms", "to": "0532 111 22 33", "text": "Merhaba"}


def test_a_message_is_taken_once_per_key(ask: Ask) -> None:
    first = ask("POST", "/v1/notify/messages", json=SMS, headers={"Idempotency-Key": "siparis-7"})
    again = ask("POST", "/v1/notify/messages", json=SMS, headers={"Idempotency-Key": "siparis-7"})
    other = ask("POST", "/v1/notify/messages", json=SMS | {"dedup": "siparis-8"})

    assert first.status_code == 201
    assert first.json() == {"id": first.json()["id"], "state": "queued", "segments": 1, "repeated": False}
    assert again.json() == first.json() | {"repeated": True}
    assert other.json()["id"] != first.json()["id"]
    assert ask("GET", "/v1/notify/messages").json()["total"] == 2
    [_, row] = ask("GET", "/v1/notify/messages").json()["messages"]
    assert (row["recipient"], row["state"]) == ("+90532***2233", "queued")
    assert "5321112233" not in str(ask("GET", "/v1/notify/messages").json())


@pytest.mark.parametrize("name", ["send_at", "expires_at"])
def test_a_moment_beyond_the_calendar_is_refused(ask: Ask, name: str) -> None:
    assert ask("POST", "/v1/notify/messages", json=SMS | {name: "9999-12-31T23:59:59-14:00"}).status_code == 422


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (SMS | {"to": "0212 111 22 33"}, "landline"),
        (SMS | {"text": None, "template": "onay-kodu", "variables": {}}, "kod"),
        (SMS | {"text": None, "template": "onay-kodu", "variables": {"kod": "1", "renk": "mavi"}}, "renk"),
        (SMS | {"text": None, "template": "yok"}, "yok"),
        (SMS | {"template": "onay-kodu"}, "either"),
        (SMS | {"fax": 1}, "shape"),
        (SMS | {"channel": "email", "to": "ali@example.com\r\nBcc: veli@example.com", "subject": "x"}, "e-mail address"),
        (SMS | {"expires_at": "2020-01-01T00:00:00+00:00"}, "expired"),
    ],
)
def test_what_cannot_be_sent_is_refused_and_named(ask: Ask, wish: dict[str, Any], said: str) -> None:
    answer = ask("POST", "/v1/notify/messages", json=wish)

    assert answer.status_code in {404, 422}
    assert said in answer.json()["en"]
    assert ask("GET", "/v1/notify/messages").json()["total"] == 0


@pytest.mark.parametrize("line", ["\r\n", "\n", "\u2028", "\x00"])
def test_a_subject_cannot_begin_another_header(ask: Ask, line: str) -> None:
    wish = {"channel": "email", "to": "ali@example.com", "text": "x", "subject": f"Konu{line}Bcc: veli@example.com"}
    assert ask("POST", "/v1/notify/messages", json=wish).status_code == 422
    assert ask("POST", "/notify/send", data=wish | {"subject": f"Konu{line.replace(chr(0), chr(10))}Bcc: v@example.com"}).status_code == 422
    assert ask("GET", "/v1/notify/messages").json()["total"] == 0


def test_templates_go_round(ask: Ask, stranger: face.Caller) -> None:
    body = {"bodies": {"tr": {"sms": "Sayın {{ ad }}"}}}
    assert ask("PUT", "/v1/notify/templates/selam", json=body).json()["version"] == 1
    assert ask("PUT", "/v1/notify/templates/selam", json=body | {"over": 0}).status_code == 409
    assert ask("GET", "/v1/notify/templates/selam", by=stranger).status_code == 404
    filled = ask("POST", "/v1/notify/templates/selam/preview", json={"channel": "sms", "variables": {"ad": "Ali"}}).json()
    assert filled == {"subject": "", "text": "Sayın Ali", "html": None}
    assert (
        "soyad"
        in ask("POST", "/v1/notify/templates/selam/preview", json={"channel": "sms", "variables": {"ad": "A", "soyad": "B"}}).json()["en"]
    )
    assert ask("DELETE", "/v1/notify/templates/selam").status_code == 204
    assert "selam" not in [one["name"] for one in ask("GET", "/v1/notify/templates").json()]


def test_people_and_rules_go_round(ask: Ask, person: face.Caller) -> None:
    assert ask("POST", "/v1/notify/opt-outs", json={"channel": "sms", "recipient": "0532 111 22 33", "scope": "all"}).status_code == 204
    [row] = ask("GET", "/v1/notify/opt-outs").json()
    assert (row["recipient"], row["source"]) == ("+90532***2233", "api")
    assert ask("DELETE", f"/v1/notify/opt-outs/{row['id']}").status_code == 204
    assert ask("DELETE", f"/v1/notify/opt-outs/{row['id']}").status_code == 404
    given = {"channel": "sms", "recipient": "0532 111 22 33", "status": "ONAY", "consent_date": "2026-01-01T10:00:00+03:00"}
    assert ask("POST", "/v1/notify/consents", json=given).json()["recipient"] == "+90532***2233"
    assert ask("POST", "/v1/notify/consents", json=given | {"consent_date": "2026-01-01T10:00:00"}).status_code == 422
    assert len(ask("GET", "/v1/notify/consents").json()) == 1
    rules = ask("GET", "/v1/notify/rules").json()
    assert ask("PUT", "/v1/notify/rules", json=rules | {"zone": "Europe/Berlin"}).json()["zone"] == "Europe/Berlin"
    assert ask("PUT", "/v1/notify/rules", json=rules, by=replace(person, role=Role.OPERATOR)).status_code == 403


def test_numbers_texts_and_ways_are_judged(ask: Ask) -> None:
    assert ask("GET", "/v1/notify/phones", query={"text": "0532 111 22 33"}).json()["e164"] == "+905321112233"
    assert ask("GET", "/v1/notify/phones", query={"text": "0212 111 22 33"}).json()["reason"] == "not_mobile"
    offers = ask("POST", "/v1/notify/price", json={"text": "Ödemeniz alındı"}).json()
    assert [(one["provider"], one["folded"], one["encoding"], one["total"]) for one in offers][:2] == [
        ("twilio", False, "ucs2", "2"),
        ("twilio", True, "gsm7", "2"),
    ]
    assert {one["name"] for one in ask("GET", "/v1/notify/providers").json()} >= {"twilio", "netgsm", "telegram", "webhook", "email"}


def test_everything_is_described_and_nothing_is_let_in_unsigned(ask: Ask, client: Any, person: face.Caller) -> None:
    described = ask("GET", "/v1/notify/openapi.json").json()["paths"]
    assert {"/v1/notify/messages", "/v1/notify/bulks/{bulk_id}", "/v1/notify/caught", "/v1/notify/templates/{name}"} <= set(described)
    for path in ("/notify", "/v1/notify/messages", "/notify/public/unsubscribe/x", "/notify/caught"):
        assert client.get(path).status_code == 401
    viewer = replace(person, role=Role.VIEWER)
    for method, path, body in (
        ("PUT", "/v1/notify/templates/x", {"bodies": {"tr": {"sms": "x"}}}),
        ("DELETE", "/v1/notify/templates/x", None),
        ("POST", "/v1/notify/opt-outs", {"channel": "sms", "recipient": "0532 111 22 33"}),
        ("DELETE", f"/v1/notify/opt-outs/{new_id()}", None),
        ("POST", "/v1/notify/consents", {"channel": "sms", "recipient": "0532 111 22 33", "status": "ONAY"}),
    ):
        assert ask(method, path, by=viewer, json=body).status_code == 403, path
