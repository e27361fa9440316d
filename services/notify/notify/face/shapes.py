"""What the API takes and gives."""

from datetime import datetime, time
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from imece.contracts import Moment
from notify.texts.templates import Words

Channel = Literal["sms", "email", "telegram"]
Value = str | int | Decimal | None


class _Body(BaseModel):
    """Something that is asked for; what it does not know is refused."""

    model_config = ConfigDict(extra="forbid")


class NewMessage(_Body):
    """One message to one recipient: `text`, or `template` with its variables."""

    channel: Channel
    to: str = Field(max_length=320, description="A mobile number as people write it, an address, a chat's number or @name")
    kind: Literal["otp", "informational", "commercial"] = Field(
        "informational", description="otp: sent before everything else, or not at all"
    )
    text: str | None = Field(None, min_length=1, max_length=10_000)
    template: str | None = Field(None, max_length=100)
    variables: dict[str, Value] = Field(default_factory=dict)
    subject: str = Field("", max_length=300, description="Of an e-mail with a text of its own")
    locale: Literal["tr", "en"] = "tr"
    sender: str | None = Field(None, max_length=20)
    provider: str | None = Field(None, max_length=20, description="Leave by this provider and no other")
    fold: bool = Field(False, description="Write Turkish letters without their marks")
    send_at: Moment | None = None
    expires_at: Moment | None = None
    dedup: str | None = Field(None, max_length=200, description="One message per company says this; else the Idempotency-Key")


class MessageTaken(BaseModel):
    """A message that has been taken. `repeated`: it was there already, and nothing new is sent."""

    id: UUID
    state: str
    segments: int
    repeated: bool


class MessageView(BaseModel):
    """A message in a list; its recipient masked."""

    id: UUID
    channel: str
    kind: str
    recipient: str = Field(examples=["+90532***2233"])
    subject: str
    state: str = Field(examples=["delivered"])
    provider: str | None
    segments: int
    bulk_id: UUID | None
    job_id: UUID | None
    created_at: datetime
    changed_at: datetime
    code: str | None
    error_en: str | None
    error_tr: str | None


class MessagePage(BaseModel):
    """Messages, and how many there are on all pages together; counting ends at 10,001."""

    total: int
    messages: list[MessageView]


class Step(BaseModel):
    """One step of a message's way: asked, tried, answered, receipt, waits, ended. `word` is the provider's own."""

    at: datetime
    what: str
    provider: str
    word: str
    en: str
    tr: str


class BulkView(BaseModel):
    """One bulk, and its messages by state."""

    id: UUID
    job_id: UUID | None
    title: str
    channel: str
    kind: str
    template: str | None
    rows: int
    refused: int
    repeated: int
    messages: int
    segments: int
    price: Decimal | None
    currency: str | None
    created_at: datetime
    finished_at: datetime | None
    states: dict[str, int]


class TemplateView(BaseModel):
    """One version of a template. Version 0 came with the house."""

    name: str
    version: int
    bodies: dict[str, Words]
    note: str
    created_by: str
    created_at: datetime | None


class NewVersion(_Body):
    """The next version of a template. `over` is the version that was edited, where that matters."""

    bodies: dict[Literal["tr", "en"], Words]
    note: str = Field("", max_length=500)
    over: int | None = Field(None, ge=0)


class PreviewWish(_Body):
    """Values to fill a template with."""

    channel: Channel
    locale: Literal["tr", "en"] = "tr"
    variables: dict[str, Value] = Field(default_factory=dict)
    version: int | None = Field(None, ge=0)


class Filled(BaseModel):
    """A filled template. Of Telegram `text` is its HTML."""

    subject: str
    text: str
    html: str | None


class PriceWish(_Body):
    """A text to be priced."""

    text: str = Field(min_length=1, max_length=10_000)
    kind: Literal["otp", "informational", "commercial"] = "informational"


class OfferView(BaseModel):
    """One way to send a text. `folded`: Turkish letters without their marks; `total` is None where no price is known."""

    provider: str
    folded: bool
    encoding: str
    segments: int
    misfits: str
    total: Decimal | None
    currency: str | None


class PhoneView(BaseModel):
    """A number as it would be written to; None and a reason where it would not."""

    e164: str | None
    type: str | None
    reason: str | None
    en: str = ""
    tr: str = ""


class OptOutView(BaseModel):
    """Somebody who wants no more; masked."""

    id: UUID
    channel: str
    recipient: str
    scope: str
    source: str
    by: str
    at: datetime


class NewOptOut(_Body):
    """Somebody who wants no more. `all`: nothing but one-time codes."""

    channel: Channel
    recipient: str = Field(max_length=320)
    scope: Literal["commercial", "all"] = "commercial"


class ConsentView(BaseModel):
    """What somebody has said to advertising; masked, in IYS' words."""

    id: UUID
    channel: str
    recipient: str
    recipient_type: str
    status: str
    source: str
    consent_date: datetime
    recorded_by: str
    recorded_at: datetime


class NewConsent(_Body):
    """What somebody has said to advertising, in IYS' words."""

    channel: Channel
    recipient: str = Field(max_length=320)
    status: Literal["ONAY", "RET"]
    recipient_type: Literal["BIREYSEL", "TACIR"] = "BIREYSEL"
    source: str = Field("HS_WEB", max_length=40)
    consent_date: datetime | None = None


class RulesView(_Body):
    """Quiet hours of a place's clock, what they hold, and whether advertising needs consent here."""

    quiet_from: time
    quiet_until: time
    zone: str = Field("Europe/Istanbul", max_length=60)
    quiet_kinds: list[Literal["commercial", "informational"]] = Field(["commercial"])
    needs_consent: bool = True


class CaughtView(BaseModel):
    """A message that the catcher has kept in place of a real recipient's phone or mailbox; masked, its codes hidden."""

    message_id: UUID
    channel: str
    kind: str
    provider: str
    recipient: str
    words: str = Field(description="A mail's subject, or the text")
    state: str
    segments: int
    at: datetime


class ProviderView(BaseModel):
    """One way out. `rate` is segments a second, `used` the share of it in the last minute; counts are of the last hour, `waiting` the company's own."""

    name: str
    channel: str
    mode: Literal["catch", "live"]
    open_until: datetime | None = Field(description="Until then it is left alone")
    rate: float
    used: float
    tries: int
    taken: int
    refused: int
    unknown: int
    median_ms: float | None
    waiting: dict[str, int]
