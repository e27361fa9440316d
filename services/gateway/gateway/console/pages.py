"""How a page is drawn: the templates, and what every one of them knows."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

import orjson
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.requests import Request

from gateway import credentials, doors
from gateway.callers import Caller
from gateway.console import wording
from gateway.console.wording import Pair
from gateway.gate import browser_cookie, session_cookie
from gateway.languages import Locale
from gateway.problems import locale_of
from imece import clock, contracts, text
from imece.ledger import Job

THEMES = ("light", "dark")

_LONGEST_ADDRESS = 2000

_ISO_DATE = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_STORAGE_KEY = re.compile(r"[0-9a-f-]{36}/[a-z_]+/[0-9a-f-]{36}/[^/]+")

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)


def draw(template: str, locale: Locale, **context: Any) -> str:
    """A fragment: the template with what it is given, in `locale`."""
    return _templates.get_template(template).render(locale=locale, **context)


def page(
    request: Request, template: str, context: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """A whole page for the reader of `request`."""
    caller: Caller | None = request.state.caller
    cookie = request.cookies.get(session_cookie()) if caller else request.cookies.get(browser_cookie())
    theme = request.cookies.get("imece_theme")
    known = {
        "caller": caller,
        "csrf": credentials.form_token(cookie) if cookie else "",
        "theme": theme if theme in THEMES else "",
        "here": request.scope["path"],
        "stay": _stay(request),
    }
    return HTMLResponse(draw(template, locale_of(request), **{**known, **context}), status_code=status, headers=dict(headers or {}))


def csrf_of(caller: Caller) -> str:
    """The form token for a fragment that this caller will see; empty for a program, which needs none."""
    return credentials.form_token(caller.cookie) if caller.cookie else ""


def error_page(request: Request, status: int, title: str, detail: str, headers: dict[str, str]) -> HTMLResponse:
    """An error as a person reads it, with the way back to where it was asked for."""
    known = {"status_code": status, "title": title, "detail": detail, "before": _before(request)}
    return page(request, "error.html", known, status=status, headers=headers)


def _stay(request: Request) -> str:
    """Where a reader is to be after choosing another language: here, or whence a form was sent that has no address of its own."""
    if request.method != "GET":
        return _before(request) or "/"
    path, query = request.scope["path"], request.url.query
    return f"{path}?{query}" if query and len(path) + len(query) < _LONGEST_ADDRESS else path


def _before(request: Request) -> str:
    """The address, on this console, of the page the reader comes from; empty when it is not known, or is this one."""
    try:
        given = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return ""
    target = f"{given.path}?{given.query}" if given.query else given.path
    if given.netloc != request.url.netloc or not target.startswith("/") or target.startswith(("//", "/login")):
        return ""
    return "" if request.method == "GET" and given.path == request.url.path else target


@pass_context
def _say(context: Context, en: str, tr: str) -> str:
    """The sentence in the reader's language. Texts stand where they are used, in both languages."""
    return tr if context["locale"] == "tr" else en


def _word(pairs: Mapping[str, Pair]) -> Any:
    @pass_context
    def filtered(context: Context, name: str) -> str:
        en, tr = pairs.get(name, (name, name))
        return tr if context["locale"] == "tr" else en

    return filtered


def kinds(locale: str) -> list[str]:
    """Every kind of work that is declared, in the order of their words in the reader's language."""
    place = locale == "tr"
    words = {contract.kind: wording.KINDS.get(contract.kind, (contract.kind,) * 2)[place] for contract in contracts.declared()}
    return sorted(words, key=lambda kind: text.sort_key(words[kind]))


@pass_context
def _field(context: Context, name: str) -> str:
    en, tr = wording.FIELDS.get(name, (name, name))
    return tr if context["locale"] == "tr" else en


@pass_context
def _named(context: Context, value: Any, field: str) -> Any:
    """The word for a value of a field whose values have names inside; any other as it is."""
    known = wording.VALUES.get(field, {}).get(value) if isinstance(value, str) else None
    return known[context["locale"] == "tr"] if known else value


@pass_context
def _moment(context: Context, moment: datetime | None) -> str:
    """A time as short as it may be: today's without the date. In the house's zone."""
    if moment is None:
        return "–"
    local, today = moment.astimezone(clock.ISTANBUL), clock.now().astimezone(clock.ISTANBUL).date()
    if local.date() == today:
        return local.strftime("%H:%M:%S")
    return local.strftime("%d.%m.%Y %H:%M") if context["locale"] == "tr" else local.strftime("%d %b %Y %H:%M")


@pass_context
def _duration(context: Context, seconds: float | timedelta | None) -> str:
    """How long something took or has been going on: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`."""
    if seconds is None:
        return "–"
    total = seconds.total_seconds() if isinstance(seconds, timedelta) else float(seconds)
    turkish = context["locale"] == "tr"
    second, minute, hour, day = ("sn", "dk", "sa", "gün") if turkish else ("s", "min", "h", "d")
    if total < 10:
        text = f"{total:.1f} {second}" if total >= 0.05 else f"< 0.1 {second}"
        return text.replace(".", ",") if turkish else text
    if total < 60:
        return f"{total:.0f} {second}"
    minutes, rest = divmod(int(total), 60)
    if minutes < 60:
        return f"{minutes} {minute} {rest:02} {second}"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} {hour} {minutes:02} {minute}" if hours < 48 else f"{hours // 24} {day}"


@pass_context
def _number(context: Context, value: float) -> str:
    """A count with its thousands grouped: `10.000` in Turkish, `10,000` in English."""
    text = f"{value:,}"
    return text.translate(str.maketrans(",.", ".,")) if context["locale"] == "tr" else text


@pass_context
def _day(context: Context, iso: str) -> str:
    """A date as it is written: `30.09.2026` in Turkish, `30 Sep 2026` in English."""
    return date.fromisoformat(iso).strftime("%d.%m.%Y" if context["locale"] == "tr" else "%d %b %Y")


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and _ISO_DATE.fullmatch(value) is not None


def _is_list_of_words(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)


def _is_list_of_files(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and _is_key(one.get("key")) for one in value)


def _short(job_id: UUID) -> str:
    """The random end of an id: enough to tell jobs apart and to find one by."""
    return f"#{str(job_id)[-12:]}"


def _is_key(value: Any) -> bool:
    return isinstance(value, str) and _STORAGE_KEY.fullmatch(value) is not None


def _download(key: str) -> str:
    return f"/v1/files/{quote(key)}"


def _name_of(key: str) -> str:
    return key.rsplit("/", 1)[1]


def _pretty(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def about(job: Job) -> str:
    """What a job is about, in one line: its file, its recipient, its subject; empty when nothing tells."""
    for name in ("workbook", "key", "to", "subject"):
        value = job.args.get(name)
        if _is_key(value):
            return _name_of(str(value))
        if isinstance(value, str) and value:
            return value
    return ""


def took(job: Job) -> timedelta | None:
    """How long the job took from its first beginning to its end; None for one that never began or has not ended."""
    return job.finished_at - job.started_at if job.started_at and job.finished_at else None


def _in_order(values: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Arguments or a result in the order their contract has them, without those that say nothing."""
    contract = contracts.find(kind)
    order = [*contract.model_fields, *contract.result.model_fields] if contract else []
    ranked = sorted(values, key=lambda name: order.index(name) if name in order else len(order))
    return {name: values[name] for name in ranked if values[name] not in (None, "", [], {}) and name not in wording.INSIDE}


_templates.globals |= {
    "say": _say,
    "about": about,
    "took": took,
    "states": list(wording.STATES),
    "quote": quote,
    "faces": doors.known,
    "is_anybodys": doors.is_anybodys,
}
_templates.filters |= {
    "state": _word(wording.STATES),
    "kind": _word(wording.KINDS),
    "outcome": _word(wording.OUTCOMES),
    "service": _word(wording.SERVICES),
    "worker_state": _word(wording.WORKERS),
    "field": _field,
    "requester": _word(wording.REQUESTERS),
    "named": _named,
    "day": _day,
    "short": _short,
    "in_order": _in_order,
    "moment": _moment,
    "duration": _duration,
    "number": _number,
    "download": _download,
    "name_of": _name_of,
    "pretty": _pretty,
    "message": lambda note, locale: (note or {}).get(locale) or (note or {}).get("en") or "",
}
_templates.tests |= {"storage_key": _is_key, "iso_date": _is_date, "list_of_words": _is_list_of_words, "list_of_files": _is_list_of_files}
