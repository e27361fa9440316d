"""Claims about DKIM, verified by an implementation that is not ours."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imece import config
from imece.contracts.notify import SendEmail
from imece.errors import Misconfigured
from imece.ids import new_id
from notify.channels import signing
from notify.channels.email import compose
from notify.channels.signing import Signer
from notify.settings import Settings

KEY = rsa.generate_private_key(65537, 2048)


def pem(key: Any = KEY) -> bytes:
    written: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return written


def believed(content: bytes) -> bool:
    """By dkimpy, to which what we publish is what stands in DNS."""
    asked: list[bytes] = []
    raw = KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    def dns(name: bytes, timeout: float = 5) -> bytes:
        asked.append(name)
        return f"v=DKIM1; k=rsa; p={b64encode(raw).decode()}".encode()

    verdict = bool(dkim.verify(content, dnsfunc=dns))
    assert asked == [b"imece._domainkey.sirket.example."]
    return verdict


def signed_mail(tmp_path: Path, **fields: Any) -> bytes:
    file = tmp_path / "key.pem"
    file.write_bytes(pem())
    signing.signer.cache_clear()
    given = Settings(sender_address="muhasebe@sirket.example", sender_name="Şirket A.Ş.", dkim_selector="imece", dkim_key_file=file)
    contract = SendEmail.model_validate(
        {"to": "ali@example.com", "subject": "Mutabakat ğüşiöç", "text": "Sayın yetkili,\n\n  ₺ \n\n\n", **fields}
    )
    return compose(contract, "<1@sirket.example>", new_id(), given).content


def test_a_mail_of_ours_is_believed(tmp_path: Path) -> None:
    content = signed_mail(tmp_path, html="<p>ğ</p>")

    assert content.startswith(b"DKIM-Signature: v=1; a=rsa-sha256;")
    assert believed(content)
    assert max(map(len, content.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"Subject:", b"Subject: x"), (b"To: ali@", b"To: veli@"), (b"<1@sirket", b"<2@sirket"), (b"From:", b"From: a@evil.example\r\nFrom:")],
)
def test_what_was_changed_on_the_way_is_not(tmp_path: Path, old: bytes, new: bytes) -> None:
    content = signed_mail(tmp_path)
    head, body = content.split(b"\r\nDate:", 1)

    assert not believed(head + b"\r\nDate:" + body.replace(old, new, 1))
    assert not believed(content.replace(b"\r\n\r\n", b"\r\n\r\nx", 1))


def test_what_every_relay_may_do_changes_nothing(tmp_path: Path) -> None:
    content = signed_mail(tmp_path)

    assert believed(b"Received: from x by y\r\n" + content)
    assert believed(content.rstrip(b"\r\n") + b"\r\n")
    assert believed(content.replace(b"Auto-Submitted: ", b"auto-submitted:   "))


bodies = st.lists(st.text(" \tab.ğ", max_size=12), max_size=8).map(lambda lines: "".join(f"{line}\r\n" for line in lines).encode())


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bodies, st.text(" \tabcğ", max_size=30))
def test_any_body_and_any_blanks_are_canonical_as_everybody_has_them(body: bytes, subject: str) -> None:
    content = f"From: a@sirket.example\r\nSubject: {subject}x\r\n  y\r\nTo: b@x.example\r\n\r\n".encode() + body

    assert believed(Signer("imece", "sirket.example", pem()).signed(content))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot read"),
        (b"no key", "no private key"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "no RSA key"),
        (pem(ed25519.Ed25519PrivateKey.generate()), "no RSA key"),
    ],
)
def test_the_key_is_judged_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, said: str) -> None:
    file = tmp_path / "key.pem"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("NOTIFY_DKIM_SELECTOR", "imece")
    monkeypatch.setenv("NOTIFY_DKIM_KEY_FILE", str(file))

    with pytest.raises(Misconfigured, match=f"NOTIFY_DKIM_KEY_FILE.*{said}"):
        config.load(Settings)


def test_selector_and_key_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_DKIM_SELECTOR", "imece")

    with pytest.raises(Misconfigured, match="NOTIFY_DKIM_SELECTOR and NOTIFY_DKIM_KEY_FILE"):
        config.load(Settings)


def test_advertising_can_be_unsubscribed_from_with_one_click_and_the_headers_are_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from notify.settings import settings as current

    monkeypatch.setenv("NOTIFY_LINK_URL", "https://imece.example.com")
    current.cache_clear()
    advertising, information = (signed_mail(tmp_path, purpose=purpose) for purpose in ("commercial", "informational"))
    current.cache_clear()

    assert b"List-Unsubscribe: <https://imece.example.com/notify/public/unsubscribe/" in advertising
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in advertising
    assert b"List-Unsubscribe" in advertising.partition(b"bh=")[2].partition(b" b=")[0]
    assert believed(advertising)
    assert b"List-Unsubscribe:" not in information
