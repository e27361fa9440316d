"""
Tax numbers: VKN (10 digits, companies) and TCKN (11 digits, persons), with their check digits.

Spreadsheets damage them: a number loses its leading zero and becomes 4540536920.0. Such damage is repaired only when the check digit then
fits, and the repair is said. Sources: the arithmetic published with the VKN and TCKN schemes; python-stdnum agrees (see the tests).
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

from imece.errors import Invalid


@dataclass(frozen=True, slots=True)
class TaxNumber:
    """A number whose check digit fits. `zeros` is how many leading zeros were lost in the workbook and put back."""

    number: str
    kind: Literal["vkn", "tckn"]
    zeros: int = 0


def is_vkn(number: str) -> bool:
    """Whether `number` is ten digits with a fitting check digit. Ten equal digits, which stand for "unknown" or "abroad", are none."""
    if not re.fullmatch("[0-9]{10}", number) or len(set(number)) == 1:
        return False
    total = 0
    for place, digit in enumerate(number[:9], 1):
        shifted = (int(digit) + 10 - place) % 10
        if shifted:
            total += shifted * 2 ** (10 - place) % 9 or 9
    return (10 - total % 10) % 10 == int(number[9])


def is_tckn(number: str) -> bool:
    """Whether `number` is eleven digits, the first not zero, with both check digits fitting."""
    if not re.fullmatch("[1-9][0-9]{10}", number):
        return False
    digits = [int(digit) for digit in number]
    return (7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10 == digits[9] and sum(digits[:10]) % 10 == digits[10]


def parse(cell: Any) -> TaxNumber | None:
    """
    The tax number in a cell, or None for a blank one. Blanks, dots and dashes between the digits do not matter.

    Raises Invalid, saying what is wrong: letters, a wrong length, a check digit that does not fit, a number that the spreadsheet shortened
    (4,54E+09).
    """
    if cell is None:
        return None
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise _wrong(cell)
    if isinstance(cell, float):
        if not cell.is_integer():
            raise _wrong(cell)
        cell = int(cell)
    text = str(cell).strip().removeprefix("'")
    if not text:
        return None
    if re.fullmatch(r"\d[.,]?\d*[eE]\+?\d+", text):
        raise Invalid(
            f"The spreadsheet has shortened the number to {text}: format the column as text and enter it again.",
            f"Excel sayıyı {text} diye kısaltmış: sütunu metin yapıp numarayı yeniden girin.",
        )
    digits = re.sub(r"[ \u00a0./-]", "", re.sub(r"[.,]0$", "", text))
    if not re.fullmatch("[0-9]{7,11}", digits) or (len(digits) == 11 and digits[0] == "0"):
        raise _wrong(cell)
    if len(set(digits)) == 1 and len(digits) in {10, 11}:
        raise Invalid(
            f"{digits} stands for parties without a number of their own.",
            f"{digits}, kendi numarası olmayanlar için kullanılan ortak bir numaradır.",
        )
    if len(digits) == 11:
        if not is_tckn(digits):
            raise Invalid(
                f"The check digits of TCKN {digits} do not fit.", f"{digits} geçerli bir TCKN değil: denetim basamakları tutmuyor."
            )
        return TaxNumber(digits, "tckn")
    zeros = 10 - len(digits)
    if not is_vkn(digits.zfill(10)):
        raise Invalid(f"The check digit of VKN {digits} does not fit.", f"{digits} geçerli bir VKN değil: denetim basamağı tutmuyor.")
    return TaxNumber(digits.zfill(10), "vkn", zeros)


def _wrong(cell: Any) -> Invalid:
    text = str(cell)[:40]
    return Invalid(
        f"“{text}” is not a tax number: a VKN has 10 digits, a TCKN 11.",
        f"“{text}” bir vergi numarası değil: VKN 10, TCKN 11 basamaklıdır.",
    )
