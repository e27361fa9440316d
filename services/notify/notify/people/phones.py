"""
Phone numbers as people and spreadsheets write them, made into what a provider is paid for: E.164, and surely a mobile.

What cannot be read with certainty is refused with its reason, because an SMS to a guessed number goes to a stranger and is paid for all the same.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

from imece.errors import Invalid, Permanent


class Reason(StrEnum):
    """Why a number is refused."""

    EMPTY = "empty"
    NO_NUMBER = "no_number"
    SCIENTIFIC = "scientific"
    FRACTION = "fraction"
    SEVERAL = "several"
    LETTERS = "letters"
    AMBIGUOUS = "ambiguous"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    INVALID = "invalid"
    NOT_MOBILE = "not_mobile"


#: (English, Turkish). None of them repeats the number: sentences are logged, numbers are not.
SENTENCES: dict[Reason, tuple[str, str]] = {
    Reason.EMPTY: ("The phone number is missing.", "Telefon numarası boş."),
    Reason.NO_NUMBER: ("There is no phone number in this.", "Burada telefon numarası yok."),
    Reason.SCIENTIFIC: (
        "The spreadsheet has rounded the number (as in 9.05E+11): its last digits are lost. Format the column as text and fill it again.",
        "Tablo numarayı yuvarlamış (9,05E+11 gibi): son haneleri kaybolmuş. Sütunu metin biçimine çevirip numarayı yeniden yazın.",
    ),
    Reason.FRACTION: ("A phone number has no decimals.", "Telefon numarasının ondalık kısmı olmaz."),
    Reason.SEVERAL: ("There are several numbers here; leave one.", "Burada birden çok numara var; birini bırakın."),
    Reason.LETTERS: ("There are letters or signs inside the number.", "Numaranın içinde harf ya da işaret var."),
    Reason.AMBIGUOUS: (
        "This can be read as two different numbers; write it with + and the country's code.",
        "Bu, iki farklı numara olarak okunabilir; + ve ülke koduyla yazın.",
    ),
    Reason.TOO_SHORT: ("The number has too few digits.", "Numarada eksik hane var."),
    Reason.TOO_LONG: ("The number has too many digits.", "Numarada fazla hane var."),
    Reason.INVALID: ("There is no such phone number.", "Böyle bir telefon numarası yok."),
    Reason.NOT_MOBILE: ("This number takes no SMS.", "Bu numara SMS almaz."),
}

_KINDS: dict[str, tuple[str, str]] = {
    "FIXED_LINE": ("This is a landline; it takes no SMS.", "Bu bir sabit hat; SMS almaz."),
    "UAN": ("This is a company's short number (444 ...); it takes no SMS.", "Bu bir kurumsal numara (444 ...); SMS almaz."),
    "VOIP": ("This is an internet number (0850 ...); it takes no SMS.", "Bu bir internet hattı (0850 ...); SMS almaz."),
    "PREMIUM_RATE": ("This is a premium-rate number; it takes no SMS.", "Bu bir katma değerli hat (0900 ...); SMS almaz."),
    "TOLL_FREE": ("This is a toll-free number (0800 ...); it takes no SMS.", "Bu bir ücretsiz hat (0800 ...); SMS almaz."),
    "PAGER": ("This is a pager; it takes no SMS.", "Bu bir çağrı cihazı; SMS almaz."),
}


class Refused(Permanent):
    """A text that is no number to send an SMS to. `type` is what the number is, where it is one."""

    def __init__(self, reason: Reason, type: str | None = None) -> None:  # noqa: A002 (as the answer calls it)
        super().__init__(*(_KINDS.get(type or "") or SENTENCES[reason]))
        self.reason = reason
        self.type = type


@dataclass(frozen=True)
class Phone:
    """A mobile: `+905321112233`, its type in phonenumbers' words, its country (`TR`)."""

    e164: str
    type: str
    country: str


_CLEAN = re.compile(r"(?:\+?90|0)?5[0-9]{9}")

_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?\s*[eE]\s*[+-]?\s*[0-9]{1,2}|[0-9.,]+\s*[x×*]\s*10\s*\^?\s*[0-9]{1,2}")
#: As spreadsheets show a number: grouped by thousands, with decimals.
_GROUPED = re.compile(r"[0-9]{1,3}(?P<group>[., ])[0-9]{3}(?:(?P=group)[0-9]{3}){1,3}(?:[.,](?P<rest>[0-9]{1,2}))?")
_FLOAT = re.compile(r"(?P<whole>\+?[0-9][0-9 ]{8,18})[.,](?P<rest>[0-9]{1,6})")

_LETTER = r"[^\W\d_]"
#: `Cep 1:`, `GSM2 -`: a label with a number of its own.
_LABEL = re.compile(rf"[^\d+]*{_LETTER}[^\d+:]*\d{{1,2}}\s*[:=)\]-]\s*(?=[+(\d])")
_EXTENSION = re.compile(
    r"[\s,;(\[-]*(?:dahil[iı]|dah|dhl|i[cç]\s*hat|extension|extn|ext|x|d|#)\s*[.:=#-]*\s*\(?\d{1,6}[\s)\].]*", re.IGNORECASE
)
#: An O that is meant as a zero: among digits, and no letter beside it.
_ZEROS = re.compile(rf"(?<!{_LETTER})(?=[Oo]*\d)[\dOo]+(?!{_LETTER})")
_HARD = re.compile(r"[/;|,&\\\n]+")
_PLUSES = re.compile(r"^[\s(\[]*(?:0{1,2}[\s()\[\]-]*)?(?:\+\s*)+")
#: Digits that somebody has covered: `0532 *** ** 33`, `05XX XXX XX XX`.
_COVERED = re.compile(r"\d[\s.()-]*[*xX?•#]{2,}")
#: `+44 (0) 7911 ...`: the zero is for those inside the country.
_INSIDE = re.compile(r"\(\s*0\s*\)")

_FEWEST, _MOST = 7, 15  #: digits of a number (E.164; the shortest that people write)
_LONGEST_TEXT = 200  #: a cell with more in it is no number


def normalise(text: str, region: str = "TR") -> Phone:
    """
    The one mobile that `text` names; without a country's code it is one of `region`.

    What surrounds it (a name, a label, an extension) is left away. Raises Refused, and Invalid for a region that is none.
    """
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise Invalid(f"{region} is not a country's code such as TR.", f"{region}, TR gibi bir ülke kodu değil.")
    stripped = text.strip()
    if region == "TR" and _CLEAN.fullmatch(stripped):
        return _domestic(f"+90{stripped[-10:]}")
    if len(stripped) > _LONGEST_TEXT:
        raise Refused(Reason.NO_NUMBER)
    return _mobile(_digits(_tidied(stripped), region), region)


def masked(text: str) -> str:
    """A number as logs and pages may know it: `+90532***2233`; of what only was meant to be one less: `0212***42`."""
    if re.fullmatch(r"\+[0-9]{10,15}", text):
        return f"{text[:-7]}***{text[-4:]}"
    digits = re.sub(r"\D", "", text)
    return f"{digits[:4]}***{digits[-2:]}" if len(digits) > 8 else f"{digits[:1]}***"


def _domestic(e164: str) -> Phone:
    """A mobile in Turkey, of the right length: its first five digits decide, and the library is asked once about each of those."""
    if _opens_mobile(e164[3:8]):
        return Phone(e164, "MOBILE", "TR")
    return _mobile(e164, "TR")  # for its reason


@lru_cache(maxsize=4096)
def _opens_mobile(opening: str) -> bool:
    """Whether both the first and the last number that begin like this are mobiles."""
    ends = [phonenumbers.parse(f"+90{opening}{rest}") for rest in ("00000", "99999")]
    return all(phonenumbers.is_valid_number(one) and phonenumbers.number_type(one) == PhoneNumberType.MOBILE for one in ends)


def _mobile(written: str, region: str) -> Phone:
    """The number, if it is one and takes SMS."""
    number = _parsed(written, region)
    if number is None:
        digits = sum(c.isdigit() for c in written)
        raise Refused(Reason.TOO_SHORT if digits < _FEWEST else Reason.TOO_LONG if digits > _MOST else Reason.INVALID)
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN:
        raise Refused(_why(number))
    country = phonenumbers.region_code_for_number(number) or ""
    name = PhoneNumberType.to_string(kind)
    if kind != PhoneNumberType.MOBILE and (kind != PhoneNumberType.FIXED_LINE_OR_MOBILE or country == "TR"):
        raise Refused(Reason.NOT_MOBILE, name)
    return Phone(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), name, country)


def _why(number: phonenumbers.PhoneNumber) -> Reason:
    """What is wrong with a number that is none."""
    digits = str(number.national_number)
    if number.country_code == 90 and digits.startswith("5") and len(digits) != 10:
        return Reason.TOO_SHORT if len(digits) < 10 else Reason.TOO_LONG
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible in {phonenumbers.ValidationResult.TOO_SHORT, phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY}:
        return Reason.TOO_SHORT
    return Reason.TOO_LONG if possible == phonenumbers.ValidationResult.TOO_LONG else Reason.INVALID


def _tidied(text: str) -> str:
    """`text` with one kind of digits, spaces and dashes, and nothing invisible in it."""
    found = []
    for c in unicodedata.normalize("NFKC", text):
        category = unicodedata.category(c)
        if category == "Nd":
            found.append(str(unicodedata.decimal(c)))
        elif category == "Pd" or c in "\u2212\u02d7":
            found.append("-")
        elif c in "\n\r\v\f\u2028\u2029":
            found.append("\n")
        elif category.startswith("Z") or c == "\t":
            found.append(" ")
        elif category not in {"Cf", "Cc", "Mn", "Me"}:
            found.append(c)
    return "".join(found).strip(" \n\"'`´‘’“”=")


def _digits(text: str, region: str) -> str:
    """The digits of the one number in a tidied text, with the + of a country's code. Raises Refused."""
    if not text or text.casefold() in {"nan", "none", "null", "-", "--", "yok", "n/a", "#n/a", "#yok"}:
        raise Refused(Reason.EMPTY)
    if _SCIENTIFIC.fullmatch(text):
        raise Refused(Reason.SCIENTIFIC)
    if _COVERED.search(text):
        raise Refused(Reason.LETTERS)
    text = _without_decimals(text, region)
    text = _ZEROS.sub(lambda token: re.sub("[Oo]", "0", token[0]), text)
    if label := _LABEL.match(text):
        text = text[label.end() :]
    text = re.sub(r"^[^\d+]+", lambda before: "(" if before[0].endswith("(") else "", text)
    # Only behind a whole number is `x 12` an extension, and `D 12` not part of a street.
    if (extension := re.search(_EXTENSION.pattern + r"\D*$", text, re.IGNORECASE)) and _whole(text[: extension.start()], region):
        text = text[: extension.start()]
    text = re.sub(r"[^\d]+$", "", text)
    if not text:
        raise Refused(Reason.NO_NUMBER)
    return _one(text, region)


def _without_decimals(text: str, region: str) -> str:
    """A number that a spreadsheet has shown as an amount, as it was. `0532 111.22.33` is none: what stands before its dot is no number."""
    if not ((found := _FLOAT.fullmatch(text)) or (found := _GROUPED.fullmatch(text))):
        return text
    rest = found["rest"] or ""
    amount = text[: found.start("rest") - 1] if rest else text
    whole = amount if amount.startswith("+") else re.sub(r"\D", "", amount)
    if not _whole(whole, region) or (rest.strip("0") and " " in amount):
        return text
    if rest.strip("0"):
        raise Refused(Reason.FRACTION)
    return whole


def _one(text: str, region: str) -> str:
    """The number in what is left: digits and what parts them. Raises Refused for several, and for anything between them that is not punctuation."""
    if len(pieces := [piece for piece in _HARD.split(text) if any(map(str.isdigit, piece))]) > 1 and _whole(pieces[0], region):
        raise Refused(Reason.SEVERAL)
    plus = _PLUSES.match(text)
    body = _INSIDE.sub(" ", text[plus.end() :]) if plus else text
    joined = re.sub(r"\D", "", body)
    if not plus:
        _unambiguous(joined, region)
    written = _written(joined, region, international=bool(plus))
    if re.search(r"[^\d\s().\-\[\]/,;|&\\_:+]", body):
        raise Refused(Reason.SEVERAL if _halves(text, region) else Reason.LETTERS)
    if "+" in body or _parsed(written, region) is None or not _valid(written, region):
        if _halves(text, region):
            raise Refused(Reason.SEVERAL)
        if "+" in body:
            raise Refused(Reason.LETTERS)
    return written


def _written(digits: str, region: str, *, international: bool) -> str:
    """The digits as the library is to read them: Turkish ones with whatever was written before the 5 of a mobile."""
    if region == "TR" and (found := re.fullmatch(r"0{0,2}(?:90)?0{0,2}(5\d{9})", digits)) and not (international and len(digits) == 10):
        return f"+90{found[1]}"
    if international:
        return f"+{digits}" if not digits.startswith("0") else digits
    return digits


def _unambiguous(digits: str, region: str) -> None:
    """`0053 5...` is a mobile of Cuba or a Turkish one with a zero too many. Raises Refused."""
    if region == "TR" and re.fullmatch(r"005\d{9}", digits) and _valid(f"+{digits[2:]}", region):
        raise Refused(Reason.AMBIGUOUS)


def _halves(text: str, region: str) -> bool:
    """Whether two whole numbers stand one after the other, or a number and another ending of it (`... 33 / 34`)."""
    runs = list(re.finditer(r"\+?\s*\d+", text))
    return any(_whole(text[: run.start()], region) for run in runs[1:]) or any(_both(text, region))


def _both(text: str, region: str) -> Iterator[bool]:
    """Whether the digits are two numbers without anything between them."""
    digits = re.sub(r"\D", "", text)
    if len(digits) > _MOST:
        for place in (10, 11, 12):
            yield _whole(digits[:place], region) and _whole(digits[place:], region)


def _whole(text: str, region: str) -> bool:
    """Whether this alone is a number."""
    plus = _PLUSES.match(text.lstrip())
    digits = re.sub(r"\D", "", text)
    return len(digits) >= _FEWEST and _valid(_written(digits, region, international=bool(plus and "+" in plus[0])), region)


def _valid(written: str, region: str) -> bool:
    number = _parsed(written, region)
    return number is not None and phonenumbers.number_type(number) != PhoneNumberType.UNKNOWN


@lru_cache(maxsize=64)
def _parsed(written: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
