"""Tables as a suite or a program names them."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from assay.core.errors import SubjectError
from assay.core.source import Database, Files, Memory
from assay.subjects.table import describe, fingerprint, table_source


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "train.csv").write_text("a,b\n1,x\n")
    (tmp_path / "train.csv.gz").write_bytes(gzip.compress(b"a,b\n1,x\n"))
    for name in ("part-1.parquet", "part-0.parquet", "_SUCCESS", ".part-0.crc"):
        (tmp_path / "data" / name).write_bytes(name.encode())
    return tmp_path


@pytest.mark.parametrize(
    ("name", "format_"),
    [
        ("x.csv", "csv"), ("x.CSV", "csv"), ("x.csv.gz", "csv"), ("x.csv.zst", "csv"),
        ("x.tsv", "csv"), ("x.parquet", "parquet"), ("x.jsonl", "jsonl"),
        ("x.ndjson.gz", "jsonl"), ("x.jsonl.zst", "jsonl"), ("x.arrow", "arrow"),
        ("x.feather", "arrow"), ("a b'\";drop.csv", "csv"), ("naïve[1].csv", "csv"),
    ],
)  # fmt: skip
def test_a_file_is_known_by_its_ending(tmp_path: Path, name: str, format_: str) -> None:
    (tmp_path / name).write_bytes(b"")
    assert table_source(name, str(tmp_path)) == Files((str(tmp_path / name),), format_)


def test_an_absolute_path_and_a_path_object_do_not_start_at_the_folder(folder: Path) -> None:
    path = folder / "train.csv"
    assert (
        table_source(path, "/nowhere") == table_source(str(path), "/") == Files((str(path),), "csv")
    )


def test_a_folder_and_a_glob_are_one_table_in_the_order_of_names(folder: Path) -> None:
    paths = tuple(str(folder / "data" / f"part-{i}.parquet") for i in (0, 1))
    assert table_source("data", str(folder)) == Files(paths, "parquet")
    assert table_source("data/*.parquet", str(folder)) == Files(paths, "parquet")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("trian.csv", "'trian.csv'.*Did you mean 'train.csv'"),
        ("nowhere/train.csv", "There is no folder"),
        ("train.csv/x.csv", "is a file, not a folder"),
        ("*.jsonl", "No file matches"),
        ("empty", "holds no file"),
        ("notes.xlsx", "ending of 'notes.xlsx' is not known.*parquet"),
        ("notes.parqet", "Did you mean '.parquet'"),
        ("mixed", "several formats: csv, parquet"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(folder: Path, written: str, words: str) -> None:
    (folder / "empty").mkdir()
    (folder / "mixed").mkdir()
    for name in ("notes.xlsx", "notes.parqet", "mixed/a.csv", "mixed/b.parquet"):
        (folder / name).write_bytes(b"x")
    with pytest.raises(SubjectError, match=words):
        table_source(written, str(folder))


def test_databases(folder: Path) -> None:
    duckdb.connect(str(folder / "d.db")).close()
    assert table_source({"duckdb": "d.db", "table": "t"}, str(folder)) == Database(
        "duckdb", str(folder / "d.db"), table="t"
    )
    url = "postgresql://me:secret@host/db"
    source = table_source({"postgresql": url, "query": "select 1"}, str(folder))
    assert source == Database("postgresql", url, query="select 1")
    assert "secret" not in describe(source) + repr(source)
    assert fingerprint(source) == ""


@pytest.mark.parametrize(
    "value",
    [
        {"duckdb": "d.db"}, {"duckdb": "d.db", "table": "t", "query": "q"},
        {"sqlite": "missing.db", "table": "t"}, {"postgre": "x", "table": "t"},
        {"duckdb": "a", "sqlite": "b", "table": "t"}, {"postgresql": "", "table": "t"},
        {"postgresql": 5, "table": "t"}, {}, 5, None, [1],
    ],
)  # fmt: skip
def test_what_is_no_table(tmp_path: Path, value: object) -> None:
    (tmp_path / "d.db").write_bytes(b"")
    with pytest.raises(SubjectError):
        table_source(value, str(tmp_path))


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ({"spark": "sales.orders"}, Database("spark", "", table="sales.orders")),
        ({"spark": "", "table": "orders"}, Database("spark", "", table="orders")),
        ({"spark": "sales", "table": "orders"}, Database("spark", "sales", table="orders")),
        ({"spark": "", "query": "SELECT 1"}, Database("spark", "", query="SELECT 1")),
        (
            {"spark": "parquet.`s3a://lake/orders`"},
            Database("spark", "", table="parquet.`s3a://lake/orders`"),
        ),
    ],
)
def test_tables_that_spark_knows(value: dict[str, str], source: Database) -> None:
    assert table_source(value, "/nowhere") == source
    assert fingerprint(source) == ""


@pytest.mark.parametrize(
    "value",
    [{"spark": ""}, {"spark": 5}, {"spark": "a", "table": " "}, {"spark": "a", "table": 1},
     {"spark": "a", "table": "t", "query": "q"}, {"spark": None, "table": "t"}],
)  # fmt: skip
def test_what_is_no_table_of_spark(value: dict[str, object]) -> None:
    with pytest.raises(SubjectError):
        table_source(value, ".")


@pytest.mark.needs("java")
def test_a_frame_of_spark_stays_where_it_is(spark) -> None:
    """It is neither collected nor hashed: it may hold more than this process can."""
    from assay.engines.spark.opening import quiet_import

    with quiet_import():
        frame = spark._opened._base.range(10**12)
        source = table_source(frame, ".")
    assert isinstance(source, Memory)
    assert source.frame is frame
    assert fingerprint(source) == ""
    assert describe(source) == "pyspark DataFrame"


def test_the_nearest_database_word_is_named(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match="Did you mean 'postgresql'"):
        table_source({"postgres": "x", "table": "t"}, str(tmp_path))


def test_frames_are_hashed_by_content() -> None:
    values = {"a": [1, 2, None], "b": ["x", None, "naïve"]}
    table = pa.table(values)
    twice = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    hashes = {fingerprint(table_source(t, ".")) for t in (table, twice, twice.combine_chunks())}
    assert len(hashes) == 1
    assert hashes.pop().startswith("sha256:")
    other = pa.table({"a": [1, 2, 3], "b": ["x", None, "naïve"]})
    assert fingerprint(Memory(other)) != fingerprint(Memory(table))
    renamed = table.rename_columns(["a", "c"])
    assert fingerprint(Memory(renamed)) != fingerprint(Memory(table))
    assert fingerprint(table_source(pl.DataFrame(values), "."))
    frame = pd.DataFrame(values)
    assert fingerprint(table_source(frame, ".")) == fingerprint(Memory(frame.copy()))
    assert describe(table_source(frame, ".")) == "pandas DataFrame"


def test_a_stream_can_be_read_twice() -> None:
    reader = pa.table({"a": [1, 2]}).to_reader()
    source = table_source(reader, ".")
    assert isinstance(source, Memory)
    assert source.frame.num_rows == source.frame.num_rows == 2


def test_mixed_types_have_no_hash_rather_than_an_error() -> None:
    assert fingerprint(Memory(pd.DataFrame({"a": pd.Series([1, "x"], dtype=object)}))) == ""


def test_files_are_hashed_by_content(folder: Path) -> None:
    source = table_source("train.csv", str(folder))
    expected = hashlib.sha256(b"a,b\n1,x\n").hexdigest()
    assert fingerprint(source) == f"sha256:{expected}"
    assert describe(source) == "train.csv"
    parts = table_source("data", str(folder))
    before = fingerprint(parts)
    (folder / "data" / "part-1.parquet").write_bytes(b"other")
    assert fingerprint(parts) != before
    assert describe(parts) == "2 parquet files (part-0.parquet …)"
    (folder / "train.csv").unlink()
    with pytest.raises(SubjectError, match="No such file"):
        fingerprint(source)
