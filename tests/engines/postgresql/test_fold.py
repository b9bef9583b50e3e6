"""A fold in PostgreSQL gives what NumPy gives, and what DuckDB gives, on rough tables."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tests.engines.test_fold as reference
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.core.expr import Column, call
from assay.core.source import Grouped, Memory
from assay.states import (
    Comoments,
    Count,
    CountState,
    Distinct,
    DistinctState,
    Extremes,
    Frequencies,
    Moments,
    MomentsState,
    Quantiles,
    QuantilesState,
    Sample,
)

X, Y, G, I = (Column(name) for name in "xygi")  # noqa: E741
ALL = reference.ALL
quick = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


@quick
@given(rows=st.lists(reference.row, max_size=60))
def test_fold_is_what_numpy_gives(over: Callable[[Any], Any], rows: Any) -> None:
    reference.check(over(reference.table(rows)).fold("t", ALL), rows)


@pytest.mark.parametrize(
    "rows",
    [
        [], [(1.5, -2.0, "a", 1)], [(None, None, None, None)] * 5,
        [(math.nan, math.inf, "a", None)] * 3, [(2.0, 2.0, "a", 0)] * 4,
        [(1.0, 3.0, "", 0), (2.0, 1.0, "", 0)],
        [(-1.0, 0, "a", 0), (1e-90, 0, "a", 0), (1.0, 0, "", 0)],
    ],
    ids=["no rows", "one row", "all null", "not finite", "constant", "two rows", "tiny"],
)  # fmt: skip
def test_edges(over: Callable[[Any], Any], rows: Any) -> None:
    reference.check(over(reference.table(rows)).fold("t", ALL), rows)


@quick
@given(a=st.lists(reference.row, max_size=40), b=st.lists(reference.row, max_size=40))
def test_parts_merge_to_the_whole(there: Any, server: Any, a: Any, b: Any) -> None:
    states = []
    for name, rows in (("a", a), ("b", b), ("whole", a + b)):
        there.attach(name, server.load(reference.table(rows), name))
        states.append(there.fold(name, ALL, mergeable=True))
    left, right, whole = states
    for aggregate in ALL:
        merged, expected = left[aggregate][()].merge(right[aggregate][()]), whole[aggregate][()]
        match merged:
            case MomentsState():
                reference.check_moments(merged, reference.doubles(r[0] for r in a + b))
            case reference.ComomentsState():
                columns = (reference.doubles(r[k] for r in a + b) for k in (0, 1))
                reference.check_comoments(merged, *columns)
            case QuantilesState():  # below k values a sketch is exact
                reference.check_quantiles(merged, reference.doubles(r[0] for r in a + b))
            case reference.SampleState():
                for one, other in zip(merged.arrays(), expected.arrays(), strict=True):
                    np.testing.assert_array_equal(one, other)
            case _:
                assert merged == expected


ROUGH = st.fixed_dictionaries(
    {
        "x": reference.rough,
        "text": st.none() | st.sampled_from(["a", "A", "b ", "", "é", "'", '"', "\\", "😀", "ab"]),
        "whole": st.none() | st.sampled_from([0, -1, 2**62, -(2**63), 2**63 - 1, 7]),
        "decimal": st.none() | st.decimals(-99, 99, places=2, allow_nan=False),
        "flag": st.none() | st.booleans(),
        "day": st.none() | st.dates(),
        'odd "name" é': st.none() | st.integers(0, 2),
    }
)
KINDS = pa.schema(
    [
        ("x", pa.float64()), ("text", pa.string()), ("whole", pa.int64()),
        ("decimal", pa.decimal128(6, 2)), ("flag", pa.bool_()), ("day", pa.date32()),
        ('odd "name" é', pa.int32()),
    ]
)  # fmt: skip


def _wanted() -> list[Any]:
    where = call("or", call("gt", X, 0), call("is_null", Column("text")))
    wanted: list[Any] = [Count(where=where), Distinct(of=(X, Column("text")))]
    for name in KINDS.names:
        column = Column(name)
        wanted += [
            Count(where=call("not_null", column)), Count(by=(column,)), Distinct(of=(column,)),
            Frequencies(of=(column,)), Frequencies(of=(column,), where=where),
            Frequencies(of=(column, Column("flag")), by=(Column("text"),)),
            Distinct(of=(column,), where=where, by=(Column("flag"),)),
        ]  # fmt: skip
        if name != "text":
            wanted += [
                Extremes(of=column), Moments(of=column, by=(Column("flag"),)),
                Moments(of=column, order=4, where=where, by=(Column("text"),)),
                Comoments(x=X, y=column), Quantiles(of=column, probabilities=(0.1, 0.5, 1.0)),
                Quantiles(of=column, probabilities=(0.5,), by=(Column("flag"),)),
            ]  # fmt: skip
    return wanted


@settings(quick, max_examples=8)
@given(st.lists(ROUGH, max_size=25))
def test_both_engines_agree(both: Callable[[Any], Any], rows: Any) -> None:
    there, here = both(pa.Table.from_pylist(rows, KINDS))
    wanted = _wanted()
    a, b = here.fold("t", wanted), there.fold("t", wanted)
    for aggregate in wanted:
        assert a[aggregate].keys() == b[aggregate].keys(), aggregate
        for key, expected in a[aggregate].items():
            alike(expected, b[aggregate][key])


def alike(expected: Any, found: Any) -> None:
    """Equal, but for rounding in sums."""
    if isinstance(expected, MomentsState | reference.ComomentsState):
        assert found.n == expected.n
        names = [n for n in expected.__struct_fields__ if n != "n"]
        scale = max((abs(getattr(expected, n) or 0.0) for n in names), default=1.0)
        for name in names:
            value, other = getattr(expected, name), getattr(found, name)
            assert (value is None) == (other is None)
            if value is not None:
                assert other == pytest.approx(value, rel=1e-9, abs=1e-9 * max(scale, 1.0))
    else:
        assert found == expected


@quick
@given(st.lists(ROUGH, max_size=25))
def test_groups_agree(both: Callable[[Any], Any], rows: Any) -> None:
    there, here = both(pa.Table.from_pylist(rows, KINDS))
    keys = (("text", Column("text")), ("x", X), ("day", Column("day")))
    source = Grouped("t", keys, (Column("whole"), Column("decimal")), call("not_null", X))
    for engine in (there, here):
        engine.attach("g", source)
    assert there.schema("g").names == here.schema("g").names == source.names
    sums = [
        Frequencies(of=(Column("text"), Column("x"), *(Column(n) for n in source.names[3:]))),
        Moments(of=Column("assay.rows")), Count(where=call("gt", Column("assay.rows"), 1)),
    ]  # fmt: skip
    a, b = here.fold("g", sums), there.fold("g", sums)
    for aggregate in sums:
        alike(a[aggregate][()], b[aggregate][()])


@pytest.mark.parametrize("shift", [0.0, 1e9, -1e10])
def test_moments_far_from_zero(over: Callable[[Any], Any], shift: float) -> None:
    rng = np.random.default_rng(3)
    x = rng.gamma(2.0, 1.0, 100_000) + shift
    d = x - x.mean()
    y = x + rng.normal(size=len(x))
    engine = over(pa.table({"x": x, "y": y}))
    pair, four = Comoments(x=X, y=Y), Moments(of=X, order=4)
    folded = engine.fold("t", [pair, four])
    state = folded[four][()]
    # a double near 1e10 holds values to 2e-6, which bounds what any algorithm can give
    grain = np.spacing(abs(shift)) if shift else 0.0
    assert state.mean == pytest.approx(x.mean(), rel=1e-13)
    assert state.m2 == pytest.approx((d**2).sum(), rel=1e-9 + grain)
    assert state.m3 == pytest.approx((d**3).sum(), rel=1e-6 + 10 * grain)
    assert state.m4 == pytest.approx((d**4).sum(), rel=1e-6 + 10 * grain)
    found = folded[pair][()]
    r = found.cross / math.sqrt(found.m2_x * found.m2_y)
    assert r == pytest.approx(np.corrcoef(x, y)[0, 1], rel=1e-9 + grain)


def test_quantiles_agree_with_numpy_at_many_sizes(over: Callable[[Any], Any], server: Any) -> None:
    at = tuple(k / 20 for k in range(21))
    aggregate = Quantiles(of=X, probabilities=at)
    for n in range(1, 41):
        source = server.query(f"SELECT generate_series(0, {n - 1})::float8 AS x")
        state = over(source).fold("t", [aggregate])[aggregate][()]
        expected = np.quantile(np.arange(float(n)), at, method="inverted_cdf")
        assert list(state.values) == list(expected), n


def test_many_slices_keys_and_columns(over: Callable[[Any], Any]) -> None:
    columns = {f"c{k}": [k, k + 1, None] for k in range(400)}
    engine = over(pa.table(columns | {"g": ["a", "a", "b"]}))
    names = [Column(name) for name in columns]
    wanted = [a for c in names for a in (Moments(of=c), Distinct(of=(c,)), Count(by=(c, G)))]
    folded = engine.fold("t", wanted)
    assert folded[Moments(of=names[399])][()].mean == 399.5
    assert folded[Distinct(of=(names[399],))][()] == DistinctState(2, 2, None)
    assert folded[Count(by=(names[7], G))] == {
        (7, "a"): CountState(1), (8, "a"): CountState(1), (None, "b"): CountState(1),
    }  # fmt: skip


def test_the_widest_table_that_there_can_be(over: Callable[[Any], Any], server: Any) -> None:
    names = [f"column {k}" for k in range(1_600)]
    server.run(
        "DROP TABLE IF EXISTS wide",
        "CREATE TABLE wide (" + ", ".join(f'"{name}" smallint' for name in names) + ")",
        "INSERT INTO wide VALUES (" + ", ".join(str(k) for k in range(1_600)) + ")",
    )
    engine = over(server.table("wide"))
    assert len(engine.schema("t").columns) == 1_600
    wanted = [a for n in names for a in (Count(where=call("is_null", Column(n))),
                                         Moments(of=Column(n)))]  # fmt: skip
    folded = engine.fold("t", wanted)
    assert folded[wanted[0]][()].n == 0
    assert folded[wanted[-1]][()] == MomentsState(1, 1_599.0, 0.0)


def test_shared_parts_are_folded_once(over: Callable[[Any], Any]) -> None:
    engine = over(reference.table([(1.0, 1.0, "a", 1)]))
    [text] = engine.explain("t", [Moments(of=X), Extremes(of=X), Count()])
    assert text.count("VAR_POP") == text.count("AVG") == 1
    assert text.count('FROM "public"."t"') == 1
    several = engine.explain(
        "t", [Count(), Distinct(of=(X,)), Distinct(of=(G,)), Frequencies(of=(G,)),
              Moments(of=X, order=4), Quantiles(of=X, probabilities=(0.5,)), Sample(of=(X,))],
    )  # fmt: skip
    assert [text.count('FROM "public"."t"') for text in several] == [1, 1, 1, 2, 1, 1]
    assert "WITH centre" in several[3]
    assert "GROUPING SETS" in several[1]
    assert "HASHTEXTEXTENDED" in engine.explain("t", [Distinct(of=(X,))], mergeable=True)[0]


def test_a_table_that_changes_is_seen_at_one_instant(there: Any, server: Any) -> None:
    server.load(pa.table({"x": np.arange(1_000), "g": ["a"] * 1_000}), "growing")
    there.attach("t", server.table("growing"))
    ended = threading.Event()

    def grow() -> None:
        while not ended.is_set():
            server.run("INSERT INTO growing SELECT 1, 'b' FROM generate_series(1, 10)")

    thread = threading.Thread(target=grow)
    thread.start()
    wanted = [Count(), Frequencies(of=(G,)), Moments(of=X, order=4), Sample(of=(X,)),
              Quantiles(of=X, probabilities=(0.5,))]  # fmt: skip
    sizes = []
    try:
        for _ in range(20):
            folded = there.fold("t", wanted)
            seen = {folded[a][()].n for a in wanted}
            assert len(seen) == 1
            sizes.append(seen.pop())
    finally:
        ended.set()
        thread.join()
    assert sizes[-1] > sizes[0] >= 1_000


def test_draws_by_lot(over: Callable[[Any], Any]) -> None:
    rows = pa.table({"x": np.arange(20_000), "g": ["a"] * 20_000})
    lot = call("lot", X)
    engine = over(rows)
    [values] = engine.fold("t", [Sample(of=(lot,))])[Sample(of=(lot,))][()].arrays()
    assert 0 <= values.min() <= values.max() < 1
    assert len(set(values)) == 20_000
    counts, _ = np.histogram(values, 20, (0, 1))
    # chi-squared with 19 degrees of freedom exceeds 43.8 once in a thousand
    assert ((counts - 1_000) ** 2 / 1_000).sum() < 43.8


def test_rows_are_drawn_by_lot(over: Callable[[Any], Any]) -> None:
    rows = pa.table({"x": np.arange(3_000), "g": ["a", "b", None] * 1_000})
    wanted = [Sample(of=(X,), most=500), Sample(of=(X, X), by=(G,), most=10_000)]
    folded = over(rows).fold("t", wanted)
    [state] = folded[wanted[0]].values()
    [drawn] = state.arrays()
    assert (len(set(drawn)), state.rows) == (500, 3_000)
    assert drawn.mean() == pytest.approx(1_500, abs=4 * 3_000 / np.sqrt(12 * 500))
    for start, key in enumerate(["a", "b", None]):
        one, two = folded[wanted[1]][(key,)].arrays()
        assert sorted(one) == sorted(two) == list(range(start, 3_000, 3))


def test_texts_come_with_the_rows_that_are_drawn(over: Callable[[Any], Any]) -> None:
    rows = pa.table({"x": np.arange(900), "g": [f"é {i % 300}" for i in range(899)] + [None]})
    sample = Sample(of=(X,), texts=(G,), most=400)
    [state] = over(rows).fold("t", [sample])[sample].values()
    assert (state.n, state.rows) == (400, 900)
    for x, text in zip(state.arrays()[0], state.texts[0], strict=True):
        assert text == (None if x == 899 else f"é {int(x) % 300}")


def test_keys_of_decimals_and_zeros(over: Callable[[Any], Any], server: Any) -> None:
    source = server.query(
        "SELECT * FROM (VALUES (1.0::numeric, 0.0::float8), (1.00, '-0'), ('NaN', 'NaN'), "
        "('Infinity', 1), (NULL, 2)) AS v (n, z)"
    )
    engine = over(source)
    n, z = Column("n"), Column("z")
    wanted = [Distinct(of=(n,)), Distinct(of=(z,)), Frequencies(of=(n,)), Moments(of=n),
              Count(where=call("is_null", n)), Extremes(of=n)]  # fmt: skip
    folded = engine.fold("t", wanted)
    assert folded[wanted[0]][()] == DistinctState(3, 2, None)
    assert folded[wanted[1]][()].distinct == 3
    assert engine.fold("t", wanted[1:2], mergeable=True)[wanted[1]][()].distinct == 3
    assert folded[wanted[2]][()].as_dict() == {("1",): 2, ("Infinity",): 1, (None,): 2}
    assert folded[wanted[3]][()] == MomentsState(2, 1.0, 0.0)
    assert folded[wanted[4]][()].n == 2
    assert folded[wanted[5]][()].greatest == 1.0


def test_batches(both: Callable[[Any], Any]) -> None:
    table = pa.table(
        {
            "x": pa.array(range(1_000)), "text": [f"t{k}" for k in range(1_000)],
            "decimal": pa.array([Decimal(k) / 100 for k in range(1_000)], pa.decimal128(10, 2)),
            "list": [[k, None] for k in range(1_000)], "blob": [b"\x00\xff"] * 1_000,
            "day": pa.array(range(1_000), pa.int32()).cast(pa.date32()),
            "zoned": pa.array(range(1_000)).cast(pa.timestamp("us", "UTC")),
        }
    )  # fmt: skip
    there, here = both(table)
    added = {
        "half": call("div", X, 2),
        "none": call("div", X, call("sub", X, 5)),
        "yes": call("gt", X, 3),
    }
    found = list(there.batches("t", batch_size=300, added=added))
    assert [b.num_rows for b in found] == [300, 300, 300, 100]
    expected = pa.Table.from_batches(list(here.batches("t", batch_size=300, added=added)))
    assert pa.Table.from_batches(found).cast(expected.schema).equals(expected)
    [few] = there.batches("t", batch_size=2_000, columns=["text", "x"])
    assert few.schema.names == ["text", "x"]
    assert found[0].schema.field("decimal").type == pa.decimal128(10, 2)


def test_memory_is_not_accepted(there: Any) -> None:
    assert not there.accepts(Memory(pa.table({"x": [1]})))
