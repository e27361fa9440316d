"""imece's side: two kinds of work, and a worker process for them (`python -m bench.contenders.ours`)."""

import argparse
import signal

import sqlalchemy as sa

from bench.contenders.stamp import stamp
from imece import db, ledger, log
from imece.contracts import Contract
from imece.service import Pool, Service
from imece.worker import Job, actor
from imece.worker.actor import handlers
from imece.worker.run import Process

#: What a pool for short jobs has: threads, and messages taken ahead.
THREADS, PREFETCH = 16, 256

_LEFT = "select count(*) from ledger.job where state in ('queued', 'running')"


class DoNothing(Contract, kind="bench.nothing", queue="bench.quick"):
    """A job without work: what is left is the price of the floor."""

    number: int


class SayWhen(Contract, kind="bench.say_when", queue="bench.quick"):
    """A job that says when it was begun."""

    number: int


@actor(DoNothing)
def nothing(_job: Job, _contract: DoNothing) -> None:
    pass


@actor(SayWhen)
def say_when(_job: Job, contract: SayWhen) -> None:
    stamp(contract.number)


def fill(count: int) -> None:
    """Submit so many no-ops in one transaction."""
    with db.transaction() as session:
        ledger.submit_many(session, (DoNothing(number=number) for number in range(count)))


def fill_singly(count: int) -> None:
    """Submit so many no-ops, each in a transaction of its own: each waits for the disk."""
    for number in range(count):
        ledger.submit_alone(DoNothing(number=number))


def ask(number: int) -> None:
    """Submit one job that says when it begins."""
    ledger.submit_alone(SayWhen(number=number))


def left() -> int:
    """Jobs that are not final yet, as committed."""
    with db.quick() as connection:
        return int(connection.execute(sa.text(_LEFT)).scalar_one())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=THREADS)
    parser.add_argument("--prefetch", type=int, default=PREFETCH)
    given = parser.parse_args()
    pool = Pool("quick", ("bench.quick",), threads=given.threads, prefetch=given.prefetch)
    card = Service("bench", "jobs without work", pools=(pool,), has_schema=False)
    log.configure(service=card.name, pool=pool.name)
    process = Process(card, pool, handlers())
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: process.stopping.set())
    process.start()
    process.stopping.wait()
    process.stop(grace=5)


if __name__ == "__main__":
    main()
