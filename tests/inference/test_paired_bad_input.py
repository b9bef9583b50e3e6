"""What paired statistics answer to bad input: a clear error, or an interval that has a width."""

from __future__ import annotations

import math

import numpy as np
import pytest

from assay.inference.cross_validation import fold_difference, fold_mean
from assay.inference.delong import area_difference
from assay.inference.mcnemar import mcnemar_exact, mcnemar_mid_p
from assay.inference.paired_proportions import Pairs, bonett_price, newcombe_paired
from assay.inference.prediction_powered import judged_mean_of


def test_counts():
    for test in (mcnemar_exact, mcnemar_mid_p):
        with pytest.raises(ValueError, match="not counts"):
            test(-1, 3)
        assert test(0, 0) == 1.0
        assert test(7, 7) == 1.0
        assert 0 < test(10_000, 10_400) < 0.01
    for interval in (newcombe_paired, bonett_price):
        with pytest.raises(ValueError, match="no counts of units"):
            interval(Pairs(0, 0, 0, 0), 0.95)
        with pytest.raises(ValueError, match="no counts of units"):
            interval(Pairs(-1, 0, 0, 4), 0.95)


@pytest.mark.parametrize(
    "pairs", [Pairs(9, 0, 0, 0), Pairs(0, 0, 0, 9), Pairs(0, 9, 0, 0), Pairs(1, 0, 0, 0)]
)
@pytest.mark.parametrize("interval", [newcombe_paired, bonett_price])
def test_outcomes_that_do_not_vary_still_have_an_interval(pairs, interval):
    low, high, _ = interval(pairs, 0.95)
    assert -1 <= low <= pairs.difference <= high <= 1
    assert high - low > 0.1


def test_areas():
    positive = np.array([True, False, True, False])
    score = np.array([0.4, 0.1, 0.9, 0.3])
    with pytest.raises(ValueError, match="differ in length"):
        area_difference(positive, score, score[:3])
    with pytest.raises(ValueError, match="both classes"):
        area_difference(np.ones(4, dtype=bool), score, score)
    for bad in (math.nan, math.inf):
        with pytest.raises(ValueError, match="not a finite number"):
            area_difference(positive, score, np.array([0.1, 0.2, bad, 0.4]))


def test_areas_that_do_not_vary_still_have_an_interval():
    """Identical scores; one score that ranks perfectly and one that ranks nothing."""
    positive = np.arange(40) < 15
    score = np.random.default_rng(1).normal(size=40)
    same = area_difference(positive, score, score)
    low, high, method = same.interval(0.95)
    assert (same.value, same.p_value, method) == (0, 1, "newcombe-mover")
    assert low < -0.1
    assert high > 0.1
    apart = area_difference(positive, np.zeros(40), positive.astype(float))
    low, high, _ = apart.interval(0.95)
    assert (apart.value, high) == (0.5, pytest.approx(0.5 + 0.18, abs=0.1))
    assert 0 < low < 0.45
    assert 0 < apart.p_value < 1e-3
    for level in (0.9, 0.99):
        assert apart.interval(level).high <= 1


def test_folds():
    with pytest.raises(ValueError, match="two folds or more"):
        fold_mean(np.array([0.9]))
    with pytest.raises(ValueError, match="two folds or more"):
        fold_mean(np.zeros((3, 1)))
    with pytest.raises(ValueError, match="not a finite number"):
        fold_mean(np.array([0.9, math.nan]))
    with pytest.raises(ValueError, match="go together"):
        fold_mean(np.array([0.9, 0.8]), train=90)
    with pytest.raises(ValueError, match="not positive"):
        fold_mean(np.array([0.9, 0.8]), train=90, test=0)
    with pytest.raises(ValueError, match="not of the same folds"):
        fold_difference(np.zeros(4), np.zeros(5))
    equal = fold_difference(np.full(5, 0.8), np.full(5, 0.8))
    assert (equal.value, equal.p_value) == (0, 1)
    assert fold_difference(np.zeros(5), np.ones(5)).p_value == 0


def test_labels():
    one = np.ones(3)
    with pytest.raises(ValueError, match="differ in number"):
        judged_mean_of(one, one[:2], one)
    with pytest.raises(ValueError, match="not a finite number"):
        judged_mean_of(one, one, np.array([math.inf]))
    with pytest.raises(ValueError, match="no row has a human label"):
        judged_mean_of(one[:0], one[:0], one)


@pytest.mark.parametrize(
    ("judge", "others", "n"),
    [(np.ones(100), np.ones(50), 100), (np.arange(100.0), np.array([]), 100),
     (np.arange(100.0), np.arange(90.0), 19)],
)  # fmt: skip
def test_a_judge_of_no_use_leaves_the_mean_of_the_human_labels(judge, others, n):
    human = np.arange(100.0) % 7
    found = judged_mean_of(human[:n], judge[:n], others)
    assert found.power == 0
    assert found.value == pytest.approx(human[:n].mean())
    assert found.interval(0.95).method == "student-t"
    outcomes = judged_mean_of(human[:n] % 2, judge[:n], others, outcomes=True)
    assert outcomes.interval(0.95).method == "wilson"


def test_one_label_tells_no_spread():
    found = judged_mean_of(np.array([0.3]), np.array([0.4]), np.arange(5.0))
    assert found.interval(0.95)[:2] == (-math.inf, math.inf)


def test_a_judge_that_was_never_wrong_is_not_taken_to_be_perfect():
    human = np.repeat([0.0, 1.0], 20)
    found = judged_mean_of(human, human, np.repeat([0.0, 1.0], 2_000), outcomes=True)
    low, high, _ = found.interval(0.95)
    assert found.value == 0.5
    assert 0.1 < high - low < 0.3
    always = judged_mean_of(
        np.ones(40), np.r_[np.zeros(1), np.ones(39)], np.ones(400), outcomes=True
    )
    low, high, _ = always.interval(0.95)
    assert high == 1
    assert low < 0.95
