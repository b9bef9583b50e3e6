"""Cells that two distributions are drawn over: few, whole, and holding every row."""

from __future__ import annotations

import numpy as np
import pytest

from assay.inference.distribution import Distribution
from assay.inference.quantile_grid import GRID
from assay.metrics.data.distributions.cells import edges, shares
from assay.metrics.data.distributions.sides import values
from assay.states import QuantilesState


def state(sample: np.ndarray) -> QuantilesState:
    """Quantiles as an engine gives them: the value at the rank."""
    ordered = np.sort(sample)
    at = [ordered[max(0, int(np.ceil(p * len(ordered))) - 1)] for p in GRID]
    return QuantilesState(len(ordered), GRID, tuple(map(float, at)))


def of(*samples: np.ndarray, temporal: bool = False) -> np.ndarray:
    return edges([d for s in samples if (d := Distribution.of(state(s)))], temporal=temporal)


def test_whole_numbers_are_not_cut_in_two():
    hours = np.repeat(np.arange(24.0), 100)
    assert of(hours).tolist() == [k - 0.5 for k in range(25)]
    many = of(np.arange(1000.0), np.arange(500.0))
    assert set(np.diff(many)) == {25.0}
    assert len(many) <= 41
    assert many[0] % 1 == 0.5


def test_fractions_have_forty_cells_of_one_width():
    found = of(np.random.default_rng(0).normal(size=5_000))
    assert len(found) == 41
    assert np.allclose(np.diff(found), np.diff(found)[0])


def test_a_heavy_tail_is_summed_up_and_not_drawn():
    rng = np.random.default_rng(1)
    one, two = rng.pareto(0.8, 20_000) + rng.random(20_000) / 9, rng.pareto(0.8, 20_000)
    sides = values([state(one), state(two)], [20_000, 20_000])
    at = edges([d for d in sides.distributions if d is not None], temporal=False)
    assert at[-1] < 40 < np.quantile(one, 0.99)
    for drawn, sample in zip(shares(sides, at), (one, two), strict=True):
        assert drawn.beyond[1] == pytest.approx((sample > at[-1]).mean(), abs=0.01)
        counted, _ = np.histogram(sample, at)
        assert np.allclose(drawn.inside, counted / 20_000, atol=0.011)


def test_a_spike_does_not_take_the_width():
    spike = np.where(
        np.random.default_rng(2).random(5_000) < 0.8, 0.0, np.linspace(0.5, 9.3, 5_000)
    )
    found = of(spike)
    assert found[0] == 0
    assert found[-1] > 7


def test_times_are_cut_at_round_instants():
    day = 86_400.0
    start = 15_706 * day  # 2013-01-01
    month = start + np.arange(31 * 24) * 3_600.0
    found = of(month, temporal=True)
    assert set(np.diff(found)) == {day}
    assert found[0] == start
    assert len(found) == 32
    assert {edge % (7 * day) for edge in np.diff(of(month, month + 200 * day, temporal=True))} == {
        0
    }


def test_missing_rows_are_not_in_any_cell():
    sample = np.random.default_rng(3).normal(size=900)
    sides = values([state(sample), state(sample)], [900, 1_200])
    one, two = shares(sides, np.linspace(-9, 9, 30))
    assert sum(one.inside) == pytest.approx(1, abs=1e-4)
    assert sum(two.inside) == pytest.approx(0.75, abs=1e-4)


@pytest.mark.parametrize("value", [0.25, -3.7, 1e-300, 1.5e308])
def test_one_value_has_one_cell(value):
    found = of(np.full(100, value))
    assert len(found) >= 2
    assert np.isfinite(found).all()
    assert found[0] <= value <= found[-1]
