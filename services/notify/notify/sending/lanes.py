"""
The lanes in front of a provider, in Redis: what waits, in which order, and at which rate it may leave.

Token first, message last: one call takes the next moment at which the provider's rate allows something, and only then chooses what it is for: an OTP
before what informs, that before what advertises, and among companies the one that has had least. So a bulk in front delays nobody. The unit is the
segment. A moment is given out a little ahead of its time, so that writing down what leaves does not cost the moment; an OTP is taken at once and pays
with a moment to come. At the door, the last step before the request, what leaves keeps its distance: there an OTP goes in front of what is not there yet.

What lies here is a reminder: ids, sizes and marks, no number and no word. The truth is `notify.message`; the lanes are made anew from it at any time.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby, islice
from typing import Any
from uuid import UUID

import redis

from imece import broker

#: In the order of their right of way.
LANES = ("otp", "informational", "commercial")

#: Seconds by which a moment is given out before its time: for writing down what leaves.
AHEAD = 0.03
#: Seconds in advance that OTPs may use up. A request for many has used up to one of them, too, and no OTP waits for that.
_DEBT = 1.0
#: Seconds by which a late one may come nearer to the next at the door, if that is less than half a segment's time: so trifles do not add up.
_TRIFLE = 0.01
#: Seconds after which what was taken and has not come to the door will not come any more: its process has died.
_STRAYED = 2.0
#: Messages of a company that are looked at when the first may not leave yet (its sender's or its chat's rate), and companies looked at for one moment.
_LOOK, _COMPANIES = 20, 50
_CHUNK = 500
#: Most pumps of a provider, and seconds after which one that says nothing is taken for gone.
_SLOTS, _ALIVE = 16, 5.0

# What lies in a list: id|segments|mark of what can share a request|mark of sender or chat|microseconds that one segment takes of it.
_NEXT = r"""
local p, em, ahead, debt, most, cap = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local look, many = tonumber(ARGV[6]), tonumber(ARGV[7])
local t = redis.call('TIME'); local now = t[1] * 1000000 + t[2]
local held = redis.call('PTTL', p .. ':hold')
if held > 0 then return {'wait', held * 1000} end
local tat = math.max(tonumber(redis.call('GET', p .. ':tat') or 0), now)
local early = tat - now - ahead
local soonest, waiting = -1, false
for l = 8, #ARGV do
  local lane = ARGV[l]
  local turns = p .. ':turn:' .. lane
  local companies = redis.call('ZRANGE', turns, 0, many - 1, 'WITHSCORES')
  if #companies > 0 then waiting = true end
  if early <= 0 or (lane == 'otp' and early <= debt) then
    for i = 1, #companies, 2 do
      local company = companies[i]
      local list = p .. ':list:' .. lane .. ':' .. company
      local heads = redis.call('LRANGE', list, 0, look - 1)
      if #heads == 0 then redis.call('ZREM', turns, company) end
      for h = 1, #heads do
        local id, n, alike, key, kem = string.match(heads[h], '^(.-)|(.-)|(.-)|(.-)|(.-)$')
        n = tonumber(n); kem = tonumber(kem)
        local ktat, wait = now, 0
        if kem > 0 then
          ktat = math.max(tonumber(redis.call('GET', p .. ':key:' .. key) or 0), now)
          wait = ktat - now - ahead
        end
        if wait > 0 then
          if soonest < 0 or wait < soonest then soonest = wait end
        else
          local taken, units = {heads[h]}, n
          if h == 1 then redis.call('LPOP', list) else redis.call('LREM', list, 1, heads[h]) end
          if most > 1 and alike ~= '' and h == 1 then
            local more = redis.call('LRANGE', list, 0, most - 2)
            local count = 0
            for m = 1, #more do
              local _, n2, alike2, key2 = string.match(more[m], '^(.-)|(.-)|(.-)|(.-)|(.-)$')
              if alike2 ~= alike or key2 ~= key or units + tonumber(n2) > cap then break end
              units = units + tonumber(n2); count = m; taken[#taken + 1] = more[m]
            end
            if count > 0 then redis.call('LTRIM', list, count, -1) end
          end
          local due = math.max(tat, ktat)
          local new = math.max(tat, now) + em * units
          redis.call('SET', p .. ':tat', string.format('%.0f', new), 'PX', math.ceil((new - now) / 1000) + 1000)
          if kem > 0 then
            local knew = ktat + kem * units
            redis.call('SET', p .. ':key:' .. key, string.format('%.0f', knew), 'PX', math.ceil((knew - now) / 1000) + 1000)
          end
          local had = tonumber(companies[i + 1])
          redis.call('SET', p .. ':clock:' .. lane, had, 'EX', 3600)
          if redis.call('LLEN', list) == 0 then
            redis.call('ZREM', turns, company)
            redis.call('SET', p .. ':had:' .. lane .. ':' .. company, had + units, 'EX', 60)
          else redis.call('ZADD', turns, had + units, company) end
          redis.call('ZADD', p .. ':under-way', now, id .. '|' .. units)
          redis.call('EXPIRE', p .. ':under-way', 60)
          return {'take', due - now, units, lane, unpack(taken)}
        end
      end
    end
  end
end
if early > 0 and waiting then
  if redis.call('EXISTS', p .. ':turn:otp') == 1 then early = math.max(early - debt, 1) end
  return {'wait', math.ceil(early)}
end
if soonest > 0 then return {'wait', math.ceil(soonest)} end
for l = 8, #ARGV do if redis.call('EXISTS', p .. ':turn:' .. ARGV[l]) == 1 then return {'again'} end end
redis.call('DEL', p .. ':busy')
return {'idle'}
"""

_PUSH = r"""
local p, lane, company = KEYS[1], ARGV[1], ARGV[2]
local list, turns = p .. ':list:' .. lane .. ':' .. company, p .. ':turn:' .. lane
redis.call('RPUSH', list, unpack(ARGV, 3))
if not redis.call('ZSCORE', turns, company) then
  local clock = tonumber(redis.call('GET', p .. ':clock:' .. lane) or 0)
  local had = tonumber(redis.call('GET', p .. ':had:' .. lane .. ':' .. company) or 0)
  redis.call('ZADD', turns, math.max(clock, had), company)
end
if redis.call('LLEN', p .. ':busy') == 0 then redis.call('RPUSH', p .. ':busy', 1) end
if lane == 'otp' then
  redis.call('RPUSH', p .. ':bell', 1)
  redis.call('LTRIM', p .. ':bell', -8, -1)
  redis.call('PEXPIRE', p .. ':bell', 1000)
end
"""

# What leaves late must not leave together with what leaves in time: at the door moments are given out once more. Those that are on their way there come
# one after the other, so the next to be taken comes behind all of them: what is late moves the rest back, and nothing piles up at the door.
_DOOR = r"""
local p, ours, took, trifle, strayed = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local t = redis.call('TIME'); local now = t[1] * 1000000 + t[2]
local each = took / tonumber(string.match(ours, '|(.*)$'))
local free = math.max(tonumber(redis.call('GET', p .. ':door') or 0), now - math.min(trifle, each / 2))
local new = free + took
redis.call('SET', p .. ':door', string.format('%.0f', new), 'PX', math.max(math.ceil((new - now) / 1000), 0) + 1000)
redis.call('ZREM', p .. ':under-way', ours)
redis.call('ZREMRANGEBYSCORE', p .. ':under-way', '-inf', now - strayed)
local behind = new
for _, other in ipairs(redis.call('ZRANGE', p .. ':under-way', 0, -1)) do behind = behind + each * tonumber(string.match(other, '|(.*)$')) end
if tonumber(redis.call('GET', p .. ':tat') or 0) < behind then
  redis.call('SET', p .. ':tat', string.format('%.0f', behind), 'PX', math.max(math.ceil((behind - now) / 1000), 0) + 1000)
end
return free - now
"""

# What was taken for nothing gives its moment back.
_REFUND = r"""
redis.call('ZREM', KEYS[1] .. ':under-way', ARGV[1])
local tat = tonumber(redis.call('GET', KEYS[1] .. ':tat') or 0)
if tat > 0 then redis.call('SET', KEYS[1] .. ':tat', string.format('%.0f', tat - tonumber(ARGV[2])), 'KEEPTTL') end
"""


@dataclass(frozen=True)
class Entry:
    """
    A message, as the lanes know it.

    `alike` is the same for messages that may share a request: of one sender, kind and end, whatever each says. `key` names the sender or chat whose
    own rate counts: one segment takes `pause` seconds of it; 0: none.
    """

    id: UUID
    lane: str
    company: str
    segments: int = 1
    alike: str = ""
    key: str = ""
    pause: float = 0.0

    @property
    def line(self) -> str:
        """As it lies in its list."""
        return f"{self.id.hex}|{self.segments}|{self.alike}|{shadow(self.key) if self.key else ''}|{int(self.pause * 1e6)}"


@dataclass(frozen=True)
class Pace:
    """How fast a provider takes: segments a second, and how many messages one request may carry."""

    rate: float
    most: int = 1

    @property
    def cap(self) -> int:
        """Most segments in one request: what a second allows, so that the next request is never far."""
        return max(int(self.rate), 1)


@dataclass(frozen=True)
class Taken:
    """The right to send `ids` in one request, `due` seconds from now."""

    ids: tuple[UUID, ...]
    lane: str
    segments: int
    due: float

    @property
    def token(self) -> str:
        """What it is called on its way to the door."""
        return f"{self.ids[0].hex}|{self.segments}"


@dataclass(frozen=True)
class Wait:
    """Nothing may leave for so many seconds."""

    seconds: float


class Lanes:
    """The lanes of one provider."""

    def __init__(self, provider: str, client: "redis.Redis | None" = None) -> None:
        """With the process's client, or another one."""
        self.provider = provider
        self._prefix = f"notify:{{{provider}}}"
        self._client = client or _client()
        self._next = self._client.register_script(_NEXT)
        self._push = self._client.register_script(_PUSH)
        self._door = self._client.register_script(_DOOR)
        self._refund = self._client.register_script(_REFUND)

    def push(self, entries: Iterable[Entry]) -> int:
        """Put messages at the end of their companies' lists; how many pumps are at work for them. Raises RedisError."""
        pipe = self._client.pipeline(transaction=False)
        for (lane, company), group in groupby(entries, lambda entry: (entry.lane, entry.company)):
            while chunk := list(islice(group, _CHUNK)):
                self._push(keys=[self._prefix], args=[lane, company, *(entry.line for entry in chunk)], client=pipe)
        pipe.exists(*(f"{self._prefix}:alive:{slot}" for slot in range(_SLOTS)))
        return int(pipe.execute()[-1])

    def next(self, pace: Pace) -> Taken | Wait | None:
        """What leaves next, and when; None when nothing waits. Raises RedisError."""
        emission = 1e6 / pace.rate
        args: list[str | float] = [emission, AHEAD * 1e6, _DEBT * 1e6, pace.most, pace.cap, _LOOK, _COMPANIES, *LANES]
        found: Any = self._next(keys=[self._prefix], args=args)
        match found[0]:
            case b"take":
                ids = tuple(UUID(hex=line.split(b"|", 1)[0].decode()) for line in found[4:])
                return Taken(ids, found[3].decode(), int(found[2]), int(found[1]) / 1e6)
            case b"wait":
                return Wait(max(int(found[1]), 0) / 1e6)
            case b"again":
                return Wait(0)
        return None

    def door(self, taken: Taken, pace: Pace) -> float:
        """Seconds until what has been taken may really leave; called when it is about to. Raises RedisError."""
        args: list[str | float] = [taken.token, taken.segments * 1e6 / pace.rate, _TRIFLE * 1e6, _STRAYED * 1e6]
        return max(int(self._door(keys=[self._prefix], args=args)), 0) / 1e6

    def drop(self, lane: str, company: str) -> None:
        """Forget what waits in one list; who is still to be sent is pushed again. Raises RedisError."""
        pipe = self._client.pipeline()
        pipe.delete(f"{self._prefix}:list:{lane}:{company}")
        pipe.zrem(f"{self._prefix}:turn:{lane}", company)
        pipe.execute()

    def refund(self, taken: Taken, pace: Pace) -> None:
        """Give the moments of what was not sent after all back. Raises RedisError."""
        self._refund(keys=[self._prefix], args=[taken.token, taken.segments * 1e6 / pace.rate])

    def hold(self, seconds: float) -> None:
        """Let nothing leave for so long. Raises RedisError."""
        self._client.set(f"{self._prefix}:hold", 1, px=max(int(seconds * 1000), 1))

    def release(self) -> None:
        """Let things leave again. Raises RedisError."""
        self._client.delete(f"{self._prefix}:hold")

    def wait(self, sleeper: "redis.Redis", seconds: int) -> bool:
        """Sleep in Redis until something waits, or so many seconds; whether something does. Raises RedisError."""
        # Moving the one item onto its own place is a peek that blocks, and wakes everybody.
        busy = f"{self._prefix}:busy"
        return sleeper.blmove(busy, busy, seconds, "LEFT", "LEFT") is not None

    def bell(self, sleeper: "redis.Redis", seconds: int) -> bool:
        """Sleep in Redis until an OTP has come, or so many seconds; whether one has. It wakes one who sleeps. Raises RedisError."""
        return sleeper.blpop([f"{self._prefix}:bell"], seconds) is not None

    def waiting(self) -> bool:
        """Whether something waits. Raises RedisError."""
        return bool(self._client.exists(*(f"{self._prefix}:turn:{lane}" for lane in LANES)))

    def turn(self, what: str, seconds: float) -> bool:
        """Whether nobody has done `what` for this provider in the last seconds; then it is ours to do. Raises RedisError."""
        return bool(self._client.set(f"{self._prefix}:turn-to:{what}", 1, nx=True, px=max(int(seconds * 1000), 1)))

    def alive(self, slot: int) -> None:
        """A pump is at work; to be said again within seconds. Raises RedisError."""
        self._client.set(f"{self._prefix}:alive:{slot}", 1, px=int(_ALIVE * 1000))

    def leaving(self, slot: int) -> None:
        """A pump takes nothing more: who pushes from now on has to start another. Raises RedisError."""
        self._client.delete(f"{self._prefix}:alive:{slot}")

    def remembers(self) -> bool:
        """Whether Redis still is the one that was filled; False after it was emptied. Raises RedisError."""
        return bool(self._client.exists(f"{self._prefix}:filled"))

    def filled(self) -> None:
        """From now on Redis is expected to know everything that was pushed. Raises RedisError."""
        self._client.set(f"{self._prefix}:filled", 1)

    def lengths(self, lists: Sequence[tuple[str, str]]) -> list[int]:
        """How many wait in each list, named by lane and company. Raises RedisError."""
        pipe = self._client.pipeline(transaction=False)
        for lane, company in lists:
            pipe.llen(f"{self._prefix}:list:{lane}:{company}")
        return [int(found) for found in pipe.execute()]


def shadow(name: str) -> str:
    """What stands in Redis for a sender or a chat, either of which may be a phone number."""
    return hashlib.blake2s(name.encode(), digest_size=9).hexdigest()


@cache
def lanes(provider: str) -> Lanes:
    """The process's own access to a provider's lanes."""
    return Lanes(provider)


def forget() -> None:
    """Forget the process's connections: after a fork, or when a test points to another server."""
    lanes.cache_clear()
    _client.cache_clear()


@cache
def _client() -> "redis.Redis":
    return broker.client()
