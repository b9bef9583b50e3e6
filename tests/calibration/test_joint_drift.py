"""How often intervals of joint drift cover, and how often they raise a false alarm."""

from __future__ import annotations

import numpy as np
import pytest

from assay.inference.two_sample.classifier import coded, ranked, separate
from assay.inference.two_sample.energy import energy
from assay.metrics.drift.trees import boosted_trees


def normal(rng: np.random.Generator, rows: int, shift: float) -> np.ndarray:
    return rng.normal(shift, size=(rows, 2))


def skewed(rng: np.random.Generator, rows: int, shift: float) -> np.ndarray:
    return rng.exponential(1 + shift, size=(rows, 1))


def coarse(rng: np.random.Generator, rows: int, shift: float) -> np.ndarray:
    return (rng.random((rows, 3)) < 0.3 + shift / 5).astype(float)


@pytest.mark.parametrize("draw", [normal, skewed, coarse])
@pytest.mark.parametrize("shift", [0.0, 0.6])
def test_intervals_of_the_energy_coefficient_cover(draw, shift):
    """0 where nothing moved, which is the hard case: the statistic is degenerate there."""
    rng = np.random.default_rng(21)
    large = [draw(rng, 3_000, 0.0), draw(rng, 3_000, shift)]
    truth = energy(*large).value if shift else 0.0
    found = [energy(draw(rng, 120, 0.0), draw(rng, 90, shift)) for _ in range(300)]
    ends = np.array([one.interval(0.95)[:2] for one in found])
    covered = float(((ends[:, 0] <= truth) & (truth <= ends[:, 1])).mean())
    assert covered >= 0.95 - 4 * (0.95 * 0.05 / 300) ** 0.5
    above = float((ends[:, 0] > truth).mean())
    assert above <= 0.025 + 4 * (0.025 * 0.975 / 300) ** 0.5


def test_intervals_of_the_classifier_cover_one_half():
    """Numbers and categories, and nothing moved."""
    rng = np.random.default_rng(22)
    second, covered, alarms, values = np.repeat([False, True], 100), 0, 0, []
    for _ in range(20):
        numbers, codes = rng.normal(size=200), rng.integers(0, 5, 200).astype(float)
        features = np.column_stack(
            [ranked(numbers[:100], numbers[100:]), coded(codes[:100], codes[100:])]
        )
        area = separate(features, second, boosted_trees(np.array([False, True]))).area
        low, high, _ = area.interval(0.95)
        covered += low <= 0.5 <= high
        alarms += low > 0.5
        values.append(area.value)
    assert covered >= 16  # 15 or fewer have a probability of 0.3 % at 95 %
    assert alarms <= 3
    assert abs(np.mean(values) - 0.5) < 4 * 0.06 / 20**0.5
