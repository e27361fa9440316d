"""
Where an address leads that begins with the name of a service: to its face, as the caller or, under `public/`, as nobody.

A few addresses are not ours to choose, because programs of other people ask there; they lead to a face by name.
"""

import time
from ipaddress import ip_address, ip_network

from gateway.settings import settings
from imece import face

#: Beginnings of addresses that OpenAI's clients ask at, and the face that answers there, errors too in OpenAI's own shape.
BORROWED = {"/v1/audio": "transcription"}

#: Network addresses whose pace is remembered; those that have long been quiet are forgotten first.
_MOST = 20_000


def known() -> dict[str, str]:
    """Name and address of every face: `GATEWAY_FACES`, or else those of the services that are installed beside the gateway."""
    return settings().known_faces or face.installed()


def is_anybodys(path: str) -> bool:
    """Whether an address is handed to a face without asking who is there."""
    name = path[1:].partition("/")[0]
    return path.startswith(face.public_folder(name)) and name in known()


def is_faces(path: str) -> bool:
    """Whether an address is a page's of a face."""
    return path[1:].partition("/")[0] in known()


def is_framed(path: str) -> bool:
    """Whether a face answers there with what it shows in a frame: documents that are not its own."""
    name, _, rest = path[1:].partition("/")
    return rest.startswith("framed/") and name in known()


def is_borrowed(path: str) -> bool:
    """Whether an address is one of other people's clients, who read errors in another shape."""
    return path.startswith(tuple(f"{place}/" for place in BORROWED))


class Pace:
    """How often one network address may ask for what is anybody's: `rate` a second, and ten seconds' worth at once. For one process."""

    def __init__(self, rate: float) -> None:
        self._step, self._ahead = 1 / rate, 10.0
        self._next: dict[str, float] = {}
        self._swept_at = -1.0

    def wait(self, address: str) -> float:
        """Seconds until `address` may ask; 0 when it may, which is then counted."""
        place, now = _network(address), time.monotonic()
        due = max(self._next.get(place, now), now)
        if due - now > self._ahead:
            return due - now - self._ahead
        if len(self._next) >= _MOST and now - self._swept_at >= 1:  # not at every request of those who fill it
            self._swept_at = now
            self._next = {place: at for place, at in self._next.items() if at > now}
        if len(self._next) < _MOST or place in self._next:
            self._next[place] = due + self._step
        return 0.0


def _network(address: str) -> str:
    """What counts as one asker: an address of IPv4, and the network of 64 bits that one household or server has of IPv6."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return address if found.version == 4 else str(ip_network((int(found) >> 64 << 64, 64)))
