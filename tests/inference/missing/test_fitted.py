"""Ways to fill in that learn from some rows, against scikit-learn's and pandas' own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import KNNImputer, SimpleImputer

from assay.inference.missing.fitted import carried, fit
from assay.inference.missing.imputers import iterative, soft_impute
from assay.inference.undefined import Undefined


def with_gaps(n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 2)) @ rng.normal(size=(2, 5)) + 0.3 * rng.normal(size=(n, 5))
    values = np.round(values * 4 + 10)  # ties, for the mode
    values[rng.random(values.shape) < 0.2] = np.nan
    return values


TRAIN, TEST = with_gaps(150, 1), with_gaps(60, 2)


@pytest.mark.parametrize(
    ("method", "strategy"), [("mean", "mean"), ("median", "median"), ("mode", "most_frequent")]
)
def test_one_value_for_a_column_is_that_of_the_training_rows(method, strategy):
    theirs = SimpleImputer(strategy=strategy).fit(TRAIN).transform(TEST)
    np.testing.assert_allclose(fit(method, TRAIN)(TEST), theirs)


def test_neighbours_are_training_rows():
    rng = np.random.default_rng(0)
    train, test = (x + rng.normal(0, 0.1, x.shape) for x in (TRAIN, TEST))  # no ties
    centre, spread = np.nanmean(train, axis=0), np.nanstd(train, axis=0)
    theirs = KNNImputer(n_neighbors=5).fit((train - centre) / spread)
    expected = theirs.transform((test - centre) / spread) * spread + centre
    np.testing.assert_allclose(fit("knn", train)(test), expected)


@pytest.mark.parametrize(
    ("method", "whole", "off"),
    [("iterative", iterative, 1e-9), ("soft_impute", soft_impute, 0.05)],  # it stops nearby
)
def test_training_rows_are_filled_in_as_by_themselves(method, whole, off):
    centre, spread = np.nanmean(TRAIN, axis=0), np.nanstd(TRAIN, axis=0)
    mine = (fit(method, TRAIN)(TRAIN) - centre) / spread
    np.testing.assert_allclose(mine, whole((TRAIN - centre) / spread), atol=off)


def test_a_relation_that_was_learned_fills_in_other_rows():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(300, 1))
    train = np.hstack([x, 2 * x + 1, -x])
    train[:50, 1] = np.nan
    test = np.array([[1.5, np.nan, -1.5], [np.nan, 2.0, -0.5]])  # the first never lacked before
    filled = fit("iterative", train)(test)
    assert filled[0, 1] == pytest.approx(4.0, abs=0.02)
    assert filled[1, 0] == pytest.approx(0.5, abs=0.02)


def test_a_row_does_not_depend_on_the_rows_beside_it():
    for method in ("mean", "median", "mode", "knn", "iterative"):
        fill = fit(method, TRAIN)
        np.testing.assert_allclose(fill(TEST[:7]), fill(TEST)[:7])


def test_a_column_without_a_value_is_filled_with_zero():
    train, test = TRAIN.copy(), TEST.copy()
    train[:, 2] = np.nan
    for method in ("mean", "median", "mode", "knn", "iterative", "soft_impute"):
        filled = fit(method, train)(test)
        assert not filled[:, 2].any()
        assert np.isfinite(filled).all()


def test_what_does_not_converge_says_so():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(300, 20)) @ rng.normal(size=(20, 20))
    values[rng.random(values.shape) < 0.3] = np.nan
    with pytest.raises(Undefined, match="did not converge in 200 rounds"):
        fit("iterative", values)


def test_values_are_carried_from_rows_that_teach_only():
    rng = np.random.default_rng(5)
    teaches = rng.random(len(TRAIN)) < 0.7
    mine = carried(TRAIN, teaches)
    given = pd.DataFrame(np.where(teaches[:, None], TRAIN, np.nan))
    theirs = given.ffill().fillna(given.mean())
    np.testing.assert_allclose(mine, np.where(np.isnan(TRAIN), theirs, TRAIN))
    assert not carried(np.full((3, 1), np.nan), np.ones(3, dtype=bool)).any()
