"""Cells, weights, scores under weights: against closed forms and scikit-learn."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, f1_score, roc_auc_score

from assay.inference.delong import area
from assay.inference.ranks import rank
from assay.inference.shift.balance import balance, spread
from assay.inference.shift.cells import bins_for, category_cells, ordered_cells
from assay.inference.shift.impact import current_part, reference_part, weighted_part
from assay.inference.shift.scores import area_score, mean_score, ratio_score, root_mean_score


def two(n=600, m=400, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 1, n), rng.normal(0.5, 1, m)


def test_cells_have_rows_of_the_reference_each():
    x, z = two()
    cells = ordered_cells("x", x, z, bins=10)
    assert cells.k == 10
    assert np.bincount(cells.reference).min() >= 5
    assert cells.target.sum() == pytest.approx(1)
    assert 0.1 < cells.moved < 0.3
    assert cells.absent == np.mean((z < x.min()) | (z > x.max()))


def test_a_value_falls_into_the_same_cell_on_both_sides():
    x, z = np.arange(100.0), np.arange(100.0)[::-1]
    cells = ordered_cells("x", x, z, bins=7)
    assert (cells.reference == cells.current[::-1]).all()
    assert cells.moved == 0


def test_missing_values_have_a_cell():
    x, z = two()
    x[:50], z[:100] = np.nan, np.nan
    cells = ordered_cells("x", x, z, bins=5)
    assert (cells.reference[:50] == cells.k - 1).all()
    assert cells.target[-1] == 0.25


def test_what_the_reference_lacks_is_told():
    x, z = two()
    assert ordered_cells("x", x, z + 100, bins=5).absent == 1
    z[:100] = np.nan
    assert ordered_cells("x", x, z, bins=5).absent >= 0.25
    codes = np.array([0.1] * 50 + [0.2] * 50), np.array([0.1] * 30 + [0.9] * 10)
    cells = category_cells("c", *codes)
    assert cells.absent == 0.25
    assert cells.k == 2


def test_degenerate_columns():
    same = np.ones(40)
    assert ordered_cells("x", same, same, bins=5).moved == 0
    nothing = np.full(40, np.nan)
    assert ordered_cells("x", nothing, nothing, bins=5).k == 1
    assert ordered_cells("x", nothing, same, bins=5).absent == 1
    every = np.arange(40.0)
    assert category_cells("id", every, every).k == 1
    with pytest.raises(ValueError, match="no rows"):
        ordered_cells("x", same, np.array([]), bins=5)
    assert bins_for(10, 50) == 2
    assert bins_for(100_000, 3) == 20


def test_weights_give_every_column_the_current_shares():
    rng = np.random.default_rng(1)
    x, z = rng.normal(0, 1, (3, 2000)), rng.normal([[0.4], [0.0], [-0.2]], 1.2, (3, 900))
    cells = [ordered_cells(str(i), x[i], z[i], bins=8) for i in range(3)]
    found = balance(cells)
    assert found.weights.sum() == pytest.approx(1)
    for column in cells:
        shares = np.bincount(column.reference, found.weights, minlength=column.k)
        assert shares == pytest.approx(column.target, abs=1e-6)
    assert 200 < found.effective < 2000


def test_no_shift_leaves_equal_weights():
    x, _ = two()
    found = balance([ordered_cells("x", x, x, bins=6)])
    assert found.weights == pytest.approx(1 / len(x))
    assert found.effective == pytest.approx(len(x))


def test_columns_that_contradict_each_other_cannot_be_balanced():
    one = np.repeat([0.0, 1.0], 50)
    there = np.repeat([0.0, 1.0], [80, 20])
    with pytest.raises(ValueError, match="no weights"):
        balance([category_cells("a", one, there), category_cells("b", one, one)])
    with pytest.raises(ValueError, match="no column"):
        balance([])


def test_one_column_is_post_stratification():
    """Value: mean of cell means by current shares. Variance: the textbook's, of both sides."""
    rng = np.random.default_rng(2)
    x, z = rng.integers(0, 3, 900).astype(float), rng.integers(0, 2, 500).astype(float)
    loss = rng.random(900) + x
    found = balance([category_cells("x", x, z)])
    part = weighted_part(partial(mean_score, loss), found)
    means = np.array([loss[x == i].mean() for i in (0, 1)])
    shares = np.array([(z == i).mean() for i in (0, 1)])
    assert part.value == pytest.approx(shares @ means)
    within = sum(
        share**2 * loss[x == i].var(ddof=1) / (x == i).sum() for i, share in enumerate(shares)
    )
    between = (shares @ (means - part.value) ** 2) / 500
    assert part.variance == pytest.approx(within + between, rel=0.01)


@pytest.fixture
def scored():
    rng = np.random.default_rng(5)
    y = (rng.random(300) < 0.4).astype(float)
    score = np.round(rng.random(300) * 0.7 + 0.3 * y, 2)
    weights = rng.random(300)
    return y, score, weights / weights.sum()


def test_weighted_scores_are_those_of_scikit_learn(scored):
    y, score, w = scored
    called = (score > 0.5).astype(float)
    assert area_score(y, score, w).value == pytest.approx(roc_auc_score(y, score, sample_weight=w))
    assert mean_score((score - y) ** 2, w).value == pytest.approx(
        brier_score_loss(y, score, sample_weight=w)
    )
    assert ratio_score(2 * y * called, y + called, w).value == pytest.approx(
        f1_score(y, called, sample_weight=w)
    )
    gap = score - y
    assert root_mean_score(gap**2, w).value == pytest.approx(np.sqrt(np.average(gap**2, weights=w)))


@pytest.mark.parametrize("name", ["area", "mean", "ratio", "root"])
def test_influences_are_derivatives(scored, name):
    y, score, w = scored
    f = {
        "area": partial(area_score, y, score), "mean": partial(mean_score, score),
        "ratio": partial(ratio_score, y * score, score), "root": partial(root_mean_score, score),
    }[name]  # fmt: skip
    influence = f(w).influence
    assert w @ influence == pytest.approx(0, abs=1e-12)
    for i in (0, 7, 200):
        moved = (1 - 1e-6) * w
        moved[i] += 1e-6
        assert (f(moved).value - f(w).value) / 1e-6 == pytest.approx(influence[i], rel=1e-3)


def test_the_error_of_an_area_is_delongs(scored):
    y, score, _ = scored
    part = reference_part(partial(area_score, y, score), len(y), 10)
    ranking = rank(y == 1, score)
    assert part.variance == pytest.approx(area(ranking).variance(ranking), rel=0.01)


def test_undefined_scores_are_errors(scored):
    y, score, w = scored
    with pytest.raises(ValueError, match="both classes"):
        area_score(np.ones(300), score, w)
    with pytest.raises(ValueError, match="denominator"):
        ratio_score(y, np.zeros(300), w)
    assert root_mean_score(np.zeros(300), w).value == 0


def test_parts_add_up_to_the_change():
    rng = np.random.default_rng(8)
    x, z = rng.normal(0, 1, 700), rng.normal(0.6, 1, 500)
    before, after = (rng.random(700) < 0.5 + 0.1 * np.tanh(x)), (rng.random(500) < 0.7)
    one = reference_part(partial(mean_score, before.astype(float)), 700, 500)
    two = current_part(partial(mean_score, after.astype(float)), 700, 500)
    weighted = weighted_part(
        partial(mean_score, before.astype(float)), balance([ordered_cells("x", x, z, bins=5)])
    )
    explained, rest, change = weighted.minus(one), two.minus(weighted), two.minus(one)
    assert explained.value + rest.value == pytest.approx(change.value)
    assert change.variance == pytest.approx(
        before.var(ddof=1) / 700 + after.var(ddof=1) / 500, rel=1e-6
    )


def test_what_the_cells_explain_is_not_the_references_noise():
    """A loss that is a function of the cell has the error of the current shares, and no other."""
    x, z = np.repeat([0.0, 1.0], 200), np.repeat([0.0, 1.0], [100, 300])
    found = balance([category_cells("x", x, z)])
    parts = spread(found, x - 0.75)
    assert np.abs(parts.reference).max() < 1e-12
    assert (parts.current**2).sum() == pytest.approx(0.25 * 0.75 / 400)
