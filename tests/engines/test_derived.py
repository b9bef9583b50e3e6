"""Tables made from tables: groups, and what a person selects; and new columns in a stream."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from assay.core.errors import EngineError, SubjectError
from assay.core.expr import Column, Repeated, call
from assay.core.schema import ROWS
from assay.core.source import Grouped, Memory, Query
from assay.engines.duckdb import DuckDBEngine
from assay.states import Count, CountState, Moments

TABLE = pa.table(
    {
        "a": [1, 1, 2, None],
        "s": ["Yes", "yes ", "no", None],
        "x": [1.0, math.nan, 2.0, None],
        "j": ['{"a": 1}', "{", None, "3"],
        "d": ["2024-02-30", "2024-02-28", "28.2.2024", None],
    }
)


@pytest.fixture
def engine(over: Callable[[Any], DuckDBEngine]) -> DuckDBEngine:
    return over(TABLE)


def rows(engine: DuckDBEngine, name: str, **options: Any) -> list[dict[str, Any]]:
    return [
        row for batch in engine.batches(name, batch_size=10, **options) for row in batch.to_pylist()
    ]


def test_groups_count_rows_and_what_differs(engine: DuckDBEngine) -> None:
    spelling = call("lower", call("trim", Column("s")))
    source = Grouped(
        "t", (("word", spelling),), (Column("s"),), where=call("not_null", Column("s"))
    )
    engine.attach("groups", source)
    assert engine.schema("groups").names == source.names
    found = {row["word"]: tuple(row.values())[1:] for row in rows(engine, "groups")}
    assert found == {"yes": (2, 2, "Yes", "yes "), "no": (1, 1, "no", "no")}


def test_nan_and_null_are_one_group(engine: DuckDBEngine) -> None:
    engine.attach("groups", Grouped("t", (("x", Column("x")),)))
    assert {row["x"]: row[ROWS] for row in rows(engine, "groups")} == {1.0: 1, 2.0: 1, None: 2}


def test_a_key_keeps_its_type(engine: DuckDBEngine) -> None:
    engine.attach("groups", Grouped("t", (("a", Column("a")),)))
    [column, _] = engine.schema("groups").columns
    assert column.kind == "integer"


def test_a_query_joins_the_tables_it_names(engine: DuckDBEngine) -> None:
    engine.attach("other", Memory(pa.table({"a": [1, 3], "name": ["one", "three"]})))
    engine.attach(
        "q",
        Query(
            "WITH n AS (SELECT a, count(*) AS n FROM T GROUP BY a) "
            "SELECT name, n FROM n JOIN other USING (a) ORDER BY name;"
        ),
    )
    assert rows(engine, "q") == [{"name": "one", "n": 2}]
    assert engine.fold("q", [Count(), Moments(of=Column("n"))])[Count()][()] == CountState(1)


def test_a_query_over_a_query(engine: DuckDBEngine) -> None:
    engine.attach("ones", Query("SELECT * FROM t WHERE a = 1"))
    engine.attach("q", Query("SELECT count(*) AS n FROM ones AS o WHERE o.s = 'Yes'"))
    assert rows(engine, "q") == [{"n": 1}]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("SELECT * FROM read_csv('/etc/passwd')", "not a table of the suite"),
        ("SELECT * FROM '/etc/passwd'", "no table '/etc/passwd'"),
        ("SELECT * FROM glob('*')", "not a table of the suite"),
        ("SELECT * FROM duckdb_settings()", "not a table of the suite"),
        ("SELECT * FROM information_schema.tables", "not a table of the suite"),
        ("SELECT * FROM tt", "Did you mean 't'"),
        ("SELECT * FROM q", "reads itself"),
        ("SELECT getenv('HOME') FROM t", "'getenv' in the query is not allowed"),
        ("DELETE FROM t", "must be one SELECT"),
        ("COPY t TO 'x.csv'", "must be one SELECT"),
        ("SELECT 1 FROM t; SELECT 2 FROM t", "must be one SELECT"),
        ("SELECT * FROM t TABLESAMPLE 10%", "not a table of the suite"),
        ("WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT 1 FROM r) SELECT * FROM r", "RECURSIVE"),
        ("SELECT nosuch FROM t", "nosuch"),
        ("SELECT", "query"),
        ("", "must be one SELECT"),
    ],
)
def test_a_query_that_does_more_is_refused(engine: DuckDBEngine, text: str, says: str) -> None:
    engine.attach("q", Query(text))
    with pytest.raises((EngineError, SubjectError)) as caught:
        engine.fold("q", [Count()])
    assert says in str(caught.value)


def test_a_stream_with_more_columns(engine: DuckDBEngine) -> None:
    s, j, d = Column("s"), Column("j"), Column("d")
    added = {
        "like": call("like", s, "y%"),
        "letters": call("replace", call("lower", s), "[^a-z]", ""),
        "json": call("json", j),
        "written": call("written", d, "%Y-%m-%d"),
        "repeated": Repeated((Column("a"),)),
    }
    found = rows(engine, "t", columns=["s"], added=added)
    assert [list(row.values()) for row in found] == [
        ["Yes", False, "yes", True, False, True],
        ["yes ", True, "yes", False, True, True],
        ["no", False, "no", None, False, False],
        [None, None, None, True, None, None],
    ]
    assert list(found[0]) == ["s", *added]


def test_a_column_that_is_not_there(engine: DuckDBEngine) -> None:
    with pytest.raises(EngineError, match="no column 'z'"):
        rows(engine, "t", columns=["z"])


def test_a_detached_table_is_not_there(engine: DuckDBEngine) -> None:
    engine.attach("u", Memory(TABLE))
    engine.detach("u")
    engine.detach("u")
    with pytest.raises(SubjectError, match="no table 'u'"):
        engine.schema("u")
    assert engine.schema("t").names == tuple(TABLE.column_names)
