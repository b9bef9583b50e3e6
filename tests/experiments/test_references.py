"""Effects against other libraries: gbstats 0.8.0 (figures written here), statsmodels, scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from assay.experiments.contrasts import (
    IntervalContrast,
    MeanContrast,
    ShareContrast,
    reaching_zero,
)
from assay.experiments.estimating import _ratio as ratio_of
from assay.experiments.inferring import infer
from assay.experiments.ratio_mismatch import mismatch
from assay.experiments.spec import AnalysisSpec, Priors
from assay.inference.differences import Share
from assay.inference.interval import Interval
from assay.inference.variance_reduction import Estimated
from assay.states.comoments import ComomentsState


def estimated(total: float, squares: float, n: int) -> Estimated:
    """A mean from sums, as gbstats takes them."""
    mean = total / n
    return Estimated(mean, (squares - total**2 / n) / (n - 1) / n, n - 1, n)


A, B = estimated(270, 848.79, 100), estimated(300, 869, 120)


def test_the_published_case_of_growthbook() -> None:
    """gbstats' own test: TwoSidedTTest, difference_type absolute."""
    found = MeanContrast(estimated(1396.87, 52377.9767, 3407), estimated(2422.7, 134698.29, 3461))
    assert found.p_value == pytest.approx(0.020158402643587, rel=1e-10)
    low, high, _ = found.difference(0.95)
    assert (low, high) == pytest.approx((0.04537789255929012, 0.5346221074407098), rel=1e-9)
    lift = found.lift(0.95)  # the control's mean is 5.8 standard errors from 0: Fieller's
    assert lift is not None
    assert lift.method == "lift-fieller"
    assert lift.low > 0  # as the difference; the delta method has -0.035 here


def test_a_difference_and_a_lift_as_gbstats() -> None:
    found = MeanContrast(A, B)
    assert found.p_value == pytest.approx(0.16330208172653604, rel=1e-10)
    low, high, _ = found.difference(0.95)
    assert (low, high) == pytest.approx((-0.4818524520504223, 0.08185245205042196), rel=1e-9)
    lift = found.lift(0.95)
    assert lift is not None
    assert lift[:2] == pytest.approx((-0.17395718516868802, 0.025809037020539743), rel=1e-9)


def test_a_ratio_as_gbstats() -> None:
    def state(x: float, xx: float, y: float, yy: float, xy: float, n: int) -> ComomentsState:
        return ComomentsState(n, x / n, y / n, xx - x**2 / n, yy - y**2 / n, xy - x * y / n)

    found = MeanContrast(
        ratio_of("a", state(300, 1000, 800, 2200, 900, 400)),
        ratio_of("b", state(350, 1100, 810, 2250, 1000, 410)),
    )
    low, high, _ = found.difference(0.95)
    assert (low, high) == pytest.approx((-0.03059347969797077, 0.14479101056216825), rel=1e-9)
    assert found.p_value == pytest.approx(0.20158137533529463, rel=1e-9)


@pytest.mark.parametrize(
    ("priors", "probability", "loss", "interval"),
    [
        (Priors(), 0.08088588248870687, 0.20525150027815722,
         (-0.48016746522306397, 0.08016746522306356)),
        (Priors(lift_mean=0.01, lift_sd=0.2), 0.09016233651695515, 0.19091293774093718,
         (-0.4559738810499348, 0.08570382443205171)),
    ],
)  # fmt: skip
def test_a_normal_posterior_as_gbstats(
    priors: Priors, probability: float, loss: float, interval: tuple[float, float]
) -> None:
    """EffectBayesianABTest, difference_type absolute, prior_type relative."""
    analysis = AnalysisSpec(method="bayesian", priors=priors)
    found = infer(MeanContrast(A, B), analysis, higher_is_better=True)
    assert found.probability_better == pytest.approx(probability, rel=1e-9)
    assert found.expected_loss == pytest.approx(loss, rel=1e-9)
    assert found.difference(0.95)[:2] == pytest.approx(interval, rel=1e-8)


def test_the_lift_of_a_posterior_as_gbstats() -> None:
    """The same, difference_type relative."""
    analysis = AnalysisSpec(method="bayesian", priors=Priors(lift_mean=0.01, lift_sd=0.2))
    lift = infer(MeanContrast(A, B), analysis, higher_is_better=True).lift(0.95)
    assert lift is not None
    assert lift[:2] == pytest.approx((-0.1652522909474165, 0.027241098885390128), rel=1e-8)


def test_down_is_better_where_that_is_wanted() -> None:
    up = infer(MeanContrast(A, B), AnalysisSpec(method="bayesian"), higher_is_better=True)
    down = infer(MeanContrast(A, B), AnalysisSpec(method="bayesian"), higher_is_better=False)
    assert up.probability_better is not None
    assert down.probability_better == pytest.approx(1 - up.probability_better)
    assert down.expected_loss == pytest.approx(0.005251500278157045, rel=1e-9)  # gbstats' risk


def test_proportions_against_simulated_posteriors() -> None:
    contrast = ShareContrast(Share(40, 400), Share(55, 410))
    found = infer(contrast, AnalysisSpec(method="bayesian"), higher_is_better=True)
    rng = np.random.default_rng(3)
    a, b = rng.beta(41, 361, 400_000), rng.beta(56, 356, 400_000)
    assert found.probability_better == pytest.approx((b > a).mean(), abs=0.002)
    assert found.expected_loss == pytest.approx(np.maximum(a - b, 0).mean(), abs=2e-5)
    assert found.difference(0.9)[:2] == pytest.approx(np.quantile(b - a, [0.05, 0.95]), abs=3e-4)
    lift = found.lift(0.9)
    assert lift is not None
    assert lift[:2] == pytest.approx(np.quantile(b / a - 1, [0.05, 0.95]), abs=5e-3)


def test_the_best_of_several_proportions() -> None:
    from assay.inference.conjugate import posterior, probability_best

    arms = [posterior(s, 300, alpha=1, beta=1) for s in (30, 36, 40)]
    rng = np.random.default_rng(4)
    drawn = np.stack([rng.beta(a.alpha, a.beta, 300_000) for a in arms])
    shares = np.bincount(drawn.argmax(axis=0), minlength=3) / 300_000
    assert probability_best(arms) == pytest.approx(shares, abs=0.004)
    assert sum(probability_best(arms)) == pytest.approx(1, abs=1e-3)


def test_welch_as_scipy() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.gamma(2, 3, 60), rng.gamma(2, 4, 200)
    found = MeanContrast(
        *(Estimated(v.mean(), v.var(ddof=1) / len(v), len(v) - 1, len(v)) for v in (x, y))
    )
    expected = stats.ttest_ind(y, x, equal_var=False)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-10)
    assert found.difference(0.9)[:2] == pytest.approx(
        tuple(expected.confidence_interval(0.9)), rel=1e-10
    )


def test_a_share_is_newcombes_and_its_p_value_fits() -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

    found = ShareContrast(Share(500, 5000), Share(570, 5000))
    expected = confint_proportions_2indep(570, 5000, 500, 5000, method="newcomb", compare="diff")
    assert found.difference(0.95)[:2] == pytest.approx(expected, rel=1e-8)
    p = found.p_value
    assert found.difference(1 - p).low == pytest.approx(0, abs=1e-9)
    assert p == pytest.approx(proportions_ztest([500, 570], [5000, 5000])[1], rel=0.02)


def test_no_events_at_all_are_no_certainty() -> None:
    found = ShareContrast(Share(0, 50), Share(0, 60))
    low, high, _ = found.difference(0.95)
    assert low < -0.04
    assert high > 0.04
    assert found.lift(0.95) is None
    assert found.p_value == 1


def test_a_difference_of_intervals_of_means_is_nearly_welch() -> None:
    def interval(centre: float) -> object:
        return lambda level: Interval(
            centre - stats.norm.ppf(0.5 + level / 2), centre + stats.norm.ppf(0.5 + level / 2), "z"
        )

    found = IntervalContrast(10, 13, 5, 5, interval(10), interval(13))  # type: ignore[arg-type]
    half = stats.norm.ppf(0.975) * math.sqrt(2)
    assert found.difference(0.95)[:2] == pytest.approx((3 - half, 3 + half))
    assert found.p_value == pytest.approx(2 * stats.norm.sf(3 / math.sqrt(2)), rel=1e-6)
    assert found.variance == pytest.approx(2)


def test_a_p_value_reaches_zero() -> None:
    def interval(level: float) -> Interval:
        half = stats.norm.ppf(0.5 + level / 2)
        return Interval(2 - half, 2 + half, "z")

    assert reaching_zero(interval, 2.0) == pytest.approx(2 * stats.norm.sf(2), rel=1e-6)


def test_the_published_sample_ratio_mismatch() -> None:
    """GrowthBook's case, and gbstats' check_srm on three arms."""
    found = mismatch({"a": 821_588, "b": 815_482}, {"a": 0.5, "b": 0.5})
    assert found.p_value == pytest.approx(1.8217928726e-6, rel=1e-9)
    assert found.found
    three = mismatch({"a": 1000, "b": 1100, "c": 950}, dict.fromkeys("abc", 1 / 3))
    assert three.p_value == pytest.approx(0.0032221549052224925, rel=1e-10)


def test_few_units_are_tested_exactly() -> None:
    found = mismatch({"a": 7, "b": 1}, {"a": 0.5, "b": 0.5})
    assert found.method == "binomial"
    assert found.p_value == pytest.approx(stats.binomtest(7, 8, 0.5).pvalue)


def test_a_sequential_mismatch_is_the_dirichlet_multinomial() -> None:
    """Lindon & Malek (2022), from scipy's distribution of the counts."""
    sizes = {"a": 5200, "b": 4700}
    prior = np.array([5_000.0, 5_000.0])
    counts = np.array([5200, 4700])
    log_ratio = stats.dirichlet_multinomial.logpmf(counts, prior, 9900) - stats.multinomial.logpmf(
        counts, 9900, [0.5, 0.5]
    )
    found = mismatch(sizes, {"a": 0.5, "b": 0.5}, sequential=True)
    assert found.p_value == pytest.approx(math.exp(-log_ratio), rel=1e-6)
    assert found.p_value > mismatch(sizes, {"a": 0.5, "b": 0.5}).p_value


@pytest.mark.parametrize(
    ("sizes", "weights", "said"),
    [
        ({"a": 0, "b": 0}, {"a": 0.5, "b": 0.5}, "no units"),
        ({"a": 1, "b": 1}, {"a": 0.5, "b": 0.4}, "must sum to 1"),
    ],
)
def test_sizes_that_cannot_be_tested(
    sizes: dict[str, int], weights: dict[str, float], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        mismatch(sizes, weights)


def test_units_in_an_arm_without_weight_are_a_mismatch() -> None:
    assert mismatch({"a": 10, "b": 1}, {"a": 1.0, "b": 0.0}).p_value == 0
    assert mismatch({"a": 10, "b": 0}, {"a": 1.0, "b": 0.0}).p_value == 1


def test_a_sequential_interval_is_wider_and_its_p_value_agrees() -> None:
    analysis = AnalysisSpec(method="sequential", planned=220)
    contrast = MeanContrast(A, B)
    found = infer(contrast, analysis, higher_is_better=True)
    once, always = contrast.difference(0.95), found.difference(0.95)
    assert (always.high - always.low) / (once.high - once.low) > 1.4
    assert found.p_value is not None
    assert found.p_value > contrast.p_value
    assert always.method == "welch-anytime"
