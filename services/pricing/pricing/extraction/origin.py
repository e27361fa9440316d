"""Where a page comes from, and what its shop is known to use: the hints that decide a bare `$`, a lone `8.450` and which product is meant."""

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit

from pricing.currencies import country_of, currency_of_place

_TOKEN = re.compile(r"[^\W_]{2,}")


@dataclass(frozen=True)
class Origin:
    """
    `url` is the page's. `locale` (`tr`, `tr-TR`) and `currency` (ISO code) are what the store is set to, None where it is not.

    `language` is what the page says of itself (`lang` of its root), a weaker hint.
    """

    url: str = ""
    locale: str | None = None
    currency: str | None = None
    language: str | None = None

    def speaking(self, language: str | None) -> "Origin":
        """The same, with the page's own language."""
        return replace(self, language=language) if language else self

    @cached_property
    def country(self) -> str | None:
        """Two small letters: from the address, else from the locale's region, else from the page's."""
        for found in (country_of(self.url), _region(self.locale), _region(self.language)):
            if found:
                return found
        return None

    @cached_property
    def tongue(self) -> str | None:
        """The locale to read visible numbers in; None: unknown."""
        if self.locale and self.locale != "auto":
            return self.locale
        return "tr" if country_of(self.url) == "tr" else self.language

    @cached_property
    def usual_currency(self) -> str | None:
        """The currency of a price that names none: the store's, else the country's or language's."""
        return self.currency or currency_of_place(country=self.country, locale=self.locale or self.language)

    @cached_property
    def _path(self) -> str:
        return _path(self.url)

    @cached_property
    def _words(self) -> frozenset[str]:
        return words_of(unquote(self.url.partition("://")[2].partition("/")[2]))

    @property
    def is_telling(self) -> bool:
        """Whether the address tells the product's name, as `/masa-lambasi-retro-p-12` does."""
        return self.url.rstrip("/").rpartition("/")[2].count("-") >= 2

    def is_page(self, url: Any) -> bool:
        """Whether `url`, absolute or not, is this page: same path, or the same last part of it."""
        if not isinstance(url, str) or not self.url:
            return False
        other = _path(url)
        if other == self._path:
            return other != ""
        last, mine = other.rsplit("/", 1)[-1], self._path.rsplit("/", 1)[-1]
        return last == mine and len(last) > 5

    def is_exactly(self, url: Any) -> bool:
        """Whether `url` is this page with the same query, such as `?variant=2`."""
        query = _query(self.url)
        return isinstance(url, str) and query != "" and self.is_page(url) and _query(url) == query

    def names(self, code: Any) -> bool:
        """Whether this page's address holds `code`: a sku, a product number."""
        word = str(code).casefold() if isinstance(code, str | int) else ""
        return len(word) >= 4 and (word in self._words or (len(word) >= 6 and word in self.url.casefold()))

    def likeness(self, name: Any) -> float:
        """0 to 1: how much the words of a product's `name` and those of the address are the same."""
        return likeness(words_of(name), self._words) if isinstance(name, str) else 0.0


def words_of(text: str) -> frozenset[str]:
    """The words of a text without case and accents, as addresses have them: `Işıklı Küre` gives `isikli` and `kure`."""
    plain = unicodedata.normalize("NFKD", text[:500].casefold().replace("ı", "i"))
    return frozenset(_TOKEN.findall("".join(letter for letter in plain if not unicodedata.combining(letter))))


def likeness(some: frozenset[str], others: frozenset[str]) -> float:
    """0 to 1: twice the words that both have, of all words of both."""
    return 2 * len(some & others) / (len(some) + len(others) or 1)


def host_of(url: str) -> str:
    """The host of an address, with its port; empty where it is none."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def _path(url: str) -> str:
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return unquote(path).casefold().strip("/").removesuffix(".html").removesuffix(".htm")


def _query(url: str) -> str:
    return url.partition("?")[2].partition("#")[0]


def _region(locale: str | None) -> str | None:
    _, dash, region = (locale or "").replace("_", "-").rpartition("-")
    return region.lower() if dash and len(region) == 2 and region.isalpha() else None
