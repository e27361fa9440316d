"""Claims about urgency."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imece.priority import OLD_CODE, PRESETS, SEED, Preset, Scale, Signals, Tier, interval, score, tier

HOUR = timedelta(hours=1)


def test_the_documented_rule() -> None:
    signals = Signals(active_deal=True, variation=0.5, popularity=80, unseen=12 * HOUR)
    assert score(signals) == pytest.approx(50 + 0.30 * 50 + 0.15 * 80 + 0.05 * 50)
    assert score(Signals(active_deal=False, variation=9, popularity=900, unseen=100 * HOUR)) == 50
    assert score(Signals(variation=0, unseen=timedelta(0))) == 0


def test_the_rule_of_the_old_code() -> None:
    assert score(Signals(variation=0.01, unseen=HOUR), OLD_CODE) == 40
    assert score(Signals(variation=None, unseen=HOUR), OLD_CODE) == 40 + 0.25 * 70
    assert score(Signals(variation=0.11, unseen=7 * HOUR, popularity=100), OLD_CODE) == pytest.approx(
        40 + 0.25 * 50 + 0.15 * 100 + 0.10 * 40
    )
    assert score(Signals(active_deal=True, variation=0, unseen=HOUR), OLD_CODE) == 90
    assert score(Signals(active_deal=True, unseen=None, age=timedelta(0)), OLD_CODE) == 100


def test_the_intervals_and_that_a_deal_never_waits_longer_than_an_hour() -> None:
    assert [interval(points) / HOUR for points in (100, 80, 79.9, 60, 40, 20, 19.9, 0)] == [1, 1, 3, 3, 6, 12, 24, 24]
    assert [interval(points, preset=OLD_CODE) / HOUR for points in (80, 60, 40, 20, 0)] == [1, 2, 4, 8, 12]
    assert interval(0, active_deal=True) == interval(50, active_deal=True, preset=OLD_CODE) == HOUR


def test_deals_and_the_never_seen_go_first() -> None:
    assert tier(10, active_deal=True) is Tier.HIGH
    assert tier(10, seen=False) is Tier.HIGH
    assert [tier(points) for points in (80, 79.9, 40, 39.9)] == [Tier.HIGH, Tier.MEDIUM, Tier.MEDIUM, Tier.LOW]


def test_scales_step_or_slope() -> None:
    slope, steps = Scale(((0.02, 0), (0.20, 100))), Scale(((3, 20), (6, 40)), steps=True)
    assert [slope.worth(x) for x in (0, 0.02, 0.11, 0.2, 5)] == [0, 0, pytest.approx(50), 100, 100]
    assert [steps.worth(x) for x in (2.9, 3, 5.9, 6, 99)] == [0, 20, 20, 40, 40]


@given(
    st.sampled_from(sorted(PRESETS)),
    st.builds(
        Signals,
        active_deal=st.booleans(),
        variation=st.none() | st.floats(0, 100),
        popularity=st.floats(-1000, 1000),
        unseen=st.none() | st.timedeltas(timedelta(0), timedelta(days=4000)),
        age=st.timedeltas(timedelta(0), timedelta(days=4000)),
    ),
)
def test_a_score_stays_between_0_and_100_and_a_deal_never_lowers_it(name: str, signals: Signals) -> None:
    preset: Preset = PRESETS[name]
    plain = Signals(active_deal=False, variation=signals.variation, popularity=signals.popularity, unseen=signals.unseen, age=signals.age)
    assert 0 <= score(plain, preset) <= score(signals, preset) <= 100
    assert interval(score(signals, preset), active_deal=signals.active_deal, preset=preset) <= interval(score(plain, preset), preset=preset)


def test_the_default_is_the_documented_rule() -> None:
    assert score(Signals()) == score(Signals(), SEED)
