"""What a file is, by its content. Its name is not asked: an `.xls` may be a web page, an `.xlsx` a text file."""

import mmap
import re
import zipfile
from enum import StrEnum
from pathlib import Path

from imece.workbooks.cells import Limits, Unreadable


class Kind(StrEnum):
    """The formats that are read."""

    XLSX = "xlsx"
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"
    HTML = "html"
    TEXT = "text"


_FOREIGN = {
    b"%PDF": "PDF",
    b"{\\rtf": "RTF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"\x1f\x8b": "gzip",
}
_WORKBOOK_STREAMS = tuple(name.encode("utf-16-le") for name in ("Workbook", "WORKBOOK", "Book", "BOOK"))
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def kind_of(path: Path, limits: Limits) -> Kind:
    """What the file is. Raises Unreadable when it is nothing that could hold a table, or is locked by a password."""
    size = path.stat().st_size
    if size == 0:
        raise Unreadable("The file is empty (0 bytes).", "Dosya boş (0 bayt).")
    if size > limits.size:
        raise Unreadable(f"The file is larger than {limits.size >> 20} MB.", f"Dosya {limits.size >> 20} MB'tan büyük.")
    with path.open("rb") as file:
        head = file.read(65536)
        if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
            return _compound(file.fileno())
    if head.startswith(b"PK"):
        return _zipped(path)
    if head[:2] in {b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08"}:  # Excel 2 to 5 without a container
        return Kind.XLS
    for magic, name in _FOREIGN.items():
        if head.startswith(magic):
            raise Unreadable(f"This is a {name} file, not a table.", f"Bu bir {name} dosyası, tablo değil.")
    if not head.startswith(_UTF16) and _CONTROL.search(head):
        raise Unreadable("This is not a spreadsheet.", "Bu bir tablo dosyası değil.")
    return _text(head)


def locked() -> Unreadable:
    """The error for a file behind a password."""
    return Unreadable(
        "The file is protected by a password: save it without one and upload it again.",
        "Dosya parolalı: parolasız kaydedip yeniden yükleyin.",
    )


def too_large(limits: Limits) -> Unreadable:
    """The error for a file that needs more memory than it may have."""
    return Unreadable(
        f"Reading the file takes more than {limits.megabytes} MB of memory: split it, or delete what is not part of the table.",
        f"Dosyayı okumak {limits.megabytes} MB'tan fazla bellek istiyor: bölün ya da tabloya ait olmayanları silin.",
    )


def _compound(descriptor: int) -> Kind:
    """An OLE container: an old workbook, a locked new one, or another program's document."""
    with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as content:
        if content.find("EncryptedPackage".encode("utf-16-le")) >= 0:
            raise locked()
        if any(content.find(name) >= 0 for name in _WORKBOOK_STREAMS):
            return Kind.XLS
    raise Unreadable("This is an Office document, but not a workbook.", "Bu bir Office belgesi ama Excel dosyası değil.")


def _zipped(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            types = b""
            for name in archive.namelist():
                if name.lower() in {"mimetype", "[content_types].xml"}:
                    with archive.open(name) as part:
                        types += part.read(1 << 20)
    except Exception:  # noqa: BLE001 - zipfile raises a dozen kinds of error for a damaged archive
        raise damaged() from None
    for named, kind in (
        (b"opendocument.spreadsheet", Kind.ODS),
        (b"ms-excel.sheet.binary", Kind.XLSB),
        (b"spreadsheetml.sheet.main", Kind.XLSX),
        (b"spreadsheetml.template.main", Kind.XLSX),
        (b"ms-excel.sheet.macroEnabled", Kind.XLSX),
        (b"ms-excel.template.macroEnabled", Kind.XLSX),
    ):
        if named in types:
            return kind
    raise Unreadable("This is a zip archive, not an Excel file.", "Bu bir zip arşivi, Excel dosyası değil.")


def damaged() -> Unreadable:
    """The error for a file that is broken or cut off."""
    return Unreadable(
        "The file is damaged or incomplete: open it in Excel, save it as .xlsx and upload that.",
        "Dosya bozuk ya da yarım: Excel'de açıp .xlsx olarak kaydedin ve onu yükleyin.",
    )


def _text(head: bytes) -> Kind:
    start = head.lstrip(b"\xef\xbb\xbf").lstrip()[:4096].lower()
    if head.startswith(_UTF16):
        start = start.replace(b"\x00", b"")[2:]
    if start.startswith(b"mime-version:"):
        raise Unreadable(
            "This is a web archive (MHTML): open it in Excel and save it as .xlsx.",
            "Bu bir web arşivi (MHTML): Excel'de açıp .xlsx olarak kaydedin.",
        )
    if start.startswith(b"<?xml") and b"urn:schemas-microsoft-com:office:spreadsheet" in start:
        raise Unreadable(
            "This is Excel's XML format of 2003: open it in Excel and save it as .xlsx.",
            "Bu, Excel'in 2003 XML biçimi: Excel'de açıp .xlsx olarak kaydedin.",
        )
    if re.search(rb"<(html|table|!doctype html|head|body|meta)\b", start):
        return Kind.HTML
    if start.startswith(b"<"):
        raise Unreadable("This is an XML file, not a table.", "Bu bir XML dosyası, tablo değil.")
    return Kind.TEXT
