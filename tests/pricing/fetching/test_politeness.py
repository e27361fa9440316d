"""The pace of a shop: places in order of arrival, moments apart, a delay that adapts. On a real Redis and its clock."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from email.utils import format_datetime

import pytest
import redis

from imece import clock
from pricing.fetching.line import Line
from pricing.fetching.politeness import Held, Lane, Late, Manner, Pace, retry_after
from pricing.fetching.terms import Manners, Shop

SHOP = Shop(0, "magaza.example", min_delay=0.1, parallel=1)
MANNERS = Manners(max_delay=10.0)


def on_redis(state: redis.Redis, work: Callable[[Line], Awaitable[None]]) -> None:
    """Run `work` in a loop with a line to Redis."""

    async def run() -> None:
        line = Line(state)
        try:
            await work(line)
        finally:
            line.close()

    asyncio.run(run())


async def ask(line: Line, shop: Shop, answer: tuple[Manner, float], wait: float = 0.0) -> Pace:
    """One request and how it was answered."""
    lane = Lane(line, shop, MANNERS)
    await lane.enter(asyncio.get_running_loop().time() + 20)
    return await lane.leave([answer], wait)


def test_moments_are_a_delay_apart_whoever_asks(state: redis.Redis) -> None:
    """Six lanes of one store at once: nobody goes before the delay of the one before is over, and all have their turn in order."""

    async def work(line: Line) -> None:
        loop, moments = asyncio.get_running_loop(), list[tuple[float, int]]()

        async def one(number: int) -> None:
            lane = Lane(line, SHOP, MANNERS)
            await lane.enter(loop.time() + 20)
            moments.append((loop.time(), number))
            await lane.leave([(Manner.FINE, 0.001)])

        await asyncio.gather(*(one(number) for number in range(6)))
        assert [number for _, number in moments] == [0, 1, 2, 3, 4, 5]
        assert moments[-1][0] - moments[0][0] >= 0.5

    on_redis(state, work)


def test_a_dead_worker_gives_its_place_back(state: redis.Redis) -> None:
    """A lane that is never left holds its place no longer than the longest request."""

    async def work(line: Line) -> None:
        dead, alive = (Lane(line, SHOP, MANNERS) for _ in range(2))
        dead._lifetime = 300_000
        await dead.enter(asyncio.get_running_loop().time() + 5)
        with pytest.raises(Late):
            await alive.enter(asyncio.get_running_loop().time() + 0.1)
        await alive.enter(asyncio.get_running_loop().time() + 5)

    on_redis(state, work)


def test_the_delay_follows_latency(state: redis.Redis) -> None:
    """AutoThrottle: half way to latency by parallel requests at each good answer, never below the store's own delay or above the largest."""

    async def work(line: Line) -> None:
        assert (await ask(line, SHOP, (Manner.FINE, 0.01))).delay == pytest.approx(0.1)
        assert (await ask(line, SHOP, (Manner.FINE, 0.5))).delay == pytest.approx(0.3)
        assert (await ask(line, SHOP, (Manner.FINE, 0.5))).delay == pytest.approx(0.4)
        assert (await ask(line, SHOP, (Manner.OTHER, 0.001))).delay == pytest.approx(0.4), "an error lowers nothing"
        assert (await ask(line, SHOP, (Manner.FINE, 0.001))).delay == pytest.approx(0.2)
        assert (await ask(line, SHOP, (Manner.FINE, 99.0))).delay == pytest.approx(10.0)

    on_redis(state, work)


def test_a_refusal_doubles_the_delay_once_and_the_way_back_is_slow(state: redis.Redis) -> None:
    """What was under way when the shop said "slower" does not double it again; good answers then lower it by a twentieth."""

    async def work(line: Line) -> None:
        shop = Shop(0, "mesgul.example", min_delay=0.0, parallel=3)
        lanes = [Lane(line, shop, MANNERS) for _ in range(3)]
        for lane in lanes:
            await lane.enter(asyncio.get_running_loop().time() + 5)
        paces = [await lane.leave([(Manner.PUSHED_BACK, 0.5)], 0.2) for lane in lanes]
        assert [pace.delay for pace in paces] == [1.0, 1.0, 1.0]
        assert paces[-1].refused == 1
        assert 0.9 < paces[0].hold <= 1.0
        with pytest.raises(Held) as held:
            await lanes[0].enter(asyncio.get_running_loop().time() + 5)
        await asyncio.sleep(held.value.seconds + 0.01)
        pace = await ask(line, shop, (Manner.FINE, 0.001))
        assert (pace.delay, pace.refused) == (pytest.approx(0.95), 0)

    on_redis(state, work)


def test_retry_after_is_kept_for_everybody(state: redis.Redis) -> None:
    async def work(line: Line) -> None:
        await ask(line, SHOP, (Manner.PUSHED_BACK, 0.01), wait=30.0)
        with pytest.raises(Held) as held:
            await Lane(line, Shop(1, SHOP.domain), MANNERS).enter(asyncio.get_running_loop().time() + 1)
        assert 29 < held.value.seconds <= 30
        await Lane(line, Shop(1, "baska.example"), MANNERS).enter(asyncio.get_running_loop().time() + 1)

    on_redis(state, work)


def test_a_store_without_a_delay_gives_its_moments_out_in_runs(state: redis.Redis) -> None:
    async def work(line: Line) -> None:
        loop = asyncio.get_running_loop()
        lane = Lane(line, Shop(0, "hizli.example", min_delay=0.0), MANNERS)
        run = await lane.enter(loop.time() + 1, wanted=1000)
        began = loop.time()
        count = 0
        while await run.moment():
            count += 1
        assert count == 64
        assert loop.time() - began < 0.5
        await lane.leave([])
        paced = await Lane(line, Shop(0, "yuz.example", min_delay=0.01), MANNERS).enter(loop.time() + 1, wanted=1000)
        began, count = loop.time(), 0
        while await paced.moment():
            count += 1
        assert 8 <= count <= 10
        assert loop.time() - began >= 0.01 * (count - 1)

    on_redis(state, work)


def test_retry_after_reads_seconds_and_dates() -> None:
    assert retry_after("120") == 120
    assert 50 < retry_after(format_datetime(clock.now() + timedelta(seconds=60), usegmt=True)) <= 60
    assert retry_after(format_datetime(clock.now() - timedelta(days=1), usegmt=True)) == 0
    for nonsense in (None, "", "soon", "-5", "1e9", "٣"):
        assert retry_after(nonsense) == 0
    assert retry_after("99999999999") == 86_400
