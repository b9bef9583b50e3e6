"""Coefficients of agreement against published tables, statsmodels and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa

from assay.inference.agreement.cohen import cohen
from assay.inference.agreement.percent import percent_agreement
from assay.inference.agreement.pooled import fleiss, krippendorff
from assay.inference.agreement.ratings import Ratings

_ = math.nan
# Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, section C: four observers, twelve
# units, data missing.
OBSERVERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
        [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
    ]
)
# Fourteen raters, ten items, five categories: counts. Kappa is .210 (.209931).
FLEISS = np.array(
    [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]
)  # fmt: skip
# Cohen (1960), table 1, as counts of 200: kappa is .492.
COHEN = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
# krippendorff 0.9.0 on the table below, by scale
DRAWN_ALPHA = {
    "nominal": 0.6093237032173342,
    "ordinal": 0.9458727197242788,
    "interval": 0.9413648681941365,
    "ratio": 0.9285270348647107,
}


def drawn() -> np.ndarray:
    """Five raters, forty items, made without chance; every seventh rating is missing."""
    rater, item = np.indices((5, 40))
    value = 1 + (item * 7 % 11) // 2 + (item * rater % 5 == 1)
    return np.where((item + 3 * rater) % 7 == 0, math.nan, value)


@pytest.mark.parametrize(
    ("scale", "alpha"),
    [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)],
)
def test_alpha_as_published(scale, alpha):
    assert krippendorff(Ratings.from_table(OBSERVERS), scale).value == pytest.approx(
        alpha, abs=5e-4
    )


@pytest.mark.parametrize("scale", DRAWN_ALPHA)
def test_alpha_as_the_krippendorff_package(scale):
    found = krippendorff(Ratings.from_table(drawn()), scale)
    assert found.value == pytest.approx(DRAWN_ALPHA[scale], abs=1e-12)


@pytest.mark.parametrize("scale", DRAWN_ALPHA)
def test_variance_of_alpha_as_the_jackknife_over_items(scale):
    rng = np.random.default_rng(5)
    table = np.clip(rng.integers(1, 6, 250) + rng.integers(-1, 2, (4, 250)), 1, 6).astype(float)
    table[rng.random(table.shape) < 0.2] = math.nan
    table = table[:, (~np.isnan(table)).sum(axis=0) > 1]
    left_out = np.array(
        [
            krippendorff(Ratings.from_table(np.delete(table, i, axis=1)), scale).value
            for i in range(table.shape[1])
        ]
    )
    n = len(left_out)
    variance = (n - 1) / n * ((left_out - left_out.mean()) ** 2).sum()
    assert krippendorff(Ratings.from_table(table), scale).variance == pytest.approx(
        variance, rel=0.03
    )


def from_counts(counts: np.ndarray) -> Ratings:
    rows = [np.repeat(np.arange(len(row)), row) for row in counts]
    return Ratings.from_table(np.array(rows, dtype=float).T)


def test_fleiss_kappa_as_published_and_as_statsmodels():
    found = fleiss(from_counts(FLEISS))
    assert found.value == pytest.approx(0.209931, abs=5e-7)
    assert found.value == pytest.approx(fleiss_kappa(FLEISS), rel=1e-12)
    assert found.n == 10


def test_fleiss_kappa_of_two_raters_is_scotts_pi():
    """Scott (1955): chance agreement from the mean of both raters' shares."""
    pairs = [(i, j) for (i, j), n in np.ndenumerate(COHEN) for _ in range(n)]
    found = fleiss(Ratings.from_table(np.array(pairs, dtype=float).T))
    share = COHEN / COHEN.sum()
    chance = (((share.sum(axis=0) + share.sum(axis=1)) / 2) ** 2).sum()
    assert found.value == pytest.approx((share.trace() - chance) / (1 - chance), rel=1e-12)
    percent = percent_agreement(Ratings.from_table(np.array(pairs, dtype=float).T))
    assert percent.value == pytest.approx(share.trace())
    assert percent.variance == pytest.approx(share.trace() * (1 - share.trace()) / 199)


def test_cohens_kappa_as_published():
    assert cohen(COHEN).value == pytest.approx(0.492, abs=5e-4)


@pytest.mark.parametrize(
    ("weights", "theirs"), [("none", None), ("linear", "linear"), ("quadratic", "quadratic")]
)
def test_cohens_kappa_and_its_variance_as_statsmodels(weights, theirs):
    """Fleiss, Cohen & Everitt (1969); statsmodels divides by n, we by n - 1."""
    found = cohen(COHEN, weights)
    reference = cohens_kappa(COHEN, wt=theirs)
    assert found.value == pytest.approx(reference.kappa, rel=1e-12)
    assert found.variance == pytest.approx(reference.var_kappa * 200 / 199, rel=1e-9)
    first, second = np.array([(i, j) for (i, j), n in np.ndenumerate(COHEN) for _ in range(n)]).T
    assert found.value == pytest.approx(cohen_kappa_score(first, second, weights=theirs))


def test_quadratic_kappa_of_places_is_the_concordance_correlation():
    """Of values far apart: Lin (1989), Biometrics 45:255."""
    at = np.array([1.0, 2.0, 10.0])
    i, j = np.array([(i, j) for (i, j), n in np.ndenumerate(COHEN) for _ in range(n)]).T
    x, y = at[i], at[j]
    expected = 2 * np.cov(x, y, bias=True)[0, 1]
    expected /= x.var() + y.var() + (x.mean() - y.mean()) ** 2
    assert cohen(COHEN, "quadratic", at=at).value == pytest.approx(expected, rel=1e-12)
