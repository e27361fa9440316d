"""ZIP archives that are written piece by piece."""

import io
import tracemalloc
import zipfile
from datetime import date

import pytest

from documents.archives import packed, safe_name

DAY = date(2026, 11, 20)


def test_every_reader_finds_the_files_again() -> None:
    """Names are Turkish, contents are whole, and sizes stand in front of stored entries, which Java's reader asks for."""
    files = [(f"MUT-2026-{n:06} Şişli İğne.pdf", bytes([n]) * (n * 1000)) for n in range(40)]

    archive = zipfile.ZipFile(io.BytesIO(b"".join(packed(files, dated=DAY))))

    assert archive.testzip() is None
    assert [(entry.filename, archive.read(entry)) for entry in archive.infolist()] == files
    assert not any(entry.flag_bits & 0x08 for entry in archive.infolist())
    assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
    assert {entry.date_time for entry in archive.infolist()} == {(2026, 11, 20, 0, 0, 0)}


def test_nothing_is_an_archive_too() -> None:
    assert zipfile.ZipFile(io.BytesIO(b"".join(packed([], dated=DAY)))).namelist() == []


def test_memory_does_not_grow_with_the_archive() -> None:
    """2,000 files of 100 KB pass through 200 MB of archive; what is held is about one of them."""
    content = bytes(100_000)
    tracemalloc.start()
    try:
        length = sum(len(piece) for piece in packed(((f"{n}.pdf", content) for n in range(2000)), dated=DAY))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert length > 200_000_000
    assert peak < 5_000_000


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("MUT-1 Işık Gıda A.Ş.", "MUT-1 Işık Gıda A.Ş.pdf"),
        ("../../etc/passwd", ".. .. etc passwd.pdf"),
        ('a<b>c:d"e/f\\g|h?i*j\x00k\nl', "a b c d e f g h i j k l.pdf"),
        ("x" * 300, "x" * 100 + ".pdf"),
        ("   ", "_.pdf"),
    ],
)
def test_names_hold_on_every_system(stem: str, name: str) -> None:
    assert safe_name(stem, ".pdf") == name
