"""
What providers say by calling us: verified, then read. Whoever serves the addresses hands over what came; nothing here trusts a Host header.

The gateway passes `/notify/public/...` on to notify's face without a login: the signature is all that stands between the Internet and a receipt.
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from twilio.request_validator import RequestValidator, get_signature_algorithm

from imece.clock import now
from notify.accounts import CATCH_PASSWORD
from notify.channels.receipts import Forged, Receipt, State, malformed
from notify.channels.sms import place
from notify.settings import Settings

TWILIO_PATH = "/notify/public/receipts/twilio"
ILETIMERKEZI_PATH = "/notify/public/receipts/iletimerkezi"

LONGEST = 16 << 10  #: bytes of a receipt; whoever serves the addresses reads no more

#: Twilio's statuses; those that are missing say nothing new.
_TWILIO: dict[str, State] = {
    "accepted": State.ACCEPTED,
    "scheduled": State.ACCEPTED,
    "queued": State.ACCEPTED,
    "sending": State.ACCEPTED,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.DELIVERED,
    "partially_delivered": State.DELIVERED,
    "undelivered": State.UNDELIVERED,
    "failed": State.FAILED,
    "canceled": State.FAILED,
}

#: Twilio's reasons that mean the number itself: unknown, landline or unreachable for good.
_TWILIO_ADDRESS = {"21211", "21614", "30005", "30006"}
_TWILIO_EXPIRED = {"30036"}
_TWILIO_AGAIN = {"30001", "30003", "30008"}  #: worth another try in hours
_TWILIO_OPTED_OUT = {"21610"}

_ILETIMERKEZI: dict[str, State] = {"accepted": State.ACCEPTED, "delivered": State.DELIVERED, "undelivered": State.UNDELIVERED}


def twilio_address(given: Settings, reference: str) -> str | None:
    """Where Twilio is to call back about the message `reference`; None where it cannot reach us."""
    return f"{given.public_url}{TWILIO_PATH}?m={quote(reference, safe='')}" if given.public_url else None


def from_twilio(given: Settings, query: str, headers: Mapping[str, str], body: bytes) -> Receipt | None:
    """
    The receipt in a status callback of Twilio's; None where it says nothing new. `query` is the raw one, `headers` in small letters.

    Raises Forged unless it is signed with our token, for our public address; Invalid for what cannot be read.
    """
    token = CATCH_PASSWORD if given.sms_mode == "catch" else given.twilio_auth_token.get_secret_value()
    signature = headers.get("x-twilio-signature", "")
    if not signature or not token or not given.public_url:
        raise Forged
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=100)
    except (UnicodeDecodeError, ValueError):
        raise malformed("Twilio", "no form") from None
    address = f"{given.public_url}{TWILIO_PATH}?{query}" if query else f"{given.public_url}{TWILIO_PATH}"
    algorithm = get_signature_algorithm(headers.get("x-twilio-webhooks-signature-settings", ""))
    if not _signed(token, address, _Form(pairs), signature, algorithm):
        raise Forged
    fields = dict(pairs)
    sid, status = fields.get("MessageSid", ""), fields.get("MessageStatus", "")
    if not sid or not status:
        raise malformed("Twilio", "MessageSid or MessageStatus is missing")
    account = given.twilio_account_sid
    if given.sms_mode == "live" and fields.get("AccountSid", account) != account:
        raise Forged
    reference = dict(parse_qsl(query)).get("m")
    return twilio_receipt(sid, reference, status, fields.get("ErrorCode", ""), now())


def twilio_receipt(sid: str, reference: str | None, status: str, code: str, at: datetime) -> Receipt | None:
    """What a status of Twilio's says; None for one that says nothing new. A failure of a kind we do not know is a failure."""
    state = _TWILIO.get(status)
    if state is None:
        return None
    if state in {State.UNDELIVERED, State.FAILED}:
        if code in _TWILIO_ADDRESS | _TWILIO_OPTED_OUT:
            state = State.FAILED
        elif code in _TWILIO_EXPIRED:
            state = State.EXPIRED
        elif code in _TWILIO_AGAIN:
            state = State.UNDELIVERED
        elif code:
            state = State.FAILED
    gone, out = code in _TWILIO_ADDRESS, code in _TWILIO_OPTED_OUT
    return Receipt("twilio", sid, reference, state, code, at, address=gone, opted_out=out)


def from_iletimerkezi(given: Settings, query: str, document: Any) -> Receipt | None:
    """
    The receipt in a call of Iletimerkezi's; None where it says nothing new. `document` is the body, read as JSON.

    They sign nothing: what they call is kept secret instead. Raises Forged unless `query` has our key, Invalid for what cannot be read.
    """
    key = given.iletimerkezi_callback_key.get_secret_value()
    if not key or not hmac.compare_digest(dict(parse_qsl(query)).get("key", "").encode(), key.encode()):
        raise Forged
    report = document.get("report") if isinstance(document, dict) else None
    if not isinstance(report, dict):
        raise malformed("Iletimerkezi", "report is missing")
    order, number, status = (str(report.get(name) or "") for name in ("packet_id", "to", "status"))
    if not order or not number or not status:
        raise malformed("Iletimerkezi", "packet_id, to or status is missing")
    state = _ILETIMERKEZI.get(status)
    return Receipt("iletimerkezi", place(order, number), None, state, "", now()) if state else None


class _Form(dict[str, str]):
    """A form whose fields may come more than once, as the SDK's validator reads it."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs

    def getall(self, name: str) -> list[str]:
        return [value for known, value in self.pairs if known == name]


def _signed(token: str, address: str, form: _Form, signature: str, algorithm: str) -> bool:
    """With or without the port where it is the usual one, as Twilio signs; in constant time."""
    if algorithm not in {"HMAC_SHA1", "HMAC_SHA256"}:
        return False
    validator = RequestValidator(token)
    url = urlsplit(address)
    usual = {"https": 443, "http": 80}.get(url.scheme)
    host = url.hostname or ""
    host = f"[{host}]" if ":" in host else host
    if url.port in {None, usual}:
        candidates = [url._replace(netloc=host).geturl(), url._replace(netloc=f"{host}:{usual}").geturl()]
    else:
        candidates = [address]
    matches = [
        hmac.compare_digest(validator.compute_signature(found, form, algorithm).encode(), signature.encode()) for found in candidates
    ]
    return any(matches)
