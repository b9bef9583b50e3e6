"""What confidence sequences must do at any look, and what they must refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.inference.differences import Share
from assay.inference.proportions import clopper_pearson
from assay.inference.sequential import betting, bounded, evalues, means, quantiles, spending
from assay.inference.sequential import mixture as mixtures
from assay.inference.sequential import proportions as shares
from assay.inference.sequential.means import Summary
from assay.states import QuantilesState


@given(st.integers(1, 400), st.data(), st.sampled_from([10, 300, 1e6]))
def test_a_share_is_inside_and_its_ends_are_where_it_is_rejected(n, data, tuned):
    s = data.draw(st.integers(0, n))
    low, high, method = shares.proportion(s, n, 0.95, tuned_for=tuned)
    assert method == "beta-binomial-mixture"
    assert 0 <= low <= s / n <= high <= 1
    fixed = clopper_pearson(s, n, 0.95)
    assert low <= fixed.low + 1e-9  # what holds at every look is never shorter
    assert high >= fixed.high - 1e-9
    for end in (low, high):
        if 1e-9 < end < 1 - 1e-9:
            assert shares.p_value(s, n, end, tuned_for=tuned) == pytest.approx(0.05, rel=1e-4)


def test_shares_at_many_looks_at_once():
    n = np.array([1, 10, 1000, 10_000_000])
    s = np.array([0, 10, 30, 12_345])
    low, high = shares.limits(s, n, 0.95, tuned_for=1e6)
    for i in range(4):
        one = shares.proportion(int(s[i]), int(n[i]), 0.95, tuned_for=1e6)
        assert (low[i], high[i]) == pytest.approx(one[:2], rel=1e-9, abs=1e-15)
    assert low[0] == 0
    assert high[1] == 1


@given(st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]), min_size=1, max_size=60))
def test_bounded_means_hold_the_mean_and_flip_with_the_scale(values):
    x = np.array(values)
    variance = float(x.var(ddof=1)) if len(x) > 1 else 0.0
    of = Summary(len(x), float(x.mean()), variance)
    low, high, _ = bounded.bounded_mean(of, 0.95, bounds=(0, 1), tuned_for=500)
    assert 0 <= low <= of.mean <= high <= 1
    turned = Summary(len(x), 5 - 10 * of.mean, 100 * variance)
    found = bounded.bounded_mean(turned, 0.95, bounds=(-5, 5), tuned_for=500)
    assert found[:2] == pytest.approx((5 - 10 * high, 5 - 10 * low), abs=1e-9)


def test_moments_bound_what_betting_itself_wins():
    """The wealth from moments is at most that of the same bets on the values."""
    rng = np.random.default_rng(1)
    for null in (0.05, 0.3, 0.6):
        x = rng.beta(0.4, 1.5, 300)
        for bet in bounded.bets(0.95, 10_000):
            wealth = np.log1p(bet * (x - null)).sum()
            found = bounded.log_wealth(300, x.mean(), x.var(), null, np.array([bet]))
            assert found <= wealth + 1e-9


def test_betting_on_a_constant_and_running_intersections():
    constant = betting.betting(np.full(200, 0.25), 0.95, bounds=(0, 1))
    assert constant.low[0] < 0.25 < constant.high[0]
    x = np.random.default_rng(2).uniform(0, 1, 500) ** 2
    looks = [10, 50, 100, 500]
    plain = betting.betting(7 * x, 0.95, bounds=(0, 7), looks=looks)
    cut = betting.betting(7 * x, 0.95, bounds=(0, 7), looks=looks, intersect=True)
    assert cut.low == pytest.approx(np.maximum.accumulate(plain.low))
    assert cut.high == pytest.approx(np.minimum.accumulate(plain.high))
    # zeros first, ones later: no mean stands, and that is a point, not an interval upside down
    drifting = np.repeat([0.0, 1.0], 300)
    found = betting.betting(drifting, 0.95, bounds=(0, 1), looks=[300, 600], intersect=True)
    assert np.all(found.low <= found.high)


def test_few_normal_values_bound_nothing_and_many_are_asymptotic():
    assert means.t_mixture(Summary(2, 1.0, 1.0), 0.95, tuned_for=1000)[:2] == (-math.inf, math.inf)
    some = means.t_mixture(Summary(30, 0.0, 1.0), 0.95, tuned_for=1000)
    many = means.t_mixture(Summary(10**6, 0.0, 1.0), 0.95, tuned_for=1000)
    assert some.high > means.mean(Summary(30, 0.0, 1.0), 0.95, tuned_for=1000).high
    asymptotic = means.mean(Summary(10**6, 0.0, 1.0), 0.95, tuned_for=1000)
    assert many.high == pytest.approx(asymptotic.high, rel=1e-4)


def test_what_does_not_vary_is_not_certain():
    """Ten equal values, no event, one value in an arm: unbounded or wide, never a point."""
    for found in (
        means.mean(Summary(10, 3.0, 0.0), 0.95, tuned_for=100),
        means.t_mixture(Summary(10, 3.0, 0.0), 0.95, tuned_for=100),
        means.mean_difference(Summary(1, 3.0, 0.0), Summary(9, 3.0, 1.0), 0.95, tuned_for=100),
    ):
        assert found[:2] == (-math.inf, math.inf)
    none = means.proportion_difference(Share(0, 50), Share(0, 50), 0.95, tuned_for=100)
    assert none.low < -0.05
    assert none.high > 0.05
    low, high, _ = shares.proportion(0, 50, 0.95, tuned_for=100)
    assert (low, high > 0.07) == (0.0, True)


def test_differences_are_antisymmetric_and_hold_the_value():
    a, b = Summary(400, 2.0, 1.0), Summary(250, 2.4, 3.0)
    low, high, _ = means.mean_difference(a, b, 0.95, tuned_for=1000)
    back = means.mean_difference(b, a, 0.95, tuned_for=1000)
    assert back[:2] == pytest.approx((-high, -low))
    assert low < 0.4 < high
    error = math.sqrt(1 / 400 + 3 / 250)
    z = float(mixtures.multiplier(0.65, 0.95))
    assert high - low == pytest.approx(2 * z * error)
    x, y = Share(3, 900), Share(40, 950)
    low, high, _ = means.proportion_difference(x, y, 0.95, tuned_for=2000)
    assert 0 < low < 40 / 950 - 3 / 900 < high


@given(st.integers(1, 3000), st.floats(0.01, 0.99), st.sampled_from([50, 5000]))
def test_ranks_of_a_quantile_are_symmetric_and_wider_than_for_one_look(n, q, tuned):
    from assay.inference.quantiles import ranks

    lower, upper = quantiles.ranks(n, q, 0.95, tuned_for=tuned)
    assert 0 <= lower <= n * q + 1
    assert n * q <= upper <= n + 1
    once = ranks(n, q, 0.95)
    assert lower <= once[0]
    assert upper >= once[1]
    mirrored = quantiles.ranks(n, 1 - q, 0.95, tuned_for=tuned)
    assert abs(mirrored[0] - (n + 1 - upper)) <= 1  # 1 - q is rounded


def test_a_quantile_from_a_state_is_rounded_outward():
    from assay.inference.quantiles import grid

    x = np.sort(np.random.default_rng(4).exponential(1, 20_000))
    points = grid(0.9)
    values = tuple(float(x[max(math.ceil(p * 20_000) - 1, 0)]) for p in points)
    state = QuantilesState(n=20_000, probabilities=points, values=values)
    low, high, method = quantiles.quantile(state, 0.9, 0.95, tuned_for=20_000)
    lower, upper = quantiles.ranks(20_000, 0.9, 0.95, tuned_for=20_000)
    assert method == "quantile-sequence"
    assert low <= x[lower - 1] <= math.log(10) <= x[upper - 1] <= high


def test_boundaries_spend_what_they_say_at_uneven_looks():
    times = [0.05, 0.07, 0.4, 0.95, 1.0]
    for spend in (spending.obrien_fleming, spending.pocock):
        bounds = spending.boundaries(times, 0.9, spending=spend)
        exits = spending.exit_probabilities(bounds, times)
        spent = np.cumsum(exits.upper)
        assert spent == pytest.approx([spend(t, 0.05) for t in times], abs=1e-7)
        assert exits.lower == pytest.approx(exits.upper, abs=1e-9)
    (alone,) = spending.boundaries([1.0], 0.95)
    assert alone == pytest.approx(1.959964, abs=1e-6)
    assert spending.levels(np.array([alone])) == pytest.approx([0.95])
    assert spending.levels(np.array([9.0]))[0] < 1


def test_evidence_is_combined():
    assert evalues.product([2, 0.5, 8]) == pytest.approx(8)
    assert evalues.product([1e300, 1e300]) == math.inf
    assert evalues.product([0.0, 5]) == 0
    assert evalues.average([1, 3]) == 2
    assert evalues.average([1, 3], [1, 3]) == pytest.approx(2.5)
    found = evalues.running_p_values([[0.5, 4, 2, 10], [0, 0, 0, 0]])
    assert found.tolist() == [[1, 0.25, 0.25, 0.1], [1, 1, 1, 1]]
    assert evalues.mixture_calibrator(0.0) == math.inf
    assert evalues.e_bh([], 0.1) == []
    assert evalues.e_bh([30, 5, 0], 0.1) == [True, False, False]
    assert evalues.e_bh([15, 15, 0], 0.1) == [True, True, False]


NAN = math.nan


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mixtures.tuning(1.0), "between 0 and 1"),
        (lambda: mixtures.multiplier(0.0, 0.95), "above 0"),
        (lambda: mixtures.multiplier(NAN, 0.95), "above 0"),
        (lambda: mixtures.log_e_value(NAN, 1.0), "a number"),
        (lambda: mixtures.msprt_p_value(1.0, 0.0, mixing_variance=1.0), "nothing varies"),
        (lambda: mixtures.msprt_p_value(math.inf, 1.0, mixing_variance=1.0), "finite"),
        (lambda: mixtures.msprt_interval(1.0, 1.0, 1.0, mixing_variance=1.0), "between 0 and 1"),
        (lambda: means.mean(Summary(0, 0.0, 0.0), 0.95, tuned_for=9), "at least one value"),
        (lambda: means.mean(Summary(3, NAN, 1.0), 0.95, tuned_for=9), "finite"),
        (lambda: means.mean(Summary(3, 1.0, -1.0), 0.95, tuned_for=9), "negative"),
        (lambda: means.mean(Summary(3, 1.0, 1.0), 0.95, tuned_for=0), "tune for"),
        (lambda: means.asymptotic(1.0, -1.0, 3, 0.95, tuned_for=9), "negative"),
        (lambda: means.asymptotic(1.0, NAN, 3, 0.95, tuned_for=9), "finite"),
        (lambda: means.asymptotic(1.0, 1.0, 0, 0.95, tuned_for=9), "above 0"),
        (
            lambda: means.proportion_difference(Share(1, 0), Share(1, 2), 0.95, tuned_for=9),
            "not a proportion",
        ),
        (lambda: shares.proportion(5, 4, 0.95, tuned_for=9), "between 0 and n"),
        (lambda: shares.proportion(0, 0, 0.95, tuned_for=9), "n >= 1"),
        (lambda: shares.proportion(1, 2, 0.95, tuned_for=NAN), "tune for"),
        (lambda: shares.p_value(1, 2, 0.0, tuned_for=9), "inside"),
        (lambda: shares.log_e_value(3, 2, 0.5, tuned_for=1), "between 0 and n"),
        (lambda: bounded.bets(0.95, 0), "tune for"),
        (lambda: bounded.bets(1.5, 10), "between 0 and 1"),
        (
            lambda: bounded.bounded_mean(Summary(3, 2.0, 0.1), 0.95, bounds=(0, 1), tuned_for=9),
            "within the bounds",
        ),
        (
            lambda: bounded.bounded_mean(Summary(9, 0.5, 4.0), 0.95, bounds=(0, 1), tuned_for=9),
            "greater than",
        ),
        (
            lambda: bounded.bounded_mean(Summary(9, 0.5, 0.1), 0.95, bounds=(1, 1), tuned_for=9),
            "in order",
        ),
        (lambda: betting.betting(np.array([]), 0.95, bounds=(0, 1)), "at least one value"),
        (lambda: betting.betting(np.array([NAN]), 0.95, bounds=(0, 1)), "outside"),
        (lambda: betting.betting(np.array([2.0]), 0.95, bounds=(0, 1)), "outside"),
        (lambda: betting.betting(np.array([1.0]), 0.95, bounds=(0, math.inf)), "in order"),
        (lambda: betting.betting(np.ones(3), 0.95, bounds=(0, 1), looks=[2, 2]), "looks"),
        (lambda: betting.betting(np.ones(3), 0.95, bounds=(0, 1), looks=[4]), "looks"),
        (lambda: quantiles.ranks(0, 0.5, 0.95, tuned_for=9), "no interval"),
        (lambda: quantiles.ranks(9, 1.0, 0.95, tuned_for=9), "no interval"),
        (lambda: spending.boundaries([], 0.95), "at least one look"),
        (lambda: spending.boundaries([0.5, 0.5], 0.95), "increase"),
        (lambda: spending.boundaries([0.5, 1.5], 0.95), "increase"),
        (lambda: spending.boundaries([0.5], 0.0), "between 0 and 1"),
        (lambda: spending.wang_tsiatis(0, 0.95), "at least one look"),
        (lambda: spending.exit_probabilities(np.array([2.0]), [0.5, 1.0]), "one boundary"),
        (lambda: evalues.product([]), "at least one"),
        (lambda: evalues.product([-1.0]), "at least 0"),
        (lambda: evalues.product([0.0, math.inf]), "contradict"),
        (lambda: evalues.average([NAN]), "at least 0"),
        (lambda: evalues.average([1.0, 2.0], [0.0, 0.0]), "not all 0"),
        (lambda: evalues.average([1.0, 2.0], [1.0]), "one weight"),
        (lambda: evalues.power_calibrator(1.5), "between 0 and 1"),
        (lambda: evalues.power_calibrator(0.5, kappa=1.0), "kappa"),
        (lambda: evalues.e_bh([1.0], 0.0), "between 0 and 1"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
