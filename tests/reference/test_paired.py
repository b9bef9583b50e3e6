"""McNemar, paired proportions, paired DeLong, corrected resampled t: against published values."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import roc_auc_score
from statsmodels.stats.contingency_tables import mcnemar

from assay.inference.cross_validation import fold_difference, fold_mean
from assay.inference.delong import area_difference
from assay.inference.mcnemar import mcnemar_exact, mcnemar_mid_p
from assay.inference.paired_proportions import Pairs, bonett_price, newcombe_paired

BENTUR = Pairs(1, 7, 1, 12)  # airway hyper-responsiveness: Fagerland, Lydersen & Laake 2014
CAVO = Pairs(59, 16, 6, 80)  # complete response: the same, and R contingencytables 3.1


@pytest.mark.parametrize(
    ("pairs", "exact", "mid"), [(BENTUR, 0.0703, 0.0391), (CAVO, 0.0525, 0.0347)]
)
def test_mcnemar_as_published(pairs, exact, mid):
    """Fagerland, Lydersen & Laake (2014, Statistics in Medicine 33:2850)."""
    assert mcnemar_exact(pairs.only_a, pairs.only_b) == pytest.approx(exact, abs=5e-5)
    assert mcnemar_mid_p(pairs.only_b, pairs.only_a) == pytest.approx(mid, abs=5e-5)
    assert pairs.p_value == mcnemar_mid_p(pairs.only_a, pairs.only_b)


@pytest.mark.parametrize("only_a", [0, 1, 5, 40])
@pytest.mark.parametrize("only_b", [0, 3, 5, 300])
def test_mcnemar_against_statsmodels_and_the_binomial(only_a, only_b):
    found = mcnemar_exact(only_a, only_b)
    assert found == pytest.approx(mcnemar([[9, only_a], [only_b, 4]], exact=True).pvalue, rel=1e-9)
    less, total = min(only_a, only_b), only_a + only_b
    half = scipy.stats.binom.pmf(less, total, 0.5) if only_a != only_b else 0.0
    assert mcnemar_mid_p(only_a, only_b) == pytest.approx(found - half, rel=1e-9)


@pytest.mark.parametrize(
    ("pairs", "low", "high"),
    [
        (BENTUR, -0.507, -0.026),  # Fagerland et al. 2014
        (CAVO, -0.1186, -0.0046),  # R contingencytables 3.1
        (Pairs(36, 2, 12, 0), 0.0569, 0.3404),  # Newcombe 1998, Statistics in Medicine 17:2635
    ],
)
def test_newcombe_as_published(pairs, low, high):
    found = newcombe_paired(pairs, 0.95)
    digits = 5e-4 if pairs == BENTUR else 5e-5
    assert found[:2] == pytest.approx((low, high), abs=digits)
    other = newcombe_paired(Pairs(pairs.both, pairs.only_b, pairs.only_a, pairs.neither), 0.95)
    assert other[:2] == pytest.approx((-found.high, -found.low), abs=1e-12)


def test_bonett_price_as_published():
    assert bonett_price(BENTUR, 0.95)[:2] == pytest.approx((-0.508, -0.013), abs=5e-4)


def binormal(rng, m, n):
    positive = np.arange(m + n) < m
    shared = rng.normal(size=m + n) + positive
    return positive, shared + 0.3 * rng.normal(size=m + n), shared + rng.normal(size=m + n)


def test_paired_delong_as_its_definition():
    """DeLong, DeLong & Clarke-Pearson (1988), equations 4 to 6, from the kernel of all pairs."""
    positive, a, b = binormal(np.random.default_rng(1), 40, 73)
    a, b = np.round(a, 1), np.round(b, 1)  # ties

    def components(score):
        x, y = score[positive][:, None], score[~positive][None, :]
        kernel = (x > y) + (x == y) / 2
        return kernel.mean(axis=1), kernel.mean(axis=0)

    (xa, ya), (xb, yb) = components(a), components(b)
    s10, s01 = np.cov(xa, xb), np.cov(ya, yb)
    covariance = s10 / 40 + s01 / 73
    expected = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    found = area_difference(positive, a, b)
    assert found.value == pytest.approx(roc_auc_score(positive, b) - roc_auc_score(positive, a))
    assert found.variance == pytest.approx(expected, rel=1e-12)
    z = found.value / math.sqrt(expected)
    assert found.p_value == pytest.approx(2 * scipy.stats.norm.sf(abs(z)), rel=1e-9)
    low, high, method = found.interval(0.95)
    assert (low, high) == pytest.approx(
        scipy.stats.norm.interval(0.95, found.value, math.sqrt(expected)), rel=1e-9
    )
    assert method == "delong-paired"


def test_paired_delong_of_labels_is_mcnemars_variance():
    """With scores 0 and 1 an area is (sensitivity + specificity) / 2, and each is a proportion."""
    rng = np.random.default_rng(2)
    positive = rng.random(200) < 0.4
    a = (rng.random(200) < np.where(positive, 0.8, 0.2)).astype(float)
    b = np.where(rng.random(200) < 0.8, a, rng.random(200) < 0.5).astype(float)
    variance = 0.0
    for rows in (positive, ~positive):
        variance += np.var((b - a)[rows], ddof=1) / rows.sum() / 4
    assert area_difference(positive, a, b).variance == pytest.approx(variance, rel=1e-12)


def test_paired_delong_against_the_bootstrap():
    rng = np.random.default_rng(3)
    positive, a, b = binormal(rng, 120, 180)
    found = area_difference(positive, a, b)
    differences = []
    for _ in range(800):
        rows = np.r_[rng.integers(0, 120, 120), rng.integers(120, 300, 180)]
        differences.append(area_difference(positive[rows], a[rows], b[rows]).value)
    assert np.std(differences) == pytest.approx(math.sqrt(found.variance), rel=0.1)


def test_corrected_resampled_t_by_hand():
    """Nadeau & Bengio (2003), section 4; Bouckaert & Frank (2004): ten times ten folds."""
    rng = np.random.default_rng(4)
    a = rng.normal(0.8, 0.03, (10, 10))
    b = a + rng.normal(0.01, 0.02, (10, 10))
    found = fold_difference(a, b)
    apart = (b - a).ravel()
    se = math.sqrt(apart.var(ddof=1) * (1 / 100 + 1 / 9))
    assert found.value == pytest.approx(apart.mean())
    assert found.interval(0.95)[:2] == pytest.approx(
        scipy.stats.t.interval(0.95, 99, apart.mean(), se), rel=1e-9
    )
    assert found.p_value == pytest.approx(2 * scipy.stats.t.sf(apart.mean() / se, 99), rel=1e-9)
    split = fold_mean(apart[:15], train=900, test=100)  # random splits of 90 and 10 %
    assert split.variance == pytest.approx(apart[:15].var(ddof=1) * (1 / 15 + 1 / 9))
    assert split.df == 14
