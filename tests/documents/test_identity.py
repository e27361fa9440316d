"""Tax numbers: the arithmetic agrees with python-stdnum; damage by spreadsheets is repaired only where the check digit proves it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.tr import tckimlik, vkn

from documents.identity import TaxNumber, is_tckn, is_vkn, parse
from imece.errors import Invalid

TEN = st.integers(0, 10**10 - 1).map("{:010}".format)
ELEVEN = st.integers(0, 10**11 - 1).map("{:011}".format)


def vkns(lowest: int = 0, highest: int = 10**9 - 1) -> st.SearchStrategy[str]:
    """Valid VKN whose first nine digits, as a number, lie in a range."""
    stems = st.integers(lowest, highest).map("{:09}".format)
    return stems.map(lambda stem: stem + vkn.calc_check_digit(stem)).filter(lambda number: len(set(number)) > 1)


@given(st.one_of(TEN, vkns()))
def test_vkn_agrees_with_stdnum(number: str) -> None:
    assert is_vkn(number) == (vkn.is_valid(number) and len(set(number)) > 1)


@given(st.one_of(ELEVEN, st.integers(10**8, 10**9 - 1).map(lambda stem: f"{stem}{tckimlik.calc_check_digits(str(stem))}")))
def test_tckn_agrees_with_stdnum(number: str) -> None:
    assert is_tckn(number) == tckimlik.is_valid(number)


@given(st.text(max_size=12))
def test_no_text_is_taken_for_a_number(text: str) -> None:
    """Digits of other scripts included."""
    assert is_vkn(text) == (text.isascii() and text.isdigit() and len(text) == 10 and vkn.is_valid(text) and len(set(text)) > 1)
    assert not is_tckn(text) or tckimlik.is_valid(text)


@given(vkns())
def test_a_number_cell_is_read_as_what_was_typed(number: str) -> None:
    """Spreadsheets keep numbers as floating point and drop leading zeros; what is put back is told."""
    zeros = len(number) - len(str(int(number)))
    if len(str(int(number))) < 7:
        return
    for cell in (float(number), int(number), f"{int(number)}.0", str(int(number))):
        assert parse(cell) == TaxNumber(number, "vkn", zeros)


@given(st.integers(10**6, 10**10 - 1))
def test_a_repair_is_never_made_without_the_check_digit(number: int) -> None:
    try:
        found = parse(number)
    except Invalid:
        return
    assert found is not None
    assert is_vkn(found.number)
    assert int(found.number) == number


@pytest.mark.parametrize(
    ("cell", "number", "kind"),
    [
        ("4540536920", "4540536920", "vkn"),
        (" 454 053 69 20 ", "4540536920", "vkn"),
        ("454-053-69-20", "4540536920", "vkn"),
        ("'4540536920", "4540536920", "vkn"),
        (4540536920.0, "4540536920", "vkn"),
        ("10000000146", "10000000146", "tckn"),
        (10000000146.0, "10000000146", "tckn"),
    ],
)
def test_accepted(cell: object, number: str, kind: str) -> None:
    found = parse(cell)
    assert found is not None
    assert (found.number, found.kind, found.zeros) == (number, kind, 0)


@pytest.mark.parametrize(
    "cell",
    [
        "4540536921",
        "10000000147",
        "abc",
        "123",
        "123456789012",
        "01000000014",
        12.5,
        True,
        "4,54E+09",
        "4.54054E+09",
        "2222222222",
        "11111111111",
    ],
)
def test_refused(cell: object) -> None:
    with pytest.raises(Invalid) as refusal:
        parse(cell)
    assert refusal.value.tr != refusal.value.en


@pytest.mark.parametrize("cell", [None, "", "  "])
def test_blank(cell: object) -> None:
    assert parse(cell) is None
