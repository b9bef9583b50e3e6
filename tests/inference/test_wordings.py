"""Differences between wordings of the same questions, against closed forms and other ways."""

from __future__ import annotations

import numpy as np
import pytest

from assay.inference.proportions import wilson
from assay.inference.wordings import Units, mean_drop, share_of_units, spread

RNG = np.random.default_rng(4)
BEFORE = (RNG.random(60) < 0.7).astype(float)
AFTER = np.where(RNG.random(60) < 0.25, 1 - BEFORE, BEFORE)
ALONE = Units.of(list(range(60)))
PAIRS = Units.of([i // 2 for i in range(60)])


def test_units_and_means_without_each_cluster() -> None:
    units = Units.of(["a", "b", "a", None])
    assert (units.clusters, units.sizes.tolist(), units.alone) == (3, [2, 1, 1], False)
    values = np.array([1.0, 2.0, 3.0, 6.0])
    assert units.without_each(values).tolist() == [4.0, 10 / 3, 2.0]
    one = Units.of(["a", "a"])
    assert np.isnan(one.without_each(values[:2])).all()


def test_the_variance_of_independent_units() -> None:
    found = mean_drop(BEFORE, AFTER, ALONE, 0.95)
    d = BEFORE - AFTER
    variance = d.var(ddof=1) / 60 + 4 * (BEFORE.var(ddof=1) + AFTER.var(ddof=1)) / 60**2
    half = 2.0009953780882674 * variance**0.5  # Student's t, 59 degrees of freedom: scipy 1.16
    assert found.low == pytest.approx(d.mean() - half, rel=1e-9)
    assert found.high == pytest.approx(d.mean() + half, rel=1e-9)
    assert found.method == "paired-jackknife"


def test_units_that_are_alike_tell_as_much_as_one() -> None:
    twice = mean_drop(np.repeat(BEFORE[:30], 2), np.repeat(AFTER[:30], 2), PAIRS, 0.95)
    once = mean_drop(BEFORE[:30], AFTER[:30], Units.of(list(range(30))), 0.95)
    assert (twice.low, twice.high) == pytest.approx((once.low, once.high), abs=0.01)


def test_a_side_that_never_varies_leaves_the_other_s_interval() -> None:
    right = np.ones(60)
    after = (np.arange(60) % 6 > 0).astype(float)
    found = mean_drop(right, after, ALONE, 0.95)
    assert found.method == "mover"
    own = wilson(10, 60, 0.95)
    assert found.high == pytest.approx(own.high, abs=0.03)
    same = mean_drop(right, right, ALONE, 0.95)
    assert same.low == pytest.approx(-same.high)
    assert 0.03 < same.high < 0.1


def test_bounds_are_kept_and_scale() -> None:
    ends = mean_drop(BEFORE * 10, AFTER * 10, ALONE, 0.95, high=10.0)
    own = mean_drop(BEFORE, AFTER, ALONE, 0.95)
    assert (ends.low, ends.high) == pytest.approx((own.low * 10, own.high * 10))
    few = mean_drop(np.array([1.0, 0.0]), np.array([0.0, 0.0]), Units.of([0, 1]), 0.95)
    assert -1 <= few.low < -0.2
    assert 0.9 < few.high <= 1
    (alone,) = [mean_drop(BEFORE[:1], AFTER[:1], Units.of([0]), 0.95)]
    assert (alone.low, alone.high) == (-1, 1)


def test_the_spread_holds_for_all_pairs_at_once() -> None:
    by = {"a": BEFORE, "b": AFTER, "c": np.ones(60)}
    value, interval, (best, worst) = spread(by, ALONE, 0.95)
    means = {name: values.mean() for name, values in by.items()}
    assert value == pytest.approx(max(means.values()) - min(means.values()))
    assert (best, worst) == ("c", min(means, key=lambda name: means[name]))
    ends = mean_drop(by["c"], by[worst], ALONE, 1 - 0.05 / 3)
    assert (interval.low, interval.high) == pytest.approx((ends.low, ends.high))
    assert spread({"a": BEFORE, "b": BEFORE}, ALONE, 0.95)[1].low == 0


def test_shares_of_units() -> None:
    holds = (np.arange(60) % 3 == 0).astype(float)
    assert share_of_units(holds, ALONE, 0.95) == wilson(20, 60, 0.95)
    alike = share_of_units(np.repeat(holds[:30], 2), PAIRS, 0.95)
    assert alike.low < wilson(20, 60, 0.95).low
    one = share_of_units(holds, Units.of(["x"] * 60), 0.95)
    assert (one.low, one.high) == (0, 1)


def test_what_cannot_be_paired() -> None:
    with pytest.raises(ValueError, match="cannot be paired"):
        mean_drop(BEFORE, AFTER[:5], ALONE, 0.95)
    with pytest.raises(ValueError, match="cannot be paired"):
        mean_drop(BEFORE[:0], AFTER[:0], Units.of([]), 0.95)
    with pytest.raises(ValueError, match="two wordings"):
        spread({"a": BEFORE}, ALONE, 0.95)
