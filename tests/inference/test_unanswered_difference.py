"""Differences of which some units have no value: bounds, and p-values that go with them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from assay.inference.paired import PairedDifference
from assay.inference.unanswered_difference import UnansweredDifference

KNOWN = PairedDifference(value=-0.2, variance=0.0016, df=30)


def test_the_ends_take_the_worst_of_what_is_unknown() -> None:
    inner = KNOWN.interval(0.95)
    found = UnansweredDifference(KNOWN, 0.9, 1.0).interval(0.95)
    assert found.low == pytest.approx(0.9 * inner.low - 0.1)
    assert found.high == pytest.approx(0.9 * inner.high + 0.1)
    assert found.method == "paired-jackknife+worst-case"


def test_whatever_the_unknown_are_the_mean_of_all_lies_between_the_moved_ends() -> None:
    rng = np.random.default_rng(5)
    for _ in range(200):
        known = rng.choice([-1.0, 0.0, 1.0], 40)
        unknown = rng.uniform(-1, 1, 10)
        exact = PairedDifference(float(known.mean()), 0.0, 39)
        low, high, _ = UnansweredDifference(exact, 0.8, 1.0).interval(0.95)
        assert low <= float(np.concatenate([known, unknown]).mean()) <= high


@pytest.mark.parametrize("share", [0.6, 0.9, 0.99, 1.0])
@pytest.mark.parametrize("null", [-0.3, -0.2, 0.0, 0.05])
def test_a_null_is_rejected_where_its_interval_excludes_it(share: float, null: float) -> None:
    difference = UnansweredDifference(KNOWN, share, 1.0)
    p = difference.about(null).p_value
    assert 0 <= p <= 1
    for level in (0.5, 0.8, 0.95, 0.999):
        low, high, _ = difference.interval(level)
        assert (low <= null <= high) == (p >= 1 - level)


def test_with_every_value_it_is_what_it_was() -> None:
    found = UnansweredDifference(KNOWN, 1.0, math.inf)
    assert found.interval(0.9)[:2] == KNOWN.interval(0.9)[:2]
    assert found.p_value == pytest.approx(KNOWN.p_value)
    assert found.about(0.1).about(0.1).value == pytest.approx(-0.4)


def test_no_end_is_where_no_difference_can_be() -> None:
    few = PairedDifference(value=-0.3, variance=0.4, df=2)
    assert few.interval(0.95).low < -1
    found = UnansweredDifference(few, 1.0, 1.0).interval(0.95)
    assert found == (-1.0, 1.0, "paired-jackknife")


def test_scores_without_bounds_leave_everything_open() -> None:
    found = UnansweredDifference(KNOWN, 0.9, math.inf)
    assert found.p_value == 1
    assert found.interval(0.95)[:2] == (-math.inf, math.inf)


@pytest.mark.parametrize(("share", "room"), [(0, 1), (1.1, 1), (0.5, -1), (0.5, math.nan)])
def test_what_is_no_share_or_no_distance(share: float, room: float) -> None:
    with pytest.raises(ValueError, match="is no"):
        UnansweredDifference(KNOWN, share, room)
