"""
A circuit per shop: open after so many failures in a row, for all workers together. Then one of them at a time tries whether it is back.

A failure is a shop that cannot be reached, does not answer in time, or answers with 5xx.
"""

from dataclasses import dataclass

from pricing.fetching.line import Line, Script
from pricing.fetching.terms import Manners

_LONGEST = 3_600_000
_MEMORY = 86_400_000

_CLOCK = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local opened = tonumber(redis.call('HGET', KEYS[1], 'until') or 0)
local trying = tonumber(redis.call('HGET', KEYS[1], 'trying') or 0)
"""

# ARGV: how long a try may take. -> milliseconds until it may be asked, 0: now
_ALLOW = Script(
    _CLOCK
    + """
if opened == 0 then return 0 end
if now < opened then return opened - now end
if now < trying then return trying - now end
redis.call('HSET', KEYS[1], 'trying', now + tonumber(ARGV[1]))
return 0
"""
)

# ARGV: failures that open it, how long at first, at most. -> milliseconds that it is open from now on, 0: it is closed
_FAILED = Script(
    _CLOCK
    + f"""
if now < opened then return opened - now end -- was under way already when it opened
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
redis.call('PEXPIRE', KEYS[1], {_MEMORY})
if opened == 0 and failures < tonumber(ARGV[1]) then return 0 end
local open = math.min(tonumber(ARGV[2]) * 2 ^ (redis.call('HINCRBY', KEYS[1], 'times', 1) - 1), tonumber(ARGV[3]))
redis.call('HSET', KEYS[1], 'until', now + open)
redis.call('HDEL', KEYS[1], 'trying')
return open
"""
)


@dataclass(frozen=True, slots=True)
class Circuits:
    """The circuits of all shops, by domain. Times in seconds."""

    line: Line
    manners: Manners

    async def wait(self, domain: str) -> float:
        """How long the shop is left alone; 0: ask it. At a circuit that may close again, the caller is the one who tries."""
        return int(await self.line.run(_ALLOW, [_key(domain)], round(self.manners.page.seconds * 1000))) / 1000

    async def failed(self, domain: str) -> float:
        """It failed. Returns how long it is left alone from now on; 0: not yet."""
        first = round(self.manners.open_seconds * 1000)
        return int(await self.line.run(_FAILED, [_key(domain)], self.manners.failures, first, _LONGEST)) / 1000

    async def worked(self, domain: str) -> None:
        """It answered: what was counted is forgotten."""
        await self.line.send("DEL", _key(domain))


def _key(domain: str) -> str:
    return f"pricing:{{{domain}}}:circuit"
