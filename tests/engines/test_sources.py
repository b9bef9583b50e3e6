"""The same rows from every kind of source give the same fold."""

from __future__ import annotations

import gzip
import math
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest

from assay.core.errors import MissingExtraError, SubjectError
from assay.core.expr import Column, Member, call
from assay.core.source import Database, Files, Memory, Source
from assay.engines.duckdb import DuckDBEngine
from assay.states import Count, CountState, Frequencies, Moments, Sample

ROWS = pa.table(
    {
        "id": pa.array(range(2_500)),
        "x": pa.array([None if k % 7 == 0 else k / 4 for k in range(2_500)]),
        "city": pa.array([("Ghent", "naïve", None)[k % 3] for k in range(2_500)]),
        "ok": pa.array([k % 2 == 0 for k in range(2_500)]),
        "day": pa.array([k % 50 for k in range(2_500)], pa.int32()).cast(pa.date32()),
        "at": pa.array([k * 60_000_000 for k in range(2_500)]).cast(pa.timestamp("us")),
    }
)  # fmt: skip
KINDS = ("integer", "float", "string", "boolean", "date", "timestamp")


def csv(folder: Path, name: str = "t.csv", rows: pa.Table = ROWS) -> Files:
    plain = folder / "plain.csv"
    rows.to_pandas().to_csv(plain, index=False)
    path = folder / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(plain.read_bytes()))
    elif name.endswith(".zst"):
        with pa.CompressedOutputStream(str(path), "zstd") as sink:
            sink.write(plain.read_bytes())
    else:
        plain.rename(path)
    return Files((str(path),), "csv")


def jsonl(folder: Path, name: str = "t.jsonl") -> Files:
    text = pl.from_arrow(ROWS).write_ndjson().encode()  # type: ignore[union-attr]
    path = folder / name
    if name.endswith(".zst"):
        with pa.CompressedOutputStream(str(path), "zstd") as sink:
            sink.write(text)
    else:
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return Files((str(path),), "jsonl")


def parquet_folder(folder: Path) -> Files:
    (folder / "deep").mkdir()
    pq.write_table(ROWS.slice(0, 1_000), folder / "a.parquet")
    pq.write_table(ROWS.slice(1_000), folder / "deep" / "b.parquet")
    (folder / "_SUCCESS").touch()
    return Files((str(folder),), "parquet")


def parquet_glob(folder: Path) -> Files:
    for k in range(5):
        pq.write_table(ROWS.slice(k * 500, 500), folder / f"part-{k}.parquet")
    return Files((str(folder / "part-[0-9].parquet"),), "parquet")


def parquet(folder: Path) -> Files:
    path = folder / "strange [1] *.parquet"
    pq.write_table(ROWS, path)
    pq.write_table(ROWS.slice(0, 1), folder / "strange 1 x.parquet")
    return Files((str(path),), "parquet")


def two_csv(folder: Path) -> Files:
    (folder / "1").mkdir()
    (folder / "2").mkdir()
    paths = (
        csv(folder / "1", rows=ROWS.slice(0, 1_200)).paths
        + csv(folder / "2", rows=ROWS.slice(1_200)).paths
    )
    return Files(paths, "csv")


def arrow(folder: Path) -> Files:
    with (
        pa.OSFile(str(folder / "t.arrow"), "wb") as sink,
        pa.ipc.new_file(sink, ROWS.schema) as out,
    ):
        out.write_table(ROWS, max_chunksize=700)
    return Files((str(folder / "t.arrow"),), "arrow")


def arrow_stream(folder: Path) -> Files:
    with (
        pa.OSFile(str(folder / "t.arrows"), "wb") as sink,
        pa.ipc.new_stream(sink, ROWS.schema) as out,
    ):
        out.write_table(ROWS, max_chunksize=700)
    return Files((str(folder / "t.arrows"),), "arrow")


def reader(folder: Path) -> Memory:
    return Memory(
        pa.RecordBatchReader.from_batches(ROWS.schema, ROWS.to_batches(max_chunksize=700))
    )


def dataset(folder: Path) -> Memory:
    pq.write_table(ROWS, folder / "t.parquet")
    return Memory(ds.dataset(folder / "t.parquet"))


class Capsule:
    """Any object that speaks the Arrow PyCapsule protocol."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return ROWS.__arrow_c_stream__(requested_schema)


def duckdb_file(folder: Path) -> str:
    path = str(folder / "t.duckdb")
    with duckdb.connect(path) as connection:
        connection.register("rows", ROWS)
        connection.execute("CREATE SCHEMA s")
        connection.execute('CREATE TABLE s."a b" AS SELECT * FROM rows')
        connection.execute('CREATE VIEW v AS SELECT * FROM s."a b"')
    return path


def sqlite_file(folder: Path) -> str:
    path = str(folder / "t.sqlite")
    with sqlite3.connect(path) as connection:
        connection.execute(
            'CREATE TABLE "a b" (id INTEGER, x REAL, city TEXT, ok BOOLEAN, day DATE, at TIMESTAMP)'
        )
        rows = [
            (r["id"], r["x"], r["city"], r["ok"], str(r["day"]), str(r["at"]))
            for r in ROWS.to_pylist()
        ]
        connection.executemany('INSERT INTO "a b" VALUES (?, ?, ?, ?, ?, ?)', rows)
    connection.close()
    return path


SOURCES: dict[str, Callable[[Path], Source]] = {
    "csv": csv,
    "csv.gz": lambda f: csv(f, "t.csv.gz"),
    "csv.zst": lambda f: csv(f, "t.csv.zst"),
    "two csv": two_csv,
    "jsonl": jsonl,
    "jsonl.gz": lambda f: jsonl(f, "t.jsonl.gz"),
    "jsonl.zst": lambda f: jsonl(f, "t.jsonl.zst"),
    "parquet": parquet,
    "parquet folder": parquet_folder,
    "parquet glob": parquet_glob,
    "arrow": arrow,
    "arrow stream": arrow_stream,
    "table": lambda f: Memory(ROWS),
    "record batch": lambda f: Memory(ROWS.combine_chunks().to_batches()[0]),
    "record batch reader": reader,
    "dataset": dataset,
    "capsule": lambda f: Memory(Capsule()),
    "pandas": lambda f: Memory(ROWS.to_pandas()),
    "polars": lambda f: Memory(pl.from_arrow(ROWS)),
    "polars lazy": lambda f: Memory(pl.from_arrow(ROWS).lazy()),  # type: ignore[union-attr]
    "duckdb table": lambda f: Database("duckdb", duckdb_file(f), table="a b"),
    "duckdb schema": lambda f: Database("duckdb", duckdb_file(f), table="s.a b"),
    "duckdb view": lambda f: Database("duckdb", duckdb_file(f), table="v"),
    "duckdb query": lambda f: Database("duckdb", duckdb_file(f), query="SELECT * FROM v;"),
    "sqlite": lambda f: Database("sqlite", sqlite_file(f), table="a b"),
}
AGGREGATES = [
    Count(), Moments(of=Column("x")), Moments(of=Column("day")), Moments(of=Column("at")),
    Frequencies(of=(Column("city"),)), Frequencies(of=(Column("ok"),)), Count(by=(Column("city"),)),
    Sample(of=(Column("id"),)), Count(where=call("ge", Column("day"), "1970-01-10")),
    Frequencies(of=(Column("day"),), where=call("lt", Column("id"), 3)),
]  # fmt: skip


def check(engine: DuckDBEngine, source: Source) -> None:
    engine.attach("expected", Memory(ROWS))
    engine.attach("t", source)
    schema = engine.schema("t")
    assert tuple(c.name for c in schema.columns) == tuple(ROWS.column_names)
    assert tuple(c.kind for c in schema.columns) == KINDS
    expected = engine.fold("expected", AGGREGATES)
    for _ in range(2):  # and again: nothing is read only once
        folded = engine.fold("t", AGGREGATES)
        for aggregate in AGGREGATES:
            for key, state in folded[aggregate].items():
                reference = expected[aggregate][key]
                if isinstance(aggregate, Moments):
                    assert state.n == reference.n
                    assert state.mean == pytest.approx(reference.mean)
                    assert state.m2 == pytest.approx(reference.m2)
                else:
                    assert state == reference, aggregate
    batches = list(engine.batches("t", batch_size=1_000))
    assert [b.num_rows for b in batches] == [1_000, 1_000, 500]
    assert pa.Table.from_batches(batches)["id"].to_pylist() == list(range(2_500))
    names, rows, total = engine.examples("t", call("eq", Column("id"), 8))
    assert (names, total) == (ROWS.column_names, 1)
    assert rows == [[8, 2.0, None, True, "1970-01-09", "1970-01-01 00:08:00"]]
    inside = Count(where=Member((Column("id"),), "t", ("id",)))
    assert engine.fold("expected", [inside])[inside][()] == CountState(2_500)


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES.keys())
def test_same_rows(engine: DuckDBEngine, tmp_path: Path, make: Callable[[Path], Source]) -> None:
    check(engine, make(tmp_path))


@pytest.fixture
def filled(postgresql: Any) -> Any:
    import adbc_driver_postgresql.dbapi as driver

    with driver.connect(postgresql.get_uri()) as connection:
        with connection.cursor() as cursor:
            cursor.execute('DROP TABLE IF EXISTS "a b"')
            cursor.adbc_ingest("a b", ROWS)
        connection.commit()
    return postgresql.get_uri()


def test_postgresql_table(engine: DuckDBEngine, filled: str) -> None:
    check(engine, Database("postgresql", filled, table="a b"))


def test_postgresql_query(engine: DuckDBEngine, filled: str) -> None:
    check(engine, Database("postgresql", filled, query='SELECT * FROM "a b" ORDER BY id;'))


def test_postgresql_types(engine: DuckDBEngine, postgresql: Any) -> None:
    query = (
        "SELECT 1.50::numeric AS n, 'NaN'::numeric AS nan, gen_random_uuid() AS u, "
        "'{\"a\": 1}'::jsonb AS j, ARRAY[1, 2] AS l, now() AS z, '10:00'::time AS t, "
        "'x'::bytea AS b, INTERVAL '1 day' AS i, NULL::int AS e, true AS f"
    )
    engine.attach("t", Database("postgresql", postgresql.get_uri(), query=query))
    kinds = {c.name: c.kind for c in engine.schema("t").columns}
    assert kinds == {
        "n": "float", "nan": "float", "u": "string", "j": "string", "l": "nested",
        "z": "timestamp", "t": "time", "b": "binary", "i": "interval", "e": "integer",
        "f": "boolean",
    }  # fmt: skip
    moments = Moments(of=Column("n"))
    assert engine.fold("t", [moments])[moments][()].mean == 1.5
    assert engine.fold("t", [Count(where=call("is_null", Column("nan")))]).popitem()[1][()].n == 1


def test_postgresql_only_reads(engine: DuckDBEngine, filled: str) -> None:
    writing = 'WITH gone AS (DELETE FROM "a b" RETURNING 1) SELECT count(*) AS n FROM gone'
    engine.attach("t", Database("postgresql", filled, query=writing))
    with pytest.raises(SubjectError, match="read-only transaction"):
        engine.schema("t")
    engine.attach("t", Database("postgresql", filled, table="a b"))
    assert engine.fold("t", [Count()])[Count()][()].n == 2_500


def test_postgresql_says_what_is_wrong(engine: DuckDBEngine, filled: str) -> None:
    engine.attach("t", Database("postgresql", filled, table="a c"))
    with pytest.raises(SubjectError, match=r"no table 'a c'\. Did you mean 'a b'"):
        engine.schema("t")
    engine.attach("t", Database("postgresql", filled, query="SELECT nothing"))
    with pytest.raises(SubjectError, match='column "nothing" does not exist'):
        engine.schema("t")
    secret = "postgresql://someone:hunter2@127.0.0.1:1/none"
    engine.attach("t", Database("postgresql", secret, table="x"))
    with pytest.raises(SubjectError) as caught:
        engine.schema("t")
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value.__context__)


def test_postgresql_without_its_driver(
    engine: DuckDBEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql.dbapi", None)  # as if not installed
    engine.attach("t", Database("postgresql", "postgresql://x", table="t"))
    with pytest.raises(MissingExtraError, match=r"pip install 'assay\[postgresql\]'"):
        engine.schema("t")


def test_sqlite_mixed_types(engine: DuckDBEngine, tmp_path: Path) -> None:
    path = tmp_path / "mixed.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE t (i INTEGER, r REAL, d DATE, b BLOB, n NUMERIC, e INTEGER, o BOOLEAN, v)"
        )
        connection.executemany(
            "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (1, 1, "2024-01-01", b"\x01", 1, None, 1, None),
                ("many", "x", "soon", "text", 2.5, None, 0, 1),
                (None, 2.5, None, None, None, None, 2, b"\xff"),
            ],
        )
        connection.execute("UPDATE t SET v = CAST(x'ff41' AS TEXT) WHERE i = 1")
    connection.close()
    engine.attach("t", Database("sqlite", str(path), table="t"))
    kinds = {c.name: c.kind for c in engine.schema("t").columns}
    assert kinds == {
        "i": "string", "r": "string", "d": "string", "b": "string", "n": "float", "e": "integer",
        "o": "boolean", "v": "string",
    }  # fmt: skip
    counts = Frequencies(of=(Column("i"),))
    assert engine.fold("t", [counts])[counts][()].as_dict() == {("1",): 1, ("many",): 1, (None,): 1}
    castable = Count(where=call("castable", Column("i"), "integer"))
    assert engine.fold("t", [castable])[castable][()].n == 1


def test_sqlite_only_reads(engine: DuckDBEngine, tmp_path: Path) -> None:
    path = sqlite_file(tmp_path)
    for query in ("SELECT load_extension('x')", "SELECT * FROM pragma_database_list"):
        engine.attach("t", Database("sqlite", path, query=query))
        with pytest.raises(SubjectError, match="cannot be read"):
            engine.schema("t")
    engine.attach(
        "t", Database("sqlite", path, query='SELECT count(*) AS n, x FROM "a b" GROUP BY x')
    )
    assert {c.name: c.kind for c in engine.schema("t").columns} == {"n": "integer", "x": "float"}


@pytest.mark.parametrize(
    "query",
    ["DELETE FROM t", "ATTACH 'x' AS y", "SELECT 1; DROP TABLE t", "PRAGMA x", "COPY t TO 'x'", "",
     "UPDATE t SET a = 1", ";"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["duckdb", "sqlite", "postgresql"])
def test_queries_may_only_read(engine: DuckDBEngine, kind: Any, query: str) -> None:
    with pytest.raises(SubjectError, match=r"begin with SELECT|more than one statement"):
        engine.attach("t", Database(kind, "x", query=query))


def test_a_duckdb_query_reaches_only_its_file(engine: DuckDBEngine, tmp_path: Path) -> None:
    path = duckdb_file(tmp_path)
    (tmp_path / "other.csv").write_text("a\n1\n")
    for query in (
        f"SELECT * FROM read_csv('{tmp_path / 'other.csv'}')",
        f"SELECT * FROM '{tmp_path / 'other.csv'}'",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM nowhere",
    ):
        engine.attach("t", Database("duckdb", path, query=query))
        with pytest.raises(SubjectError, match="query of"):
            engine.schema("t")


def test_two_tables_of_one_duckdb_file(engine: DuckDBEngine, tmp_path: Path) -> None:
    path = duckdb_file(tmp_path)
    engine.attach("a", Database("duckdb", path, table="v"))
    engine.attach("b", Database("duckdb", path, table="s.a b"))
    engine.attach("c", Database("duckdb", path, query="SELECT 1 AS one"))
    assert [engine.fold(n, [Count()])[Count()][()].n for n in "abc"] == [2_500, 2_500, 1]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (Database("duckdb", "x", table="t", query="SELECT 1"), "a table or a query"),
        (Database("duckdb", "x"), "a table or a query"),
        (Database("duckdb", "missing.duckdb", table="t"), "no file 'missing.duckdb'"),
        (Database("sqlite", "missing.db", table="t"), "no file 'missing.db'"),
        (Memory([1, 2]), "is not a table"),
        (Memory(pa.table({})), "no columns"),
        (Memory(pd.DataFrame([[1, 2]], columns=["a", "a"])), "more than one column named 'a'"),
        (Memory(pa.table([[1], [2]], names=["a", "a"])), "more than one column named 'a'"),
    ],
)
def test_what_cannot_be_attached(engine: DuckDBEngine, source: Source, said: str) -> None:
    with pytest.raises(SubjectError, match=said):
        engine.attach("t", source)


def test_pandas_of_mixed_types(over: Callable[[Any], DuckDBEngine]) -> None:
    frame = pd.DataFrame(
        {"m": [1, "two", None], "n": [1.0, math.nan, 2.0], 3: pd.Categorical(["a", "b", None])}
    )
    engine = over(frame)
    assert {c.name: c.kind for c in engine.schema("t").columns} == {
        "m": "string", "n": "float", "3": "string",
    }  # fmt: skip
    counts = Frequencies(of=(Column("m"),))
    assert engine.fold("t", [counts])[counts][()].as_dict() == {("1",): 1, ("two",): 1, (None,): 1}


def test_a_table_attached_again_is_the_new_one(engine: DuckDBEngine) -> None:
    for n in (1, 3):
        engine.attach("t", Memory(pa.table({f"c{n}": range(n)})))
        assert engine.schema("t").names == (f"c{n}",)
        assert engine.fold("t", [Count()])[Count()][()].n == n


def test_spooled_streams_leave_no_files(tmp_path: Path) -> None:
    with DuckDBEngine(temp_directory=tmp_path) as engine:
        engine.attach("t", reader(tmp_path))
        assert engine.fold("t", [Count()])[Count()][()].n == 2_500
        assert len(list(tmp_path.rglob("*.arrow"))) == 1
    assert os.listdir(tmp_path) == []


ARROW_IN_THREADS = """
import sys
from concurrent.futures import ThreadPoolExecutor
from assay.core.expr import Column, call
from assay.core.source import Files
from assay.engines.duckdb import DuckDBEngine

with DuckDBEngine() as engine, ThreadPoolExecutor(4) as pool:
    engine.attach("t", Files((sys.argv[1],), "arrow"))
    where = call("gt", Column("x"), 5)
    print({total for *_, total in pool.map(lambda _: engine.examples("t", where), range(60))})
"""


@pytest.mark.parametrize("compression", [None, "zstd"])
def test_arrow_files_stand_scans_that_stop_early(tmp_path: Path, compression: str | None) -> None:
    """DuckDB crashed in Arrow's data sets where some threads asked for a few rows at once."""
    table = pa.table({"x": range(2000), "word": ["Ghent", "Lyon"] * 1000})
    options = pa.ipc.IpcWriteOptions(compression=compression)
    path = tmp_path / "t.arrow"
    sink = pa.OSFile(str(path), "wb")
    with sink, pa.ipc.new_file(sink, table.schema, options=options) as f:
        for batch in table.to_batches(max_chunksize=10):
            f.write_batch(batch)
    done = subprocess.run(
        [sys.executable, "-c", ARROW_IN_THREADS, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "{1994}\n"), done.stderr


@pytest.mark.parametrize("unit", ["us", "ns"])
def test_times_with_a_zone_are_times_in_whatever_unit(engine: DuckDBEngine, unit: str) -> None:
    """pandas counts nanoseconds; DuckDB's type for those with a zone takes hardly a function."""
    texts = ["2020-01-01 00:00:00", "2021-01-01 00:00:00.5", None]
    at = pd.to_datetime(pd.Series(texts), format="ISO8601").dt.tz_localize("America/New_York")
    frame = pd.DataFrame({"at": at.astype(f"datetime64[{unit}, America/New_York]"), "x": 1.0})
    engine.attach("t", Memory(frame))
    column = Column("at")
    later, sample = Count(where=call("ge", column, "2020-06-01")), Sample(of=(column, Column("x")))
    folded = engine.fold("t", [later, sample])
    assert engine.schema("t").columns[0].kind == "timestamp"
    assert folded[later][()] == CountState(1)
    moments = folded[sample][()].arrays()[0]
    assert moments[:2].tolist() == [1577854800.0, 1609477200.5]
    assert math.isnan(moments[2])
