"""How a page is drawn: the inside of the gateway's layout, with its title in a header; without a title it is a part of a page."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from imece import clock, face
from imece.contracts import Role
from pricing import wording
from pricing.face import words
from pricing.face.words import Pair

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)


def caller_of(request: Request) -> face.Caller:
    """Who is asking, as the gateway has signed it."""
    caller: face.Caller = request.state.caller
    return caller


def page(request: Request, template: str, title: Pair, **context: Any) -> HTMLResponse:
    """A page for the reader of `request`, called `title`."""
    caller = caller_of(request)
    known = {"here": request.url.path, "title": title[caller.locale == "tr"]}
    return HTMLResponse(_draw(template, caller, known | context), headers={face.TITLE: quote(known["title"])})


def part(request: Request, template: str, **context: Any) -> HTMLResponse:
    """A part of a page that is already there."""
    return HTMLResponse(_draw(template, caller_of(request), context))


def _draw(template: str, caller: face.Caller, context: Mapping[str, Any]) -> str:
    roles = {"may_operate": caller.may(Role.OPERATOR), "may_administer": caller.may(Role.ADMIN)}
    return _templates.get_template(template).render(locale=caller.locale, caller=caller, csrf=caller.form_token, **roles, **context)


def count(value: float, locale: str) -> str:
    """A number with its thousands grouped, whole: `10.000` in Turkish, `10,000` in English."""
    text = f"{value:,.0f}"
    return text.replace(",", ".") if locale == "tr" else text


@pass_context
def _say(context: Context, en: str, tr: str) -> str:
    return tr if context["locale"] == "tr" else en


def _word(pairs: Mapping[str, Pair]) -> Any:
    @pass_context
    def filtered(context: Context, name: Any) -> str:
        return pairs.get(str(name), (str(name), str(name)))[context["locale"] == "tr"]

    return filtered


@pass_context
def _price(context: Context, amount: Decimal | None, currency: str) -> str:
    return "–" if amount is None else wording.price(amount, currency, context["locale"])


@pass_context
def _number(context: Context, value: float) -> str:
    return count(value, context["locale"])


@pass_context
def _percent(context: Context, value: float | Decimal) -> str:
    whole = f"{value:.0f}"
    return f"%{whole}" if context["locale"] == "tr" else f"{whole}%"


@pass_context
def _moment(context: Context, moment: datetime | None) -> str:
    """A time as short as it may be: today's without the date. In Istanbul."""
    if moment is None:
        return "–"
    local = moment.astimezone(clock.ISTANBUL)
    if local.date() == clock.now().astimezone(clock.ISTANBUL).date():
        return local.strftime("%H:%M")
    return local.strftime("%d.%m.%Y %H:%M") if context["locale"] == "tr" else local.strftime("%d %b %Y %H:%M")


@pass_context
def _span(context: Context, span: timedelta | None) -> str:
    """How long: `45 s`, `12 min`, `3 h 05 min`, `4 days`."""
    if span is None:
        return "–"
    seconds = int(span.total_seconds())
    second, minute, hour, day = ("sn", "dk", "sa", "gün") if context["locale"] == "tr" else ("s", "min", "h", "days")
    if seconds < 120:
        return f"{seconds} {second}"
    if seconds < 7200:
        return f"{seconds // 60} {minute}"
    if seconds < 172_800:
        return f"{seconds // 3600} {hour} {seconds % 3600 // 60:02} {minute}"
    return f"{count(seconds / 86_400, context['locale'])} {day}"


@pass_context
def _decimal(context: Context, value: Decimal) -> str:
    """A small number with its decimals: `4,5` in Turkish."""
    return f"{value}".replace(".", ",") if context["locale"] == "tr" else f"{value}"


def _plain(value: Decimal | None) -> str:
    """As the field of a form holds it."""
    return "" if value is None else f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"


_templates.globals |= {"say": _say, "words": words}
_templates.filters |= {
    "price": _price,
    "number": _number,
    "percent": _percent,
    "moment": _moment,
    "span": _span,
    "decimal": _decimal,
    "plain": _plain,
    "outcome": _word(words.OUTCOMES),
    "tier": _word(words.TIERS),
    "watch_kind": _word(words.WATCHES),
    "deal_state": _word(words.DEAL_STATES),
    "deal_rule": _word(words.DEAL_RULES),
    "end_reason": _word(words.END_REASONS),
    "policy": _word(words.POLICIES),
    "source": _word(words.SOURCES),
}
