"""Headings in the spellings that offices use."""

from itertools import combinations

import pytest

from documents.headings import Field, named


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        *(
            ("Ünvan", Field.TITLE),
            ("UNVAN", Field.TITLE),
            ("CARİ ÜNVANI", Field.TITLE),
            ("Müşteri Adı", Field.TITLE),
            ("Company name", Field.TITLE),
        ),
        *(
            ("VKN / TCKN", Field.TAX_NUMBER),
            ("Vergi Kimlik No.", Field.TAX_NUMBER),
            ("VERGİ NO", Field.TAX_NUMBER),
            ("VKN/TC", Field.TAX_NUMBER),
        ),
        *(("T.C. Kimlik No", Field.PERSON_NUMBER), ("TCKN", Field.PERSON_NUMBER)),
        *(("BORÇ", Field.DEBIT), ("Borc", Field.DEBIT), (" borç: ", Field.DEBIT), ("ALACAK", Field.CREDIT), ("Debit", Field.DEBIT)),
        *(("Borç Bakiyesi", Field.DEBIT_BALANCE), ("Bakiye", Field.BALANCE), ("B/A", Field.SIDE), ("BAKİYE TÜRÜ", Field.SIDE)),
        *(("E-Posta", Field.EMAIL), ("e-mail", Field.EMAIL), ("eposta adresi", Field.EMAIL), ("Cep Telefonu", Field.PHONE)),
        *(
            ("Dönem Başlangıç", Field.PERIOD_START),
            ("DONEM BITIS", Field.PERIOD_END),
            ("Bayi Kodu", Field.DEALER_CODE),
            ("Açıklama", Field.NOTE),
        ),
        *(("TARİH", Field.AS_OF), ("Para Birimi", Field.CURRENCY), ("Döviz Cinsi", Field.CURRENCY), ("Vergi Dairesi", Field.TAX_OFFICE)),
        *(("Satır", None), ("Neden", None), ("", None), ("Borçlanma", None)),
    ],
)
def test_spellings(heading: str, field: Field | None) -> None:
    assert named(heading) == field


def test_no_two_fields_share_a_name_in_messages() -> None:
    for one, other in combinations(Field, 2):
        assert one.tr != other.tr
        assert one.en != other.en


def test_the_name_in_messages_is_one_that_is_recognised() -> None:
    """Whoever follows a message finds that it works."""
    assert all(named(field.tr) is field for field in Field)
