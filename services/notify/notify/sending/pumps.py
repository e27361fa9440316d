"""
The pump: sends what waits for one provider, at its rate, for as long as something does.

It has as many requests under way as the rate takes (rate x answer time: many waiting calls, not many cores). Any number of pumps, in any number of
processes, share a provider's rate through its lanes. A pump is a job; it ends when nothing has come for a while, and is started within milliseconds
when something does.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any
from uuid import UUID

import redis
import sqlalchemy as sa

from imece import broker, db, log
from imece.errors import Permanent, Transient, Unknown
from imece.ids import new_ids
from imece.worker.combine import Combiner
from notify.channels import Accepted, Verdict
from notify.models import EffectState
from notify.sending import admission, breakers, deliveries, parcels, routes, settling, verdicts
from notify.sending.deliveries import Claimed, Word
from notify.sending.lanes import Taken, Wait, lanes
from notify.settings import settings

#: Seconds without anything to send after which a pump ends; another is started within milliseconds.
IDLE = 5.0
_NAP = 0.1  #: longest wait for the rate without a look around
_LONGEST_AT_THE_DOOR = 2.0
_TEND = 1.0  #: seconds between two rounds of `settling.tend`
_PATIENCE = 30.0  #: seconds to hold on to a provider's word while PostgreSQL is away
_LONGEST_DRAIN = 100.0  #: seconds; every channel gives up before that
_NOTE = 1.0  #: seconds between two notes that a provider takes what it is given

_log = log.get(__name__)


_places: Counter[str] = Counter()  #: pumps in this process, by provider
_taking = threading.Lock()


@contextmanager
def place(provider: str, *, alone: bool) -> Iterator[bool]:
    """A place for a pump of that provider in this process, until the context ends; False where it is to be `alone` and another is here already."""
    with _taking:
        free = not alone or not _places[provider]
        _places[provider] += free
    try:
        yield free
    finally:
        with _taking:
            _places[provider] -= free


class Pump:
    """One of the pumps of a provider. `sent` counts what it has given to it."""

    def __init__(self, provider: str, slot: int = 0) -> None:
        """Opens the provider's channel; nothing moves before `run`. `slot` tells it from the provider's other pumps."""
        given = settings()
        self.provider = provider
        self.slot = slot
        self.sent = 0
        self._given = given
        self._channel = routes.opened(provider)
        self._pace = routes.pace(provider)
        self._lanes = lanes(provider)
        self._sleeper = broker.client(blocking=True)
        self._room = threading.Semaphore(given.in_flight)
        self._senders = ThreadPoolExecutor(given.in_flight, f"{provider}-sender")
        self._claims, self._words = db.Line(durable=True), db.Line(durable=True)
        self._claim = Combiner(self._claim_all)
        self._settle = Combiner(self._settle_all)
        self._over, self._rung = threading.Event(), threading.Event()
        self._noted = 0.0

    def run(self, go_on: Callable[[], bool], *, idle: float | None = None) -> None:
        """
        Send while `go_on()`, until nothing has come for `idle` seconds (IDLE); what is under way then is seen to its end.

        Whatever `go_on` raises ends it in the same way.
        """
        self._live()
        aides = [
            threading.Thread(target=work, name=f"{self.provider}-{name}", daemon=True)
            for name, work in (("tending", self._tend), ("bell", self._listen))
        ]
        for aide in aides:
            aide.start()
        try:
            self._dispatch(go_on, IDLE if idle is None else idle)
        finally:
            self._over.set()
            self._leave()
            self._drain()
            for aide in aides:
                aide.join(_PATIENCE)
            self._sleeper.close()
            for line in (self._claims, self._words):
                line.close()

    @property
    def under_way(self) -> int:
        """Requests at this moment."""
        return self._given.in_flight - self._room._value  # noqa: SLF001 (a semaphore has no other way to say it)

    def _dispatch(self, go_on: Callable[[], bool], idle: float) -> None:
        busy_until = time.monotonic()
        while go_on():
            if not self._room.acquire(timeout=_NAP):
                continue
            try:
                self._rung.clear()
                asked_at = time.monotonic()
                found = self._lanes.next(self._pace)
            except redis.RedisError as error:
                self._room.release()
                _log.warning("lanes_away", provider=self.provider, error=str(error))
                time.sleep(1)
                continue
            except BaseException:
                self._room.release()
                raise
            if isinstance(found, Taken):
                self._senders.submit(self._send, found, asked_at + found.due)
                busy_until = time.monotonic()
                continue
            self._room.release()
            if isinstance(found, Wait):
                busy_until = time.monotonic()
                self._rung.wait(min(found.seconds, _NAP))
            elif time.monotonic() - busy_until >= idle and not self.under_way:
                return
            else:
                self._rest()

    def _rest(self) -> None:
        """Nothing waits: sleep until something does, a second at most."""
        try:
            self._lanes.wait(self._sleeper, 1)
        except redis.RedisError:
            time.sleep(1)

    def _listen(self) -> None:
        """An OTP does not wait until this pump looks for the next moment."""
        with closing(broker.client(blocking=True)) as sleeper:
            while not self._over.is_set():
                try:
                    if self._lanes.bell(sleeper, 1):
                        self._rung.set()
                except redis.RedisError:
                    self._over.wait(1)

    def _send(self, taken: Taken, due: float) -> None:
        """What was taken from the lanes, to the end of its request."""
        try:
            self._carry_out(taken, due)
        except Exception:  # noqa: BLE001 (logged; what it had begun is found by `settling`)
            _log.exception("sender_failed", provider=self.provider)
        finally:
            self._room.release()

    def _carry_out(self, taken: Taken, due: float) -> None:
        deadline = time.monotonic() + self._channel.begins_within.total_seconds()
        claimed = self._claim((taken.ids, new_ids(len(taken.ids))))
        if claimed:
            claimed = self._admitted(claimed)
        if not claimed:
            self._lanes.refund(taken, self._pace)
            return
        made = self._made(claimed)
        if not made:
            return
        if taken.lane != "otp":
            time.sleep(max(due - time.monotonic(), 0))
        self._pass_the_door(taken)
        ours, carried = [one for one, _ in made], [parcel for _, parcel in made]
        said = self._said(carried, deadline)
        open_breaker = self._note(ours[0].channel, said)
        self._settle(
            [verdicts.judged(one, self.provider, verdict, open_breaker=open_breaker) for one, verdict in zip(ours, said, strict=True)]
        )
        self.sent += sum(isinstance(verdict, Accepted) for verdict in said)
        admission.learn((one for one, verdict in zip(ours, said, strict=True) if getattr(verdict, "opted_out", False)), self.provider)

    def _pass_the_door(self, taken: Taken) -> None:
        """Leave at least as far behind the one before as the rate says, whoever that one was. A password does not wait there for a request of many."""
        try:
            wait = self._lanes.door(taken, self._pace)
        except redis.RedisError:
            return
        if taken.lane != "otp" or self._pace.most == 1:
            time.sleep(min(wait, _LONGEST_AT_THE_DOOR))

    def _admitted(self, claimed: list[Claimed]) -> list[Claimed]:
        """Without those that, looked at once more, are not to be sent now."""
        withdrawals = admission.refused(claimed)
        if not withdrawals:
            return claimed
        with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            deliveries.withdraw(connection, withdrawals)
        gone = {one.effect_id for one in withdrawals}
        return [one for one in claimed if one.effect_id not in gone]

    def _made(self, claimed: list[Claimed]) -> list[tuple[Claimed, Any]]:
        """Each with its parcel; what cannot be put together has failed."""
        try:
            return list(zip(claimed, parcels.made(claimed, self._given), strict=True))
        except Permanent as error:
            if len(claimed) == 1:
                self._settle([verdicts.judged(claimed[0], self.provider, error)])
                return []
        return [pair for one in claimed for pair in self._made([one])]

    def _said(self, carried: Sequence[Any], deadline: float) -> Sequence[Verdict]:
        """The provider's verdict on each. Whatever nobody foresaw may have been taken."""
        try:
            if len(carried) == 1:
                return [self._channel.send(carried[0], deadline)]
            return list(self._channel.send_many(carried, deadline))
        except (Permanent, Transient, Unknown) as verdict:
            return [verdict] * len(carried)
        except Exception:  # noqa: BLE001 (logged, and written down as what it is: nobody knows)
            _log.exception("channel_failed", provider=self.provider)
            return [verdicts.broken_off()] * len(carried)

    def _note(self, channel: str, said: Sequence[Verdict]) -> bool:
        """Tell the breaker; whether it is open."""
        refusals = [verdict for verdict in said if isinstance(verdict, Transient)]
        if not refusals:
            if any(isinstance(verdict, Accepted) for verdict in said) and time.monotonic() - self._noted > _NOTE:
                self._noted = time.monotonic()
                breakers.succeeded(self.provider)
            return False
        self._noted = 0.0
        if refusals[0].retry_after is not None and len(refusals) == len(said):
            self._lanes.hold(min(refusals[0].retry_after.total_seconds(), 60.0))
            if type(refusals[0]) is Transient:  # too fast, which is no fault of the provider's
                return False
        return breakers.failed(self.provider, channel, refusals[0])

    def _claim_all(self, wanted: list[tuple[Sequence[UUID], Sequence[UUID]]]) -> list[list[Claimed]]:
        ids = [one for each, _ in wanted for one in each]
        effects = [one for _, each in wanted for one in each]
        claimed = {
            one.effect_id: one
            for one in self._claims.use(lambda line: deliveries.claim(line, self.provider, ids, effects, self._given.domain))
        }
        return [[claimed[effect] for effect in each if effect in claimed] for _, each in wanted]

    def _settle_all(self, words: list[list[Word]]) -> list[None]:
        """Written down, and insisted upon while PostgreSQL is away: forgotten, a provider's word would become an unknown."""
        flat = [word for each in words for word in each]
        until, wait = time.monotonic() + _PATIENCE, 0.1
        while True:
            try:
                self._words.use(lambda line: deliveries.settle(line, flat))
            except sa.exc.DBAPIError as error:
                if not db.is_away(error) or time.monotonic() + wait > until:
                    raise
                time.sleep(wait)
                wait = min(2 * wait, 2.0)
            else:
                break
        for word in flat:
            said = {"code": word.code, "error": word.en} if word.en else {}
            line = _log.info if word.effect is EffectState.DONE else _log.warning
            line(word.message.value, provider=self.provider, effect_id=str(word.effect_id), **said)
        return [None] * len(words)

    def _tend(self) -> None:
        while True:
            self._live()
            try:
                if self._lanes.turn("tend", _TEND * 0.9):
                    settling.tend(self.provider)
            except redis.RedisError:
                _log.debug("lanes_away", provider=self.provider)
            except sa.exc.DBAPIError as error:
                _log.warning("database_away", error=str(error.orig).strip().split("\n")[0])
            except Exception:  # noqa: BLE001 (logged; the next round may do better, and the sending goes on)
                _log.exception("tending_failed", provider=self.provider)
            if self._over.wait(_TEND):
                return

    def _live(self) -> None:
        try:
            self._lanes.alive(self.slot)
        except redis.RedisError:
            _log.debug("lanes_away", provider=self.provider)

    def _leave(self) -> None:
        try:
            self._lanes.leaving(self.slot)
        except redis.RedisError:
            _log.debug("lanes_away", provider=self.provider)

    def _drain(self) -> None:
        """See what is under way to its end."""
        end = time.monotonic() + _LONGEST_DRAIN
        self._senders.shutdown(wait=False)
        while self.under_way and time.monotonic() < end:
            time.sleep(0.01)
