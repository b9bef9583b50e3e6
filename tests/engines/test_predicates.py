"""SQL of a person reaches the columns of its row, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from assay.core.errors import EngineError
from assay.core.expr import Sql
from assay.core.schema import ColumnInfo, Schema
from assay.core.source import Files
from assay.engines.duckdb import DuckDBEngine
from assay.engines.sql.predicates import confine

SCHEMA = Schema(
    tuple(
        ColumnInfo(name, "integer", "BIGINT")
        for name in ("a", "B", "c", "C", "d e", 'q"', "select", "x.y")
    )
)

REFUSED = [
    "", " ", ";", "-- nothing", "a > 1; DROP TABLE t", "a > 1; SELECT 1", "a,", "a, c", "a >",
    "SELECT 1", "(SELECT 1)", "a > (SELECT max(a) FROM t)", "a IN (SELECT 1)", "EXISTS (SELECT 1)",
    "a = ANY (SELECT 1)", "FROM 'x.csv'", "WITH q AS (SELECT 1) SELECT 1", "VALUES (1)",
    "read_csv('/etc/passwd')", "read_text('/etc/passwd') IS NULL", "read_blob('x') IS NULL",
    "a IN (read_csv('/etc/passwd'))", "glob('/*')", "parquet_metadata('x')", "sniff_csv('x')",
    "getenv('HOME') = 'x'", "current_setting('memory_limit') = ''", "version() = ''",
    "current_user = ''", "current_database() = ''", "pg_sleep(10)", "query('SELECT 1')",
    "query_table('t')", "nextval('s') > 1", "pragma_version()", "PRAGMA version", "SET threads = 1",
    "COPY t TO 'x'", "ATTACH 'x' AS y", "INSTALL httpfs", "LOAD httpfs", "CALL x()",
    "EXPORT DATABASE 'x'",
    "CREATE TABLE x (a int)", "INSERT INTO t VALUES (1)", "DELETE FROM t", "UPDATE t SET a = 1",
    "sum(a) > 1", "count(*) > 1", "max(a)", "list(a)", "row_number() OVER () = 1", "sum(a) OVER ()",
    "*", "t.*", "COLUMNS('a') > 1", "list_transform([a], x -> x + 1)", "unnest([a])",
    "list_filter([1], lambda x: x > 0)", "$1 > 0", "? > 0", "a AS b", "#1 > 0", "a IN c",
    "random() > 0.5", "uuid() = ''", "hash(a) > 0", "repeat('x', 1000000000) = ''", "t.a > 1",
    "a::nonsense > 1", "error('x')", "a > 1 LIMIT 1", "DISTINCT a", "{'k': a}", "a := 1",
    "json_execute_serialized_sql('x')", "write_log('x')", "checkpoint()", "icu_sort_key('a', 'b')",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    with pytest.raises(EngineError):
        confine(text, SCHEMA)


ALLOWED = [
    "a > 1", "(a > 1)", "a BETWEEN 1 AND c", "a IN (1, 2, NULL)", "NOT a = 1 OR B IS NULL",
    "a IS NOT DISTINCT FROM c", "CASE WHEN a > 1 THEN B ELSE c END = 2", "a % 2 = 0", "a // 2 = 1",
    "a ** 2 > 3", "-a < +1", "a::VARCHAR LIKE 'x%'", "CAST(a AS DOUBLE) / 3 > 1.5e-3",
    "TRY_CAST('x' AS INTEGER) IS NULL", "coalesce(a, 0) = 0", "abs(a) + round(a, 2) > floor(c)",
    "length(a::VARCHAR) = 3", "lower('A') || upper('b') = 'aB'", "trim(' a ') = 'a'",
    "regexp_matches('a', '^a')", "regexp_full_match('a', 'a')", "'a' ILIKE 'A'", "'a' ~ 'a'",
    "substring('abc', 1, 2) = 'ab'", "split_part('a-b', '-', 1) = 'a'", "starts_with('ab', 'a')",
    "DATE '2024-01-01' <= current_date", "year(DATE '2024-01-01') = 2024", "a > 1 -- why",
    "date_diff('day', DATE '2024-01-01', DATE '2024-01-03') = 2", "now() > TIMESTAMP '2020-01-01'",
    "date_trunc('month', DATE '2024-01-15') = DATE '2024-01-01'", "a /* hm */ > 1",
    "DATE '2024-01-01' + INTERVAL 1 DAY > DATE '2024-01-01'", "[1, 2][1] = 1", "isnan(a::DOUBLE)",
    "greatest(a, c) >= least(a, c)", "nullif(a, 0) IS NULL",
    "extract(year FROM DATE '2024-01-01') > 1",
    "strftime(DATE '2024-01-01', '%Y') = '2024'", "isfinite(1.5)", "list_contains([1, 2], 1)",
    "a & 1 = 1", "'it''s' = 'it''s'", "if(a > 1, a, c) = 1", "TRUE",
]  # fmt: skip


@pytest.mark.parametrize("text", ALLOWED)
def test_allowed_and_valid(over: Callable[[Any], DuckDBEngine], text: str) -> None:
    engine = over(pa.table({"a": [1], "B": [2], "c": [3]}))
    engine.validate("t", [Sql(text)])
    engine.examples("t", Sql(text))


def test_what_is_allowed_means_what_duckdb_means(over: Callable[[Any], DuckDBEngine]) -> None:
    rows = pa.table({"a": [0, 1, 2, -3, None], "B": [1, 1, 0, 2, 5], "c": [3, None, 2, 1, 0]})
    engine = over(rows)
    plain = duckdb.connect()
    plain.register("t", rows)
    for text in ALLOWED:
        where = text.partition("--")[0]
        expected = plain.execute(f"SELECT count(*) FROM t WHERE {where}").fetchall()[0][0]
        assert engine.examples("t", Sql(text))[2] == expected, text


def test_names_resolve() -> None:
    tree = confine('A + b + "C" + "c" + "d e" + "q""" + "select" + "x.y" > 0', SCHEMA)
    text = tree.sql(dialect="duckdb")
    assert text == '"a" + "B" + "C" + "c" + "d e" + "q""" + "select" + "x.y" > 0'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ab > 1", "no column 'ab'"),
        ('"A" > 1', "no column 'A'"),
        ("x.y > 1", 'Write "x.y" for the column'),
        ("u.v > 1", "'u.v'.* names a table"),
        ('a = "yes"', "text goes in single"),
        ("a > (SELECT 1)", "a subquery"),
        ("sum(a) > 1", "an aggregate"),
        ("sum(a) OVER () > 1", "a window function"),
        ("getenv('HOME') = ''", "function 'getenv' .* is not allowed"),
        ("list_transform([a], x -> x)", "not allowed"),
        ("a > 1; b", "exactly one"),
        ("a > )", "cannot be read"),
    ],
)
def test_errors_say_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(EngineError, match=said):
        confine(text, SCHEMA)


@pytest.mark.parametrize(
    "text",
    ["(" * 3_000 + "a" + ")" * 3_000, "a" + " + a" * 2_000, "NOT " * 1_500 + "a", "-" * 400 + "a",
     "a > 1 OR " * 5_000 + "a > 1", "[" * 2_000],
    ids=["parentheses", "sum", "not", "minus", "long", "brackets"],
)  # fmt: skip
def test_depth_and_length_are_bounded(text: str) -> None:
    with pytest.raises(EngineError):
        confine(text, SCHEMA)


def test_the_engine_itself_is_sealed(engine: DuckDBEngine, tmp_path: Path) -> None:
    """Were a function to slip through, the instance could still not reach a file."""
    own, other = tmp_path / "own.csv", tmp_path / "other.csv"
    own.write_text("a\n1\n")
    other.write_text("a\n1\n")
    engine.attach("t", Files((str(own),), "csv"))
    assert engine.schema("t").names == ("a",)
    instance = engine._instance
    assert instance is not None
    cursor = instance.cursor()
    for statement in (
        f"SELECT * FROM read_csv('{other}')",
        "SELECT * FROM read_text('/etc/hostname')",
        f"COPY (SELECT 1) TO '{tmp_path / 'written.csv'}'",
        f"ATTACH '{tmp_path / 'new.duckdb'}'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM read_csv('https://example.org/x.csv')",
    ):
        with pytest.raises(duckdb.Error):
            cursor.execute(statement).fetchall()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other.csv", "own.csv"]
