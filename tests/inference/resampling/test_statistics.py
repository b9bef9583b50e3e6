"""A weighted statistic is that of the rows written out as often as they were drawn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from assay.inference.resampling import Mean, Quantile, Ratio, RocArea, TrimmedMean

RNG = np.random.default_rng(0)
N = 60
X = RNG.lognormal(size=N).round(1)  # ties
Y = 2 * X + RNG.normal(size=N)
POSITIVE = RNG.random(N) < 0.3
COUNTS = RNG.multinomial(N, np.full(N, 1 / N), size=200)
WITH = {
    "mean": (Mean(X), lambda at: X[at].mean()),
    "ratio": (Ratio(Y, X), lambda at: Y[at].sum() / X[at].sum()),
    "quartile": (Quantile(X, 0.25), lambda at: np.quantile(X[at], 0.25, method="inverted_cdf")),
    "p99": (Quantile(X, 0.99), lambda at: np.quantile(X[at], 0.99, method="inverted_cdf")),
    "least": (Quantile(X, 0.0), lambda at: X[at].min()),
    "iqm": (TrimmedMean(X), lambda at: stats.trim_mean(X[at], 0.25)),
    "trimmed": (TrimmedMean(X, 0.09), lambda at: stats.trim_mean(X[at], 0.09)),
    "auc": (RocArea(POSITIVE, X), lambda at: roc_auc_score(POSITIVE[at], X[at])),
    "auc of many positives": (
        RocArea(~POSITIVE, X),
        lambda at: roc_auc_score(~POSITIVE[at], X[at]),
    ),
}


def in_order(statistic, weights):
    return weights if statistic.order is None else weights[:, statistic.order]


@pytest.mark.parametrize("name", WITH)
@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.float64])
def test_values(name, kind):
    statistic, naive = WITH[name]
    found = statistic.values(in_order(statistic, COUNTS.astype(kind)))
    expected = [naive(np.repeat(np.arange(N), counts)) for counts in COUNTS]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("name", ["mean", "ratio", "trimmed", "auc", "auc of many positives"])
def test_influence_is_the_derivative(name):
    statistic, _ = WITH[name]
    weights = np.random.default_rng(1).exponential(size=(1, N)) + 0.2
    influence = statistic.influence(weights)[0]
    step = 1e-6
    moved = statistic.values(weights + step * np.eye(N)) - statistic.values(weights)[0]
    assert influence @ weights[0] == pytest.approx(0, abs=1e-12)
    # a step of the weights moves the trimmed mean's cuts within a value, not across one
    np.testing.assert_allclose(moved / step, influence, atol=2e-5 * np.abs(influence).max())


def test_a_mean_far_from_zero_keeps_its_digits():
    far = TrimmedMean(X + 1e9).values(np.ones((1, N)))[0] - 1e9
    assert far == pytest.approx(stats.trim_mean(X, 0.25), abs=1e-6)


def test_what_is_undefined_is_nan_for_the_caller_to_refuse():
    nothing = np.zeros((1, N))
    with np.errstate(all="raise"):
        for name in ("mean", "ratio", "quartile", "iqm", "auc"):
            assert np.isnan(WITH[name][0].values(nothing)[0]), name


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Mean([]), "no column"),
        (lambda: Mean([1.0, np.nan]), "NaN or infinite"),
        (lambda: Mean([[1.0]]), "no column"),
        (lambda: Ratio([1.0, 2.0], [1.0]), "2 numerators for 1 denominators"),
        (lambda: Ratio([1.0], [np.inf]), "NaN or infinite"),
        (lambda: Quantile([1.0], 1.5), "probability"),
        (lambda: TrimmedMean([1.0], 0.5), "both ends"),
        (lambda: RocArea([True, True], [0.1, 0.2]), "both classes"),
        (lambda: RocArea([True], [0.1, 0.2]), "labels of shape"),
    ],
)
def test_bad_columns_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()
