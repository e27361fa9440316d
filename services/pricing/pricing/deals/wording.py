"""
What a digest says: one message in Turkish or English, prices written as the reader's language writes them.

A person gets it as a mail (HTML and plain text), a chat as a post in Telegram's HTML: the one deal with its picture and a button, or a short list.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from html import escape
from typing import Any, NamedTuple

from pricing.prices.discounts import Discount, Locale, Verdict, sentence


class Line(NamedTuple):
    """One thing to tell, with the figures of its moment. `kind`, `percent` and `detail` as in `models.Notice`."""

    kind: str
    title: str
    url: str
    store: str
    price: Decimal
    previous: Decimal | None
    currency: str
    percent: Decimal | None
    detail: dict[str, Any]
    image_url: str | None = None
    rating: Decimal | None = None
    reviews: int | None = None


class Message(NamedTuple):
    """A digest in words."""

    subject: str
    text: str
    html: str


class Post(NamedTuple):
    """A digest for a chat. `html` is Telegram's; `told` says how many of the lines it has room for; `button` is (text, address)."""

    html: str
    told: int
    photo_url: str | None = None
    button: tuple[str, str] | None = None


#: Letters of a post, addresses included, that are safely taken; a title longer than this is cut, an address longer than this is no button.
_LONGEST_POST, _LONGEST_TITLE, _LONGEST_ADDRESS = 9_000, 120, 2_000

_SPANS = {14: ("son 14 günün", "of the last 14 days"), 30: ("son 1 ayın", "of the last month"), 90: ("son 3 ayın", "of the last 3 months"), 180: ("son 6 ayın", "of the last 6 months")}  # fmt: skip


def price(amount: Decimal, currency: str, locale: Locale = "tr") -> str:
    """`1.234,56 TL` for Turkish readers (other currencies by their code), `TRY 1,234.56` for English ones."""
    digits = f"{amount:,.2f}"
    if locale == "en":
        return f"{currency} {digits}"
    return f"{digits.translate(str.maketrans(',.', '.,'))} {'TL' if currency == 'TRY' else currency}"


def percentage(percent: Decimal, locale: Locale = "tr") -> str:
    """`%18` for Turkish readers, `18%` for English ones; without its sign and its decimals."""
    whole = abs(percent).quantize(Decimal(1))
    return f"%{whole}" if locale == "tr" else f"{whole}%"


def digest(lines: Sequence[Line], *, more: int = 0, locale: Locale = "tr", home: str | None = None) -> Message:
    """
    The message that tells of these lines, best first; `more` are left out of it. `home` is where all of them are to be seen.

    At least one line.
    """
    told = [(line, reasons(line, locale)) for line in lines]
    return Message(_subject(lines, locale), _text(told, more, locale, home), _html(told, more, locale, home))


def post(lines: Sequence[Line], *, more: int = 0, locale: Locale = "tr", home: str | None = None) -> Post:
    """
    The post that tells of these lines, as many as it has room for, best first; `more` are left out of it besides. At least one line.

    `home`: where all of them are to be seen; addresses that only this machine knows are no buttons, because Telegram refuses them.
    """
    parts: list[str] = []
    for line in lines:
        part = _post_line(line, locale)
        if parts and sum(map(len, parts)) + len(part) > _LONGEST_POST:
            break
        parts.append(part)
    if len(lines) == 1 and not more:
        (line,) = lines
        button = ("Mağazada gör" if locale == "tr" else "See it in the shop", line.url) if len(line.url) <= _LONGEST_ADDRESS else None
        pictured = (line.image_url or "").startswith("https://") and len(line.image_url or "") <= _LONGEST_ADDRESS
        return Post(parts[0], 1, line.image_url if pictured else None, button)
    left = more + len(lines) - len(parts)
    head = f"<b>{escape(_subject(lines[: len(parts)], locale))}</b>"
    html = "\n\n".join(part for part in (head, *parts, escape(_more(left, locale))) if part)
    see = ("Hepsini gör" if locale == "tr" else "See all", home) if home and home.startswith("https://") else None
    return Post(html, len(parts), None, see)


def _post_line(line: Line, locale: Locale) -> str:
    """A thing to tell as lines of Telegram's HTML."""
    title = " ".join((line.title or line.store).split())
    title = title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1].rstrip() + "…"
    was = f" <s>{escape(_was(line, locale))}</s>" if _was(line, locale) else ""
    fell = ""
    if line.percent is not None and line.kind != "fake_discount" and abs(line.percent) >= 1:
        fell = f"  {'↓' if line.percent > 0 else '↑'} {percentage(line.percent, locale)}"
    facts = " · ".join(part for part in (line.store, _rating(line, locale)) if part)
    told = [
        f'<a href="{escape(line.url)}"><b>{escape(title)}</b></a>',
        f"<b>{escape(price(line.price, line.currency, locale))}</b>{was}{escape(fell)}",
        *(escape(reason) for reason in reasons(line, locale)),
        f"<i>{escape(facts)}</i>",
    ]
    return "\n".join(told)


def reasons(line: Line, locale: Locale = "tr") -> list[str]:
    """Why it is told, in sentences without a full stop where they are short."""
    tr, detail = locale == "tr", line.detail
    reference = price(Decimal(detail["reference"]), line.currency, locale) if detail.get("reference") else ""
    percent = percentage(line.percent, locale) if line.percent is not None else ""
    found: list[str] = []
    match line.kind:
        case "deal" if detail.get("rule") == "average":
            found.append(
                f"30 günlük ortalamanın ({reference}) {percent} altında" if tr else f"{percent} below its 30-day average ({reference})"
            )
        case "deal" | "drop" if not detail.get("days"):
            found.append(f"Önceki fiyatından {percent} ucuz" if tr else f"{percent} below the price before")
        case "target":
            target = price(Decimal(detail["target"]), line.currency, locale)
            found.append(f"Hedefinize ({target}) ulaştı" if tr else f"It has reached your target ({target})")
        case "drop" | "lowest":
            days = detail["days"]
            found.append(
                f"Son {days} günün en düşüğünden ({reference}) {percent} ucuz"
                if tr
                else f"{percent} below the lowest of the last {days} days ({reference})"
            )
        case "back_in_stock":
            found.append("Yeniden stokta" if tr else "Back in stock")
        case "any_change":
            rose = line.percent is not None and line.percent < 0
            found.append((f"{percent} zamlandı" if rose else f"{percent} ucuzladı") if tr else f"{'Up' if rose else 'Down'} by {percent}")
        case "fake_discount":
            found.append(sentence(_discount(detail), locale))
    if detail.get("cheapest_days"):
        span = _SPANS[detail["cheapest_days"]]
        found.append(f"{span[0]} en ucuzu".capitalize() if tr else f"The cheapest {span[1]}")
    return found


def _discount(detail: dict[str, Any]) -> Discount:
    numbers = {name: Decimal(detail[name]) for name in ("claimed", "real", "reference")}
    return Discount(detail["days"], datetime.fromisoformat(detail["since"]), **numbers, verdict=Verdict.INFLATED)


def _subject(lines: Sequence[Line], locale: Locale) -> str:
    first, tr = lines[0], locale == "tr"
    if len(lines) == 1:
        title = " ".join((first.title or first.store).split())
        title = title if len(title) <= 80 else title[:79].rstrip() + "…"
        return f"{title}: {price(first.price, first.currency, locale)}"
    best = max((line.percent for line in lines if line.percent is not None and line.kind != "fake_discount"), default=Decimal(0))
    if best <= 0:
        return f"Fiyat radarı: {len(lines)} haber" if tr else f"Price radar: {len(lines)} news"
    top = percentage(best, locale)
    return f"Fiyat radarı: {len(lines)} haber, en büyük düşüş {top}" if tr else f"Price radar: {len(lines)} news, the largest fall {top}"


def _text(told: Sequence[tuple[Line, list[str]]], more: int, locale: Locale, home: str | None) -> str:
    parts = []
    for line, why in told:
        was = f" ({_was(line, locale)})" if _was(line, locale) else ""
        parts.append(
            "\n".join(
                [
                    line.title or line.url,
                    f"  {price(line.price, line.currency, locale)}{was}",
                    *(f"  {one}" for one in why),
                    f"  {line.url}",
                ]
            )
        )
    parts += [sentence for sentence in (_more(more, locale), home) if sentence]
    return "\n\n".join(parts) + "\n"


def _html(told: Sequence[tuple[Line, list[str]]], more: int, locale: Locale, home: str | None) -> str:
    rows = "".join(_row(line, why, locale) for line, why in told)
    foot = " · ".join(part for part in (escape(_more(more, locale)), _link(home, locale)) if part)
    return (
        '<div style="font-family:-apple-system,Segoe UI,Roboto,Arial,sans-serif;max-width:600px;margin:0 auto;color:#1c2733">'
        f'<h1 style="font-size:18px;margin:0 0 12px;color:#1f3a5f">{"Fiyat radarı" if locale == "tr" else "Price radar"}</h1>'
        f'<table role="presentation" cellpadding="0" cellspacing="0" style="width:100%;border-collapse:collapse">{rows}</table>'
        f'<p style="font-size:12px;color:#66727f;margin:16px 0 0">{foot}</p></div>'
    )


def _row(line: Line, why: Sequence[str], locale: Locale) -> str:
    warning = line.kind == "fake_discount"
    was = _was(line, locale)
    struck = f' <s style="color:#66727f;font-size:14px;font-weight:400;white-space:nowrap">{escape(was)}</s>' if was else ""
    badge = ""
    if line.percent is not None and not warning and abs(line.percent) >= 1:
        colour, arrow = ("#0f7b4d", "↓") if line.percent > 0 else ("#9a3412", "↑")
        badge = (
            f'<span style="background:{colour};color:#fff;border-radius:4px;padding:3px 8px;font-size:14px;font-weight:600;white-space:nowrap">'
            f"{arrow} {escape(percentage(line.percent, locale))}</span>"
        )
    facts = " · ".join(part for part in (line.store, _rating(line, locale)) if part)
    colour = "#9a3412" if warning else "#1c2733"
    return (
        '<tr><td style="padding:14px 12px 14px 0;border-top:1px solid #dde3e9;vertical-align:top">'
        f'<a href="{escape(line.url)}" style="color:#1f5fa8;text-decoration:none;font-size:15px;font-weight:600">{escape(line.title or line.url)}</a>'
        f'<div style="font-size:12px;color:#66727f;margin-top:2px">{escape(facts)}</div>'
        f'<div style="font-size:18px;font-weight:700;margin-top:6px">{escape(price(line.price, line.currency, locale))}{struck}</div>'
        f'<div style="font-size:13px;color:{colour};margin-top:4px">{"<br>".join(map(escape, why))}</div></td>'
        f'<td style="padding:14px 0;border-top:1px solid #dde3e9;vertical-align:top;text-align:right;width:64px">{badge}</td></tr>'
    )


def _was(line: Line, locale: Locale) -> str:
    """The price before, where it was higher."""
    return price(line.previous, line.currency, locale) if line.previous is not None and line.previous > line.price else ""


def _rating(line: Line, locale: Locale) -> str:
    if not line.rating or not line.reviews:
        return ""
    stars = f"{line.rating:.1f}"
    count = f"{line.reviews:,}"
    if locale == "tr":
        return f"★ {stars.replace('.', ',')} ({count.replace(',', '.')} değerlendirme)"
    return f"★ {stars} ({count} reviews)"


def _more(more: int, locale: Locale) -> str:
    if not more:
        return ""
    return f"{more} haber daha sonraki özette." if locale == "tr" else f"{more} more in the next digest."


def _link(home: str | None, locale: Locale) -> str:
    if not home:
        return ""
    return f'<a href="{escape(home)}" style="color:#1f5fa8">{"Hepsini gör" if locale == "tr" else "See all"}</a>'
