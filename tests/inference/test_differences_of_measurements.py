"""Jackknife, paired and independent differences, against other libraries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep
from statsmodels.stats.weightstats import DescrStatsW

from assay.core.measurement import Measurement
from assay.inference import paired
from assay.inference.interval import census
from assay.inference.jackknife import delete_group
from assay.inference.mover import independent_difference
from assay.inference.proportions import wilson


def without_each(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    return np.array([values[group != g].mean() for g in range(group.max() + 1)])


def test_delete_one_of_a_mean_is_its_standard_error():
    x = np.random.default_rng(1).normal(size=37)
    found = delete_group(x.mean(), without_each(x, np.arange(37)), np.ones(37, dtype=int))
    assert found.variance == pytest.approx(x.var(ddof=1) / 37, rel=1e-12)
    assert found.df == 36


def test_equal_groups_give_the_grouped_jackknife():
    x = np.random.default_rng(2).lognormal(size=60)
    group = np.arange(60) % 12
    left_out = np.array([np.median(x[group != g]) for g in range(12)])
    found = delete_group(float(np.median(x)), left_out, np.full(12, 5))
    textbook = 11 / 12 * ((left_out - left_out.mean()) ** 2).sum()
    assert found.variance == pytest.approx(textbook, rel=1e-12)


def test_unequal_groups_are_unbiased_for_a_mean():
    rng = np.random.default_rng(3)
    sizes = np.array([1, 2, 3, 5, 8, 13, 21, 4])
    group = np.repeat(np.arange(8), sizes)
    variances = []
    for _ in range(4000):
        x = rng.normal(size=sizes.sum())
        variances.append(delete_group(x.mean(), without_each(x, group), sizes).variance)
    error = np.std(variances) / np.sqrt(len(variances))
    assert np.mean(variances) == pytest.approx(1 / sizes.sum(), abs=4 * error)
    with pytest.raises(ValueError, match="two groups"):
        delete_group(1.0, np.array([1.0]), np.array([3]))


def test_a_paired_mean_is_the_paired_t_test(monkeypatch):
    monkeypatch.setattr(paired, "PSEUDO_UNITS", 0)
    rng = np.random.default_rng(4)
    a = rng.normal(size=48)
    b = a + rng.normal(0.2, 0.5, size=48)
    each = np.arange(48)
    found = paired.paired_difference(
        a.mean(), b.mean(), without_each(a, each), without_each(b, each), np.ones(48, dtype=int)
    )
    assert found is not None
    low, high = DescrStatsW(b - a).tconfint_mean(alpha=0.1)
    assert found.interval(0.9)[:2] == pytest.approx((low, high), rel=1e-9)
    assert found.p_value == pytest.approx(stats.ttest_rel(b, a).pvalue, rel=1e-9)


def test_agreement_on_every_unit_is_no_certainty():
    """About as sure as Agresti & Min's interval is where no pair is discordant: ± 2 / (n + 2)."""
    x = np.random.default_rng(5).permutation(np.arange(200) % 5 > 0).astype(float)
    left_out = without_each(x, np.arange(200) % 50)
    found = paired.paired_difference(0.8, 0.8, left_out, left_out, np.full(50, 4))
    assert found is not None
    low, high = found.interval(0.95)[:2]
    assert found.value == 0
    assert -3.7 / 200 < low < -1 / 202
    assert 1 / 202 < high < 3.7 / 200  # the exact bound on the share of discordant units
    assert found.p_value == 1


def test_a_side_that_does_not_vary_is_not_paired():
    ones, some = np.ones(10), np.linspace(0.4, 0.6, 10)
    assert paired.paired_difference(1.0, 0.5, ones, some, np.full(10, 4)) is None


def share(successes: int, n: int, level: float = 0.95) -> Measurement:
    interval = wilson(successes, n, level)
    return Measurement(
        value=successes / n, low=interval.low, high=interval.high, level=level, method="wilson", n=n
    )


@given(st.integers(0, 40), st.integers(0, 25))
def test_mover_of_two_wilson_intervals_is_newcombe(x, y):
    found = independent_difference(share(y, 25), share(x, 40)).interval(0.95)
    low, high = confint_proportions_2indep(x, 40, y, 25, method="newcomb", compare="diff")
    assert found[:2] == pytest.approx((low, high), abs=1e-9)
    assert found.method == "mover"


def test_mover_of_two_normal_intervals_is_the_z_test_at_any_level():
    def normal(value: float, se: float, level: float) -> Measurement:
        half = stats.norm.ppf(0.5 + level / 2) * se
        return Measurement(
            value=value, low=value - half, high=value + half, level=level, method="z", n=9
        )

    found = independent_difference(normal(1.0, 0.3, 0.9), normal(2.0, 0.4, 0.99))
    assert found.interval(0.95)[:2] == pytest.approx((1 - 1.959964 * 0.5, 1 + 1.959964 * 0.5))
    assert found.p_value == pytest.approx(2 * stats.norm.sf(2))


def test_mover_with_a_census_and_an_unbounded_side():
    known = census(0.5, n=10)
    found = independent_difference(known, share(30, 40))
    wide = share(30, 40)
    assert found.interval(0.95)[:2] == pytest.approx((wide.low - 0.5, wide.high - 0.5))
    open_above = Measurement(value=1.0, low=0.0, high=None, level=0.95, method="t", n=1)
    interval = independent_difference(known, open_above).interval(0.95)
    assert interval[:2] == (pytest.approx(-0.5), np.inf)
    open_below = Measurement(value=1.0, low=None, high=2.0, level=0.95, method="t", n=1)
    assert independent_difference(open_below, known).interval(0.95).low == -1.5
    assert independent_difference(open_below, known).p_value == 1.0  # 0 is within reach upwards


@given(st.integers(0, 30), st.integers(0, 30), st.floats(0.5, 0.999))
def test_mover_p_value_and_interval_agree(x, y, level):
    found = independent_difference(share(x, 30), share(y, 30))
    low, high = found.interval(level)[:2]
    distance = abs(found.p_value - (1 - level))
    if distance > 1e-9:
        assert (low > 0 or high < 0) == (found.p_value < 1 - level)
