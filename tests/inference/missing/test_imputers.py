"""Ways of filling in, against scikit-learn and closed forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer
from sklearn.linear_model import Ridge

from assay.inference.missing.imputers import (
    IMPUTERS,
    METHODS,
    forward_fill,
    iterative,
    knn,
    soft_impute,
)
from assay.inference.undefined import Undefined


def gappy(n: int = 300, share: float = 0.15) -> np.ndarray:
    rng = np.random.default_rng(21)
    values = rng.normal(size=(n, 2)) @ rng.normal(size=(2, 5)) + 0.3 * rng.normal(size=(n, 5))
    values[rng.random(values.shape) < share] = np.nan
    return (values - np.nanmean(values, axis=0)) / np.nanstd(values, axis=0)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_there_stays_and_nothing_lacks(method):
    values = gappy()
    filled = IMPUTERS[method](values)
    there = ~np.isnan(values)
    np.testing.assert_array_equal(filled[there], values[there])
    assert np.isfinite(filled).all()


@pytest.mark.parametrize(
    ("method", "strategy"), [("mean", "mean"), ("median", "median"), ("mode", "most_frequent")]
)
def test_simple_ones_are_scikit_learns(method, strategy):
    values = np.round(gappy(), 1)
    theirs = SimpleImputer(strategy=strategy).fit_transform(values)
    np.testing.assert_allclose(IMPUTERS[method](values), theirs)


def test_nearest_rows_are_scikit_learns():
    values = gappy()
    np.testing.assert_allclose(knn(values), KNNImputer(n_neighbors=5).fit_transform(values))


def test_chained_regressions_are_scikit_learns():
    """With a ridge of a thousandth of the 285 rows or so in which a column's values are there."""
    values = gappy(share=0.05)
    theirs = IterativeImputer(Ridge(0.285), max_iter=200, tol=1e-5).fit_transform(values)
    np.testing.assert_allclose(iterative(values, tolerance=1e-5), theirs, atol=1e-3)


def test_forward_fill_is_pandas():
    values = gappy(50)
    theirs = pd.DataFrame(values).ffill()
    np.testing.assert_allclose(
        forward_fill(values), theirs.fillna(pd.DataFrame(values).mean()), atol=1e-12
    )


def test_a_matrix_of_low_rank_is_found_again():
    rng = np.random.default_rng(5)
    whole = rng.normal(size=(400, 2)) @ rng.normal(size=(2, 10))
    whole = (whole - whole.mean(axis=0)) / whole.std(axis=0)
    lacks = rng.random(whole.shape) < 0.1
    found = soft_impute(np.where(lacks, np.nan, whole))
    assert np.sqrt(np.square(found - whole)[lacks].mean()) < 0.1


def test_what_does_not_converge_is_said():
    """Twenty columns that all but follow from each other, with a third of their values missing."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=(300, 20)) @ rng.normal(size=(20, 20))
    values[rng.random(values.shape) < 0.3] = np.nan
    values = (values - np.nanmean(values, axis=0)) / np.nanstd(values, axis=0)
    with pytest.raises(Undefined, match="did not converge in 200 rounds"):
        iterative(values)
