"""
Our accounts with those who carry messages other than mails: settings, and what must be named before anything of theirs goes live.

Each way out has its own mode. In catch mode nothing of the live accounts is even looked at: addresses and passwords are the catcher's.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode

Mode = Literal["catch", "live"]
Provider = Literal["twilio", "netgsm", "iletimerkezi", "goldsms"]

#: What the catcher's stand-ins know us by.
CATCH_ACCOUNT = "AC" + "0" * 31 + "1"
CATCH_USER = "catcher"
CATCH_PASSWORD = "catcher"  # noqa: S105 (opens nothing but the catcher, which keeps messages and sends none)
CATCH_TOKEN = "100:catcher"  # noqa: S105 (as above)

#: What live mode cannot do without, per provider: the fields of `Texts`.
_NEEDED: dict[Provider, tuple[str, ...]] = {
    "twilio": ("twilio_account_sid", "twilio_auth_token"),
    "netgsm": ("netgsm_user", "netgsm_password", "netgsm_header"),
    "iletimerkezi": ("iletimerkezi_key", "iletimerkezi_hash", "iletimerkezi_sender"),
    "goldsms": ("goldsms_user", "goldsms_password", "goldsms_sender"),
}


def _separated(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


class _Way(BaseSettings):
    """What all of them share."""

    def _need(self, mode: str, *fields: str) -> None:
        missing = [_variable(name) for name in fields if not _given(getattr(self, name))]
        if missing:
            raise ValueError(f"{_variable(mode)}=live needs {', '.join(missing)}")

    def _encrypted(self, *fields: str) -> None:
        for name in fields:
            if not str(getattr(self, name)).startswith("https://"):
                raise ValueError(f"{_variable(name)} must begin with https://: what is sent there holds passwords and texts")


class Texts(_Way):
    """SMS: `sms_mode` decides alone, and live mode is refused until the providers' accounts and the numbers that may be written to are named."""

    sms_mode: Mode = Field("catch", description="catch: every SMS goes to the local catcher; live: to real phones")
    sms_providers: Annotated[tuple[Provider, ...], NoDecode] = Field(
        ("twilio", "netgsm"),
        min_length=1,
        description="Who sends, with commas between: the first, and who stands in when it surely did not take one",
    )
    sms_allowed_numbers: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="How numbers begin that live mode may write to, with commas between (+90532, +49); * for all. The second guard"
    )
    sms_timeout: float = Field(10, gt=0, le=30, description="Seconds until a request must have left")
    sms_answer_timeout: float = Field(20, gt=0, le=60, description="Seconds a provider may take to answer")

    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_from: str = Field("", description="The sender: a number of yours or a registered name; or name a messaging service instead")
    twilio_messaging_service_sid: str = ""
    twilio_url: str = "https://api.twilio.com"

    netgsm_user: str = ""
    netgsm_password: SecretStr = SecretStr("")
    netgsm_header: str = Field("", max_length=11, description="The registered sender name")
    netgsm_partner_code: str = ""
    netgsm_most: int = Field(500, ge=1, le=5000, description="Recipients in one request; their own limit is not published")
    netgsm_url: str = "https://api.netgsm.com.tr"

    iletimerkezi_key: str = ""
    iletimerkezi_hash: SecretStr = SecretStr("")
    iletimerkezi_sender: str = Field("", max_length=11, description="The registered sender name")
    iletimerkezi_most: int = Field(1000, ge=1, le=5000, description="Recipients in one request")
    iletimerkezi_callback_key: SecretStr = Field(
        SecretStr(""),
        description="Their receipts are not signed: what their address ends with (?key=...), 16 characters or more; empty: refused",
    )
    iletimerkezi_url: str = "https://api.iletimerkezi.com"

    goldsms_user: str = ""
    goldsms_password: SecretStr = SecretStr("")
    goldsms_sender: str = Field("", max_length=11, description="The registered sender name")
    goldsms_most: int = Field(500, ge=1, le=5000, description="Recipients in one request")
    goldsms_url: str = "https://apiv3.goldmesaj.net"

    public_url: str = Field(
        "", description="Where providers reach us for receipts: the gateway's public address; empty: they are asked instead"
    )

    _split_sms = field_validator("sms_providers", "sms_allowed_numbers", mode="before")(_separated)

    @field_validator("public_url", "twilio_url", "netgsm_url", "iletimerkezi_url", "goldsms_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @model_validator(mode="after")
    def _texts_live_is_meant(self) -> Self:
        key = self.iletimerkezi_callback_key.get_secret_value()
        if key and len(key) < 16:
            raise ValueError("NOTIFY_ILETIMERKEZI_CALLBACK_KEY is too short to be a secret: 16 characters or more")
        if self.sms_mode == "live":
            needed = [name for provider in self.sms_providers for name in _NEEDED[provider]]
            self._need("sms_mode", *needed, "sms_allowed_numbers")
            if "twilio" in self.sms_providers and not (self.twilio_from or self.twilio_messaging_service_sid):
                raise ValueError("NOTIFY_SMS_MODE=live needs NOTIFY_TWILIO_FROM or NOTIFY_TWILIO_MESSAGING_SERVICE_SID")
            self._encrypted(*(f"{provider}_url" for provider in self.sms_providers))
        return self


class Chats(_Way):
    """Telegram and webhooks."""

    telegram_mode: Mode = Field("catch", description="catch: every post goes to the local catcher; live: to real chats")
    telegram_token: SecretStr = SecretStr("")
    telegram_allowed_chats: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Chats that live mode may write to (-1001234, @channel), with commas between; * for all"
    )
    telegram_url: str = "https://api.telegram.org"

    webhook_mode: Mode = Field("catch", description="catch: every call goes to the local catcher; live: to real addresses")
    webhook_allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Hosts that live mode may call (hooks.slack.com), with commas between; * for all"
    )
    webhook_private_networks: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Private networks that may be called all the same (10.1.0.0/16), with commas between"
    )
    webhook_ca_file: Path | None = Field(None, description="Certificates that may sign receivers', where those are not public ones")

    chat_timeout: float = Field(10, gt=0, le=30, description="Seconds until a post or call must have left")
    chat_answer_timeout: float = Field(20, gt=0, le=60, description="Seconds the other side may take to answer")

    _split_chats = field_validator("telegram_allowed_chats", "webhook_allowed_hosts", "webhook_private_networks", mode="before")(_separated)

    @model_validator(mode="after")
    def _chats_live_is_meant(self) -> Self:
        if self.telegram_mode == "live":
            self._need("telegram_mode", "telegram_token", "telegram_allowed_chats")
            self._encrypted("telegram_url")
        if self.webhook_mode == "live":
            self._need("webhook_mode", "webhook_allowed_hosts")
        return self


class Signing(_Way):
    """DKIM, and where bounces come back."""

    dkim_selector: str = Field(
        "", description="Name of the key in DNS: <selector>._domainkey.<sender's domain>; empty: the relay signs, or nobody"
    )
    dkim_key_file: Path | None = Field(None, description="The private key (RSA, PEM)")

    bounce_address: str = Field("", description="Where bounces go (the envelope's sender); empty: NOTIFY_SENDER_ADDRESS")
    imap_host: str = Field("", description="The mailbox of bounces; empty: none is read")
    imap_port: int = Field(993, ge=1, le=65535)
    imap_tls: Literal["tls", "none"] = "tls"
    imap_ca_file: Path | None = None
    imap_user: str = ""
    imap_password: SecretStr = SecretStr("")
    imap_folder: str = "INBOX"

    @model_validator(mode="after")
    def _signing_is_whole(self) -> Self:
        if bool(self.dkim_selector) != bool(self.dkim_key_file):
            raise ValueError("NOTIFY_DKIM_SELECTOR and NOTIFY_DKIM_KEY_FILE go together")
        if self.dkim_key_file:
            _is_rsa(self.dkim_key_file)
        if self.imap_host:
            self._need("imap_host", "imap_user", "imap_password")
        return self


def _is_rsa(file: Path) -> None:
    """Raise ValueError for a file that is no private RSA key of 1024 bits or more."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415 (only who signs has to load it)
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 (as above)

    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except OSError as error:
        raise ValueError(f"NOTIFY_DKIM_KEY_FILE: cannot read {file}: {error.strerror}") from None
    except Exception:  # noqa: BLE001 (whatever OpenSSL says of it)
        raise ValueError(f"NOTIFY_DKIM_KEY_FILE: {file} is no private key in PEM, or has a password") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < 1024:
        raise ValueError(f"NOTIFY_DKIM_KEY_FILE: {file} is no RSA key of 1024 bits or more")


def _variable(name: str) -> str:
    return f"NOTIFY_{name}".upper()


def _given(value: object) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)
