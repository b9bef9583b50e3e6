"""Whether rows on hand decide: formulas, scaling, bounds that no sample reaches."""

from __future__ import annotations

import math

import pytest

from assay.core.criterion import AtLeast, AtMost, Between, Equals, OneOf
from assay.core.measurement import Measurement
from assay.inference.interval import z_value
from assay.inference.power import one_proportion
from assay.inference.power.rates import Rates
from assay.inference.proportions import wilson
from assay.runner.planning.outlook import Known, look_ahead, rounded

USUAL = Rates()


def share(on_hand: int, *, successes: int | None = None, n: int = 100) -> Known:
    """A proportion; measured, where successes are given."""
    if successes is None:
        return Known(key={}, on_hand=on_hand, measured=None, proportion=True)
    from assay.core.measurement import Estimation
    from assay.inference.proportions import proportion

    measured = proportion(successes, n, Estimation())
    assert isinstance(measured, Measurement)
    return Known(key={}, on_hand=on_hand, measured=measured, proportion=True)


def estimate(value: float, se: float, *, n: int = 100, on_hand: int = 1000, **more) -> Known:
    """Any other estimate, with a normal interval."""
    half = z_value(0.95) * se
    m = Measurement(value=value, low=value - half, high=value + half, level=0.95, method="x", n=n)
    return Known(key={}, on_hand=on_hand, measured=m, proportion=False, **more)


def test_an_effect_asks_for_the_harder_side():
    plan = look_ahead(share(400), AtLeast(0.9), USUAL, effect=0.05)
    below, above = (one_proportion.needed(0.9, p, USUAL) for p in (0.85, 0.95))
    assert plan.n_needed == max(below, above) == below
    assert plan.outlook == "decides"
    assert look_ahead(share(333), AtLeast(0.9), USUAL, effect=0.05).outlook == "cannot_decide"


def test_an_effect_beyond_0_to_1_ends_there():
    """A share of 1 is the farthest above 0.98, and what decides 0.93 may never let it pass."""
    plan = look_ahead(share(5000), AtLeast(0.98), USUAL, effect=0.05)
    below, above = (int(one_proportion.needed(0.98, p, USUAL)) for p in (0.93, 1.0))
    assert plan.n_needed == max(below, above) == above
    assert wilson(below, below, 0.95).low < 0.98 <= wilson(above, above, 0.95).low
    assert look_ahead(share(below), AtLeast(0.98), USUAL, effect=9.0).outlook == "cannot_decide"
    beyond = look_ahead(share(5000), AtMost(0.02), USUAL, effect=0.05)
    assert beyond.n_needed == above


def test_the_measured_share_is_taken_where_no_effect_is_stated():
    plan = look_ahead(share(1000, successes=95), AtLeast(0.9), USUAL, effect=None)
    assert plan.n_needed == one_proportion.needed(0.9, 0.95, USUAL)
    assert (plan.basis, plan.value) == ("binomial", 0.95)
    missed = look_ahead(share(1000, successes=95), AtMost(0.9), USUAL, effect=None)
    assert missed.n_needed == plan.n_needed  # it fails as surely


def test_without_effect_and_value_the_detectable_distance_is_said():
    plan = look_ahead(share(400), AtLeast(0.9), USUAL, effect=None)
    up = one_proportion.detectable(0.9, 400, USUAL, upwards=True)
    down = one_proportion.detectable(0.9, 400, USUAL, upwards=False)
    assert up is not None
    assert down is not None
    assert (plan.outlook, plan.n_needed, plan.detectable) == ("depends", None, max(up, down))
    assert "400 rows decide" in plan.reason


def test_rows_that_never_show_that_a_bound_is_met():
    plan = look_ahead(share(100), AtLeast(0.99), USUAL, effect=None)
    assert (plan.outlook, plan.detectable) == ("depends", None)
    assert "never show that a value meets this bound" in plan.reason


def test_a_bound_of_one_is_missed_by_one_row_and_never_met():
    perfect = look_ahead(share(1000, successes=100), AtLeast(1.0), USUAL, effect=None)
    assert (perfect.outlook, perfect.n_needed) == ("cannot_decide", None)
    assert "claim: batch" in perfect.reason
    flawed = look_ahead(share(1000, successes=90), AtLeast(1.0), USUAL, effect=None)
    # One bad row of n shows it: 1 - 0.9^n >= 0.8.
    assert flawed.n_needed == math.ceil(math.log(0.2) / math.log(0.9)) == 16


def test_a_bound_outside_0_to_1_needs_one_row():
    plan = look_ahead(share(1000, successes=90), AtMost(1.5), USUAL, effect=None)
    assert (plan.outlook, plan.n_needed) == ("decides", 1)


@pytest.mark.parametrize("criterion", [AtLeast(0.9), Between(0.9, 0.95), AtMost(0.9)])
def test_a_value_on_the_bound_has_no_n(criterion):
    plan = look_ahead(share(1000, successes=90), criterion, USUAL, effect=None)
    assert (plan.outlook, plan.n_needed) == ("on_the_bound", None)
    near = estimate(0.9 + 1e-9, 0.01)
    assert look_ahead(near, criterion, USUAL, effect=None).outlook == "on_the_bound"


def test_scaling_is_by_the_square_of_the_distance():
    near = look_ahead(estimate(1.0, 0.1), AtMost(1.1), USUAL, effect=None)
    far = look_ahead(estimate(1.0, 0.1), AtMost(1.2), USUAL, effect=None)
    assert near.basis == "scaling"
    assert near.n_needed == math.ceil(100 * (1.959964 + 0.841621) ** 2)
    assert far.n_needed == math.ceil(near.n_needed / 4)


def test_between_two_bounds_the_nearer_one_asks_for_more():
    plan = look_ahead(estimate(1.0, 0.1), Between(0.8, 2.0), USUAL, effect=None)
    alone = look_ahead(estimate(1.0, 0.1), AtLeast(0.8), USUAL, effect=None)
    assert plan.n_needed == alone.n_needed
    outside = look_ahead(estimate(0.5, 0.1), Between(0.8, 2.0), USUAL, effect=None)
    assert (
        outside.n_needed
        == look_ahead(estimate(0.5, 0.1), AtLeast(0.8), USUAL, effect=None).n_needed
    )


def test_a_stricter_level_asks_for_more():
    strict = Rates(alpha=0.05 / 10)
    plain = look_ahead(estimate(1.0, 0.1), AtMost(1.1), USUAL, effect=None)
    family = look_ahead(estimate(1.0, 0.1), AtMost(1.1), strict, effect=None)
    assert family.n_needed is not None
    assert plain.n_needed is not None
    assert family.n_needed > 1.5 * plain.n_needed


def test_what_more_rows_do_not_make_surer():
    """A difference to a baseline that nothing is paired with, whose own error stays."""
    known = estimate(0.0, 0.05, fixed=0.03)
    plan = look_ahead(known, AtLeast(-0.2), USUAL, effect=None)
    allowed = (0.2 / (1.959964 + 0.841621)) ** 2 - 0.03**2
    assert plan.n_needed == math.ceil(100 * (0.05**2 - 0.03**2) / allowed)
    never = look_ahead(known, AtLeast(-0.05), USUAL, effect=None)
    assert (never.outlook, never.n_needed) == ("cannot_decide", None)
    assert "baseline" in never.reason


def test_a_quantile_needs_rows_that_bound_it():
    known = estimate(0.001, 1e-6, quantile=0.99)
    plan = look_ahead(known, AtMost(10.0), USUAL, effect=None)
    assert plan.n_needed == 368  # 0.99^367 is above 2.5 %


def test_a_value_that_does_not_vary_needs_no_more_than_the_pilot():
    plan = look_ahead(estimate(3.0, 0.0), AtMost(5.0), USUAL, effect=None)
    assert (plan.outlook, plan.n_needed) == ("decides", 100)


@pytest.mark.parametrize("criterion", [OneOf((1.0, 2.0)), Equals(1.0)])
def test_one_exact_value_is_never_shown(criterion):
    plan = look_ahead(estimate(1.0, 0.1), criterion, USUAL, effect=None)
    assert plan.outlook == "cannot_decide"
    assert "near enough" in plan.reason
    near_enough = look_ahead(estimate(1.0, 0.1), Equals(1.0, 0.5), USUAL, effect=None)
    assert near_enough.outlook == "decides"


def test_an_interval_without_an_end_tells_nothing():
    m = Measurement(value=1.0, low=None, high=2.0, level=0.95, method="x", n=30)
    known = Known(key={}, on_hand=10, measured=m, proportion=False)
    plan = look_ahead(known, AtLeast(0.5), USUAL, effect=None)
    assert (plan.outlook, plan.n_needed) == ("unknown", None)
    assert "has no end" in plan.reason


@pytest.mark.parametrize(("n", "shown"), [(7, 7), (99, 99), (101, 110), (12_345, 13_000)])
def test_an_extrapolation_looks_like_one(n, shown):
    assert rounded(n) == shown
