"""The classifier two-sample test against closed forms, and its coding of values."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from assay.inference.two_sample.classifier import CATEGORIES, coded, ranked, separate
from assay.inference.two_sample.importance import alone, importances
from assay.inference.undefined import Undefined
from assay.metrics.drift.trees import boosted_trees

RNG = np.random.default_rng(11)


def told(one: np.ndarray, two: np.ndarray, categories: tuple[bool, ...] | None = None):
    """(features, second, what was found) for two tables of shape (rows, columns)."""
    codes = categories or (False,) * one.shape[1]
    columns = [(coded if code else ranked)(one[:, j], two[:, j]) for j, code in enumerate(codes)]
    features, second = np.column_stack(columns), np.repeat([False, True], [len(one), len(two)])
    return features, second, separate(features, second, boosted_trees(np.array(codes)))


def test_the_best_area_of_two_normals_is_nearly_reached():
    """A shift of one standard deviation: the best possible area is Phi(1 / sqrt 2) = 0.7602."""
    one, two = RNG.normal(size=(1_500, 1)), RNG.normal(1, size=(1_500, 1))
    _, second, found = told(one, two)
    best = NormalDist().cdf(1 / math.sqrt(2))
    assert best - 0.04 < found.area.value < best + 0.02
    low, high, method = found.area.interval(0.95)
    assert low < best < high + 0.02
    assert method == "cross-validated-auc"
    # over all rows at once scikit-learn says nearly the same
    assert math.isclose(roc_auc_score(second, found.scores), found.area.value, abs_tol=0.01)


def test_a_share_of_new_rows_gives_half_of_it_and_one():
    """Of a category that the reference lacks, on 30 % of the rows: (1 + 0.3) / 2."""
    one = RNG.integers(0, 3, (2_000, 1)).astype(float)
    two = np.where(RNG.random((2_000, 1)) < 0.3, 7.0, RNG.integers(0, 3, (2_000, 1)))
    _, _, found = told(one, two, (True,))
    assert math.isclose(found.area.value, 0.65, abs_tol=0.02)


def test_tables_without_any_row_alike_are_told_without_fail():
    one, two = RNG.integers(0, 2, (60, 1)), RNG.integers(2, 4, (60, 1))
    found = told(one, two)[2].area
    assert found.value == 1
    low, high, method = found.interval(0.95)
    assert 0.9 < low < high == 1
    assert method == "newcombe"


def test_the_columns_that_tell_are_named():
    """Only the third column moved; two that went together no longer do."""
    one, two = RNG.normal(size=(1_000, 4)), RNG.normal(size=(1_000, 4))
    one[:, 1] = one[:, 0] + RNG.normal(size=1_000) / 4
    two[:, 1] *= math.sqrt(1 + 1 / 16)
    features, second, found = told(one, two)
    first, next_, *rest = importances(found, features, second, level=0.95)
    assert {first.column, next_.column} == {0, 1}
    assert next_.low > 0.1
    assert all(abs(i.value) < 0.03 and i.low < 0.005 for i in rest)
    assert all(alone(features[:, j], second, category=False) < 0.09 for j in range(4))


def test_drift_of_one_column_alone():
    rng = np.random.default_rng(1)
    from scipy.stats import ks_2samp

    one, two = rng.normal(size=500), rng.normal(0.3, size=400)
    second = np.repeat([False, True], [500, 400])
    found = alone(np.concatenate([one, two]), second, category=False)
    assert math.isclose(found, ks_2samp(one, two).statistic)
    codes = np.array([0, 0, 0, 1, np.nan, 0, 2, 2, np.nan, np.nan])
    half = np.repeat([False, True], [5, 5])
    assert math.isclose(alone(codes, half, category=True), 0.6)


def test_codes_and_places():
    one, two = np.array([0.5, 0.1, np.nan, 0.5]), np.array([0.9, 0.5])
    assert coded(one, two).tolist()[:2] == [0, 1]
    assert np.isnan(coded(one, two)[2])
    assert ranked(np.array([1e300, -np.inf, np.nan]), np.array([np.inf, 0.0])).tolist()[0] == 2
    many = np.arange(1_000.0)
    assert coded(many, many).max() == CATEGORIES


def test_few_rows_and_shared_rows():
    with pytest.raises(Undefined, match="one of the tables has fewer than 10 rows: 9"):
        told(RNG.random((9, 1)), RNG.random((100, 1)))
    assert told(RNG.random((10, 1)), RNG.random((300, 1)))[2].area.interval(0.95).low < 0.5
    same, second = np.arange(40.0)[:, None] // 20, np.repeat([False, True], 20)
    with pytest.raises(Undefined, match="one table only"):
        separate(
            same, second, boosted_trees(np.array([False])), together=np.zeros(40, dtype=np.uint64)
        )
