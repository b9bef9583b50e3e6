"""Inference after a bandit, against the estimator written out unit by unit."""

from __future__ import annotations

import math

import numpy as np
import pytest

from assay.inference.adaptive import Batches, adaptive_difference, adaptive_mean, checked, fold


def a_bandit(seed: int = 1, batches: int = 6, size: int = 50):
    rng = np.random.default_rng(seed)
    probability = rng.dirichlet([3, 3, 3], batches)
    batch = np.repeat(np.arange(batches), size)
    arm = np.array([rng.choice(3, p=probability[b]) for b in batch])
    return rng.normal(arm * 0.5, 1 + arm), arm, batch, probability


def written_out(outcome, arm, batch, probability, which):
    """Hadad et al. (2021): scores (equation 5), weights (13), estimate (6), variance (12)."""
    scores, weights = [], []
    for y, a, b in zip(outcome, arm, batch, strict=True):
        earlier = outcome[(arm == which) & (batch < (b or 1))]
        e = probability[b, which]
        scores.append(earlier.mean() + (a == which) * (y - earlier.mean()) / e)
        weights.append(math.sqrt(e))
    scores, weights = np.array(scores), np.array(weights)
    value = (weights * scores).sum() / weights.sum()
    return value, (weights**2 * (scores - value) ** 2).sum() / weights.sum() ** 2


@pytest.mark.parametrize("which", [0, 1, 2])
def test_sums_of_batches_give_what_units_give(which) -> None:
    data = a_bandit()
    found = adaptive_mean(fold(*data), which)
    value, variance = written_out(*data, which)
    assert found.value == pytest.approx(value)
    assert found.variance == pytest.approx(variance)
    assert found.n == 300


def test_one_batch_of_even_arms_is_about_the_sample_mean() -> None:
    outcome, arm, _, _ = a_bandit(size=5000, batches=1)
    even = fold(outcome, arm % 2, np.zeros(5000, dtype=int), np.array([[0.5, 0.5]]))
    found = adaptive_mean(even, 0)
    own = outcome[arm % 2 == 0]
    assert found.value == pytest.approx(own.mean())


def test_a_difference_adds_variances_and_changes_sign() -> None:
    of = fold(*a_bandit())
    a, b = adaptive_mean(of, 0), adaptive_mean(of, 2)
    found = adaptive_difference(of, 2, 0)
    assert found.value == pytest.approx(b.value - a.value)
    assert found.variance == pytest.approx(a.variance + b.variance)
    assert found.p_value == pytest.approx(adaptive_difference(of, 0, 2).p_value)


def test_intervals() -> None:
    found = adaptive_mean(fold(*a_bandit()), 1)
    low, high, _ = found.interval(0.95)
    assert high - low == pytest.approx(2 * 1.959964 * math.sqrt(found.variance))
    wide = found.sequence(0.95, tuned_for=300)
    assert wide.low < low < high < wide.high


def test_an_arm_that_came_later_or_was_dropped_is_estimated_from_its_own_batches() -> None:
    n = np.array([[10.0, 0.0], [5.0, 5.0], [10.0, 0.0]])
    mean = np.where(n > 0, [[1.0, 0.0]] * 3, 0.0) + np.where(n > 0, [[0.0, 3.0]] * 3, 0.0)
    probability = np.array([[1.0, 0.0], [0.5, 0.5], [1.0, 0.0]])
    found = adaptive_mean(Batches(n, mean, n * 0.25, probability), 1)
    assert found.value == pytest.approx(3.0)


GOOD = fold(*a_bandit())


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"n": GOOD.n[:2]}, "one shape"),
        ({"n": -GOOD.n}, "0 or more"),
        ({"mean": GOOD.mean * np.nan}, "finite"),
        ({"probability": GOOD.probability / 2}, "sum to 1"),
        ({"probability": np.tile([1.0, 0.0, 0.0], (6, 1))}, "probability was 0"),
    ],
)
def test_batches_that_cannot_be_are_refused(change, wrong) -> None:
    with pytest.raises(ValueError, match=wrong):
        checked(GOOD._replace(**change))


def test_an_arm_that_tells_nothing_is_said() -> None:
    flat = GOOD._replace(mean=GOOD.mean * 0, squares=GOOD.squares * 0)
    with pytest.raises(ValueError, match="do not vary"):
        adaptive_mean(flat, 0)
    with pytest.raises(ValueError, match="two units"):
        adaptive_mean(GOOD._replace(n=GOOD.n * [1, 1, 0]), 2)


@pytest.mark.parametrize(
    ("outcome", "arm", "batch", "wrong"),
    [
        ([1.0], [0, 1], [0], "do not fit"),
        ([1.0], [2], [0], "no probability"),
        ([1.0], [0], [-1], "no probability"),
        ([np.inf], [0], [0], "NaN or infinite"),
    ],
)
def test_units_that_do_not_fit_are_refused(outcome, arm, batch, wrong) -> None:
    with pytest.raises(ValueError, match=wrong):
        fold(outcome, arm, batch, np.array([[0.5, 0.5]]))
