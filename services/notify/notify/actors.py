"""What notify does when a job comes."""

from imece.contracts.notify import EmailSent, PruneMessages, SendEmail
from imece.worker import Job, actor
from notify import messages
from notify.settings import settings

settings()  # a worker that cannot mail, or would mail by mistake, says so at its start


@actor(SendEmail)
def send_email(job: Job, contract: SendEmail) -> EmailSent:
    """Send it, at most once."""
    return messages.send_email(job.id, job.company_id, contract, asked=lambda since: messages.retried_by(job.id, since))


@actor(PruneMessages)
def prune(job: Job, _contract: PruneMessages) -> None:
    """Delete what is past its retention."""
    gone = sum(messages.prune().values())
    job.progress(gone, gone, {"tr": "mesaj ve posta silindi", "en": "messages and mails deleted"})
