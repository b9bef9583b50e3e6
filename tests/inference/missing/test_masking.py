"""Masked errors: known answers, mechanisms that do what they say, coverage by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.calibration.coverage import least_count

from assay.inference.missing.masking import Errors, excess, mask, masked_errors
from assay.inference.undefined import Undefined


def correlated(n: int, rng: np.random.Generator, r: float = 0.8) -> np.ndarray:
    x = rng.normal(size=n)
    return np.column_stack([x, r * x + math.sqrt(1 - r * r) * rng.normal(size=n)])


def test_known_answers():
    """The mean is off by 1 sd; a regression by the root of 1 - r² where the other is there."""
    values = correlated(8_000, np.random.default_rng(1))
    found = masked_errors(values, ["mean", "iterative"], "mcar", 0.05, seed=2)
    assert found["mean"].value == pytest.approx(1, abs=0.03)
    expected = math.sqrt(0.95 * (1 - 0.64) + 0.05)
    assert found["iterative"].value == pytest.approx(expected, abs=0.03)
    more, (low, high, _) = excess(found["iterative"], found["mean"], 0.95)
    assert low < more < high
    assert low < 1 - expected**2 < high


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_each_mechanism_takes_what_it_says(share):
    rng = np.random.default_rng(3)
    values = rng.normal(size=(20_000, 3))
    values[::5, 2] = np.nan
    for mechanism in ("mcar", "mnar"):
        away = mask(values, mechanism, share, round_=0, rng=rng)
        assert away[~np.isnan(values)].mean() == pytest.approx(share, abs=0.01)
        assert not away[np.isnan(values)].any()
        higher = values[:, 0][away[:, 0]].mean() - values[:, 0].mean()
        assert abs(higher) < 0.06 if mechanism == "mcar" else higher > 0.5
    away = mask(values, "mar", share, round_=1, rng=rng)
    assert not away[:, 1].any()
    assert away[:, 0].mean() == pytest.approx(share, abs=0.01)
    assert values[:, 1][away[:, 0]].mean() > 0.5
    assert abs(values[:, 0][away[:, 0]].mean()) < 0.06


def test_the_interval_covers():
    """The mean of an exponential column is off by its standard deviation."""
    rng = np.random.default_rng(4)
    hits = 0
    for seed in range(200):
        values = rng.exponential(size=(400, 2))
        found = masked_errors(values, ["mean"], "mcar", 0.2, seed=seed)["mean"]
        rows = Errors(found.squares * np.nanvar(values), found.cells * 1.0)
        low, high, _ = rows.interval(0.95)
        hits += low <= 1 <= high
    assert hits >= least_count(200, 0.93)


def test_all_methods_see_the_same_and_the_seed_decides():
    values = correlated(300, np.random.default_rng(5))
    both = masked_errors(values, ["mean", "knn"], "mnar", 0.2, seed=6)
    alone = masked_errors(values, ["knn"], "mnar", 0.2, seed=6)
    np.testing.assert_array_equal(both["knn"].squares, alone["knn"].squares)
    np.testing.assert_array_equal(both["knn"].cells, both["mean"].cells)


def test_only_drawn_rows_are_scored_and_forward_fill_sees_all():
    """A column that counts up: the value above is 1 less, however few rows are scored."""
    count = np.arange(2_000.0)
    values = np.column_stack([count, -count])
    found = masked_errors(values, ["forward_fill"], "mcar", 0.1, seed=1, most=100)["forward_fill"]
    assert len(found.cells) == 100
    steps = math.sqrt(sum((1 - 0.1) * 0.1 ** (i - 1) * i * i for i in range(1, 20)))
    assert found.value * count.std() == pytest.approx(steps, rel=0.2)


@pytest.mark.parametrize(
    ("values", "share", "words"),
    [
        (np.full((30, 2), np.nan), 0.1, "fewer than 10 known"),
        (np.ones((30, 2)), 0.1, "are the same"),
        (np.arange(22.0).reshape(11, 2), 0.5, "left to learn from"),
        (np.empty((0, 2)), 0.1, "fewer than 10 known"),
    ],
)
def test_too_little_is_said(values, share, words):
    with pytest.raises(Undefined, match=words):
        masked_errors(values, ["mean"], "mcar", share, seed=0)
