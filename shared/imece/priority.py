"""
How urgent it is to look at a thing again: a score from 0 to 100, and how long that score may wait.

Knows nothing of what is looked at. A preset is data, so that a service can turn it into one SQL statement over a million rows; the functions here
are the same rule for a single thing, and what such a statement is tested against.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from itertools import pairwise

HOUR = timedelta(hours=1)


class Tier(IntEnum):
    """Which queue a thing waits in. Smaller goes first."""

    HIGH = 0  #: an active deal, a score of 80 and more, or never seen
    MEDIUM = 1  #: 40 to 79
    LOW = 2


#: The lowest score of a tier.
HIGH_FROM, MEDIUM_FROM = 80.0, 40.0


@dataclass(frozen=True, slots=True)
class Scale:
    """
    What a measure is worth, from 0 to 100: `points` are (measure, worth), rising in the measure.

    Below the first point it is worth nothing, above the last what the last says; between two points the value of the lower one (`steps`), or what lies
    on the line between them.
    """

    points: tuple[tuple[float, float], ...]
    steps: bool = False

    def worth(self, measure: float) -> float:
        """The worth of `measure`."""
        if measure < self.points[0][0]:
            return 0.0
        for (low, worth), (high, next_worth) in pairwise(self.points):
            if measure < high:
                return worth if self.steps else worth + (next_worth - worth) * (measure - low) / (high - low)
        return self.points[-1][1]


@dataclass(frozen=True, slots=True)
class Signals:
    """
    What is known of a thing. `popularity` is from 0 to 100.

    `variation` is the coefficient of variation of its value over a month (standard deviation by mean), None when it is known for too short a time;
    `unseen` is the time since the last look, None if there was none.
    """

    active_deal: bool = False
    variation: float | None = None
    popularity: float = 0.0
    unseen: timedelta | None = None
    age: timedelta = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Preset:
    """
    One way to score. The sum of what the signals are worth (each 0 to 100) times their weights, with points for what is true of the thing, between 0 and 100.

    `intervals` are (lowest score, longest wait), highest score first.
    """

    name: str
    intervals: tuple[tuple[float, timedelta], ...]
    variation_scale: Scale
    recency_scale: Scale  #: of the hours unseen
    volatility: float  #: weight of the variation's worth
    popularity: float  #: weight
    recency: float  #: weight
    active_deal: float = 50.0  #: points
    baseline: float = 0.0  #: points that everything has
    never_seen: float = 0.0  #: points
    young: float = 0.0  #: points of what is younger than a week
    unknown_volatility: float = 0.0  #: the worth of a variation that is not known


YOUNG = timedelta(days=7)
#: An active deal never waits longer than this, whatever its score.
DEAL_INTERVAL = HOUR

#: The documented rule. Its scales were never written down; these are ours: 0 to 100 for a variation of 0 to 100 %, and for 0 to 24 hours.
SEED = Preset(
    name="seed",
    intervals=((80, HOUR), (60, 3 * HOUR), (40, 6 * HOUR), (20, 12 * HOUR), (0, 24 * HOUR)),
    variation_scale=Scale(((0, 0), (1, 100))),
    recency_scale=Scale(((0, 0), (24, 100))),
    volatility=0.30,
    popularity=0.15,
    recency=0.05,
)

#: The rule that the old code really ran.
OLD_CODE = Preset(
    name="old_code",
    intervals=((80, HOUR), (60, 2 * HOUR), (40, 4 * HOUR), (20, 8 * HOUR), (0, 12 * HOUR)),
    variation_scale=Scale(((0.02, 0), (0.20, 100))),
    recency_scale=Scale(((3, 20), (6, 40), (12, 60), (24, 80), (48, 100)), steps=True),
    volatility=0.25,
    popularity=0.15,
    recency=0.10,
    baseline=40.0,
    never_seen=20.0,
    young=15.0,
    unknown_volatility=70.0,
)

PRESETS = {preset.name: preset for preset in (SEED, OLD_CODE)}


def score(signals: Signals, preset: Preset = SEED) -> float:
    """How urgent it is to look again, from 0 (it can wait) to 100."""
    volatility = preset.unknown_volatility if signals.variation is None else preset.variation_scale.worth(signals.variation)
    recency = 100.0 if signals.unseen is None else preset.recency_scale.worth(signals.unseen / HOUR)
    points = (
        preset.baseline
        + preset.active_deal * signals.active_deal
        + preset.volatility * volatility
        + preset.popularity * min(100.0, max(0.0, signals.popularity))
        + preset.recency * recency
        + preset.never_seen * (signals.unseen is None)
        + preset.young * (signals.age < YOUNG)
    )
    return min(100.0, max(0.0, points))


def interval(scored: float, *, active_deal: bool = False, preset: Preset = SEED) -> timedelta:
    """The longest time until the next look."""
    longest = next((wait for lowest, wait in preset.intervals if scored >= lowest), preset.intervals[-1][1])
    return min(longest, DEAL_INTERVAL) if active_deal else longest


def tier(scored: float, *, active_deal: bool = False, seen: bool = True) -> Tier:
    """Which queue it waits in."""
    if active_deal or not seen or scored >= HIGH_FROM:
        return Tier.HIGH
    return Tier.MEDIUM if scored >= MEDIUM_FROM else Tier.LOW
