"""What a request asks: which products are meant, and what a form says. Shared by the pages and the API."""

from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Request

from imece.face import asking
from imece.face.asking import Caller
from pricing.catalogue.products import Filter
from pricing.face import words
from pricing.numbers import parse_price

__all__ = ["PAGE", "Caller", "Form", "Products", "Sent", "Wanted"]

#: Products on one page.
PAGE = 50


class Wanted:
    """Which products a list shows, from the address. An empty field means that it does not matter."""

    def __init__(
        self,
        text: Annotated[str, Query(max_length=200, description="Words of title, brand or number")] = "",
        store: Annotated[str, Query(pattern="^([1-9][0-9]{0,8})?$", description="A store's id")] = "",
        category: Annotated[str, Query(pattern="^([1-9][0-9]{0,8})?$", description="A category's id; what is below it belongs to it")] = "",
        tier: Annotated[str, Query(pattern="^[012]?$", description="0 high, 1 medium, 2 low")] = "",
        state: Annotated[str, Query(pattern="^[a-z_]*$", max_length=20, description="How the last look ended")] = "",
        deals: Annotated[bool, Query(description="Only those with a deal")] = False,
        resting: Annotated[bool, Query(description="Those that are not watched, in place of those that are")] = False,
        order: Annotated[str, Query(pattern=f"^({'|'.join(words.ORDERS)})?$")] = "",
        page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    ) -> None:
        self.text = text.replace("\0", "").strip()
        self.store, self.category, self.tier = store, category, tier
        self.state, self.deals, self.resting = state, deals, resting
        self.order, self.page = order or "newest", page

    @property
    def filter(self) -> Filter:
        """The same for the catalogue."""
        return Filter(
            text=self.text or None,
            store_id=int(self.store) if self.store else None,
            category_id=int(self.category) if self.category else None,
            tier=int(self.tier) if self.tier else None,
            state=self.state or None,
            has_deal=True if self.deals else None,
            active=not self.resting,
        )

    @property
    def narrowed(self) -> bool:
        """Whether something is left out that would be there without asking."""
        return bool(self.text or self.store or self.category or self.tier or self.state or self.deals or self.resting)

    def address(self, **changes: Any) -> str:
        """The query of this list, changed."""
        wanted = {
            "text": self.text,
            "store": self.store,
            "category": self.category,
            "tier": self.tier,
            "state": self.state,
            "deals": "1" if self.deals else "",
            "resting": "1" if self.resting else "",
            "order": self.order if self.order != "newest" else "",
        }
        return urlencode({name: value for name, value in (wanted | changes).items() if value})


Products = Annotated[Wanted, Depends(Wanted)]


class Form(asking.Form):
    """What a form says; a number may be a price as a page shows it: `1.299,90 TL`."""

    def number(self, name: str) -> Decimal | None:
        """An amount or a percentage. Raises Invalid."""
        text = self.text(name)
        if text is None:
            return None
        found = parse_price(text, locale=self.locale, currency="TRY")
        if found is None:
            raise self.no_number(text)
        return found.value


async def _form(request: Request) -> Form:
    return Form(await asking.fields_of(request), asking.caller_of(request).locale)


Sent = Annotated[Form, Depends(_form)]
