"""Nothing inside our own network is ever asked, however its address is written, and whatever a name says a moment later."""

import asyncio
import ipaddress
import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from imece.addresses import Guard, Refused, Resolver, is_public, lookup

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
    assert refused.value.tr


@pytest.mark.parametrize("address", NO_ADDRESS, ids=lambda address: address[:30] or "empty")
def test_what_is_no_address_of_a_page_is_refused(address: str) -> None:
    with pytest.raises(Refused) as refused:
        Guard().checked(address)
    assert refused.value.code == "address"


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


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["169.254.169.254"], ["93.184.216.34", "::1"]])
def test_a_name_with_a_private_address_is_refused_even_if_others_are_public(answers: list[str]) -> None:
    with pytest.raises(Refused, match="private network"):
        asyncio.run(Resolver(Guard(), inner=Lying(answers)).resolve("magaza.example", 443))


def test_a_public_name_comes_with_its_addresses_and_a_trusted_one_with_any() -> None:
    public = Resolver(Guard(), inner=Lying(["93.184.216.34"]))
    assert [one["host"] for one in asyncio.run(public.resolve("magaza.example"))] == ["93.184.216.34"]
    trusted = Resolver(Guard(), inner=Lying(["10.0.0.1"]), trusted=["proxy.example"])
    assert [one["host"] for one in asyncio.run(trusted.resolve("proxy.example"))] == ["10.0.0.1"]


def test_what_a_proxy_would_be_asked_for_is_looked_up_first() -> None:
    resolver = Resolver(Guard(), inner=Lying(["10.1.2.3"]))
    with pytest.raises(Refused):
        asyncio.run(lookup(resolver, Guard().checked("http://ic.example/")))
    asyncio.run(lookup(resolver, Guard().checked("http://8.8.8.8/")))  # no name: judged as it is written
