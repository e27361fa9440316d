"""The tick that sees to what was put off, beside a test's pools."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from imece import db, ledger
from imece.contracts.notify import SettleMessages


@contextmanager
def ticking() -> Iterator[None]:
    """As the scheduler does it, but sooner: on a busy machine a request may be answered too late, and is tried again."""
    over = threading.Event()

    def tick() -> None:
        while not over.wait(2):
            with db.transaction() as session:
                ledger.submit(session, SettleMessages(), unique_key="notify.settle")

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
