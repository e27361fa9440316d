"""The workbook of refused rows: each as it was, with the reason beside it and its wrong cells in red, to be put right and uploaded again."""

from collections import defaultdict
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from documents import columns
from documents.amounts import Locale
from documents.balances import Fault, Reading
from imece import storage
from imece.workbooks import Limits, opened, writing

if TYPE_CHECKING:
    from documents.models import Batch


def store(batch: "Batch", reading: Reading, path: Path) -> str | None:
    """Keep the workbook of refused rows in storage and return its key, the same for the same batch; None when no row was refused."""
    if not reading.refused:
        return None
    name = "hatali-satirlar.xlsx" if batch.locale == "tr" else "refused-rows.xlsx"
    key = storage.new_key(batch.company_id, "refusals", name, of=batch.id)
    with TemporaryDirectory(prefix="imece-") as folder:
        made = Path(folder) / name
        write(path, reading, made, "tr" if batch.locale == "tr" else "en")
        storage.put(key, made)
    return key


def write(path: Path, reading: Reading, to: Path, locale: Locale, limits: Limits | None = None) -> None:
    """Write the rows of the workbook at `path` that `reading` refused to a new .xlsx at `to`. Nothing in a cell becomes a formula. Raises Unreadable."""
    faults: dict[int, list[Fault]] = defaultdict(list)
    for fault in reading.faults:
        if fault.row is not None:
            faults[fault.row].append(fault)
    with opened(path, limits) as source:
        header = columns.find(list(islice(source.rows, columns.WITHIN)))
    writing.refused(path, to, header.names if header else (), faults, locale=locale, limits=limits)
