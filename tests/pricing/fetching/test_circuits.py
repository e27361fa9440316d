"""The circuit of a shop, on a real Redis: opens after failures in a row, lets one try, closes with an answer."""

import asyncio

import redis

from pricing.fetching.circuits import Circuits
from pricing.fetching.line import Line
from pricing.fetching.terms import Manners

MANNERS = Manners(failures=3, open_seconds=0.2)


def test_the_life_of_a_circuit(state: redis.Redis) -> None:
    async def work() -> None:
        line = Line(state)
        ours, theirs = Circuits(line, MANNERS), Circuits(line, MANNERS)
        assert await ours.wait("a") == 0
        assert [await ours.failed("a"), await theirs.failed("a")] == [0, 0]
        await ours.worked("a")
        assert [await ours.failed("a"), await theirs.failed("a")] == [0, 0], "an answer begins the count anew"
        assert 0.15 < await ours.failed("a") <= 0.2
        assert 0 < await theirs.wait("a") <= 0.2, "open for all workers"
        assert await theirs.wait("b") == 0, "and for this shop only"
        assert 0 < await theirs.failed("a") <= 0.2, "what was under way does not keep it open for longer"
        await asyncio.sleep(0.21)
        assert await ours.wait("a") == 0, "one may try"
        assert await theirs.wait("a") > 1, "and nobody else meanwhile"
        assert 0.3 < await ours.failed("a") <= 0.4, "in vain: twice as long"
        await asyncio.sleep(0.41)
        assert await theirs.wait("a") == 0
        await theirs.worked("a")
        assert [await ours.wait("a"), await theirs.wait("a")] == [0, 0]
        line.close()

    asyncio.run(work())
