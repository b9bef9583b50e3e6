"""Weights of resamples: how they are distributed, and in what design."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from assay.inference.resampling import Design
from assay.inference.resampling.draws import draw


@pytest.mark.parametrize("n", [50, 6_000], ids=["direct", "by way of Poisson variables"])
def test_counts_are_multinomial(n):
    draws = 400
    rng = np.random.default_rng(n)
    counts = draw(rng, draws, Design.of(n), "multinomial").astype(np.int64)
    assert counts.shape == (draws, n)
    assert (counts.sum(axis=1) == n).all()
    # each count is binomial(n, 1/n), and the sum of squares has the multinomial's mean and spread
    expected = stats.binom.pmf(np.arange(6), n, 1 / n) * counts.size
    found = np.bincount(counts.ravel())
    observed = np.append(found[:6], found[6:].sum())
    expected = np.append(expected, counts.size - expected.sum())
    assert stats.chisquare(observed, expected).pvalue > 1e-4
    squares = (counts**2).sum(axis=1)
    assert squares.mean() == pytest.approx(2 * n - 1, rel=4 * np.sqrt(2 / n / draws))
    # no unit is favoured: totals over resamples are multinomial too
    assert stats.chisquare(counts.sum(axis=0)).pvalue > 1e-4


def test_a_resample_that_is_too_large_is_drawn_anew(monkeypatch):
    from assay.inference.resampling import draws

    monkeypatch.setattr(draws, "_MARGIN", 0.0)  # now half of the totals exceed n
    counts = draw(np.random.default_rng(1), 60, Design.of(5_000), "multinomial")
    assert (counts.sum(axis=1, dtype=int) == 5_000).all()
    found = np.bincount(counts.ravel(), minlength=8)[:8]
    expected = stats.binom.pmf(np.arange(8), 5_000, 1 / 5_000)
    assert stats.chisquare(found, expected / expected.sum() * found.sum()).pvalue > 1e-4


def test_exponential_weights_are_dirichlet():
    n = 40
    weights = draw(np.random.default_rng(2), 2_000, Design.of(n), "exponential")
    assert (weights > 0).all()
    np.testing.assert_allclose(weights.sum(axis=1), n)
    # each share is beta(1, n - 1)
    assert stats.kstest(weights[:, 0] / n, stats.beta(1, n - 1).cdf).pvalue > 1e-4


@pytest.mark.parametrize("kind", ["multinomial", "exponential"])
@pytest.mark.parametrize("size", [7, 5_000])
def test_strata_keep_their_sizes(kind, size):
    rng = np.random.default_rng(3)
    strata = rng.permutation(np.repeat(["a", "b", "c"], [size, 2 * size, 3 * size]))
    weights = draw(rng, 5, Design.of(6 * size, strata=strata), kind)
    for name, total in (("a", size), ("b", 2 * size), ("c", 3 * size)):
        np.testing.assert_allclose(weights[:, strata == name].sum(axis=1, dtype=float), total)
        assert weights[:, strata == name].std() > 0.5  # and are resampled within


def test_clusters_are_drawn_whole():
    clusters = np.array(["x", "y", "x", "z", "z", "z"])
    design = Design.of(6, clusters=clusters)
    assert design.units == 3
    rows = design.of_rows(draw(np.random.default_rng(4), 200, design, "multinomial"))
    np.testing.assert_array_equal(rows[:, 0], rows[:, 2])
    np.testing.assert_array_equal(rows[:, 3], rows[:, 5])
    assert (rows[:, [0, 1, 3]].sum(axis=1) == 3).all()
    np.testing.assert_array_equal(design.totals(np.arange(6.0)[None, :]), [[2, 1, 12]])
    order = np.array([5, 0, 1, 2, 3, 4])
    turned = design.take(order).totals(np.arange(6.0)[order][None, :])
    np.testing.assert_array_equal(turned, [[2, 1, 12]])


@pytest.mark.parametrize(
    ("n", "labels", "words"),
    [
        (3, {"clusters": ["a", "a", "a"]}, "there is 1 cluster"),
        (1, {}, "there is 1 row"),
        (3, {"strata": ["a", "a", "b"]}, "a stratum has 1 row"),
        (4, {"clusters": [1, 2, 1, 2], "strata": ["a", "a", "b", "b"]}, "lies in two strata"),
        (4, {"clusters": [1, 2, 3]}, "shape"),
        (3, {"clusters": ["a", None, "b"]}, "missing"),
        (3, {"strata": [1.0, float("nan"), 2.0]}, "missing"),
    ],
)
def test_what_a_design_refuses(n, labels, words):
    with pytest.raises(ValueError, match=words):
        Design.of(n, **labels)
