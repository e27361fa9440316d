"""A line from an event loop to Redis: commands that are given while one round trip is under way travel together in the next one."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Any

import redis


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script that Redis runs as a whole."""

    text: str
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha", sha1(self.text.encode(), usedforsecurity=False).hexdigest())


class Line:
    """
    Lives in one event loop. Close it at the end.

    A RedisError reaches whoever gave the command; those of a whole round trip reach all that travelled with it.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._thread = ThreadPoolExecutor(1, "pricing-redis")
        self._waiting: list[tuple[tuple[Any, ...], asyncio.Future[Any]]] = []
        self._going: asyncio.Task[None] | None = None
        self.answered_at = 0.0  #: of the machine's monotonic clock: when the last answers came, even if the loop was busy then

    async def send(self, *command: Any) -> Any:
        """One command, its answer."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, answer))
        if self._going is None:
            self._going = asyncio.create_task(self._go())
        return await answer

    async def run(self, script: Script, keys: Sequence[str], *arguments: Any) -> Any:
        """Run a script, which Redis may not have seen before."""
        try:
            return await self.send("EVALSHA", script.sha, len(keys), *keys, *arguments)
        except redis.exceptions.NoScriptError:
            return await self.send("EVAL", script.text, len(keys), *keys, *arguments)

    def close(self) -> None:
        """Wait for what is under way."""
        self._thread.shutdown()

    async def _go(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                answers = await asyncio.get_running_loop().run_in_executor(self._thread, self._trip, [command for command, _ in batch])
            except redis.RedisError as error:
                answers = [error] * len(batch)
            for (_, future), answer in zip(batch, answers, strict=True):
                if future.done():  # whoever asked was cancelled
                    continue
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)
        self._going = None

    def _trip(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        pipe = self._client.pipeline(transaction=False)
        for command in commands:
            pipe.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py's own
        answers = pipe.execute(raise_on_error=False)
        self.answered_at = time.monotonic()
        return answers
