"""Nothing inside our own network is ever asked, however its address is written, and whatever a name says a moment later."""

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from pricing.fetching.addresses import Guard, Refused, is_public
from pricing.fetching.terms import Manners, Shop
from pricing.shop import Shop as DemoShop

OpenShop = Callable[..., DemoShop]
Go = Callable[..., Any]

INSIDE = [
    "http://127.0.0.1/", "http://127.1/", "http://0x7f.1/", "http://2130706433/", "http://0177.0.0.1/", "http://0x7f000001/", "http://0/", "http://1.2.3/",
    "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
    "http://10.0.0.8/", "http://172.16.3.4/", "http://192.168.1.1:8080/", "http://100.64.0.1/", "http://0.0.0.0/", "http://255.255.255.255/",
    "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://[fe80::1%25eth0]/", "http://[fec0::1]/", "http://224.0.0.1/",
    "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://[::]/", "http://192.0.2.1/", "http://198.18.0.1/", "http://127.0.0.1./",
]  # fmt: skip
NO_ADDRESS = [
    "file:///etc/passwd", "ftp://magaza.com/", "gopher://magaza.com/", "javascript:alert(1)", "magaza.com/p/1", "//magaza.com/p/1", "", "http://", "https:///p",
    "http://ad:parola@magaza.com/", "http://ad@magaza.com/", "http://magaza.com/ bosluk", "http://magaza.com/\r\nHost: ic", "http://magaza.com\\@ic/",
    "http://magaza.com:99999/", "http://[::1", "http://magaza.com/" + "a" * 3000, "a" * 10_000_000,
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_private_addresses_are_refused_however_they_are_written(address: str) -> None:
    with pytest.raises(Refused) as refused:
        Guard().checked(address)
    assert refused.value.reason.tr


@pytest.mark.parametrize("address", NO_ADDRESS, ids=lambda address: address[:30] or "empty")
def test_what_is_no_address_of_a_page_is_refused(address: str) -> None:
    with pytest.raises(Refused) as refused:
        Guard().checked(address)
    assert refused.value.reason.code == "address"


@pytest.mark.parametrize(
    "address",
    [
        "https://www.magaza.com.tr/p/1?a=b#c",
        "http://gümüş.com/çay",
        "https://8.8.8.8/",
        "http://[2606:4700::1111]:8080/x",
        "http://3m.com/",
    ],
)
def test_public_ones_pass(address: str) -> None:
    assert Guard().checked(address).scheme in {"http", "https"}


def test_allowed_networks_are_an_exception_for_themselves_only() -> None:
    guard = Guard(["127.0.0.0/8"])
    assert guard.checked("http://127.0.0.1:8801/p/1").port == 8801
    for address in ("http://10.0.0.1/", "http://[::1]/", "http://127.1/"):
        with pytest.raises(Refused):
            guard.checked(address)
    assert not guard.admits("::1")


def test_wrapped_addresses_are_the_ones_inside() -> None:
    assert is_public(ipaddress.ip_address("::ffff:8.8.8.8"))
    assert not is_public(ipaddress.ip_address("::ffff:10.0.0.1"))
    assert not is_public(ipaddress.ip_address("2001:0:4136:e378:8000:63bf:80ff:fffe"))  # Teredo, of 127.0.0.1


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
