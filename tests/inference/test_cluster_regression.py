"""Least squares over clusters: CR2 written out with whole matrices, and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from assay.inference.cluster_regression import regress


def written_out(y, x, cluster, j):
    """CR2 and its degrees of freedom from n by n matrices: Bell & McCaffrey (2002)."""
    bread = np.linalg.inv(x.T @ x)
    rest = np.eye(len(y)) - x @ bread @ x.T
    residuals = rest @ y
    parts, columns = [], []
    for g in np.unique(cluster):
        rows = cluster == g
        values, vectors = np.linalg.eigh(rest[np.ix_(rows, rows)])
        power = np.where(values > 1e-9, 1 / np.sqrt(np.where(values > 1e-9, values, 1)), 0)
        adjust = vectors @ np.diag(power) @ vectors.T
        seen = adjust @ x[rows] @ bread[:, j]
        parts.append(seen @ residuals[rows])
        columns.append(rest[:, rows] @ seen)
    values = np.linalg.svd(np.array(columns), compute_uv=False) ** 2
    return np.sum(np.square(parts)), values.sum() ** 2 / (values**2).sum()


def drawn(seed: int, sizes: list[int]):
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    own, shared = rng.standard_normal(len(cluster)), rng.standard_normal(len(sizes))[cluster]
    x = np.column_stack([np.ones(len(cluster)), own, shared])
    y = 1 + x[:, 1] + rng.standard_normal(len(sizes))[cluster] + rng.standard_normal(len(cluster))
    return y, x, cluster


@pytest.mark.parametrize("sizes", [[5, 9, 2, 7, 1, 12], [1] * 12, [20, 3, 3, 4]])
def test_it_is_what_whole_matrices_give(sizes) -> None:
    y, x, cluster = drawn(len(sizes), sizes)
    for j, found in enumerate(regress(y, x, cluster)):
        variance, df = written_out(y, x, cluster, j)
        assert found.value == pytest.approx(np.linalg.lstsq(x, y, rcond=None)[0][j])
        assert found.variance == pytest.approx(variance)
        assert found.df == pytest.approx(df)


def test_two_groups_of_rows_of_their_own_are_welchs_test() -> None:
    """CR2 with a cluster for each row is HC2, which for two means is Welch's variance."""
    rng = np.random.default_rng(5)
    a, b = rng.normal(0, 1, 8), rng.normal(1, 3, 13)
    treated = np.repeat([0.0, 1.0], [8, 13])
    x = np.column_stack([np.ones(21), treated])
    found = regress(np.concatenate([a, b]), x, np.arange(21))[1]
    welch = stats.ttest_ind(b, a, equal_var=False)
    assert found.value / found.error == pytest.approx(welch.statistic)


def test_units_of_regressors_do_not_matter() -> None:
    y, x, cluster = drawn(3, [4] * 9)
    found, scaled = regress(y, x, cluster), regress(y, x * [1, 1e6, 1e-6], cluster)
    for a, b, factor in zip(found, scaled, (1, 1e6, 1e-6), strict=True):
        assert b.value * factor == pytest.approx(a.value)
        assert b.df == pytest.approx(a.df)
        assert b.p_value == pytest.approx(a.p_value)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda y, x, c: (y[1:], x, c), "do not fit"),
        (lambda y, x, c: (np.where(y > 1, np.nan, y), x, c), "NaN or infinite"),
        (lambda y, x, c: (y, x, np.zeros_like(c)), "at least two"),
        (lambda y, x, c: (y[:0], x[:0], c[:0]), "at least two"),
        (lambda y, x, c: (y, x[:, [0, 1, 1]], c), "linearly dependent"),
        (lambda y, x, c: (y, x * [1, 0, 1], c), "0 in every row"),
        (lambda y, x, c: (np.ones_like(y), x, c), "does not vary"),
        (lambda y, x, c: (y, np.column_stack([x, c == 0]), c), "rests on one cluster"),
    ],
)
def test_what_cannot_be_estimated_is_said(change, wrong) -> None:
    with pytest.raises(ValueError, match=wrong):
        regress(*change(*drawn(3, [4] * 9)))


def test_levels_of_clusters_do_not_disturb_the_others() -> None:
    y, x, cluster = drawn(4, [6] * 5)
    levels = (cluster[:, None] == np.arange(5)).astype(float)
    found = regress(y, np.column_stack([levels, x[:, 1]]), cluster, of=(5,))[0]
    variance, df = written_out(y, np.column_stack([levels, x[:, 1]]), cluster, 5)
    assert (found.variance, found.df) == (pytest.approx(variance), pytest.approx(df))
