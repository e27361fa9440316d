"""Answers that mean no good end with a reason, in bounded time and memory."""

import asyncio
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from pricing.demo.shop import Shop as DemoShop
from pricing.fetching.bodies import Inflating, Unreadable
from pricing.fetching.client import Answer, Client
from pricing.fetching.terms import Bounds, Manners, Shop

OpenShop = Callable[..., DemoShop]
Go = Callable[..., Any]

HERE = Manners(allowed_networks=("127.0.0.0/8",), page=Bounds(2 << 20, 4 << 20, 2.5), silence_seconds=0.6, connect_seconds=2.0)


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        ("bomb", "too_large"),
        ("endless", "too_large"),
        ("drip", "too_slow"),
        ("slow?seconds=5", "too_slow"),
        ("garbled", "garbled"),
        ("cut", "cut"),
        ("short", "cut"),
        ("binary", "binary"),
        ("disguised", "binary"),
        ("brotli", "coding"),
        ("circle", "redirects"),
    ],
)
def test_trouble_is_a_recorded_reason(open_shop: OpenShop, go: Go, trouble: str, code: str) -> None:
    shop = open_shop()
    began = time.monotonic()
    result = go(shop, [f"/trouble/{trouble}"], manners=HERE, respect_robots=False).results[0]
    assert (result.state, result.error.code) == ("error", code)
    assert result.error.tr != result.error.en
    assert time.monotonic() - began < 6


def test_the_shop_goes_on_after_trouble(open_shop: OpenShop, go: Go) -> None:
    """One bad page after another: the good ones between them are read all the same."""
    shop = open_shop()
    paths = ["/trouble/bomb", "/p/1", "/trouble/binary", "/p/2", "/trouble/garbled", "/p/3"]
    assert list(go(shop, paths, manners=HERE).states.values()) == ["error", "ok"] * 3


def test_a_page_in_another_charset_is_read(open_shop: OpenShop, go: Go) -> None:
    """It says UTF-8 and is Windows-1254: the price is read all the same."""
    shop = open_shop()
    result = go(shop, ["/trouble/charset"]).results[0]
    assert result.state == "ok"
    assert str(result.reading.price) == "1299.90"


def test_connections_are_used_again(open_shop: OpenShop, go: Go, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopping in the middle of a page does not cost its connection."""
    from pricing.demo import shop as shops

    made = []
    monkeypatch.setattr(
        shops._Visitor,
        "connection_made",
        lambda self, transport, was=shops._Visitor.connection_made: (made.append(1), was(self, transport)),
    )
    shop = open_shop(kilobytes=100)
    assert set(go(shop, [f"/p/{number}" for number in range(40)], parallel=2).states.values()) == {"ok"}
    assert len(made) <= 2


def test_a_bomb_is_flat_memory(open_shop: OpenShop) -> None:
    """200 MB in gzip, and a body without end, each several times: the process that reads them grows by a few megabytes."""
    shop = open_shop()
    script = Path(__file__).parent / "bombs.py"
    answer = subprocess.run([sys.executable, script, shop.urls[0]], capture_output=True, text=True, check=True, timeout=60)
    grown, codes = answer.stdout.split(maxsplit=1)
    assert codes.split() == ["too_large"] * 12
    assert int(grown) < 40_000, f"grew by {grown} kB"


def test_who_we_are_is_said(open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The User-Agent names the program and how to reach its operator."""
    shop = open_shop()
    seen = []
    monkeypatch.setattr(
        shop, "reply", lambda store, target, headers, peer, was=shop.reply: (seen.append(headers), was(store, target, headers, peer))[1]
    )

    class Deaf:
        def feed(self, chunk: bytes) -> bool:
            return True

    async def ask() -> Answer:
        async with Client(replace(HERE, contact="fiyat@ornek.com.tr")) as client:
            return await client.get(shop.urls[0] + "/p/1", Deaf(), bounds=HERE.page)

    assert asyncio.run(ask()).status == 200
    assert seen[0][b"user-agent"] == b"imece-pricing/0.1.0 (+fiyat@ornek.com.tr)"
    assert b"cookie" not in seen[0]


@pytest.mark.parametrize("size", [1, 7, 4096, 10**6])
@pytest.mark.parametrize("wbits", [31, 15, -15])
def test_inflating_gives_what_was_packed(size: int, wbits: int) -> None:
    """In pieces of any size; gzip also in several members, deflate also without its header."""
    text = bytes(range(256)) * 2000
    coding = "gzip" if wbits == 31 else "deflate"
    packed = b""
    for part in (text[:300_000], text[300_000:]) if wbits == 31 else (text,):
        packer = zlib.compressobj(6, zlib.DEFLATED, wbits)
        packed += packer.compress(part) + packer.flush()
    inflating = Inflating(coding)
    chunks = [packed[start : start + size] for start in range(0, min(len(packed), 10**6), size)]
    assert b"".join(piece for chunk in chunks for piece in inflating.pieces(chunk)) == text
    assert inflating.ended


def test_an_unknown_coding_is_refused() -> None:
    with pytest.raises(Unreadable):
        Inflating("br")


class Lying(AbstractResolver):
    """Says something else every time it is asked."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), 0

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        self.asked += 1
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        flags = socket.AI_NUMERICHOST
        return [{"hostname": host, "host": one, "port": port, "family": family, "proto": 0, "flags": flags} for one in found]

    async def close(self) -> None:
        pass


def _named(shop: DemoShop, name: str = "magaza.example") -> tuple[str, dict[int, Shop]]:
    port = shop.ports[0]
    return f"http://{name}:{port}/p/1", {0: Shop(0, f"{name}:{port}", min_delay=0, currency="TRY", respect_robots=False)}


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["169.254.169.254"]])
def test_a_name_that_leads_inside_is_refused(open_shop: OpenShop, go: Go, answers: list[str]) -> None:
    """One private address among several is enough."""
    shop = open_shop()
    url, shops = _named(shop)
    result = go(shop, [url], shops=shops, resolver=Lying(answers), manners=Manners(connect_seconds=2)).results[0]
    assert (result.state, result.error.code) == ("forbidden", "private_address")
    assert not shop.asked


def test_the_connection_goes_to_the_address_that_was_checked(open_shop: OpenShop, go: Go) -> None:
    """DNS rebinding: the name is looked up once, and that is where the connection goes, whatever it says later."""
    shop = open_shop()
    url, shops = _named(shop)
    lying = Lying(["127.0.0.1"], ["10.0.0.1"])
    done = go(shop, [url, url, url], shops=shops, resolver=lying)
    assert done.states == {0: "ok", 1: "ok", 2: "ok"}
    assert lying.asked == 1


@pytest.mark.parametrize(
    "target", ["http://10.0.0.1/p/1", "http://[::1]:80/", "http://0x7f.1/", "file:///etc/passwd", "http://a:b@magaza.com/"]
)
def test_every_hop_of_a_redirect_is_checked(open_shop: OpenShop, go: Go, target: str) -> None:
    """The shop is public as far as the guard is concerned; where it sends us is not, and nothing is connected to."""
    shop = open_shop()
    result = go(shop, [f"/trouble/hop?to={target}"]).results[0]
    assert result.state == "forbidden"
    assert [one.path for one in shop.asked] == ["/robots.txt", "/trouble/hop"]


def test_a_redirect_to_a_name_that_leads_inside_is_refused(open_shop: OpenShop, go: Go) -> None:
    shop = open_shop()
    done = go(shop, ["/trouble/hop?to=http://ic.example/"], resolver=Lying(["10.1.2.3"]))
    assert done.visit.left[0].code == "robots_unreachable"  # its robots.txt would be the first thing asked
    free = go(shop, ["/trouble/hop?to=http://ic.example/"], resolver=Lying(["10.1.2.3"]), respect_robots=False)
    assert (free.results[0].state, free.results[0].error.code) == ("forbidden", "private_address")


def test_a_proxy_may_be_inside_and_what_it_is_asked_for_may_not(open_shop: OpenShop, go: Go) -> None:
    """The proxy is the installation's own; the host of the page is looked up and checked all the same."""
    shop = open_shop()
    url, shops = _named(shop)
    proxied = Manners(proxies={"*": shop.urls[0]})
    refused = go(shop, [url], shops=shops, resolver=Lying(["10.1.2.3"]), manners=proxied)
    assert refused.results[0].error.code == "private_address"
    assert not shop.asked
    asked = go(shop, [url], shops=shops, resolver=Lying(["93.184.216.34"]), manners=replace(proxied, allowed_networks=("127.0.0.0/8",)))
    assert asked.states == {0: "gone"}  # the demo shop is no proxy, but it was asked for the whole address
    assert shop.asked[0].path == url
