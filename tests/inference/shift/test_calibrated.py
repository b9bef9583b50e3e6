"""Performance expected from scores, against NannyML and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from assay.inference.shift.calibrated import calibrated, count, deviation, expected


def nannyml_data(*, squared):
    rng = np.random.default_rng(11)

    def draw(n, shift):
        x = rng.normal(shift, 1, n)
        p = np.round(1 / (1 + np.exp(-(1.2 * x - 0.5))), 3)
        y = (rng.random(n) < p).astype(int)
        return (np.round(p**2, 3) if squared else p), y == 1

    reference, (scores, _) = draw(3000, 0), draw(2000, 0.6)
    return count(*reference, scores, scores >= 0.5)


@pytest.mark.parametrize(
    ("squared", "calibration", "values"),
    [
        # NannyML 0.13.1, CBPE with one chunk. It finds that the first scores need no calibration.
        (False, "none", {
            "roc_auc": 0.7769305157292342, "f1": 0.7346074227916752,
            "precision": 0.7225611061552185, "recall": 0.7470622143723453, "accuracy": 0.7073735,
        }),
        (True, "isotonic", {
            "roc_auc": 0.797063835448321, "f1": 0.6102620387625441,
            "precision": 0.8531209549333576, "recall": 0.4750336634779258,
            "accuracy": 0.6720078465833921,
        }),
    ],
)  # fmt: skip
def test_values_are_those_of_nannyml(squared, calibration, values):
    counts = nannyml_data(squared=squared)
    chance = calibrated(counts, calibration).chance
    for name, value in values.items():
        assert expected(counts, chance, name) == pytest.approx(value, abs=1e-8)


def sides(n=800, m=500, seed=0):
    rng = np.random.default_rng(seed)
    x, z = rng.normal(0, 1, n), rng.normal(0.5, 1, m)
    return np.round(expit(x), 3), rng.random(n) < expit(1.5 * x - 0.3), np.round(expit(z), 3)


def test_isotonic_calibration_is_that_of_scikit_learn():
    score, y, current = sides()
    counts = count(score, y, current, current >= 0.5)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(score, y).predict(counts.score)
    assert np.allclose(calibrated(counts, "isotonic").chance, theirs, atol=1e-9)


def test_sigmoid_calibration_is_a_logistic_regression_with_platts_targets():
    score, y, current = sides()
    counts = count(score, y, current, current >= 0.5)
    positives, negatives = y.sum(), (~y).sum()
    high, low = (positives + 1) / (positives + 2), 1 / (negatives + 2)
    target = np.where(y, high, low)
    logit = np.log(score / (1 - score))[:, None]
    twice = LogisticRegression(C=np.inf, tol=1e-10).fit(
        np.vstack([logit, logit]), np.repeat([1, 0], len(y)),
        sample_weight=np.concatenate([target, 1 - target]),
    )  # fmt: skip
    theirs = twice.predict_proba(np.log(counts.score / (1 - counts.score))[:, None])[:, 1]
    assert np.allclose(calibrated(counts, "sigmoid").chance, theirs, atol=1e-4)


def test_expected_losses_are_means_over_both_outcomes():
    score, y, current = sides()
    counts = count(score, y, current, current >= 0.5)
    chance = np.interp(current, counts.score, calibrated(counts, "spline").chance)
    brier = np.mean(chance * (1 - current) ** 2 + (1 - chance) * current**2)
    loss = -np.mean(chance * np.log(current) + (1 - chance) * np.log(1 - current))
    found = calibrated(counts, "spline").chance
    assert expected(counts, found, "brier") == pytest.approx(brier)
    assert expected(counts, found, "log_loss") == pytest.approx(loss)


def test_the_reference_itself_gets_its_own_accuracy_back():
    score, y, _ = sides(3000)
    counts = count(score, y, score, score >= 0.5)
    known = np.mean((score >= 0.5) == y)
    for calibration in ("isotonic", "spline"):
        found = expected(counts, calibrated(counts, calibration).chance, "accuracy")
        assert found == pytest.approx(known, abs=0.01)


def test_the_error_shrinks_with_rows_of_both_sides():
    score, y, current = sides(400, 300)
    small = count(score, y, current, current >= 0.5)
    large = small._replace(**{
        name: getattr(small, name) * 9 for name in ("rows", "positives", "called", "other")
    })  # fmt: skip
    errors = [deviation(c, "spline", "accuracy", seed=1) for c in (small, large)]
    assert errors[1] == pytest.approx(errors[0] / 3, rel=0.2)


def test_separated_scores_keep_finite_coefficients():
    score = np.linspace(0.01, 0.99, 200)
    counts = count(score, score > 0.5, score, score > 0.5)
    for calibration in ("spline", "sigmoid", "isotonic"):
        chance = calibrated(counts, calibration).chance
        assert np.isfinite(chance).all()
        assert expected(counts, chance, "accuracy") > 0.9


def test_many_scores_are_put_into_a_thousand_cells():
    rng = np.random.default_rng(3)
    score = rng.random(20_000)
    y = rng.random(20_000) < score
    counts = count(score, y, score[:7_000], score[:7_000] > 0.5)
    assert len(counts.score) <= 1_000
    assert counts.rows.sum() == 20_000
    assert (np.diff(counts.score) > 0).all()


def test_nothing_called_has_no_precision():
    score, y, current = sides()
    counts = count(score, y, current, np.zeros(len(current), dtype=bool))
    chance = calibrated(counts, "spline").chance
    assert math.isnan(expected(counts, chance, "precision"))
    assert math.isnan(deviation(counts, "spline", "f1", seed=0))
    assert expected(counts, chance, "recall") == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reference": np.array([])}, "no rows"),
        ({"positive": np.array([True])}, "differ in length"),
        ({"current": np.array([0.2, np.nan])}, "finite"),
    ],
)
def test_bad_input_is_named(change, message):
    given = {
        "reference": np.array([0.1, 0.9]), "positive": np.array([False, True]),
        "current": np.array([0.2, 0.8]), "called": np.array([False, True]),
    } | change  # fmt: skip
    with pytest.raises(ValueError, match=message):
        count(**given)


def test_scores_beyond_the_reference_are_counted():
    score = np.array([0.3, 0.4, 0.5, 0.6])
    counts = count(score, score > 0.4, np.array([0.35, 0.9]), np.array([False, True]))
    assert counts.outside == 0.5
