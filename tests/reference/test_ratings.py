"""Strengths, severity of raters and prediction-powered means, against other libraries."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats
import statsmodels.api as sm
import statsmodels.formula.api as smf

from assay.inference.prediction_powered import judged_mean_of
from assay.inference.rating.bradley_terry import ELO, strengths
from assay.inference.rating.severity import severity

# Agresti (2002), Categorical Data Analysis, table 10.10: American League, 1987 season; wins of the
# team of the row: Milwaukee, Detroit, Toronto, New York, Boston, Cleveland, Baltimore.
BASEBALL = np.array(
    [
        [0, 7, 9, 7, 7, 9, 11], [6, 0, 7, 5, 11, 9, 9], [4, 6, 0, 7, 7, 8, 12],
        [6, 8, 6, 0, 6, 7, 10], [6, 2, 6, 7, 0, 7, 12], [4, 4, 5, 6, 6, 0, 6],
        [2, 4, 1, 3, 1, 7, 0],
    ],
    dtype=float,
)  # fmt: skip
NONE = np.zeros_like(BASEBALL)


def test_strengths_as_published():
    """R BradleyTerry2, baseball: 1.5814, 1.4364, 1.2945, 1.2476, 1.1077, 0.6839, Baltimore 0."""
    found = strengths(BASEBALL, NONE)
    above = [found.against(i, 6)[0] for i in range(7)]
    assert above == pytest.approx([1.5814, 1.4364, 1.2945, 1.2476, 1.1077, 0.6839, 0], abs=5e-5)
    assert found.n == 273


def test_strengths_as_choix():
    """choix 0.4.1, mm_pairwise to 1e-12."""
    assert strengths(BASEBALL, NONE).value == pytest.approx(
        [
            0.5311533406485144, 0.38620589580436554, 0.2442825879032568, 0.1974153091327453,
            0.05749516936986225, -0.3663497668497653, -1.050202536008979,
        ],
        abs=1e-9,
    )  # fmt: skip


def test_strengths_and_robust_errors_as_a_logistic_regression():
    """statsmodels Logit of who won on who played, HC0, against the last team."""
    games = [(i, j, w) for (i, j), n in np.ndenumerate(BASEBALL) for w in [1] * int(n)]
    design, won = np.zeros((len(games), 7)), np.ones(len(games))
    for row, (i, j, _) in enumerate(games):
        sign = 1 if row % 2 else -1  # half the games written from the loser's side
        design[row, i], design[row, j], won[row] = sign, -sign, (sign + 1) / 2
    fit = sm.Logit(won, design[:, :6]).fit(disp=0, cov_type="HC0")
    found = strengths(BASEBALL, NONE)
    factor = 273 / (273 - 6)
    for i in range(6):
        value, variance = found.against(i, 6)
        assert value == pytest.approx(fit.params[i], rel=1e-6)
        assert variance == pytest.approx(fit.bse[i] ** 2 * factor, rel=1e-5)


def test_two_contestants_have_closed_forms():
    """With w wins of n the strength is the logit, its variance that of the logit."""
    found = strengths(np.array([[0.0, 30], [10, 0]]), np.zeros((2, 2)))
    value, variance = found.against(0, 1)
    assert value == pytest.approx(math.log(3))
    assert ELO * value == pytest.approx(400 * math.log10(3))
    assert variance == pytest.approx(1 / (40 * 0.75 * 0.25) * 40 / 39)
    ties = strengths(np.array([[0.0, 20], [0, 0]]), np.array([[0.0, 20], [20, 0]]))
    assert ties.against(0, 1)[0] == pytest.approx(math.log(3))  # half a win each
    assert ties.against(0, 1)[1] < variance  # and a tie is less spread than a win and a loss


def long(table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    item, rater = np.nonzero(~np.isnan(table))
    return item, rater, table[item, rater]


def test_severity_of_complete_ratings_is_the_mean_difference_to_the_others():
    rng = np.random.default_rng(1)
    table = rng.normal(size=(12, 1)) + rng.normal(size=(12, 4)) + [0, 0.5, 1, -1]
    found = severity(*long(table))
    for i in range(4):
        others = np.delete(table, i, axis=1).mean(axis=1)
        apart = table[:, i] - others
        assert found.value[i] == pytest.approx(apart.mean())
        assert found.variance[i] == pytest.approx(apart.var(ddof=1) / 12)
        expected = scipy.stats.t.interval(0.95, 11, apart.mean(), apart.std(ddof=1) / 12**0.5)
        assert found.interval(i, 0.95)[:2] == pytest.approx(expected)


def test_severity_of_incomplete_ratings_as_a_regression():
    """statsmodels OLS on items and raters, errors clustered by item without its corrections."""
    rng = np.random.default_rng(2)
    table = rng.normal(size=(40, 1)) + rng.normal(size=(40, 5)) + [0, 0.5, 1, -1, 0]
    table[rng.random(table.shape) < 0.5] = math.nan
    table = table[(~np.isnan(table)).sum(axis=1) > 1]
    item, rater, value = long(table)
    found = severity(item, rater, value)
    frame = pd.DataFrame({"item": item, "rater": rater, "value": value})
    fit = smf.ols("value ~ C(item) + C(rater) - 1", frame).fit(
        cov_type="cluster", cov_kwds={"groups": frame["item"], "use_correction": False}
    )
    names = [f"C(rater)[T.{i}]" for i in range(1, 5)]
    effect = np.r_[0, fit.params[names]]
    contrast = np.zeros((5, 4))
    for i in range(5):
        contrast[i] = (np.where(np.arange(5) == i, 1, -0.25))[1:]
        assert found.value[i] == pytest.approx(effect[i] - np.delete(effect, i).mean(), abs=1e-9)
    free = len(item) - len(table)
    robust = contrast @ fit.cov_params().loc[names, names].to_numpy() @ contrast.T
    assert found.variance == pytest.approx(np.diag(robust) * free / (free - 4), rel=1e-6)
    assert found.items.tolist() == np.bincount(rater).tolist()


ROWS, OTHERS = np.arange(60.0), np.arange(1000.0, 1400.0)
HUMAN = np.sin(ROWS)
JUDGE, ELSEWHERE = (np.sin(x) + 0.3 * np.cos(3 * x) for x in (ROWS, OTHERS))


def test_prediction_powered_mean_as_ppi_python():
    """ppi-python 0.2.3, ppi_mean_pointestimate and ppi_mean_ci (which takes z and divides by n)."""
    found = judged_mean_of(HUMAN, JUDGE, ELSEWHERE)
    assert found.value == pytest.approx(0.0057006906838314875, abs=1e-12)
    theirs = (0.08572260028803133 - -0.07432121892036836) / 2 / scipy.stats.norm.ppf(0.975)
    residuals = HUMAN - found.power * JUDGE
    unlabelled = found.power**2 * ELSEWHERE.var() / 400
    assert theirs**2 == pytest.approx(residuals.var() / 60 + unlabelled, rel=1e-9)
    assert found.variance == pytest.approx(
        residuals.var() / 58 + unlabelled * 400 / 399, rel=1e-9
    )  # ours: divisor n - 2
    low, high, method = found.interval(0.95)
    half = scipy.stats.t.ppf(0.975, 59) * math.sqrt(found.variance)
    assert (low, high) == pytest.approx((found.value - half, found.value + half))
    assert method == "prediction-powered"


def test_prediction_powered_proportion_as_ppi_python():
    human, judge, elsewhere = (np.where(x > 0.2, 1.0, 0.0) for x in (HUMAN, JUDGE, ELSEWHERE))
    found = judged_mean_of(human, judge, elsewhere, outcomes=True)
    assert found.value == pytest.approx(0.43242515823687067, abs=1e-12)
    low, high, _ = found.interval(0.95)
    assert (low, high) == pytest.approx((0.3585781884339954, 0.5062721280397459), abs=0.009)
    assert high - low > 0.5062721280397459 - 0.3585781884339954  # two more rows of doubt


def test_prediction_powered_mean_with_a_perfect_judge_is_that_of_all_rows():
    """Its power is N / (n + N), so that every one of the n + N labels counts the same."""
    everything = np.r_[HUMAN, np.sin(OTHERS)]
    found = judged_mean_of(HUMAN, HUMAN, np.sin(OTHERS))
    assert found.value == pytest.approx(everything.mean(), abs=2e-3)
    assert found.power == pytest.approx(1 / (1 + 60 / 400), rel=0.05)
    assert found.variance == pytest.approx(everything.var() / 460, rel=0.05)
