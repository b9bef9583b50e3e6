"""Resampling intervals beside scipy, arch, rliable and the textbook of Efron & Tibshirani.

Interval ends are quantiles of random resamples, so tolerances are a few times the error of a
quantile: sqrt(p (1 - p) / resamples) over the density there.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from assay.inference.resampling import (
    Design,
    Function,
    Mean,
    Ratio,
    TrimmedMean,
    acceleration,
    interquartile_mean,
    resample,
    resampled_interval,
)

RESAMPLES = 40_000

# Efron & Tibshirani (1993), An Introduction to the Bootstrap: tables 3.1 and 14.1
LAW = np.array(
    [
        (576, 3.39), (635, 3.30), (558, 2.81), (578, 3.03), (666, 3.44), (580, 3.07), (555, 3.00),
        (661, 3.43), (651, 3.36), (605, 3.13), (653, 3.12), (575, 2.74), (545, 2.76), (572, 2.88),
        (594, 2.96),
    ]
)  # fmt: skip
SPATIAL = np.array(
    [48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26,
     30, 41.0]
)  # fmt: skip
SKEWED = np.array([0.3, 0.1, 2.2, 0.8, 5.9, 0.4, 1.1, 0.2, 14.7, 0.6, 3.1, 0.9])


def variance(weights):
    """The weighted plug-in variance of SPATIAL."""
    total = weights.sum(axis=1)
    mean = weights @ SPATIAL / total
    return weights @ SPATIAL**2 / total - mean**2


def correlation(weights):
    """The weighted correlation of LAW."""
    total = weights.sum(axis=1, keepdims=True)
    shares = weights / total
    means = shares @ LAW
    squares, product = shares @ LAW**2 - means**2, shares @ LAW.prod(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):  # one school drawn fifteen times
        return (product - means.prod(axis=1)) / np.sqrt(squares.prod(axis=1))


def interval(statistic, method, level, *, design=None, resamples=RESAMPLES):
    found = resampled_interval(
        statistic,
        design or Design.of(statistic.n),
        method=method,
        level=level,
        rng=np.random.default_rng(11),
        resamples=resamples,
    )
    return found.low, found.high


def test_efron_and_tibshirani_s_spatial_data():
    """Section 14.2, 90 % intervals of a variance from 2,000 resamples."""
    statistic = Function(variance, 26)
    assert variance(np.ones((1, 26)))[0] == pytest.approx(171.5, abs=0.05)
    assert acceleration(statistic, Design.of(26)) == pytest.approx(0.061, abs=5e-4)
    # their ends have an error of about 2 from their 2,000 resamples
    assert interval(statistic, "percentile", 0.9) == pytest.approx((100.8, 233.9), abs=5)
    assert interval(statistic, "bca", 0.9) == pytest.approx((115.8, 259.6), abs=5)
    # arch 7.2.0, IIDBootstrap.conf_int, 40,000 resamples
    assert interval(statistic, "percentile", 0.9) == pytest.approx((97.89, 235.98), abs=1.5)
    assert interval(statistic, "bca", 0.9) == pytest.approx((115.41, 261.17), abs=1.5)


def test_efron_and_tibshirani_s_law_schools():
    statistic = Function(correlation, 15)
    found = resample(statistic, Design.of(15), rng=np.random.default_rng(11), resamples=20_000)
    assert found.value == pytest.approx(0.776, abs=5e-4)
    assert found.draws.std() == pytest.approx(0.132, abs=0.004)  # table 6.1: 0.132 of 3,200
    with np.errstate(all="ignore"):
        theirs = stats.bootstrap(
            (LAW[:, 0], LAW[:, 1]),
            lambda a, b: stats.pearsonr(a, b).statistic,
            paired=True,
            vectorized=False,
            method="BCa",
            n_resamples=3_000,
            rng=np.random.default_rng(1),
        ).confidence_interval
    assert interval(statistic, "bca", 0.95) == pytest.approx(tuple(theirs), abs=0.05)


@pytest.mark.parametrize("method", ["percentile", "BCa"])
@pytest.mark.parametrize("name", ["mean", "iqm", "two strata"])
def test_scipy_agrees(name, method):
    samples, make, function = {
        "mean": ((SKEWED,), Mean, np.mean),
        "iqm": ((SKEWED,), TrimmedMean, lambda x, axis: stats.trim_mean(x, 0.25, axis=axis)),
        # the mean over strata of known sizes 12 and 26
        "two strata": (
            (SKEWED, SPATIAL),
            Mean,
            lambda a, b, axis: (12 * a.mean(axis=axis) + 26 * b.mean(axis=axis)) / 38,
        ),
    }[name]
    theirs = stats.bootstrap(
        samples, function, method=method, n_resamples=RESAMPLES, rng=np.random.default_rng(1),
        batch=5_000,
    ).confidence_interval  # fmt: skip
    strata = np.repeat(np.arange(len(samples)), [len(s) for s in samples])
    statistic = make(np.concatenate(samples))
    if name == "iqm":  # scipy has no closed form: compare the jackknife
        inner = statistic
        statistic = Function(lambda w: inner.values(w[:, inner.order]), inner.n)
    found = interval(statistic, method.lower(), 0.95, design=Design.of(len(strata), strata=strata))
    assert found == pytest.approx(tuple(theirs), rel=0.03, abs=0.03)


@pytest.mark.parametrize(
    ("values", "level", "theirs"),
    [
        (SPATIAL, 0.9, (24.80187565, 33.71174418)),
        (SPATIAL, 0.95, (23.65997949, 34.49601585)),
        (SKEWED, 0.95, (0.82579932, 11.89860513)),
    ],
)
def test_arch_s_studentized_interval_of_a_mean(values, level, theirs):
    """arch 7.2.0, IIDBootstrap.conf_int(method="studentized"), 100,000 resamples.

    arch multiplies t by the standard error of the resampled means, which is that of the sample
    times sqrt((n - 1) / n); the definition has the sample's own.
    """
    found = np.array(interval(Mean(values), "bootstrap-t", level)) - values.mean()
    rescaled = (np.array(theirs) - values.mean()) / np.sqrt(1 - 1 / len(values))
    np.testing.assert_allclose(found, rescaled, rtol=0.025)


def test_arch_s_bca_interval_of_a_skewed_mean():
    """arch 7.2.0, 100,000 resamples: percentile and BCa."""
    assert interval(Mean(SKEWED), "percentile", 0.95) == pytest.approx((0.7667, 5.1), rel=0.02)
    assert interval(Mean(SKEWED), "bca", 0.95) == pytest.approx((1.0417, 6.5417), rel=0.02)


def test_a_ratio_s_bootstrap_t_beside_its_definition():
    """Populations of ten cities: Davison & Hinkley (1997), table 1.3."""
    u = np.array([138, 93, 61, 179, 48, 37, 29, 23, 30, 2.0])
    x = np.array([143, 104, 69, 260, 75, 63, 50, 48, 111, 50.0])
    found = resample(Ratio(x, u), Design.of(10), rng=np.random.default_rng(11), resamples=RESAMPLES)
    # Davison & Hinkley, 2.2: t = 1.520; their bootstrap estimates of bias and error: 0.039, 0.217
    assert found.value == pytest.approx(1.520, abs=5e-4)
    assert found.draws.mean() - found.value == pytest.approx(0.039, abs=0.01)
    assert found.draws.std() == pytest.approx(0.217, abs=0.01)
    drawn = np.random.default_rng(2).integers(0, 10, size=(RESAMPLES, 10))
    ratio = x[drawn].sum(axis=1) / u[drawn].sum(axis=1)
    linear = (x[drawn] - ratio[:, None] * u[drawn]) / u[drawn].sum(axis=1)[:, None]
    t = (ratio - 1.520313) / np.sqrt((linear**2).sum(axis=1) * 10 / 9)
    linear = (x - 1.520313 * u) / 640
    error = np.sqrt((linear**2).sum() * 10 / 9)
    expected = 1.520313 - error * np.quantile(t, [0.975, 0.025])
    assert interval(Ratio(x, u), "bootstrap-t", 0.95) == pytest.approx(tuple(expected), rel=0.02)


def test_rliable_s_interquartile_mean():
    """rliable 1.2.0: aggregate_iqm and get_interval_estimates (20,000 resamples within tasks)."""
    scores = np.array(
        [
            [0.318, 0.68, 0.305, 1.016], [0.171, 0.317, 0.249, 0.967], [0.261, 0.184, 0.449, 1.17],
            [0.137, 0.315, 1.164, 1.139], [0.428, 0.255, 0.414, 0.32], [0.232, 0.13, 0.373, 0.326],
            [0.283, 0.467, 0.501, 1.787], [0.086, 0.203, 0.886, 0.957], [0.097, 0.269, 0.112, 1.01],
            [0.241, 0.451, 0.721, 0.764],
        ]
    )  # fmt: skip
    tasks = np.tile(["a", "b", "c", "d"], 10)
    value, found = interquartile_mean(
        scores.ravel(), strata=tasks, level=0.95, rng=np.random.default_rng(11), resamples=20_000
    )
    assert value == pytest.approx(0.3851, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((0.31349875, 0.4885025), abs=0.003)
