"""How a page is drawn: the inside of the gateway's layout, with its title in a header; without a title it is a part of a page."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from imece import clock
from imece.contracts import Role
from imece.face.asking import reader_of
from imece.face.signing import TITLE, Caller, Reader

#: A word or a sentence: (English, Turkish).
Pair = tuple[str, str]

Locale = Literal["tr", "en"]


class Drawing:
    """
    The templates of one face. Every template knows `locale`, `caller`, `csrf`, `may_operate`, `may_administer` and `say(en, tr)`.

    Filters of all faces: `number`, `percent`, `decimal`, `moment`, `span`. `filters` and `known` are the face's own, beside them.
    """

    def __init__(
        self, folder: Path, *, filters: Mapping[str, Callable[..., Any]] | None = None, known: Mapping[str, Any] | None = None
    ) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(folder), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
        )
        self._templates.globals |= {"say": _say, **(known or {})}
        self._templates.filters |= {**_FILTERS, **(filters or {})}

    def page(
        self, request: Request, template: str, title: Pair, *, status: int = 200, language: Locale | None = None, **context: Any
    ) -> HTMLResponse:
        """A page for the reader of `request`, called `title`. `language` is the page's where it is not its reader's: a letter's, a contract's."""
        reader = reader_of(request)
        locale = language or reader.locale
        known = {"here": request.url.path, "title": title[locale == "tr"]}
        text = self.draw(template, reader, locale, **{**known, **context})
        return HTMLResponse(text, status, headers={TITLE: quote(known["title"]), "Content-Language": locale})

    def part(self, request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """A part of a page that is already there."""
        reader = reader_of(request)
        return HTMLResponse(self.draw(template, reader, reader.locale, **context), status)

    def draw(self, template: str, reader: Reader, locale: Locale, **context: Any) -> str:
        """The template for a reader, in a language."""
        caller = reader if isinstance(reader, Caller) else None
        known = {
            "locale": locale,
            "caller": reader,
            "csrf": caller.form_token if caller else "",
            "may_operate": bool(caller and caller.may(Role.OPERATOR)),
            "may_administer": bool(caller and caller.may(Role.ADMIN)),
        }
        return self._templates.get_template(template).render(**known, **context)


def word(pairs: Mapping[str, Pair]) -> Callable[..., str]:
    """A filter: the reader's word for what has a name inside; a name without one stays."""

    @pass_context
    def filtered(context: Context, name: Any) -> str:
        return pairs.get(str(name), (str(name), str(name)))[context["locale"] == "tr"]

    return filtered


def count(value: float, locale: str) -> str:
    """A number with its thousands grouped, whole: `10.000` in Turkish, `10,000` in English."""
    text = f"{value:,.0f}"
    return text.replace(",", ".") if locale == "tr" else text


def moment(at: datetime | None, locale: str) -> str:
    """A time as short as it may be: today's without the date. In Istanbul."""
    if at is None:
        return "–"
    local = at.astimezone(clock.ISTANBUL)
    if local.date() == clock.now().astimezone(clock.ISTANBUL).date():
        return local.strftime("%H:%M")
    return local.strftime("%d.%m.%Y %H:%M") if locale == "tr" else local.strftime("%d %b %Y %H:%M")


def span(length: timedelta | None, locale: str) -> str:
    """How long: `45 s`, `12 min`, `3 h 05 min`, `4 days`."""
    if length is None:
        return "–"
    seconds = int(length.total_seconds())
    second, minute, hour, day = ("sn", "dk", "sa", "gün") if locale == "tr" else ("s", "min", "h", "days")
    if seconds < 120:
        return f"{seconds} {second}"
    if seconds < 7200:
        return f"{seconds // 60} {minute}"
    if seconds < 172_800:
        return f"{seconds // 3600} {hour} {seconds % 3600 // 60:02} {minute}"
    return f"{count(seconds / 86_400, locale)} {day}"


def percent(value: float | Decimal, locale: str) -> str:
    """A whole percentage: `%40` in Turkish, `40%` in English."""
    return f"%{value:.0f}" if locale == "tr" else f"{value:.0f}%"


def decimal(value: float | Decimal, locale: str) -> str:
    """A small number with its decimals: `4,5` in Turkish."""
    return f"{value}".replace(".", ",") if locale == "tr" else f"{value}"


def spoken(written: Callable[[Any, str], str]) -> Callable[..., str]:
    """A filter from a function of (value, locale)."""

    @pass_context
    def filtered(context: Context, value: Any) -> str:
        return written(value, context["locale"])

    return filtered


@pass_context
def _say(context: Context, en: str, tr: str) -> str:
    return tr if context["locale"] == "tr" else en


_FILTERS = {
    "number": spoken(count),
    "percent": spoken(percent),
    "decimal": spoken(decimal),
    "moment": spoken(moment),
    "span": spoken(span),
}
