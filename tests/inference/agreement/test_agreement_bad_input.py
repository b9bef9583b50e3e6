"""What coefficients of agreement answer to bad input, and at the ends of their range."""

from __future__ import annotations

import math

import numpy as np
import pytest

from assay.inference.agreement.cohen import cohen
from assay.inference.agreement.percent import percent_agreement
from assay.inference.agreement.pooled import fleiss, krippendorff
from assay.inference.agreement.ratings import Ratings
from assay.inference.undefined import Undefined

SCALES = ("nominal", "ordinal", "interval", "ratio")


def numbers(*values: int) -> np.ndarray:
    return np.array(values)


def test_ratings():
    with pytest.raises(ValueError, match="differ in length"):
        Ratings.of(numbers(0, 0), numbers(0, 1), np.zeros(3))
    with pytest.raises(ValueError, match="infinite"):
        Ratings.of(numbers(0, 0), numbers(0, 1), np.array([1, math.inf]))
    with pytest.raises(Undefined, match="rated more than once by the same rater"):
        Ratings.of(numbers(0, 0, 0), numbers(0, 0, 1), np.zeros(3))
    with pytest.raises(Undefined, match="no item was rated by two raters"):
        Ratings.of(numbers(0, 1), numbers(0, 1), np.zeros(2))
    with pytest.raises(Undefined, match="no item was rated by two raters"):
        Ratings.from_table(np.full((2, 3), math.nan))


def test_what_is_missing_or_alone_is_left_out():
    ratings = Ratings.from_table(np.array([[1, 2, math.nan], [1, math.nan, math.nan]]))
    assert (ratings.sizes.tolist(), ratings.single) == ([2], 1)


def test_the_order_of_rows_and_the_numbers_of_items_do_not_matter():
    rng = np.random.default_rng(1)
    item, rater = np.indices((20, 4)).reshape(2, -1)
    value = rng.integers(1, 6, 80).astype(float)
    order = rng.permutation(80)
    shuffled = Ratings.of((19 - item)[order] * 7, rater[order], value[order])
    for scale in SCALES:
        found = krippendorff(Ratings.of(item, rater, value), scale)
        assert krippendorff(shuffled, scale)[:3] == pytest.approx(found[:3], rel=1e-9)


@pytest.mark.parametrize("scale", SCALES)
def test_ratings_that_are_all_the_same(scale):
    with pytest.raises(Undefined, match="all ratings are the same"):
        krippendorff(Ratings.from_table(np.full((3, 5), 2.0)), scale)
    with pytest.raises(Undefined, match="all ratings are the same"):
        krippendorff(Ratings.from_table(np.zeros((3, 5))), scale)


def test_a_ratio_scale_has_no_negative_ratings():
    with pytest.raises(Undefined, match="no negative ratings"):
        krippendorff(Ratings.from_table(np.array([[-1.0, 2], [1, 2]])), "ratio")


def test_fleiss_needs_equally_many_ratings():
    table = np.array([[1.0, 2, 1], [1, 2, 2], [1, 1, math.nan]])
    with pytest.raises(Undefined, match=r"between 2 and 3; Krippendorff's alpha takes them"):
        fleiss(Ratings.from_table(table))
    with pytest.raises(Undefined, match="between 1 and 2"):
        fleiss(Ratings.from_table(np.array([[1.0, 2], [1, math.nan]])))


def test_cohen():
    with pytest.raises(ValueError, match="square"):
        cohen(np.zeros((2, 3), dtype=int))
    with pytest.raises(ValueError, match="negative"):
        cohen(np.array([[2, -1], [0, 3]]))
    with pytest.raises(Undefined, match="no item"):
        cohen(np.zeros((2, 2), dtype=int))
    with pytest.raises(Undefined, match="same category"):
        cohen(np.array([[9, 0], [0, 0]]))


@pytest.mark.parametrize("scale", SCALES)
def test_perfect_agreement_has_an_interval_that_more_items_shorten(scale):
    lows = []
    for items in (5, 50, 500):
        table = np.tile(1.0 + np.arange(items) % 3, (3, 1))
        found = krippendorff(Ratings.from_table(table), scale)
        low, high, _ = found.interval(0.95)
        assert (found.value, high) == (1, 1)
        lows.append(low)
    assert lows[0] < lows[1] < lows[2] < 1
    assert lows[0] < 0.5
    assert lows[2] > 0.97


def test_perfect_disagreement():
    table = np.array([[0.0, 1] * 10, [1, 0] * 10])
    found = percent_agreement(Ratings.from_table(table))
    low, high, _ = found.interval(0.95)
    assert (found.value, low) == (0, pytest.approx(0))
    assert 0.1 < high < 0.3
    for other in (fleiss(Ratings.from_table(table)), cohen(np.array([[0, 10], [10, 0]]))):
        low, high, _ = other.interval(0.95)
        assert other.value == pytest.approx(-1)
        assert -1 <= low <= high <= 0
        assert high > -0.95


def test_one_item_tells_nothing_of_others():
    found = krippendorff(Ratings.from_table(np.array([[1.0], [2]])), "nominal")
    assert found.n == 1
    assert found.interval(0.95)[:2] == (-math.inf, 1)
