"""The rows of a bulk on their way into the table: checked, priced, free of repetitions, as lines for COPY."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from imece.clock import now
from imece.contracts.notify import RowRefused, SendBulk
from imece.errors import Permanent
from imece.ids import new_ids
from notify import intake
from notify.bulk import rows
from notify.bulk.refusals import Refusals
from notify.bulk.rows import Asked
from notify.intake import Ready, Wish
from notify.people import consent, recipients
from notify.texts import rendering, templates
from notify.texts.wording import Locale

FAULTS = 20  #: refused rows that the result names; all of them stand in the table
_CHUNK = 5_000  #: rows that are copied at once

_NAMES = (
    "id", "company_id", "channel", "recipient", "subject", "locale", "kind", "state", "provider", "pinned", "bulk_id", "position", "dedup", "sender",
    "text", "detail", "encoding", "segments", "price", "currency", "send_at", "expires_at", "code", "error_en", "error_tr", "requested_by",
)  # fmt: skip
_PLACES = {name: place for place, name in enumerate(_NAMES)}

#: The columns of `notify.message` that the lines fill, in their order.
COLUMNS = ", ".join(_NAMES)


@dataclass
class Tally:
    """What the rows come to."""

    rows: int = 0
    messages: int = 0
    repeated: int = 0
    segments: int = 0
    price: Decimal = Decimal(0)
    currency: str | None = None
    faults: list[RowRefused] = field(default_factory=list)
    refused: int = 0

    def count(self, ready: Ready, by: int = 1) -> None:
        """One more message, or one less."""
        self.messages += by
        self.segments += by * ready.segments
        if ready.price is not None:
            self.price += by * ready.price
            self.currency = ready.currency


class Draft:
    """The rows of a request on their way into the table; what they come to is counted in `tally`."""

    def __init__(
        self,
        session: Session,
        contract: SendBulk,
        bulk_id: UUID,
        company_id: UUID | None,
        requested_by: str,
        tally: Tally,
        refusals: Refusals | None = None,
    ) -> None:
        """
        With `refusals` it is a check: they take the refused rows, and opt-outs and consent are asked too, which otherwise are when a message leaves.

        Raises Permanent for a request that no row could be sent of.
        """
        self.session, self.refusals = session, refusals
        self._unasked: list[tuple[Asked, Ready]] = []
        self.contract, self.bulk_id, self.company_id, self.requested_by, self.tally = contract, bulk_id, company_id, requested_by, tally
        if (contract.text is None) == (contract.template is None):
            raise Permanent("Say either a text or a template.", "Ya metin ya da şablon verin.")
        if contract.channel == "email" and contract.template is None and not contract.subject:
            raise Permanent("An e-mail needs a subject.", "E-postanın konusu olmalı.")
        self.template = templates.find(session, company_id, contract.template) if contract.template else None
        self.wish = Wish(
            channel=contract.channel,
            to="",
            kind=contract.purpose,
            text=contract.text,
            template=contract.template,
            locale=contract.locale,
            subject=contract.subject or "",
            sender=contract.sender,
            provider=contract.provider,
            fold=contract.fold,
            send_at=contract.send_at,
            expires_at=contract.expires_at,
        )
        self.same: Ready | None = None
        if contract.text is not None:
            rendering.check(contract.text)
        if contract.text is not None and not any(rendering.places(contract.text)):
            said = rendering.render(contract.text, {}, contract.locale)
            self.same = intake.ready(self.wish, "-", templates.Text(contract.subject or "", said, None))
        self._seen: set[str] = set()
        self._cells: list[str] = []

    @property
    def constant(self) -> str | None:
        """What all of them say, where they say the same."""
        return self.same.text if self.same else None

    def lines(self) -> Iterator[list[str]]:
        """Lines for COPY, some thousand at a time. Raises Permanent for a file that is no list of recipients."""
        with rows.of(self.contract, self.company_id) as asked:
            lines: list[str] = []
            for one, identity in zip(asked, _endless_ids(), strict=False):
                if line := self._line(one, identity):
                    lines.append(line)
                if len(lines) == _CHUNK:
                    self._ask()
                    yield lines
                    lines = []
            self._ask()
            if lines:
                yield lines
        if not self.tally.rows:
            raise Permanent("There are no recipients.", "Alıcı yok.")

    def _line(self, one: Asked, identity: UUID) -> str | None:
        self.tally.rows += 1
        try:
            ready = self._ready(one)
        except Permanent as error:
            return self._refused(one, identity, error)
        if ready is None:
            self.tally.repeated += 1
            return None
        self.tally.count(ready)
        if self.refusals is not None:
            self._unasked.append((one, ready))
        dedup = f"{self.contract.dedup}:{ready.recipient}" if self.contract.dedup else None
        own = {"id": identity, "recipient": ready.recipient, "locale": ready.locale, "position": one.row, "dedup": dedup}
        if not self.same:
            own |= _said(ready)
        cells = self._frame(ready)
        for name, value in own.items():
            cells[_PLACES[name]] = _cell(value)
        return "\t".join(cells) + "\n"

    def _frame(self, ready: Ready) -> list[str]:
        """The cells of a row, of which most are the same in all; to be filled in."""
        if not self._cells:
            self._cells = _cells(
                company_id=self.company_id,
                channel=ready.channel,
                kind=ready.kind,
                state="queued",
                provider=ready.provider,
                pinned=ready.pinned,
                bulk_id=self.bulk_id,
                sender=ready.sender,
                currency=ready.currency,
                send_at=ready.send_at,
                expires_at=ready.expires_at,
                requested_by=self.requested_by,
                **_said(ready) | ({"subject": "", "text": None} if self.same else {}),
            )
        return self._cells.copy()

    def _ready(self, one: Asked) -> Ready | None:
        """The message of a row; None where its recipient had a row before. Raises Permanent."""
        if one.fault:
            raise Permanent(*one.fault)
        recipient = recipients.parse(self.contract.channel, one.to)
        key = recipients.key(self.contract.channel, recipient)
        if key in self._seen:
            return None
        locale = self._locale(one)
        found = self.same or intake.ready(self.wish, recipient, self._words(one, locale))
        self._seen.add(key)
        return found._replace(recipient=recipient, locale=locale)

    def _locale(self, one: Asked) -> Locale:
        return "en" if (one.locale or self.contract.locale) == "en" else "tr"

    def _words(self, one: Asked, locale: Locale) -> templates.Text:
        variables = {**self.contract.variables, **one.variables}
        if self.template is not None:
            return templates.render(self.template, locale, variables, self.contract.channel)
        return templates.Text(self.contract.subject or "", rendering.render(self.contract.text or "", variables, locale), None)

    def _ask(self) -> None:
        """Of a check: name those of the last rows who want no such message, or have not consented to it."""
        unasked, self._unasked = self._unasked, []
        given = self.contract
        asked = [ready.recipient for _, ready in unasked]
        found = consent.refusals(self.session, self.company_id, given.channel, asked, given.purpose, now()) if unasked else {}
        for one, ready in unasked:
            if refusal := found.get(ready.recipient):
                self.tally.count(ready, -1)
                self._name(one, refusal.code, refusal.en, refusal.tr)

    def _name(self, one: Asked, code: str, en: str, tr: str) -> None:
        """One refused row more."""
        self.tally.refused += 1
        if self.refusals is not None:
            self.refusals.add(one.row, one.to.strip()[:320], code, en, tr)
        if len(self.tally.faults) < FAULTS:
            masked = recipients.masked(self.contract.channel, one.to)
            self.tally.faults.append(RowRefused(row=one.row, recipient=masked, code=code, en=en, tr=tr))

    def _refused(self, one: Asked, identity: UUID, error: Permanent) -> str:
        code = str(getattr(error, "reason", "") or "text")
        self._name(one, code, error.en, error.tr)
        cells = _cells(
            id=identity,
            company_id=self.company_id,
            channel=self.contract.channel,
            recipient=one.to.strip()[:320] or "-",
            subject="",
            locale=one.locale or self.contract.locale,
            kind=self.contract.purpose,
            state="refused",
            pinned=False,
            bulk_id=self.bulk_id,
            position=one.row,
            segments=1,
            code=code,
            error_en=error.en,
            error_tr=error.tr,
            requested_by=self.requested_by,
        )
        return "\t".join(cells) + "\n"


def _endless_ids() -> Iterator[UUID]:
    while True:
        yield from new_ids(_CHUNK)


def _said(ready: Ready) -> dict[str, Any]:
    """The columns of what a message says, and what that comes to."""
    return {
        "subject": ready.subject,
        "text": ready.text,
        "detail": intake.db_json(ready.detail),
        "encoding": ready.encoding,
        "segments": ready.segments,
        "price": ready.price,
    }


def _cells(**values: Any) -> list[str]:
    """A row as COPY's text format has it; what is not named is null."""
    return [_cell(values.get(name)) for name in _NAMES]


def _cell(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r").replace("\x00", "")
    return str(value)
