"""
Currencies as shops write them: codes, signs, decimals, and which one a bare `$` or a missing sign means in which country.

Source: ISO 4217 for codes and decimals; CLDR for the decimal mark of languages. A currency not listed here is kept when a page names it by a
three-letter code, and never guessed.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

Mark = Literal[",", "."]  #: the decimal mark


@dataclass(frozen=True, slots=True)
class Currency:
    """
    One currency. `digits`: decimals an amount of it usually has. `mark`: the decimal mark where it is spent, None where both are seen.

    `spellings` are what stands beside numbers on pages, besides the code.
    """

    code: str
    digits: int
    mark: Mark | None
    spellings: tuple[str, ...] = ()


_LISTED = (
    Currency("TRY", 2, ",", ("₺", "TL", "YTL", "Türk", "Lira", "Lirası", "Türk Lirası")),
    Currency("EUR", 2, ",", ("€", "eur", "Euro", "Euros", "Avro")),
    Currency("USD", 2, ".", ("US$", "US $", "U$S", "usd", "ABD", "Dolar", "Doları", "Dollar", "Dollars")),
    Currency("GBP", 2, ".", ("£", "Sterlin")),
    Currency("CHF", 2, ".", ("SFr.",)),
    Currency("JPY", 0, ".", ("JP¥", "円")),
    Currency("CNY", 2, ".", ("RMB", "CN¥")),
    Currency("KRW", 0, ".", ("₩", "원")),
    Currency("INR", 2, ".", ("₹",)),
    Currency("RUB", 2, ",", ("₽",)),
    Currency("UAH", 2, ",", ("₴", "грн.", "грн")),
    Currency("BYN", 2, ",", ("б.р.",)),
    Currency("KZT", 2, ",", ("₸", "тенге", "тг")),
    Currency("AZN", 2, None, ("₼",)),
    Currency("GEL", 2, None, ("₾",)),
    Currency("ILS", 2, ".", ("₪", "NIS", 'ש"ח')),
    Currency("SAR", 2, ".", ("ر.س", "ريال")),
    Currency("AED", 2, ".", ("د.إ", "درهم")),
    Currency("QAR", 2, ".", ("ر.ق",)),
    Currency("EGP", 2, ".", ("ج.م", "جنيه")),
    Currency("KWD", 3, ".", ("د.ك",)),
    Currency("BHD", 3, ".", ("د.ب",)),
    Currency("OMR", 3, ".", ("ر.ع",)),
    Currency("JOD", 3, ".", ("د.أ",)),
    Currency("IQD", 3, "."),
    Currency("TND", 3, ","),
    Currency("PKR", 2, "."),
    Currency("LKR", 2, "."),
    Currency("BDT", 2, ".", ("৳",)),
    Currency("PLN", 2, ",", ("zł", "zl")),
    Currency("CZK", 2, ",", ("Kč",)),
    Currency("HUF", 2, ","),
    Currency("RON", 2, ",", ("Lei", "Leu")),
    Currency("BGN", 2, ",", ("лв",)),
    Currency("HRK", 2, ","),
    Currency("RSD", 2, ",", ("din", "дин")),
    Currency("MKD", 2, ",", ("ден",)),
    Currency("BAM", 2, ","),
    Currency("SEK", 2, ","),
    Currency("NOK", 2, ","),
    Currency("DKK", 2, ","),
    Currency("ISK", 0, ","),
    Currency("CAD", 2, ".", ("CA$", "C$", "CDN$")),
    Currency("AUD", 2, ".", ("AU$", "A$")),
    Currency("NZD", 2, ".", ("NZ$",)),
    Currency("SGD", 2, ".", ("S$",)),
    Currency("HKD", 2, ".", ("HK$",)),
    Currency("TWD", 2, ".", ("NT$", "NT")),
    Currency("MXN", 2, ".", ("MX$", "Mex$")),
    Currency("BRL", 2, ",", ("R$",)),
    Currency("ARS", 2, ",", ("AR$",)),
    Currency("CLP", 0, ","),
    Currency("COP", 2, ","),
    Currency("PEN", 2, "."),
    Currency("UYU", 2, ","),
    Currency("ZAR", 2, None),
    Currency("NGN", 2, ".", ("₦",)),
    Currency("KES", 2, ".", ("KSh",)),
    Currency("GHS", 2, ".", ("GH₵", "₵")),
    Currency("THB", 2, ".", ("฿", "บาท")),
    Currency("VND", 0, ",", ("₫", "đ", "VNĐ")),
    Currency("IDR", 2, ",", ("Rp",)),
    Currency("MYR", 2, ".", ("RM",)),
    Currency("PHP", 2, ".", ("₱",)),
    Currency("MAD", 2, ",", ("DH", "Dhs")),
)

CURRENCIES = {currency.code: currency for currency in _LISTED}

#: Codes of before a reform that shops still declare; the amounts beside them are of today.
_FORMER = {"YTL": "TRY", "TRL": "TRY", "RUR": "RUB", "BYR": "BYN", "AZM": "AZN", "ROL": "RON", "BGL": "BGN"}

#: Signs that several countries share: what they mean where nothing else is said, and by the last part of the shop's host.
_DOLLARS = {
    "ca": "CAD", "au": "AUD", "nz": "NZD", "sg": "SGD", "hk": "HKD", "tw": "TWD", "mx": "MXN", "ar": "ARS", "cl": "CLP", "co": "COP",
    "uy": "UYU", "br": "BRL",
}  # fmt: skip
_SHARED: dict[str, tuple[str | None, dict[str, str]]] = {
    "$": ("USD", _DOLLARS),
    "¥": ("JPY", {"cn": "CNY"}),
    "rs": ("INR", {"pk": "PKR", "lk": "LKR"}),
    "元": ("CNY", {"tw": "TWD"}),
    "kr": (None, {"se": "SEK", "no": "NOK", "dk": "DKK", "is": "ISK"}),
    "руб": ("RUB", {"by": "BYN"}),
}
_SHARED |= {"￥": _SHARED["¥"], "р.": _SHARED["руб"]}

#: Spellings that mean something else wherever they are not the money: feet, kilometres, knots, dates.
_LOCAL = {
    "ft": ("hu", "HUF"), "km": ("ba", "BAM"), "kn": ("hr", "HRK"), "r": ("za", "ZAR"), "s/": ("pe", "PEN"), "s/.": ("pe", "PEN"), "br": ("by", "BYN"),
    "fr.": ("ch", "CHF"), "dt": ("tn", "TND"), "kd": ("kw", "KWD"), "bd": ("bh", "BHD"), "jd": ("jo", "JOD"), "sr": ("sa", "SAR"), "qr": ("qa", "QAR"),
}  # fmt: skip

_EURO = ["at", "be", "cy", "de", "ee", "es", "fi", "fr", "gr", "hr", "ie", "it", "lt", "lu", "lv", "mt", "nl", "pt", "si", "sk"]

#: The currency a shop of this country asks for, by the last part of its host.
_OF_COUNTRY = {
    **dict.fromkeys(_EURO, "EUR"),
    **{country: meaning for _, meanings in _SHARED.values() for country, meaning in meanings.items()},
    "tr": "TRY", "us": "USD", "uk": "GBP", "gb": "GBP", "ch": "CHF", "jp": "JPY", "kr": "KRW", "in": "INR", "ru": "RUB", "ua": "UAH",
    "by": "BYN", "kz": "KZT", "az": "AZN", "ge": "GEL", "il": "ILS", "sa": "SAR", "ae": "AED", "qa": "QAR", "eg": "EGP", "kw": "KWD",
    "bh": "BHD", "om": "OMR", "jo": "JOD", "iq": "IQD", "tn": "TND", "bd": "BDT", "pl": "PLN", "cz": "CZK", "hu": "HUF", "ro": "RON",
    "bg": "BGN", "rs": "RSD", "mk": "MKD", "ba": "BAM", "pe": "PEN", "za": "ZAR", "ng": "NGN", "ke": "KES", "gh": "GHS",
    "th": "THB", "vn": "VND", "id": "IDR", "my": "MYR", "ph": "PHP", "ma": "MAD",
}  # fmt: skip

_POINT_LANGUAGES = frozenset(["en", "zh", "ja", "ko", "he", "th", "hi", "bn", "ur", "ms", "tl", "sw", "am", "si", "ta", "te"])
_COMMA_LANGUAGES = frozenset([
    "tr", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "uk", "be", "bg", "cs", "sk", "sl", "hr", "sr", "bs", "mk", "sq", "ro",
    "hu", "el", "fi", "sv", "nb", "nn", "no", "da", "is", "et", "lv", "lt", "az", "ka", "kk", "uz", "id", "vi", "ca", "gl", "eu",
])  # fmt: skip
#: Regions whose decimal mark differs from their language's.
_POINT_REGIONS = frozenset(["CH", "LI", "MX", "PE", "GT", "HN", "SV", "NI", "PA", "DO", "PR", "US"])

_CODE = re.compile(r"[A-Z]{3}")
_NAMES = {name.casefold(): currency.code for currency in _LISTED for name in currency.spellings}
_SYMBOLS = "".join(sorted({name for name in (*_NAMES, *_SHARED) if len(name) == 1 and not name.isalpha()}))
#: A sign is a symbol, letters with a dollar, or a word that may end in a point or in `S/.`
_SIGN = rf"(?:(?<![A-Za-z])[A-Z]{{1,3}} ?)?[$¥￥]|[{re.escape(_SYMBOLS)}元円圓원]|S/\.?|[^\W\d_](?:\.?[^\W\d_]){{0,8}}\.?"
#: What may be a currency right behind and right before a number, with at most one blank between; `sign_of` decides.
BEHIND = re.compile(rf" ?({_SIGN})")
BEFORE = re.compile(rf"({_SIGN}|ש\"ח) ?$")
_TOKEN = re.compile(rf"[{re.escape(_SYMBOLS)}]|[^\W\d_]+")
_SIGNING = frozenset(token for name in (*_NAMES, *_SHARED, *_LOCAL, *map(str.casefold, CURRENCIES)) for token in _TOKEN.findall(name))


def may_be_money(text: str) -> bool:
    """A quick no for texts in which nothing could be a currency."""
    return not _SIGNING.isdisjoint(_TOKEN.findall(text.casefold()))


def country_of(url: str | None) -> str | None:
    """The country code a shop's address ends with (`tr` of `www.x.com.tr`), or None for `.com` and its like."""
    host = (url or "").partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2].partition(":")[0]
    last = host.rpartition(".")[2].lower()
    return last if len(last) == 2 and last.isalpha() else None


def code_of(text: str | None, *, country: str | None = None) -> str | None:
    """The ISO code that a declared currency names (`TRY`, `TL`, `₺`, `try`, `NT$`, the former `RUR`), or None. `country` decides what a bare `$` or `Rs` means."""
    if not text:
        return None
    text = text.strip()
    if text.isascii() and _CODE.fullmatch(text.upper()):
        code = text.upper()
        return _FORMER.get(code, code)
    return sign_of(text, country=country)[1]


def sign_of(text: str, *, country: str | None = None) -> tuple[bool, str | None]:
    """
    (is it money, ISO code if known) of a word beside a number in visible text.

    `TL` is (True, TRY), `kr` of an unknown country (True, None), `adet` and `ft` (False, None). Codes count in capitals only: `try` is English.
    """
    if text in CURRENCIES:
        return True, text
    key = text.casefold()
    if code := _NAMES.get(key) or _NAMES.get(key.rstrip(".")):
        return True, code
    if shared := _SHARED.get(key) or _SHARED.get(key.rstrip(".")):
        return True, shared[1].get(country or "", shared[0])
    if (local := _LOCAL.get(key)) and local[0] == country:
        return True, local[1]
    if text[-1:] in _SHARED and len(text) > 1:  # `USB $`
        return sign_of(text[-1], country=country)
    return False, None


def currency_of_place(*, country: str | None = None, locale: str | None = None) -> str | None:
    """The currency a shop of this country, or else of this locale (`tr`, `tr-TR`), asks for when it names none."""
    if country and country in _OF_COUNTRY:
        return _OF_COUNTRY[country]
    language, region = _parts(locale)
    return _OF_COUNTRY.get(region.lower()) if region else "TRY" if language == "tr" else None


def digits_of(currency: str | None) -> int:
    """Decimals an amount of `currency` usually has; 2 where it is unknown."""
    return CURRENCIES[currency].digits if currency in CURRENCIES else 2


def mark_of(*, locale: str | None = None, currency: str | None = None) -> Mark | None:
    """The decimal mark of visible text in `locale`; without one (None, `auto`) the one of `currency`; None: nobody knows."""
    language, region = _parts(locale)
    if region in _POINT_REGIONS:
        return "."
    if language in _COMMA_LANGUAGES:
        return ","
    if language in _POINT_LANGUAGES:
        return "."
    return CURRENCIES[currency].mark if currency in CURRENCIES else None


@cache
def _parts(locale: str | None) -> tuple[str, str]:
    """(`tr`, `TR`) of `tr-TR`, `tr_TR.UTF-8`; empty where there is none."""
    language, _, region = (locale or "").replace("_", "-").partition("-")
    region = region.partition("-")[2] or region if len(region) > 3 else region
    return language.lower(), region[:2].upper()
