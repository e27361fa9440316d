"""What a request asks: which messages are meant, and what a form says of a message to be sent."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query

from imece.errors import Invalid
from imece.face.asking import Form
from notify.searches import Filter
from notify.sending import routes
from notify.sending.lanes import LANES

#: Rows on one page.
PAGE = 50


class Wanted:
    """Which messages a list shows, from the address. An empty field means that it does not matter."""

    def __init__(
        self,
        text: Annotated[str, Query(max_length=200, description="A recipient or part of one, words of a subject, an id")] = "",
        channel: Annotated[str, Query(pattern="^(sms|email|telegram|webhook)?$")] = "",
        kind: Annotated[str, Query(pattern="^(otp|informational|commercial)?$")] = "",
        state: Annotated[str, Query(pattern="^[a-z]*$", max_length=20)] = "",
        bulk: Annotated[str, Query(pattern="^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?$")] = "",
        page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    ) -> None:
        self.text = text.replace("\0", "").strip()
        self.channel, self.kind, self.state, self.bulk, self.page = channel, kind, state, bulk, page

    @property
    def filter(self) -> Filter:
        """The same for the search."""
        return Filter(self.text, self.channel, self.kind, self.state, UUID(self.bulk) if self.bulk else None)

    @property
    def narrowed(self) -> bool:
        """Whether something is left out that would be there without asking."""
        return bool(self.text or self.channel or self.kind or self.state or self.bulk)

    def address(self, **changes: Any) -> str:
        """The query of this list, changed."""
        wanted = {"text": self.text, "channel": self.channel, "kind": self.kind, "state": self.state, "bulk": self.bulk}
        return urlencode({name: value for name, value in (wanted | changes).items() if value})


Messages = Annotated[Wanted, Depends(Wanted)]


def kind_of(sent: Form) -> str:
    """What kind of message a form asks for. Raises Invalid for one that there is not."""
    kind = sent.text("kind") or "informational"
    if kind not in LANES:
        raise Invalid("There is no such kind of message.", "Böyle bir ileti türü yok.")
    return kind


def provider_of(sent: Form, channel: str) -> str | None:
    """The provider a form asks for; None: whichever is first. Raises Invalid for one that there is not."""
    provider = sent.text("provider") if channel == "sms" else None
    if provider is not None and provider not in routes.ways(channel):
        raise Invalid("There is no such provider.", "Böyle bir sağlayıcı yok.")
    return provider


def variables(sent: Form, given: dict[str, str], prefix: str = "var.") -> dict[str, str]:
    """The template's values among a form's fields; a field left empty has none."""
    found = {name.removeprefix(prefix): sent.text(name) for name in given if name.startswith(prefix)}
    return {name: value for name, value in found.items() if value is not None}
