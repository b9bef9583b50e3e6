"""Rows drawn by lot: as many as wanted, in any order the same, each with the same chance."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from assay.core.expr import Column, call
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.states import Sample, SampleState
from assay.states.sample import LONGEST

RNG = np.random.default_rng(5)
N = 6_000
TABLE = pd.DataFrame(
    {
        "x": RNG.permutation(N).astype(float),
        "few": RNG.choice([1.0, 2.0, np.nan], N, p=[0.6, 0.399, 0.001]),
        "side": RNG.choice(["a", "b"], N, p=[0.9, 0.1]),
    }
)
X, FEW, SIDE = Column("x"), Column("few"), Column("side")


def fold(table: pd.DataFrame, sample: Sample):
    with DuckDBEngine(threads=2) as engine:
        engine.attach("t", Memory(table))
        return engine.fold("t", [sample])[sample]


def rows(state: SampleState) -> Counter[tuple[float, ...]]:
    return Counter(zip(*(np.nan_to_num(a, nan=-1.0).tolist() for a in state.arrays()), strict=True))


@pytest.mark.parametrize("of", [(X, FEW), (FEW,), (FEW, call("mul", FEW, 2.0))])
def test_so_many_rows_are_drawn_without_replacement(of):
    [state] = fold(TABLE, Sample(of=of, most=500)).values()
    [whole] = fold(TABLE, Sample(of=of)).values()
    assert (state.n, state.rows) == (500, N)
    assert rows(state) <= rows(whole)
    assert len(state.arrays()) == len(of)


def test_all_rows_where_there_are_no_more():
    [state] = fold(TABLE, Sample(of=(X, FEW), most=N)).values()
    [whole] = fold(TABLE, Sample(of=(X, FEW))).values()
    assert (state.n, state.rows) == (N, N)
    assert rows(state) == rows(whole)


def test_the_order_of_rows_does_not_matter():
    wanted = Sample(of=(X, FEW), most=300)
    assert fold(TABLE.sample(frac=1, random_state=1), wanted) == fold(TABLE, wanted)


def test_equal_rows_are_drawn_as_often_as_they_occur():
    """Shares of a table of three different rows: hypergeometric, in 60 tables that differ."""
    found = []
    for i in range(60):
        table = pd.concat([TABLE[["few"]], pd.DataFrame({"few": [10.0 + i]})])
        [state] = fold(table, Sample(of=(FEW,), most=400)).values()
        found.append(rows(state)[(1.0,)])
    share = (TABLE["few"] == 1).mean()
    variance = 400 * share * (1 - share) * (1 - 400 / N)
    assert np.mean(found) == pytest.approx(400 * share, abs=4 * np.sqrt(variance / 60))
    assert 0.5 < np.var(found) / variance < 1.8  # 59 df: 99.9 % within


def test_texts_come_with_the_rows_that_are_drawn():
    texts = TABLE.assign(text=[f"no. {x:.0f}" if x else None for x in TABLE["x"]])
    wanted = Sample(of=(X,), texts=(Column("text"), SIDE), most=900, by=(SIDE,))
    folded = fold(texts, wanted)
    assert set(folded) == {("a",), ("b",)}
    for (side,), state in folded.items():
        [x] = state.arrays()
        assert state.n == min(900, (TABLE["side"] == side).sum())
        assert state.texts[0] == tuple(f"no. {v:.0f}" if v else None for v in x)
        assert set(state.texts[1]) == {side}
    assert fold(texts.sample(frac=1, random_state=2), wanted) == folded


def test_texts_alone_and_long_ones():
    """Equal texts as often as they occur; of a long one the beginning."""
    table = pd.DataFrame({"text": ["x" * 9_000] * 30 + ["y", None] * 15})
    sample = Sample(of=(), texts=(Column("text"),), most=1_000)
    [state] = fold(table, sample).values()
    assert Counter(state.texts[0]) == {"x" * LONGEST: 30, "y": 15, None: 15}
    [state] = fold(table[:0], sample).values()
    assert (state.n, state.texts) == (0, ((),))
    with pytest.raises(ValueError, match="say how many"):
        Sample(of=(), texts=(X,))


def test_large_and_small_values_have_the_same_chance():
    [state] = fold(TABLE, Sample(of=(X,), most=1_000)).values()
    error = np.sqrt((N**2 / 12) / 1_000 * (1 - 1_000 / N))
    assert state.arrays()[0].mean() == pytest.approx(N / 2, abs=4 * error)


def test_tables_that_share_rows_are_drawn_from_without_regard_to_each_other():
    other = pd.concat([TABLE[: N // 2], TABLE[N // 2 :].assign(x=lambda f: f["x"] + N)])
    wanted = Sample(of=(X,), most=1_000)
    [one], [two] = fold(TABLE, wanted).values(), fold(other, wanted).values()
    both = len(set(one.arrays()[0]) & set(two.arrays()[0]))
    assert both == pytest.approx(3_000 / 36, abs=4 * np.sqrt(3_000 / 36))


def test_slices_and_filters_are_drawn_from_apart():
    wanted = Sample(of=(X,), where=call("lt", X, 3_000), by=(SIDE,), most=400)
    states = fold(TABLE, wanted)
    kept = TABLE[TABLE["x"] < 3_000]
    for side, n in kept["side"].value_counts().items():
        state = states[(side,)]
        assert (state.n, state.rows) == (min(400, n), n)
        assert set(state.arrays()[0]) <= set(kept.loc[kept["side"] == side, "x"])


def test_no_rows():
    wanted = Sample(of=(X, FEW), most=10)
    assert fold(TABLE[:0], wanted) == {(): SampleState(0, (b"", b""), 10)}


def test_parts_merge_to_rows_drawn_of_both():
    wanted = Sample(of=(X,), most=800)
    [one] = fold(TABLE[: N // 3], wanted).values()
    [two] = fold(TABLE[N // 3 :], wanted).values()
    both = one.merge(two)
    assert (both.n, both.rows) == (800, N)
    from_one = np.isin(both.arrays()[0], TABLE["x"][: N // 3]).sum()
    assert from_one == pytest.approx(800 / 3, abs=4 * np.sqrt(800 * 2 / 9))
    assert both == two.merge(one)


def test_both_passes_are_explained():
    with DuckDBEngine() as engine:
        engine.attach("t", Memory(TABLE))
        first, second = engine.explain("t", [Sample(of=(X,), most=5)])
    assert "c1" not in first
    assert "c1" in second
