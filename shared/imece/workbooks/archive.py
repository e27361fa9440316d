"""The guard before any zip is opened in earnest: its size inflated, its names, what its XML declares."""

import re
import zipfile
from pathlib import Path

from imece.workbooks.cells import Limits, Unreadable
from imece.workbooks.kinds import damaged, locked

_ENTRIES = 2000
_RATIO = 200  #: honest sheets inflate 5 to 60 times
_RATIO_COUNTS_FROM = 10 << 20  #: a small part may well be one letter repeated
_DECLARES = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def check(path: Path, limits: Limits) -> None:
    """
    Raise Unreadable for a zip that no spreadsheet program writes.

    Too many parts, two parts of one name (readers disagree which counts; names differ in more than case), more bytes inflated than allowed,
    a part that inflates like a bomb, XML that declares entities, a part behind a password. Looks at the directory and the first bytes of
    each XML part only.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _directory(entries, limits)
            for entry in entries:
                if entry.filename.lower().startswith(("xl/", "content.xml")) and entry.filename.lower().endswith((".xml", ".rels")):
                    with archive.open(entry) as part:
                        _declares_nothing(part.read(4096))
    except Unreadable:
        raise
    except Exception:  # noqa: BLE001 - zipfile raises a dozen kinds of error for a damaged archive
        raise damaged() from None


def _declares_nothing(head: bytes) -> None:
    if _DECLARES.search(head):
        raise Unreadable(
            "The file declares XML entities, which no spreadsheet program writes: it is not safe to open.",
            "Dosyada, hiçbir tablo programının yazmadığı XML tanımları var: açmak güvenli değil.",
        )


def _directory(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(entries) > _ENTRIES:
        raise Unreadable(
            f"The file consists of {len(entries)} parts; no workbook does.",
            f"Dosya {len(entries)} parçadan oluşuyor; böyle bir çalışma kitabı olmaz.",
        )
    names = [entry.filename.lower() for entry in entries]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(
            f"The file holds the part {twice} twice, so it is not clear which one counts: save it again in Excel.",
            f"Dosyada {twice} parçası iki kez var, hangisinin geçerli olduğu belli değil: Excel'de açıp yeniden kaydedin.",
        )
    if any(entry.flag_bits & 1 for entry in entries):
        raise locked()
    if sum(entry.file_size for entry in entries) > limits.inflated:
        raise Unreadable(
            f"Unpacked, the file is larger than {limits.inflated >> 20} MB: split it.",
            f"Dosya açıldığında {limits.inflated >> 20} MB'tan büyük: bölüp yükleyin.",
        )
    for entry in entries:
        if entry.file_size > _RATIO_COUNTS_FROM and entry.file_size > _RATIO * entry.compress_size:
            raise Unreadable(
                f"The part {entry.filename} inflates {entry.file_size // max(entry.compress_size, 1)} times: it is not safe to open.",
                f"{entry.filename} parçası açılınca {entry.file_size // max(entry.compress_size, 1)} katına çıkıyor: açmak güvenli değil.",
            )
