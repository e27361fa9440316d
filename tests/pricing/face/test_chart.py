"""A price over time as SVG."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from pricing.face import chart
from pricing.prices.history import Chart, Point

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def made(*steps: tuple[float, str, bool | None]) -> Chart:
    points = tuple(Point(NOW - timedelta(days=days), Decimal(price), stock) for days, price, stock in steps)
    prices = [point.price for point in points]
    return Chart(points, "TRY", min(prices), max(prices))


def test_without_a_price_there_is_nothing_to_draw() -> None:
    assert chart.draw(Chart((), "TRY", None, None), "tr") == ""


def test_it_says_in_words_what_it_shows() -> None:
    drawn = ET.fromstring(chart.draw(made((30, "120", True), (10, "90.50", True), (2, "110", True)), "tr", now=NOW))  # noqa: S314 (ours)

    assert drawn.get("role") == "img"
    assert drawn.get("aria-label") == (
        "21.10.2026 tarihinden bu yana fiyat: en düşük 90,50 TL (10.11.2026), en yüksek 120,00 TL, şimdi 110,00 TL."
    )


def test_the_line_goes_in_steps_from_edge_to_edge() -> None:
    drawn = str(chart.draw(made((10, "100", True), (5, "200", True)), "en", now=NOW))
    path = re.search(r'class="line" d="M0 ([\d.]+)H50V([\d.]+)H100"', drawn)

    assert path
    assert float(path[1]) > float(path[2]), "dearer is higher"


def test_the_lowest_is_marked_and_the_latest_of_equals_counts() -> None:
    drawn = str(chart.draw(made((10, "90", True), (6, "100", True), (2, "90", True)), "en", now=NOW))

    assert '<text class="lowest" x="80.0%"' in drawn
    assert "lowest TRY 90.00" in drawn


def test_where_it_was_out_of_stock_there_is_a_bar() -> None:
    drawn = str(chart.draw(made((10, "90", True), (5, "90", False), (2.5, "90", True)), "en", now=NOW))

    assert drawn.count('class="gap"') == 1
    assert 'x="50.0%"' in drawn
    assert 'width="25.0%"' in drawn


@pytest.mark.parametrize("prices", [("100",), ("0.05", "0.06"), ("9999999.99", "10000000"), ("1", "1000000"), ("50", "50")])
@pytest.mark.parametrize("locale", ["tr", "en"])
def test_every_range_has_a_few_round_lines_around_it(prices: tuple[str, ...], locale: chart.Locale) -> None:
    given = made(*((10 - 5 * n, price, True) for n, price in enumerate(prices)))
    drawn = ET.fromstring(chart.draw(given, locale, now=NOW))  # noqa: S314 (ours)
    lines = [line for line in drawn.iter("line") if line.get("class") == "grid"]
    heights = [float(one.get("cy") or 0) for one in drawn.iter("circle")]

    assert 2 <= len(lines) <= 8
    assert all(30 <= height <= 216 for height in heights)


def test_a_price_of_a_minute_ago_can_be_drawn() -> None:
    assert "lowest" in chart.draw(made((0, "5", None)), "en", now=NOW)


def test_the_area_begins_where_the_price_does() -> None:
    drawn = str(chart.draw(made((1 / 48, "5", None)), "en", now=NOW))
    under = re.search(r'class="under" d="M([\d.]+) [\d.]+H100V[\d.]+H([\d.]+)Z"', drawn)

    assert under
    assert under[1] == under[2] == "50"


def test_a_year_of_changes_has_no_dot_for_each() -> None:
    drawn = str(chart.draw(made(*((365 - n / 2, str(100 + n % 7), True) for n in range(700))), "en", now=NOW))

    assert 'class="dot"' not in drawn
