"""`python -m bench.imports MODULE...`: import them, and print as JSON which packages made the process how much larger (MiB of its own memory)."""

import builtins
import json
import mmap
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

_STATM = Path("/proc/self/statm")
_import = builtins.__import__
_growth: Counter[str] = Counter()
#: Of the imports that are under way: what their own imports have added.
_below: list[int] = []


def main() -> None:
    bare = _size()
    builtins.__import__ = _measured
    for name in sys.argv[1:]:
        _charged(name, lambda name=name: import_module(name))
    builtins.__import__ = _import
    whole = _size()
    largest = {name: round(size / 1024**2, 1) for name, size in _growth.most_common(12) if size >= 1 << 19}
    print(json.dumps({"interpreter": round(bare / 1024**2, 1), "imported": round((whole - bare) / 1024**2, 1), "by_package": largest}))


def _measured(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:  # noqa: A002 (as Python calls it)
    """Stands in for `__import__`; a relative import is its own package's."""
    package = globals["__package__"] if level else name
    return _charged(package, lambda: _import(name, globals, locals, fromlist, level))


def _charged(name: str, work: Any) -> Any:
    """Do `work`, and charge its growth to the package of `name`, less what other imports inside it were charged with."""
    _below.append(0)
    before = _size()
    try:
        return work()
    finally:
        grown = _size() - before
        _growth[name.partition(".")[0]] += grown - _below.pop()
        if _below:
            _below[-1] += grown


def _size() -> int:
    """Resident and not backed by a file: fields 2 and 3 of /proc/PID/statm, in pages."""
    _, resident, shared, *_rest = _STATM.read_text(encoding="ascii").split()
    return (int(resident) - int(shared)) * mmap.PAGESIZE


if __name__ == "__main__":
    main()
