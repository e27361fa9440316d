"""
From a workbook to what letters will say: typed balances, one draft per party and date, and a reason for every row that is refused.

Nothing is guessed. A row that could be read in two ways is refused and says why; a letter of which one row is refused is held back whole,
because a letter that leaves out a balance is wrong. What was put right on the way (a lost leading zero) is told as a remark.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path

from documents import columns
from documents.amounts import Mark
from documents.columns import Header
from documents.entries import Entries, Entry, Fault
from documents.headings import Field
from documents.sums import Sum
from imece.text import fold
from imece.workbooks import Limits, Row, opened

__all__ = ["Balance", "Draft", "Fault", "Party", "Reading", "read_balances"]


@dataclass(frozen=True, slots=True)
class Party:
    """Whom a letter is for. `title` is None only in the old system's layout, which has no title column."""

    tax_number: str
    title: str | None
    tax_office: str | None
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Balance:
    """
    One line of a letter: from the sender's books, in one currency, with that currency's decimals.

    `debit` and `credit` are not negative; where the sheet has only a balance, it is one of them and the other is zero. `dealer_code` is set
    where the party has several accounts (dealers, branches), each with a line of its own.
    """

    row: int
    currency: str
    debit: Decimal
    credit: Decimal
    dealer_code: str | None
    description: str | None

    @property
    def balance(self) -> Decimal:
        """Positive: the party owes the sender."""
        return self.debit - self.credit


@dataclass(frozen=True, slots=True)
class Draft:
    """What one letter will say: a party's balances at the end of `as_of`, of a period if `period_start` is given. Never sum across currencies."""

    party: Party
    as_of: date
    period_start: date | None
    lines: tuple[Balance, ...]


@dataclass(frozen=True)
class Reading:
    """
    Everything a workbook says.

    `rows` counts the rows of data; `columns` are the headings found. `faults` and `remarks` are in the order of the sheet; a fault whose row
    is None concerns the whole sheet, and then there are no letters.
    """

    rows: int
    columns: list[str]
    letters: list[Draft] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    remarks: list[Fault] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """How many rows were refused."""
        return len({fault.row for fault in self.faults if fault.row is not None})


def read_balances(
    path: Path,
    *,
    as_of: date | None = None,
    currency: str | None = None,
    decimal_mark: Mark | None = None,
    limits: Limits | None = None,
) -> Reading:
    """
    Read a list of balances from any workbook.

    `as_of` and `currency` (else TRY) hold for rows that name none; `decimal_mark` decides columns that could be read both ways. Raises
    workbooks.Unreadable when the file cannot be read as a table, or its first visible sheet is empty; a table that is no list of balances
    gives a Reading with one fault.
    """
    with opened(path, limits) as sheet:
        top = list(islice(sheet.rows, columns.WITHIN))
        if not top:
            raise columns.empty(sheet.name)
        header = columns.find(top)
        if header is None:
            rows = len(top) + sum(1 for _ in sheet.rows)
            return Reading(rows, columns.first_texts(top), faults=[Fault(None, None, *columns.unknown(top))])
        below = chain((row for row in top if row.number > header.row), sheet.rows)
        wrong = header.fault() or (None if as_of else header.undated())
        if wrong:
            return Reading(sum(1 for _ in below), header.shown, faults=[Fault(None, None, *wrong)])
        return _read(below, header, Entries(header, as_of=as_of, currency=currency, decimal_mark=decimal_mark))


def _read(rows: Iterable[Row], header: Header, entries: Entries) -> Reading:
    read: list[Entry] = []
    apart: list[Fault] = []
    for row in rows:
        found = entries.read(row)
        if isinstance(found, Entry):
            read.append(found)
        else:
            apart.append(found)
    if not read:
        return Reading(
            0, header.shown, faults=[Fault(None, None, "There are no rows under the headings.", "Başlıkların altında satır yok.")]
        )
    for entry in read:
        entries.settle(entry)
    letters = _letters(read, by_period=Field.PERIOD_END in header.places)
    faults = [fault for entry in read for fault in entry.faults]
    remarks = sorted(chain(apart, *(entry.remarks for entry in read)), key=lambda remark: remark.row or 0)
    return Reading(len(read), header.shown, letters, faults, remarks)


def _letters(entries: list[Entry], *, by_period: bool) -> list[Draft]:
    """
    One draft per party and date; in the old system's layout per party, period and note.

    A draft with a refused row in it is held back, and its other rows say so. A row whose date could not be read may belong to any letter of
    its party, so it holds back all of them; one whose tax number could not, to any party of its title.
    """
    groups: dict[tuple[object, ...], list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.tax_number:
            groups[_key(entry, by_period=by_period)].append(entry)
    undated = {entry.tax_number: entry for entry in entries if entry.as_of is None}
    nameless = {fold(entry.title): entry for entry in entries if entry.title and not entry.tax_number}
    letters = []
    for group in groups.values():
        repeats = _refuse_repeats(group)
        refused = next((entry for entry in group if entry.faults and entry.row not in repeats), undated.get(group[0].tax_number))
        culprit = refused or next((nameless[title] for entry in group if entry.title and (title := fold(entry.title)) in nameless), None)
        good = [entry for entry in group if not entry.faults]
        if culprit is None:
            letters.append(_draft(good))
            continue
        for entry in good:
            entry.faults.append(
                Fault(
                    entry.row,
                    None,
                    f"Held back: row {culprit.row} of the same letter was refused.",
                    f"Bekletildi: aynı mektubun {culprit.row}. satırı reddedildi.",
                )
            )
    return letters


def _key(entry: Entry, *, by_period: bool) -> tuple[object, ...]:
    return entry.tax_number, entry.as_of, entry.period_start, entry.note if by_period else None


def _refuse_repeats(group: list[Entry]) -> set[int]:
    """
    Refuse rows that say something about the same account and currency as a row above. Gives the rows that merely repeat it.

    Where the two differ nobody can tell which is right, so both are refused.
    """
    repeats: set[int] = set()
    first: dict[tuple[str, str | None], tuple[Entry, Sum]] = {}
    for entry in group:
        for amount in () if entry.faults else entry.sums:
            above, same = first.setdefault((amount.currency, entry.code), (entry, amount))
            if above is entry:
                continue
            if same == amount and above.description == entry.description:
                repeats.add(entry.row)
                entry.faults.append(Fault(entry.row, None, f"Repeats row {above.row}.", f"{above.row}. satırın tekrarı."))
                break
            for one, other in ((above, entry), (entry, above)):
                one.faults.append(
                    Fault(
                        one.row,
                        None,
                        f"Row {other.row} says something else for the same party, date and currency.",
                        f"{other.row}. satır aynı cari, tarih ve para birimi için başka bir şey söylüyor.",
                    )
                )
            break
    return repeats


def _draft(entries: list[Entry]) -> Draft:
    """The draft of entries that belong together; the first row that names a title, a tax office, an address counts."""
    first = entries[0]
    assert first.tax_number
    assert first.as_of
    said: dict[str, str | None] = {}
    for name in ("title", "tax_office", "email", "phone"):
        source = next((entry for entry in entries if getattr(entry, name)), first)
        said[name] = getattr(source, name)
        for entry in entries:
            if name in {"title", "email"} and getattr(entry, name) not in {None, said[name]}:
                entry.remarks.append(_differs(entry, source, name))
    lines_in = Counter(amount.currency for entry in entries for amount in entry.sums)
    return Draft(
        Party(first.tax_number, said["title"], said["tax_office"], said["email"], said["phone"]),
        first.as_of,
        first.period_start,
        tuple(
            Balance(
                entry.row,
                amount.currency,
                amount.debit,
                amount.credit,
                entry.dealer_code or (entry.account_code if lines_in[amount.currency] > 1 else None),
                entry.description,
            )
            for entry in entries
            for amount in entry.sums
        ),
    )


def _differs(entry: Entry, source: Entry, name: str) -> Fault:
    en, tr = ("title", "unvan") if name == "title" else ("e-mail address", "e-posta adresi")
    return Fault(
        entry.row,
        None,
        f"Another {en} than in row {source.row} of the same letter; that one is used.",
        f"Aynı mektubun {source.row}. satırındaki {tr} farklı; o kullanılacak.",
    )
