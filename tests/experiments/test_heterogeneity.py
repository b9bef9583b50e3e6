"""Effects over slices: which of them moved, and whether they differ."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from assay.api.rollout import slices
from assay.core.errors import AssayError, SuiteError
from assay.experiments.heterogeneity import ArmSlice, sliced_effects

COUNTRIES = ["de", "fr", "pl", "us"]


def side(values) -> ArmSlice:
    return ArmSlice(len(values), float(np.mean(values)), float(np.var(values, ddof=1)))


def farthest(found) -> str:
    most = max(found.slices, key=lambda s: abs(s.from_rest))
    assert most.differs
    return most.slice


def drawn(rng, effects, n=200):
    return {
        f"s{i}": (side(rng.normal(0, 1, n)), side(rng.normal(e, 1, n)))
        for i, e in enumerate(effects)
    }


def test_the_slice_that_moved_is_named_and_no_other() -> None:
    rng = np.random.default_rng(1)
    [found] = sliced_effects({"country": drawn(rng, [0, 0, 0.8, 0])})
    assert [s.slice for s in found.slices if s.moved] == ["s2"]
    assert farthest(found) == "s2"
    assert found.p_value < 0.01
    assert found.test.i_squared > 0.5


def test_figures_are_welchs() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(0, 1, 30), rng.normal(0.5, 3, 12)
    [found] = sliced_effects({"x": {"one": (side(a), side(b)), "two": (side(b), side(a))}})
    test = stats.ttest_ind(b, a, equal_var=False)
    assert found.slices[0].value == pytest.approx(b.mean() - a.mean())
    assert found.slices[0].p_value == pytest.approx(test.pvalue)
    ends = test.confidence_interval(0.95**0.5)
    assert found.slices[0].interval[:2] == pytest.approx((ends.low, ends.high))


def test_many_slices_of_nothing_seldom_cry_wolf() -> None:
    rng = np.random.default_rng(3)
    runs, moved, differ = 300, 0, 0
    for _ in range(runs):
        found = sliced_effects({"a": drawn(rng, [0] * 8, 25), "b": drawn(rng, [0] * 5, 40)})
        moved += any(s.moved for s in found[0].slices)
        differ += any(column.p_value <= 0.05 for column in found)
    assert moved <= stats.binom.ppf(1 - 1e-4, runs, 0.05)
    assert differ <= stats.binom.ppf(1 - 1e-4, runs, 0.05)


def test_slices_that_are_too_small_are_named() -> None:
    small = (ArmSlice(9, 0.0, 1.0), ArmSlice(50, 0.0, 1.0))
    flat = (ArmSlice(50, 1.0, 0.0), ArmSlice(50, 1.0, 0.0))
    rng = np.random.default_rng(4)
    [found] = sliced_effects({"x": drawn(rng, [0, 0]) | {"small": small, "flat": flat}})
    assert found.left_out == ("small", "flat")
    with pytest.raises(ValueError, match="two are needed"):
        sliced_effects({"x": {"small": small, "flat": flat}})


@pytest.fixture
def experiment(tmp_path):
    rng = np.random.default_rng(5)
    n = 8000
    arm = rng.choice(["control", "new"], n)
    country, device = rng.choice(COUNTRIES, n), rng.choice(["phone", "desk"], n)
    rate = 0.1 + 0.1 * ((arm == "new") & (country == "pl"))
    bought = np.flatnonzero(rng.random(n) < rate)
    users = np.arange(n)
    pq.write_table(
        pa.table({"user": users, "arm": arm, "country": country, "device": device}),
        tmp_path / "users.parquet",
    )
    pq.write_table(pa.table({"user": bought}), tmp_path / "orders.parquet")
    path = tmp_path / "checkout.yaml"
    path.write_text(
        "experiment: x\nunit: user\narms: {control: 0.5, new: 0.5}\n"
        "assignments: {table: users.parquet, arm: arm}\nevents: {table: orders.parquet}\n"
        "metrics:\n  conversion: {kind: proportion}\n"
        "  median: {kind: quantile, value: user}\n"
    )
    outcome = np.isin(users, bought)
    return path, arm, country, outcome


def test_slices_come_from_the_experiments_tables(experiment) -> None:
    path, arm, country, outcome = experiment
    by_country, by_device = slices(path, metric="conversion", by=["country", "device"])
    assert [s.slice for s in by_country.slices] == COUNTRIES
    assert [s.slice for s in by_country.slices if s.moved] == ["pl"]
    assert farthest(by_country) == "pl"
    assert by_device.p_value > 0.05
    for s in by_country.slices:
        of = country == s.slice
        new, old = outcome[of & (arm == "new")], outcome[of & (arm == "control")]
        assert (s.arm.n, s.control.n) == (len(new), len(old))
        assert s.value == pytest.approx(new.mean() - old.mean())
        test = stats.ttest_ind(new * 1.0, old * 1.0, equal_var=False)
        assert s.p_value == pytest.approx(test.pvalue)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"metric": "conversoin"}, "Did you mean 'conversion'"),
        ({"metric": "median"}, "no figure for each unit"),
        ({"arm": "nwe"}, "Did you mean 'new'"),
    ],
)
def test_what_the_experiment_does_not_have_is_said(experiment, given, wrong) -> None:
    with pytest.raises(SuiteError, match=wrong):
        slices(experiment[0], **({"metric": "conversion", "by": ["country"]} | given))


def test_a_column_that_is_not_there_is_said(experiment) -> None:
    with pytest.raises(AssayError, match="Did you mean 'country'"):
        slices(experiment[0], metric="conversion", by=["contry"])
