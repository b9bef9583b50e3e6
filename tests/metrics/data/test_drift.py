"""Drift: what it compares, what it says where it cannot, and what it shows."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.metrics.data.measuring import CENSUS, evidence, folded, measure, not_applicable, reason

from assay.core.aggregate import Fold
from assay.core.evidence import Distributions, Table
from assay.core.measurement import Estimation, Unmeasured
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.metrics.data.drift import Drift

METHODS = [
    "ks", "psi", "jensen_shannon", "wasserstein", "chi_square", "total_variation", "hellinger",
    "kl",
]  # fmt: skip
A = pd.DataFrame({"x": np.arange(500.0), "c": ["a", "b"] * 250})


def test_methods_need_a_column_they_can_compare():
    table = pa.table({"s": ["a"], "b": [True], "x": [1], "l": [[1]], "y": [b"a"]})
    for method in ("ks", "wasserstein"):
        assert "total_variation does not" in (
            not_applicable(Drift(column="s", method=method), table) or ""
        )
    for column in ("l", "y"):
        assert "does not compare" in (not_applicable(Drift(column=column), table) or "")
    for column in ("s", "b", "x"):
        assert not_applicable(Drift(column=column), table) is None
    assert not_applicable(Drift(column="z"), table) == "there is no column 'z'"
    with pytest.raises(ValueError, match="from 2 to 100"):
        Drift(column="x", bins=1)


@pytest.mark.parametrize("column", ["x", "c"])
@pytest.mark.parametrize("how", [Estimation(), CENSUS], ids=["process", "census"])
def test_an_empty_side_has_no_distribution(column, how):
    assert reason(Drift(column=column), A.head(0), how, against=A) == "the table has no rows"
    assert (
        reason(Drift(column=column), A, how, against=A.head(0)) == "the reference table has no rows"
    )


@pytest.mark.parametrize("method", METHODS)
def test_one_row_and_all_missing_are_compared(method):
    one = measure(Drift(column="x", method=method), A.head(1), against=A)
    assert one.n == 1
    missing = A.assign(x=math.nan)
    gone = measure(Drift(column="x", method=method), missing, against=A)
    assert gone.low is not None
    assert gone.low > 0.5
    back = measure(Drift(column="x", method=method), A, against=missing)
    # the divergence has a direction: one cell that empties is not ten that do
    assert back.value == pytest.approx(gone.value) or method == "kl"
    assert back.low > 0.5
    both = measure(Drift(column="x", method=method), missing, against=missing)
    assert (both.value, both.low) == (0, 0)


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_reference(method):
    constant = A.assign(x=3.0)
    assert measure(Drift(column="x", method=method), constant, against=constant).value == 0
    if method == "wasserstein":
        assert "no unit" in reason(Drift(column="x", method=method), A, against=constant)
    else:
        moved = A.assign(x=A["x"] + 4)
        assert measure(Drift(column="x", method=method), moved, against=constant).value > 0.5


def test_a_column_that_changed_its_type_is_told():
    with DuckDBEngine() as engine:
        metric = Drift(column="x")
        folds = []
        for name, frame in (("a", A), ("b", A.assign(x=A["x"].astype(str)))):
            engine.attach(name, Memory(frame))
            schema = engine.schema(name)
            folds.append((schema, engine.fold(name, list(metric.aggregates(schema)))))
    fold = Fold(*folds[1], reference=Fold(*folds[0]))
    (found,) = metric.estimate(fold, Estimation())
    assert isinstance(found, Unmeasured)
    assert found.reason == "the column is string here and float in the reference"
    assert metric.evidence(fold) == ()


def test_estimates_repeat_and_widen_with_the_level():
    b = A.assign(c=["a", "b", "b", "c"] * 125)
    for column, method in (("c", "auto"), ("x", "psi"), ("x", "wasserstein"), ("x", "ks")):
        metric = Drift(column=column, method=method)
        fold = folded(metric, b, against=A)
        widths = []
        for level in (0.8, 0.95, 0.999):
            (first,) = metric.estimate(fold, Estimation(level=level, seed=5))
            (again,) = metric.estimate(fold, Estimation(level=level, seed=5))
            assert first == again
            widths.append(first.high - first.low)
        assert widths == sorted(widths)
        assert widths[0] < widths[2]


def test_new_and_vanished_values_are_listed():
    b = pd.DataFrame({"c": ["a"] * 300 + ["new"] * 200})
    chart, changed, sides = evidence(Drift(column="c"), b, against=A)
    assert isinstance(chart, Distributions)
    assert (chart.of, chart.sides) == ("c", ("reference", "current"))
    assert dict(zip(chart.names, zip(*chart.shares, strict=True), strict=True)) == {
        "a": (0.5, 0.6), "b": (0.5, 0.0), "new": (0.0, 0.4),
    }  # fmt: skip
    assert chart.changes == ["vanished: b (50 %)", "new: new (40 %)", "a 50 % → 60 %"]
    assert isinstance(changed, Table)
    assert changed.rows[0] == ["b", 0.5, 0.0, -0.5]
    assert isinstance(sides, Table)
    assert sides.rows == [["b", "vanished", 0.5], ["new", "new", 0.4]]


def test_new_values_are_summed_up_where_there_are_several():
    b = pd.DataFrame({"c": ["a"] * 300 + ["n1"] * 100 + ["n2"] * 100})
    *_, sides = evidence(Drift(column="c"), b, against=A)
    assert isinstance(sides, Table)
    assert sides.rows[-1] == ["(all 2)", "new", 0.4]
    assert sides.rows[0] == ["b", "vanished", 0.5]


def test_new_codes_that_are_each_rare_are_drift():
    """Beyond the hundred most frequent values all share a cell, but for those that are new."""
    rng = np.random.default_rng(4)
    a, b = (
        pd.DataFrame({"c": pd.Series(rng.integers(0, 3_000, 30_000)).astype(str)}) for _ in range(2)
    )
    assert measure(Drift(column="c"), b, against=a).low == 0
    recoded = rng.random(len(b)) < 0.25
    moved = measure(Drift(column="c"), b.assign(c=b["c"].mask(recoded, "X" + b["c"])), against=a)
    assert moved.low is not None
    assert moved.low > 0.2
    assert moved.value == pytest.approx(0.25, abs=0.02)


def test_a_value_that_only_one_side_lists_has_a_place_in_the_interval():
    """With 20,000 keys a side, 10,000 are listed: whether another is there is not known."""
    keys = pd.Series(np.arange(20_000)).astype(str)
    a = pd.DataFrame({"c": pd.concat([keys] * 3, ignore_index=True)})
    b = pd.DataFrame({"c": pd.concat([keys] * 2 + [pd.Series(["new"] * 10_000)])})
    fold = folded(Drift(column="c"), b, against=a)
    (found,) = Drift(column="c").estimate(fold, Estimation())
    (aggregate,) = Drift(column="c").aggregates(fold.schema)
    states = fold.reference[aggregate], fold[aggregate]
    assert [len(state.counts) for state in states] == [10_000, 10_000]
    assert (states[0].rest, states[0].bound) == (30_000, 3)
    assert found.value == pytest.approx(0.2, abs=0.01)
    # a hundred values, of which the other side may have three rows each among 60,000
    assert found.low <= 0.2 <= found.high
    assert found.high - found.low < 0.04
    # what is not listed on the other side is not said to be new or vanished
    shown = Drift(column="c").evidence(fold)
    assert [e.title for e in shown[1:]] == ["Values whose share changed most"]


def test_small_samples_do_not_choose_the_cells():
    """The most frequent values are chosen by rows of both tables: by shares, those that happen to
    be frequent in a small table would be chosen, and look drifted."""
    rng = np.random.default_rng(9)
    shares = 1 / np.arange(1, 5_001) ** 0.8
    shares /= shares.sum()
    alarms = 0
    for _ in range(5):
        a, b = (
            pd.DataFrame({"c": rng.choice(5_000, n, p=shares).astype(str)}) for n in (30_000, 1_000)
        )
        alarms += (measure(Drift(column="c"), b, against=a).low or 0) > 0
    assert alarms <= 1


def test_more_than_a_hundred_values_share_a_cell_beyond_it():
    rng = np.random.default_rng(0)
    a, b = (pd.DataFrame({"c": rng.integers(0, 5_000, 20_000).astype(str)}) for _ in range(2))
    found = measure(Drift(column="c"), b, against=a)
    assert found.value < 0.05
    gone = measure(Drift(column="c"), b.assign(c="one"), against=a)
    assert gone.low is not None
    assert gone.low > 0.9


@pytest.mark.parametrize("temporal", [False, True])
def test_histograms_hold_all_but_the_outer_percent_of_both_tables(temporal):
    a = (
        A
        if not temporal
        else pd.DataFrame({"x": pd.date_range("2024-01-01", periods=500, freq="h")})
    )
    b = a.head(250)
    chart, summary = evidence(Drift(column="x"), b, against=a)
    assert isinstance(chart, Distributions)
    assert chart.temporal == temporal
    for shares, beyond in zip(chart.shares, chart.beyond, strict=True):
        assert len(shares) == len(chart.edges) - 1 <= 40
        assert sum(shares) + sum(beyond) == pytest.approx(1, abs=1e-4)
        assert sum(beyond) <= 0.02
    assert isinstance(summary, Table)
    assert summary.rows[0] == ["rows", 500, 250]
    if temporal:
        midnight = pd.Timestamp("2024-01-01").timestamp()
        assert chart.edges[0] == midnight
        assert {edge % 43_200 for edge in chart.edges} == {0.0}  # steps of half a day
        assert summary.rows[2][1] == "2024-01-01T00:00:00Z"


def test_columns_of_extreme_values_have_a_finite_distance():
    a = pd.DataFrame({"x": np.linspace(-1, 1, 300) * 1.7e308})
    b = pd.DataFrame({"x": [0.0, math.inf, -math.inf, math.nan] * 50})
    assert 0 < measure(Drift(column="x"), b, against=a).value <= 1
    assert evidence(Drift(column="x"), b, against=a)
    assert "too large" in reason(Drift(column="x", method="wasserstein"), b, against=a)


def test_a_column_that_is_lost_leaves_open_what_its_rows_cannot_tell():
    """All of 500 rows are missing: up to 0.7 % of the others may not be (exact binomial)."""
    there, lost = pd.DataFrame({"x": np.arange(500.0)}), pd.DataFrame({"x": [np.nan] * 500})
    share = 1 - 0.025 ** (1 / 500)
    found = measure(Drift(column="x", method="wasserstein"), lost, against=there)
    assert (found.value, found.low) == (1.0, pytest.approx(1 - share))
    both = measure(Drift(column="x", method="wasserstein"), lost, against=lost)
    assert (both.value, both.low, both.high) == (0.0, 0.0, pytest.approx(share * 2**0.5))
