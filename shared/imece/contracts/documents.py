"""What can be asked of `documents`: reconciliation letters (mutabakat) from a workbook."""

from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from pydantic import Field

from imece.contracts.contract import Contract, Result, Role


class LettersPrepared(Result):
    """The end of `documents.prepare_letters`. Keys lead into storage; `failed` counts letters or mails that ended without success."""

    batch_id: UUID
    rows: int
    refused: int
    letters: int
    letters_failed: int
    mails: int
    mails_failed: int
    no_address: int = Field(0, description="Letters whose party has no e-mail address")
    archive: str | None = Field(description="Key of the ZIP that holds every letter")
    faults: str | None = Field(description="Key of the workbook that holds the refused rows and their reasons")


class PrepareLetters(
    Contract,
    kind="documents.prepare_letters",
    queue="documents.workbooks",
    soft_limit=timedelta(minutes=30),
    role=Role.OPERATOR,
    result=LettersPrepared,
):
    """
    From a workbook of balances to reconciliation letters, a ZIP of them, and one e-mail per letter.

    The job lives until the last mail is final: it reads the rows, waits for the letters, packs them, waits for the mails, tells the
    requester. Its progress counts the rows, then the letters, then the mails.
    """

    workbook: str = Field(
        description="Storage key of the uploaded .xlsx, .xls, .xlsb, .ods or .csv", examples=["0199.../uploads/0199.../mutabakat.xlsx"]
    )
    as_of: date | None = Field(None, description="Balance date where the rows do not name one", examples=["2026-09-30"])
    currency: str | None = Field(None, pattern="^[A-Z]{3}$", description="Currency where the rows do not name one; then TRY")
    decimal_mark: Literal[",", "."] | None = Field(None, description="Decides columns whose numbers could be read both ways, such as 1.000")
    send: bool = Field(True, description="E-mail each letter to its party; false: letters and ZIP only")
    notify_email: str | None = Field(None, description="Who is told when all is ready", examples=["muhasebe@example.com"])
    locale: Literal["tr", "en"] = "tr"


class LetterFault(Result):
    """Why one letter could not be rendered."""

    letter_id: UUID
    en: str
    tr: str


class LettersRendered(Result):
    """How many letters of the sheaf are ready, and why the others are not."""

    rendered: int
    faults: tuple[LetterFault, ...] = ()


class RenderLetters(
    Contract,
    kind="documents.render_letters",
    queue="documents.letters",
    soft_limit=timedelta(minutes=10),
    result=LettersRendered,
):
    """
    A sheaf of a batch's letters to PDF. Asked for by `documents.prepare_letters`.

    Many letters in one job, because a letter takes ten milliseconds and a job two. One that cannot be rendered does not hold the others up.
    """

    letter_ids: tuple[UUID, ...] = Field(min_length=1, max_length=100)

    @property
    def units(self) -> int:
        """One for each letter."""
        return len(self.letter_ids)


class PruneDocuments(Contract, kind="documents.prune", queue="documents.maintenance", soft_limit=timedelta(hours=1)):
    """Delete uploaded workbooks, letters and archives whose retention has passed."""
