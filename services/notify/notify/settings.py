"""Settings of notify, from the environment (`NOTIFY_...`). The default is catch mode: no first run writes to real people."""

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from imece import config
from notify.accounts import Chats, Signing, Texts
from notify.rates import Rates


class Settings(Texts, Chats, Signing, Rates, BaseSettings):
    """
    How messages leave the house; mails here, the others in `notify.accounts`, rates and prices in `notify.rates`.

    `mode` decides alone: in catch mode the SMTP settings are not even looked at; live mode is refused unless the server, the sender and the
    domains that may be written to are all named.
    """

    model_config = SettingsConfigDict(env_prefix="NOTIFY_", env_file=".env", extra="ignore")

    host: str = Field("127.0.0.1", description="Address that the face listens on, for the gateway")
    port: int = Field(8312, ge=1, le=65535, description="Port of the face")
    link_url: str = Field(
        "http://127.0.0.1:8300",
        description="The gateway's address as people use it; links in messages, such as to unsubscribe, begin with it",
    )

    mode: Literal["catch", "live"] = Field("catch", description="catch: every mail goes to the local catcher; live: to real people")

    smtp_host: str = Field("", description="The relay that takes our mails (live)")
    smtp_port: int = Field(587, ge=1, le=65535)
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls on 587, tls on 465, none only inside a trusted network"
    )
    smtp_ca_file: Path | None = Field(None, description="Certificates that may sign the relay's, where it is not a public one")
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_timeout: float = Field(30, gt=0, le=50, description="Seconds for everything up to the end of a mail's content")
    smtp_answer_timeout: float = Field(60, gt=0, le=60, description="Seconds to wait for the relay's word on the whole mail")

    sender_address: str = Field("imece@localhost", description="From, and where bounces go; its domain is the one that signs (DKIM)")
    sender_name: str = "imece"
    message_domain: str = Field("", description="Right side of Message-IDs, a domain of yours; empty: that of the sender")
    allowed_domains: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Domains that live mode may write to, with commas between; * for all. The second guard"
    )
    attachments_mb: int = Field(20, ge=1, le=100, description="Attachments of one mail, all together")

    keep_messages_days: int = Field(400, ge=7, description="Days until a message and the record of its sending are deleted")
    keep_caught_days: int = Field(30, ge=1, description="Days until a caught mail is deleted")

    catcher_host: str = Field("127.0.0.1", description="Where workers find the catcher")
    catcher_port: int = Field(2525, ge=0, le=65535, description="Its SMTP")
    catcher_http_port: int = Field(2580, ge=0, le=65535, description="Its stand-ins for providers of SMS, Telegram and webhooks")
    catcher_imap_port: int = Field(2593, ge=0, le=65535, description="Its mailbox of bounces, with NOTIFY_CATCHER_FAULTS")
    catcher_listen: str = Field("127.0.0.1", description="Address the catcher listens on; 0.0.0.0 in a container")
    catcher_folder: Path | None = Field(None, description="Where caught mails are kept; empty: <IMECE_HOME>/mail")
    catcher_texts_folder: Path | None = Field(None, description="Where everything else is kept; empty: beside the mails, in `texts`")
    catcher_max_mb: int = Field(35, ge=1, description="Largest mail the catcher takes")
    catcher_latency: float = Field(0, ge=0, le=60, description="Seconds its stand-ins take for each request, as the real ones do")
    catcher_rate: float = Field(0, ge=0, description="Segments a second its SMS stand-ins take, 429 beyond them; 0: as many as come")
    catcher_delivery: float = Field(2, ge=0, le=3600, description="Seconds until its receipts say that a phone has it")
    catcher_limits: bool = Field(
        True,
        description="Its stand-ins keep the limits that the providers publish (Netgsm: ten reports a minute; Telegram: twenty messages a minute in a group)",
    )
    catcher_key: SecretStr = Field(
        SecretStr(""), description="What the console reads the catcher's messages with: the same for both; empty: one kept under IMECE_HOME"
    )
    catcher_faults: bool = Field(False, description="Tests: recipients such as ali+550@example.com make the catcher misbehave")
    catcher_rules: list[dict[str, Any]] = Field([], description="Tests: how, and for whom (JSON; see notify.catcher.faults)")

    @field_validator("allowed_domains", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        # As addresses.parse writes domains: in ASCII, so that the comparison is one of like with like.
        return tuple(part.strip().encode("idna").decode("ascii").lower() for part in value.split(",") if part.strip())

    @model_validator(mode="after")
    def _live_is_meant(self) -> Self:
        if self.mode == "live":
            missing = [
                name
                for name, given in (
                    ("NOTIFY_SMTP_HOST", self.smtp_host),
                    ("NOTIFY_SENDER_ADDRESS", self.sender_address != "imece@localhost"),
                    ("NOTIFY_ALLOWED_DOMAINS", self.allowed_domains),
                )
                if not given
            ]
            if missing:
                raise ValueError(f"NOTIFY_MODE=live needs {', '.join(missing)}")
            if self.smtp_user and self.smtp_tls == "none":
                raise ValueError("NOTIFY_SMTP_TLS=none would send NOTIFY_SMTP_PASSWORD in the clear")
        return self

    @property
    def domain(self) -> str:
        """Right side of the Message-IDs."""
        return self.message_domain or self.sender_address.rpartition("@")[2]

    @property
    def caught(self) -> Path:
        """The folder of caught mails."""
        return self.catcher_folder or config.settings().home / "mail"

    @property
    def caught_texts(self) -> Path:
        """The folder of everything caught that is no mail."""
        return self.catcher_texts_folder or self.caught / "texts"

    @property
    def stand_ins(self) -> str:
        """Where the catcher's stand-ins for providers are."""
        return f"http://{self.catcher_host}:{self.catcher_http_port}"

    @property
    def keep_messages(self) -> timedelta:
        """How long a message is remembered."""
        return timedelta(days=self.keep_messages_days)

    @property
    def keep_caught(self) -> timedelta:
        """How long a caught mail is kept."""
        return timedelta(days=self.keep_caught_days)


@cache
def settings() -> Settings:
    """The settings of this process, read once. Tests call `settings.cache_clear()` after changing the environment."""
    return config.load(Settings)
