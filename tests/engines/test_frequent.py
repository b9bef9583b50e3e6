"""The most frequent keys, and quantiles from counts: what leaves DuckDB, and that it is right."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from assay.core.expr import Column, Literal, call
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.engines.duckdb.counted import MOST_VALUES, counted_quantiles
from assay.inference.quantile_grid import GRID
from assay.states import Frequencies, FrequenciesState, Quantiles

RNG = np.random.default_rng(2)
N = 3_000
TABLE = pd.DataFrame(
    {
        "few": RNG.choice(["a", "b", None], N, p=[0.7, 0.2999, 0.0001]),
        "many": [f"k{v}" for v in RNG.zipf(1.3, N) % 5_000],
        "flag": RNG.random(N) < 0.3,
        "x": RNG.integers(0, 40, N),
    }
)
TABLE.loc[7, "few"] = None


def fold(table: pd.DataFrame, *aggregates, mergeable: bool = False):
    with DuckDBEngine(threads=1) as engine:
        engine.attach("t", Memory(table))
        folded = engine.fold("t", aggregates, mergeable=mergeable)
        return [folded[a][()] for a in aggregates]


@pytest.mark.parametrize("most", [1, 3, 50, 10_000])
def test_the_foremost_keys_are_listed_and_the_rest_is_counted(most):
    wanted = [Frequencies(of=(Column(c),), most=most) for c in ("few", "many", "flag")]
    for aggregate, state in zip(wanted, fold(TABLE, *wanted), strict=True):
        column = TABLE[aggregate.of[0].name]
        every = Counter(None if pd.isna(v) else v for v in column)
        listed = {key: n for (key,), n in state.counts}
        assert state.n == N
        assert len(listed) == min(most, len(every))
        assert all(every[key] == n for key, n in listed.items())
        left = [n for key, n in every.items() if key not in listed]
        assert state.rest == sum(left)
        assert state.bound >= max(left, default=0)
        assert not left or most == 1 or state.bound <= min(listed[k] for k in listed if k)
        assert (None in listed) == (None in every)


def test_it_equals_every_key_cut_off_in_this_process():
    of = (Column("many"),)
    listed, every = fold(TABLE, Frequencies(of=of, most=20), Frequencies(of=of))
    assert listed.counts == every.foremost(20).counts
    assert listed.n == every.n
    assert every.foremost(10_000) is every


def test_a_filter_and_two_columns_as_one_key():
    where = call("gt", Column("x"), Literal(30))
    pair = (Column("few"), Column("flag"))
    [one, both] = fold(
        TABLE,
        Frequencies(of=(Column("few"),), most=2, where=where),
        Frequencies(of=pair, most=2, where=where),
    )
    rows = TABLE[TABLE["x"] > 30]
    assert one.n == both.n == len(rows)
    assert both.as_dict()["a", False] == int(((rows["few"] == "a") & ~rows["flag"]).sum())


@pytest.mark.parametrize("most", [1, 5, 50, 10_000])
@pytest.mark.parametrize("by", [(), (Column("flag"),)])
def test_states_that_merge_are_the_summaries_of_every_key(most, by):
    wanted = [Frequencies(of=(Column(c),), most=most, by=by) for c in ("few", "many")]
    with DuckDBEngine(threads=1) as engine:
        engine.attach("t", Memory(TABLE))
        every = engine.fold("t", [Frequencies(of=a.of, by=by) for a in wanted])
        folded = engine.fold("t", wanted, mergeable=True)
    for aggregate in wanted:
        for key, state in folded[aggregate].items():
            assert state == every[Frequencies(of=aggregate.of, by=by)][key].capped(most)
            assert len(state.counts) <= most


def test_no_rows_have_no_keys():
    [state] = fold(TABLE.head(0), Frequencies(of=(Column("many"),), most=5))
    assert state == FrequenciesState()


def test_lists_that_end_early_merge_with_their_bounds():
    a = FrequenciesState((((("a",), 5)), ((("b",), 3))), rest=4, bound=2)
    b = FrequenciesState((((("a",), 1)),))
    merged = a.merge(b)
    assert merged == b.merge(a)
    assert (merged.n, merged.rest, merged.bound) == (13, 4, 2)


def test_quantiles_from_counts_are_those_of_the_sorted_values():
    table = pd.DataFrame(
        {
            "whole": RNG.poisson(3, N),
            "half": np.where(RNG.random(N) < 0.5, np.nan, np.round(RNG.normal(0, 3, N), 1)),
            "wild": RNG.choice([np.inf, -np.inf, -0.0, 0.0, 5.5], N),
            "none": np.full(N, np.nan),
            "time": pd.to_datetime(RNG.integers(0, 2_000, N) * 3_600, unit="s", utc=True),
        }
    )
    wanted = [Quantiles(of=Column(c), probabilities=GRID) for c in table]
    wanted.append(Quantiles(of=Column("half"), probabilities=GRID[50:]))
    [together] = counted_quantiles(wanted, mergeable=False)
    assert list(together.aggregates) == wanted
    assert not list(counted_quantiles(wanted, mergeable=True))
    for aggregate, state in zip(wanted, fold(table, *wanted), strict=True):
        column = table[aggregate.of.name]
        number = column
        if aggregate.of.name == "time":
            number = (column - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
        values = np.sort(number[np.isfinite(number)].to_numpy(float))
        assert state.n == len(values)
        if len(values):
            ranks = np.maximum(1, np.ceil(np.array(aggregate.probabilities) * len(values)))
            ranks = ranks.astype(int)
            np.testing.assert_allclose(state.values, values[ranks - 1])


def test_a_column_of_many_values_is_not_counted_and_agrees():
    n = 3 * MOST_VALUES
    table = pd.DataFrame(
        {
            "x": RNG.normal(size=n),
            "whole": RNG.integers(0, 50, n),
            "id": np.arange(n) * 7,
            "code": RNG.choice([-(2**62), 0, 2**62], n),
            "tiny": RNG.integers(0, 2, n).astype("uint8"),
        }
    )
    wanted = [Quantiles(of=Column(c), probabilities=GRID) for c in table]
    for aggregate, state in zip(wanted, fold(table, *wanted), strict=True):
        values = np.sort(table[aggregate.of.name].to_numpy(float))
        ranks = np.maximum(1, np.ceil(np.array(GRID) * n)).astype(int)
        np.testing.assert_array_equal(state.values, values[ranks - 1])


def test_more_columns_than_one_query_takes():
    table = pd.DataFrame({f"c{i}": RNG.integers(0, 9 + i, 200) for i in range(70)})
    wanted = [Quantiles(of=Column(c), probabilities=GRID) for c in table]
    for aggregate, state in zip(wanted, fold(table, *wanted), strict=True):
        column = table[aggregate.of.name]
        assert (state.n, state.values[0], state.values[-1]) == (200, column.min(), column.max())
        assert state.value(0.5 - 1e-9) == np.quantile(column, 0.5, method="inverted_cdf")
