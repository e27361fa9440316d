"""The recipients of a bulk, one row each: as they were named, or out of a file, which may be any spreadsheet."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from imece import storage
from imece.contracts.notify import Recipient, SendBulk
from imece.errors import NotFound, Permanent
from imece.text import fold
from imece.workbooks import Broken, Limits, Row, opened

_LINES = (".jsonl", ".ndjson")
_WITHIN = 20  #: rows from the top in which the headings must stand
_LIMITS = Limits(seconds=60.0, rows=1_000_000, plain=True)

#: What the column of recipients is called, where the request does not say; one list for all channels.
_SPELLINGS = """
    to | telefon | telefon no | telefon numarası | tel | cep | cep telefonu | cep no | gsm | gsm no | numara | alıcı | phone | phone number | mobile |
    mobile number | recipient | e-posta | eposta | e-posta adresi | e-mail | email | email address | mail | mail adresi | chat | chat id | sohbet
"""
_HEADINGS = frozenset(map(fold, _SPELLINGS.split("|")))
_LOCALES = {"tr": "tr", "turkce": "tr", "turkish": "tr", "en": "en", "ingilizce": "en", "english": "en"}
_LOCALE_HEADINGS = frozenset({"locale", "dil", "language", "lang"})


class Asked(NamedTuple):
    """One row. `row` is the number the sheet itself shows, or its place in the request. `fault`: a cell that has no value, and why."""

    row: int
    to: str
    variables: dict[str, Any]
    locale: str | None = None
    fault: tuple[str, str] | None = None


@contextmanager
def of(contract: SendBulk, company_id: UUID | None) -> Iterator[Iterator[Asked]]:
    """The rows that a request names. Raises Permanent for a file that is missing, somebody else's, unreadable, or has no column of recipients."""
    if bool(contract.recipients) == (contract.recipients_key is not None):
        raise Permanent(
            "Name the recipients, or a file of them: one of the two.", "Alıcıları ya da bir alıcı dosyasını verin: ikisinden birini."
        )
    if contract.recipients_key is None:
        yield (_named(number, one) for number, one in enumerate(contract.recipients, start=1))
        return
    with tempfile.TemporaryDirectory(prefix="imece-") as folder:
        path = Path(folder) / contract.recipients_key.rpartition("/")[2]
        _fetch(contract.recipients_key, company_id, path)
        if path.suffix.lower() in _LINES:
            yield _lines(path)
            return
        with opened(path, _LIMITS) as sheet:
            yield _table(sheet.rows, contract.columns)


def _fetch(key: str, company_id: UUID | None, path: Path) -> None:
    try:
        mine, pieces = company_id is not None and storage.owner(key) == company_id, storage.stream(key)
    except NotFound:
        mine = False
    if not mine:
        raise Permanent("The file of recipients does not exist.", "Alıcı dosyası bulunamadı.")
    with path.open("wb") as file:
        file.writelines(pieces)


def _named(number: int, one: Recipient) -> Asked:
    return Asked(number, one.to, dict(one.variables), one.locale)


def _lines(path: Path) -> Iterator[Asked]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield _line(number, line)


def _line(number: int, line: bytes) -> Asked:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        found = None
    variables = (found.get("variables") or {}) if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(variables, dict) or not found.get("to"):
        return Asked(number, "", {}, None, ("The line is no JSON object with `to`.", "Satır, `to` alanı olan bir JSON nesnesi değil."))
    return Asked(number, str(found["to"]), variables, _LOCALES.get(str(found.get("locale")).lower()))


def _table(rows: Iterator[Row], columns: Mapping[str, str]) -> Iterator[Asked]:
    wanted = {fold(heading): name for heading, name in columns.items()}
    for count, row in enumerate(rows):
        if names := _headings(row, wanted):
            break
        if count >= _WITHIN:
            raise _headless()
    else:
        raise _headless()
    for row in rows:
        yield _read(row, names)


def _headings(row: Row, wanted: Mapping[str, str]) -> list[str | None] | None:
    """What each column is, if these are the headings: `to`, `locale`, or the variable it fills."""
    given = [str(cell).strip() if cell is not None else "" for cell in row.cells]
    folded = [fold(text) for text in given]
    names: list[str | None] = [wanted.get(key, text) or None for key, text in zip(folded, given, strict=True)]
    if "to" not in names:
        place = next((index for index, key in enumerate(folded) if key in _HEADINGS and key not in wanted), None)
        if place is None:
            return None
        names[place] = "to"
    if "locale" not in names:
        place = next((index for index, key in enumerate(folded) if key in _LOCALE_HEADINGS and key not in wanted), None)
        if place is not None:
            names[place] = "locale"
    return names


def _read(row: Row, names: list[str | None]) -> Asked:
    to, locale, variables, fault = "", None, {}, None
    for name, cell in zip(names, row.cells, strict=False):
        if name is None or cell is None:
            continue
        if isinstance(cell, Broken):
            fault = (cell.en, cell.tr)
        elif name == "to":
            to = str(cell)
        elif name == "locale":
            locale = _LOCALES.get(fold(str(cell)))
        else:
            value = Decimal(repr(cell)) if isinstance(cell, float) else cell
            variables[name] = variables[fold(name).replace(" ", "_")] = value  # `Son Ödeme` is also {{ son_odeme }}
    return Asked(row.number, to, variables, locale, fault)


def _headless() -> Permanent:
    return Permanent(
        "There is no column of recipients in the file: name it `to`, or say in `columns` what it is called.",
        "Dosyada alıcı sütunu yok: başlığını `to` yapın ya da `columns` içinde adını verin.",
    )
