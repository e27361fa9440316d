"""How often something may happen within a span of time: the limits that providers publish."""

import time
from collections import deque


class Limit:
    """At most `most` within `seconds`, however they are spread. One event loop uses it."""

    def __init__(self, most: int, seconds: float) -> None:
        """Nothing has happened yet."""
        self.most = most
        self.seconds = seconds
        self._times: deque[float] = deque()

    def wait(self) -> float:
        """Seconds until one more may happen; 0 if it may now."""
        moment = time.monotonic()
        while self._times and self._times[0] <= moment - self.seconds:
            self._times.popleft()
        return self._times[0] + self.seconds - moment if len(self._times) >= self.most else 0.0

    def count(self) -> None:
        """One more has happened."""
        self._times.append(time.monotonic())

    def over(self) -> bool:
        """Whether one more is too many; it counts, if not."""
        if self.wait():
            return True
        self.count()
        return False
