"""Predicting where values lack: against scikit-learn and SciPy, and coverage by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from tests.calibration.coverage import least_count

from assay.inference.missing.logistic import (
    canonical,
    contrast,
    cross_validated_area,
    logistic,
    ranked_features,
)
from assay.inference.undefined import Undefined


def test_coefficients_are_scikit_learns():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(400, 3))
    y = rng.random(400) < 1 / (1 + np.exp(-(x @ [1.0, -0.5, 0.0] - 1)))
    found = logistic(x, y)
    theirs = LogisticRegression(C=1.0, tol=1e-10, max_iter=1_000).fit(x, y)
    assert found[0] == pytest.approx(theirs.intercept_[0], abs=1e-5)
    assert found[1:] == pytest.approx(theirs.coef_[0], abs=1e-5)


def test_classes_that_are_apart_have_a_finite_fit():
    x = np.linspace(-1, 1, 40)[:, None]
    found = cross_validated_area(x, x[:, 0] > 0, seed=1)
    assert found.value == 1
    low, high, method = found.interval(0.95)
    assert 0.7 < low < high == 1
    assert method == "newcombe"


def test_ranks_are_scipys():
    values = np.array([[3.0, 1], [1, np.nan], [3, 5], [9, 7]])
    found = ranked_features(values)
    expected = 2 * (scipy.stats.rankdata(values[:, 0]) - 1) / 3 - 1
    assert found[:, 0] == pytest.approx(expected)
    assert found[:, 1] == pytest.approx(expected**2 - (expected**2).mean())
    assert found[:, 2] == pytest.approx([-1, 0, 0, 1])
    assert found[1, 3] == 0


def test_a_contrast_is_the_t_statistic_and_the_area():
    rng = np.random.default_rng(4)
    column, outcome = rng.normal(size=90), np.arange(90) < 30
    column[::7] = np.nan
    there = ~np.isnan(column)
    a, b = column[outcome & there], column[~outcome & there]
    found = contrast(column, outcome)
    assert found is not None
    t = scipy.stats.ttest_ind(a, b).statistic
    assert found.difference == pytest.approx(t * math.sqrt(1 / len(a) + 1 / len(b)))
    assert found.area == pytest.approx(roc_auc_score(outcome[there], column[there]))
    assert contrast(np.where(outcome, np.nan, 1.0), outcome) is None
    assert contrast(np.ones(90), outcome).difference is None


def test_the_interval_covers_half_where_nothing_tells():
    rng = np.random.default_rng(8)
    hits = 0
    for seed in range(200):
        x = rng.normal(size=(400, 2))
        found = cross_validated_area(ranked_features(x), rng.random(400) < 0.2, seed=seed)
        low, high, _ = found.interval(0.95)
        hits += low <= 0.5 <= high
    assert hits >= least_count(200, 0.95)


def test_the_interval_covers_the_true_area():
    """Two normal populations a standard deviation apart: the area is Φ(1/√2)."""
    rng = np.random.default_rng(9)
    true = scipy.stats.norm.cdf(1 / math.sqrt(2))
    hits = 0
    for seed in range(200):
        outcome = np.arange(500) < 100
        x = (rng.normal(size=500) + outcome)[:, None]
        low, high, _ = cross_validated_area(ranked_features(x), outcome, seed=seed).interval(0.95)
        hits += low <= true <= high
    assert hits >= least_count(200, 0.95)


def test_too_few_rows_are_said():
    with pytest.raises(Undefined, match="9 rows of the rarer class"):
        cross_validated_area(np.zeros((50, 1)), np.arange(50) < 9, seed=0)


def test_rows_have_an_order_of_their_own():
    rng = np.random.default_rng(1)
    values = rng.integers(0, 3, (60, 3)).astype(float)
    values[rng.random(values.shape) < 0.2] = np.nan
    mixed = rng.permutation(values)
    np.testing.assert_array_equal(values[canonical(values)], mixed[canonical(mixed)])
