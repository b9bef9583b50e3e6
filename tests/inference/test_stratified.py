"""Stratified samples and finite populations, beside Cochran's tables."""

from __future__ import annotations

import math

import numpy as np
import pytest

from assay.inference.finite_population import finite_factor, of_finite
from assay.inference.interval import Interval
from assay.inference.proportions import wilson
from assay.inference.stratified import Stratum, stratified_mean, stratified_proportion

# Cochran (1977), Sampling Techniques, table 5.1: 64 cities in 1930, in strata of 16 and 48, with
# variances 53,843 and 5,581 (52,448 in all). He gives the variance of the estimated total.
LARGE, SMALL, ALL = 53_843.0, 5_581.0, 52_448.0


@pytest.mark.parametrize(
    ("sizes", "variance"), [((6, 18), 1_882_293), ((12, 12), 1_090_827)], ids=["shares", "halves"]
)
def test_cochran_s_cities_in_strata(sizes, variance):
    strata = [Stratum(16, sizes[0], 629.4, LARGE), Stratum(48, sizes[1], 197.9, SMALL)]
    found = stratified_mean(strata, finite=True)
    assert 64**2 * found.variance == pytest.approx(variance, rel=1e-6)
    assert found.value == pytest.approx((16 * 629.4 + 48 * 197.9) / 64)
    assert sizes[0] - 1 <= found.df <= sum(sizes) - 2


def test_cochran_s_cities_without_strata():
    error = finite_factor(24, 64) * math.sqrt(ALL / 24)
    assert (64 * error) ** 2 == pytest.approx(5_594_453, rel=1e-6)


def test_satterthwaite_with_equal_strata():
    """Equal sizes and variances: the degrees of freedom add up."""
    found = stratified_mean([Stratum(0.5, 10, 1.0, 4.0), Stratum(0.5, 10, 2.0, 4.0)])
    assert found.df == pytest.approx(18)
    low, high, method = found.interval(0.95)
    assert (high - low) / 2 == pytest.approx(2.100922 * math.sqrt(0.2), rel=1e-6)
    assert method == "stratified-t"


def test_one_stratum_is_wilson():
    value, found = stratified_proportion([Stratum(7, 40, 0.1)], 0.95)
    assert value == 0.1
    assert found[:2] == pytest.approx(wilson(4, 40, 0.95)[:2])


def test_a_proportion_over_strata():
    strata = [Stratum(300, 50, 0.1), Stratum(100, 20, 0.5)]
    value, found = stratified_proportion(strata, 0.95)
    assert value == pytest.approx(0.2)
    # Wilson's limits of 5/50 and 10/20: 0.04348, 0.21360; 0.29930, 0.70070
    down = math.hypot(0.75 * (0.1 - 0.0434759), 0.25 * (0.5 - 0.2992980))
    up = math.hypot(0.75 * (0.2136022 - 0.1), 0.25 * (0.7007020 - 0.5))
    assert found[:2] == pytest.approx((0.2 - down, 0.2 + up), abs=1e-6)


def test_no_success_anywhere_is_not_certainty():
    value, found = stratified_proportion([Stratum(1, 30, 0.0), Stratum(1, 30, 0.0)], 0.95)
    assert (value, found.low) == (0.0, 0.0)
    assert 0.05 < found.high < 0.12


def test_all_seen_is_certain():
    strata = [Stratum(16, 16, 629.4, LARGE), Stratum(48, 48, 197.9, SMALL)]
    found = stratified_mean(strata, finite=True)
    assert (found.variance, found.df) == (0.0, math.inf)
    assert found.interval(0.95)[:2] == (found.value, found.value)
    share, interval = stratified_proportion(
        [Stratum(16, 16, 0.25), Stratum(48, 48, 0.5)], 0.95, finite=True
    )
    assert interval[:2] == (share, share) == (0.4375, 0.4375)
    assert of_finite(Interval(-math.inf, math.inf, "t"), 2.0, n=9, population=9)[:2] == (2.0, 2.0)


def test_an_interval_shrinks_as_its_error_does():
    found = of_finite(Interval(1.0, 4.0, "wilson"), 2.0, n=75, population=100)
    assert found == (1.5, 3.0, "wilson-finite")
    open_end = of_finite(Interval(1.0, math.inf, "t"), 2.0, n=75, population=100)
    assert open_end[:2] == (1.5, math.inf)


def test_simulated_samples_without_replacement():
    """The correction's standard error is that of the mean over all samples of a population."""
    population = np.random.default_rng(0).lognormal(size=50)
    rng = np.random.default_rng(1)
    means = rng.permuted(np.tile(population, (20_000, 1)), axis=1)[:, :30].mean(axis=1)
    error = finite_factor(30, 50) * population.std(ddof=1) / math.sqrt(30)
    assert means.std() == pytest.approx(error, rel=0.02)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda: stratified_mean([]), "no strata"),
        (lambda: stratified_mean([Stratum(1, 1, 2.0, 0.0)]), "one row"),
        (lambda: stratified_mean([Stratum(1, 0, 2.0, 1.0)]), "no row"),
        (lambda: stratified_mean([Stratum(0, 5, 2.0, 1.0)]), "add up to 0"),
        (lambda: stratified_mean([Stratum(-1, 5, 2.0, 1.0)]), "size of -1"),
        (lambda: stratified_mean([Stratum(1, 5, math.nan, 1.0)]), "mean of nan"),
        (lambda: stratified_mean([Stratum(1, 5, 1.0, math.inf)]), "variance of inf"),
        (lambda: stratified_mean([Stratum(1, 5, 1.0, 0.0)]), "do not vary"),
        (lambda: stratified_mean([Stratum(4, 5, 1.0, 1.0)], finite=True), "population of 4"),
        (lambda: stratified_proportion([Stratum(1, 5, 1.2)], 0.95), "not a proportion"),
        (lambda: finite_factor(0, 5), "sample of 0"),
        (lambda: of_finite(Interval(0, 1, "t"), 2.0, n=3, population=5), "not inside"),
    ],
)
def test_what_is_refused(attempt, words):
    with pytest.raises(ValueError, match=words):
        attempt()
