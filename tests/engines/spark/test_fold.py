"""Aggregates folded by Spark: the same states, one job for a scan, and parts that merge."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.core.errors import EngineError
from assay.core.expr import Column, Member, Repeated, Sql, call
from assay.core.source import Grouped, Memory, Query
from assay.states import (
    Comoments,
    Count,
    Distinct,
    Extremes,
    Frequencies,
    Moments,
    Quantiles,
    Sample,
)

pytestmark = pytest.mark.needs("java")

C = Column
AGGREGATES: list[Any] = [
    Count(),
    Count(where=call("not_null", C("x"))),
    Count(where=call("matches", C("s"), "[a-c]")),
    Count(where=call("matches", C("s"), r".*(a|b).*")),
    Count(where=Sql("i / 2 > 3 AND s LIKE 'a%'")),
    Count(where=Repeated((C("i"), C("s")))),
    Count(where=Member((C("s"),), "other", ("name",))),
    Count(where=Member((C("i"), C("s")), "other", ("number", "name"))),
    Moments(of=C("x"), order=4),
    Moments(of=C("i"), where=call("gt", C("x"), 0)),
    Moments(of=call("div", C("i"), 0)),
    Extremes(of=C("x")),
    Extremes(of=C("when")),
    Comoments(x=C("x"), y=C("i")),
    Quantiles(of=C("x"), probabilities=(0.0, 0.1, 0.5, 0.9, 1.0)),
    Quantiles(of=C("x"), probabilities=(0.25,), where=call("eq", C("s"), "a")),
    Distinct(of=(C("s"),)),
    Distinct(of=(C("x"),), where=call("gt", C("i"), 3)),
    Distinct(of=(C("i"), C("s"), C("flag"))),
    Frequencies(of=(C("s"),)),
    Frequencies(of=(C("x"),), where=call("gt", C("i"), 3)),
    Frequencies(of=(C("s"), C("flag"))),
    Frequencies(of=(C("when"),)),
    Sample(of=(C("x"), C("i")), where=call("gt", C("i"), 3)),
]
LOOKED_UP = (Member, Repeated)  # which read a table besides
SLICED: list[Any] = [
    Count(by=(C("s"),)),
    Count(where=call("gt", C("x"), 1e9), by=(C("s"), C("flag"))),
    Moments(of=C("x"), by=(C("s"),)),
    Quantiles(of=C("x"), probabilities=(0.5,), by=(C("flag"),)),
    Distinct(of=(C("i"),), by=(C("s"),)),
    Frequencies(of=(C("i"),), by=(C("flag"),)),
    Frequencies(of=(C("s"),), where=call("gt", C("x"), 1e9), by=(C("flag"),)),
    Sample(of=(C("x"),), where=call("gt", C("x"), 0), by=(C("s"),)),
]


def table(rows: int, seed: int = 1) -> pa.Table:
    """Nulls, NaN and infinities among numbers, texts, booleans and times."""
    rng = np.random.default_rng(seed)
    x = rng.normal(1, 3, rows)
    x[rng.random(rows) < 0.1] = np.nan
    x[rng.random(rows) < 0.05] = np.inf
    moments = np.datetime64("2024-01-01", "us") + rng.integers(0, 40, rows).astype("timedelta64[h]")
    return pa.table(
        {
            "x": pa.array(x, mask=rng.random(rows) < 0.1, from_pandas=False),
            "i": pa.array(rng.integers(0, 12, rows), mask=rng.random(rows) < 0.1),
            "s": pa.array(rng.choice(["a", "b", "ß", "it's"], rows), mask=rng.random(rows) < 0.2),
            "flag": pa.array(rng.random(rows) < 0.5, mask=rng.random(rows) < 0.1),
            "when": pa.array(moments),
        }
    )


OTHER = pa.table({"name": ["a", "ß", None, "a"], "number": [1, 2, 3, None]})


def alike(ours: Any, theirs: Any, *, tolerance: float = 1e-9) -> bool:
    """Two states say the same."""
    if hasattr(ours, "arrays"):  # a sample: rows in any order
        a, b = (np.stack(s.arrays()) for s in (ours, theirs))
        a, b = (v[:, np.lexsort(v)] for v in (a, b))
        return a.shape == b.shape and np.allclose(a, b, tolerance, 1e-12, equal_nan=True)
    names = [n for n in ours.__struct_fields__ if n not in ("hashes", "sketch")]
    for one, other in ((getattr(ours, n), getattr(theirs, n)) for n in names):
        if isinstance(one, float) and isinstance(other, float):
            scale = max(1.0, abs(one))
            if not math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance * scale):
                return False
        elif one != other:
            return False
    return True


def differing(ours: Any, theirs: Any, aggregates: list[Any], **how: Any) -> list[Any]:
    """Aggregates of which the two have other keys or other states."""
    return [
        (a, ours[a], theirs[a])
        for a in aggregates
        if ours[a].keys() != theirs[a].keys()
        or any(not alike(ours[a][key], theirs[a][key], **how) for key in theirs[a])
    ]


def spread(pair: Any, rows: pa.Table) -> None:
    """Attach the rows as ``t``: on Spark over four partitions."""
    from assay.engines.spark.opening import quiet_import

    pair.attach(OTHER, "other").attach(rows)
    with quiet_import():
        pair.spark.attach("plain", Memory(rows))
        view = pair.spark._tables.relation("plain").name
        frame = pair.spark._session.table(view).repartition(4)
    pair.spark.attach("t", Memory(frame))


@pytest.mark.parametrize("rows", [500, 1, 0])
@pytest.mark.parametrize("mergeable", [False, True])
def test_states_are_those_of_the_embedded_engine(pair, rows: int, mergeable: bool) -> None:
    spread(pair, table(rows))
    wanted = AGGREGATES + SLICED
    ours, theirs = (
        engine.fold("t", wanted, mergeable=mergeable) for engine in (pair.spark, pair.embedded)
    )
    assert differing(ours, theirs, wanted) == []


def test_parts_merge_to_the_whole(pair) -> None:
    rows = table(600)
    wanted = [a for a in AGGREGATES if not isinstance(a.where, Repeated)]
    spread(pair, rows.slice(0, 200))
    first = pair.spark.fold("t", wanted, mergeable=True)
    spread(pair, rows.slice(200))
    second = pair.spark.fold("t", wanted, mergeable=True)
    spread(pair, rows)
    merged = {a: {(): first[a][()].merge(second[a][()])} for a in wanted}
    assert differing(merged, pair.spark.fold("t", wanted, mergeable=True), wanted) == []
    # and folding for merging gives the same answers
    exact = pair.spark.fold("t", wanted)
    for a in wanted:
        if isinstance(a, Quantiles):
            state = merged[a][()]
            assert [state.value(p) for p in a.probabilities] == list(exact[a][()].values)
    assert differing(merged, exact, [a for a in wanted if not isinstance(a, Quantiles)]) == []


def jobs(spark: Any, work: Callable[[], object]) -> int:
    """How many jobs of Spark the work starts."""
    context = spark._session.sparkContext
    group = str(uuid.uuid4())
    context.setJobGroup(group, group)
    try:
        work()
    finally:
        context._jsc.clearJobGroup()
    return len(context.statusTracker().getJobIdsForGroup(group))


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ((Count, Moments, Extremes, Comoments, Quantiles), 1),
        ((Frequencies,), 1),
        ((Distinct,), 1),
        ((Frequencies, Distinct), 1),
        ((Count, Moments, Frequencies, Distinct), 2),
        ((Sample,), 1),
    ],
)
@pytest.mark.parametrize("sliced", [False, True])
def test_one_scan_is_one_job(pair, kinds: tuple[type, ...], expected: int, sliced: bool) -> None:
    """However many aggregates there are; and the explanation says as much."""
    some = [a for a in AGGREGATES if isinstance(a, kinds) and not isinstance(a.where, LOOKED_UP)]
    some += [a for a in SLICED if isinstance(a, kinds)] if sliced else []
    if sliced and kinds == (Sample,):
        expected = 3  # the keys of the slices; and rows of the whole and of the slices
    spread(pair, table(100))
    pair.spark.schema("t")
    queries = pair.spark.explain("t", some)
    assert len(queries) == expected
    assert sum(query.count("assay_table_") for query in queries) == expected
    started = jobs(pair.spark, lambda: pair.spark.fold("t", some))
    assert started == expected


def test_merged_quantiles_stay_in_the_scan(pair) -> None:
    wanted = [Count(), Quantiles(of=C("x"), probabilities=(0.5,)), Moments(of=C("x"))]
    spread(pair, table(100))
    assert len(pair.spark.explain("t", wanted, mergeable=True)) == 1
    assert jobs(pair.spark, lambda: pair.spark.fold("t", wanted, mergeable=True)) == 1


@pytest.mark.parametrize("sliced", [False, True])
def test_quantiles_of_many_values_are_within_the_stated_error(spark, sliced: bool) -> None:
    n = 300_000
    values = np.random.default_rng(3).permutation(n).astype(float)
    spark.attach("many", Memory(pa.table({"x": values, "g": np.arange(n) % 2})))
    probabilities = tuple(np.linspace(0, 1, 101).tolist())
    by = (C("g"),) if sliced else ()
    wanted = Quantiles(of=C("x"), probabilities=probabilities, by=by)
    for key, state in spark.fold("many", [wanted])[wanted].items():
        own = np.sort(values[np.arange(n) % 2 == key[0]]) if key else np.arange(n)
        assert 0 < state.rank_error < 0.001
        ranks = np.searchsorted(own, state.values, "right") / len(own)
        assert np.abs(ranks - probabilities).max() <= state.rank_error + 1 / len(own)
        assert state.values[0] == own[0]
        assert state.values[-1] == own[-1]
    spark.detach("many")


def test_means_of_long_columns_stay_near(spark) -> None:
    """Spark sums without compensation: the error stays far below what a table is judged by."""
    n = 1_000_000
    values = np.random.default_rng(5).lognormal(10, 2, n)
    spark.attach("many", Memory(pa.table({"x": values})))
    wanted = Moments(of=C("x"), order=4)
    state = spark.fold("many", [wanted])[wanted][()]
    assert math.isclose(state.mean, math.fsum(values) / n, rel_tol=1e-12)
    deviations = values - math.fsum(values) / n
    assert math.isclose(state.m2, math.fsum(deviations**2), rel_tol=1e-11)
    assert math.isclose(state.m3, math.fsum(deviations**3), rel_tol=1e-10)
    assert math.isclose(state.m4, math.fsum(deviations**4), rel_tol=1e-10)
    spark.detach("many")


@pytest.mark.parametrize("values", [[1e200, -1e200], [1.7e308, 1.7e308], [1e160, 2.0, 3.0]])
def test_values_whose_powers_no_double_holds(pair, values: list[float]) -> None:
    pair.attach(pa.table({"x": values, "y": values}))
    for wanted in (Moments(of=C("x"), order=4), Comoments(x=C("x"), y=C("y"))):
        with pytest.raises(EngineError, match="too large: powers of them exceed"):
            pair.spark.fold("t", [wanted])


def test_rows_are_drawn_by_lot(pair) -> None:
    spread(pair, pa.table({"x": np.arange(3_000), "s": ["a", "b", None] * 1_000}))
    wanted = [Sample(of=(C("x"),), most=500), Sample(of=(C("x"),), by=(C("s"),), most=10_000)]
    folded = pair.spark.fold("t", wanted)
    [state] = folded[wanted[0]].values()
    [drawn] = state.arrays()
    assert (len(set(drawn)), state.rows) == (500, 3_000)
    assert drawn.mean() == pytest.approx(1_500, abs=4 * 3_000 / np.sqrt(12 * 500))
    for start, key in enumerate(["a", "b", None]):
        [values] = folded[wanted[1]][(key,)].arrays()
        assert sorted(values) == list(range(start, 3_000, 3))


def test_texts_come_with_the_rows_that_are_drawn(pair) -> None:
    texts = [f"é {i % 300}" for i in range(899)] + [None]
    spread(pair, pa.table({"x": np.arange(900), "s": texts}))
    sample = Sample(of=(C("x"),), texts=(C("s"),), most=400)
    [state] = pair.spark.fold("t", [sample])[sample].values()
    assert (state.n, state.rows) == (400, 900)
    for x, text in zip(state.arrays()[0], state.texts[0], strict=True):
        assert text == (None if x == 899 else f"é {int(x) % 300}")


def test_a_key_of_many_columns(pair) -> None:
    names = [f"c{i}" for i in range(300)]
    rows = np.arange(12) // 2
    pair.attach(pa.table({name: pa.array(rows, mask=rows == 0) for name in names}))
    wanted = [Distinct(of=tuple(map(C, names))), *(Count(where=call("gt", C(n), 2)) for n in names)]
    ours, theirs = (engine.fold("t", wanted) for engine in (pair.spark, pair.embedded))
    assert differing(ours, theirs, wanted) == []


def test_groups_of_rows_are_a_table(pair) -> None:
    spread(pair, table(300))
    source = Grouped(
        "t",
        keys=(("s", C("s")), ("half", call("div", C("i"), 2))),
        distinct=(C("x"), C("flag")),
        where=call("not_null", C("i")),
    )
    pair.spark.attach("derived", source)
    pair.embedded.attach("derived", source)
    names = source.names
    assert pair.spark.schema("derived").names == pair.embedded.schema("derived").names == names
    wanted = [
        Count(),
        *(Frequencies(of=(C(name),)) for name in names),
        Moments(of=C("assay.rows"), where=call("gt", C("assay.different.0"), 1)),
        Frequencies(of=(C("s"), C("assay.different.1"))),
    ]
    ours, theirs = (engine.fold("derived", wanted) for engine in (pair.spark, pair.embedded))
    assert differing(ours, theirs, wanted) == []


QUERIES = {
    "SELECT s, count(*) AS n, avg(x) AS m, max(i) / 2 h FROM t GROUP BY s HAVING count(*) > 3": 4,
    "SELECT t.s, o.number FROM t JOIN other o ON t.s = o.name WHERE i > 3 ORDER BY 1, 2": 2,
    "WITH a AS (SELECT i FROM t WHERE flag) SELECT i FROM a UNION ALL SELECT number FROM other": 1,
    "SELECT i, row_number() OVER (PARTITION BY s ORDER BY i) AS r FROM t": 2,
    "SELECT DISTINCT log10(i + 1) AS l, dayofweek(\"when\") AS d FROM t WHERE s LIKE 'a%'": 2,
    "SELECT median(i) AS m, stddev(i) AS d, count(DISTINCT s) AS u FROM t": 3,
}


@pytest.mark.parametrize("text", QUERIES)
def test_a_query_over_the_tables_is_a_table(pair, text: str) -> None:
    spread(pair, table(200))
    pair.spark.attach("derived", Query(text))
    pair.embedded.attach("derived", Query(text))
    names = pair.spark.schema("derived").names
    assert names == pair.embedded.schema("derived").names
    assert len(names) == QUERIES[text]
    wanted = [Count(), *(Frequencies(of=(call("number", C(name)),)) for name in names)]
    ours, theirs = (engine.fold("derived", wanted) for engine in (pair.spark, pair.embedded))
    assert differing(ours, theirs, wanted[:1]) == []
    for a in wanted[1:]:
        assert _rounded(ours[a][()]) == _rounded(theirs[a][()])


def _rounded(state: Any) -> dict[Any, int]:
    """Counts by number: sums of doubles may differ in the last digits."""
    return {
        key if key is None or isinstance(key, str) else round(key, 9): n
        for (key,), n in state.counts
    }


ROUGH = st.lists(
    st.fixed_dictionaries(
        {
            "a": st.none() | st.integers(-(2**40), 2**40),
            "b": st.none() | st.floats(-1e6, 1e6, width=32) | st.sampled_from([math.nan, math.inf]),
            "c\"`'\\": st.none() | st.text(st.characters(codec="utf-8"), max_size=4),
            "d.e ${x}": st.none() | st.booleans(),
        }
    ),
    max_size=12,
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=ROUGH)
def test_rough_tables(pair, rows: list[dict[str, Any]]) -> None:
    names = ["a", "b", "c\"`'\\", "d.e ${x}"]
    kinds = [pa.int64(), pa.float64(), pa.string(), pa.bool_()]
    pair.attach(
        pa.table({n: pa.array([r[n] for r in rows], k) for n, k in zip(names, kinds, strict=True)})
    )
    number, text, flag = C("b"), C(names[2]), C(names[3])
    wanted = [
        Count(where=call("not_null", number)), Moments(of=number, order=4), Extremes(of=C("a")),
        Quantiles(of=number, probabilities=(0.0, 0.5, 1.0)), Comoments(x=C("a"), y=number),
        Frequencies(of=(text,)), Frequencies(of=(number, flag)), Distinct(of=(text, flag)),
        Count(by=(text,)), Count(where=call("eq", call("length", text), 2), by=(flag,)),
        Frequencies(of=(call("text", number),)), Sample(of=(number,)),
    ]  # fmt: skip
    ours, theirs = (engine.fold("t", wanted) for engine in (pair.spark, pair.embedded))
    assert differing(ours, theirs, wanted, tolerance=1e-6) == []
    everything = call("or", call("is_null", flag), call("not_null", flag))
    assert pair.spark.examples("t", everything) == pair.embedded.examples("t", everything)
