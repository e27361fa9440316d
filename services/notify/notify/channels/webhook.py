"""
Webhooks: a signed call to an address that a company gave us, and Slack's incoming webhooks, which are the same without a signature.

The signature is that of Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`: HMAC-SHA256 over all three), for which receivers
find libraries in every language. Where it goes is a stranger's word: names are looked up once, every address must be public, and the connection
goes to those very addresses. Redirects are not followed.
"""

import base64
import hashlib
import hmac
import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError
from urllib3.util.connection import create_connection

from imece import addresses
from imece.clock import now
from imece.errors import Transient, Unknown
from notify.channels import Accepted, Finding, Outcome, Verdict, one_by_one
from notify.channels.http import Adapter, Encrypted, Line, Plain, Rested
from notify.channels.refusals import Refused
from notify.settings import Settings

_LONGEST = 256 << 10  #: bytes of a body


@dataclass(frozen=True, repr=False)
class Call:
    """
    A call to `url` with `body` as JSON; `secret` signs it (`whsec_...` in base64, or any text), an empty one is for receivers like Slack.

    `reference` is our own id of it and goes along as `webhook-id`: a receiver knows a repetition by it.
    """

    reference: str
    url: str
    body: Mapping[str, Any]
    secret: str = ""

    def __repr__(self) -> str:
        """Without address and secret: Slack's address is one."""
        return f"Call({self.reference})"


class Webhook:
    """The channel. One per process; threads share it."""

    name = "webhook"
    most = 1

    def __init__(self, given: Settings) -> None:
        """In catch mode every call goes to the catcher, its address with it. Raises ValueError for a network that is none."""
        self.given = given
        self.catching = given.webhook_mode == "catch"
        self.guard = addresses.Guard(given.webhook_private_networks)
        adapter = None if self.catching else _guarded(self.guard)
        self.line = Line("The webhook's receiver", "", given.chat_answer_timeout, ca_file=given.webhook_ca_file, adapter=adapter)

    @property
    def begins_within(self) -> timedelta:
        """Longest time between a claim and the leaving of the call."""
        return timedelta(seconds=self.given.chat_timeout)

    @property
    def settles_within(self) -> timedelta:
        """Until then it may still be on its way."""
        return self.begins_within + self.line.settles_within

    def send(self, parcel: Call, deadline: float) -> Accepted:
        """
        Call once. Raises Transient, Refused (`address`: the receiver is gone) or Unknown.

        A signed call whose answer was lost is Transient: it is called again under the same `webhook-id`, as receivers of signed calls expect.
        One without a signature is Unknown then: Slack would show it twice.
        """
        url = self.guard.checked(parcel.url)
        allowed = {host.lower() for host in self.given.webhook_allowed_hosts}
        if not self.catching and "*" not in allowed and (url.host or "") not in allowed:
            raise Refused(
                "Calls to this host are not allowed here (NOTIFY_WEBHOOK_ALLOWED_HOSTS).",
                "Bu sunucuya çağrı yapılmasına izin verilmiyor (NOTIFY_WEBHOOK_ALLOWED_HOSTS).",
                code="not_allowed",
            )
        body = json.dumps(parcel.body, ensure_ascii=False, separators=(",", ":")).encode()
        if len(body) > _LONGEST:
            raise Refused("The call is too big.", "Çağrının içeriği çok büyük.", code="too_big")
        address = f"{self.given.stand_ins}/webhook/?to={quote(str(url), safe='')}" if self.catching else str(url)
        headers = {"Content-Type": "application/json", "User-Agent": "imece", **_signed(parcel, body)}
        try:
            answer = self.line.post(address, deadline, data=body, headers=headers)
        except Unknown as error:
            if not parcel.secret:
                raise
            raise Transient(error.en, error.tr) from None
        if answer.ok:
            return Accepted(parcel.reference, str(answer.status))
        if answer.status in {408, 425}:
            raise Transient(
                f"The receiver asks to try later ({answer.status}).", f"Alıcı daha sonra denenmesini istiyor ({answer.status})."
            )
        gone = answer.status in {404, 410}
        raise Refused(
            f"The receiver refused the call ({answer.status}).",
            f"Alıcı çağrıyı reddetti ({answer.status}).",
            code=str(answer.status),
            address=gone,
        )

    def send_many(self, parcels: Sequence[Call], deadline: float) -> Sequence[Verdict]:
        """Each is a call of its own."""
        return one_by_one(self, parcels, deadline)

    def look_up(self, _reference: str, _parcel: Call | None = None, _since: timedelta | None = None) -> Finding:
        """Receivers cannot be asked."""
        return Finding(Outcome.UNTOLD)


def signature(secret: str, identity: str, timestamp: str, body: bytes) -> str:
    """`v1,<base64>` as Standard Webhooks has it. Raises ValueError for a `whsec_` that is no base64."""
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True) if secret.startswith("whsec_") else secret.encode()
    content = f"{identity}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def _signed(call: Call, body: bytes) -> dict[str, str]:
    timestamp = str(int(now().timestamp()))
    headers = {"webhook-id": call.reference, "webhook-timestamp": timestamp}
    if not call.secret:
        return headers
    try:
        return {**headers, "webhook-signature": signature(call.secret, call.reference, timestamp, body)}
    except ValueError:
        raise Refused("The webhook's secret cannot be read.", "Webhook'un gizli anahtarı okunamadı.", code="secret") from None


def _guarded(guard: addresses.Guard) -> Adapter:
    """An adapter whose connections go where `guard` lets them, and nowhere else whatever the name says a moment later."""

    class _Guarded:
        def _new_conn(self: Any) -> socket.socket:
            host = self._dns_host
            try:
                found = socket.getaddrinfo(host.strip("[]"), self.port, type=socket.SOCK_STREAM)
            except OSError as error:
                raise NewConnectionError(self, "no such name") from error
            if not all(guard.admits(str(one[4][0])) for one in found):
                raise NewConnectionError(self, "private") from addresses.private()
            fault: OSError | None = None
            for one in found:
                try:
                    return create_connection((str(one[4][0]), self.port), self.timeout, socket_options=self.socket_options)
                except OSError as error:
                    fault = error
            raise NewConnectionError(self, "no connection") from fault

    class GuardedPlain(_Guarded, Plain):
        pass

    class GuardedEncrypted(_Guarded, Encrypted):
        pass

    class PlainPool(Rested, HTTPConnectionPool):
        ConnectionCls = GuardedPlain

    class EncryptedPool(Rested, HTTPSConnectionPool):
        ConnectionCls = GuardedEncrypted

    class GuardedAdapter(Adapter):
        pools: Mapping[str, type[HTTPConnectionPool]] = {"http": PlainPool, "https": EncryptedPool}

    return GuardedAdapter()
