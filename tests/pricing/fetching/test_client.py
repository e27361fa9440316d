"""Answers that mean no good end with a reason, in bounded time and memory."""

import asyncio
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pricing.fetching.bodies import Inflating, Unreadable
from pricing.fetching.client import Answer, Client
from pricing.fetching.terms import Bounds, Manners
from pricing.shop import Shop as DemoShop

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
    from pricing import shop as shops

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
