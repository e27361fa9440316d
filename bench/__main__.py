"""`python -m bench [FIGURE]`: measure one figure, or all and rewrite the table in README.md. Each prints one line of JSON, the last line its own."""

import argparse
import signal
import sys
from importlib import import_module

from bench.figure import Figure, Options

FIGURES = ("ledger-latency", "ledger-throughput")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("figure", nargs="?", choices=FIGURES)
    parser.add_argument("--quick", action="store_true", help="shorter, for trying")
    parser.add_argument("--letters", type=int, default=10_000, help="size of letters-bulk")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that everything started is stopped
    options = Options(given.quick, given.letters)
    for name in [given.figure] if given.figure else FIGURES:
        found: Figure = import_module(f"bench.{name.replace('-', '_')}").measure(options)
        print(found.line(), flush=True)


if __name__ == "__main__":
    main()
