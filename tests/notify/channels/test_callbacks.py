"""Claims about what providers say by calling: only what is signed for us, for our address, is believed."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from imece.clock import now
from imece.errors import Invalid
from notify.channels.callbacks import (
    ILETIMERKEZI_PATH,
    TWILIO_PATH,
    _Form,
    _signed,
    from_iletimerkezi,
    from_twilio,
    twilio_address,
    twilio_receipt,
)
from notify.channels.receipts import Forged, State
from notify.channels.sms import place
from notify.settings import Settings

PUBLIC = "https://imece.example.com"
TOKEN = "12345"
LIVE = {
    "sms_mode": "live",
    "sms_providers": "twilio",
    "sms_allowed_numbers": "*",
    "twilio_account_sid": "AC1",
    "twilio_auth_token": TOKEN,
    "twilio_from": "SIRKET",
    "public_url": PUBLIC,
}
QUERY = "m=0199a000-0000-7000-8000-000000000001"
FORM = {"MessageSid": "SM1", "MessageStatus": "delivered", "AccountSid": "AC1", "To": "+905321112233", "ErrorMessage": ""}


def live(**more: Any) -> Settings:
    return Settings.model_validate({**LIVE, **more})


def headers(form: Mapping[str, str] = FORM, query: str = QUERY, token: str = TOKEN, public: str = PUBLIC) -> dict[str, str]:
    return {"x-twilio-signature": RequestValidator(token).compute_signature(f"{public}{TWILIO_PATH}?{query}", form), "host": "evil.example"}


def body(form: Mapping[str, str] = FORM) -> bytes:
    return urlencode(form).encode()


def test_twilios_own_vector_passes_and_so_does_the_address_with_its_usual_port() -> None:
    """Source: Twilio's documentation of its signatures, and its SDK's own test."""
    address = "https://mycompany.com/myapp.php?foo=1&bar=2"
    form = _Form(
        [("CallSid", "CA1234567890ABCDE"), ("Digits", "1234"), ("From", "+14158675309"), ("To", "+18005551212"), ("Caller", "+14158675309")]
    )
    expected = "RSOYDt4T1cUTdK1PDd93/VVr8B8="

    assert _signed(TOKEN, address, form, expected, "HMAC_SHA1")
    assert _signed(TOKEN, address.replace(".com/", ".com:443/"), form, expected, "HMAC_SHA1")
    assert not _signed(TOKEN, address.replace("https", "http"), form, expected, "HMAC_SHA1")
    assert not _signed(TOKEN, address.replace(".com/", ".com:8443/"), form, expected, "HMAC_SHA1")
    assert not _signed(TOKEN, address + "&baz=3", form, expected, "HMAC_SHA1")
    assert not _signed(TOKEN, address, _Form([*form.pairs, ("More", "")]), expected, "HMAC_SHA1")


def test_a_signed_callback_is_a_receipt_of_our_message_whatever_host_it_names() -> None:
    receipt = from_twilio(live(), QUERY, headers(), body())

    assert receipt is not None
    assert (receipt.provider, receipt.provider_id, receipt.reference, receipt.state) == (
        "twilio",
        "SM1",
        "0199a000-0000-7000-8000-000000000001",
        State.DELIVERED,
    )


def test_the_newer_signature_is_understood_and_an_unknown_one_is_not() -> None:
    text = f"{PUBLIC}{TWILIO_PATH}?{QUERY}" + "".join(f"{name}{FORM[name]}" for name in sorted(FORM))
    signature = b64encode(hmac.new(TOKEN.encode(), text.encode(), sha256).digest()).decode()
    settings_header = {"x-twilio-webhooks-signature-settings": "key=k1,algorithm=HMAC_SHA256"}

    assert from_twilio(live(), QUERY, {"x-twilio-signature": signature, **settings_header}, body())
    with pytest.raises(Forged):
        from_twilio(live(), QUERY, {"x-twilio-signature": signature}, body())
    with pytest.raises(Forged):
        from_twilio(live(), QUERY, {"x-twilio-signature": signature, "x-twilio-webhooks-signature-settings": "algorithm=NONE"}, body())


@pytest.mark.parametrize(
    "forgery",
    [
        {"headers": {}},
        {"headers": {"x-twilio-signature": ""}},
        {"headers": {"x-twilio-signature": "AAAA"}},
        {"headers": {"x-twilio-signature": "şifre"}},
        {"headers": headers(token="other")},
        {"headers": headers(public="https://evil.example")},
        {"headers": headers(public="http://imece.example.com")},
        {"query": "m=0199a000-0000-7000-8000-000000000002"},
        {"query": ""},
        {"body": body({**FORM, "MessageStatus": "failed"})},
        {"body": body({name: value for name, value in FORM.items() if value})},
        {"body": body({**FORM, "More": ""})},
        {"given": {"public_url": ""}},
        {"given": {"public_url": "https://other.example"}},
    ],
)
def test_a_forged_callback_is_refused(forgery: dict[str, Any]) -> None:
    asked = {"headers": headers(), "query": QUERY, "body": body(), "given": {}, **forgery}

    with pytest.raises(Forged) as refused:
        from_twilio(live(**asked["given"]), asked["query"], asked["headers"], asked["body"])

    assert refused.value.status == 422
    assert refused.value.en != refused.value.tr


def test_another_accounts_callback_is_refused_even_if_signed() -> None:
    form = {**FORM, "AccountSid": "AC2"}

    with pytest.raises(Forged):
        from_twilio(live(), QUERY, headers(form), body(form))


@pytest.mark.parametrize(
    "form", [{"AccountSid": "AC1"}, {"MessageSid": "SM1", "AccountSid": "AC1"}, {"MessageSid": "", "MessageStatus": "sent"}]
)
def test_what_is_signed_but_malformed_is_refused_with_a_reason(form: dict[str, str]) -> None:
    with pytest.raises(Invalid, match="MessageSid or MessageStatus"):
        from_twilio(live(), QUERY, headers(form), body(form))


def test_what_is_no_form_is_refused() -> None:
    for content in (b"\xff\xfe", b"a;b=c&&&", b"&".join(b"a%d=1" % n for n in range(200))):
        with pytest.raises(Invalid):
            from_twilio(live(), QUERY, headers(), content)


def test_a_replayed_callback_is_the_same_word() -> None:
    """What a receipt is kept under: see `reports`."""
    first, again = (from_twilio(live(), QUERY, headers(), body()) for _ in range(2))

    assert first is not None
    assert again is not None
    assert (first.provider, first.provider_id, first.state) == (again.provider, again.provider_id, again.state)


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [
        ("queued", "", State.ACCEPTED),
        ("sent", "", State.SENT),
        ("delivered", "", State.DELIVERED),
        ("read", "", State.DELIVERED),
        ("undelivered", "30003", State.UNDELIVERED),
        ("undelivered", "30005", State.FAILED),
        ("undelivered", "30036", State.EXPIRED),
        ("undelivered", "30007", State.FAILED),
        ("failed", "30008", State.UNDELIVERED),
        ("failed", "39999", State.FAILED),
        ("failed", "21610", State.FAILED),
    ],
)
def test_a_status_and_its_code_are_one_state(status: str, code: str, state: State) -> None:
    receipt = twilio_receipt("SM1", None, status, code, now())

    assert receipt is not None
    assert receipt.state is state
    assert receipt.address is (code == "30005")
    assert receipt.opted_out is (code == "21610")


def test_a_status_that_is_not_known_says_nothing() -> None:
    assert twilio_receipt("SM1", None, "receiving", "", now()) is None


def test_the_address_to_call_holds_our_id_and_only_that() -> None:
    assert twilio_address(live(), "a&b=c") == f"{PUBLIC}{TWILIO_PATH}?m=a%26b%3Dc"
    assert twilio_address(live(public_url=""), "a") is None


form_values = st.text(st.characters(codec="utf-8"), max_size=20)


@given(st.dictionaries(st.text("abcXYZ", min_size=1, max_size=8), form_values, max_size=6))
def test_any_form_that_twilio_signs_is_believed(extra: dict[str, str]) -> None:
    form = {**extra, **FORM}

    assert from_twilio(live(), QUERY, headers(form), body(form)) is not None


KEY = "a-secret-of-enough-letters"
REPORT = {"report": {"id": 1599558518, "packet_id": 104525848, "status": "delivered", "to": "+905321112233", "body": "Metin"}}


def test_iletimerkezis_call_is_believed_for_the_key_in_its_address() -> None:
    receipt = from_iletimerkezi(live(iletimerkezi_callback_key=KEY), f"key={KEY}", REPORT)

    assert receipt is not None
    assert (receipt.provider_id, receipt.state) == (place("104525848", "5321112233"), State.DELIVERED)
    assert ILETIMERKEZI_PATH.startswith("/notify/public/")


@pytest.mark.parametrize(("key", "query"), [("", ""), ("", "key="), (KEY, ""), (KEY, "key=wrong"), (KEY, f"key={KEY}x"), (KEY, "key=ş")])
def test_without_the_key_it_is_refused(key: str, query: str) -> None:
    with pytest.raises(Forged):
        from_iletimerkezi(live(iletimerkezi_callback_key=key), query, REPORT)


@pytest.mark.parametrize(
    "document", [None, [], {}, {"report": []}, {"report": {"status": "delivered"}}, {"report": {"packet_id": 1, "to": "x"}}]
)
def test_a_malformed_call_of_iletimerkezi_is_refused_with_a_reason(document: object) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        from_iletimerkezi(live(iletimerkezi_callback_key=KEY), f"key={KEY}", document)


def test_a_key_that_could_be_guessed_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="NOTIFY_ILETIMERKEZI_CALLBACK_KEY"):
        live(iletimerkezi_callback_key="short")
