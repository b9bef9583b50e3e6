"""Intervals for means of scores between bounds: agreement with Wilson's, and coverage."""

from __future__ import annotations

import numpy as np
import pytest

from assay.inference.bounded_means import bounded_mean
from assay.inference.interval import t_value, z_value
from assay.inference.proportions import wilson


def test_yes_or_no_answers_come_close_to_wilson() -> None:
    n, yes = 400, 120
    p = yes / n
    variance = p * (1 - p) * n / (n - 1)
    low, high, _ = bounded_mean(p, variance, n, 0.95)
    # the same formula with n - 1 answers and the quantile of t
    rows = (n - 1) * (z_value(0.95) / t_value(0.95, n - 1)) ** 2
    assert (low, high) == pytest.approx(wilson(p * rows, rows, 0.95)[:2])


def test_equal_scores_do_not_promise_certainty() -> None:
    low, high, _ = bounded_mean(1.0, 0.0, 5, 0.95)
    assert high == 1.0
    assert low < 0.6
    assert bounded_mean(0.5, 0.0, 5, 0.95).low < 0.2


def test_one_value_says_next_to_nothing() -> None:
    low, high, _ = bounded_mean(0.5, 0.0, 1, 0.95)
    assert low < 0.1
    assert high > 0.9


def test_other_bounds_are_a_change_of_scale() -> None:
    unit = bounded_mean(0.7, 0.02, 30, 0.95)
    wide = bounded_mean(3.8, 0.32, 30, 0.95, low=1, high=5)
    assert wide[:2] == pytest.approx((1 + 4 * unit.low, 1 + 4 * unit.high))


@pytest.mark.parametrize("arguments", [(1.2, 0.0, 5), (0.5, 0.0, 0)])
def test_what_is_no_mean(arguments: tuple[float, float, int]) -> None:
    with pytest.raises(ValueError, match="is no mean"):
        bounded_mean(*arguments, 0.95)


@pytest.mark.parametrize(
    ("name", "n"), [("even", 10), ("even", 200), ("high", 30), ("high", 300), ("thirds", 20)]
)
def test_coverage(name: str, n: int) -> None:
    """At least 93 % of 4,000 intervals at 95 % hold the true mean."""
    rng = np.random.default_rng(5)
    runs = 4_000
    if name == "even":
        values, truth = rng.random((runs, n)), 0.5
    elif name == "high":  # most answers nearly right, as similarity scores are
        values, truth = rng.beta(8, 1, (runs, n)), 8 / 9
    else:  # repeats of yes-or-no answers, three to a sample
        rates = rng.beta(2, 1, (runs, n))
        values, truth = rng.binomial(3, rates) / 3, 2 / 3
    held = 0
    for row in values:
        low, high, _ = bounded_mean(row.mean(), row.var(ddof=1), n, 0.95)
        held += low <= truth <= high
    assert held / runs > 0.93
