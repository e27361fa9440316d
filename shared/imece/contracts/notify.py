"""What can be asked of `notify`: messages to people."""

from datetime import timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from imece.contracts.contract import Contract, Moment, Result, Role

#: otp: a password that is worthless in minutes. informational: about something that is under way between the two. commercial: advertising, which
#: needs consent.
Purpose = Literal["otp", "informational", "commercial"]
Value = str | int | Decimal | None

#: Most recipients that a request may name itself; more come as a file.
MOST_NAMED = 1000


class EmailSent(Result):
    """The mail was accepted by the server. `answer` is the server's own line."""

    message_id: str = Field(description="RFC 5322 Message-ID, made from the job, the same at every attempt")
    answer: str


class Attachment(Result):
    """A file in storage, sent under `name`."""

    key: str
    name: str


class SendEmail(
    Contract,
    kind="notify.send_email",
    queue="notify.email",
    version=2,
    max_attempts=5,
    soft_limit=timedelta(minutes=2),
    role=Role.OPERATOR,
    result=EmailSent,
):
    """
    One e-mail to one recipient, at most once.

    The intention is written down before the server is spoken to; when the answer is lost the outcome is unknown and is looked up,
    never blindly repeated.
    """

    to: str = Field(description="One address", examples=["muhasebe@example.com"])
    to_name: str = ""
    subject: str = Field(min_length=1, max_length=300)
    text: str = Field(min_length=1)
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    reply_to: str | None = None
    locale: Literal["tr", "en"] = "tr"
    purpose: Literal["informational", "commercial"] = Field(
        "informational", description="commercial: only to who has consented, with a way out in it"
    )
    expires_at: Moment | None = Field(None, description="Later than that it is not sent any more")


class MessageTaken(Result):
    """notify has taken the message and sees to it; what becomes of it is told by the message itself."""

    message_id: UUID
    state: str = Field(description="As it stood then: queued, or what the message with the same `dedup` has come to")
    segments: int = Field(1, description="What the provider will count: parts of an SMS, else 1")
    repeated: bool = Field(False, description="There was a message of that `dedup` already; nothing new is sent")


class _Words(BaseModel):
    """What is said: `text`, or `template` with its variables; exactly one of the two."""

    text: str | None = Field(None, min_length=1, max_length=10_000)
    template: str | None = Field(None, min_length=1, max_length=100, description="Name of a template, instead of a text")
    variables: dict[str, Value] = Field(default_factory=dict)
    locale: Literal["tr", "en"] = "tr"


class _When(BaseModel):
    """When it is said, and once only."""

    send_at: Moment | None = Field(None, description="Not before that")
    expires_at: Moment | None = Field(None, description="Later than that it is not sent any more; a day by default")
    dedup: str | None = Field(
        None, min_length=1, max_length=200, description="One message per company says this: a second request sends nothing"
    )


class _Sms(BaseModel):
    """How an SMS leaves."""

    sender: str | None = Field(None, max_length=20, description="Name or number it comes from; the provider's own where there is none")
    provider: str | None = Field(None, max_length=20, description="Leave by this provider and no other", examples=["netgsm"])
    fold: bool = Field(False, description="Write Turkish letters without their marks: fewer and cheaper segments")


class SendSms(
    _Words,
    _When,
    _Sms,
    Contract,
    kind="notify.send_sms",
    queue="notify.messages",
    max_attempts=5,
    soft_limit=timedelta(minutes=1),
    role=Role.OPERATOR,
    result=MessageTaken,
):
    """One SMS to one mobile number. What is longer than a segment is sent and paid as several."""

    to: str = Field(max_length=60, description="A mobile number, written as people write it", examples=["0532 111 22 33"])
    purpose: Literal["informational", "commercial"] = "informational"


class SendTelegram(
    _Words,
    _When,
    Contract,
    kind="notify.send_telegram",
    queue="notify.messages",
    max_attempts=5,
    soft_limit=timedelta(minutes=1),
    role=Role.OPERATOR,
    result=MessageTaken,
):
    """One message to a Telegram chat. What is longer than Telegram allows goes out in parts."""

    chat: str = Field(min_length=1, max_length=100, description="Number of the chat, or @name of a channel")
    markup: bool = Field(False, description="The text is Telegram's HTML; otherwise it is shown as it stands")
    silent: bool = False
    photo_url: str | None = Field(None, max_length=2000)
    button_text: str | None = Field(None, max_length=60, description="A button below, with `button_url`")
    button_url: str | None = Field(None, max_length=2000)
    purpose: Literal["informational", "commercial"] = "informational"


class SendWebhook(
    _When,
    Contract,
    kind="notify.send_webhook",
    queue="notify.messages",
    max_attempts=5,
    soft_limit=timedelta(minutes=1),
    role=Role.OPERATOR,
    result=MessageTaken,
):
    """One signed HTTPS request: to Slack, or to a system that listens."""

    url: str = Field(min_length=1, max_length=2000)
    body: dict[str, object] = Field(description="What is posted, as JSON")


class SendOtp(
    _Words,
    Contract,
    kind="notify.send_otp",
    queue="notify.otp",
    max_attempts=5,
    soft_limit=timedelta(minutes=1),
    role=Role.OPERATOR,
    result=MessageTaken,
):
    """A password for one use: in front of everything else, worthless soon, and never sent twice in doubt. Its words are kept nowhere in the clear."""

    channel: Literal["sms", "telegram"] = "sms"
    to: str = Field(max_length=100, description="A mobile number, or a Telegram chat")
    minutes: int = Field(5, ge=1, le=60, description="How long it is worth sending")
    sender: str | None = Field(None, max_length=20)
    dedup: str | None = Field(None, min_length=1, max_length=200)


class Recipient(BaseModel):
    """One of many, with what is said only to him."""

    to: str = Field(max_length=320)
    variables: dict[str, Value] = Field(default_factory=dict)
    locale: Literal["tr", "en"] | None = None


class RowRefused(Result):
    """Why one row will not be sent. `row` counts from 1, or is the number that the sheet itself shows."""

    row: int
    recipient: str = Field(description="Masked")
    code: str
    en: str
    tr: str


class BulkSent(Result):
    """What became of many. `rows` = messages + refused + repeated; the counts are those of the moment when nothing was left to send."""

    bulk_id: UUID
    rows: int
    refused: int
    repeated: int = Field(0, description="Rows whose recipient stands in an earlier row, or has had this `dedup` already")
    messages: int
    segments: int
    price: Decimal | None = Field(None, description="What the provider's price list makes of the segments")
    currency: str | None = None
    states: dict[str, int] = Field(default_factory=dict, description="Messages by state")
    faults: tuple[RowRefused, ...] = Field((), description="The first refused rows; all of them stand beside the bulk's messages")
    refused_key: str | None = Field(None, description="Storage key of all refused rows as CSV; of a dry run")


class SendBulk(
    _Words,
    _When,
    _Sms,
    Contract,
    kind="notify.send_bulk",
    queue="notify.bulk",
    max_attempts=5,
    soft_limit=timedelta(minutes=30),
    role=Role.OPERATOR,
    result=BulkSent,
):
    """
    The same to many: every row is checked before the first is sent, every refused one named with its reason.

    The job lives until nothing is left to send; its progress counts what is. Cancelling it sends no more of what has not left.
    """

    channel: Literal["sms", "email", "telegram"] = "sms"
    purpose: Literal["informational", "commercial"] = "informational"
    title: str = Field("", max_length=200, description="What it is called in lists")
    recipients: tuple[Recipient, ...] = Field(
        (), max_length=MOST_NAMED, description="The recipients, or `recipients_key`: exactly one of the two"
    )
    recipients_key: str | None = Field(None, description="Storage key of a workbook, a CSV, or JSON lines of `to`, `variables`, `locale`")
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="Heading of a column in the file -> `to`, `locale`, or the variable it fills; others keep their own names",
        examples=[{"Telefon": "to"}],
    )
    subject: str | None = Field(None, max_length=300, description="Of e-mails without a template")
    dry_run: bool = Field(False, description="Check and price everything, send nothing")
    in_doubt: Literal["resend", "leave"] = Field(
        "resend",
        description="Where nobody can say whether one has arrived: send it once more if the provider denies it, or leave it as it is",
    )


class Pump(Contract, kind="notify.pump", queue="notify.pump", max_attempts=10_000, soft_limit=timedelta(minutes=30)):
    """Send what waits for one provider, at its rate, for as long as something does. Of `slots` side by side this is one."""

    provider: str = Field(max_length=20)
    slot: int = Field(0, ge=0, le=63)


class SettleMessages(Contract, kind="notify.settle", queue="notify.messages", soft_limit=timedelta(minutes=5)):
    """See to what was left: look up what is unknown, ring for what waits, ask providers for reports, read bounces."""


class PruneMessages(Contract, kind="notify.prune", queue="notify.maintenance", soft_limit=timedelta(hours=1)):
    """Delete messages and caught mails whose retention has passed."""
