"""
The pace of a shop, kept by all workers together.

A request needs a place among the few that a shop gets at once, in order of arrival, and then a moment: moments are at least a delay apart. Both are given
out by one script on Redis' clock, at the moment of sending and never ahead, so that no stall of a worker can push two requests together. A shop that
is asked faster than fifty times a second gives its moments out in short runs.

How the delay moves is Scrapy's AutoThrottle (half way to latency divided by parallel requests, at every good answer; nothing else lowers it), and our
own rule for 429 and 503: twice as long, and nothing at all until Retry-After; for an hour then the way back is one of small steps.
"""

import asyncio
import itertools
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import IntEnum

from imece import clock
from pricing.fetching.line import Line, Script
from pricing.fetching.terms import Manners, Shop

#: Where two moments are closer than this (microseconds), they are given out in runs, each for so much time or so many requests.
_BRISK, _RUN, _MOST = 20_000, 100_000, 64
#: How long a shop that blocks us is left alone from the third time in a row; twice as long each time more, up to a day. Microseconds.
_FIRST_HOLD, _LONGEST_HOLD = 600_000_000, 86_400_000_000
#: Moments are a little further apart than they must be, because requests travel for different times; and what goes out more than so many seconds after its
#: moment (the loop was busy, a connection had to be made) puts the next one off.
_MARGIN, _TRIFLE = 1.03, 0.003
#: For how long a refusal makes us wary, in microseconds.
_WARY = 3_600_000_000
#: How soon a place in line is looked at again, in seconds: each time half as long again.
_SOONEST, _LATEST, _SLOWER = 0.01, 0.25, 1.5
#: A delay that a shop once needed is remembered for a week (milliseconds).
_MEMORY = 7 * 86_400_000

_PURGE = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now)) do
  redis.call('ZREM', KEYS[2], dead)
  redis.call('ZREM', KEYS[3], dead)
end
local delay = math.max(tonumber(redis.call('HGET', KEYS[1], 'delay') or 0), tonumber(ARGV[2]))
"""

# ARGV: token, least delay, places, requests wanted, lifetime of the token. All times in microseconds. -> {0 go, how many, delay}, {1 wait, how long,
# delay}, {2 in line, how many are before, delay}, {3 held, how long, delay}
_ENTER = Script(
    _PURGE
    + f"""
local held = tonumber(redis.call('HGET', KEYS[1], 'held') or 0)
if held > now then
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('ZREM', KEYS[3], ARGV[1])
  return {{3, held - now, delay}}
end
redis.call('ZADD', KEYS[2], 'NX', now, ARGV[1])
redis.call('ZADD', KEYS[3], now + tonumber(ARGV[5]), ARGV[1])
redis.call('PEXPIRE', KEYS[2], {_MEMORY})
redis.call('PEXPIRE', KEYS[3], {_MEMORY})
local before = redis.call('ZRANK', KEYS[2], ARGV[1])
if before >= tonumber(ARGV[3]) then return {{2, before, delay}} end
local moment = tonumber(redis.call('HGET', KEYS[1], 'moment') or 0)
if moment > now then return {{1, moment - now, delay}} end
local count = 1
if delay < {_BRISK} then count = math.min(tonumber(ARGV[4]), {_MOST}, delay > 0 and math.ceil({_RUN} / delay) or {_MOST}) end
redis.call('HSET', KEYS[1], 'moment', string.format('%.0f', now + delay * count * {_MARGIN}))
redis.call('PEXPIRE', KEYS[1], {_MEMORY})
return {{0, count, delay}}
"""
)

# ARGV: token, least delay, places, manner of the answers, their mean latency, Retry-After, largest delay. -> {delay, hold left, refusals in a row}
_LEAVE = Script(
    _PURGE
    + f"""
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
local manner, latency, retry, largest = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), math.max(tonumber(ARGV[7]), tonumber(ARGV[2]))
local held = tonumber(redis.call('HGET', KEYS[1], 'held') or 0)
local refused = tonumber(redis.call('HGET', KEYS[1], 'refused') or 0)
local target = latency / tonumber(ARGV[3])
if target < {_BRISK} then target = 0 end
local adapted = math.min(math.max((delay + target) / 2, tonumber(ARGV[2])), largest)
if now - tonumber(redis.call('HGET', KEYS[1], 'refused_at') or 0) < {_WARY} then adapted = math.max(adapted, delay * 0.95) end
if adapted < 1000 then adapted = tonumber(ARGV[2]) end
if manner == 0 then
  delay, refused = adapted, 0
elseif manner == 1 then
  delay = math.max(delay, adapted)
elseif manner > 1 then
  -- What was under way already when the last refusal came says nothing new.
  if now - latency >= tonumber(redis.call('HGET', KEYS[1], 'refused_at') or 0) then
    delay, refused = math.min(math.max(delay * 2, 1000000), largest), refused + 1
    redis.call('HSET', KEYS[1], 'refused_at', now)
  end
  if manner == 2 then held = math.max(held, now + math.max(retry, delay)) end
  if manner == 3 and refused >= 3 then held = math.max(held, now + math.min({_FIRST_HOLD} * 2 ^ (refused - 3), {_LONGEST_HOLD})) end
end
if manner >= 0 then
  redis.call('HSET', KEYS[1], 'delay', math.floor(delay), 'refused', refused, 'held', held)
  redis.call('PEXPIRE', KEYS[1], {_MEMORY})
end
return {{math.floor(delay), math.max(0, held - now), refused}}
"""
)


class Manner(IntEnum):
    """How a shop answered, as far as its pace is concerned; the worst of several counts."""

    SILENT = -1  #: it was not asked after all
    FINE = 0
    OTHER = 1  #: an error, or 404
    PUSHED_BACK = 2  #: 429 or 503: it says that we are too fast
    REFUSED = 3  #: 403, or a page for robots


@dataclass(frozen=True, slots=True)
class Pace:
    """How a shop is asked now: seconds between requests, seconds of hold left, refusals in a row."""

    delay: float
    hold: float = 0.0
    refused: int = 0


class Held(Exception):
    """The shop must not be asked for `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Late(Exception):
    """The time for the visit would be over before it is our turn."""


class Run:
    """`count` moments in a row that are ours, `delay` seconds apart."""

    def __init__(self, count: int, delay: float) -> None:
        self._left, self._delay = count, delay
        self._next = asyncio.get_running_loop().time()
        self._end = self._next + count * delay

    async def moment(self) -> bool:
        """Wait for the next one; false when there is none left. One that was slept through is lost."""
        now = asyncio.get_running_loop().time()
        if not self._left or (self._delay and now > self._end):
            return False
        self._left -= 1
        if self._next > now:
            await asyncio.sleep(self._next - now)
        self._next = max(self._next, now) + self._delay
        return True


class Lane:
    """One of the requests at once that a shop gets: enter, ask as often as the run says, leave."""

    _numbers = itertools.count()

    def __init__(self, line: Line, shop: Shop, manners: Manners) -> None:
        self._line, self._shop = line, shop
        self._keys = [f"pricing:{{{shop.domain}}}:{name}" for name in ("pace", "queue", "alive")]
        self._token = f"{os.getpid()}-{os.urandom(4).hex()}-{next(self._numbers)}"
        self._least = round(shop.min_delay * 1e6)
        self._largest = round(manners.max_delay * 1e6)
        self._given_at: float | None = None
        self._lifetime = round((manners.page.seconds + 30) * 1e6)

    def slow_to(self, delay: float) -> bool:
        """Never ask with less than `delay` seconds between: what the shop's robots.txt wants. Whether that is slower than before."""
        before, self._least = self._least, max(self._least, round(delay * 1e6))
        return self._least > before

    async def enter(self, deadline: float, wanted: int = 1) -> Run:
        """
        Wait for a place and a moment; `wanted` requests are at hand. Inside already, it is only another moment that is waited for.

        `deadline` is of the loop's clock. Raises Late, and Held at once; in both cases the place is given up.
        """
        loop = asyncio.get_running_loop()
        patience = _SOONEST
        while True:
            answer = await self._line.run(_ENTER, self._keys, self._token, self._least, self._shop.parallel, wanted, self._lifetime)
            kind, value, delay = (int(part) for part in answer)
            if kind == 0:
                self._given_at = self._line.answered_at if value == 1 and delay else None
                return Run(value, delay / 1e6)
            if kind == 3:
                raise Held(value / 1e6)
            wait = value / 1e6 if kind == 1 else min(max(delay / 4e6, patience), _LATEST)
            patience *= _SLOWER
            if loop.time() + wait > deadline:
                await self.leave([])
                raise Late
            await asyncio.sleep(min(wait + 0.001, 5.0))  # a long delay is waited for in steps that keep the place

    def lateness(self) -> float:
        """How many seconds ago the moment was given that is used now."""
        given, self._given_at = self._given_at, None
        return 0.0 if given is None else time.monotonic() - given

    async def put_off(self, late: float) -> None:
        """The request went out `late` seconds after its moment: the next one comes as much later."""
        if late > _TRIFLE:
            await self._line.send("HINCRBY", self._keys[0], "moment", round(late * 1e6))

    async def leave(self, answers: Sequence[tuple[Manner, float]], retry_after: float = 0.0) -> Pace:
        """Give the place up and say how the shop answered, each time as (manner, seconds until the answer began). Returns the pace from now on."""
        manner = max((manner for manner, _ in answers), default=Manner.SILENT)
        latency = sum(seconds for _, seconds in answers) / max(1, len(answers))
        arguments = (int(manner), round(latency * 1e6), round(retry_after * 1e6), self._largest)
        delay, hold, refused = await self._line.run(_LEAVE, self._keys, self._token, self._least, self._shop.parallel, *arguments)
        return Pace(int(delay) / 1e6, int(hold) / 1e6, int(refused))


def retry_after(header: str | None) -> float:
    """The seconds that a Retry-After names, as a number or a date; 0 for none that can be read, at most a day."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), _LONGEST_HOLD / 1e6)
    try:
        seconds = (parsedate_to_datetime(text) - clock.now()).total_seconds()
    except (TypeError, ValueError):
        return 0.0
    return min(max(seconds, 0.0), _LONGEST_HOLD / 1e6)
