"""What a request asks: which products are meant, and what a form says. Shared by the pages and the API."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query, Request

from imece import face
from imece.errors import Invalid
from pricing.face import words
from pricing.face.drawing import caller_of
from pricing.numbers import parse_price
from pricing.products import Filter

#: Products on one page.
PAGE = 50

Caller = Annotated[face.Caller, Depends(caller_of)]


class Wanted:
    """Which products a list shows, from the address. An empty field means that it does not matter."""

    def __init__(
        self,
        text: Annotated[str, Query(max_length=200, description="Words of title, brand or number")] = "",
        store: Annotated[str, Query(pattern="^[0-9]{0,9}$", description="A store's id")] = "",
        category: Annotated[str, Query(pattern="^[0-9]{0,9}$", description="A category's id; what is below it belongs to it")] = "",
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


class Form:
    """What a form says, read as its reader's language writes it. An empty field is None."""

    def __init__(self, given: Mapping[str, str], locale: Literal["tr", "en"]) -> None:
        self._given = given
        self._locale = locale

    def text(self, name: str) -> str | None:
        """The text of a field, without the white around it."""
        return self._given.get(name, "").replace("\0", "").strip() or None

    def flag(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self._given.get(name))

    def words(self, name: str) -> list[str]:
        """The parts of a field that commas part."""
        return [part for part in map(str.strip, (self.text(name) or "").split(",")) if part]

    def whole(self, name: str) -> int | None:
        """A whole number. Raises Invalid."""
        text = self.text(name)
        if text is not None and not (text.isascii() and text.isdigit() and len(text) < 10):
            raise self._no_number(text)
        return None if text is None else int(text)

    def number(self, name: str) -> Decimal | None:
        """An amount or a percentage: `1.299,90`, `1299.90`. Raises Invalid."""
        text = self.text(name)
        if text is None:
            return None
        found = parse_price(text, locale=self._locale, currency="TRY")
        if found is None:
            raise self._no_number(text)
        return found.value

    def id(self, name: str) -> UUID:
        """An identifier. Raises Invalid."""
        try:
            return UUID(self._given.get(name, ""))
        except ValueError:
            raise Invalid("Something is not chosen.", "Bir seçim yapılmamış.") from None

    @staticmethod
    def _no_number(text: str) -> Invalid:
        return Invalid(f"“{text}” is not a number that fits here.", f"“{text}” buraya uygun bir sayı değil.")


async def _form(request: Request) -> Form:
    given = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    return Form(given, caller_of(request).locale)


Sent = Annotated[Form, Depends(_form)]
