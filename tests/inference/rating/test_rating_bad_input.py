"""What strengths and severities answer where data do not determine them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from assay.inference.rating.bradley_terry import strengths
from assay.inference.rating.severity import severity
from assay.inference.undefined import Undefined


def test_counts():
    two = np.array([[0.0, 1], [1, 0]])
    with pytest.raises(ValueError, match="two square tables"):
        strengths(two, np.zeros((3, 3)))
    with pytest.raises(ValueError, match="counts"):
        strengths(-two, np.zeros((2, 2)))
    with pytest.raises(ValueError, match="ties are symmetric"):
        strengths(two, np.array([[0.0, 1], [0, 0]]))
    with pytest.raises(ValueError, match="with itself"):
        strengths(two + np.eye(2), np.zeros((2, 2)))


def test_who_has_no_bound_is_named_and_changes_nothing():
    """0, 1 and 2 beat each other; 3 always won, 4 always lost; 5 and 6 met nobody else."""
    wins = np.zeros((7, 7))
    wins[0, 1], wins[1, 2], wins[2, 0], wins[1, 0] = 5, 4, 3, 2
    alone = strengths(wins[:3, :3], np.zeros((3, 3)))
    wins[3, 0], wins[3, 2], wins[3, 4], wins[0, 4] = 2, 1, 1, 1
    wins[5, 6], wins[6, 5] = 3, 3
    found = strengths(wins, np.zeros((7, 7)))
    assert found.standing == ("measured",) * 3 + ("above", "below", "apart", "apart")
    assert found.value[:3] == pytest.approx(alone.value)
    assert np.isnan(found.value[3:]).all()
    assert found.n == 14
    anchored = strengths(wins, np.zeros((7, 7)), anchor=6)
    assert anchored.standing == ("apart",) * 5 + ("measured",) * 2
    assert anchored.value[5:] == pytest.approx([0, 0])


def test_nobody_lost_to_somebody_they_beat():
    wins = np.triu(np.ones((3, 3)), 1)
    with pytest.raises(Undefined, match="strengths have no bound"):
        strengths(wins, np.zeros((3, 3)))
    with pytest.raises(Undefined, match="the anchor was preferred"):
        strengths(wins, np.zeros((3, 3)), anchor=1)
    with pytest.raises(Undefined, match="strengths have no bound"):
        strengths(np.zeros((1, 1)), np.zeros((1, 1)))


def test_ties_alone_make_equals():
    ties = np.ones((3, 3)) - np.eye(3)
    found = strengths(np.zeros((3, 3)), 4 * ties)
    assert found.value == pytest.approx([0, 0, 0])
    assert found.interval(0, 0.95, anchor=0) == (0, 0, "anchor")


def test_with_no_comparison_to_spare_there_is_no_bound():
    found = strengths(np.zeros((2, 2)), np.array([[0.0, 1], [1, 0]]))
    assert found.n == 1
    assert found.interval(0, 0.95)[:2] == (-math.inf, math.inf)


def test_strengths_far_apart_are_found():
    """Nine thousand to one: Newton's step from the start would overshoot."""
    wins = np.array([[0.0, 9_000, 0], [1, 0, 9_000], [0, 1, 0]])
    found = strengths(wins, np.zeros((3, 3)))
    assert found.against(0, 2)[0] == pytest.approx(2 * math.log(9_000), rel=1e-9)


def test_ratings_of_severity():
    item, rater, value = np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([1.0, 2, 3])
    with pytest.raises(ValueError, match="differ in length"):
        severity(item, rater, value[:2])
    with pytest.raises(ValueError, match="not a finite number"):
        severity(item, rater, np.array([1, 2, math.nan]))
    with pytest.raises(Undefined, match="no item was rated by two raters"):
        severity(item[1:], rater[1:], value[1:])
    with pytest.raises(Undefined, match="no item was rated by two raters"):
        severity(np.array([0, 0]), np.array([3, 3]), np.array([1.0, 2]))


def test_one_shared_item_has_no_interval():
    found = severity(np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([1.0, 2, 3]))
    assert found.value == pytest.approx([-1, 1])
    assert found.items.tolist() == [1, 1]
    assert found.interval(0, 0.95)[:2] == (-math.inf, math.inf)


def test_raters_who_share_nothing_with_the_others():
    """0 and 1 share items, 2 and 3 share fewer, 4 rated alone."""
    item = np.array([0, 0, 1, 1, 2, 2, 3, 3, 4])
    rater = np.array([0, 1, 0, 1, 0, 1, 2, 3, 4])
    value = np.array([1.0, 2, 1, 3, 1, 2, 5, 9, 7])
    found = severity(item, rater, value)
    assert found.value[:2] == pytest.approx([-4 / 3, 4 / 3])
    assert np.isnan(found.value[2:]).all()


def test_a_rater_may_rate_an_item_again():
    item, rater = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 0, 1])
    found = severity(item, rater, np.array([1.0, 1, 3, 1, 3]))
    assert found.value == pytest.approx([-2, 2])
    assert found.items.tolist() == [2, 2]
