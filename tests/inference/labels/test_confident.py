"""Confident learning against cleanlab 2.9.0 and closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from assay.inference.labels.balance import imbalance_ratio
from assay.inference.labels.confident import confident, confident_class
from assay.inference.labels.suspects import suspects

# cleanlab 2.9.0, of planted(n, k, seed): get_confident_thresholds, compute_confident_joint with
# calibrate=False, and the number of find_label_issues(filter_by="prune_by_noise_rate") with the
# first ten when ranked by normalized_margin.
CLEANLAB = {
    (400, 2, 7): (
        [0.7953943121, 0.7614413975],
        [[135, 18], [24, 151]],
        52,
        [236, 71, 194, 53, 73, 42, 202, 135, 190, 321],
    ),
    (600, 3, 7): (
        [0.7015003203, 0.7187701402, 0.7303017493],
        [[146, 8, 12], [9, 126, 3], [3, 4, 118]],
        52,
        [577, 499, 524, 380, 146, 343, 406, 30, 205, 24],
    ),
    (500, 4, 11): (
        [0.6021518173, 0.6198814335, 0.6567515331, 0.6412579068],
        [[69, 4, 3, 4], [4, 78, 7, 6], [6, 1, 68, 1], [3, 4, 4, 81]],
        64,
        [203, 151, 79, 266, 45, 114, 129, 198, 200, 403],
    ),
}


def planted(n: int, k: int, seed: int, noise: float = 0.1):
    """Labels of which some are wrong, the true posterior probabilities, which are wrong."""
    rng = np.random.RandomState(seed)  # whose stream is frozen
    y = rng.randint(0, k, n)
    z = rng.standard_normal((n, k))
    z[np.arange(n), y] += 2.5
    p = np.exp(z)
    p /= p.sum(axis=1, keepdims=True)
    flipped = rng.random_sample(n) < noise
    return np.where(flipped, (y + rng.randint(1, k, n)) % k, y), p, flipped


@pytest.mark.parametrize("world", CLEANLAB)
def test_agrees_with_cleanlab(world):
    thresholds, joint, number, first = CLEANLAB[world]
    labels, scores, _ = planted(*world)
    found = confident(labels, scores)
    assert found.thresholds == pytest.approx(thresholds, abs=1e-9)
    assert found.counts.tolist() == joint
    assert found.joint.sum(axis=1) == pytest.approx(np.bincount(labels))
    worst = suspects(found)
    assert abs(len(worst.rows) - number) <= 1  # fractions of a row are rounded apart
    assert worst.rows[:10].tolist() == first
    assert (np.diff(worst.margin) >= 0).all()


def test_perfect_model_finds_exactly_the_planted_errors():
    labels, _, wrong = planted(900, 3, 1)
    truth = labels.copy()
    truth[wrong] = (labels[wrong] + 1) % 3
    found = confident(labels, np.eye(3)[truth])
    assert found.error_share == pytest.approx(wrong.mean())
    assert sorted(suspects(found).rows) == np.flatnonzero(wrong).tolist()
    assert suspects(found).likely.tolist() == truth[suspects(found).rows].tolist()


def test_columns_may_lie_in_either_order_and_one_row_may_be_a_class():
    labels, scores, _ = planted(300, 3, 2)
    assert confident(labels, np.asfortranarray(scores)).counts.tolist() == (
        confident(labels, scores).counts.tolist()
    )
    labels = np.where(labels == 2, 0, labels)
    labels[0] = 2  # a class with one row
    found = confident(labels, scores)
    assert 0 <= found.interval(0.95).low <= found.error_share <= found.interval(0.95).high <= 1
    labels[0] = 0  # and one with none: nobody can be confident of it
    found = confident(labels, scores)
    assert np.isinf(found.thresholds[2])
    assert found.counts[:, 2].tolist() == [0, 0, 0]


def test_the_class_that_reaches_its_threshold_wins_over_a_more_probable_one():
    likely = confident_class(
        np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.1]]), np.array([0.9, 0.2, 0.2])
    )
    assert likely.tolist() == [1, -1]


def test_no_errors_still_have_a_width():
    found = confident(np.array([0, 1] * 20), np.eye(2)[np.array([0, 1] * 20)])
    assert found.error_share == 0
    low, high, _ = found.interval(0.95)
    assert low == 0
    assert high == pytest.approx(1.959964**2 / (40 + 1.959964**2), abs=1e-5)  # Wilson, 0 of 40
    assert len(suspects(found).rows) == 0


@pytest.mark.parametrize(
    ("labels", "scores", "words"),
    [
        ([], np.zeros((0, 2)), "are not"),
        ([0, 1], np.zeros((3, 2)), "are not"),
        ([0, 0], np.ones((2, 1)), "one class"),
        ([0, 2], np.ones((2, 2)), "from 0 to 1"),
        ([0.0, 1.0], np.ones((2, 2)), "whole numbers"),
        ([0, 1], [[0.1, np.nan], [0.5, 0.5]], "NaN"),
        ([0, 1], [[0.1, np.inf], [0.5, -np.inf]], "infinite"),
    ],
)
def test_bad_input(labels, scores, words):
    with pytest.raises(ValueError, match=words):
        confident(np.array(labels), np.array(scores))


def test_imbalance_of_two_classes_is_the_delta_method():
    value, (low, high, _) = imbalance_ratio([900, 100], 0.95)
    half = 1.959964 * np.sqrt(1 / 900 + 1 / 100)
    assert (value, low, high) == pytest.approx((9, 9 * np.exp(-half), 9 * np.exp(half)))
    assert imbalance_ratio([50, 50], 0.95)[1].low == 1
    for counts in ([5], [5, 0]):
        with pytest.raises(ValueError, match="two classes"):
            imbalance_ratio(counts, 0.95)
