"""Bounds for means of which some values are not known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from assay.inference.interval import Interval
from assay.inference.proportions import wilson
from assay.inference.unanswered import worst_case


def exact(interval: Interval, answered: int, asked: int, **bounds: float) -> Interval:
    """Of these rows as they are: the share that is known has no error."""
    return worst_case(interval, answered, asked, level=None, **bounds)


def test_nothing_missing_changes_nothing() -> None:
    known = Interval(0.6, 0.8, "wilson")
    assert worst_case(known, 10, 10, low=0, high=1, value=0.7, level=0.95) == known


def test_the_unknown_may_all_be_at_either_end() -> None:
    low, high, method = exact(Interval(0.5, 0.75, "wilson"), 8, 10, low=0, high=1, value=0.6)
    assert low == pytest.approx(0.4)
    assert high == pytest.approx(0.8)
    assert method == "wilson+worst-case"


def test_other_bounds() -> None:
    low, high, _ = exact(Interval(2, 2, "x"), 1, 2, low=1, high=5, value=2)
    assert (low, high) == (1.5, 3.5)
    assert exact(Interval(2, 2, "x"), 1, 2, low=0, high=math.inf, value=2).high == math.inf
    assert exact(Interval(-math.inf, 2, "x"), 1, 2, low=0, high=4, value=2).low == -math.inf


@pytest.mark.parametrize(("right", "answered", "asked"), [(140, 170, 200), (30, 60, 80)])
def test_the_share_that_is_known_has_an_error_of_its_own(right, answered, asked):
    """Of yes and no, each end is that of a share of all: Wilson's."""
    found = worst_case(
        wilson(right, answered, 0.95), answered, asked, low=0, high=1,
        value=right / answered, level=0.95,
    )  # fmt: skip
    fewest, most = wilson(right, asked, 0.95), wilson(right + asked - answered, asked, 0.95)
    assert found.low == pytest.approx(fewest.low, abs=0.02)
    assert found.high == pytest.approx(most.high, abs=0.02)


def test_an_end_can_miss_no_more_often_than_is_said() -> None:
    """Half of the wrong answers are lost: the lower end is as close to the truth as it can be."""
    rng = np.random.default_rng(3)
    right = rng.random((4_000, 200)) < 0.7
    known = right | (rng.random(right.shape) < 0.5)
    above = 0
    for k, n in zip(right.sum(axis=1).tolist(), known.sum(axis=1).tolist(), strict=True):
        of_known = wilson(k, n, 0.95)
        above += worst_case(of_known, n, 200, low=0, high=1, value=k / n, level=0.95).low > 0.7
    assert above <= stats.binom.ppf(1 - 1e-4, 4_000, 0.025)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_means_at_a_bound_stay_within(value):
    found = worst_case(wilson(10 * value, 10, 0.95), 10, 15, low=0, high=1, value=value, level=0.95)
    assert 0 <= found.low <= value <= found.high <= 1
    assert found.high - found.low > 1 / 3


@pytest.mark.parametrize("counts", [(0, 3), (4, 3)])
def test_counts_that_cannot_be(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="known of"):
        exact(Interval(0, 1, "x"), *counts, low=0, high=1, value=0.5)
