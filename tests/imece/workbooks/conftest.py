"""Workbooks made on the spot: honest ones by openpyxl, ugly ones part by part."""

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from imece.workbooks import Limits, Row, opened

Table = Sequence[Sequence[Any]]

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """A workbook of `table`, by openpyxl; texts beginning with = are formulas, never calculated."""

    def made(table: Table, name: str = "table.xlsx") -> Path:
        book = Workbook()
        assert book.active is not None
        for row in table:
            book.active.append(list(row))
        book.save(tmp_path / name)
        return tmp_path / name

    return made


@pytest.fixture
def pack(tmp_path: Path) -> Callable[..., Path]:
    """An .xlsx of one sheet from the XML of its rows (or its whole XML), its `strings`; `more` are further parts, or other contents of the usual ones."""

    def packed(rows: str = "", *, sheet: str | None = None, strings: Sequence[str] = (), name: str = "packed.xlsx", **more: str) -> Path:
        parts = {
            "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
            f'package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/><Override '
            f'PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{RELATIONS}/officeDocument" '
            f'Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{RELATIONS}"><sheets><sheet name="Cari" sheetId="1" r:id="rId1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": sheet or f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>",
        } | more
        if strings:
            parts["xl/sharedStrings.xml"] = f"<sst {MAIN}>{''.join(f'<si><t>{text}</t></si>' for text in strings)}</sst>"
            part = f'PartName="/xl/sharedStrings.xml" ContentType="{TYPE}.sharedStrings+xml"'
            parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace("</Types>", f"<Override {part}/></Types>")
            relation = f'Id="rId2" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"'
            book = parts["xl/_rels/workbook.xml.rels"]
            parts["xl/_rels/workbook.xml.rels"] = book.replace("</Relationships>", f"<Relationship {relation}/></Relationships>")
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for part, content in parts.items():
                archive.writestr(part, content)
        return tmp_path / name

    return packed


@pytest.fixture
def rows_of() -> Callable[..., list[Row]]:
    """Every row of a file's first visible sheet, through the child."""

    def read(path: Path, **limits: Any) -> list[Row]:
        with opened(path, Limits(**limits)) as sheet:
            return list(sheet.rows)

    return read
