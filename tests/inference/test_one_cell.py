"""Distances between samples of one value: what their rows leave open."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from assay.inference.drift import CellMethod, Sides, distance, interval


@pytest.mark.parametrize("method", get_args(CellMethod))
@pytest.mark.parametrize(("n", "m"), [(1, 1), (10, 1_000_000), (40, 25)])
def test_a_value_that_never_varied_may_still_have_others(method, n, m):
    """Of ten rows, all alike, up to 31 % of what they come from may be unlike them."""
    sides = Sides(np.array([1.0]), np.array([1.0]), n, m)
    found = interval(sides, method, level=0.95, seed=1)
    assert found.low == 0.0
    varied = [np.array([0.025 ** (1 / size), 1 - 0.025 ** (1 / size)]) for size in (n, m)]
    same = np.array([1.0, 0.0])
    for sides in (Sides(varied[0], same, n, m), Sides(same, varied[1], n, m)):
        assert found.high >= distance(sides, method) * 0.999
    sides = Sides(np.array([1.0]), np.array([1.0]), n, m)
    assert interval(sides, method, level=0.99, seed=1).high >= found.high
    many = Sides(np.array([1.0]), np.array([1.0]), 10**6, 10**6)
    assert interval(many, "total_variation", level=0.95, seed=1).high < 1e-5
