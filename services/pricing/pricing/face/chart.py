"""
A price over time as SVG, made here: steps, the lowest marked, where it was out of stock, readable without colours and by a screen reader.

What stretches (the line) lies in an inner drawing without proportions; what must not (text, dots) is placed by percent of the width and by pixels of
the height. So one chart fits a telephone and a desk without a script and without a style of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Literal, NamedTuple

from markupsafe import Markup

from imece import clock
from pricing.deals import wording
from pricing.prices.history import Chart, Point

Locale = Literal["tr", "en"]

#: Pixels: the whole height, and where the plot lies in it.
_HEIGHT, _TOP, _BOTTOM = 260, 34, 214
_STEPS = (1, 2, 2.5, 5, 10)
_DATES = 4


class Mark(NamedTuple):
    """A place on the chart: percent of its width, pixels of its height."""

    x: float
    y: float


@dataclass(frozen=True)
class _Frame:
    """From prices and moments to places."""

    begins: datetime
    ends: datetime
    low: float
    high: float

    def x(self, at: datetime) -> float:
        return round(100 * (at - self.begins) / (self.ends - self.begins), 3)

    def y(self, level: float | Decimal) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * (float(level) - self.low) / (self.high - self.low), 2)

    def mark(self, point: Point) -> Mark:
        return Mark(self.x(point.at), self.y(point.price))


def draw(chart: Chart, locale: Locale, *, now: datetime | None = None) -> Markup:
    """The chart as an element to be put into a page; empty where no price is known."""
    if not chart.points or chart.low is None or chart.high is None:
        return Markup()
    ends = now or clock.now()
    points = chart.points
    begins = min(points[0].at, ends - timedelta(hours=1))
    ticks = _ticks(float(chart.low), float(chart.high))
    frame = _Frame(begins, ends, ticks[0], ticks[-1])
    lowest = min(points, key=lambda point: (point.price, -point.at.timestamp()))
    parts = [
        *_grid(frame, ticks),
        *_dates(frame, locale),
        *_gaps(frame, points, ends, locale),
        Markup('<svg class="plot" x="0" y="{}" width="100%" height="{}" viewBox="0 {} 100 {}" preserveAspectRatio="none">').format(
            _TOP, _BOTTOM - _TOP, _TOP, _BOTTOM - _TOP
        ),
        Markup('<path class="under" d="{}V{}H{:g}Z"/>').format(_path(frame, points, ends), _BOTTOM, frame.x(points[0].at)),
        Markup('<path class="line" d="{}"/></svg>').format(_path(frame, points, ends)),
        *_levels(frame, ticks, chart.currency, locale),
        *_dots(frame, points, chart.currency, locale),
        *_lowest(frame, lowest, chart.currency, locale),
    ]
    opening = Markup('<svg class="chart" width="100%" height="{}" role="img" aria-label="{}">').format(
        _HEIGHT, summary(chart, lowest, locale)
    )
    return opening + Markup("").join(parts) + Markup("</svg>")


def summary(chart: Chart, lowest: Point, locale: Locale) -> str:
    """What the chart shows, in a sentence."""
    assert chart.low is not None
    assert chart.high is not None
    low, high, last = (wording.price(price, chart.currency, locale) for price in (chart.low, chart.high, chart.points[-1].price))
    since, day = _day(chart.points[0].at, locale, year=True), _day(lowest.at, locale, year=True)
    if locale == "tr":
        return f"{since} tarihinden bu yana fiyat: en düşük {low} ({day}), en yüksek {high}, şimdi {last}."
    return f"Price since {since}: lowest {low} ({day}), highest {high}, now {last}."


def _path(frame: _Frame, points: Sequence[Point], ends: datetime) -> str:
    first = frame.mark(points[0])
    steps = [f"M{first.x:g} {first.y:g}"]
    for point in points[1:]:
        mark = frame.mark(point)
        steps.append(f"H{mark.x:g}V{mark.y:g}")
    return "".join([*steps, f"H{frame.x(ends):g}"])


def _ticks(low: float, high: float) -> list[float]:
    """Three to five round prices around what there was, in rising order."""
    room = (high - low) or max(high * 0.1, 1.0)
    rough = room / 3
    size = 10.0 ** (len(str(int(rough))) - 1) if rough >= 1 else 0.1
    step = next(size * factor for factor in _STEPS if size * factor >= rough or factor == _STEPS[-1])
    first = int((low - (room * 0.08 if high > low else room / 2)) / step) * step
    ticks = [max(0.0, first)]
    while ticks[-1] < high + room * 0.04:
        ticks.append(ticks[-1] + step)
    return ticks


def _grid(frame: _Frame, ticks: Sequence[float]) -> Iterator[Markup]:
    for tick in ticks:
        yield Markup('<line class="grid" x1="0" x2="100%" y1="{0}" y2="{0}"/>').format(frame.y(tick))


def _levels(frame: _Frame, ticks: Sequence[float], currency: str, locale: Locale) -> Iterator[Markup]:
    """What the lines of the grid stand for; over the price's own line, so that it never strikes them out."""
    for tick in ticks:
        label = wording.price(Decimal(f"{tick:.2f}"), currency, locale).replace(",00" if locale == "tr" else ".00", "")
        yield Markup('<text class="tick" x="0" y="{}">{}</text>').format(frame.y(tick) - 4, label)


def _dates(frame: _Frame, locale: Locale) -> Iterator[Markup]:
    span = frame.ends - frame.begins
    for number in range(_DATES + 1):
        at = frame.begins + span * number / _DATES
        anchor = "start" if number == 0 else "end" if number == _DATES else "middle"
        text = _day(at, locale) if span > timedelta(days=3) else at.astimezone(clock.ISTANBUL).strftime("%H:%M")
        yield Markup('<text class="tick" x="{}%" y="{}" text-anchor="{}">{}</text>').format(
            100 * number / _DATES, _BOTTOM + 38, anchor, text
        )


def _gaps(frame: _Frame, points: Sequence[Point], ends: datetime, locale: Locale) -> Iterator[Markup]:
    """A bar below the plot wherever it was out of stock."""
    said = "Stokta yok" if locale == "tr" else "Out of stock"
    for point, until in pairwise([*[(p.at, p.in_stock) for p in points], (ends, None)]):
        if point[1] is False:
            x, width = frame.x(point[0]), max(0.4, frame.x(until[0]) - frame.x(point[0]))
            yield Markup('<rect class="gap" x="{}%" y="{}" width="{}%" height="6" rx="3"><title>{}: {} – {}</title></rect>').format(
                x, _BOTTOM + 8, round(width, 3), said, _day(point[0], locale), _day(until[0], locale)
            )


def _dots(frame: _Frame, points: Sequence[Point], currency: str, locale: Locale) -> Iterator[Markup]:
    """Each change, to be pointed at: what it was, from when on."""
    for point in points if len(points) <= 400 else ():
        mark = frame.mark(point)
        told = f"{_day(point.at, locale, year=True)}: {wording.price(point.price, currency, locale)}"
        yield Markup('<circle class="dot" cx="{}%" cy="{}" r="7"><title>{}</title></circle>').format(mark.x, mark.y, told)


def _lowest(frame: _Frame, lowest: Point, currency: str, locale: Locale) -> Iterator[Markup]:
    mark = frame.mark(lowest)
    word = "en düşük" if locale == "tr" else "lowest"
    anchor, shift = ("start", 0) if mark.x < 50 else ("end", 0)
    yield Markup('<circle class="lowest" cx="{}%" cy="{}" r="5"/>').format(mark.x, mark.y)
    yield Markup('<text class="lowest" x="{}%" y="{}" text-anchor="{}">{} {}</text>').format(
        mark.x, mark.y + 18 + shift, anchor, word, wording.price(lowest.price, currency, locale)
    )


def _day(at: datetime, locale: Locale, *, year: bool = False) -> str:
    local = at.astimezone(clock.ISTANBUL)
    if locale == "tr":
        return local.strftime("%d.%m.%Y" if year else "%d.%m")
    return local.strftime("%d %b %Y" if year else "%d %b")
