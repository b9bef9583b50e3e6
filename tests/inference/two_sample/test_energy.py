"""The energy coefficient against dcor, SciPy and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import energy_distance

from assay.inference.two_sample.energy import energy, energy_alone
from assay.inference.undefined import Undefined


def curves() -> tuple[np.ndarray, np.ndarray]:
    i, j = np.arange(12.0), np.arange(9.0)
    return (
        np.column_stack([np.sin(i), np.cos(2 * i), i / 6]),
        np.column_stack([np.cos(j) + 0.5, np.sin(3 * j), j / 4]),
    )


def test_the_distance_is_that_of_dcor():
    """dcor 0.7: energy_distance(x, y, estimation_stat="u_statistic") = -0.005897829607611316."""
    one, two = curves()
    found = energy(one, two)
    assert math.isclose(found.coefficient * 2 * cdist(one, two).mean(), -0.005897829607611316)
    assert found.value == 0
    assert (found.n, found.m) == (12, 9)


def test_one_column_is_that_of_scipy():
    rng = np.random.default_rng(3)
    one, two = rng.normal(size=50), rng.exponential(size=70).round(1)
    across = np.abs(one[:, None] - two).mean()
    expected = energy_distance(one, two) ** 2 / (2 * across)
    assert math.isclose(energy_alone(one, two) ** 2, expected)
    assert energy_alone(np.ones(3), np.ones(4)) == 0


def test_it_does_not_matter_which_table_is_which_and_in_what_order():
    one, two = curves()
    found, other = energy(one, two), energy(two[::-1], one)
    assert math.isclose(found.coefficient, other.coefficient)
    assert math.isclose(found.variance, other.variance)


def test_many_rows_are_taken_in_parts():
    rng = np.random.default_rng(4)
    one, two = rng.normal(size=(2_500, 2)), rng.normal(0.4, size=(1_200, 2))
    a, b, c = (cdist(x, y) for x, y in ((one, two), (one, one), (two, two)))
    inside = b.sum() / (2_500 * 2_499) + c.sum() / (1_200 * 1_199)
    found = energy(one, two)
    assert math.isclose(found.coefficient, 1 - inside / (2 * a.mean()))
    # for normal columns it is about half of the distance in standard deviations
    assert 0.15 < found.value < 0.21
    low, high, method = found.interval(0.95)
    assert low < found.value < high
    assert method == "hoeffding"


def test_tables_of_one_row_each_many_times_over():
    found = energy(np.zeros((20, 1)), np.ones((30, 1)))
    low, high, method = found.interval(0.95)
    assert (found.value, high, method) == (1, 1, "rule-of-three")
    assert 0.6 < low < 0.9
    assert energy(np.zeros((5, 1)), np.ones((5, 1))).interval(0.95).low == 0


def test_bad_input():
    with pytest.raises(Undefined, match="all rows of both tables are the same"):
        energy(np.ones((9, 2)), np.ones((9, 2)))
    with pytest.raises(Undefined, match="one of the tables has fewer than 5 rows: 4"):
        energy(np.ones((4, 2)), np.ones((9, 2)))
    with pytest.raises(ValueError, match="do not fit"):
        energy(np.ones((9, 2)), np.ones((9, 3)))
    with pytest.raises(ValueError, match="not a finite number"):
        energy(np.array([[1.0], [np.nan]] * 5), np.ones((9, 1)))
