"""
Make the example workbooks: `mutabakat.xlsx` (balances as an ERP exports them) and `mutabakat-eski.xlsx` (the layout of the old system).

Every party is invented, every tax number passes its check, and some rows are wrong on purpose, each in its own way. The same workbooks come
out every time: `python examples/make_mutabakat.py`.
"""

import io
import random
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from documents import amounts, identity
from imece import text

FOLDER = Path(__file__).parent
PARTIES = 240
AS_OF = date(2026, 9, 30)

_NAMES = (
    *(
        "Akçınar",
        "Bağışlar",
        "Beşgöz",
        "Bozışık",
        "Camgöz",
        "Cihangül",
        "Çağlarca",
        "Çınaraltı",
        "Dağyolu",
        "Deniztaşı",
        "Dörtçelik",
        "Ekinözü",
    ),
    *(
        "Erişgin",
        "Fındıkoğlu",
        "Göçmenler",
        "Gülümser",
        "Güneşdoğdu",
        "Hızarcı",
        "Iğdırlıoğlu",
        "Ilgaztepe",
        "Işıkyurt",
        "İğneada",
        "İncirlikuyu",
    ),
    *(
        "Kâhyaoğlu",
        "Karaağaçlı",
        "Kızılırmaklı",
        "Koşuyolu",
        "Mavişehirli",
        "Menekşe",
        "Nergisçi",
        "Oğuzeli",
        "Öğütçü",
        "Özgüneş",
        "Pınarbaşlı",
    ),
    *(
        "Rüzgârlı",
        "Sarıçiçek",
        "Söğütlüçeşme",
        "Şafakçı",
        "Şimşekler",
        "Taşköprülü",
        "Tümgör",
        "Uğurböcek",
        "Üçyıldız",
        "Varışlı",
        "Yağmurca",
    ),
    *("Yeşilırmak", "Yüceşan", "Zeytinliova"),
)
_TRADES = (
    *("Gıda", "Tekstil", "Yapı Malzemeleri", "Otomotiv Yedek Parça", "Mobilya", "Ambalaj", "Elektrik Malzemeleri", "Kırtasiye", "Nakliyat"),
    *("Tarım Ürünleri", "Isıtma Soğutma", "Bilişim Hizmetleri", "Döküm ve Makine", "Temizlik Ürünleri"),
)
_FORMS = ("A.Ş.", "Ltd. Şti.", "San. ve Tic. A.Ş.", "San. ve Tic. Ltd. Şti.", "İth. İhr. Ltd. Şti.", "Kollektif Şirketi")
_PERSONS = ("Şükrü Işık", "Gülçin Öztürk", "İbrahim Çağlar", "Iraz Güneş", "Ömer Yağız", "Ayşegül Şen", "Çağrı Dağdelen", "Nuriye Kılıç")
_OFFICES = (
    "Beyoğlu",
    "Kozyatağı",
    "Çankaya",
    "Şirinyer",
    "Üsküdar",
    "Iğdır",
    "Karşıyaka",
    "Nilüfer",
    "Seyhan",
    "Büyük Mükellefler",
    "İkitelli",
    "Ödemiş",
)
_LONG = "Söğütlüçeşme Uluslararası Nakliyat Gümrükleme Lojistik Depolama Antrepoculuk İthalat İhracat Turizm Sanayi ve Dış Ticaret Limited Şirketi"

_BOLD, _HEAD = Font(bold=True), PatternFill("solid", start_color="FFDDE6F0")


def vkn(draw: random.Random, prefix: str = "999") -> str:
    """A number that passes as a VKN, out of a range that is not given out."""
    body = f"{prefix}{draw.randrange(10 ** (9 - len(prefix))):0{9 - len(prefix)}}"
    return next(body + str(digit) for digit in range(10) if identity.is_vkn(body + str(digit)))


def tckn(draw: random.Random) -> str:
    """A number that passes as a TCKN, out of a range that is not given out."""
    body = f"98{draw.randrange(10**7):07}"
    return next(f"{body}{last:02}" for last in range(100) if identity.is_tckn(f"{body}{last:02}"))


def money(draw: random.Random) -> Decimal:
    """An amount such as books hold: mostly thousands, sometimes millions."""
    return Decimal(round(10 ** draw.uniform(2.2, 6.6) * 100)) / 100


def balances() -> list[list[object]]:
    """
    The rows of `mutabakat.xlsx`: title, tax number, office, e-mail, phone, date, currency, debit, credit.

    Debits are text in the Turkish way, credits are numbers; one tax number in eight is a number too, as ERP exports have it.
    """
    draw = random.Random(20260930)
    rows: list[list[object]] = []
    for place in range(PARTIES):
        person = place % 30 == 17
        title = _PERSONS[place // 30] if person else f"{_NAMES[place % len(_NAMES)]} {draw.choice(_TRADES)} {draw.choice(_FORMS)}"
        title = _LONG if place == 100 else title
        number = tckn(draw) if person else vkn(draw, "0998" if place % 60 == 5 else "999")
        address = f"muhasebe@{text.fold(title).split()[0]}{place}.example" if place % 24 else None
        phone = f"0{draw.choice((212, 216, 232, 312))} {draw.randrange(200, 999)} {draw.randrange(10, 99)} {draw.randrange(10, 99)}"
        about = [title, int(number) if place % 8 == 5 else number, draw.choice(_OFFICES), address, phone, AS_OF]
        currencies = ["TRY"] if place % 6 else ["TL", *draw.sample(["USD", "EUR", "GBP"], 1 + (place % 12 == 0) + (place % 36 == 0))]
        for currency in currencies if place % 20 != 11 else ["EUR"]:
            debit, credit = money(draw), money(draw)
            if place % 15 == 4:
                credit = debit  # nothing is owed
            rows.append([*about, currency, amounts.shown(debit), float(credit)])
    return rows


def refused() -> Iterator[tuple[int, list[object]]]:
    """Rows that must be refused, and where among the others they stand."""
    draw = random.Random(7)
    yield 9, ["Denetimsiz Ticaret Ltd. Şti.", "9990000001", "Beyoğlu", "bilgi@denetimsiz.example", None, AS_OF, "TRY", "12.500,00", 0]
    yield 31, ["Yazıyla Tutar A.Ş.", vkn(draw), "Çankaya", "bilgi@yaziyla.example", None, AS_OF, "TRY", "on iki bin beş yüz", 0]
    yield 58, ["Olmayan Gün A.Ş.", vkn(draw), "Üsküdar", "bilgi@olmayangun.example", None, "31.02.2026", "TRY", "8.400,50", 0]
    yield 90, ["Bilinmez Para Ltd. Şti.", vkn(draw), "Seyhan", "bilgi@bilinmez.example", None, AS_OF, "XYZ", "1.000,25", 0]
    yield 121, ["Numarasız Gıda A.Ş.", None, "Nilüfer", "bilgi@numarasiz.example", None, AS_OF, "TRY", "640,00", 0]
    yield 150, ["Yarım Adres Ltd. Şti.", vkn(draw), "Karşıyaka", "muhasebe@", None, AS_OF, "TRY", "3.150,75", 0]
    yield 183, ["Karışık Yazım A.Ş.", vkn(draw), "Şirinyer", "bilgi@karisik.example", None, AS_OF, "TRY", "1,250,75", 0]


def dealers() -> list[list[object]]:
    """The rows of `mutabakat-eski.xlsx`: tax number, dealer code, balance (+ debit, - credit), period, note. Grouped by tax number and period."""
    draw = random.Random(2025)
    rows: list[list[object]] = []
    for place in range(40):
        number = vkn(draw)
        for dealer in range(1 if place % 4 else 1 + place // 2):
            sign = -1 if draw.random() < 0.3 else 1
            balance = sign * money(draw)
            written: object = amounts.shown(balance) if place % 2 else float(balance)
            rows.append([number, f"B{place:02}-{dealer + 1:03}", written, "01.07.2026", "30.09.2026", "3. çeyrek kapanış bakiyesi"])
    rows.insert(12, [vkn(draw), "B90-001", "1.250,00", "30.09.2026", "01.07.2026", "dönem tersten yazılmış"])
    rows.insert(40, ["1234567891", "B91-001", "1.250,00", "01.07.2026", "30.09.2026", "numarası yanlış"])
    return rows


def save(path: Path, title: str | None, heads: list[str], widths: list[int], rows: list[list[object]]) -> None:
    """Write a workbook, with a title row above the table if there is one; the same bytes every time."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Cari bakiyeler"
    top = 1
    if title is not None:
        sheet.append([title])
        sheet["A1"].font = Font(bold=True, size=14)
        sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(heads))
        sheet.append([])
        top = 3
    sheet.append(heads)
    for cell in sheet[top]:
        cell.font, cell.fill, cell.alignment = _BOLD, _HEAD, Alignment(horizontal="center")
    for row in rows:
        sheet.append(row)
    for place, (column, width) in enumerate(zip(sheet.columns, widths, strict=True), 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
        for cell in column[top:]:
            if isinstance(cell.value, date):
                cell.number_format = "dd.mm.yyyy"
            elif isinstance(cell.value, float):
                cell.number_format = "#,##0.00"
            elif isinstance(cell.value, str) and amounts_like(cell.value):
                cell.alignment = Alignment(horizontal="right")
    sheet.freeze_panes = f"A{top + 1}"
    book.properties.creator = "imece"
    whole = io.BytesIO()
    book.save(whole)
    with zipfile.ZipFile(whole) as written, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as kept:
        for name in written.namelist():
            content = written.read(name)
            if name == "docProps/core.xml":  # openpyxl writes the present moment, whatever it is told
                content = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"2026-10-01T09:00:00Z", content)
            kept.writestr(zipfile.ZipInfo(name, (2026, 10, 1, 9, 0, 0)), content, zipfile.ZIP_DEFLATED)


def amounts_like(value: str) -> bool:
    """Whether a text cell is to stand on the right, as an amount does."""
    return value[-3:-2] == "," and value[-2:].isdigit()


def main() -> None:
    """Write both workbooks beside this script."""
    rows = balances()
    for place, row in refused():
        rows.insert(place, row)
    heads = ["Ünvan", "VKN / TCKN", "Vergi Dairesi", "E-posta", "Telefon", "Bakiye Tarihi", "Para Birimi", "Borç", "Alacak"]
    save(FOLDER / "mutabakat.xlsx", "Cari hesap bakiyeleri, 3. çeyrek 2026", heads, [52, 14, 18, 34, 17, 14, 12, 18, 18], rows)
    heads = ["VKN/TC", "Bayi Kodu", "Bakiye", "Dönem Başlangıç", "Dönem Bitiş", "Açıklama"]
    save(FOLDER / "mutabakat-eski.xlsx", None, heads, [14, 12, 18, 17, 14, 34], dealers())


if __name__ == "__main__":
    main()
