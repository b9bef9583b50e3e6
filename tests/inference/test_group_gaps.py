"""Gaps between groups that were measured on the same units."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from assay.inference.group_gaps import greatest_gap, pair_interval
from assay.inference.wordings import Units, mean_drop

RNG = np.random.default_rng(11)
X, Y = RNG.normal(5, 1, 30), RNG.normal(4, 1, 30)
ALONE = Units.of(range(30))
NO_BOUNDS = {"low": 0.0, "high": math.inf}


def test_without_bounds_a_pair_s_is_student_s_paired_interval() -> None:
    found = pair_interval(X, Y, ALONE, 0.9, **NO_BOUNDS)
    ends = stats.ttest_rel(X, Y).confidence_interval(0.9)
    assert found[:2] == pytest.approx((ends.low, ends.high))


def test_clusters_of_a_pair() -> None:
    """Each value six times over: as many units, and no more is known."""
    many = Units.of([i for i in range(30) for _ in range(6)])
    found = pair_interval(np.repeat(X, 6), np.repeat(Y, 6), many, 0.95, **NO_BOUNDS)
    assert found[:2] == pytest.approx(pair_interval(X, Y, ALONE, 0.95, **NO_BOUNDS)[:2])
    assert found.method == "cluster-jackknife"


def test_within_bounds_it_is_that_of_a_drop() -> None:
    a, b = (X > 5).astype(float), (Y > 5).astype(float)
    assert pair_interval(a, b, ALONE, 0.95, low=0, high=1) == mean_drop(a, b, ALONE, 0.95)


def test_the_gap_of_two_groups_is_their_difference_without_its_sign() -> None:
    pair = pair_interval(Y, X, ALONE, 0.95, **NO_BOUNDS)
    gap = greatest_gap({"y": Y, "x": X}, ALONE, 0.95, **NO_BOUNDS)
    assert (gap.highest, gap.lowest) == ("x", "y")
    assert gap.value == pytest.approx(X.mean() - Y.mean())
    assert (gap.interval.low, gap.interval.high) == pytest.approx((-pair.high, -pair.low))


def test_more_groups_lower_the_lower_end_alone() -> None:
    two = greatest_gap({"x": X, "y": Y}, ALONE, 0.95, **NO_BOUNDS)
    more = greatest_gap({"x": X, "y": Y, "z": (X + Y) / 2}, ALONE, 0.95, **NO_BOUNDS)
    assert more.value == two.value
    assert more.interval.high == pytest.approx(two.interval.high)
    strict = stats.ttest_rel(X, Y).confidence_interval(1 - 0.05 / 3)
    assert more.interval.low == pytest.approx(strict.low)


def test_no_spread_is_no_certainty() -> None:
    """Equal differences, of values up to 9: that of values within 0 and 9."""
    nine, seven = np.full(30, 9.0), np.full(30, 7.0)
    found = pair_interval(nine, seven, ALONE, 0.95, **NO_BOUNDS)
    assert found == mean_drop(nine, seven, ALONE, 0.95, low=0, high=9)
    assert found.low < 2 < found.high
    assert math.isinf(pair_interval(X * 0, X * 0, ALONE, 0.95, **NO_BOUNDS).high)
    one = Units.of(["a"])
    assert greatest_gap({"x": X[:1], "y": Y[:1]}, one, 0.95, **NO_BOUNDS).interval.low == 0


@pytest.mark.parametrize("values", [{}, {"x": X}, {"x": X[:0], "y": Y[:0]}])
def test_nothing_to_compare(values: dict[str, np.ndarray]) -> None:
    units = Units.of(range(len(next(iter(values.values()), X))))
    with pytest.raises(ValueError, match="two groups"):
        greatest_gap(values, units, 0.95)
