"""What a provider's verdict on one try means for the message: done, again, by somebody else, never, or nobody knows."""

import random
from datetime import timedelta

from imece.errors import Permanent, Transient, Unknown
from notify.channels import Accepted, Verdict
from notify.channels.refusals import Closed, Refused
from notify.models import EffectState, MessageState
from notify.sending import routes
from notify.sending.deliveries import Claimed, Word

#: Tries that surely failed, until a message is given up.
MOST_TRIES = 10
_FIRST, _LONGEST = 2.0, 300.0  #: seconds between tries


def judged(claimed: Claimed, provider: str, verdict: Verdict, *, open_breaker: bool = False) -> Word:
    """What is written down. `open_breaker`: the provider is being left alone, so that somebody else is tried at once, if there is anybody."""
    if isinstance(verdict, Accepted):
        return Word(claimed.effect_id, EffectState.DONE, MessageState.ACCEPTED, verdict.id, verdict.answer or "-")
    if isinstance(verdict, Refused):
        return _refused(claimed, provider, verdict)
    if isinstance(verdict, Permanent):
        return _said(claimed, MessageState.FAILED, verdict)
    if isinstance(verdict, Transient):
        return _again(claimed, provider, verdict, open_breaker=open_breaker)
    return _said(claimed, MessageState.UNKNOWN, verdict, effect=EffectState.UNKNOWN)


def broken_off() -> Unknown:
    """What a try without a word is called: its process ended, or its channel failed in a way that nobody foresaw."""
    return Unknown(
        "The sending was broken off: whether the provider took the message is not known.",
        "Gönderim yarıda kaldı: sağlayıcının mesajı kabul edip etmediği bilinmiyor.",
    )


def _refused(claimed: Claimed, provider: str, verdict: Refused) -> Word:
    if verdict.duplicate and claimed.resends:
        return Word(claimed.effect_id, EffectState.DONE, MessageState.ACCEPTED, None, verdict.en, verdict.code or None)
    heir = None if claimed.pinned or not verdict.elsewhere else routes.after(claimed.channel, provider)
    if heir is not None:
        return _said(claimed, MessageState.QUEUED, verdict, delay=0.0, heir=heir)
    return _said(claimed, MessageState.REFUSED if verdict.opted_out else MessageState.FAILED, verdict)


def _again(claimed: Claimed, provider: str, verdict: Transient, *, open_breaker: bool) -> Word:
    if claimed.tries >= MOST_TRIES:
        return _said(claimed, MessageState.FAILED, verdict)
    heir = None
    if not claimed.pinned and (open_breaker or isinstance(verdict, Closed) or claimed.kind == "otp"):
        heir = routes.after(claimed.channel, provider)
    if heir is not None:
        return _said(claimed, MessageState.QUEUED, verdict, delay=0.0, heir=heir)
    wait = 1.0 if claimed.kind == "otp" else min(_LONGEST, _FIRST * 2 ** min(claimed.tries - 1, 10))
    wait *= random.uniform(0.5, 1.0)  # noqa: S311 (spreads load, keeps no secret)
    named = verdict.retry_after or timedelta(0)
    return _said(claimed, MessageState.QUEUED, verdict, delay=max(wait, named.total_seconds()))


def _said(
    claimed: Claimed,
    message: MessageState,
    verdict: Permanent | Transient | Unknown,
    *,
    effect: EffectState = EffectState.FAILED,
    delay: float | None = None,
    heir: str | None = None,
) -> Word:
    code = getattr(verdict, "code", "") or None
    address = bool(getattr(verdict, "address", False))
    return Word(claimed.effect_id, effect, message, code=code, en=verdict.en, tr=verdict.tr, address=address, delay=delay, provider=heir)
