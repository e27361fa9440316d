"""What a robots.txt means: RFC 9309, kept for all workers."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import redis
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from pricing.fetching.bodies import BINARY, Unreadable
from pricing.fetching.client import UNREACHABLE, Answer, Failed
from pricing.fetching.line import Line
from pricing.fetching.robots import Robots, Rules, Sheet

PAGE = URL("https://magaza.example/urun/1?renk=mavi")


def rules_of(state: redis.Redis, answer: int | Exception, content: bytes = b"") -> tuple[Rules, list[str]]:
    """What the robots of one worker read, and what another one finds without asking; the addresses that were asked."""
    asked: list[str] = []

    async def ask(address: str, sheet: Sheet) -> Answer:
        asked.append(address)
        if isinstance(answer, Exception):
            raise answer
        if answer == 200:
            for start in range(0, len(content), 1 << 16):
                if sheet.feed(content[start : start + (1 << 16)]):
                    break
        return Answer(answer, CIMultiDictProxy(CIMultiDict()), URL(address), 0.01, 0.0)

    async def run() -> Rules:
        line = Line(state)
        try:
            assert await Robots(line).known(PAGE) is None
            rules = await Robots(line).read(PAGE, ask)
            assert await Robots(line).known(PAGE) == rules
            assert await Robots(line).known(URL("http://magaza.example/")) is None, "another scheme is another origin"
        finally:
            line.close()
        return rules

    return asyncio.run(run()), asked


@pytest.mark.parametrize(("answer", "free"), [(404, True), (401, True), (403, True), (410, True), (500, False), (503, False), (429, False)])
def test_no_rules_or_no_entry(state: redis.Redis, answer: int, free: bool) -> None:
    rules, asked = rules_of(state, answer)
    assert rules.allows(PAGE) is free
    assert asked == ["https://magaza.example/robots.txt"]
    kept = state.ttl("pricing:robots:https://magaza.example")
    assert kept == pytest.approx(86_400 if free else 600, abs=2)


@pytest.mark.parametrize(("fault", "free"), [(Failed(UNREACHABLE), False), (Unreadable(BINARY), True)])
def test_silence_closes_and_nonsense_is_no_rule(state: redis.Redis, fault: Exception, free: bool) -> None:
    assert rules_of(state, fault)[0].allows(PAGE) is free


def test_rules_for_us_go_before_rules_for_all(state: redis.Redis) -> None:
    text = b"User-agent: *\nDisallow: /\n\nUser-agent: imece-pricing\nDisallow: /sepet\nAllow: /sepet/acik$\nCrawl-delay: 7\nDisallow: /*?sirala=\n"
    rules, _ = rules_of(state, 200, text)
    allowed: Callable[[str], Any] = lambda path: rules.allows(URL("https://magaza.example" + path))  # noqa: E731 (short)
    assert [allowed(path) for path in ("/urun/1", "/sepet", "/sepet/acik", "/sepet/acik/2", "/k?sirala=fiyat")] == [
        True,
        False,
        True,
        False,
        False,
    ]
    assert rules.delay == 7


def test_half_a_megabyte_is_read(state: redis.Redis) -> None:
    """What stands behind it does not count; nor does it cost memory."""
    text = b"User-agent: *\nDisallow: /gizli\n" + b"# dolgu\n" * 100_000 + b"Disallow: /\n"
    rules, _ = rules_of(state, 200, text)
    assert rules.allows(PAGE)
    assert not rules.allows(URL("https://magaza.example/gizli/1"))
    assert len(rules.text) <= 500 << 10


@pytest.mark.parametrize(
    "text", [b"\xff\xfe\x00garip", b"<html>404 ama 200</html>", b"Crawl-delay: cok", b"", b"Request-rate: 1/5\nUser-agent: *"]
)
def test_odd_files_stop_nobody(state: redis.Redis, text: bytes) -> None:
    assert rules_of(state, 200, text)[0].allows(PAGE)
