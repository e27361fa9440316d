"""`python -m bench [FIGURE]`: measure one figure, or all of them and rewrite the table in README.md. One line of JSON each, printed last."""

import argparse
import signal
import sys
from importlib import import_module
from pathlib import Path

from bench import table
from bench.figure import FLOORS, NEED_A_FOLDER, Figure, Options


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("figure", nargs="?", choices=FLOORS, help="all of them without any")
    parser.add_argument(
        "folder", nargs="?", type=Path, help="the labelled pages of pricing-extraction, which is left out without them; clips of speech"
    )
    parser.add_argument("--quick", action="store_true", help="shorter, for trying; the table stays as it is")
    parser.add_argument("--letters", type=int, default=10_000, help="size of letters-bulk (10000)")
    parser.add_argument("--products", type=int, help="size of pricing-pass (1000000, quick 20000)")
    parser.add_argument("--table", action="store_true", help="rewrite the row of this one figure too")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that everything started is stopped
    found: list[Figure] = []
    for name in [given.figure] if given.figure else [name for name in FLOORS if name not in NEED_A_FOLDER]:
        measure = import_module(f"bench.{name.replace('-', '_')}").measure
        found.append(measure(Options(given.quick, given.letters, given.products, given.folder)))
        if not given.quick and (given.table or not given.figure):
            table.write(found[-1])
        print(found[-1].line(), flush=True)


if __name__ == "__main__":
    main()
