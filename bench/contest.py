"""imece and its peers side by side: each with its own worker process and its own Redis database, one at a time awake."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.contenders import late_celery, ours, stock_dramatiq
from bench.contenders.stamp import PIPE, Stamps
from bench.ground import Ground, Worker, python
from imece.embedded.redis import embedded_url

_CELERY = ("worker", "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "ERROR")


@dataclass(frozen=True)
class Contender:
    """One side. `fill(n)` submits n no-ops, `ask(number)` a job that stamps, `left()` counts what is not done."""

    name: str
    about: str
    command: list[str]
    fill: Callable[[int], object]
    ask: Callable[[int], object]
    left: Callable[[], int]
    environment: Mapping[str, str] = field(default_factory=dict)


def contenders(home: Path) -> dict[str, Contender]:
    """All of them by name, imece first."""
    sides = [_imece()]
    sides += [
        _dramatiq(home, 2, "dramatiq", "stock, 1 process, 8 threads", {}),
        _dramatiq(home, 3, "dramatiq tuned", "prefetch 256", {"dramatiq_queue_prefetch": "256"}),
        _celery(home, 4, "celery prefork", "acks late, prefetch 64, 2 child processes", ("-P", "prefork", "-c", "2")),
        _celery(home, 5, "celery threads", "acks late, prefetch 64, 8 threads", ("-P", "threads", "-c", "8")),
    ]
    return {side.name: side for side in sides}


@dataclass
class Contest:
    """Everybody's worker, asleep; `awake` wakes one. A worker that sleeps is stopped by signal and costs nothing."""

    contenders: Mapping[str, Contender]
    workers: Mapping[str, Worker]
    stamps: Stamps

    @contextmanager
    def awake(self, *names: str) -> Iterator[None]:
        """These workers run, the others sleep."""
        for name in names:
            self.workers[name].resume()
        try:
            yield
        finally:
            for name in names:
                self.workers[name].pause()

    def begun(self, name: str, number: int) -> int:
        """Ask `name` for job `number`, wait until it begins, and tell when (nanoseconds since boot)."""
        self.contenders[name].ask(number)
        while self.workers[name].pid:  # raises when it has died
            found = self.stamps.next(patience=2)
            if found and found[0] == number:
                return found[1]
        raise AssertionError


@contextmanager
def contest(ground: Ground, chosen: Mapping[str, Contender]) -> Iterator[Contest]:
    """Start a worker for each of `chosen`, see that it works, and put it to sleep."""
    pipe = ground.home / "stamps"
    with ExitStack() as stack:
        stamps = Stamps(pipe)
        stack.callback(pipe.unlink)
        stack.callback(stamps.close)
        workers = {}
        for name, side in chosen.items():
            environment = {**side.environment, PIPE: str(pipe)}
            workers[name] = stack.enter_context(ground.process(name.replace(" ", "-"), side.command, environment))
        made = Contest(chosen, workers, stamps)
        stack.callback(_wake_all, workers)
        for number, name in enumerate(chosen):
            made.begun(name, -1 - number)
            workers[name].pause()
        yield made


def _wake_all(workers: Mapping[str, Worker]) -> None:
    for worker in workers.values():
        worker.resume()  # a sleeper cannot hear that it should end


def _imece() -> Contender:
    command = python("-m", "bench.contenders.ours")
    return Contender("imece", f"{ours.THREADS} threads, prefetch {ours.PREFETCH}", command, ours.fill, ours.ask, ours.left)


def _dramatiq(home: Path, database: int, name: str, about: str, environment: Mapping[str, str]) -> Contender:
    url = f"{embedded_url(home)}?db={database}"
    peer = stock_dramatiq.make(url)
    command = python("-m", "dramatiq", "bench.contenders.stock_dramatiq:broker", "--processes", "1", "--threads", "8")
    return Contender(name, about, command, peer.fill, peer.say_when.send, peer.left, {stock_dramatiq.URL: url, **environment})


def _celery(home: Path, database: int, name: str, about: str, pool: tuple[str, ...]) -> Contender:
    url = embedded_url(home).replace("unix://", "redis+socket://") + f"?virtual_host={database}"
    peer = late_celery.make(url)
    command = python("-m", "celery", "-A", "bench.contenders.late_celery", *_CELERY, *pool)
    return Contender(name, about, command, peer.fill, peer.say_when.delay, peer.left, {late_celery.URL: url})
