"""Cells of many rows are drawn as normal: the samples are as good as multinomial ones."""

from __future__ import annotations

import numpy as np
import pytest

from assay.inference.drift import _NORMS, CellMethod, Sides, multinomial

METHODS: tuple[CellMethod, ...] = ("total_variation", "hellinger", "jensen_shannon", "chi_square")
MIXED = np.array([0.3, 0.2, 0.1, 0.1, *[0.299 / 20] * 20, *[0.001 / 5] * 5])


@pytest.mark.parametrize("shares", [np.full(12, 1 / 12), MIXED], ids=["even", "mixed"])
def test_moments_are_those_of_the_multinomial(shares):
    size, draws = 10_000, 20_000
    drawn = multinomial(shares, size, draws, np.random.default_rng(1))
    np.testing.assert_allclose(drawn.sum(axis=1), size)
    sd = np.sqrt(size * shares * (1 - shares))
    assert np.abs(drawn.mean(axis=0) - size * shares).max() <= 4.5 * (sd / np.sqrt(draws)).max()
    expected = size * (np.diag(shares) - np.outer(shares, shares))
    scale = np.outer(sd, sd)
    np.testing.assert_allclose(np.cov(drawn.T) / scale, expected / scale, atol=5 / np.sqrt(draws))
    assert drawn.min() >= 0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("n", "m"), [(2_000, 2_000), (50_000, 3_000)])
def test_quantiles_of_distances_are_the_same(method, n, m):
    """At 95 and 99.7 %, within what so many draws tell (five standard errors of a quantile)."""
    rng, draws = np.random.default_rng(n), 20_000
    norm = _NORMS[method]

    def quantile(p, first, second):
        values = norm(Sides(first / n, second / m, n, m))
        return [np.quantile(values, level) for level in p]

    exact = [rng.multinomial(size, MIXED, size=draws) for size in (n, m)]
    fast = [multinomial(MIXED, size, draws, rng) for size in (n, m)]
    for level in (0.95, 0.997):
        error = 5 * np.sqrt(2 * level * (1 - level) / draws)
        low, high = quantile((level - error, min(1.0, level + error)), *exact)
        [found] = quantile((level,), *fast)
        assert low <= found <= high


def test_small_samples_are_drawn_exactly():
    shares = np.array([0.5, 0.3, 0.2])
    drawn = multinomial(shares, 50, 10, np.random.default_rng(3))
    same = np.random.default_rng(3).multinomial(50, shares, size=10)
    np.testing.assert_array_equal(drawn, same)
