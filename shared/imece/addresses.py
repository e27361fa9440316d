"""
Which addresses on the Internet may be asked that a person gave us: public ones, over http(s).

`Guard.checked` is for the address as it was given, `Resolver` for aiohttp's connector: a name is looked up once, every address it has must be
public, and the connection goes to those very addresses, so that what the name says a moment later does not matter. Let no client follow redirects
by itself: every hop passes through `Guard.hop` again. Needs aiohttp (the extra `imece[addresses]`).
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from imece.errors import Permanent

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LONGEST = 2048  #: characters of an address

_BLANKS = re.compile(r"[\x00-\x20\x7f\\]")
#: `127.1`, `0x7f.1`, `2130706433`, `0177.0.0.1`: what only some programs take for an address of IPv4.
_NUMERIC = re.compile(r"(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$", re.IGNORECASE)
#: Prefixes of IPv6 in which an address of IPv4 is wrapped, and how many bits stand behind it.
_WRAPPED = [
    (ipaddress.ip_network(prefix), behind)
    for prefix, behind in (("64:ff9b::/96", 0), ("64:ff9b:1::/48", 0), ("2002::/16", 80), ("::/96", 0))
]


class Refused(Permanent):
    """An address that is not asked, and why; `code` is for counting."""

    def __init__(self, code: str, en: str, tr: str) -> None:
        super().__init__(en, tr)
        self.code = code


class Guard:
    """What may be asked here. `allowed` are private networks that may be asked all the same (`127.0.0.0/8`)."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        """Raises ValueError for what is no network."""
        self._allowed: list[Network] = [ipaddress.ip_network(network) for network in allowed]
        self._verdict = lru_cache(4096)(self._judge)

    def checked(self, address: str) -> URL:
        """`address` as it is asked. Raises Refused, also for a private address that is written as one; names are looked up by `Resolver`."""
        if len(address) > LONGEST or _BLANKS.search(address):
            raise malformed()
        try:
            url = URL(address)
            host = url.raw_host
        except ValueError:
            raise malformed() from None
        return self.hop(url, host)

    def hop(self, url: URL, host: str | None = None) -> URL:
        """`url`, to which a redirect leads, as it is asked. Raises Refused."""
        host = host or url.raw_host
        if url.scheme not in {"http", "https"} or not host:
            raise malformed()
        if url.raw_user is not None or url.raw_password is not None:
            raise Refused("address", "An address must not carry a user name or password.", "Adres kullanıcı adı ya da parola içeremez.")
        match self._verdict(host):
            case "malformed":
                raise malformed()
            case "private":
                raise private()
        return url

    def admits(self, address: str) -> bool:
        """Whether a connection may go to this address."""
        found: IPAddress = ipaddress.ip_address(address.partition("%")[0])
        return is_public(found) or any(found in network for network in self._allowed if network.version == found.version)

    def _judge(self, host: str) -> Literal["malformed", "private"] | None:
        """Why a host is refused that is written as an address; None for one that is not, or may be asked."""
        try:
            ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return "malformed" if _NUMERIC.search(host) else None
        return None if self.admits(host) else "private"


class Resolver(AbstractResolver):
    """Looks names up, and lets nothing private through. `trusted` are hosts that the installation itself names: its proxies."""

    def __init__(self, guard: Guard, *, inner: AbstractResolver | None = None, trusted: Iterable[str] = ()) -> None:
        self._guard, self._inner, self._trusted = guard, inner or ThreadedResolver(), frozenset(trusted)

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        """The addresses of `host`. Raises Refused when one of them is private: a name that has both is up to something."""
        found = await self._inner.resolve(host, port, family)
        if host not in self._trusted and not self.all_public(found):
            raise private()
        return found

    def all_public(self, found: Sequence[ResolveResult]) -> bool:
        """Whether all of them may be asked."""
        return all(self._guard.admits(one["host"]) for one in found)

    async def close(self) -> None:
        """Nothing is kept."""
        await self._inner.close()


def malformed() -> Refused:
    """For what is no address that could be asked."""
    return Refused("address", "This is not an address of a page.", "Bu bir sayfa adresi değil.")


def private() -> Refused:
    """For what leads into a network that is not everybody's."""
    return Refused("private_address", "This is an address of a private network.", "Bu, özel bir ağın adresi.")


def is_public(address: IPAddress) -> bool:
    """Whether an address belongs to everybody's Internet; one of IPv6 that wraps one of IPv4 is that one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or (address.teredo and address.teredo[1])
        for network, behind in _WRAPPED:
            if not inner and address in network:
                inner = ipaddress.IPv4Address(int(address) >> behind & 0xFFFFFFFF)
        if inner and not is_public(inner):
            return False
        if address.is_site_local:
            return False
        if address.ipv4_mapped:
            return True
    return address.is_global and not address.is_multicast and not address.is_reserved


async def lookup(resolver: Resolver, url: URL) -> None:
    """Look the host of `url` up as a connection would, for requests that a proxy makes. Raises Refused; OSError when there is no such name."""
    host = url.raw_host or ""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        await asyncio.wait_for(resolver.resolve(host, url.port or 0, socket.AF_UNSPEC), 10)
