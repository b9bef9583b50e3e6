"""Means, roots of means, explained shares: closed forms and the bootstrap."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from assay.core.measurement import Estimation, Measurement
from assay.inference.means import explained_share, mean, root_mean, student_t


def test_students_interval_is_scipys():
    x = np.random.default_rng(0).exponential(2, 25)
    low, high, _ = student_t(x.mean(), x.var(ddof=1), 25, 0.9)
    assert (low, high) == pytest.approx(stats.t.interval(0.9, 24, x.mean(), stats.sem(x)))


def test_ends_cut_the_interval():
    found = mean(0.1, 1.0, 4, Estimation(), ends=(0, math.inf))
    assert isinstance(found, Measurement)
    assert found.low == 0
    assert found.high == pytest.approx(0.1 + stats.t.ppf(0.975, 3) / 2)


def test_root_mean_has_the_bootstraps_spread():
    rng = np.random.default_rng(1)
    squares = rng.normal(0, 2, 400) ** 2
    low, high, _ = root_mean(squares.mean(), squares.var(ddof=1), 400, 0.95)
    drawn = rng.choice(squares, (4_000, 400)).mean(axis=1) ** 0.5
    half = stats.t.ppf(0.975, 399) * np.log(drawn).std()
    root = math.sqrt(squares.mean())
    expected = (root * math.exp(-half), root * math.exp(half))
    assert (low, high) == pytest.approx(expected, rel=0.01)


def test_root_mean_of_nothing_but_zeros_and_of_one_value():
    assert root_mean(0.0, 0.0, 10, 0.95)[:2] == (0, 0)
    assert root_mean(4.0, 0.0, 1, 0.95)[:2] == (0, math.inf)


def test_explained_share_has_the_bootstraps_spread():
    rng = np.random.default_rng(2)
    y = rng.normal(0, 2, 500)
    error = rng.standard_t(5, 500)
    value, (low, high, _) = explained_share(y, error, 0.95)
    rows = rng.integers(0, 500, (3_000, 500))
    drawn = np.log((error[rows] ** 2).mean(axis=1) / y[rows].var(axis=1))
    half = stats.t.ppf(0.975, 499) * drawn.std()
    assert value == pytest.approx(1 - (error**2).mean() / y.var())
    expected = (1 - (1 - value) * math.exp(half), 1 - (1 - value) * math.exp(-half))
    assert (low, high) == pytest.approx(expected, abs=0.01)


def test_perfect_predictions_explain_all():
    value, interval = explained_share(np.array([1.0, 2.0]), np.zeros(2), 0.95)
    assert (value, interval.low, interval.high) == (1, 1, 1)
