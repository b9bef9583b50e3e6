"""Sample sizes: sums over the whole distribution, simulations, and what cannot be asked."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from assay.inference.power import (
    area,
    mcnemar,
    means,
    one_proportion,
    quantile,
    sampling,
    scaling,
    two_proportions,
)
from assay.inference.power.rates import Rates
from assay.inference.proportions import clopper_pearson, wilson
from assay.inference.quantiles import ranks

USUAL = Rates()
CASES = [
    (0.9, 0.95), (0.5, 0.6), (0.9, 0.85), (0.02, 0.01), (0.99, 1.0), (0.05, 0.0), (0.3, 0.5),
    (0.5, 1.0), (0.95, 0.99), (0.1, 0.9),
]  # fmt: skip


def _decided(bound: float, truth: float, n: int, rates: Rates, interval) -> float:
    """P(the interval clears the bound on the side of the truth), summed over every count."""
    level = 1 - 2 * rates.tail
    found = 0.0
    for k in range(n + 1):
        low, high, _ = interval(k, n, level)
        if (low >= bound - 1e-12) if truth > bound else (high <= bound + 1e-12):
            found += stats.binom.pmf(k, n, truth)
    return found


@pytest.mark.parametrize(("method", "interval"), [("wilson", wilson), ("exact", clopper_pearson)])
@pytest.mark.parametrize(("bound", "truth"), CASES)
def test_power_is_what_the_interval_gives(bound, truth, method, interval):
    rates = Rates(alpha=0.1, power=0.9)
    n = int(one_proportion.needed(bound, truth, rates, method=method))
    for rows in {1, 7, max(n - 1, 1), n, n + 1}:
        expected = _decided(bound, truth, rows, rates, interval)
        found = one_proportion.power(bound, truth, rows, rates, method=method)
        assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("method", ["wilson", "exact"])
@pytest.mark.parametrize(("bound", "truth"), CASES)
def test_from_n_on_the_power_is_never_missed(bound, truth, method):
    n = int(one_proportion.needed(bound, truth, USUAL, method=method))
    later = [one_proportion.power(bound, truth, m, USUAL, method=method) for m in range(n, n + 300)]
    assert min(later) >= 0.8
    if n > 1:
        assert one_proportion.power(bound, truth, n - 1, USUAL, method=method) < 0.8


def test_the_exact_n_is_near_the_normal_one_where_rows_are_many():
    exact = one_proportion.needed(0.5, 0.51, USUAL)
    assert exact == pytest.approx(
        one_proportion.needed(0.5, 0.51, USUAL, method="normal"), rel=0.01
    )


@pytest.mark.parametrize("upwards", [True, False])
def test_a_detectable_proportion_is_decided_and_a_smaller_one_is_not(upwards):
    effect = one_proportion.detectable(0.9, 400, USUAL, upwards=upwards)
    assert effect is not None
    sign = 1 if upwards else -1
    assert one_proportion.power(0.9, 0.9 + sign * effect, 400, USUAL) >= 0.8
    assert one_proportion.power(0.9, 0.9 + sign * effect * 0.99, 400, USUAL) < 0.8


def test_no_effect_is_detectable_where_even_the_greatest_is_not():
    # 100 rows of which all are good: Wilson's lower end is 0.963, under the bound.
    assert one_proportion.detectable(0.99, 100, USUAL, upwards=True) is None
    assert wilson(100, 100, 0.95).low < 0.99


@pytest.mark.parametrize("method", ["arcsine", "pooled", "unpooled"])
@pytest.mark.parametrize("ratio", [0.5, 2.0])
def test_n_power_and_effect_of_two_proportions_agree(method, ratio):
    n = two_proportions.needed(0.2, 0.25, USUAL, ratio=ratio, method=method)
    found = two_proportions.power(0.2, 0.25, n, USUAL, ratio=ratio, method=method)
    assert found == pytest.approx(0.8)
    effect = two_proportions.detectable(0.2, n, USUAL, ratio=ratio, method=method)
    assert effect == pytest.approx(0.05, rel=1e-6)


def test_two_proportions_decide_as_often_as_planned():
    n = math.ceil(two_proportions.needed(0.10, 0.12, USUAL, method="pooled"))
    rng = np.random.default_rng(1)
    a, b = rng.binomial(n, 0.10, 20_000) / n, rng.binomial(n, 0.12, 20_000) / n
    mean = (a + b) / 2
    z = (b - a) / np.sqrt(2 * mean * (1 - mean) / n)
    assert (z > 1.96).mean() == pytest.approx(0.8, abs=0.012)  # 4 standard errors


def test_a_margin_makes_equal_proportions_decidable():
    one_sided = Rates(alpha=0.025, sides=1)
    n = math.ceil(two_proportions.needed(0.8, 0.8, one_sided, margin=0.05, method="unpooled"))
    rng = np.random.default_rng(2)
    a, b = rng.binomial(n, 0.8, 20_000) / n, rng.binomial(n, 0.8, 20_000) / n
    error = np.sqrt((a * (1 - a) + b * (1 - b)) / n)
    assert (b - a - 1.96 * error > -0.05).mean() == pytest.approx(0.8, abs=0.012)


@pytest.mark.parametrize("effect", [0.15, 3.0])
def test_n_power_and_effect_of_means_agree(effect):
    n = means.needed_one(effect, 1.0, USUAL)
    assert means.power_one(effect, 1.0, n, USUAL) == pytest.approx(0.8)
    assert means.detectable_one(1.0, n, USUAL) == pytest.approx(effect, rel=1e-6)
    n = means.needed_two(effect, 1.0, USUAL, ratio=2, sd_b=3.0)
    assert means.power_two(effect, 1.0, n, USUAL, ratio=2, sd_b=3.0) == pytest.approx(0.8)
    found = means.detectable_two(1.0, n, USUAL, ratio=2, sd_b=3.0)
    assert found == pytest.approx(effect, rel=1e-6)


def test_means_of_unequal_spread_decide_as_often_as_planned():
    n = math.ceil(means.needed_two(1.0, 1.0, USUAL, ratio=2, sd_b=3.0))
    rng = np.random.default_rng(3)
    a, b = rng.normal(0, 1, (10_000, n)), rng.normal(1, 3, (10_000, 2 * n))
    found = stats.ttest_ind(b, a, axis=1, equal_var=False)
    decided = (found.pvalue < 0.05) & (found.statistic > 0)
    assert decided.mean() == pytest.approx(0.8, abs=0.016)


def test_an_effect_of_many_standard_deviations_needs_two_rows():
    assert means.needed_one(1e6, 1.0, USUAL) == 2.0
    assert means.power_one(1e6, 1.0, 2, USUAL) == 1.0


def test_mcnemars_exact_power_is_the_sum_over_all_tables():
    gained, lost, n = 0.3, 0.1, 25
    expected = 0.0
    for up in range(n + 1):
        for down in range(n + 1 - up):
            if up + down and up > down:
                p = stats.binomtest(up, up + down).pvalue
                if p <= 0.05:
                    rest = [gained, lost, 1 - gained - lost]
                    expected += stats.multinomial.pmf([up, down, n - up - down], n, rest)
    assert mcnemar.exact_power(gained, lost, n, USUAL) == pytest.approx(expected, abs=1e-9)


def test_n_power_and_effect_of_pairs_agree():
    n = mcnemar.needed(0.08, 0.04, USUAL)
    assert mcnemar.power(0.08, 0.04, n, USUAL) == pytest.approx(0.8)
    assert mcnemar.detectable(0.12, n, USUAL) == pytest.approx(0.04, rel=1e-6)
    assert mcnemar.detectable(0.001, 100, USUAL) is None


def test_pairs_within_a_margin_decide_as_often_as_planned():
    one_sided = Rates(alpha=0.025, sides=1)
    n = math.ceil(mcnemar.needed(0.05, 0.05, one_sided, margin=0.02))
    rng = np.random.default_rng(4)
    up, down, _ = rng.multinomial(n, [0.05, 0.05, 0.9], 20_000).T
    difference = (up - down) / n
    error = np.sqrt(((up + down) / n - difference**2) / n)
    assert (difference - 1.96 * error > -0.02).mean() == pytest.approx(0.8, abs=0.012)


def test_the_variance_of_an_area_is_that_of_exponential_scores():
    rng = np.random.default_rng(5)
    positives, negatives = rng.exponential(4, (4_000, 30)), rng.exponential(1, (4_000, 60))
    areas = (positives[:, :, None] > negatives[:, None, :]).mean(axis=(1, 2))
    assert areas.mean() == pytest.approx(0.8, abs=0.005)
    assert area.variance(0.8, 30, ratio=2) == pytest.approx(areas.var(), rel=0.09)


def test_the_variance_of_an_area_is_that_of_binormal_scores():
    rng = np.random.default_rng(6)
    shift = math.sqrt(2) * stats.norm.ppf(0.8)
    positives, negatives = rng.normal(shift, 1, (4_000, 50)), rng.normal(0, 1, (4_000, 50))
    areas = (positives[:, :, None] > negatives[:, None, :]).mean(axis=(1, 2))
    assert area.variance(0.8, 50) == pytest.approx(areas.var(), rel=0.12)
    # That of ratings by people is greater: it asks for more rows, not for fewer.
    assert area.variance(0.8, 50, method="obuchowski") > areas.var()


@pytest.mark.parametrize("method", ["hanley-mcneil", "obuchowski"])
def test_n_power_and_effect_of_an_area_agree(method):
    n = area.needed(0.7, 0.75, USUAL, ratio=3, method=method)
    assert area.power(0.7, 0.75, n, USUAL, ratio=3, method=method) == pytest.approx(0.8)
    found = area.detectable(0.7, n, USUAL, ratio=3, method=method)
    assert found == pytest.approx(0.05, rel=1e-6)
    assert area.detectable(0.999, 3, USUAL, method=method) is None


def test_areas_over_the_same_rows_need_fewer():
    apart = area.needed_for_two(0.75, 0.80, USUAL)
    together = area.needed_for_two(0.75, 0.80, USUAL, correlation=0.6)
    assert together == pytest.approx(0.4 * apart, rel=0.02)


def test_a_quantile_is_decided_as_often_as_planned():
    n = int(quantile.needed(0.9, 0.94, USUAL))
    bound = stats.expon.ppf(0.94)
    _, upper = ranks(n, 0.9, 0.95)
    rng = np.random.default_rng(7)
    highs = np.sort(rng.exponential(1, (4_000, n)), axis=1)[:, upper - 1]
    assert (highs <= bound).mean() == pytest.approx(quantile.power(0.9, 0.94, n, USUAL), abs=0.026)
    found = quantile.detectable(0.9, n, USUAL, upwards=True)
    assert found is not None
    assert found <= 0.04


@pytest.mark.parametrize("q", [0.5, 0.9, 0.99])
def test_fewer_rows_do_not_bound_a_quantile(q):
    n = quantile.bounded_from(q, 0.95)
    for rows, bounded in ((n, True), (n - 1, False)):
        lower, upper = ranks(rows, q, 0.95)
        assert (lower >= 1 and upper <= rows) is bounded


def test_scaling_is_the_normal_n_of_a_proportion():
    error = scaling.standard_error(1.959963985 * math.sqrt(0.25 / 100), 0.95)
    assert error == pytest.approx(0.05)
    n = scaling.needed(0.1, error, 100, USUAL)
    assert n == pytest.approx(0.25 * (1.959964 + 0.841621) ** 2 / 0.01, rel=1e-6)
    assert scaling.power(0.1, error, 100, n, USUAL) == pytest.approx(0.8)
    assert scaling.detectable(error, 100, n, USUAL) == pytest.approx(0.1)
    assert scaling.needed(0.1, 0.0, 100, USUAL) == 0  # a value that does not vary is known


def test_clusters_multiply_the_n():
    assert sampling.design_effect(20, 0.05) == pytest.approx(1.95)
    assert sampling.design_effect(20, 0.05, spread=0.5) == pytest.approx(2.2)
    assert sampling.design_effect(1, 0.9) == 1
    rng = np.random.default_rng(8)
    shared = rng.normal(0, math.sqrt(0.05), (4_000, 10, 1))
    rows = shared + rng.normal(0, math.sqrt(0.95), (4_000, 10, 20))
    variance = rows.mean(axis=(1, 2)).var()
    assert variance * 200 == pytest.approx(sampling.design_effect(20, 0.05), rel=0.09)


def test_no_sample_is_greater_than_its_population():
    assert sampling.of_finite(1e12, 500) == pytest.approx(500)
    assert sampling.of_finite(math.inf, 500) == 500
    assert sampling.of_finite(1, 500) == 1
    assert sampling.decidable(400, 400)
    assert not sampling.decidable(400.01, 400)
    assert not sampling.decidable(math.inf, 1e300)


@pytest.mark.parametrize(
    "rates",
    [
        {"alpha": 0.0}, {"alpha": 1.0}, {"alpha": math.nan}, {"power": 1.0}, {"power": 0.025},
        {"power": math.nan}, {"sides": 3},
    ],
)  # fmt: skip
def test_rates_that_are_none(rates):
    with pytest.raises(ValueError):
        Rates(**rates)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: one_proportion.needed(0.5, 0.5, USUAL), "no number of rows"),
        (lambda: one_proportion.needed(1.0, 0.5, USUAL), "between 0 and 1"),
        (lambda: one_proportion.needed(0.5, 1.1, USUAL), "between 0 and 1"),
        (lambda: one_proportion.needed(0.5, math.nan, USUAL), "finite"),
        (lambda: one_proportion.power(0.5, 0.6, 0, USUAL), "above 0"),
        (lambda: one_proportion.detectable(0.0, 10, USUAL, upwards=True), "between 0 and 1"),
        (lambda: two_proportions.needed(0.1, 0.1, USUAL), "no number of rows"),
        (lambda: two_proportions.needed(0.1, 0.2, USUAL, ratio=0), "the ratio"),
        (lambda: two_proportions.needed(0.1, 0.2, USUAL, margin=0.1), "unpooled"),
        (
            lambda: two_proportions.needed(0.3, 0.1, USUAL, margin=0.1, method="unpooled"),
            "worse",
        ),
        (lambda: means.needed_one(0.0, 1.0, USUAL), "not 0"),
        (lambda: means.needed_one(1.0, 0.0, USUAL), "standard deviation"),
        (lambda: means.needed_one(math.inf, 1.0, USUAL), "finite"),
        (lambda: means.power_one(1.0, 1.0, 1, USUAL), "at least 2"),
        (lambda: means.power_two(1.0, 1.0, 10, USUAL, ratio=0.1), "at least 2"),
        (lambda: mcnemar.needed(0.1, 0.1, USUAL), "no number"),
        (lambda: mcnemar.needed(0.7, 0.7, USUAL), "not shares"),
        (lambda: mcnemar.needed(0.1, 0.2, USUAL, margin=0.1), "the margin"),
        (lambda: area.needed(0.7, 0.7, USUAL), "no number of rows"),
        (lambda: area.needed(0.7, 1.0, USUAL), "between 0 and 1"),
        (lambda: area.needed_for_two(0.7, 0.8, USUAL, correlation=1.0), "correlation"),
        (lambda: scaling.needed(0.0, 1.0, 10, USUAL), "not 0"),
        (lambda: scaling.standard_error(math.inf, 0.95), "half-width"),
        (lambda: sampling.design_effect(0.5, 0.1), "at least one row"),
        (lambda: sampling.design_effect(5, 1.1), "correlation"),
        (lambda: sampling.of_finite(0, 10), "not a sample"),
    ],
)
def test_what_cannot_be_asked(ask, said):
    with pytest.raises(ValueError, match=said):
        ask()
