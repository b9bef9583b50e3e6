"""Differences and ratios of proportions: published figures, statsmodels, and their definition."""

from __future__ import annotations

import math
from itertools import permutations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import brentq
from statsmodels.stats.proportion import confint_proportions_2indep

from assay.inference.differences import (
    Share,
    greatest_difference,
    least_ratio,
    mover_ratio,
    newcombe,
)
from assay.inference.proportions import wilson

shares = st.integers(1, 200).flatmap(lambda n: st.builds(Share, st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [  # Newcombe 1998, table II, method 10
        (Share(56, 70), Share(48, 80), 0.0524, 0.3339),
        (Share(9, 10), Share(3, 10), 0.1705, 0.8090),
        (Share(6, 7), Share(2, 7), 0.0582, 0.8062),
        (Share(5, 56), Share(0, 29), -0.0381, 0.1926),
        (Share(10, 10), Share(0, 10), 0.6075, 1.0000),
    ],
)
def test_newcombes_own_table(a, b, low, high):
    assert newcombe(a, b, 0.95)[:2] == pytest.approx((low, high), abs=6e-5)


@given(a=shares, b=shares, level=st.sampled_from([0.8, 0.95, 0.999]))
def test_newcombe_is_statsmodels(a, b, level):
    expected = confint_proportions_2indep(
        a.successes, a.n, b.successes, b.n, method="newcomb", compare="diff", alpha=1 - level
    )
    assert newcombe(a, b, level)[:2] == pytest.approx(expected, abs=1e-9)


@given(a=shares, b=shares)
def test_ratio_ends_are_where_the_difference_is_undecided(a, b):
    """Fieller's idea, from which MOVER-R follows: r is an end if p - r q has an end at 0."""
    assume(a.successes > 0 and b.successes > 0)
    p, q = a.successes / a.n, b.successes / b.n
    (l1, u1, _), (l2, u2, _) = wilson(*a, 0.95), wilson(*b, 0.95)

    def lower(r: float) -> float:
        return p - r * q - math.hypot(p - l1, r * (u2 - q))

    def upper(r: float) -> float:
        return p - r * q + math.hypot(u1 - p, r * (q - l2))

    low, high, _ = mover_ratio(a, b, 0.95)
    assert low <= p / q <= high
    assert low == pytest.approx(brentq(lower, 0, p / q), abs=1e-7)
    assert high == pytest.approx(brentq(upper, p / q, 1e6), rel=1e-5)


def test_ratio_without_successes():
    assert mover_ratio(Share(0, 40), Share(20, 40), 0.95).low == 0
    assert 0 < mover_ratio(Share(0, 40), Share(20, 40), 0.95).high < 0.4
    assert mover_ratio(Share(20, 40), Share(0, 40), 0.95).high == math.inf
    assert mover_ratio(Share(20, 40), Share(0, 40), 0.95).low > 2


@given(st.lists(shares, min_size=2, max_size=6))
def test_greatest_difference_is_the_worst_pair(groups):
    rates = [s.successes / s.n for s in groups]
    low, high, _ = greatest_difference([groups], 0.95)
    assert 0 <= low <= max(rates) - min(rates) <= high <= 1 + 1e-12
    pairs = math.comb(len(groups), 2)
    ordered = list(permutations(groups, 2))
    plain = max(newcombe(a, b, 0.95).high for a, b in ordered)
    strict = max(newcombe(a, b, 1 - 0.05 / pairs).low for a, b in ordered)
    assert high == pytest.approx(min(plain, 1))
    assert low == pytest.approx(max(strict, 0))


@given(st.lists(shares, min_size=2, max_size=6))
def test_least_ratio_is_the_worst_pair(groups):
    assume(any(s.successes for s in groups))
    rates = [s.successes / s.n for s in groups]
    low, high, _ = least_ratio(groups, 0.95)
    value = min(rates) / max(rates)
    assert 0 <= low <= value + 1e-12
    assert value - 1e-12 <= high <= 1


def test_two_families_are_corrected_together():
    a, b = [Share(60, 100), Share(40, 100)], [Share(5, 100), Share(50, 100)]
    alone = greatest_difference([b], 0.95)
    both = greatest_difference([a, b], 0.95)
    assert both.high == alone.high
    assert both.low == greatest_difference([b], 0.975).low < alone.low
