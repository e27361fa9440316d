"""How the pages of pricing are drawn."""

from decimal import Decimal
from pathlib import Path

from jinja2 import pass_context
from jinja2.runtime import Context

from imece.face.drawing import Drawing, word
from pricing.deals import wording
from pricing.face import words


@pass_context
def _price(context: Context, amount: Decimal | None, currency: str) -> str:
    return "–" if amount is None else wording.price(amount, currency, context["locale"])


@pass_context
def _fall(context: Context, rule: str, percent: Decimal) -> str:
    """`23% below the 30-day average`."""
    locale = context["locale"]
    return words.FALLS[rule][locale == "tr"].format(wording.percentage(percent, locale))


def _plain(value: Decimal | None) -> str:
    """As the field of a form holds it."""
    return "" if value is None else f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"


_drawing = Drawing(
    Path(__file__).parent / "templates",
    known={"words": words},
    filters={
        "price": _price,
        "plain": _plain,
        "fall": _fall,
        "outcome": word(words.OUTCOMES),
        "tier": word(words.TIERS),
        "watch_kind": word(words.WATCHES),
        "deal_state": word(words.DEAL_STATES),
        "deal_rule": word(words.DEAL_RULES),
        "end_reason": word(words.END_REASONS),
        "policy": word(words.POLICIES),
        "source": word(words.SOURCES),
    },
)

page, part = _drawing.page, _drawing.part
