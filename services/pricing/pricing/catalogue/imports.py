"""
Imports: lists of products that people upload.

Good rows are taken a thousand at a time, each portion in a transaction of its own; bad ones are handed back as a workbook, each as it was with its
reason. Doing it again changes nothing: what is there already is brought up to date.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from imece import clock, db, storage
from imece.errors import NotFound, Permanent
from imece.workbooks import Limits, opened
from pricing.catalogue import categories, listings, products
from pricing.catalogue.listings import Entry, Fault, Field, Header
from pricing.settings import settings

#: The area of the storage keys of what was refused.
AREA = "imports"
#: A list may be as long as a sheet of Excel, and nothing but addresses.
LIMITS = Limits(seconds=60, rows=1_048_576, plain=True)

_PORTION = 1000

#: Told how many rows have been read; may raise to end the import.
Report = Callable[[int], None]


@dataclass
class Imported:
    """What became of a list. `rows` counts those that say something; `names` are its headings."""

    rows: int = 0
    added: int = 0
    known: int = 0
    faults: list[Fault] = field(default_factory=list)
    names: tuple[str, ...] = ()


@contextmanager
def downloaded(key: str, company_id: UUID) -> Iterator[Path]:
    """The uploaded file as a temporary one. Raises Permanent when there is none, or it is another company's."""
    with TemporaryDirectory(prefix="imece-") as folder:
        path = Path(folder) / "workbook"  # its name says nothing: readers look at the content
        gone = Permanent("The file is not there (any more).", "Dosya yok (artık silinmiş).")
        try:
            owner, pieces = storage.owner(key), storage.stream(key)
        except NotFound:
            raise gone from None
        if owner != company_id:
            raise gone
        with path.open("wb") as file:
            file.writelines(pieces)
        yield path


def take(
    path: Path,
    company_id: UUID,
    *,
    category: str | None = None,
    currency: str | None = None,
    report: Report = lambda _: None,
    limits: Limits = LIMITS,
) -> Imported:
    """
    Record the products of the list at `path`. Raises Unreadable for what is no table, Permanent for a table without addresses.

    `category` (a name, or a path such as `Elektronik > Telefon`) and `currency` hold for rows that name none.
    """
    done, shelves = Imported(), _Shelves(company_id, listings.path_of(category or ""))
    with opened(path, limits) as sheet:
        top = list(islice(sheet.rows, listings.WITHIN))
        header = listings.find(top)
        if header is None:
            raise Permanent(*listings.unknown(top))
        done.names = header.names
        rows = (row for row in chain(top, sheet.rows) if row.number > header.row)
        while portion := list(islice(rows, _PORTION)):
            read = [found for row in portion if (found := listings.read(row, header))]
            done.rows += len(read)
            done.faults += [found for found in read if isinstance(found, Fault)]
            entries = [found for found in read if isinstance(found, Entry)]
            with db.transaction() as session:
                drafts = [shelves.placed(session, entry, currency) for entry in entries]
                recorded = products.record(session, company_id, drafts, allow_private=bool(settings().allowed_networks))
            done.added += recorded.added
            done.known += recorded.known
            done.faults += [_fault(entries[fault.position], fault, header) for fault in recorded.faults]
            report(done.rows)
    done.faults.sort(key=lambda fault: fault.row)
    return done


def hand_back(company_id: UUID, job_id: UUID, path: Path, done: Imported, locale: Literal["tr", "en"]) -> str | None:
    """Keep the workbook of refused rows in storage and return its key, the same for the same job; None when no row was refused."""
    if not done.faults:
        return None
    name = "hatali-satirlar.xlsx" if locale == "tr" else "refused-rows.xlsx"
    key = storage.new_key(company_id, AREA, name, of=job_id)
    with TemporaryDirectory(prefix="imece-") as folder:
        made = Path(folder) / name
        write_refused(path, made, done, locale)
        storage.put(key, made)
    return key


def write_refused(path: Path, to: Path, done: Imported, locale: Literal["tr", "en"]) -> None:
    """Write the rows of the list at `path` that were refused to a new .xlsx at `to`, to be put right and imported again."""
    from imece.workbooks import writing  # noqa: PLC0415 (openpyxl is slow to load)

    faults: dict[int, list[Fault]] = defaultdict(list)
    for fault in done.faults:
        faults[fault.row].append(fault)
    writing.refused(path, to, done.names, faults, locale=locale, limits=LIMITS)


def prune() -> int:
    """Delete what was handed back and has passed its retention, of every company; returns how many files."""
    old = list(storage.older_than(clock.now() - timedelta(days=settings().keep_imports_days), AREA))
    storage.delete(old)
    return len(old)


class _Shelves:
    """The company's categories by path, made where they are new."""

    def __init__(self, company_id: UUID, usual: Sequence[str]) -> None:
        self._company_id = company_id
        self._usual = tuple(usual)
        self._known: dict[tuple[str, ...], int | None] = {(): None}

    def placed(self, session: Session, entry: Entry, currency: str | None) -> products.Draft:
        """The draft of a row, in its category and currency."""
        return replace(entry.draft, category_id=self._id(session, entry.category or self._usual), currency=entry.draft.currency or currency)

    def _id(self, session: Session, path: tuple[str, ...]) -> int | None:
        if path not in self._known:
            slug = categories.slug_of(" ".join(path))
            there = {category.slug: category.id for category in categories.of_company(session, self._company_id)}
            if slug not in there:
                there[slug] = categories.put(session, self._company_id, path[-1], slug=slug, parent_id=self._id(session, path[:-1])).id
            self._known[path] = there[slug]
        return self._known[path]


def _fault(entry: Entry, fault: products.Fault, header: Header) -> Fault:
    return Fault(entry.row, header.name(Field.URL), fault.en, fault.tr)
