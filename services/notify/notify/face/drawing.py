"""How the pages of notify are drawn."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

from imece.clock import ISTANBUL
from imece.face.drawing import Drawing, word
from notify.bulk import columns
from notify.face import words
from notify.people import recipients
from notify.texts import wording


@pass_context
def _price(context: Context, amount: Decimal | None, currency: str | None) -> str:
    """An amount with as many places as a segment's price has, two at least."""
    if amount is None or currency is None:
        return "–"
    places = 2 if amount == amount.quantize(Decimal("0.01")) else 4
    digits = wording.number(amount, places, locale=context["locale"])
    return f"{currency} {digits}" if context["locale"] == "en" else f"{digits} {'TL' if currency == 'TRY' else currency}"


@pass_context
def _exact(context: Context, moment: Any) -> str:
    """A moment to the millisecond: of two steps the order shows. In Istanbul."""
    local = moment.astimezone(ISTANBUL)
    day = f"{local:%d.%m.%Y}" if context["locale"] == "tr" else f"{local:%d %b %Y}"
    return f"{day} {local:%H:%M:%S}.{local.microsecond // 1000:03}"


def masked(recipient: str, channel: str) -> str:
    """A recipient as pages show it."""
    return recipients.masked(channel, recipient)


_drawing = Drawing(
    Path(__file__).parent / "templates",
    known={"words": words, "tones": words.TONES},
    filters={
        "price": _price,
        "amount": Decimal,
        "variable": columns.variable,
        "exact": _exact,
        "masked": masked,
        "channel": word(words.CHANNELS),
        "message_kind": word(words.KINDS),
        "message_state": word(words.STATES),
        "step": word(words.STEPS),
        "provider": word(words.PROVIDERS),
        "encoding": word(words.ENCODINGS),
        "scope": word(words.SCOPES),
        "opt_out_source": word(words.OPT_OUT_SOURCES),
        "consent": word(words.CONSENTS),
        "recipient_type": word(words.RECIPIENT_TYPES),
        "consent_source": word(words.CONSENT_SOURCES),
    },
)

page, part = _drawing.page, _drawing.part
