"""How often intervals for differences on the same units cover: seeded simulation.

``expected`` is 0.95, or less where a method is known to be approximate there.
"""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from tests.calibration.coverage import least_count

from assay.inference.cross_validation import fold_difference, fold_mean
from assay.inference.delong import area_difference
from assay.inference.mcnemar import mcnemar_exact, mcnemar_mid_p
from assay.inference.paired_proportions import Pairs, bonett_price, newcombe_paired

CELLS = {
    "even": (0.4, 0.1, 0.2, 0.3),
    "agree": (0.85, 0.02, 0.03, 0.1),
    "rare": (0.01, 0.02, 0.05, 0.92),
    "one-sided": (0.6, 0.0, 0.1, 0.3),
}


@pytest.mark.parametrize(("cells", "n", "expected"), [
    ("even", 20, 0.95), ("even", 200, 0.94), ("agree", 50, 0.95), ("agree", 300, 0.94),
    ("rare", 50, 0.95), ("rare", 300, 0.94), ("one-sided", 40, 0.94),
])  # fmt: skip
def test_newcombe_paired(cells, n, expected):
    shares = CELLS[cells]
    truth, runs, held, simple = shares[2] - shares[1], 2_000, 0, 0
    rng = np.random.default_rng([n, len(cells)])
    for counts in rng.multinomial(n, shares, runs):
        pairs = Pairs(*counts.tolist())
        low, high, _ = newcombe_paired(pairs, 0.95)
        held += low <= truth <= high
        low, high, _ = bonett_price(pairs, 0.95)
        simple += low <= truth <= high
    assert held >= least_count(runs, expected)
    assert simple >= least_count(runs, min(expected, 0.94))


@pytest.mark.parametrize("discordant", [6, 15, 40])
def test_mcnemar_rarely_rejects_what_is_true(discordant):
    """Exactly, over the whole binomial: the exact test never too often, mid-p hardly ever."""
    chance = scipy.stats.binom.pmf(np.arange(discordant + 1), discordant, 0.5)
    for level in (0.01, 0.05, 0.1):
        exact, mid = (
            sum(p for k, p in enumerate(chance) if test(k, discordant - k) <= level)
            for test in (mcnemar_exact, mcnemar_mid_p)
        )
        assert exact <= level
        assert exact <= mid <= 1.3 * level


@pytest.mark.parametrize(
    ("m", "n", "distance", "noise_a", "noise_b", "expected"),
    [(20, 200, 1.5, 0.5, 0.5, 0.93), (100, 100, 1.0, 0.3, 1.0, 0.94), (30, 70, 2.5, 0.3, 1, 0.93),
     (8, 60, 1.0, 0.5, 0.5, 0.93), (100, 100, 1.0, 0.02, 0.02, 0.95)],
)  # fmt: skip
def test_paired_areas(m, n, distance, noise_a, noise_b, expected):
    rng = np.random.default_rng([m, n])
    areas = [scipy.stats.norm.cdf(distance / np.sqrt(2 * (1 + s**2))) for s in (noise_a, noise_b)]
    positive, runs, held = np.arange(m + n) < m, 1_000, 0
    for _ in range(runs):
        shared = rng.normal(size=m + n) + distance * positive
        a, b = (shared + s * rng.normal(size=m + n) for s in (noise_a, noise_b))
        low, high, _ = area_difference(positive, a, b).interval(0.95)
        held += low <= areas[1] - areas[0] <= high
    assert held >= least_count(runs, expected)


def ridge_scores(x, y, folds: int, penalty: float) -> np.ndarray:
    """Mean absolute errors over folds of many data sets, shape (sets, folds): (S, n, p), (S, n)."""
    rows = np.arange(y.shape[1]) % folds
    scores = []
    for fold in range(folds):
        train, test = rows != fold, rows == fold
        xt = x[:, train]
        gram = xt.transpose(0, 2, 1) @ xt + penalty * np.eye(x.shape[2])
        weights = np.linalg.solve(gram, xt.transpose(0, 2, 1) @ y[:, train, None])
        scores.append(np.abs(y[:, test, None] - x[:, test] @ weights)[..., 0].mean(axis=1))
    return np.array(scores).T


def test_corrected_resampled_t_over_many_data_sets():
    """Ridge regressions on 600 data sets: 6,000 fits of each, in closed form.

    The correction is approximate by nature (there is no unbiased variance), and cautious here: it
    covers 98 to 99.7 % with ten folds, where plain t covers 94 %; and 97 % with the folds drawn
    five times, where plain t covers 55 %.
    """
    rng = np.random.default_rng(8)
    sets, n, p, folds = 600, 80, 6, 10
    x = rng.normal(size=(sets, n, p))
    y = x[..., :3].sum(axis=2) + rng.normal(size=(sets, n))
    a, b = ridge_scores(x, y, folds, 1.0), ridge_scores(x[..., :2], y, folds, 1.0)
    for scores in (a, b, b - a):
        truth = scores.mean()
        found = [fold_mean(s).interval(0.95) for s in scores]
        held = sum(low <= truth <= high for low, high, _ in found)
        assert held >= least_count(sets, 0.95)
    repeats = np.stack([ridge_scores(x[:, o], y[:, o], folds, 1.0)
                        for o in (rng.permutation(n) for _ in range(5))], axis=1)  # fmt: skip
    truth = repeats.mean()
    held = plain = 0
    for scores in repeats:
        low, high, _ = fold_mean(scores).interval(0.95)
        held += low <= truth <= high
        naive = scipy.stats.t.interval(0.95, scores.size - 1, scores.mean(),
                                       scores.std(ddof=1) / np.sqrt(scores.size))  # fmt: skip
        plain += naive[0] <= truth <= naive[1]
    assert held >= least_count(sets, 0.95)
    assert plain < 0.7 * sets  # what the correction is for


def test_corrected_resampled_t_of_real_models():
    """scikit-learn: two equally good regressions, each blind to one of two equal features."""
    rng = np.random.default_rng(9)
    sets, wrong = 40, 0
    for _ in range(sets):
        x = rng.normal(size=(120, 3))
        y = rng.random(120) < 1 / (1 + np.exp(-x[:, 0] - x[:, 1]))
        scores = np.empty((2, 5))
        for fold, (train, test) in enumerate(KFold(5).split(x)):
            for model, columns in enumerate(([0, 2], [1, 2])):
                fit = LogisticRegression().fit(x[train][:, columns], y[train])
                scores[model, fold] = fit.score(x[test][:, columns], y[test])
        wrong += fold_difference(*scores).p_value <= 0.05
    assert sets - wrong >= least_count(sets, 0.95)
