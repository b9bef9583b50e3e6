"""Every operator means what ``assay.core.expr`` says, for every kind of value."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from assay.core.errors import EngineError
from assay.core.expr import Column, Expr, Literal, Member, Sql, call
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.states import Count, Sample

NAN, INF = math.nan, math.inf
X, Y, S, B, I = (Column(name) for name in "xysbi")  # noqa: E741
ROWS = pa.table(
    {
        "x": pa.array([1.0, -2.5, NAN, INF, None, 0.0]),
        "y": pa.array([2.0, 2.0, 2.0, 2.0, 2.0, None]),
        "s": pa.array(["a", "", "12", "12.0", None, "naïve"]),
        "b": pa.array([True, False, None, True, False, True]),
        "i": pa.array([1, 2, 3, None, 2**62, -1]),
        "d": pa.array([0, 19782, None, 1, 2, 3], pa.int32()).cast(pa.date32()),
        "t": pa.array([0, 1, None, 86_400, 5, 6]).cast(pa.timestamp("s")),
    }
)


@pytest.fixture
def values(over: Callable[[Any], DuckDBEngine]) -> Callable[[Expr], list[float | None]]:
    """An expression over the rows as doubles, null as None."""

    def evaluate(expr: Expr) -> list[float | None]:
        sample = Sample(of=(expr,))
        [column] = over(ROWS).fold("t", [sample])[sample][()].arrays()
        return [None if math.isnan(v) else v for v in column.tolist()]

    return evaluate


@pytest.fixture
def true(over: Callable[[Any], DuckDBEngine]) -> Callable[[Expr], list[int]]:
    """The positions of the rows that a filter keeps."""

    def positions(expr: Expr) -> list[int]:
        engine = over(ROWS.append_column("row", pa.array(range(len(ROWS)))))
        names, rows, total = engine.examples("t", expr, columns=["row"], limit=100)
        assert names == ["row"]
        assert total == len(rows) == engine.fold("t", [Count(where=expr)])[Count(where=expr)][()].n
        return [row[0] for row in rows]  # type: ignore[misc]

    return positions


@pytest.mark.parametrize(
    ("expr", "rows"),
    [
        (call("is_null", X), [2, 4]),
        (call("not_null", X), [0, 1, 3, 5]),
        (call("not", call("is_null", X)), [0, 1, 3, 5]),
        (call("not", call("not_null", X)), [2, 4]),
        (call("is_null", S), [4]),
        (call("finite", X), [0, 1, 5]),
        (call("not", call("finite", X)), [2, 3, 4]),
        (call("finite", I), [0, 1, 2, 4, 5]),
        (call("finite", S), [2, 3]),
        (call("and", call("not_null", X), call("gt", X, 0)), [0, 3]),
        (call("or", call("lt", X, 0), call("is_null", Y)), [1, 5]),
        (call("not", call("lt", X, 0)), [0, 2, 3, 5]),
        (call("eq", S, "a"), [0]),
        (call("ne", S, "a"), [1, 2, 3, 5]),
        (call("le", I, 2), [0, 1, 5]),
        (call("ge", I, 2.5), [2, 4]),
        (call("eq", B, True), [0, 3, 5]),
        (call("and", B, call("not_null", S)), [0, 3, 5]),
        (call("in", S, "a", "12"), [0, 2]),
        (call("in", I, 1, 3.0, None), [0, 2, 3]),
        (call("in", X, None), [2, 4]),
        (call("in", X), []),
        (call("not", call("in", S, "a", "12")), [1, 3, 5]),
        (call("same", X, None), [2, 4]),
        (call("same", X, 1), [0]),
        (call("same", S, S), [0, 1, 2, 3, 4, 5]),
        (call("lt", Column("d"), "1970-01-03"), [0, 3]),
        (call("ge", Column("t"), "1970-01-02"), [3]),
        (call("gt", Column("t"), Column("d")), []),
        (call("matches", S, "[a-z]"), [0]),
        (call("matches", S, "[0-9.]*"), [1, 2, 3]),
        (call("matches", I, "-?1"), [0, 5]),
        (call("castable", S, "integer"), [2]),
        (call("castable", S, "float"), [2, 3]),
        (call("castable", X, "integer"), [0, 5]),
        (call("castable", B, "integer"), []),
        (call("castable", S, "string"), [0, 1, 2, 3, 5]),
        (call("castable", Column("d"), "timestamp"), [0, 1, 3, 4, 5]),
        (call("castable", Column("t"), "date"), []),
        (call("not", call("castable", S, "integer")), [0, 1, 3, 5]),
        (call("gt", call("length", S), 1), [2, 3, 5]),
        (call("eq", call("length", S), 5), [5]),
        (call("eq", call("text", I), "1"), [0]),
        (Sql("x > 0 AND b"), [0, 3]),
        (Sql("s LIKE '12%'"), [2, 3]),
        (call("not", Sql("s IN ('a', '')")), [2, 3, 5]),
        (Literal(True), [0, 1, 2, 3, 4, 5]),
        (Literal(None), []),
    ],
)  # fmt: skip
def test_filters(true: Callable[[Expr], list[int]], expr: Expr, rows: list[int]) -> None:
    assert true(expr) == rows


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (call("add", X, Y, 1), [4, 0.5, None, INF, None, None]),
        (call("sub", I, 1), [0, 1, 2, None, 2.0**62, -2]),
        (call("sub", X, call("sub", X, 1)), [1, 1, None, None, None, 1]),
        (call("mul", I, I), [1, 4, 9, None, 2.0**124, 1]),
        (call("div", X, 2), [0.5, -1.25, None, INF, None, 0]),
        (call("div", 1, X), [1, -0.4, None, 0, None, INF]),
        (call("div", I, 2), [0.5, 1, 1.5, None, 2.0**61, -0.5]),
        (call("abs", X), [1, 2.5, None, INF, None, 0]),
        (call("ln", X), [0, None, None, INF, None, -INF]),
        (call("exp", call("mul", X, 1000)), [INF, 0, None, INF, None, 1]),
        (call("sqrt", X), [1, None, None, INF, None, 0]),
        (call("floor", X), [1, -3, None, INF, None, 0]),
        (call("least", X, Y), [1, -2.5, 2, 2, None, None]),
        (call("greatest", Y, X), [2, 2, None, INF, None, None]),
        (call("least", call("greatest", X, -1), 1), [1, -1, 1, 1, None, 0]),
        (call("number", B), [1, 0, None, 1, 0, 1]),
        (call("number", S), [None, None, 12, 12, None, None]),
        (call("number", Column("d")), [0, 19782 * 86_400.0, None, 86_400, 172_800, 259_200]),
        (call("number", Column("t")), [0, 1, None, 86_400, 5, 6]),
        (call("number", Sql("d")), [0, 19782 * 86_400.0, None, 86_400, 172_800, 259_200]),
        (call("case", call("lt", X, 0), 1, call("is_null", X), 2, 3), [3, 1, 2, 3, 2, 3]),
        (call("case", B, X, I), [1, 2, 3, INF, 2.0**62, 0]),
        (call("case", B, X, None), [1, None, None, INF, None, 0]),
        (Literal(0.1), [0.1] * 6),
        (Literal(-5), [-5.0] * 6),
        (Literal(1e-300), [1e-300] * 6),
        (Literal(INF), [INF] * 6),
        (Literal(-2.5), [-2.5] * 6),
        (call("add", 0.1, 0.2), [0.1 + 0.2] * 6),
        (call("sub", 1, call("sub", 1, 1)), [1.0] * 6),
        (Sql("x + 1"), [2, -1.5, None, INF, None, 1]),
        (call("mul", Sql("x + 1"), 2), [4, -3, None, INF, None, 2]),
    ],
)  # fmt: skip
def test_values(
    values: Callable[[Expr], list[float | None]], expr: Expr, expected: list[float | None]
) -> None:
    assert values(expr) == expected


def test_arithmetic_is_numpys(over: Callable[[Any], DuckDBEngine]) -> None:
    rng = np.random.default_rng(5)
    x, y = rng.normal(0, 1e3, 2_000), rng.normal(0, 1e-3, 2_000)
    exprs = (
        call("div", call("sub", X, Y), call("add", call("abs", Y), 1)),
        call("ln", call("exp", Y)),
        call("sqrt", call("mul", X, X)),
        call("mul", call("least", X, Y), call("greatest", X, Y)),
    )
    sample = Sample(of=exprs)
    state = over(pa.table({"x": x, "y": y})).fold("t", [sample])[sample][()]
    references = (
        (x - y) / (np.abs(y) + 1), np.log(np.exp(y)), np.sqrt(x * x),
        np.minimum(x, y) * np.maximum(x, y),
    )  # fmt: skip
    for column, reference in zip(state.arrays(), references, strict=True):
        np.testing.assert_allclose(column, reference, rtol=1e-12, atol=1e-15)


@pytest.fixture
def looking_up(engine: DuckDBEngine) -> DuckDBEngine:
    engine.attach("t", Memory(pa.table({"k": ["a", "b", None, "c"], "n": [1.0, None, 1.0, 9.0]})))
    engine.attach("other", Memory(pa.table({"key": ["a", None, "c"], "number": [1, 2, None]})))
    return engine


def test_member_of_one_column(looking_up: DuckDBEngine) -> None:
    found = Member((Column("k"),), "other", ("key",))
    names, rows, total = looking_up.examples("t", found, columns=["k"])
    assert (names, rows, total) == (["k"], [["a"], ["c"]], 2)
    # a null in the other table hides nothing, and a null here is neither found nor missing
    assert looking_up.examples("t", call("not", found), columns=["k"])[1] == [["b"]]
    assert looking_up.examples("t", call("is_null", found), columns=["k"])[1] == [[None]]


def test_member_of_two_columns(looking_up: DuckDBEngine) -> None:
    found = Member((Column("k"), Column("n")), "other", ("key", "number"))
    assert looking_up.examples("t", found)[1] == [["a", 1.0]]
    assert looking_up.examples("t", call("not", found))[1] == [["c", 9.0]]
    assert looking_up.examples("t", call("is_null", found))[2] == 2


def test_members_are_looked_up_once(looking_up: DuckDBEngine) -> None:
    found = Member((Column("k"),), "other", ("key",))
    aggregates = [Count(where=found), Count(where=call("not", found)), Count(by=(found,))]
    assert "".join(looking_up.explain("t", aggregates)).count(" IN (") == 1
    folded = looking_up.fold("t", aggregates)
    assert [folded[a][()].n for a in aggregates[:2]] == [2, 1]
    assert {k: s.n for k, s in folded[aggregates[2]].items()} == {
        (True,): 2, (False,): 1, (None,): 1,
    }  # fmt: skip


def test_member_of_a_stream_and_of_itself(engine: DuckDBEngine) -> None:
    rows = pa.table({"k": list(range(100)), "parent": [None, *range(99)]})
    engine.attach("t", Memory(pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches())))
    known = Count(where=Member((Column("parent"),), "t", ("k",)))
    leaf = Count(where=call("not", Member((Column("k"),), "t", ("parent",))))
    folded = engine.fold("t", [known, leaf, Count()])
    assert (folded[known][()].n, folded[leaf][()].n, folded[Count()][()].n) == (99, 1, 100)


def test_an_empty_table_holds_nothing(looking_up: DuckDBEngine) -> None:
    looking_up.attach("other", Memory(pa.table({"key": pa.array([], pa.string())})))
    found = Member((Column("k"),), "other", ("key",))
    folded = looking_up.fold("t", [Count(where=found), Count(where=call("not", found))])
    assert [s[()].n for s in folded.values()] == [0, 3]


WRONG: list[tuple[Expr, str]] = [
    (call("lt", S, 5), r"Cannot compare column 's' \(VARCHAR\) with the number 5"),
    (call("ge", I, "5"), r"Cannot compare column 'i' \(BIGINT\) with the text '5'"),
    (call("eq", B, 1), r"column 'b' \(BOOLEAN\) with the number 1"),
    (call("in", I, 1, "2"), r"Cannot look for column 'i' \(BIGINT\) with the text '2'"),
    (call("eq", Column("d"), 5), r"column 'd' \(DATE\)"),
    (call("lt", Column("d"), "soon"), "soon"),
    (call("lt", Column("d"), "2024-13-01"), "2024-13-01"),
    (call("lt", S, Column("d")), r"column 's' \(VARCHAR\) with column 'd' \(DATE\)"),
    (Column("X "), "no column 'X '"),
    (Column("nmae"), "no column 'nmae'"),
    (call("matches", S, "("), r"missing \)"),
    (call("castable", S, "whole"), "no type 'whole'"),
    (call("and", X, B), r"column 'x' \(DOUBLE\) is neither"),
    (call("not", S), r"column 's' \(VARCHAR\) is neither"),
    (call("case", B, S, X), "Cannot choose between"),
    (call("number", Column("z")), "no column 'z'"),
    (Member((I,), "other", ("key",)), r"column 'i' \(BIGINT\) with column 'key' \(VARCHAR\)"),
    (Member((S,), "other", ("kye",)), "no column 'kye' in table 'other'. Did you mean 'key'"),
    (Sql("s > 5"), "VARCHAR"),
    (Sql("lower(x, 1)"), "lower"),
]


@pytest.mark.parametrize(("expr", "said"), WRONG, ids=[str(w[1]) for w in WRONG])
def test_what_does_not_fit_is_refused_before_the_scan(
    engine: DuckDBEngine, expr: Expr, said: str
) -> None:
    engine.attach("t", Memory(ROWS))
    engine.attach("other", Memory(pa.table({"key": ["a"]})))
    with pytest.raises(EngineError, match=said):
        engine.validate("t", [Column("x"), expr])


def test_what_fits_is_valid(engine: DuckDBEngine) -> None:
    engine.attach("t", Memory(ROWS))
    engine.attach("other", Memory(pa.table({"key": ["a"]})))
    engine.validate("t", [])
    engine.validate(
        "t",
        [X, call("lt", Column("d"), "2024-01-01"), Member((S,), "other", ("key",)), Sql("x > 0"),
         call("matches", S, "(a|aa)+$")],
    )  # fmt: skip


def test_nearest_column_is_named(over: Callable[[Any], DuckDBEngine]) -> None:
    with pytest.raises(EngineError, match=r"no column .incone..*Did you mean .income."):
        over(pa.table({"income": [1]})).validate("t", [Column("incone")])


def test_a_filter_must_be_a_condition(over: Callable[[Any], DuckDBEngine]) -> None:
    with pytest.raises(EngineError, match="must be true or false"):
        over(ROWS).fold("t", [Count(where=X)])


def test_a_failing_cast_names_the_table(over: Callable[[Any], DuckDBEngine]) -> None:
    with pytest.raises(EngineError, match=r"The scan of .* failed: .*Could not convert string 'a'"):
        over(ROWS).fold("t", [Count(where=Sql("CAST(s AS INTEGER) > 1")), Count()])


def test_catastrophic_patterns_take_no_time(over: Callable[[Any], DuckDBEngine]) -> None:
    engine = over(pa.table({"s": ["a" * 50_000 + "!"]}))
    evil = Count(where=call("matches", S, "(a+)+$"))
    assert engine.fold("t", [evil])[evil][()].n == 0


def test_thousands_of_literals(over: Callable[[Any], DuckDBEngine]) -> None:
    many = Count(where=call("in", X, *range(5_000)))
    assert (
        over(pa.table({"x": pd.Series(range(0, 10_000, 2))})).fold("t", [many])[many][()].n == 2500
    )
