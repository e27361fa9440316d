"""The table in README.md, between its two markers: one row per figure, each as it was measured last."""

import os
from pathlib import Path

from bench.figure import FLOORS, Figure
from imece import clock

_README = Path(__file__).parent / "README.md"
_BEGIN, _END = "<!-- figures -->", "<!-- end of figures -->"
_HEAD = "| figure | value | floor | beside it | measured |\n|---|---|---|---|---|"


def write(figure: Figure, readme: Path = _README) -> None:
    """Put the figure's row in the place of its old one."""
    before, _, rest = readme.read_text(encoding="utf-8").partition(_BEGIN)
    old, _, after = rest.partition(_END)
    rows = {line.split("|")[1].strip(" `"): line for line in old.splitlines() if line.startswith("| `")}
    rows[figure.figure] = _row(figure)
    lines = "\n".join(rows[name] for name in FLOORS if name in rows)
    readme.write_text(f"{before}{_BEGIN}\n\n{_HEAD}\n{lines}\n\n{_END}{after}", encoding="utf-8")


def _row(figure: Figure) -> str:
    cores = os.cpu_count()
    measured = f"{clock.now():%Y-%m-%d}, {cores} cores"
    value = f"{figure.value:,.{0 if figure.value >= 1000 else 1 if figure.value >= 1 else 3}f}"
    return f"| `{figure.figure}` | **{value}** {figure.unit} | {FLOORS[figure.figure]} | {figure.remarks} | {measured} |"
