"""A fold gives what NumPy, SciPy and pandas give, on tables with every rough edge."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.core.expr import Column, call
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.states import (
    Comoments,
    ComomentsState,
    Count,
    CountState,
    Distinct,
    DistinctState,
    Extremes,
    ExtremesState,
    Frequencies,
    FrequenciesState,
    Moments,
    MomentsState,
    Quantiles,
    QuantilesState,
    Sample,
    SampleState,
    from_json,
    to_json,
)

X, Y, G, I = Column("x"), Column("y"), Column("g"), Column("i")  # noqa: E741
AT = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
ALL = [
    Count(), Moments(of=X), Moments(of=X, order=4), Comoments(x=X, y=Y), Extremes(of=X),
    Distinct(of=(X,)), Distinct(of=(G, I)), Frequencies(of=(G,)), Frequencies(of=(I,)),
    Frequencies(of=(G, I)), Quantiles(of=X, probabilities=AT), Sample(of=(X, Y)),
]  # fmt: skip

rough = st.one_of(
    st.none(), st.just(math.nan), st.just(math.inf), st.just(-math.inf),
    st.floats(-1e6, 1e6, allow_subnormal=False),
)  # fmt: skip
row = st.tuples(
    rough, rough, st.sampled_from(["a", "b", "naïve", "", None]), st.none() | st.integers(-3, 3)
)
Rows = list[tuple[Any, Any, Any, Any]]
quick = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def table(rows: Rows) -> pa.Table:
    kinds = [pa.float64(), pa.float64(), pa.string(), pa.int64()]
    columns = list(zip(*rows, strict=True)) if rows else [()] * 4
    return pa.table(
        {n: pa.array(c, k) for n, c, k in zip("xygi", columns, kinds, strict=True)}  # type: ignore[arg-type]
    )


def doubles(values: Any) -> np.ndarray:
    return np.array([math.nan if v is None else v for v in values], dtype=float)


def close(value: float, reference: float, scale: float) -> None:
    assert value == pytest.approx(reference, rel=1e-9, abs=1e-9 * max(scale, 1.0))


def check_moments(state: MomentsState, x: np.ndarray) -> None:
    x = x[np.isfinite(x)]
    assert state.n == len(x)
    if not len(x):
        return
    top = np.abs(x).max()
    d = x - x.mean()
    close(state.mean, x.mean(), top)
    close(state.m2, (d**2).sum(), len(x) * top**2)
    if state.m3 is not None and state.m4 is not None:
        close(state.m3, (d**3).sum(), len(x) * top**3)
        close(state.m4, (d**4).sum(), len(x) * top**4)


def check_comoments(state: ComomentsState, x: np.ndarray, y: np.ndarray) -> None:
    pairs = np.isfinite(x) & np.isfinite(y)
    x, y = x[pairs], y[pairs]
    assert state.n == len(x)
    if not len(x):
        return
    top = max(np.abs(x).max(), np.abs(y).max())
    dx, dy = x - x.mean(), y - y.mean()
    close(state.mean_x, x.mean(), top)
    close(state.mean_y, y.mean(), top)
    close(state.m2_x, (dx * dx).sum(), len(x) * top**2)
    close(state.m2_y, (dy * dy).sum(), len(x) * top**2)
    close(state.cross, (dx * dy).sum(), len(x) * top**2)


def check_frequencies(state: FrequenciesState, keys: list[tuple[Any, ...]]) -> None:
    assert state.as_dict() == dict(Counter(keys))
    assert from_json(to_json(state)) == state


def check_quantiles(state: QuantilesState, x: np.ndarray) -> None:
    x = x[np.isfinite(x)]
    assert state.n == len(x)
    if len(x):
        expected = [np.quantile(x, p, method="inverted_cdf") for p in AT]
        assert [state.value(p) for p in AT] == expected


def check(folded: dict[Any, Any], rows: Rows) -> None:
    x, y = doubles(r[0] for r in rows), doubles(r[1] for r in rows)
    g, i = [r[2] for r in rows], [r[3] for r in rows]
    finite = x[np.isfinite(x)]
    assert folded[ALL[0]][()] == CountState(len(rows))
    check_moments(folded[ALL[1]][()], x)
    check_moments(folded[ALL[2]][()], x)
    check_comoments(folded[ALL[3]][()], x, y)
    assert folded[ALL[4]][()] == ExtremesState(
        len(finite), min(finite, default=None), max(finite, default=None)
    )
    present = x[~np.isnan(x)]
    assert folded[ALL[5]][()] == DistinctState(len(present), len(set(present)), None)
    pairs = [(a, b) for a, b in zip(g, i, strict=True) if a is not None and b is not None]
    assert folded[ALL[6]][()] == DistinctState(len(pairs), len(set(pairs)), None)
    check_frequencies(folded[ALL[7]][()], [(v,) for v in g])
    check_frequencies(folded[ALL[8]][()], [(v,) for v in i])
    check_frequencies(folded[ALL[9]][()], list(zip(g, i, strict=True)))
    check_quantiles(folded[ALL[10]][()], x)
    sx, sy = folded[ALL[11]][()].arrays()
    np.testing.assert_array_equal(sx, x)
    np.testing.assert_array_equal(sy, y)


@quick
@given(rows=st.lists(row, max_size=60))
def test_fold_is_what_numpy_gives(engine: DuckDBEngine, rows: Rows) -> None:
    engine.attach("t", Memory(table(rows)))
    check(engine.fold("t", ALL), rows)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(1.5, -2.0, "a", 1)],
        [(None, None, None, None)] * 5,
        [(math.nan, math.inf, "a", None)] * 3,
        [(2.0, 2.0, "a", 0)] * 4,
        [(1.0, 3.0, "", 0), (2.0, 1.0, "", 0)],
    ],
    ids=["no rows", "one row", "all null", "not finite", "constant", "two rows"],
)
def test_edges(over: Callable[[Any], DuckDBEngine], rows: Rows) -> None:
    check(over(table(rows)).fold("t", ALL), rows)


@quick
@given(a=st.lists(row, max_size=40), b=st.lists(row, max_size=40))
def test_parts_merge_to_the_whole(engine: DuckDBEngine, a: Rows, b: Rows) -> None:
    states = []
    for name, rows in (("a", a), ("b", b), ("whole", a + b)):
        engine.attach(name, Memory(table(rows)))
        states.append(engine.fold(name, ALL, mergeable=True))
    left, right, whole = states
    for aggregate in ALL:
        merged, expected = left[aggregate][()].merge(right[aggregate][()]), whole[aggregate][()]
        match merged:
            case MomentsState():
                check_moments(merged, doubles(r[0] for r in a + b))
            case ComomentsState():
                columns = (doubles(r[k] for r in a + b) for k in (0, 1))
                check_comoments(merged, *columns)
            case QuantilesState():  # below k values a sketch is exact
                check_quantiles(merged, doubles(r[0] for r in a + b))
            case SampleState():
                for one, other in zip(merged.arrays(), expected.arrays(), strict=True):
                    np.testing.assert_array_equal(one, other)
            case _:
                assert merged == expected


@quick
@given(rows=st.lists(row, min_size=1, max_size=60), seed=st.randoms(use_true_random=False))
def test_row_order_does_not_matter(engine: DuckDBEngine, rows: Rows, seed: Any) -> None:
    shuffled = rows.copy()
    seed.shuffle(shuffled)
    engine.attach("t", Memory(table(shuffled)))
    folded = engine.fold("t", [a for a in ALL if not isinstance(a, Sample)])
    engine.attach("t", Memory(table(rows)))
    check(folded | engine.fold("t", ALL[-1:]), rows)


@quick
@given(rows=st.lists(row, max_size=60))
def test_groups_are_the_folds_of_their_rows(engine: DuckDBEngine, rows: Rows) -> None:
    engine.attach("t", Memory(table(rows)))
    grouped = [a.within(None, (G, I)) for a in ALL]
    folded = engine.fold("t", [*grouped, Count(), Count(by=(I,)), Moments(of=X, by=(X,))])
    keys = {(r[2], r[3]) for r in rows}
    for aggregate in grouped:
        assert folded[aggregate].keys() == keys
    for key in keys:
        check(
            {a: {(): folded[g][key]} for a, g in zip(ALL, grouped, strict=True)},
            [r for r in rows if (r[2], r[3]) == key],
        )
    assert folded[Count()] == {(): CountState(len(rows))}
    assert folded[Count(by=(I,))] == {
        (i,): CountState(n) for i, n in Counter(r[3] for r in rows).items()
    }
    # infinities are text in a key, since JSON has none; NaN is null
    named = Counter(
        None if r[0] is None or math.isnan(r[0]) else str(r[0]) if math.isinf(r[0]) else r[0]
        for r in rows
    )
    assert folded[Moments(of=X, by=(X,))].keys() == {(k,) for k in named}


def test_where_restricts_and_keeps_every_group(over: Callable[[Any], DuckDBEngine]) -> None:
    rows = [(float(k), 0.0, "ab"[k % 2], k % 3) for k in range(10)]
    where = call("and", call("eq", G, "a"), call("ge", X, 4))
    restricted = [a.within(where, ()) for a in ALL]
    folded = over(table(rows)).fold("t", restricted)
    kept = [r for r in rows if r[2] == "a" and r[0] >= 4]
    check({a: folded[r] for a, r in zip(ALL, restricted, strict=True)}, kept)

    sliced = [a.within(where, (G,)) for a in ALL]
    folded = over(table(rows)).fold("t", sliced)
    assert all(folded[a].keys() == {("a",), ("b",)} for a in sliced)
    check({a: {(): folded[s][("b",)]} for a, s in zip(ALL, sliced, strict=True)}, [])
    check({a: {(): folded[s][("a",)]} for a, s in zip(ALL, sliced, strict=True)}, kept)


def test_a_slice_inside_a_slice_names_the_column_twice(over: Callable[[Any], DuckDBEngine]) -> None:
    rows = [(0.0, 0.0, "a", 1), (0.0, 0.0, "b", 1)]
    twice, turned = Count(by=(G, G)), Count(by=(I, G))
    folded = over(table(rows)).fold("t", [twice, turned, Count(by=(G, I))])
    assert folded[twice] == {("a", "a"): CountState(1), ("b", "b"): CountState(1)}
    assert folded[turned] == {(1, "a"): CountState(1), (1, "b"): CountState(1)}
    assert folded[Count(by=(G, I))] == {("a", 1): CountState(1), ("b", 1): CountState(1)}


def test_groups_by_an_expression(over: Callable[[Any], DuckDBEngine]) -> None:
    rows = [(float(k), 0.0, "a", k) for k in range(10)]
    by = Count(by=(call("ge", X, 7), call("case", call("lt", X, 2), "low", "high")))
    assert over(table(rows)).fold("t", [by])[by] == {
        (False, "low"): CountState(2),
        (False, "high"): CountState(5),
        (True, "high"): CountState(3),
    }


def test_the_whole_of_an_empty_table_is_a_group(over: Callable[[Any], DuckDBEngine]) -> None:
    folded = over(table([])).fold("t", [Count(), Count(by=(G,)), Sample(of=(X,), by=(G,))])
    assert folded == {
        Count(): {(): CountState(0)},
        Count(by=(G,)): {},
        Sample(of=(X,), by=(G,)): {},
    }


def test_nothing_to_fold(over: Callable[[Any], DuckDBEngine]) -> None:
    assert over(table([])).fold("t", []) == {}


@pytest.mark.parametrize("shift", [0.0, 1e9, -1e10])
def test_moments_far_from_zero(over: Callable[[Any], DuckDBEngine], shift: float) -> None:
    rng = np.random.default_rng(3)
    x = rng.gamma(2.0, 1.0, 200_000) + shift
    d = x - x.mean()
    y = x + rng.normal(size=len(x))
    engine = over(pa.table({"x": x, "y": y}))
    both, four = Comoments(x=X, y=Y), Moments(of=X, order=4)
    folded = engine.fold("t", [both, four])
    state = folded[four][()]
    # a double near 1e10 holds values to 2e-6, which bounds what any algorithm can give
    grain = np.spacing(abs(shift)) if shift else 0.0
    assert state.mean == pytest.approx(x.mean(), rel=1e-14)
    assert state.m2 == pytest.approx((d**2).sum(), rel=1e-9 + grain)
    assert state.m3 == pytest.approx((d**3).sum(), rel=1e-6 + 10 * grain)
    assert state.m4 == pytest.approx((d**4).sum(), rel=1e-6 + 10 * grain)
    pair = folded[both][()]
    r = pair.cross / math.sqrt(pair.m2_x * pair.m2_y)
    assert r == pytest.approx(np.corrcoef(x, y)[0, 1], rel=1e-9 + grain)


def test_quantiles_of_the_same_column_are_one_list(over: Callable[[Any], DuckDBEngine]) -> None:
    engine = over(pa.table({"x": np.arange(101.0)}))
    a, b = (Quantiles(of=X, probabilities=p) for p in ((0.1, 0.5), (0.5, 0.9)))
    assert "".join(engine.explain("t", [a, b])).count("QUANTILE_DISC") == 1
    folded = engine.fold("t", [a, b])
    assert folded[a][()].values == (10.0, 50.0)
    assert folded[b][()].values == (50.0, 90.0)


def test_quantiles_agree_with_numpy_at_many_sizes(over: Callable[[Any], DuckDBEngine]) -> None:
    at = tuple(k / 20 for k in range(21))
    for n in range(1, 41):
        aggregate = Quantiles(of=X, probabilities=at)
        state = over(pa.table({"x": np.arange(float(n))})).fold("t", [aggregate])[aggregate][()]
        expected = np.quantile(np.arange(float(n)), at, method="inverted_cdf")
        assert list(state.values) == list(expected), n


def test_quantiles_beyond_memory_come_from_a_sketch() -> None:
    x = np.random.default_rng(4).permutation(4_000_000).astype(float)
    aggregate = Quantiles(of=X, probabilities=(0.1, 0.5))
    with DuckDBEngine(memory_limit="25MB", threads=1) as engine:
        engine.attach("t", Memory(pa.table({"x": x})))
        folded = engine.fold("t", [aggregate, Count()])
    state = folded[aggregate][()]
    assert folded[Count()][()].n == state.n == len(x)
    assert 0 < state.rank_error < 0.001
    assert state.value(0.5) / len(x) == pytest.approx(0.5, abs=0.003)


def test_shared_parts_are_computed_once(over: Callable[[Any], DuckDBEngine]) -> None:
    engine = over(table([(1.0, 1.0, "a", 1)]))
    [text] = engine.explain("t", [Moments(of=X), Moments(of=X, order=4), Extremes(of=X), Count()])
    assert text.count("VAR_POP") == text.count("FAVG") == 1
    assert text.count("COUNT(") == 2  # of rows, of finite values
    assert text.count("FROM") == 1


def test_kinds_of_keys(over: Callable[[Any], DuckDBEngine]) -> None:
    frame = pa.table(
        {
            "integer": pa.array([1], pa.int32()),
            "huge": pa.array([2**63], pa.uint64()),
            "float": pa.array([1.0], pa.float32()),
            "boolean": [True],
            "string": ["1"],
            "date": pa.array(["2024-02-29"]).cast(pa.date32()),
            "timestamp": pa.array(["2024-02-29 12:30:00"]).cast(pa.timestamp("us")),
            "zoned": pa.array(["2024-02-29T12:30:00+02:00"]).cast(pa.timestamp("us", "UTC")),
            "decimal": pa.array(["1.50"]).cast(pa.decimal128(10, 2)),
            "category": pa.array(["x"]).dictionary_encode(),
            "binary": pa.array([b"a\x00"]),
            "nested": pa.array([[1, 2]]),
        }
    )
    expected: dict[str, Any] = {
        "integer": 1, "huge": "9223372036854775808", "float": 1.0, "boolean": True, "string": "1",
        "date": "2024-02-29", "timestamp": "2024-02-29 12:30:00",
        "zoned": "2024-02-29 10:30:00+00", "decimal": "1.50", "category": "x",
        "binary": "a\\x00", "nested": "[1, 2]",
    }  # fmt: skip
    engine = over(frame)
    for name, key in expected.items():
        counts, by = Frequencies(of=(Column(name),)), Count(by=(Column(name),))
        several = Frequencies(of=(Column(name), Column("integer")))
        folded = engine.fold("t", [counts, by, several])
        assert folded[counts][()].as_dict() == {(key,): 1}
        assert folded[by] == {(key,): CountState(1)}
        assert folded[several][()].as_dict() == {(key, 1): 1}
        assert type(next(iter(folded[by]))[0]) is type(key)
        # and the key finds its rows again
        if name not in {"huge", "binary", "nested"}:
            again = Count(where=call("same", Column(name), key))
            assert engine.fold("t", [again])[again][()].n == 1


def test_numbers_of_all_kinds(over: Callable[[Any], DuckDBEngine]) -> None:
    frame = pa.table(
        {
            "boolean": [True, False, None],
            "date": pa.array(["1970-01-02", None, None]).cast(pa.date32()),
            "timestamp": pa.array(["1970-01-01 00:00:01.5", None, None]).cast(pa.timestamp("us")),
            "zoned": pa.array(["1970-01-01T02:00:00+02:00", None, None]).cast(
                pa.timestamp("us", "UTC")
            ),
            "decimal": pa.array(["1.50", "-2.25", None]).cast(pa.decimal128(10, 2)),
            "string": ["1e3", "abc", None],
            "float32": pa.array([0.5, math.nan, math.inf], pa.float32()),
        }
    )
    expected = {
        "boolean": [1.0, 0.0], "date": [86_400.0], "timestamp": [1.5], "zoned": [0.0],
        "decimal": [1.5, -2.25], "string": [1000.0], "float32": [0.5],
    }  # fmt: skip
    engine = over(frame)
    for name, numbers in expected.items():
        moments, extremes = Moments(of=Column(name)), Extremes(of=Column(name))
        folded = engine.fold("t", [moments, extremes])
        check_moments(folded[moments][()], np.array(numbers))
        assert folded[extremes][()] == ExtremesState(len(numbers), min(numbers), max(numbers))


def test_a_column_of_nulls_without_a_type(over: Callable[[Any], DuckDBEngine]) -> None:
    engine = over(pd.DataFrame({"x": [None, None], "y": [1.0, 2.0]}))
    of = [
        Count(where=call("is_null", X)), Count(where=call("gt", X, 1)),
        Count(where=call("in", X, "a", None)), Count(where=call("same", X, Y)),
        Count(where=call("castable", X, "integer")), Count(where=call("matches", X, ".*")),
    ]  # fmt: skip
    engine.validate("t", [a.where for a in of if a.where])
    folded = engine.fold("t", [*of, *ALL[1:5], Frequencies(of=(X,)), Count(by=(X,))])
    assert [folded[a][()].n for a in of] == [2, 0, 2, 0, 0, 0]
    assert [folded[a][()].n for a in ALL[1:5]] == [0, 0, 0, 0]
    assert folded[Frequencies(of=(X,))][()].as_dict() == {(None,): 2}
    assert folded[Count(by=(X,))] == {(None,): CountState(2)}


def test_against_pandas_on_people(
    over: Callable[[Any], DuckDBEngine], conformance_tables: Any
) -> None:
    people = conformance_tables.people(rows=5_000)
    frame: pd.DataFrame = people.to_pandas()
    engine = over(people)
    by = (Column("sex"), Column("race"))
    income = Column("income")
    moments, median = Moments(of=income, by=by), Quantiles(of=income, by=by, probabilities=(0.5,))
    cities = Distinct(of=(Column("city"),), by=by)
    folded = engine.fold("t", [moments, median, cities])
    for key, rows in frame.groupby(["sex", "race"]):
        state = folded[moments][key]  # type: ignore[index]
        assert state.n == rows.income.count()
        assert state.mean == pytest.approx(rows.income.mean())
        assert state.variance == pytest.approx(rows.income.var())
        expected = np.quantile(rows.income.dropna(), 0.5, method="inverted_cdf")
        assert folded[median][key].value(0.5) == expected  # type: ignore[index]
        assert folded[cities][key].distinct == rows.city.nunique()  # type: ignore[index]
    assert len(folded[moments]) == 6


def test_many_quantiles_of_groups_are_not_folded_for_other_groupings(engine: DuckDBEngine) -> None:
    """DuckDB folds all of a query for each of its groupings: they are the dear part of it."""
    engine.attach(
        "t", Memory(pa.table({"g": [1, 1, 2], "s": ["a", "b", "b"], "x": [1.0, 2.0, 5.0]}))
    )
    grid = tuple(k / 100 for k in range(101))
    by = (Column("g"),)
    wanted = [
        Quantiles(of=Column("x"), probabilities=grid, by=by),
        Frequencies(of=(Column("s"),), by=by),
        Count(by=by),
    ]
    queries = engine.explain("t", wanted)
    assert ["QUANTILE_DISC" in query for query in queries].count(True) == 1
    (dear,) = [query for query in queries if "QUANTILE_DISC" in query]
    assert '"s"' not in dear
    found = engine.fold("t", wanted)
    assert found[wanted[0]][1,].value(0.5) == 1.0
    assert found[wanted[0]][2,].value(1.0) == 5.0
    assert dict(found[wanted[1]][1,].counts) == {("a",): 1, ("b",): 1}
    assert found[wanted[2]][2,].n == 1
