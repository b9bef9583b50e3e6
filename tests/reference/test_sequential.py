"""Sequential statistics against published tables and other libraries."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, special, stats

from assay.inference.sequential import betting, evalues, means, mixture, quantiles, spending
from assay.inference.sequential import proportions as shares

EQUAL = [0.2, 0.4, 0.6, 0.8, 1.0]


def test_lan_demets_boundaries():
    """Two-sided 0.05, five equal looks: ldbounds' manual (R), and gsDesign(k=5, test.type=2)."""
    obf = spending.boundaries(EQUAL, 0.95)
    assert obf == pytest.approx([4.8769, 3.3570, 2.6803, 2.2898, 2.0310], abs=1e-4)
    pocock = spending.boundaries(EQUAL, 0.95, spending=spending.pocock)
    assert pocock == pytest.approx([2.4380, 2.4268, 2.4101, 2.3966, 2.3859], abs=2e-4)


@pytest.mark.parametrize(
    ("looks", "pocock", "obf"),
    [
        (2, 2.178, 1.977),
        (3, 2.289, 2.004),
        (4, 2.361, 2.024),
        (5, 2.413, 2.040),
        (10, 2.555, 2.087),
    ],
)
def test_classic_constants(looks, pocock, obf):
    """Jennison & Turnbull (2000), tables 2.1 and 2.3, alpha 0.05."""
    assert spending.wang_tsiatis(looks, 0.95, delta=0.5) == pytest.approx(
        [pocock] * looks, abs=6e-4
    )
    found = spending.wang_tsiatis(looks, 0.95)
    assert found[-1] == pytest.approx(obf, abs=6e-4)
    assert found[0] == pytest.approx(obf * math.sqrt(looks), abs=2e-3)


@pytest.mark.parametrize(
    ("delta", "power", "inflation"),
    [(0.5, 0.8, 1.229), (0.5, 0.9, 1.207), (0.0, 0.8, 1.028), (0.0, 0.9, 1.026)],
)
def test_power_of_classic_designs(delta, power, inflation):
    """Jennison & Turnbull (2000), tables 2.2 and 2.4: the largest size that five looks need."""
    drift = math.sqrt(inflation) * (stats.norm.ppf(0.975) + stats.norm.ppf(power))
    exits = spending.exit_probabilities(
        spending.wang_tsiatis(5, 0.95, delta=delta), EQUAL, drift=drift
    )
    assert exits.upper.sum() == pytest.approx(power, abs=5e-4)
    assert exits.lower.sum() < 1e-4


def test_a_second_look_is_the_bivariate_normal():
    """P(|Z1| < a, Z2 > b) by SciPy's bivariate normal distribution, correlation sqrt(t1 / t2)."""
    a, b, first = 2.3, 2.0, 0.3
    exits = spending.exit_probabilities(np.array([a, b]), [first, 1.0], drift=1.4)
    shift = 1.4 * np.sqrt([first, 1.0])
    rho = math.sqrt(first)
    joint = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]])

    def below(x: float, y: float) -> float:
        return float(joint.cdf([x - shift[0], y - shift[1]]))

    inside = stats.norm.cdf(a - shift[0]) - stats.norm.cdf(-a - shift[0])
    assert exits.upper[1] == pytest.approx(inside - below(a, b) + below(-a, b), abs=1e-6)
    assert exits.upper[0] == pytest.approx(stats.norm.sf(a - shift[0]), rel=1e-9)


def test_normal_mixture_is_that_of_confseq():
    """confseq 0.0.11, test/uniform_boundaries_unittest.cpp: V = 100, rho = 12.60056, sum 10."""
    ratio = 100 / 12.60056
    assert mixture.log_e_value(1.0, ratio) == pytest.approx(-0.6510052, abs=1e-6)
    found = mixture.msprt_interval(0.0, 1 / 100, 0.95, mixing_variance=1 / 12.60056)
    assert found.high * 100 == pytest.approx(30.35209, abs=1e-4)


def test_msprt_is_the_ratio_of_integrals():
    """The mixture by quadrature, and the p-value where the interval ends."""
    estimate, variance, tau2 = 0.3, 0.02, 0.05

    def likelihood(effect: float) -> float:
        return float(stats.norm.pdf(estimate, effect, math.sqrt(variance)))

    mixed, _ = integrate.quad(
        lambda d: likelihood(d) * stats.norm.pdf(d, 0, math.sqrt(tau2)), -4, 4, epsabs=1e-13
    )
    p = mixture.msprt_p_value(estimate, variance, mixing_variance=tau2)
    assert p == pytest.approx(min(1, likelihood(0) / mixed), rel=1e-8)
    end = mixture.msprt_interval(estimate, variance, 0.9, mixing_variance=tau2).low
    at_end = mixture.msprt_p_value(estimate, variance, null=end, mixing_variance=tau2)
    assert at_end == pytest.approx(0.1, rel=1e-9)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.999])
def test_the_tuning_is_lamberts(level):
    """Waudby-Smith et al. (2024): -W_{-1}(-alpha² / e) - 1, and there the interval is shortest."""
    exact = -special.lambertw(-((1 - level) ** 2) / math.e, k=-1).real - 1
    assert mixture.tuning(level) == pytest.approx(exact, rel=1e-9)
    # the same V, the prior tuned for fewer or for more rows
    near = [float(mixture.multiplier(f, level)) for f in (0.9, 1.0, 1.1)]
    assert near[1] == pytest.approx(math.sqrt(1 + exact), rel=1e-9)
    assert min(near) == near[1]


def test_asymptotic_sequence_is_its_formula():
    """Theorem 2.2 of Waudby-Smith et al. (2024), written with rho."""
    n, variance, tuned = 700, 2.5, 4000
    rho2 = mixture.tuning(0.95) / tuned
    half = math.sqrt(
        variance * 2 * (n * rho2 + 1) / (n**2 * rho2) * math.log(math.sqrt(n * rho2 + 1) / 0.05)
    )
    found = means.mean(means.Summary(n, 1.0, variance), 0.95, tuned_for=tuned)
    assert found[:2] == pytest.approx((1 - half, 1 + half), rel=1e-12)


@pytest.mark.parametrize(
    ("t2", "df", "phi", "log_bayes_factor"),
    [(4.0, 9, 5.0, 0.5985660638884459), (9.0, 99, 12.0, 2.7491162784449505)],
)
def test_t_mixture_ends_where_savvi_rejects(t2, df, phi, log_bayes_factor):
    """savvi 0.3.1, linear_regression.log_bf(t2, df, phi, z2=n)."""
    n = df + 1
    level = 1 - math.exp(-log_bayes_factor)
    summary = means.Summary(n, math.sqrt(t2 / n), 1.0)
    found = means.t_mixture(summary, level, tuned_for=phi * mixture.tuning(level))
    assert found.low == pytest.approx(0, abs=1e-9)
    assert found.high == pytest.approx(2 * summary.mean, rel=1e-9)


@pytest.mark.parametrize(
    ("successes", "n", "k", "log_odds"),
    [
        (3, 20, 21, 2.1617369035086735),
        (60, 100, 101, 0.6563413253284551),
        (500, 950, 11, -0.9548035047579333),
    ],
)
def test_beta_binomial_is_that_of_savvi(successes, n, k, log_odds):
    """savvi 0.3.1, Multinomial(theta_0=[.5, .5], k): Beta(k/2, k/2) against one half."""
    found = shares.log_ratio(successes, n, 0.5, pseudo_rows=k - 1)
    assert found == pytest.approx(log_odds, rel=1e-9)


def test_beta_binomial_by_quadrature():
    """A null away from the middle, and the one-sided mixture of the quantiles."""
    s, n, null, c = 12, 90, 0.07, 40.0
    prior = stats.beta(c * null + 0.5, c * (1 - null) + 0.5)

    def ratio(p: float) -> float:
        return math.exp(s * math.log(p / null) + (n - s) * math.log((1 - p) / (1 - null)))

    mixed, _ = integrate.quad(lambda p: ratio(p) * prior.pdf(p), 0, 1, epsabs=1e-12)
    assert shares.log_ratio(s, n, null, pseudo_rows=c) == pytest.approx(math.log(mixed), rel=1e-8)
    few, cut = 2, 0.07
    s = few
    below, _ = integrate.quad(lambda p: ratio(p) * prior.pdf(p), 0, cut, epsabs=1e-12)
    found = quantiles.log_ratio(few, n, cut, pseudo_rows=c)
    assert found == pytest.approx(math.log(below / prior.cdf(cut)), rel=1e-7)


SCORES = np.array(
    [.1, .4, .35, .9, 0, .2, .55, .3, .15, .6, 1, .25, .05, .45, .5, .2, .3, .1, .7, .4] * 10
)  # fmt: skip


@pytest.mark.parametrize(
    ("null", "capital"),
    [
        (0.1, [0.5, 61.22831413784567, 783647.411185416, 12473056582236.684]),
        (0.3, [0.5714285714285714, 0.5595341435185186, 3.418099248862171, 202.1267764978616]),
        (0.36, [0.6015625, 0.412659063312601, 0.1131777067383896, 0.12519098931961317]),
        (0.6, [0.8125, 4.992219619452953, 4489.087391449579, 2229875654.7604914]),
    ],
)
def test_betting_is_confseqs_hedged_capital(null, capital):
    """confseq 0.0.11, betting_mart(x, m, alpha=.025, trunc_scale=.5, theta=.5)."""
    found = betting.log_capital(SCORES, null, 0.95)
    assert np.exp(found[[0, 9, 49, 199]]) == pytest.approx(capital, rel=1e-9)


def test_betting_interval_is_confseqs():
    """The same capital below 20 on a grid of step 5e-5."""
    found = betting.betting(SCORES, 0.95, bounds=(0, 1), looks=[20, 200])
    assert found.low == pytest.approx([0.21466, 0.31856], abs=6e-5)
    assert found.high == pytest.approx([0.58576, 0.43391], abs=6e-5)


def test_calibrators_and_e_bh():
    """Vovk & Wang (2021): the mixture calibrator; Wang & Ramdas (2022): e-BH by its definition."""
    for p in (1e-6, 0.01, 0.3, 0.99995, 1.0):
        by_quadrature, _ = integrate.quad(lambda k, p=p: k * p ** (k - 1), 0, 1)
        assert evalues.mixture_calibrator(p) == pytest.approx(by_quadrature, rel=1e-6)
        assert evalues.power_calibrator(p, kappa=0.3) == pytest.approx(0.3 * p**-0.7)
    mean, _ = integrate.quad(lambda p: float(evalues.power_calibrator(p)), 0, 1)
    assert mean == pytest.approx(1, abs=1e-6)
    rng = np.random.default_rng(3)
    for _ in range(50):
        e = rng.lognormal(1, 2, 15)
        best = max((k for k in range(1, 16) if np.sort(e)[-k] >= 15 / (0.1 * k)), default=0)
        kept = np.argsort(e)[15 - best :] if best else []
        assert set(np.flatnonzero(evalues.e_bh(list(e), 0.1))) == set(kept)
