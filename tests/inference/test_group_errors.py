"""Sampling error of shares over groups of rows, against the jackknife and Student's t."""

from __future__ import annotations

import math

import numpy as np
import pytest

from assay.inference.cluster_jackknife import cluster_interval
from assay.inference.drift import WILD, Groups, Sides, distance, interval
from assay.inference.group_errors import (
    blocks,
    degrees_of_freedom,
    deviations,
    group_errors,
)
from assay.inference.interval import Interval, t_value
from assay.inference.jackknife import delete_cluster

METHODS = ["total_variation", "hellinger", "jensen_shannon", "psi", "kl", "chi_square"]


def table(groups: int, seed: int = 0, size: int = 40) -> np.ndarray:
    """Rows by group and cell, of groups of unequal size whose shares differ."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet([4.0, 2.0, 1.0, 1.0], size=groups)
    sizes = rng.integers(size // 2, size * 2, groups)
    return np.array([rng.multinomial(n, p) for n, p in zip(sizes, shares, strict=True)]) * 1.0


def sides(a: np.ndarray, b: np.ndarray) -> Sides:
    return Sides(a.sum(0) / a.sum(), b.sum(0) / b.sum(), int(a.sum()), int(b.sum()))


def test_deviations_have_the_variance_of_leaving_groups_out():
    counts = table(12)
    found = deviations(counts)
    sizes = counts.sum(axis=1)
    for cell in range(4):
        value = counts[:, cell].sum() / counts.sum()
        left = (counts[:, cell].sum() - counts[:, cell]) / (counts.sum() - sizes)
        known = delete_cluster(value, left, sizes.astype(int))
        assert (found[:, cell] ** 2).sum() == pytest.approx(known.variance, rel=1e-9)
        assert degrees_of_freedom(counts) == pytest.approx(known.df)


def test_errors_of_one_share_are_students():
    """As wide as the cluster jackknife's interval, which a share in the middle makes symmetric."""
    rng = np.random.default_rng(1)
    p = rng.normal(0.5, 0.1, 80)
    ones = rng.binomial(200, p).astype(float)
    counts = np.column_stack([ones, 200 - ones])
    drawn = np.abs(group_errors(counts, 40_000, rng)[:, 0])
    value = ones.sum() / counts.sum()
    left = (ones.sum() - ones) / (counts.sum() - 200)
    for level in (0.8, 0.95, 0.99):
        known = cluster_interval(
            value, left, np.full(80, 200), Interval(0, 1, ""), level=level, share=False
        )
        assert np.quantile(drawn, level) == pytest.approx(known.high - value, rel=0.03)


def test_two_shares_differ_by_the_error_of_both():
    """Total variation of a yes or no is the difference of two shares."""
    rng = np.random.default_rng(2)
    a, b = (
        np.column_stack([ones, 100 - ones])
        for ones in (rng.binomial(100, rng.normal(0.5, 0.1, g)).astype(float) for g in (60, 90))
    )
    found = interval(sides(a, b), "total_variation", level=0.95, seed=0, groups=Groups(a, b))
    error = math.sqrt(sum((deviations(x)[:, 0] ** 2).sum() for x in (a, b)))
    value = distance(sides(a, b), "total_variation")
    assert found.high - value == pytest.approx(t_value(0.95, 90) * error, rel=0.04)
    assert found.method == WILD


@pytest.mark.parametrize("method", METHODS)
def test_groups_of_one_row_are_rows(method):
    """Where every row is a cluster of its own the interval is nearly that for independent rows."""
    rng = np.random.default_rng(3)
    a, b = (np.eye(5)[rng.choice(5, 1_500, p=[0.3, 0.3, 0.2, 0.1, 0.1])] for _ in range(2))
    one = interval(sides(a, b), method, level=0.95, seed=0)
    two = interval(sides(a, b), method, level=0.95, seed=0, groups=Groups(a, b))
    assert two.high == pytest.approx(one.high, rel=0.1)


@pytest.mark.parametrize("method", METHODS)
def test_groups_make_intervals_longer_and_one_side_is_enough(method):
    a, b = table(30, 4), table(30, 5)
    widths = []
    for groups in (Groups(None, None), Groups(a, None), Groups(None, b), Groups(a, b)):
        found = interval(sides(a, b), method, level=0.95, seed=0, groups=groups)
        widths.append(found.high)
    assert widths[0] < min(widths[1:3]) < max(widths[1:3]) < widths[3]


@pytest.mark.parametrize("method", METHODS)
def test_of_one_group_nothing_is_known(method):
    a, b = table(1, 6), table(30, 7)
    found = interval(sides(a, b), method, level=0.95, seed=0, groups=Groups(a, b))
    assert found.low == 0
    assert found.high == (math.inf if method in ("psi", "kl") else 1.0)
    assert deviations(a) is None
    assert group_errors(a, 10, np.random.default_rng(0)) is None


def test_values_of_single_groups_are_no_drift():
    """Each cluster has a value of its own, so that no value is in both tables: they may well be
    of one distribution over very many values."""
    a = np.hstack([np.diag(np.full(40, 10.0)), np.zeros((40, 40))])
    b = a[:, ::-1]
    for method in METHODS:
        found = interval(sides(a, b), method, level=0.95, seed=0, groups=Groups(a, b))
        assert found.low == 0, method


def test_what_is_equal_in_all_groups_has_the_interval_of_rows():
    a = np.tile([30.0, 70.0], (50, 1))
    rows = interval(sides(a, a), "total_variation", level=0.95, seed=0)
    found = interval(sides(a, a), "total_variation", level=0.95, seed=0, groups=Groups(a, a))
    assert found[:2] == rows[:2]


@pytest.mark.parametrize(
    ("periods", "number"),
    [(1, 1), (5, 5), (30, 8), (90, 8), (180, 13), (365, 20), (730, 32), (100_000, 40)],
)
def test_blocks_follow_the_rule(periods, number):
    assert blocks(periods) == number
