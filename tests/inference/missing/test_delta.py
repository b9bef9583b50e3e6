"""Delta adjustment: the mean of filled-in data, the interval's coverage, and tipping points."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from tests.calibration.coverage import least_count

from assay.inference.interval import Interval
from assay.inference.missing.delta import Observed


def observed(values: np.ndarray, *, outcomes: bool = False) -> Observed:
    there = values[~np.isnan(values)]
    moments = [float(((there - there.mean()) ** power).sum()) for power in (2, 3, 4)]
    ends = {"ends": (0.0, 1.0)} if outcomes else {}
    lacking = len(values) - len(there)
    return Observed(len(values), lacking, float(there.mean()), *moments, **ends)


@pytest.mark.parametrize("delta", [-1.5, 0, 0.7])
def test_it_is_the_mean_of_data_filled_in(delta):
    values = np.random.default_rng(1).lognormal(size=80)
    values[:20] = np.nan
    there = values[20:]
    filled = np.where(np.isnan(values), there.mean() + delta * there.std(ddof=1), values)
    assert observed(values).adjusted(delta) == pytest.approx(filled.mean())


def test_nothing_missing_is_students_interval():
    values = np.random.default_rng(2).normal(size=30)
    low, high, _ = observed(values).interval(1.5, 0.95)
    expected = scipy.stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (low, high) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("delta", [-2.0, 1.0])
@pytest.mark.parametrize("skewed", [False, True])
def test_the_interval_covers(delta, skewed):
    rng = np.random.default_rng(3)
    n, share, hits = 400, 0.3, 0
    draw = rng.exponential if skewed else rng.normal
    mean = 1.0 if skewed else 0.0
    for _ in range(600):
        values = draw(size=n)
        values[rng.random(n) < share] = np.nan
        low, high, _ = observed(values).interval(delta, 0.95)
        hits += low <= mean + share * delta <= high
    assert hits >= least_count(600, 0.94)


def test_the_share_of_missing_outcomes_is_cut():
    values = np.array([1.0] * 30 + [0.0] * 10 + [np.nan] * 10)
    found = observed(values, outcomes=True)
    assert found.adjusted(5) == pytest.approx(40 / 50)
    assert found.adjusted(-5) == pytest.approx(30 / 50)
    low, high, _ = found.interval(5, 0.95)
    assert 0.6 < low < 0.8 < high < 1
    # with the missing taken for ones it is a proportion, whose variance is known
    assert (high - low) / 2 == pytest.approx(1.96 * np.sqrt(0.8 * 0.2 / 50), rel=0.06)


def test_tipping_points():
    values = np.concatenate([np.random.default_rng(4).normal(10, 2, 60), np.full(40, np.nan)])
    found = observed(values)
    delta = found.tipping(9.0)
    assert found.adjusted(delta) == pytest.approx(9.0)
    assert observed(values[:60]).tipping(9.0) is None
    outcomes = observed(np.array([1.0, 0, 1, np.nan]), outcomes=True)
    assert outcomes.tipping(0.99) is None
    assert outcomes.adjusted(outcomes.tipping(0.6)) == pytest.approx(0.6)


def test_one_value_bounds_nothing():
    found = observed(np.array([3.0, np.nan]))
    assert found.adjusted(2) == 3
    assert found.interval(2, 0.95) == Interval(-np.inf, np.inf, "delta-adjusted-t")
