"""Whether effects differ: published figures, statsmodels, scipy, simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.oneway import anova_generic

from assay.inference.heterogeneity import heterogeneity, part_effects

EFFECTS = np.array([0.0945, 0.2774, 0.3665, 0.6644, 0.4618, 0.1852])
VARIANCES = np.array([0.0329, 0.0307, 0.0499, 0.0105, 0.0427, 0.0234])
"""Table 14.1 of Borenstein, Hedges, Higgins & Rothstein (2009), Introduction to Meta-Analysis."""


def test_the_published_example() -> None:
    """Fixed effect 0.4142, Q 12.0033 (df 5, p 0.0347), T² 0.0373, I² 58.34 %: their chapter 18.

    To what their effects and variances, rounded to four digits, allow.
    """
    found = heterogeneity(EFFECTS, VARIANCES, 0.95)
    assert found.pooled == pytest.approx(0.4142, abs=2e-4)
    assert found.q == pytest.approx(12.0033, abs=0.02)
    assert found.df == 5
    assert found.p_value == pytest.approx(0.0347, abs=3e-4)
    assert found.between == pytest.approx(0.0373, abs=2e-4)
    assert found.i_squared == pytest.approx(0.5834, abs=8e-4)


def test_statsmodels_agrees() -> None:
    found = heterogeneity(EFFECTS, VARIANCES, 0.9)
    other = combine_effects(EFFECTS, VARIANCES, method_re="chi2", alpha=0.1)
    assert found.pooled == pytest.approx(other.mean_effect_fe)
    assert found.q == pytest.approx(other.q)
    assert found.i_squared == pytest.approx(other.i2)
    assert found.between == pytest.approx(other.tau2)
    low, high = other.conf_int(alpha=0.1)[0]
    assert found.interval[:2] == pytest.approx((low, high))


def test_few_units_are_welchs_analysis_of_variance() -> None:
    n = np.array([4, 9, 6, 20, 7, 5])
    found = heterogeneity(EFFECTS, VARIANCES, 0.95, df=n - 1)
    other = anova_generic(EFFECTS, VARIANCES * n, n, use_var="unequal", welch_correction=True)
    assert found.p_value == pytest.approx(other.pvalue)


def test_effects_that_are_equal_do_not_differ() -> None:
    found = heterogeneity([1.0, 1.0, 1.0], [0.1, 2.0, 3.0], 0.95)
    assert (found.q, found.i_squared, found.between) == (pytest.approx(0), 0.0, 0.0)
    assert found.p_value == pytest.approx(1.0)


def test_parts_stand_against_the_rest() -> None:
    found = part_effects(EFFECTS, VARIANCES, 0.95)
    rest = (
        np.delete(EFFECTS, 3) @ (1 / np.delete(VARIANCES, 3)) / (1 / np.delete(VARIANCES, 3)).sum()
    )
    z = (EFFECTS[3] - rest) / np.sqrt(VARIANCES[3] + 1 / (1 / np.delete(VARIANCES, 3)).sum())
    assert found[3].from_rest == pytest.approx(EFFECTS[3] - rest)
    assert found[3].from_rest_p == pytest.approx(2 * stats.norm.sf(z))
    assert found[0].p_value == pytest.approx(2 * stats.norm.sf(EFFECTS[0] / np.sqrt(VARIANCES[0])))
    half = stats.norm.isf((1 - 0.95 ** (1 / 6)) / 2) * np.sqrt(VARIANCES[3])
    assert found[3].interval[:2] == pytest.approx((EFFECTS[3] - half, EFFECTS[3] + half))


def test_the_intervals_hold_together_and_the_test_keeps_its_level() -> None:
    """Six slices of a few units each: all intervals hold in 95 % of worlds."""
    rng = np.random.default_rng(7)
    runs, n = 1500, np.array([6, 8, 12, 20, 30, 40])
    together = found = naive = 0
    for _ in range(runs):
        drawn = [rng.normal(0, s, size) for size, s in zip(n, (1, 2, 3, 1, 2, 3), strict=True)]
        effects = np.array([d.mean() for d in drawn])
        variances = np.array([d.var(ddof=1) for d in drawn]) / n
        parts = part_effects(effects, variances, 0.95, df=n - 1)
        together += all(p.interval.low <= 0 <= p.interval.high for p in parts)
        found += heterogeneity(effects, variances, 0.95, df=n - 1).p_value <= 0.05
        naive += heterogeneity(effects, variances, 0.95).p_value <= 0.05
    assert together >= stats.binom.ppf(1e-4, runs, 0.95)
    assert found <= stats.binom.ppf(1 - 1e-4, runs, 0.055)
    assert naive > 1.5 * found


@pytest.mark.parametrize(
    ("effects", "variances", "df", "wrong"),
    [
        ([1.0], [1.0], None, "two parts"),
        ([1.0, 2.0], [1.0], None, "effects"),
        ([1.0, np.nan], [1.0, 1.0], None, "finite"),
        ([1.0, 2.0], [1.0, 0.0], None, "above 0"),
        ([1.0, 2.0], [1.0, 1.0], [1.0, 0.0], "degrees"),
    ],
)
def test_bad_input_is_refused(effects, variances, df, wrong) -> None:
    for call in (heterogeneity, part_effects):
        with pytest.raises(ValueError, match=wrong):
            call(effects, variances, 0.95, df=df)
