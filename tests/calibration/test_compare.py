"""How often a paired interval covers, and how often it cries wolf: by simulation.

Limits are four binomial standard errors below (or above) the nominal rate, plus a stated allowance.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from assay.inference.delong import area
from assay.inference.multiplicity import holm
from assay.inference.paired import paired_difference
from assay.inference.ranks import rank

LEVEL = 0.95
GROUPS = 50


def groups(n: int) -> np.ndarray:
    return np.random.default_rng(n).permutation(np.arange(n) % GROUPS)


def least_coverage(runs: int, allowance: float) -> float:
    return LEVEL - allowance - 4 * math.sqrt(LEVEL * (1 - LEVEL) / runs)


def of_means(a, b, transform=lambda m: m):
    """The paired difference of a transformed mean, and the transform's values."""
    group = groups(len(a))
    sizes = np.bincount(group)
    left = [(x.sum() - np.bincount(group, x)) / (len(x) - sizes) for x in (a, b)]
    return paired_difference(
        transform(a.mean()), transform(b.mean()), *(transform(m) for m in left), sizes
    )


def auc(y, score) -> float:
    return area(rank(y, score)).value


@pytest.mark.parametrize(
    ("n", "only_a", "only_b", "both"),
    [
        (300, 0.05, 0.05, 0.80),
        (300, 0.03, 0.00, 0.60),
        (300, 0.01, 0.01, 0.90),
        (300, 0.003, 0.0, 0.90),  # hardly any discordant unit: without pseudo-units 60 % cover
        (1000, 0.10, 0.10, 0.50),
        (1000, 0.01, 0.00, 0.90),
        (1000, 0.005, 0.005, 0.985),
    ],
)
def test_accuracy(n, only_a, only_b, both):
    rng = np.random.default_rng(n + int(1e4 * only_a + 1e5 * both))
    runs = 1500
    covered = found = 0
    for _ in range(runs):
        u = rng.random(n)
        a = (u < both + only_a).astype(float)
        b = ((u < both) | ((u >= both + only_a) & (u < both + only_a + only_b))).astype(float)
        difference = of_means(a, b)
        if difference is not None:
            interval = difference.interval(LEVEL)
            found += 1
            covered += interval.low <= only_b - only_a <= interval.high
    assert found > 0.98 * runs
    assert covered / found >= least_coverage(found, allowance=0.01)


def test_root_mean_squared_error():
    """Also that pairing is worth it: independent samples would need intervals twice as wide."""
    rng = np.random.default_rng(7)
    runs, n = 1500, 400
    covered, widths = 0, []
    values = []
    for _ in range(runs):
        shared = rng.standard_t(8, n)
        a, b = (shared + 0.4 * rng.normal(size=n)) ** 2, (shared + 0.5 * rng.normal(size=n)) ** 2
        difference = of_means(a, b, np.sqrt)
        assert difference is not None
        interval = difference.interval(LEVEL)
        widths.append(interval.high - interval.low)
        values.append(math.sqrt(b.mean()) - math.sqrt(a.mean()))
        variance = 8 / 6
        true = math.sqrt(variance + 0.25) - math.sqrt(variance + 0.16)
        covered += interval.low <= true <= interval.high
    assert covered / runs >= least_coverage(runs, allowance=0.01)
    assert np.mean(widths) == pytest.approx(2 * 2.01 * np.std(values), rel=0.1)


@pytest.mark.parametrize("n", [300, 1000])
def test_roc_auc_and_false_worse(n):
    """Two models that are equally good: coverage of 0, and verdicts that claim a difference."""
    rng = np.random.default_rng(n)
    runs = 300 if n == 300 else 200
    group = groups(n)
    masks = [group != g for g in range(GROUPS)]
    sizes = np.bincount(group)
    covered = worse = 0
    for _ in range(runs):
        y = rng.random(n) < 0.3
        shared = rng.normal(size=n) + 1.5 * y
        a, b = (shared + 0.5 * rng.normal(size=n) for _ in "ab")
        left_a, left_b = (np.array([auc(y[m], x[m]) for m in masks]) for x in (a, b))
        difference = paired_difference(auc(y, a), auc(y, b), left_a, left_b, sizes)
        assert difference is not None
        interval = difference.interval(LEVEL)
        covered += interval.low <= 0 <= interval.high
        worse += interval.high < 0
        assert (difference.p_value < 1 - LEVEL) == (not interval.low <= 0 <= interval.high)
    assert covered / runs >= least_coverage(runs, allowance=0.01)
    half = (1 - LEVEL) / 2
    assert worse / runs <= half + 0.005 + 4 * math.sqrt(half * (1 - half) / runs)


def test_many_comparisons_rarely_claim_anything_where_nothing_differs():
    """Twenty slices of equally good models: any wrong verdict at all in at most 5 % of runs."""
    rng = np.random.default_rng(11)
    runs, slices, n = 400, 20, 200
    wrong = naive = 0
    for _ in range(runs):
        p_values = []
        for _ in range(slices):
            right = rng.random(n) < 0.8
            swap = rng.random(n) < 0.1
            a = np.where(swap, rng.random(n) < 0.8, right).astype(float)
            difference = of_means(a, right.astype(float))
            assert difference is not None
            p_values.append(difference.p_value)
        wrong += min(holm(p_values)) <= 1 - LEVEL
        naive += min(p_values) <= 1 - LEVEL
    alpha = 1 - LEVEL
    assert wrong / runs <= alpha + 4 * math.sqrt(alpha * LEVEL / runs)
    assert naive / runs > 0.4  # what the adjustment is for
