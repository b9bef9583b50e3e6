"""Intervals by drawing: against distributions known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from assay.inference.bootstrap import dirichlet, draws_for
from assay.inference.calibration import Bins, bin_scores, error_interval
from assay.metrics.classification.mcc import correlation


def accuracy(tables):
    return np.trace(tables, axis1=-2, axis2=-1) / tables.sum(axis=(-2, -1))


@pytest.mark.parametrize("k", [2, 5])
def test_accuracy_has_a_beta_posterior(k):
    """The prior is worth one right and one wrong row, so accuracy is Beta(right + 1, wrong + 1)."""
    counts = np.full((k, k), 2)
    np.fill_diagonal(counts, 30)
    right, wrong = np.trace(counts), counts.sum() - np.trace(counts)
    posterior = stats.beta(right + 1, wrong + 1)
    found = dirichlet(counts, accuracy, level=0.95, seed=0)
    for end, probability in ((found.low, 0.025), (found.high, 0.975)):
        # standard error of a quantile over 4,000 draws
        se = np.sqrt(0.025 * 0.975 / 4_000) / posterior.pdf(posterior.ppf(probability))
        assert end == pytest.approx(posterior.ppf(probability), abs=5 * se)


def test_many_rows_agree_with_resampling():
    """With thousands of rows the prior is nothing and multinomial resampling gives the same."""
    counts = np.array([[1_830, 90], [120, 3_090]])
    drawn = np.random.default_rng(0).multinomial(5_130, counts.ravel() / 5_130, 20_000)
    ends = np.quantile(correlation(drawn.reshape(-1, 2, 2).astype(float)), [0.025, 0.975])
    found = dirichlet(counts, correlation, level=0.95, seed=0)
    assert found[:2] == pytest.approx(ends, abs=0.0015)


def test_draws_grow_with_the_level_within_bounds():
    assert draws_for(0.95, 4) == 4_000
    assert draws_for(0.999, 4) == 200_000
    assert draws_for(1 - 1e-9, 4) == 200_000
    assert draws_for(0.95, 10**6) == 1_000


def test_many_classes_are_drawn_in_pieces():
    k = 60
    found = dirichlet(np.eye(k, dtype=np.int64) * 50, accuracy, level=0.95, seed=1)
    posterior = stats.beta(50 * k + 1, 1)
    assert found.low == pytest.approx(posterior.ppf(0.025), abs=2e-4)


def test_a_calibrated_model_may_have_error_zero():
    rng = np.random.default_rng(0)
    p = rng.random(2_000)
    bins = bin_scores(p, rng.random(2_000) < p, bins=15)
    found = error_interval(bins, level=0.95, seed=0)
    assert bins.error > 0
    assert found.low == 0


def test_one_bin_is_a_mean_of_gaps():
    """With one bin and a gap far from 0 the error is |mean gap|, whose interval is the normal's."""
    rng = np.random.default_rng(1)
    p = rng.uniform(0.6, 0.9, 4_000)
    y = rng.random(4_000) < p - 0.3
    bins = bin_scores(p, y, bins=1)
    gap = p - y
    half = 1.96 * np.sqrt((gap**2).mean() / 4_000)
    found = error_interval(bins, level=0.95, seed=0)
    assert bins.error == pytest.approx(gap.mean())
    assert found[:2] == pytest.approx((gap.mean() - half, gap.mean() + half), abs=0.15 * half)


def test_bins_close_on_the_left_and_hold_the_ends():
    bins = bin_scores(np.array([0.0, 0.5, 1.0]), np.array([False, True, True]), bins=2)
    assert bins.n.tolist() == [1, 2]
    equal = bin_scores(np.full(10, 0.3), np.arange(10) < 3, bins=5, strategy="quantile")
    assert equal.n.tolist() == [10]
    assert equal.error == pytest.approx(0)


def test_certain_and_right_has_no_error():
    bins = Bins(np.array([5]), np.array([1.0]), np.array([1.0]), np.array([0.0]))
    assert error_interval(bins, level=0.95, seed=0)[:2] == (0, 0)
