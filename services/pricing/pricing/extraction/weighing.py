"""
The stages weighed against each other: when they agree, when they do not, and when nobody declares a price.

What a shop declares goes before what is seen. What is seen decides between two declared prices, and between the two readings of a lone `8.450`.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from pricing.extraction import guess, stock
from pricing.extraction.offer import Availability, Claim, Reading, State
from pricing.extraction.origin import Origin
from pricing.extraction.rules import Rule
from pricing.extraction.visible import View

#: A declared price that stands no worse than this on the page is shown there.
_SHOWN = 0.0
#: Up to this confidence a declared price gives way to another that is unmistakable on the page: shops leave old or net prices in their tags.
_UNSEEN = 0.9
#: From this confidence on a guess is an offer, and not just some amount.
_CLEAR = 0.6


def are_clear(claims: Sequence[Claim]) -> bool:
    """Whether the claims need no look at what is seen: one price, sure of it, and the stock known."""
    priced = [claim for claim in claims if claim.price]
    return (
        bool(priced)
        and priced[0].confidence >= 0.9
        and all(claim.price == priced[0].price and claim.other is None and not claim.ambiguous for claim in priced)
        and any(claim.availability for claim in claims)
    )


def settled(claims: Sequence[Claim], view: View | None, page: bytes, origin: Origin) -> Reading:
    """
    The reading that these claims (the stages in their order) and the page's view come to. `view` None: nothing needs it.

    Without a declared price the guess stands in; the caller has looked before whether the page is blocked.
    """
    priced = [claim for claim in claims if claim.price]
    if not priced:
        return _guessed(claims, view, page, origin)
    chosen = priced[0]
    agreeing = sum(claim.price == chosen.price for claim in priced)
    rivals = {price for claim in priced for price in (claim.price, claim.other) if price and not _is_list_price(price, chosen)}
    confidence = chosen.confidence
    price, by = chosen.price, chosen
    if len(rivals) > 1 or confidence < 0.85 or chosen.ambiguous:
        price, confidence = _seen(chosen, rivals, view)
        by = next((claim for claim in priced if claim.price == price), chosen)
    elif agreeing > 1:
        confidence = max(confidence, 0.95) + 0.02
    if view and confidence <= _UNSEEN and len(rivals) == 1 and (shown := _shown_instead(chosen, view, page, origin)):
        price, by, confidence = shown.price, shown, shown.confidence
    in_doubt = chosen.other is not None and confidence < 0.8
    currency = by.currency or next((claim.currency for claim in priced if claim.currency), None) or origin.usual_currency
    state = State.AMBIGUOUS if in_doubt or (by.ambiguous and confidence < 0.8) else State.OK
    return Reading(
        state,
        price,
        currency,
        available(claims, view, price if state is State.OK else None),
        _list_price(by, priced) or (guess.crossed_beside(view, price) if view and price else None),
        by.offers,
        round(confidence, 2),
        by.source,
        by.evidence,
    )


def by_rule(reading: Reading, ruled: Claim, rule: Rule) -> Reading:
    """
    The reading with what the store's rule says put over it.

    A price rule that found nothing makes any other price unsure: somebody wrote it because the others are wrong here, or the shop has changed.
    """
    stocked = ruled.availability or reading.availability
    if ruled.price is None:
        confidence = min(reading.confidence, 0.6) if rule.price else reading.confidence
        return replace(reading, availability=stocked, confidence=confidence, evidence=f"{reading.evidence}; {ruled.evidence}")
    before = ruled.list_price or (reading.list_price if reading.list_price and reading.list_price > ruled.price else None)
    return Reading(State.OK, ruled.price, ruled.currency, stocked, before, ruled.offers, ruled.confidence, ruled.source, ruled.evidence)


def available(claims: Sequence[Claim], view: View | None, price: Decimal | None) -> Availability | None:
    """What the first stage that knows says about stock, else what is seen. `price`: what is asked for it, if that is clear."""
    declared = next((claim.availability for claim in claims if claim.availability), None)
    if declared or view is None:
        return declared
    return stock.seen(view, offered=any(spot.amount.value == price and spot.score > _SHOWN for spot in view.spots))


def _seen(chosen: Claim, rivals: set[Decimal], view: View | None) -> tuple[Decimal | None, float]:
    """Which of the rivals the page shows, and how sure that is."""
    standing = {value: score for value, score, _ in view.ranked()} if view else {}
    shown = sorted((standing[price], price) for price in rivals if standing.get(price, _SHOWN - 1) > _SHOWN)
    if not shown:
        return chosen.price, min(chosen.confidence, 0.6)
    score, best = shown[-1]
    close = len(shown) > 1 and score - shown[-2][0] < 0.5
    top = max(standing.values())
    return best, 0.6 if close or score < top - 1.5 else 0.9 if score >= top - 0.01 else 0.8


def _shown_instead(chosen: Claim, view: View, page: bytes, origin: Origin) -> Claim | None:
    """The price that is unmistakable on a page that nowhere shows the declared one, not even without its cents."""
    price = chosen.price or Decimal(0)
    if any(
        spot.score > _SHOWN and not spot.crossed and spot.kind != "old" and spot.amount.value in {price, int(price)} for spot in view.spots
    ):
        return None
    shown = guess.read(view, page, origin)
    if shown is None or shown.ambiguous or shown.confidence < _CLEAR or shown.currency not in {chosen.currency, None}:
        return None
    return shown


def _guessed(claims: Sequence[Claim], view: View | None, page: bytes, origin: Origin) -> Reading:
    claim = guess.read(view, page, origin) if view else None
    stocked = available(claims, view, claim.price if claim and not claim.ambiguous and claim.confidence >= _CLEAR else None)
    if claim is None:
        return Reading(State.NO_PRICE, availability=stocked, evidence="no price found")
    confidence = claim.confidence
    if stocked is Availability.OUT_OF_STOCK and confidence < 0.6:
        return Reading(State.NO_PRICE, availability=stocked, evidence="out of stock, no clear price")
    state = State.AMBIGUOUS if claim.ambiguous else State.OK
    return Reading(state, claim.price, claim.currency, stocked, claim.list_price, claim.offers, confidence, claim.source, claim.evidence)


def _is_list_price(price: Decimal, chosen: Claim) -> bool:
    return price == chosen.list_price and price != chosen.price


def _list_price(by: Claim, priced: Sequence[Claim]) -> Decimal | None:
    for claim in (by, *priced):
        if claim.list_price and by.price and claim.list_price > by.price:
            return claim.list_price
    return None
