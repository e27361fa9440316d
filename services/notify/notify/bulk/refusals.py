"""The refused rows of a bulk as a file: each as it was, with its reason, to be put right and sent again."""

import csv
import io
import tempfile
from types import TracebackType
from typing import IO, Self
from uuid import UUID

from imece import storage

#: The area of the storage keys of these files.
AREA = "refused"

_HEADS = {"tr": ("Satır", "Alıcı", "Neden", "Kod"), "en": ("Row", "Recipient", "Reason", "Code")}


class Refusals:
    """Rows on their way into a CSV that spreadsheets open as it is. `key` is where it lies afterwards; None where nothing was refused."""

    def __init__(self, company_id: UUID | None, locale: str) -> None:
        """Without a company nobody could read it, and nothing is kept."""
        self.key: str | None = None
        self._company_id, self._locale = company_id, "tr" if locale == "tr" else "en"
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed at the end of the block that this is for)
        self._count = 0

    def __enter__(self) -> Self:
        self._write(*_HEADS[self._locale])
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        with self._file:
            if kind is None and self._count and self._company_id is not None:
                self._file.seek(0)
                key = storage.new_key(self._company_id, AREA, "reddedilenler.csv" if self._locale == "tr" else "refused.csv")
                storage.put(key, self._file)
                self.key = key

    def add(self, row: int, recipient: str, code: str, en: str, tr: str) -> None:
        """One more."""
        self._count += 1
        self._write(str(row), recipient, tr if self._locale == "tr" else en, code)

    def _write(self, *cells: str) -> None:
        text = io.StringIO()
        # With semicolons, as a Turkish Excel expects, and nothing that it would compute.
        csv.writer(text, delimiter=";").writerow([f"'{cell}" if cell[:1] in "=+-@\t\r" and cell else cell for cell in cells])
        self._file.write((b"" if self._file.tell() else b"\xef\xbb\xbf") + text.getvalue().encode())
