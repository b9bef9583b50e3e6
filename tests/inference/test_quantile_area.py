"""Areas from quantiles against scikit-learn and against DeLong's variance of the rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from assay.core.expr import Column
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.inference.delong import area
from assay.inference.quantile_area import areas
from assay.inference.quantile_grid import GRID
from assay.inference.ranks import rank
from assay.states import Quantiles


def quantiles(values, classes):
    """States by class, folded by the engine."""
    wanted = Quantiles(of=Column("x"), probabilities=GRID, by=(Column("y"),))
    with DuckDBEngine(threads=1) as engine:
        engine.attach("t", Memory(pa.table({"x": values, "y": classes})))
        folded = engine.fold("t", [wanted])[wanted]
    return [folded[key] for key in sorted(folded)]


@pytest.mark.parametrize(("rows", "digits"), [(300, 12), (300, 1), (40_000, 12), (40_000, 0)])
def test_is_the_area_of_the_rows(rows, digits):
    rng = np.random.default_rng(rows)
    y = rng.random(rows) < 0.35
    x = np.round(rng.normal(0, 1, rows) + 0.8 * y, digits)
    negative, positive = areas(quantiles(x, y.astype(int)))
    exact = rank(y, x)
    assert positive.value == pytest.approx(
        roc_auc_score(y, x), abs=1e-12 if rows == 300 else min(2e-4, positive.resolution)
    )
    assert positive.variance == pytest.approx(area(exact).variance(exact), rel=0.02)
    assert negative.value == pytest.approx(1 - positive.value)
    assert negative.interval(0.95)[:2] == pytest.approx(positive.interval(0.95)[:2])


def test_several_classes_are_each_against_the_rest():
    rng = np.random.default_rng(3)
    y = rng.integers(0, 3, 450)
    x = rng.normal(0, 1, 450) + y
    for k, found in enumerate(areas(quantiles(x, y))):
        assert found.value == pytest.approx(roc_auc_score(y == k, x), abs=1e-12)
        assert found.strength == pytest.approx(abs(2 * found.value - 1))


def test_perfect_constant_and_single_rows():
    perfect = areas(quantiles([1.0, 2, 3, 4], [0, 0, 1, 1]))[1]
    assert perfect.strength == 1
    assert perfect.interval(0.95).low < 1
    constant = areas(quantiles([5.0] * 30, [0, 1] * 15))[1]
    assert constant.strength == 0
    assert constant.interval(0.95).low == 0
    lonely = areas(quantiles([1.0, 2, 3, 9], [0, 0, 0, 1]))[1]
    assert lonely.interval(0.95).low == 0  # one row proves nothing
    with pytest.raises(ValueError, match="two classes"):
        areas(quantiles([1.0, 2.0], [0, 0]))
