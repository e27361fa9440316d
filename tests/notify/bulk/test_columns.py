"""Claims about lists: which column is the recipient's, and what the others are called in a text."""

from pathlib import Path

import pytest

from imece.errors import Permanent
from notify.bulk import columns

LIST = """Aralık kampanyası;;;
;;;
Müşteri Adı;Cep Tel.;Borç (TL);Not;Dil
AYŞE YILMAZ;0532 555 10 20;1.250,50;;tr
Mehmet Öz;5321112233.0;980;önemli;en
Işıl Çelik;0212 555 00 42;12;;
"""


def test_headings_are_found_below_a_title_and_the_recipient_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "liste.csv"
    path.write_text(LIST, encoding="utf-8")

    found = columns.preview(path, "sms")

    assert [(column.heading, column.role) for column in found.columns] == [
        ("Müşteri Adı", "musteri_adi"),
        ("Cep Tel.", "to"),
        ("Borç (TL)", "borc_tl"),
        ("Not", "not_"),  # a word of the templates' own language
        ("Dil", "locale"),
    ]
    assert found.columns[0].samples == ("AYŞE YILMAZ", "Mehmet Öz", "Işıl Çelik")
    assert (found.row, found.looked_at, found.recipients) == (3, 3, 2)


@pytest.mark.parametrize(
    ("channel", "headings", "row", "to"),
    [
        ("sms", ["Ad", "Telefon", "GSM"], ["Ali", "02121112233", "05321112233"], 2),
        ("sms", ["Ad", "Müşteri cep telefonu (zorunlu)"], ["Ali", "0532"], 1),
        ("sms", ["Kod", "A", "B"], ["7", "x", "0532 111 22 33"], 2),
        ("email", ["Telefon", "E-Posta Adresi"], ["0532", "ali@example.com"], 1),
        ("email", ["Kişi", "X"], ["Ali", "ali@example.com"], 1),
        ("telegram", ["Ad", "Chat ID"], ["Ali", "12345"], 1),
        ("telegram", ["Ad", "X"], ["Ali", "@ali_veli"], 1),
        ("email", ["Ad", "Soyad"], ["Ali", "Veli"], None),
    ],
)
def test_the_recipient_is_found_by_heading_and_else_by_what_stands_below(
    channel: str, headings: list[str], row: list[str], to: int | None
) -> None:
    found = columns.guessed(headings, [row], channel)

    assert [index for index, column in enumerate(found) if column.role == "to"] == ([] if to is None else [to])


def test_every_variable_can_be_written_in_a_text() -> None:
    found = columns.guessed(["Ad", "AD", "İş", "2. taksit", "to", "%", "Tel"], [], "sms")

    assert [column.role for column in found] == ["ad", "ad_2", "is_", "a_2_taksit", "to_", "alan", "to"]


@pytest.mark.parametrize(("content", "said"), [("", "."), ("0532 111 22 33\n0533 111 22 33\n", "headings"), ("\x00\x01", ".")])
def test_what_has_no_headings_is_no_list(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "liste.csv"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(Permanent, match=said):
        columns.preview(path, "sms")
