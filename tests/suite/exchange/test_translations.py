"""Patterns, conditions and types that are translated mean what they meant in the other tool."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import assay
from assay.api.exchange import import_suite
from assay.suite.exchange import predicates as p
from assay.suite.exchange.conditions import from_python
from assay.suite.exchange.entries import UnmappableError, bounds
from assay.suite.exchange.gx.condition import condition
from assay.suite.exchange.gx.read import _condition
from assay.suite.exchange.kinds import kind_for, kind_of
from assay.suite.exchange.patterns import begun, either, liked, literal, searched

TEXTS = [
    "",
    "N",
    "N12",
    "D12",
    "xN",
    "a|b",
    "N1\nN2",
    "\nN",
    "a.b",
    "axb",
    "50%",
    "a_b",
    "ab$",
    "é",
]
REGEXES = [
    "^N", "N", "N$", "^N$", "^N[0-9]+$", "N|D", "^(N|D)[0-9]*$", "(?i)n", "[a$]", r"\$", r"\\$",
    "^a.b$", "", "^", "$", "N*", r"\d{2}", "(?s)N.*N", "(?:^a|b$)", "^N|D$", "^(N|D)$",
    r"^[|]|a", r"^a\|b$", "^(?:(N)|(D))12$", "[]|]", "(?i:n)$",
]  # fmt: skip


def _matches(pattern: str, text: str) -> bool:
    """As `matches` does: RE2, the whole value."""
    ((found,),) = duckdb.execute("select regexp_full_match(?, ?)", [text, pattern]).fetchall()
    return bool(found)


@pytest.mark.parametrize("regex", REGEXES)
def test_a_search_becomes_a_pattern_of_whole_values(regex: str) -> None:
    whole, prefix = searched(regex), begun(regex)
    for text in TEXTS:
        assert _matches(whole, text) == (re.search(regex, text) is not None), text
        assert _matches(prefix, text) == (re.match(regex, text) is not None), text


@pytest.mark.parametrize("regex", ["(?=a)", r"(a)\1", "(?<!a)b", "a**", "("])
def test_a_regex_that_re2_does_not_have_is_refused(regex: str) -> None:
    with pytest.raises(UnmappableError, match="cannot be used"):
        searched(regex)


@pytest.mark.parametrize(
    ("pattern", "escape"),
    [("N%", None), ("%N", None), ("_", None), ("a.b", None), ("%!%%", "!"), ("%!_b", "!"),
     ("a|b", None), ("%", None), ("", None)],
)  # fmt: skip
def test_a_like_pattern_as_a_regex_takes_what_like_takes(pattern: str, escape: str | None) -> None:
    query = "select ? like ?" + (" escape ?" if escape else "")
    for text in TEXTS:
        given = [text, pattern, *([escape] if escape else [])]
        ((answer,),) = duckdb.execute(query, given).fetchall()
        assert _matches(liked(pattern, escape), text) == answer, text
        assert bool(re.fullmatch(liked(pattern, escape), text)) == answer, text


def test_alternatives_and_literals_keep_to_themselves() -> None:
    assert _matches(either(["a|b", "c"]), "c")
    assert not _matches(either(["a", "b"]), "ab")
    for text in TEXTS:
        assert _matches(literal(text), text)


ROWS = pd.DataFrame({"x": [1, 2, 3, 4], "my col": ["a", "b", "c", None], "order": [4, 3, 2, -1]})
CONDITIONS = [
    "x > 2", "2 < x", "x > 1 and x <= 3", "x > 1 & x < 4", "x == 1 | x == 4", "not x == 2",
    "`my col` == 'b'", "x in [1, 4]", "x not in (1, 4)", "1 < x < 4", "order == -1",
    "x == order", "`my col`.isnull()", "`my col`.notnull() and x > 1",
    "(x == 1 or x == 2) and order > 3", "x.isin([2])",
]  # fmt: skip


@pytest.mark.parametrize("text", CONDITIONS)
def test_a_condition_of_pandas_keeps_the_rows_that_pandas_keeps(text: str) -> None:
    where = p.sql(from_python(text))
    connection = duckdb.connect()
    connection.register("rows", ROWS)
    kept = connection.execute(f"select x from rows where {where} order by x").fetchall()
    assert [x for (x,) in kept] == ROWS.query(text, engine="python")["x"].tolist()


def test_a_condition_of_great_expectations_is_read() -> None:
    assert p.sql(from_python('col("a b") >= 3')) == '"a b" >= 3'
    assert p.sql(from_python('col("a").notNull()')) == "a IS NOT NULL"


@pytest.mark.parametrize(
    "text",
    ["x", "f(x) > 1", "x > y.z", "x + 1 > 2", "x > @limit", "x is 3", "[x for x in y]", "x >",
     "lambda: 1", "x[0] > 1", "(" * 300, "x > 1;", "'a' == 'b'", "x in y", "x > f'{y}'",
     "x" * 3000],
)  # fmt: skip
def test_a_condition_that_is_more_is_refused(text: str) -> None:
    with pytest.raises(UnmappableError, match="condition"):
        from_python(text)


@pytest.mark.parametrize(
    "where",
    ["a = 1", "'x' <> b", "a > 1 AND b < 2 AND c <= 3", "a IS NULL", "a IS NOT NULL",
     "NOT a IS NULL", "a IN (1, 2)", "a NOT IN ('x')", "(a = 1 AND b = 2) OR c >= -1.5",
     "a = TRUE"],
)  # fmt: skip
def test_a_where_comes_back_from_great_expectations(where: str) -> None:
    tree = condition(where)
    back = p.sql(_condition(tree, None, 0))
    assert condition(back) == tree


@pytest.mark.parametrize(
    "where", ["a + 1 = 2", "lower(a) = 'x'", "(a = 1 OR b = 2) AND c = 3", "a = b", "a LIKE 'x'"]
)
def test_a_where_that_is_more_than_a_row_condition_is_refused(where: str) -> None:
    with pytest.raises(UnmappableError, match="more than a row condition"):
        condition(where)


def test_names_that_are_keywords_are_quoted() -> None:
    names = ["order", "select", "Mixed", "a b", 'q"q', "plain"]
    shown = [p.sql(p.column(name)) for name in names]
    assert shown == ['"order"', '"select"', '"Mixed"', '"a b"', '"q""q"', "plain"]


@pytest.mark.parametrize(
    ("given", "criterion"),
    [
        ((1, 2, False, False), {"between": [1, 2]}),
        ((3.0, 3.0, False, False), {"equals": 3}),
        ((None, 2.5, False, False), {"at_most": 2.5}),
        ((1, None, True, False), {"at_least": 1.0000000000000002}),
        ((None, 0, False, True), {"at_most": -5e-324}),
    ],
)
def test_bounds_become_a_criterion(given: Any, criterion: Any) -> None:
    low, high, above, below = given
    assert bounds(low, high, above_low=above, below_high=below) == criterion


def test_strict_bounds_of_counts_are_the_next_count() -> None:
    assert bounds(3, 9.5, above_low=True, below_high=True, whole=True) == {"between": [4, 9]}


def test_types_of_other_tools() -> None:
    assert kind_for(["int64", "float64"]) == "float"
    assert kind_for(["DATE", "TIMESTAMP"]) == "timestamp"
    assert kind_of("NUMBER(38,0)") == "decimal"
    assert kind_of("category") is None
    with pytest.raises(UnmappableError, match="no one type covers"):
        kind_for(["int64", "str"])
    with pytest.raises(UnmappableError, match="'object' says nothing"):
        kind_for(["object"])


def test_every_type_of_arrow_has_the_kind_that_the_table_has(tmp_path: Path) -> None:
    """The schema of a file, imported, holds on the file: for each type that Parquet can store."""
    now = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    columns = {
        "i8": pa.array([-128], pa.int8()), "u8": pa.array([255], pa.uint8()),
        "i64": pa.array([2**62], pa.int64()), "u64": pa.array([7], pa.uint64()),
        "f16": pa.array([1.5], pa.float32()), "f64": pa.array([1.5]),
        "dec": pa.array([Decimal("-999.99")], pa.decimal128(5, 2)), "bool": pa.array([True]),
        "text": pa.array(["x"]), "large": pa.array(["x"], pa.large_string()),
        "dict": pa.array(["x"]).dictionary_encode(), "bin": pa.array([b"x"]),
        "date": pa.array([date(2024, 1, 2)]), "ts": pa.array([now.replace(tzinfo=None)]),
        "tz": pa.array([now]), "time": pa.array([time(1, 2)]),
        "dur": pa.array([timedelta(1)]), "list": pa.array([[1]]),
        "struct": pa.array([{"a": 1}]),
        "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
    }  # fmt: skip
    table = pa.table(columns)
    schema = table.schema.set(0, table.schema.field(0).with_nullable(False))
    path = tmp_path / "types.parquet"
    pq.write_table(table.cast(schema), path)
    suite = tmp_path / "suite.yaml"
    import_suite(path, tables={"data": path}, output=suite)
    run = assay.run(suite, home=tmp_path / ".assay")
    assert [(r.id, r.reason) for r in run.results if r.verdict != "pass"] == []
    assert {r.metric for r in run.results} == {"matches_schema", "completeness", "in_range"}
