"""Switchbacks: assignment, windows from events, effect and carry-over."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS

from assay.experiments.switchback import (
    Windows,
    analyze_switchback,
    assign_window,
    schedule,
    windows,
)

REGIONS = ["north", "south", "east", "west"]


def drawn(rng, *, count=40, effect=0.0, carry=0.0, design="paired", salt=None) -> Windows:
    """Windows with regional levels, a daily wave, and shocks that last for some windows."""
    salt = salt or f"s{rng.integers(1 << 40)}"
    plan = schedule(salt, REGIONS, count, design)
    treated = np.array([row[2] for row in plan]).reshape(len(REGIONS), count)
    shocks = rng.standard_normal(treated.shape)
    for t in range(1, count):
        shocks[:, t] += 0.6 * shocks[:, t - 1]
    before = np.concatenate([np.zeros((len(REGIONS), 1)), treated[:, :-1]], axis=1)
    level = np.arange(len(REGIONS))[:, None] * 3 + np.sin(np.arange(count) / 4)
    value = level + shocks + effect * treated + carry * before
    region = np.repeat(REGIONS, count)
    return Windows(region, np.tile(np.arange(count), 4), treated.ravel(), value.ravel())


def test_pairs_hold_one_window_of_each_arm_and_windows_are_even() -> None:
    paired = np.array([row[2] for row in schedule("a", REGIONS, 500)]).reshape(-1, 2)
    assert (paired.sum(axis=1) == 1).all()
    assert 0.45 < paired[:, 0].mean() < 0.55
    coins = np.array([row[2] for row in schedule("a", REGIONS, 500, "independent")])
    assert 0.46 < coins.mean() < 0.54
    assert assign_window("a", "north", 3) == assign_window("a", "north", 3)
    other = np.array([row[2] for row in schedule("b", REGIONS, 500)]).reshape(-1, 2)
    assert 0.4 < (other[:, 0] == paired[:, 0]).mean() < 0.6
    with pytest.raises(ValueError, match="from 0"):
        assign_window("a", "north", -1)


def test_windows_are_means_after_the_burn_in() -> None:
    found = windows(
        [9.0, 1.0, 3.0, 9.0, 5.0], ["n"] * 5, [5, 10, 59, 60, 119],
        salt="a", length=60, burn_in=10,
    )  # fmt: skip
    assert found.time.tolist() == [0, 1]
    assert found.value.tolist() == [2.0, 5.0]
    assert found.treated.tolist() == [assign_window("a", "n", t) for t in (0, 1)]


def test_the_effect_is_that_of_least_squares_with_levels_of_regions() -> None:
    of = drawn(np.random.default_rng(1), effect=1.0, design="independent")
    found = analyze_switchback(of, design="independent")
    x = np.column_stack([(of.region[:, None] == REGIONS) * 1.0, of.treated])
    other = OLS(of.value, x).fit(cov_type="HC2")
    assert found.effect.value == pytest.approx(other.params[-1])
    assert found.effect.error == pytest.approx(other.bse[-1])  # windows alone: CR2 is HC2
    assert (found.windows, found.clusters) == (160, 160)
    assert analyze_switchback(of, cluster="time", design="independent").clusters == 40
    assert analyze_switchback(of, cluster="region", design="independent").effect.df < 4


def test_pairs_are_one_draw() -> None:
    """With complete pairs it is the t test of the pairs' differences."""
    of = drawn(np.random.default_rng(1), effect=1.0)
    found = analyze_switchback(of)
    value, treated = of.value.reshape(-1, 2), of.treated.reshape(-1, 2)
    differences = value[treated] - value[~treated]
    assert found.clusters == 80
    assert found.effect.value == pytest.approx(differences.mean())
    assert found.effect.error == pytest.approx(differences.std(ddof=1) / np.sqrt(80), rel=0.05)


def test_the_randomization_test_counts_all_assignments_of_a_small_design() -> None:
    """Three pairs in one region: all 8 assignments can be listed."""
    value = np.array([1.0, 4.0, 2.0, 8.0, 1.0, 9.0])
    of = Windows(np.array(["n"] * 6), np.arange(6), np.array([False, True] * 3), value)
    found = analyze_switchback(of, draws=20_000)
    assert found.p_value == pytest.approx(2 / 8, abs=0.02)


@pytest.mark.parametrize("design", ["paired", "independent"])
def test_intervals_cover_and_tests_keep_their_level(design) -> None:
    rng = np.random.default_rng(2)
    runs, covered, rejected = 300, 0, 0
    for _ in range(runs):
        found = analyze_switchback(drawn(rng, design=design), design=design, draws=199)
        covered += found.interval(0.95).low <= 0 <= found.interval(0.95).high
        rejected += found.p_value <= 0.05
    assert covered >= stats.binom.ppf(1e-4, runs, 0.945)
    assert covered <= stats.binom.ppf(1 - 1e-4, runs, 0.965)
    assert rejected <= stats.binom.ppf(1 - 1e-4, runs, 0.05)


def test_an_effect_and_what_is_carried_over_are_found() -> None:
    of = drawn(np.random.default_rng(3), count=120, effect=1.5, carry=1.0, design="independent")
    found = analyze_switchback(of, design="independent")
    assert found.p_value < 0.01
    assert found.carry_over is not None
    assert found.carry_over.interval(0.95).low > 0
    assert found.carry_over.value == pytest.approx(1.0, abs=0.5)


def test_strict_alternation_cannot_tell_carry_over() -> None:
    of = drawn(np.random.default_rng(3))
    alternating = of._replace(treated=of.time % 2 == 0)
    assert analyze_switchback(alternating).carry_over is None


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"outcome": [1.0]}, "outcomes"),
        ({"outcome": [1.0, np.nan]}, "NaN"),
        ({"burn_in": 60.0}, "shorter"),
        ({"seconds": [-1.0, 1.0]}, "before the start"),
    ],
)
def test_events_that_do_not_fit_are_refused(given, wrong) -> None:
    good = {"outcome": [1.0, 2.0], "region": ["a", "b"], "seconds": [1.0, 2.0]}
    with pytest.raises(ValueError, match=wrong):
        windows(**({"salt": "a", "length": 60.0} | good | given))


def test_one_arm_is_no_experiment() -> None:
    of = drawn(np.random.default_rng(4))
    with pytest.raises(ValueError, match="one arm"):
        analyze_switchback(of._replace(treated=np.ones(160, dtype=bool)))
