"""Thompson's probabilities, against draws and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from assay.experiments.bandit.thompson import (
    ArmData,
    next_probabilities,
    posteriors,
    probability_best,
)


def test_beta_probabilities_are_those_of_draws() -> None:
    arms = [ArmData(40, 0.10), ArmData(60, 0.15), ArmData(10, 0.20)]
    found = probability_best(posteriors(arms, "bernoulli"))
    rng = np.random.default_rng(1)
    draws = rng.beta([4.5, 9.5, 2.5], [36.5, 51.5, 8.5], (400_000, 3))
    drawn = np.bincount(draws.argmax(axis=1)) / len(draws)
    assert found == pytest.approx(drawn, abs=0.004)
    assert sum(found) == pytest.approx(1)
    least = probability_best(posteriors(arms, "bernoulli"), higher_is_better=False)
    assert least == pytest.approx(np.bincount(draws.argmin(axis=1)) / len(draws), abs=0.004)


def test_gaussian_probabilities_are_those_of_draws() -> None:
    arms = [ArmData(20, 1.0, 19.0), ArmData(30, 1.4, 45.0), ArmData(0)]
    found = posteriors(arms, "gaussian")
    rng = np.random.default_rng(2)
    draws = np.stack([p.a + p.b * rng.standard_t(p.df, 400_000) for p in found], axis=1)
    drawn = np.bincount(draws.argmax(axis=1)) / len(draws)
    assert probability_best(found) == pytest.approx(drawn, abs=0.004)


def test_the_gaussian_posterior_is_the_conjugate_one() -> None:
    """With many units it is the t interval's distribution: location, scale, degrees of freedom."""
    many = posteriors([ArmData(1e6, 3.0, 4e6), ArmData(1e6, 2.0, 4e6)], "gaussian")[0]
    assert many.a == pytest.approx(3.0, abs=1e-5)
    assert many.b == pytest.approx(2e-3, rel=1e-4)
    at = np.array([2.999, 3.0, 3.002])
    assert many.below(at) == pytest.approx(stats.norm.cdf(at, 3.0, 2e-3), abs=1e-3)


def test_equal_arms_are_even_and_no_data_too() -> None:
    assert next_probabilities([ArmData(0)] * 4, "gaussian") == [0.25] * 4
    same = [ArmData(50, 0.3)] * 3
    assert next_probabilities(same, "bernoulli") == pytest.approx([1 / 3] * 3)


def test_no_arm_falls_below_the_floor() -> None:
    arms = [ArmData(10_000, 0.1), ArmData(10_000, 0.3)]
    assert next_probabilities(arms, "bernoulli", floor=0.1) == pytest.approx([0.1, 0.9])
    other = next_probabilities(arms, "bernoulli", floor=0.0, higher_is_better=False)
    assert other == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize(
    ("arms", "reward", "given", "wrong"),
    [
        ([ArmData(1)], "bernoulli", {}, "two arms"),
        ([ArmData(1)] * 2, "bernoulli", {"floor": 0.5}, "nothing to choose"),
        ([ArmData(1, 2.0)] * 2, "bernoulli", {}, "0 or 1"),
        ([ArmData(1, math.nan)] * 2, "gaussian", {}, "finite"),
        ([ArmData(-1)] * 2, "gaussian", {}, "0 or more"),
        ([ArmData(5, 1.0)] * 2, "gaussian", {}, "do not vary"),
    ],
)
def test_bad_input_is_refused(arms, reward, given, wrong) -> None:
    with pytest.raises(ValueError, match=wrong):
        next_probabilities(arms, reward, **given)
