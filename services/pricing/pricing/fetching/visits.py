"""A visit: the products of one batch, each shop at its own pace, all shops at once. A shop that holds us off, or dies, does not hold up the others."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from math import ceil

import redis
from aiohttp.abc import AbstractResolver
from yarl import URL

from imece.addresses import Refused
from pricing.fetching.bodies import Sink, Unreadable
from pricing.fetching.circuits import Circuits
from pricing.fetching.client import Answer, Client, Failed
from pricing.fetching.line import Line
from pricing.fetching.politeness import Held, Lane, Late, Manner, Pace, retry_after
from pricing.fetching.portions import Portions
from pricing.fetching.robots import CLOSED, DISALLOWED, PATIENCE, Robots, Sheet
from pricing.fetching.sources import Source, source_of
from pricing.fetching.terms import Due, Fetched, Manners, Reason, Shop

HELD = Reason("held", "The shop asks to be left alone for a while.", "Mağaza bir süre sorulmamasını istiyor.")
OPEN = Reason("circuit", "The shop does not answer; it is left alone for a while.", "Mağaza yanıt vermiyor; bir süre sorulmayacak.")
LATE = Reason("late", "There was no time left at the shop's pace.", "Mağazanın hızına göre zaman yetmedi.")

#: How often a product is asked for again within a visit whose shop said "not so fast".
_AGAIN = 2

BeforeHop = Callable[[URL], Awaitable[None]]


class Visit(Portions[Fetched]):
    """
    Look at `products`; iterate over the results while it goes on, a list at a time.

    Afterwards: `left` are products that were not looked at, and why (nothing is wrong with them); `paces` and `holds`, by domain, what was learnt of the
    shops: the pace they are asked at now, and for how many seconds they are to be left alone. Raises RedisError to the reader, with whose loss no
    politeness is possible.
    """

    def __init__(
        self,
        products: Iterable[Due],
        shops: Mapping[int, Shop],
        manners: Manners,
        client: redis.Redis,
        *,
        seconds: float = 600.0,
        resolver: AbstractResolver | None = None,
        size: int = 500,
        linger: float = 2.0,
    ) -> None:
        """`shops` by store id; `client` is of the state database. After `seconds` no new request begins. A list of results has `size` at most."""
        super().__init__(self._look, size=size, linger=linger, together=True)
        self._given = (list(products), shops, manners, client, seconds, resolver)
        self.left: dict[int, Reason] = {}
        self.paces: dict[str, Pace] = {}
        self.holds: dict[str, tuple[float, Reason]] = {}

    async def _look(self, deliver: Callable[[Fetched], None]) -> None:
        products, shops, manners, redis_client, seconds, resolver = self._given
        queues: dict[int, deque[Due]] = {}
        for product in products:
            queues.setdefault(product.store_id, deque()).append(product)
        line = Line(redis_client)
        try:
            async with Client(manners, resolver=resolver) as client, asyncio.TaskGroup() as group:
                robots, circuits = Robots(line), Circuits(line, manners)
                deadline = asyncio.get_running_loop().time() + seconds
                for store_id, queue in queues.items():
                    stay = Stay(shops[store_id], queue, self, client, line, robots, circuits, manners, deadline, deliver)
                    group.create_task(stay.run())
        except BaseExceptionGroup as errors:
            raise _first(errors) from None
        finally:
            line.close()


class Stay:
    """The part of a visit that one shop has: a queue, and its lanes."""

    def __init__(
        self,
        shop: Shop,
        queue: deque[Due],
        visit: Visit,
        client: Client,
        line: Line,
        robots: Robots,
        circuits: Circuits,
        manners: Manners,
        deadline: float,
        deliver: Callable[[Fetched], None],
    ) -> None:
        self.shop, self.client, self.robots, self.circuits, self.manners = shop, client, robots, circuits, manners
        self.deadline = deadline
        self.reading_robots = asyncio.Lock()
        self._entering = asyncio.Lock()  #: one lane of ours at a time stands in the shop's line
        self._queue, self._visit, self._line, self._deliver = queue, visit, line, deliver
        self._again: dict[int, int] = {}
        self._over: Reason | None = None

    async def run(self) -> None:
        """Look at all of them, or find out why not."""
        source = source_of(self.shop, self.manners.keys)
        if isinstance(source, Reason):
            for product in self._queue:
                self._deliver(Fetched(product.id, "forbidden", error=source))
            return
        lanes = min(self.shop.parallel, ceil(len(self._queue) / source.portion))
        async with asyncio.TaskGroup() as group:
            for _ in range(lanes):
                group.create_task(self._lane(source))
        self._visit.left.update((product.id, self._over or LATE) for product in self._queue)

    async def _lane(self, source: Source) -> None:
        lane = Lane(self._line, self.shop, self.manners)
        if self.shop.respect_robots and self._queue:
            lane.slow_to(await self._known_delay(self._queue[0].url))
        while self._queue and not self._over:
            wait, why = await self.circuits.wait(self.shop.domain), OPEN
            if not wait:
                try:
                    async with self._entering:
                        if not self._queue or self._over:
                            return
                        run = await lane.enter(self.deadline, ceil(len(self._queue) / source.portion))
                except Late:
                    self._over = LATE
                    return
                except Held as held:
                    wait, why = held.seconds, HELD
            if wait:
                await self._sit_out(wait, why)
                continue
            asking = Asking(self, lane)
            try:
                while self._queue and not asking.unwelcome and await run.moment():
                    portion = [self._queue.popleft() for _ in range(min(source.portion, len(self._queue)))]
                    await self._look(source, portion, asking)
            finally:
                self._learn(await lane.leave(asking.answers, asking.retry_after), asking)
            if asking.well:
                await self.circuits.worked(self.shop.domain)

    async def _look(self, source: Source, portion: list[Due], asking: "Asking") -> None:
        try:
            results = await source.look(portion, asking)
        except (RobotsClosed, Held, Late) as why:
            self._queue.extendleft(reversed(portion))
            if isinstance(why, RobotsClosed):
                self._over = CLOSED
                self._visit.holds.setdefault(self.shop.domain, (PATIENCE, CLOSED))
            elif isinstance(why, Late):
                self._over = LATE
            # A hold is sat out, if it is short, where the lane is entered.
            asking.unwelcome = True
            return
        except BaseException:
            self._queue.extendleft(reversed(portion))
            raise
        by_id = {product.id: product for product in portion}
        for result in results:
            if result.state == "blocked" and result.status not in {429, 503}:
                asking.refused()
            elif result.status in {429, 503} and self._again.get(result.product_id, 0) < _AGAIN:
                self._again[result.product_id] = self._again.get(result.product_id, 0) + 1
                self._queue.appendleft(by_id[result.product_id])
                continue
            self._deliver(result)

    async def _known_delay(self, address: str) -> float:
        try:
            rules = await self.robots.known(self.client.guard.checked(address))
        except Refused:
            return 0.0
        return rules.delay if rules else 0.0

    async def _sit_out(self, wait: float, why: Reason) -> None:
        """Wait, when that is not for long; else the visit to this shop is over."""
        if wait > self.manners.short_wait or asyncio.get_running_loop().time() + wait > self.deadline:
            self._over = why
            self._visit.holds.setdefault(self.shop.domain, (wait, why))
        else:
            await asyncio.sleep(min(wait, 1.0) if why is OPEN else wait + 0.01)

    def _learn(self, pace: Pace, asking: "Asking") -> None:
        if asking.answers:
            self._visit.paces[self.shop.domain] = pace
        if pace.hold > self.manners.short_wait:
            self._visit.holds[self.shop.domain] = (pace.hold, HELD)


class RobotsClosed(Exception):
    """The shop's robots.txt cannot be read, so nothing may be asked for now."""


class Asking:
    """How a source asks while a lane has its place: everything that is asked counts, each redirect and robots.txt too."""

    def __init__(self, stay: Stay, lane: Lane) -> None:
        self._stay, self._lane = stay, lane
        self.answers: list[tuple[Manner, float]] = []
        self.retry_after = 0.0
        self.unwelcome = False  #: the run is broken off
        self.well = False  #: the last answer was no failure

    async def __call__(self, address: str, sink: Sink, headers: Mapping[str, str] | None = None) -> Answer:
        """See `sources.Ask`."""
        stay = self._stay
        url = stay.client.guard.checked(address)
        if await self._is_new(url):
            await self._another()
        return await self._counted(url, sink, headers, self._before_hop)

    def refused(self) -> None:
        """The last answer was a page for robots."""
        seconds = self.answers.pop()[1] if self.answers else 0.0
        self.answers.append((Manner.REFUSED, seconds))
        self.unwelcome = True

    async def _counted(self, address: str | URL, sink: Sink, headers: Mapping[str, str] | None, before_hop: BeforeHop) -> Answer:
        stay, began, late = self._stay, time.monotonic(), self._lane.lateness()
        try:
            answer = await stay.client.get(address, sink, bounds=stay.manners.page, headers=headers, before_hop=before_hop)
        except Failed:
            self.answers.append((Manner.OTHER, time.monotonic() - began))
            await self._failure()
            raise
        except Unreadable:
            self.answers.append((Manner.OTHER, 0.0))
            raise
        if late:
            await self._lane.put_off(late + answer.connecting)
        if answer.status in {429, 503}:
            self.retry_after = max(self.retry_after, retry_after(answer.headers.get("Retry-After")))
            self.answers.append((Manner.PUSHED_BACK, answer.seconds))
            self.unwelcome = True
        else:
            self.answers.append((Manner.FINE if answer.status in {200, 304} else Manner.OTHER, answer.seconds))
        if answer.status >= 500 and not (answer.status == 503 and "Retry-After" in answer.headers):
            await self._failure()
        else:
            self.well = True
        return answer

    async def _failure(self) -> None:
        self.well = False
        if await self._stay.circuits.failed(self._stay.shop.domain):
            self.unwelcome = True

    async def _before_hop(self, url: URL) -> None:
        await self._is_new(url)
        await self._another()

    async def _another(self, _url: URL | None = None) -> None:
        """Wait for another moment: the one that the run gave is spent."""
        await self._lane.enter(self._stay.deadline)

    async def _is_new(self, url: URL) -> bool:
        """Hold `url` against its robots.txt; whether our moment is spent, or was given before its pace was known. Raises Refused, RobotsClosed."""
        stay = self._stay
        if not stay.shop.respect_robots or stay.shop.policy != "page":
            return False
        rules = await stay.robots.known(url)
        waited = rules is None
        if rules is None:
            async with stay.reading_robots:
                rules = await stay.robots.known(url) or await stay.robots.read(url, self._sheet)
        if rules.closed:
            raise RobotsClosed
        if self._lane.slow_to(rules.delay):
            waited = self.unwelcome = True  # the moments of this run were given at another pace
        if not rules.allows(url):
            raise Refused(*DISALLOWED)
        return waited

    async def _sheet(self, address: str, sheet: Sheet) -> Answer:
        return await self._counted(address, sheet, None, self._another)


def _first(error: BaseException) -> BaseException:
    """One error out of the groups in which lanes raise them."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
