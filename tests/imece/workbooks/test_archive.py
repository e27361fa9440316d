"""The guard: a zip that no spreadsheet program writes is refused before anything in it is parsed."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from imece.workbooks import Limits, Unreadable
from imece.workbooks.archive import check


def test_an_honest_workbook_passes(make: Callable[..., Path]) -> None:
    check(make([["a"]]), Limits())


def test_a_bomb_of_one_string_is_refused(pack: Callable[..., Path]) -> None:
    """Forty megabytes in a few tens of kilobytes."""
    path = pack(**{"xl/sharedStrings.xml": f"<sst><si><t>{'A' * (40 << 20)}</t></si></sst>"})
    assert path.stat().st_size < 100_000
    with pytest.raises(Unreadable, match=r"sharedStrings\.xml inflates"):
        check(path, Limits())


def test_more_than_may_be_inflated_is_refused(make: Callable[..., Path]) -> None:
    with pytest.raises(Unreadable, match="larger than 0 MB"):
        check(make([["a"]]), Limits(inflated=1000))


def test_names_that_differ_in_case_only_are_refused(pack: Callable[..., Path]) -> None:
    """Readers disagree which of the two counts."""
    with pytest.raises(Unreadable, match=r"xl/worksheets/sheet1\.xml twice"):
        check(pack(**{"xl/worksheets/Sheet1.xml": "<worksheet/>"}), Limits())


def test_a_name_that_is_there_twice_is_refused(pack: Callable[..., Path]) -> None:
    path = pack()
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(Unreadable, match="twice"):
        check(path, Limits())


def test_thousands_of_parts_are_refused(pack: Callable[..., Path]) -> None:
    with pytest.raises(Unreadable, match="2005 parts"):
        check(pack(**{f"xl/media/{number}": "" for number in range(2000)}), Limits())


def test_declared_entities_are_refused(pack: Callable[..., Path]) -> None:
    bomb = '<!DOCTYPE sst [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><sst><si><t>&b;</t></si></sst>'
    with pytest.raises(Unreadable, match="XML entities"):
        check(pack(**{"xl/sharedStrings.xml": bomb}), Limits())


def test_a_damaged_part_is_told(make: Callable[..., Path]) -> None:
    path = make([["a", "b", "c"]])
    content = bytearray(path.read_bytes())
    at = content.find(b"xl/workbook.xml") + 40
    content[at : at + 30] = bytes(30)
    path.write_bytes(content)
    with pytest.raises(Unreadable, match="damaged or incomplete"):
        check(path, Limits())
