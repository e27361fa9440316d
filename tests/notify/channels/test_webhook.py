"""Claims about webhooks: signed as a standard has it, and never a way into our own network."""

import base64
import json
import logging
import socket
from typing import Any

import pytest
from tests.notify.channels.conftest import Rule, caught_by, soon
from tests.notify.channels.test_http import said, server
from tests.notify.conftest import Catching, forget_settings

from imece.addresses import Refused as Unasked
from imece.clock import now
from imece.errors import Transient, Unknown
from imece.ids import new_id
from notify.channels import Channel, Outcome
from notify.channels.refusals import Refused
from notify.channels.webhook import Call, Webhook, signature
from notify.settings import Settings, settings

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def webhook(given: Settings) -> Webhook:
    return Webhook(given)


def a_call(url: str | None = None, secret: str = SECRET, **body: Any) -> Call:
    return Call(str(new_id()), url or f"https://hooks.example.com/{new_id()}", body or {"text": "Merhaba ğ"}, secret)


@pytest.fixture
def live(given: Settings, monkeypatch: pytest.MonkeyPatch) -> Webhook:
    """Live mode, in which this machine may be called, as if it were everybody's."""
    for name, value in {
        "WEBHOOK_MODE": "live",
        "WEBHOOK_ALLOWED_HOSTS": "LocalHost, 127.0.0.1",
        "WEBHOOK_PRIVATE_NETWORKS": "127.0.0.0/8,::1/128",
    }.items():
        monkeypatch.setenv(f"NOTIFY_{name}", value)
    forget_settings()
    return Webhook(settings())


def test_it_is_a_channel_that_cannot_be_asked(webhook: Webhook) -> None:
    channel: Channel[Call] = webhook

    assert channel.look_up("x").outcome is Outcome.UNTOLD


def test_the_published_vector_of_the_standard_passes() -> None:
    """Source: Standard Webhooks, the example of its specification's libraries."""
    body = b'{"test": 2432232314}'

    assert signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_call_is_signed_over_its_id_its_time_and_its_body(webhook: Webhook, catcher: Catching) -> None:
    call = a_call()

    accepted = webhook.send(call, soon())

    [caught] = caught_by(catcher, call.url)
    assert accepted.id == call.reference == caught.more["webhook-id"]
    assert json.loads(caught.text) == call.body
    assert abs(int(caught.more["webhook-timestamp"]) - now().timestamp()) < 60
    assert caught.more["webhook-signature"] == signature(SECRET, call.reference, caught.more["webhook-timestamp"], caught.text.encode())


def test_slack_is_called_without_a_signature(webhook: Webhook, catcher: Catching) -> None:
    call = a_call(secret="")
    webhook.send(call, soon())

    assert "webhook-signature" not in caught_by(catcher, call.url)[0].more


def test_a_secret_may_be_any_text_and_one_that_claims_to_be_base64_must_be(webhook: Webhook) -> None:
    assert signature("şifre", "a", "1", b"x").startswith("v1,")
    with pytest.raises(Refused, match="secret"):
        webhook.send(a_call(secret="whsec_!!!"), soon())
    assert base64.b64decode(signature("k", "a", "1", b"x")[3:])


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "http://10.0.0.1/x",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/x",
        "http://[::ffff:127.0.0.1]/x",
        "http://2130706433/",
        "http://0x7f.1/",
        "ftp://example.com/x",
        "file:///etc/passwd",
        "https://user:pass@example.com/",
        "https://exa mple.com/",
        "gopher://x",
        "",
    ],
)
def test_no_address_of_our_own_network_is_called_in_either_mode(webhook: Webhook, live: Webhook, url: str) -> None:
    for channel in (webhook, Webhook(settings().model_copy(update={"webhook_private_networks": (), "webhook_allowed_hosts": ("*",)}))):
        with pytest.raises(Unasked):
            channel.send(Call("x", url, {}), soon())


def test_a_name_that_leads_into_our_network_is_not_called(live: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even when the name says something else at every question: what was judged is what is called."""
    strict = Webhook(settings().model_copy(update={"webhook_private_networks": (), "webhook_allowed_hosts": ("*",)}))
    with server(said()) as (port, asked):
        answers = [("93.184.216.34", "10.0.0.1"), ("127.0.0.1",)]
        for addresses in answers:
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, found=addresses, **__: [(2, 1, 6, "", (one, port)) for one in found])
            with pytest.raises(Unasked, match="private network"):
                strict.send(a_call(f"http://rebinding.example.com:{port}/"), soon())

    assert asked == []


def test_it_goes_to_the_address_that_was_judged(live: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    resolved: list[str] = []

    def once(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        resolved.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    with server(said()) as (port, asked):
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda host, port, *a, **k: once(host, port) if host == "localhost" else _real(host, port, *a, **k)
        )
        live.send(a_call(f"http://localhost:{port}/hook"), soon())

    assert resolved == ["localhost"]
    assert asked[0].startswith(b"POST /hook HTTP/1.1\r\nHost: localhost:")


_real = socket.getaddrinfo


@pytest.mark.parametrize(
    ("answer", "secret", "kind"),
    [
        (said("204 No Content"), SECRET, None),
        (said("429 Slow", Retry_After="3"), SECRET, Transient),
        (said("408 Late"), SECRET, Transient),
        (said("410 Gone"), SECRET, Refused),
        (said("400 No"), SECRET, Refused),
        (said("302 Found", Location="http://127.0.0.1:1/"), SECRET, Refused),
        (said("500 Oops"), SECRET, Transient),
        (said("500 Oops"), "", Unknown),
        (None, SECRET, Transient),
        (None, "", Unknown),
    ],
)
def test_only_a_signed_call_may_be_repeated_when_its_answer_was_lost(
    live: Webhook, answer: bytes | None, secret: str, kind: type[Exception] | None
) -> None:
    with server(answer) as (port, _):
        call = a_call(f"http://127.0.0.1:{port}/", secret)
        if kind is None:
            assert live.send(call, soon()).answer == "204"
        else:
            with pytest.raises(kind) as fault:
                live.send(call, soon())
            assert type(fault.value) is kind
            assert getattr(fault.value, "address", False) is (b"410" in (answer or b""))


def test_only_named_hosts_are_called_live(live: Webhook) -> None:
    with pytest.raises(Refused, match="NOTIFY_WEBHOOK_ALLOWED_HOSTS"):
        live.send(a_call("https://elsewhere.example.com/"), soon())


def test_a_call_that_is_too_big_is_refused(webhook: Webhook) -> None:
    with pytest.raises(Refused, match="too big"):
        webhook.send(a_call(text="x" * (300 << 10)), soon())


def test_the_stand_in_misbehaves_on_demand(webhook: Webhook, rules: Rule) -> None:
    call = a_call(secret="")
    rules("refuse", to=call.url.rpartition("/")[2], code="410")

    with pytest.raises(Refused) as refused:
        webhook.send(call, soon())

    assert refused.value.address


def test_no_log_holds_the_address_whose_path_is_slacks_secret(
    webhook: Webhook, catcher: Catching, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    call = a_call("https://hooks.slack.com/services/T000/B000/topsecret", text="gizli")
    webhook.send(call, soon())

    assert "topsecret" not in caplog.text + str(catcher.events) + repr(call)
    assert "gizli" not in caplog.text + str(catcher.events)
