"""Where tables come from: files, frames, the catalogue; read as the embedded engine reads them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from assay.core.errors import AssayError, EngineError, SubjectError
from assay.core.expr import Column, Sql, call
from assay.core.source import Database, Files, Memory, Source
from assay.engines.spark.opening import quiet_import
from assay.states import Count, Moments

pytestmark = pytest.mark.needs("java")


def same(pair: Any, source: Source) -> None:
    """Both engines see the same columns, kinds and rows."""
    for engine in (pair.spark, pair.embedded):
        engine.attach("t", source)
    ours, theirs = (engine.schema("t") for engine in (pair.spark, pair.embedded))
    assert [(c.name, c.kind) for c in ours.columns] == [(c.name, c.kind) for c in theirs.columns]
    batches = [
        [row for batch in engine.batches("t", batch_size=1000) for row in batch.to_pylist()]
        for engine in (pair.spark, pair.embedded)
    ]
    assert sorted(map(repr, batches[0])) == sorted(map(repr, batches[1]))


def files(path: Path, kind: Any) -> Files:
    return Files((str(path),), kind)


def small(rows: int = 3) -> pa.Table:
    return pa.table(
        {
            "a": list(range(rows)),
            "b c": [f"t{i}" for i in range(rows)],
            "when": pa.array(np.datetime64("2024-01-01T10:00:00.5", "us") + np.arange(rows)),
            "u": pa.array([2**64 - 1 - i for i in range(rows)], pa.uint64()),
        }
    )


@pytest.mark.parametrize("name", ["x.parquet", "naïve [1]{a} %20*?.parquet"])
def test_parquet(pair, tmp_path: Path, name: str) -> None:
    pq.write_table(small(), tmp_path / name)
    same(pair, files(tmp_path / name, "parquet"))


def test_a_name_that_spark_cannot_read(spark, tmp_path: Path) -> None:
    pq.write_table(small(), tmp_path / "a:b.parquet")
    with pytest.raises(SubjectError, match="a colon in a path"):
        spark.attach("t", files(tmp_path / "a:b.parquet", "parquet"))


def test_a_folder_of_parquet_with_partitions(pair, tmp_path: Path) -> None:
    for year in (2023, 2024):
        folder = tmp_path / "data" / f"year={year}" / "city=Gent"
        folder.mkdir(parents=True)
        pq.write_table(small(year - 2020), folder / "part-0.parquet")
    same(pair, files(tmp_path / "data", "parquet"))


def test_times_of_pandas_have_nanoseconds(pair, tmp_path: Path) -> None:
    frame = pd.DataFrame({"when": pd.date_range("1969-12-31T23", periods=3, freq="h", unit="ns")})
    frame.to_parquet(tmp_path / "x.parquet")
    where = call("not_null", Column("when"))
    found = []
    for engine in (pair.spark, pair.embedded):
        engine.attach("t", files(tmp_path / "x.parquet", "parquet"))
        found.append((engine.schema("t").columns[0].kind, sorted(engine.examples("t", where)[1])))
    assert found[0] == found[1]


CSVS = {
    "plain": "a,b,c\n1,x,0.5\n2,,\n-3,y,1e5\n",
    "quoted": 'a,b\n1,"x, ""y"""\n2,"two\nlines"\n3,""\n',
    "semicolon": "a;b\n1;2,5\n3;x\n",
    "tabs": "a\tb\n1\t\n2\tx\n",
    "crlf": "a,b\r\n1,x\r\n2,y\r\n",
    "bom": "\ufeffa,b\n1,x\n",
    "quoted bom": '\ufeff"a","b"\n1,x\n',
    "booleans": "a,b\ntrue,yes\nfalse,no\n,\n",
    "dates": "d,t\n2024-01-05,2024-01-05 10:00:00\n2023-12-31,1999-01-01 00:00:00\n,\n",
    "dotted dates": "d\n05.01.2024\n31.12.2023\n",
    "slashed times": "t\n05/01/2024 10:20:30\n31/12/2023 00:00:00\n",
    "times": "t\n10:20:30\n23:59:59\n",
    "huge": "n\n123456789012345678901234567890\n1\n",
    "names": 'A,a,"b c",x`y,d.e\n1,2,3,4,5\n',
    "spaces": "a,b\n 1 , x \n2,y\n",
    "words": "a\nNA\nnull\nNone\n\\N\n",
    "no rows": "a,b\n",
    "backslash": 'a,b\n"x\\",1\ny\\n,2\n',
}


@pytest.mark.parametrize("name", CSVS)
def test_csv(pair, tmp_path: Path, name: str) -> None:
    (tmp_path / "x.csv").write_bytes(CSVS[name].encode())
    same(pair, files(tmp_path / "x.csv", "csv"))


def test_compressed_csv(pair, tmp_path: Path) -> None:
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(CSVS["plain"].encode()))
    same(pair, files(tmp_path / "x.csv.gz", "csv"))
    assert not pair.spark.accepts(files(tmp_path / "x.csv.zst", "csv"))


def test_several_csv_files(pair, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n,s\n1,x\n")
    (tmp_path / "b.csv").write_text("n,s\n2.5,y\n")
    same(pair, Files((str(tmp_path / "a.csv"), str(tmp_path / "b.csv")), "csv"))


def test_json_lines(pair, tmp_path: Path) -> None:
    rows = [
        {"a": 1, "b": "x", "c": [1, 2], "d": {"e": 1.5, "f g": "y"}, "t": "2024-01-05"},
        {"a": None, "b": "é\n", "c": [], "d": None, "t": "2023-12-31", "late": True},
        {"a": 3, "b": '"', "c": [3], "d": {"e": 2.0, "f g": None}, "t": "1999-01-01"},
    ]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    same(pair, files(tmp_path / "x.jsonl", "jsonl"))


def test_arrow(pair, tmp_path: Path) -> None:
    feather.write_feather(small(), str(tmp_path / "x.arrow"))
    same(pair, files(tmp_path / "x.arrow", "arrow"))


@pytest.mark.parametrize("make", [pa.table, pd.DataFrame, pl.DataFrame, lambda d: pl.LazyFrame(d)])
def test_frames_of_this_process(pair, make) -> None:
    same(pair, Memory(make({"a": [1, 2, None], "b": ["x", None, "é"], "c": [0.5, 1.5, 2.5]})))


def test_rows_come_alike_from_disk_and_part_by_part(spark) -> None:
    """The second is how they come from a cluster."""
    from sqlglot import exp

    from assay.engines.spark.streams import by_way_of_disk, part_by_part

    rows = pa.table(
        {
            "a": [1, 2, None], "nothing": pa.nulls(3), "list": [[1], None, []],
            "struct": [{"x": 1, "y z": "a"}, None, {"x": 2, "y z": None}],
            "time": pa.array([1, 2, 3], pa.time64("us")), "for": pa.array([1, 2, 3],
            pa.duration("us")),
            "zoned": pa.array([1, 2, 3], pa.timestamp("us", "UTC")), "`'\";{}()=,\n\t": ["x", "",
            None],
            "price": pa.array([1, 2, None], pa.decimal128(9, 2)), "bytes": [b"", None, b"\xff"],
        }
    )  # fmt: skip
    spark.attach("t", Memory(rows))
    with quiet_import():
        frame = spark._tables.frame(exp.select("*").from_(spark._tables.relation("t")))
        found = [
            pa.Table.from_batches(list(batches))
            for batches in (
                by_way_of_disk(frame, spark._spool, spark._jobs),
                part_by_part(frame, spark._jobs),
            )
        ]
    assert found[0].schema == found[1].schema
    assert found[0].to_pylist() == found[1].to_pylist() == rows.to_pylist()
    assert list(Path(spark._spool).glob("rows-*")) == []
    spark.detach("t")


def test_a_frame_of_spark_keeps_what_its_own_session_decided(spark) -> None:
    with quiet_import():
        other = spark._opened._base.newSession()
        other.conf.set("spark.sql.ansi.enabled", "false")
        other.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
        frame = other.sql(
            "SELECT id, id / 0 AS ratio, CAST('x' AS INT) AS odd, "
            "CAST('2024-01-01 00:00:00' AS TIMESTAMP) AS t FROM range(10)"
        )
    spark.attach("t", Memory(frame))
    wanted = [Count(), Count(where=call("is_null", Column("ratio"))), Moments(of=Column("id")),
              Count(where=call("is_null", Column("odd")))]  # fmt: skip
    folded = spark.fold("t", wanted)
    assert [folded[w][()].n for w in wanted] == [10, 10, 10, 10]
    _, [[_, _, _, t]], _ = spark.examples("t", call("eq", Column("id"), 1))
    assert t == "2023-12-31 15:00:00+00"
    spark.detach("t")


def test_a_frame_with_two_columns_of_one_name(spark) -> None:
    with quiet_import():
        frame = spark._opened._base.sql("SELECT 1 AS a, 2 AS a")
    with pytest.raises(SubjectError, match="more than one column named 'a'"):
        spark.attach("t", Memory(frame))


@pytest.fixture
def catalogue(spark) -> Any:
    """A database and a view in Spark's catalogue, made in a session of a user."""
    with quiet_import():
        user = spark._opened._base
        user.sql("CREATE DATABASE IF NOT EXISTS sales")
        user.sql("DROP TABLE IF EXISTS sales.orders")
        user.sql("CREATE TABLE sales.orders USING parquet AS SELECT id, id % 3 AS k FROM range(9)")
        yield user
        user.sql("DROP DATABASE sales CASCADE")


@pytest.mark.parametrize(
    "source",
    [
        Database("spark", "", table="sales.orders"),
        Database("spark", "sales", table="orders"),
        Database("spark", "spark_catalog.sales", table="orders"),
        Database("spark", "", query="SELECT * FROM sales.orders"),
        Database("spark", "sales", query="WITH o AS (SELECT * FROM orders) SELECT * FROM o"),
        Database("spark", "", query="SELECT o.id, year(to_date('2024-01-01')) AS k "
                                    "FROM sales.orders o JOIN sales.orders p ON o.id = p.id"),
    ],
    ids=repr,
)  # fmt: skip
def test_tables_of_the_catalogue(spark, catalogue, source: Database) -> None:
    spark.attach("t", source)
    assert spark.schema("t").names == ("id", "k")
    assert spark.fold("t", [Count()])[Count()][()].n == 9
    spark.detach("t")


def test_files_by_their_address(spark, tmp_path: Path) -> None:
    pq.write_table(small(), tmp_path / "x.parquet")
    spark.attach("t", Database("spark", "", table=f"parquet.`file:{tmp_path}/x.parquet`"))
    assert spark.fold("t", [Count()])[Count()][()].n == 3
    assert str(tmp_path) not in spark._tables.table("t").what
    spark.detach("t")


def test_a_view_of_the_session_that_was_given(spark) -> None:
    from assay.engines.spark import SparkEngine

    with quiet_import():
        user = spark._opened._base
        user.range(4).createOrReplaceTempView("mine")
    with SparkEngine(session=user) as engine:
        engine.attach("t", Database("spark", "", table="mine"))
        assert engine.fold("t", [Count()])[Count()][()].n == 4
    user.catalog.dropTempView("mine")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (Database("spark", "", table="sales.order"),
        "no table 'sales.order'.*Did you mean 'orders'"),
        (Database("spark", "", table="a b"), "not the name of a table"),
        (Database("spark", "", table="x; DROP TABLE y"), "not the name of a table"),
        (Database("spark", "a;b", table="t"), "not the name of a database"),
        (Database("spark", "", query="DROP TABLE sales.orders"), "must be one SELECT"),
        (Database("spark", "", query="SELECT 1; SELECT 2"), "must be one SELECT"),
        (Database("spark", "", query="INSERT INTO sales.orders VALUES (1, 2)"),
        "must be one SELECT"),
        (Database("spark", "", query="SELECT reflect('java.lang.System', 'exit', '1')"),
        "not allowed"),
        (Database("spark", "", query="SELECT java_method('java.util.UUID', 'randomUUID')"),
         "not allowed"),
        (Database("spark", "", query="SELECT TRANSFORM(id) USING 'cat' AS (x) FROM sales.orders"),
         "not allowed|cannot be read"),
        (Database("spark", "", query="SELECT nope FROM sales.orders"), "`nope` cannot be resolved"),
        (Database("spark", ""), "a name or a query"),
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_no_table_of_the_catalogue(spark, catalogue, source: Any, words: str) -> None:
    with pytest.raises(AssayError, match=words) as caught:
        spark.attach("t", source)
        spark.schema("t")
    _is_plain(caught.value)
    spark.detach("t")


def _is_plain(error: AssayError) -> None:
    """No Java, no stack trace, no folder."""
    text = str(error)
    for sign in ("\n", "\tat ", "org.apache", "java.", "Exception", "SQLSTATE", "/tmp", "pytest-"):
        assert sign not in text, text


def broken(tmp_path: Path, kind: str) -> Source:
    """Files that cannot be read, of every sort."""
    good = tmp_path / "a.parquet"
    pq.write_table(small(), good)
    data = good.read_bytes()
    second = tmp_path / "b.parquet"
    match kind:
        case "footer":
            second.write_bytes(data[:-20])
        case "pages":
            second.write_bytes(data[:4] + b"\xff" * (len(data) // 3) + data[4 + len(data) // 3 :])
        case "a column less":
            pq.write_table(small().drop_columns(["a"]), second)
        case "another type":
            pq.write_table(small().set_column(0, "a", pa.array(["x", "y", "z"])), second)
        case "text":
            second.write_text("not parquet at all")
        case "gone":
            second.write_bytes(data)
    return files(tmp_path, "parquet")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("footer", "'b.parquet' cannot be read.*write it again"),
        ("pages", "cannot be read"),
        ("a column less", "'b.parquet' has no column 'a', which 'a.parquet' has"),
        ("another type", "Column 'a' is string in 'b.parquet' and int64 in 'a.parquet'"),
        ("text", "'b.parquet' cannot be read"),
        ("gone", "cannot be read|does not exist"),
    ],
)
def test_a_damaged_file_in_a_folder(spark, tmp_path: Path, kind: str, words: str) -> None:
    source = broken(tmp_path, kind)
    with pytest.raises(SubjectError, match=words) as caught:
        spark.attach("t", source)
        if kind == "gone":
            (tmp_path / "b.parquet").unlink()
        spark.fold("t", [Moments(of=Column("a")), Count(where=call("like", Column("b c"), "t%"))])
    _is_plain(caught.value)
    spark.detach("t")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"a,b\n1,2\n3\n", "same number of fields|MALFORMED|fields where the header"),
        (b"a,b\n1,2\n3,4,5\n", "same number of fields|fields where the header"),
        (b"a,b\n1,caf\xe9\n", "not UTF-8|UTF-8"),
        (b"", "is empty"),
    ],
)
def test_a_damaged_csv(spark, tmp_path: Path, text: bytes, words: str) -> None:
    (tmp_path / "x.csv").write_bytes(text)
    with pytest.raises(SubjectError, match=words) as caught:
        spark.attach("t", files(tmp_path / "x.csv", "csv"))
        spark.fold("t", [Count(where=call("not_null", Column("a")))])
    _is_plain(caught.value)
    spark.detach("t")


def test_a_csv_that_changes_its_types_behind_the_sample(spark, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    spark.attach("t", files(path, "csv"))
    path.write_text("a,b\n1,2\nx,3\n4\n")
    with pytest.raises(AssayError) as caught:
        spark.fold("t", [Moments(of=Column("a"))])
    _is_plain(caught.value)
    spark.detach("t")


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        (Column("nope"), "There is no column 'nope'"),
        (call("lt", Column("b c"), 5), "Cannot compare"),
        (call("add", Column("x"), 1), "is not a number"),
        (call("eq", Column("when"), "no date"), "does not|malformed|cannot be cast"),
        (Sql("a + nope"), "no column 'nope'"),
        (Sql("a + x"), "data type mismatch|mismatch"),
    ],
)
def test_expressions_that_do_not_fit(spark, expression: Any, words: str) -> None:
    table = small().append_column("x", pa.array([[1], [2], None]))
    spark.attach("t", Memory(table))
    with pytest.raises(EngineError, match=words) as caught:
        spark.validate("t", [expression])
    _is_plain(caught.value)
    spark.detach("t")
