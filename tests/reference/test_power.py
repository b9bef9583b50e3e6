"""Sample sizes against statsmodels, R's packages as published, and figures of papers and tools."""

from __future__ import annotations

import math

import pytest
from statsmodels.stats.power import NormalIndPower, TTestIndPower, TTestPower
from statsmodels.stats.proportion import proportion_effectsize

from assay.inference.power import (
    area,
    mcnemar,
    means,
    one_proportion,
    sampling,
    two_proportions,
)
from assay.inference.power.rates import Rates

USUAL = Rates(alpha=0.05, power=0.8)


def test_the_published_experiment_of_two_proportions():
    """GrowthBook's documentation: 0.10 to 0.12 at 80 % power needs 3,834.6 users per arm."""
    found = two_proportions.needed(0.10, 0.12, USUAL)
    assert round(found, 1) == 3834.6
    oracle = NormalIndPower().solve_power(proportion_effectsize(0.12, 0.10), alpha=0.05, power=0.8)
    assert found == pytest.approx(oracle, rel=1e-5)


@pytest.mark.parametrize("ratio", [0.25, 1.0, 3.0])
def test_two_proportions_are_statsmodels(ratio):
    rates = Rates(alpha=0.01, power=0.9)
    h = proportion_effectsize(0.4, 0.3)
    solved = NormalIndPower().solve_power(h, alpha=0.01, power=0.9, ratio=ratio)
    assert two_proportions.needed(0.3, 0.4, rates, ratio=ratio) == pytest.approx(solved, rel=1e-5)
    power = NormalIndPower().power(h, 300, 0.005, ratio=ratio, alternative="larger")
    found = two_proportions.power(0.3, 0.4, 300, rates, ratio=ratio)
    assert found == pytest.approx(power, abs=1e-6)
    least = NormalIndPower().solve_power(nobs1=300, alpha=0.01, power=0.9, ratio=ratio)
    assert two_proportions.detectable_h(rates, 300, ratio=ratio) == pytest.approx(least, rel=1e-5)


def test_the_pooled_test_is_rs():
    """R 4.3, power.prop.test(p1 = .10, p2 = .12, power = .80): n = 3840.847."""
    found = two_proportions.needed(0.10, 0.12, USUAL, method="pooled")
    assert round(found, 3) == 3840.847


def test_the_example_of_no_inferiority_of_proportions():
    """Chow, Shao & Wang 2008, section 4.2: 0.85 against 0.65 with a margin of 0.10 needs 25."""
    one_sided = Rates(alpha=0.05, power=0.8, sides=1)
    found = two_proportions.needed(0.65, 0.85, one_sided, margin=0.10, method="unpooled")
    assert math.ceil(found) == 25


@pytest.mark.parametrize("effect", [0.2, 0.5, 1.3])
@pytest.mark.parametrize("alpha", [0.05, 0.001])
def test_one_mean_is_statsmodels(effect, alpha):
    rates = Rates(alpha=alpha, power=0.9)
    solved = TTestPower().solve_power(effect, alpha=alpha, power=0.9)
    assert means.needed_one(2 * effect, 2.0, rates) == pytest.approx(solved, rel=1e-5)
    power = TTestPower().power(effect, 40, alpha, alternative="larger")
    one = Rates(alpha=alpha, sides=1)
    assert means.power_one(-effect, 1.0, 40, one) == pytest.approx(power, abs=1e-9)
    least = TTestPower().solve_power(nobs=40, alpha=alpha, power=0.9)
    assert means.detectable_one(1.0, 40, rates) == pytest.approx(least, rel=1e-5)


@pytest.mark.parametrize("ratio", [0.5, 1.0, 4.0])
def test_two_means_are_statsmodels(ratio):
    solved = TTestIndPower().solve_power(0.4, alpha=0.05, power=0.8, ratio=ratio)
    assert means.needed_two(0.4, 1.0, USUAL, ratio=ratio) == pytest.approx(solved, rel=1e-5)
    least = TTestIndPower().solve_power(nobs1=30, alpha=0.05, power=0.8, ratio=ratio)
    assert means.detectable_two(1.0, 30, USUAL, ratio=ratio) == pytest.approx(least, rel=1e-5)


def test_cohens_table_of_t():
    """Cohen 1988, table 2.4.1: d = 0.5, 5 % on two sides, 80 % power: 64 per group."""
    assert math.ceil(means.needed_two(0.5, 1.0, USUAL)) == 64


def test_mcnemars_published_examples():
    """Tests of the R package MESS 0.5.12, validated against Stata and Duffy 1984."""
    assert round(mcnemar.needed(0.45, 0.05, USUAL)) == 22
    one_sided = Rates(alpha=0.05, power=0.8, sides=1)
    assert round(mcnemar.needed(0.45, 0.05, one_sided)) == 17
    half = Rates(alpha=0.025, power=0.8, sides=1)
    assert round(mcnemar.exact_power(0.45, 0.25, 144, half), 2) == 0.80


def test_the_area_of_procs_tests():
    """pROC 1.18, tests/testthat/test-power.roc.test.R: 41 cases, 72 controls, an area of 0.73."""
    found = area.power(0.5, 0.73, 41, USUAL, ratio=72 / 41, method="obuchowski")
    assert found == pytest.approx(0.9897453, abs=1e-6)


@pytest.mark.parametrize(
    ("n", "population", "expected"), [(384.16, 1000, 277.7), (384.16, 1e9, 384.2)]
)
def test_cochrans_finite_population(n, population, expected):
    """The usual table: 385 of an endless population are 278 of 1,000."""
    assert round(sampling.of_finite(n, population), 1) == expected


def test_a_proportions_normal_n_is_fleiss():
    """Fleiss, Levin & Paik: n = ((1.96 sqrt(.25) + .842 sqrt(.24)) / .1)² for .5 against .6."""
    by_hand = ((1.959964 * 0.5 + 0.841621 * math.sqrt(0.24)) / 0.1) ** 2
    found = one_proportion.needed(0.5, 0.6, USUAL, method="normal")
    assert found == pytest.approx(by_hand, rel=1e-6)
