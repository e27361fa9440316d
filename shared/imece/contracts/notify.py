"""What can be asked of `notify`: messages to people."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from imece.contracts.contract import Contract, Result, Role


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


class PruneMessages(Contract, kind="notify.prune", queue="notify.maintenance", soft_limit=timedelta(hours=1)):
    """Delete messages and caught mails whose retention has passed."""
