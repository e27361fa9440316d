"""
The card: what a service tells imece about itself.

`services/<word>/<word>/service.py` holds `card = Service(...)`, found through the entry-point group `imece.services`; whatever is installed
is what `imece up` starts. Reading a card imports no actor and no model.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from types import ModuleType

from imece.contracts import Contract
from imece.errors import Misconfigured


@dataclass(frozen=True)
class Pool:
    """
    Worker processes for a set of queues. `threads` run jobs side by side in each process.

    `prefetch` is how many messages one process takes ahead per queue: as many as threads for long jobs, a few hundred for short ones.
    A `maintenance` pool is one process with one thread. `recycle_jobs` and `recycle_mb` restart a process after that much work or memory.
    `ordered`: what waits in an earlier one of the queues goes before what waits in a later one, for as long as there is any.
    """

    name: str
    queues: tuple[str, ...]
    processes: int = 1
    threads: int = 4
    prefetch: int = 8
    recycle_jobs: int | None = None
    recycle_mb: int | None = 1024
    ordered: bool = False


@dataclass(frozen=True)
class Tick:
    """
    A schedule owned by code: `contract` is submitted at every minute that `cron` (five fields, Europe/Istanbul) names.

    A tick missed while nothing ran is made up once if its time lies within the last `catch_up_hours`.
    """

    cron: str
    contract: Contract
    catch_up_hours: int = 24


@dataclass(frozen=True)
class Service:
    """A card. `name` is the folder, the import, the schema, the queue prefix, the container and the log field."""

    name: str
    about: str
    pools: tuple[Pool, ...] = ()
    ticks: tuple[Tick, ...] = ()
    has_schema: bool = True  #: `<name>.models` and `<name>/migrations` exist
    serves: bool = False  #: has a server of its own (`<name>.serve`), as the gateway does
    face: bool = False  #: that server is a face: it answers nobody but the gateway
    needs: tuple[str, ...] = field(default=())  #: local stand-ins the embedded stack runs for it, e.g. `catcher`

    def pool(self, name: str) -> Pool:
        """The pool called `name`. Raises Misconfigured, naming those that exist."""
        for pool in self.pools:
            if pool.name == name:
                return pool
        known = ", ".join(pool.name for pool in self.pools) or "none"
        raise Misconfigured(f"{self.name} has no pool {name!r} (it has: {known})")

    def queues(self) -> Iterator[str]:
        """Every queue some pool of this service consumes."""
        return (queue for pool in self.pools for queue in pool.queues)

    @property
    def server(self) -> str:
        """What the process of its own server is called: after the service, and that of a face `<name>-web`."""
        return f"{self.name}-web" if self.face else self.name

    def address(self) -> tuple[str, int]:
        """Host and port of its own server, as its settings have them. Raises Misconfigured for settings that cannot be read."""
        given = import_module(f"{self.name}.settings").settings()
        return given.host, given.port

    def load_actors(self) -> ModuleType:
        """Import `<name>.actors`, which registers every handler of the service."""
        return import_module(f"{self.name}.actors")


@cache
def installed() -> dict[str, Service]:
    """The cards of the installed services, by name."""
    cards = [entry.load() for entry in entry_points(group="imece.services")]
    return {card.name: card for card in sorted(cards, key=lambda card: card.name)}


def find(name: str) -> Service:
    """The card of `name`. Raises Misconfigured, naming what is installed."""
    if name not in installed():
        raise Misconfigured(f"No service {name!r} is installed (installed: {', '.join(installed()) or 'none'})")
    return installed()[name]
