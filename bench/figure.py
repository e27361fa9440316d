"""What a figure's script gives back: one number whose floor is known, its peers', and how it came about."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Options:
    """How long to measure: `quick` is for trying, not for the table. `letters` is the size of `letters-bulk`."""

    quick: bool = False
    letters: int = 10_000


@dataclass(frozen=True)
class Figure:
    """One figure. `value`, in `unit`, is the quantity whose floor is stated; `peers` are comparable values of others in the same run."""

    figure: str
    value: float
    unit: str
    peers: dict[str, Any] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)
