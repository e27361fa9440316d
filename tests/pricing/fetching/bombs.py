"""Reads a bomb and an endless body several times; prints by how many kB the process grew at most, and what each came to. `python bombs.py URL`."""

import asyncio
import resource
import sys

from pricing.extraction.scanner import Scanner
from pricing.fetching.bodies import Unreadable
from pricing.fetching.client import Client
from pricing.fetching.terms import Manners


async def main(url: str) -> None:
    codes = []
    manners = Manners(allowed_networks=("127.0.0.0/8",))
    async with Client(manners) as client:
        await client.get(f"{url}/p/1", Scanner(url=url), bounds=manners.page)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for trouble in ["bomb", "endless"] * 6:
            try:
                await client.get(f"{url}/trouble/{trouble}", Unread(), bounds=manners.page)
            except Unreadable as fault:
                codes.append(fault.reason.code)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(grown, *codes)  # noqa: T201 (its answer)


class Unread(Scanner):
    """A scanner that wants all of it."""

    def feed(self, piece: bytes) -> bool:
        super().feed(piece)
        return False


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
