"""On which terms shops are asked: what is due, at which shop, within which bounds; and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Literal, NamedTuple, Protocol

from pricing.extraction.offer import Reading
from pricing.extraction.rules import Rule

#: How a look at a product ended.
Ended = Literal["ok", "unchanged", "ambiguous", "no_price", "blocked", "gone", "forbidden", "error"]

#: The name by which robots.txt knows us, and which begins the User-Agent.
NAME = "imece-pricing"


class Reason(NamedTuple):
    """Why something did not work. `code` is for counting, the sentences are for people."""

    code: str
    en: str
    tr: str


class Due(Protocol):
    """A product to look at, as a batch has it. `etag` and `last_modified` are what the shop said last time."""

    @property
    def id(self) -> int:
        """Its number, which the result carries."""

    @property
    def store_id(self) -> int:
        """The key of its shop."""

    @property
    def url(self) -> str:
        """Its page."""

    @property
    def external_id(self) -> str | None:
        """The shop's own number for it."""

    @property
    def etag(self) -> str | None:
        """For a conditional request."""

    @property
    def last_modified(self) -> str | None:
        """For a conditional request."""

    @property
    def content_hash(self) -> bytes | None:
        """Of what was read last time; None: must be read in full."""


@dataclass(frozen=True, slots=True)
class Interface:
    """
    A shop's interface for N products a call: JSON, asked by GET.

    `url` holds `{ids}`, where the shop's own numbers go, joined by `separator`. `items` is the path to the list (`data.products`; empty: the answer
    itself); the other fields are paths within one of its members.
    """

    url: str
    separator: str = ","
    items: str = "products"
    id: str = "id"
    price: str = "price"
    currency: str = "currency"
    list_price: str = "list_price"
    availability: str = "availability"


@dataclass(frozen=True, slots=True)
class Shop:
    """
    A store as it is asked. `domain` is what its pace is kept by, for all workers and companies together.

    `min_delay`: seconds between the beginnings of two requests, at least; 0: as fast as it answers. `parallel`: requests under way at once. `locale`,
    `currency` and `rule` help to read its pages; `interface` is for the policy `api`.
    """

    id: int
    domain: str
    policy: str = "page"
    min_delay: float = 2.0
    parallel: int = 1
    ids_per_call: int = 1
    respect_robots: bool = True
    currency: str | None = None
    locale: str | None = None
    rule: Rule | None = None
    interface: Interface | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one answer may cost us: bytes as sent, bytes inflated, seconds in all."""

    sent: int
    inflated: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Manners:
    """
    How this installation asks, whatever the shop. Times in seconds.

    `contact` (a mail address or a page) stands in the User-Agent. `allowed_networks` (`127.0.0.0/8`) are private ones that may be asked all the same:
    for tests and the demo shop. `proxies`: proxy address by domain, `*` for all others. `keys`: bearer token of an interface, by domain.
    """

    contact: str = ""
    allowed_networks: tuple[str, ...] = ()
    proxies: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    connections: int = 256
    connect_seconds: float = 10.0
    silence_seconds: float = 15.0  #: an answer that sends nothing for so long is given up
    page: Bounds = Bounds(4 << 20, 8 << 20, 30.0)
    feed: Bounds = Bounds(512 << 20, 2 << 30, 1800.0)
    max_delay: float = 60.0  #: to which the pace adapts; a larger one that the shop asks for is kept
    failures: int = 5  #: in a row, and the circuit of a shop opens
    open_seconds: float = 60.0  #: how long at first; twice as long each time, up to an hour
    short_wait: float = 30.0  #: a hold no longer than this is waited for within a visit

    @property
    def user_agent(self) -> str:
        """Who we are, for the shop's log."""
        return f"{NAME}/{version(NAME)}" + (f" (+{self.contact})" if self.contact else "")


@dataclass(frozen=True, slots=True)
class Fetched:
    """
    What one look at one product gave. `reading` comes with a page that was read, `status` with an answer, `error` with all that went wrong.

    `latency_ms`: until the answer began. `etag` and `last_modified` are the shop's, None where it has none.
    """

    product_id: int
    state: Ended
    reading: Reading | None = None
    etag: str | None = None
    last_modified: str | None = None
    status: int | None = None
    latency_ms: int = 0
    error: Reason | None = None


def interface_of(rule: Mapping[str, Any] | None) -> Interface | None:
    """The interface that a store's rule describes under `interface`; None without one. Raises TypeError for fields that do not exist."""
    given = (rule or {}).get("interface")
    return Interface(**given) if given else None
