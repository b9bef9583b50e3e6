"""Intervals from resamples: seeds, memory, levels, and what is refused."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from assay.inference.resampling import (
    Design,
    Function,
    Mean,
    Quantile,
    Ratio,
    Replicates,
    RocArea,
    acceleration,
    bca,
    bootstrap_t,
    interquartile_mean,
    percentile,
    resample,
    resampled_interval,
    resamples_for,
    standard_error,
    studentise,
)
from assay.inference.resampling.interquartile import MANY

X = np.random.default_rng(0).lognormal(size=80)
METHODS = ("percentile", "bca", "bootstrap-t")


def rng(seed: int = 7) -> np.random.Generator:
    return np.random.default_rng(seed)


def interval(method, level=0.95, seed=7, design=None, **more):
    return resampled_interval(
        Mean(X), design or Design.of(80), method=method, level=level, rng=rng(seed), **more
    )


@pytest.mark.parametrize("method", METHODS)
def test_the_seed_decides_and_a_higher_level_is_wider(method):
    assert interval(method) == interval(method)
    assert interval(method) != interval(method, seed=8)
    inner, outer = interval(method, 0.8), interval(method, 0.99)
    assert outer.low < inner.low < X.mean() < inner.high < outer.high


def test_blocks_bound_the_memory():
    n = 200_000
    values = np.random.default_rng(1).normal(size=n)
    mean, design = Mean(values), Design.of(n)
    tracemalloc.start()
    found = resample(mean, design, rng=rng(), resamples=60)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.draws.std() == pytest.approx(n**-0.5, rel=0.4)
    assert peak < 60e6  # all weights at once would take 96 MB as bytes and doubles


def test_smooth_weights_have_no_empty_class():
    positive = np.arange(60) < 2
    roc = RocArea(positive, np.random.default_rng(2).normal(size=60) + positive)
    with pytest.raises(ValueError, match=r"no value in \d+ of \d+ resamples: draw within strata"):
        resample(roc, Design.of(60), rng=rng())
    smooth = resample(roc, Design.of(60), rng=rng(), weights="exponential")
    within = resample(roc, Design.of(60, strata=positive), rng=rng())
    assert smooth.value == within.value
    assert 0 < smooth.draws.min() <= smooth.draws.max() <= 1


def test_exponential_weights_agree_with_counts():
    counts = resample(Mean(X), Design.of(80), rng=rng(), resamples=20_000).draws.std()
    smooth = resample(
        Mean(X), Design.of(80), rng=rng(), resamples=20_000, weights="exponential"
    ).draws.std()
    # variances n / (n + 1) times each other (Rubin 1981)
    assert smooth / counts == pytest.approx(np.sqrt(80 / 81), rel=0.03)


def test_the_error_of_a_mean_is_the_known_one():
    error = X.std(ddof=1) / np.sqrt(80)
    assert standard_error(Mean(X), Design.of(80)) == pytest.approx(error, rel=1e-12)


def test_the_error_of_an_area_is_delongs():
    from assay.inference.delong import area
    from assay.inference.ranks import rank

    positive = np.random.default_rng(3).random(80) < 0.4
    ranking = rank(positive, X)
    variance = area(ranking).variance(ranking)
    found = standard_error(RocArea(positive, X), Design.of(80, strata=positive))
    assert found == pytest.approx(np.sqrt(variance), rel=1e-12)


def test_acceleration_in_closed_form_and_by_the_jackknife():
    mean = Mean(X)
    centred = X - X.mean()
    known = (centred**3).sum() / 6 / (centred**2).sum() ** 1.5
    assert acceleration(mean, Design.of(80)) == pytest.approx(known, rel=1e-10)
    by_jackknife = acceleration(Function(mean.values, 80), Design.of(80))
    assert by_jackknife == pytest.approx(known, rel=1e-10)
    strata = np.arange(80) % 3
    both = [
        acceleration(s, Design.of(80, strata=strata)) for s in (mean, Function(mean.values, 80))
    ]
    assert both[1] == pytest.approx(both[0], rel=0.1)


def test_acceleration_of_many_rows_leaves_out_groups():
    values = np.random.default_rng(4).exponential(size=30_000)
    mean, design = Mean(values), Design.of(30_000)
    exact = acceleration(mean, design)
    grouped = acceleration(Function(mean.values, 30_000), design)
    assert exact == pytest.approx(2 / 6 / np.sqrt(30_000), rel=0.1)  # skewness 2
    assert abs(grouped - exact) < 0.02


def test_a_linear_statistic_s_t_is_the_classical_one():
    found = studentise(Mean(X), Design.of(80), rng=rng(), resamples=500)
    counts = np.random.default_rng(7).integers(0, 80, size=(500, 80))  # the same draws
    drawn = X[counts]
    t = (drawn.mean(axis=1) - X.mean()) / (drawn.std(axis=1, ddof=1) / np.sqrt(80))
    np.testing.assert_allclose(np.sort(found.t), np.sort(t), rtol=1e-9)


def test_resamples_that_do_not_vary_leave_the_end_open():
    few = Mean([0.0, 1.0])
    found = bootstrap_t(studentise(few, Design.of(2), rng=rng()), 0.95)
    assert (found.low, found.high) == (-np.inf, np.inf)


def test_how_many_resamples():
    assert resamples_for(0.95, 500) == 4_000
    assert resamples_for(0.95, 10_000_000) == 1_000
    assert resamples_for(0.9999, 10_000_000) == 200_000
    with pytest.raises(ValueError, match="between 0 and 1"):
        resamples_for(1.0, 10)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda: interval("percentile", 0.999, resamples=1_000), "at least 2,000"),
        (lambda: interval("bootstrap-t", 0.999, resamples=1_000), "at least 2,000"),
        (lambda: interval("percentile", 1.2, resamples=1_000), "between 0 and 1"),
        (lambda: interval("percentile", resamples=0), "say nothing"),
        (lambda: interval("percentile", design=Design.of(79)), "80 rows with a design of 79"),
        (lambda: interval("bootstrap-t", weights="exponential"), "counts as weights"),
        (
            lambda: resampled_interval(
                Quantile(X, 0.5), Design.of(80), method="bootstrap-t", level=0.95, rng=rng()
            ),
            "smooth statistic",
        ),
        (lambda: bca(Replicates(5.0, np.arange(100.0) + 6), 0.0, 0.9), "BCa cannot correct"),
        (lambda: bca(Replicates(50.0, np.arange(100.0)), 0.9, 0.9), "BCa cannot correct"),
        (lambda: percentile(Replicates(5.0, np.full(100, 5.0)), 0.9), "the same value"),
        (
            lambda: resample(Ratio([1.0, 2.0], [-1.0, 1.0]), Design.of(2), rng=rng()),
            "no value in the sample",
        ),
    ],
)
def test_what_is_refused(attempt, words):
    with pytest.raises(ValueError, match=words):
        attempt()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("values", [np.full(20, 3.0), np.full(20, 0.1), np.zeros(20)])
def test_no_spread_no_interval(method, values):
    with pytest.raises(ValueError, match=r"do not vary|does not vary|same value|BCa cannot"):
        resampled_interval(Mean(values), Design.of(20), method=method, level=0.95, rng=rng())


def test_interquartile_mean_of_many_values_is_computed():
    values = np.random.default_rng(5).lognormal(size=MANY)
    value, known = interquartile_mean(values, level=0.95, rng=rng())
    drawn = interquartile_mean(values[:-1], level=0.95, rng=rng(), resamples=2_000)[1]
    assert (known.method, drawn.method) == ("winsorised-t", "bootstrap-percentile")
    assert known.low < value < known.high
    assert known.high - known.low == pytest.approx(drawn.high - drawn.low, rel=0.08)


def test_interquartile_mean_does_not_know_the_order_of_rows():
    values, tasks = X.copy(), np.arange(80) % 4
    order = np.random.default_rng(6).permutation(80)
    found = interquartile_mean(values, strata=tasks, level=0.95, rng=rng())
    assert found == interquartile_mean(values[order], strata=tasks[order], level=0.95, rng=rng())
    assert found[1] != interquartile_mean(values, level=0.95, rng=rng())[1]


@pytest.mark.parametrize("size", [30, MANY])
def test_a_middle_half_without_spread_is_told(size):
    values = np.zeros(size)
    values[:2] = [9.0, -9.0]
    with pytest.raises(ValueError, match="spread"):
        interquartile_mean(values, level=0.95, rng=rng())
