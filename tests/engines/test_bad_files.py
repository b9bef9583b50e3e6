"""Damaged, empty and misnamed files: one error that names the file and what to do."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.core.errors import SubjectError
from assay.core.expr import Column, call
from assay.core.source import Database, Files, Source
from assay.engines.duckdb import DuckDBEngine
from assay.states import Count, CountState, Frequencies, Moments


def opened(engine: DuckDBEngine, source: Source) -> None:
    """Attach and read: some faults show at once, some when the rows are read."""
    engine.attach("t", source)
    engine.schema("t")
    engine.fold("t", [Count(), Moments(of=Column("a"))])


def lines(folder: Path, name: str, *text: str) -> str:
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in text), encoding="utf-8")
    return str(path)


def whole_parquet(folder: Path) -> Path:
    path = folder / "t.parquet"
    pq.write_table(pa.table({"a": range(100_000)}), path)
    return path


def no_footer(folder: Path) -> str:
    path = whole_parquet(folder)
    path.write_bytes(path.read_bytes()[:-8])
    return str(path)


def half_arrow(folder: Path) -> str:
    path = folder / "t.arrow"
    table = pa.table({"a": range(100_000)})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as out:
        out.write_table(table)
    path.write_bytes(path.read_bytes()[:-2_000])
    return str(path)


def half_gzip(folder: Path) -> str:
    path = folder / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a\n" + b"1\n" * 100_000)[:50])
    return str(path)


def not_gzip(folder: Path) -> str:
    return lines(folder, "t.csv.gz", "a", "1")


def raw(folder: Path, name: str, content: bytes) -> str:
    (folder / name).write_bytes(content)
    return str(folder / name)


BAD: dict[str, tuple[Any, Callable[[Path], str], str]] = {
    "missing": ("csv", lambda f: str(f / "none.csv"), "There is no file"),
    "missing, near": (
        "csv", lambda f: (lines(f, "people.csv", "a"), str(f / "poeple.csv"))[1],
        "Did you mean 'people.csv'",
    ),
    "no match": ("csv", lambda f: str(f / "*.csv"), "No file matches"),
    "empty folder": ("parquet", str, "holds no parquet file"),
    "remote": ("parquet", lambda f: "s3://bucket/t.parquet", "not a local file"),
    "zero bytes csv": ("csv", lambda f: raw(f, "t.csv", b""), r"empty \(0 bytes\)"),
    "zero bytes parquet": ("parquet", lambda f: raw(f, "t.parquet", b""), r"empty \(0 bytes\)"),
    "zero bytes jsonl": ("jsonl", lambda f: raw(f, "t.jsonl", b""), r"empty \(0 bytes\)"),
    "zero bytes arrow": ("arrow", lambda f: raw(f, "t.arrow", b""), r"empty \(0 bytes\)"),
    "no footer": ("parquet", no_footer, "not a complete Parquet file"),
    "text as parquet": ("parquet", lambda f: lines(f, "t.parquet", "a,b", "1,2"), "true format"),
    "parquet as csv": ("csv", lambda f: str(whole_parquet(f)), "is a parquet file, not csv"),
    "zip as csv": ("csv", lambda f: raw(f, "t.csv", b"PK\x03\x04xx"), "is a zip file"),
    "json as csv": ("csv", lambda f: lines(f, "t.csv", '{"a": 1}'), "looks like JSON"),
    "binary as csv": ("csv", lambda f: raw(f, "t.csv", b"\x00\x01\x02\n"), "not UTF-8"),
    "latin-1": ("csv", lambda f: raw(f, "t.csv", "a\nna\u00efve\n".encode("latin-1")), "not UTF-8"),
    "utf-16": ("csv", lambda f: raw(f, "t.csv", "a\nb\n".encode("utf-16")), "not UTF-8"),
    "blank header": ("csv", lambda f: lines(f, "t.csv", "", "1"), "no header"),
    "ragged": ("csv", lambda f: lines(f, "t.csv", "a,b", "1,2", "3", "4,5,6"), "number of fields"),
    "half gzip": ("csv", half_gzip, "cannot be"),
    "not gzip": ("csv", not_gzip, "cannot be decompressed"),
    "cut json": ("jsonl", lambda f: lines(f, "t.jsonl", '{"a": 1}', '{"a":'), "one JSON object"),
    "json array": ("jsonl", lambda f: lines(f, "t.jsonl", "[1, 2]"), "one JSON object"),
    "text as jsonl": ("jsonl", lambda f: lines(f, "t.jsonl", "hello"), "one JSON object"),
    "half arrow": ("arrow", half_arrow, "Arrow IPC"),
    "text as arrow": ("arrow", lambda f: lines(f, "t.arrow", "a,b"), "Arrow IPC"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "make", "said"), BAD.values(), ids=BAD.keys())
def test_one_error_says_what_to_do(
    engine: DuckDBEngine, tmp_path: Path, kind: Any, make: Callable[[Path], str], said: str
) -> None:
    path = make(tmp_path)
    with pytest.raises(SubjectError, match=said) as caught:
        opened(engine, Files((path,), kind))
    assert Path(path).name in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_ragged_far_down(engine: DuckDBEngine, tmp_path: Path) -> None:
    big = ["a,b", *["1,2"] * 30_000, "3", "4,5,6"]
    path = lines(tmp_path, "t.csv", *big)
    with pytest.raises(SubjectError, match=r"number of fields|line 30,002 has 1 field "):
        opened(engine, Files((path,), "csv"))


def test_ragged_beyond_the_sample(
    engine: DuckDBEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.engines.duckdb.csvs._WHOLE", 0)
    monkeypatch.setattr("assay.engines.duckdb.csvs._SAMPLE", 1_000)
    engine.attach("t", Files((lines(tmp_path, "t.csv", "a,b", *["1,2"] * 50_000, "3"),), "csv"))
    with pytest.raises(SubjectError, match="line 50,002 has 1 field where the header has 2"):
        engine.fold("t", [Count(), Moments(of=Column("a"))])


def test_type_broken_beyond_the_sample(
    engine: DuckDBEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.engines.duckdb.csvs._WHOLE", 0)
    monkeypatch.setattr("assay.engines.duckdb.csvs._SAMPLE", 1_000)
    engine.attach("t", Files((lines(tmp_path, "t.csv", "a,b", *["1,2"] * 50_000, "x,2"),), "csv"))
    with pytest.raises(SubjectError, match="line 50,002 holds 'x' in column 'a'"):
        engine.fold("t", [Moments(of=Column("a"))])


def test_mixed_types_in_a_small_file_are_text(engine: DuckDBEngine, tmp_path: Path) -> None:
    path = lines(tmp_path, "t.csv", "a,b", *["1,2"] * 30_000, "x,2")
    engine.attach("t", Files((path,), "csv"))
    assert [c.kind for c in engine.schema("t").columns] == ["string", "integer"]
    readable = Count(where=call("castable", Column("a"), "integer"))
    assert engine.fold("t", [readable])[readable][()] == CountState(30_000)


def test_damage_in_the_middle_of_parquet(engine: DuckDBEngine, tmp_path: Path) -> None:
    path = whole_parquet(tmp_path)
    content = bytearray(path.read_bytes())
    content[1_000:60_000] = b"\xff" * 59_000
    path.write_bytes(bytes(content))
    engine.attach("t", Files((str(path),), "parquet"))
    with pytest.raises(SubjectError, match=r"t\.parquet"):
        engine.fold("t", [Moments(of=Column("a"))])


def test_only_a_header_is_zero_rows(engine: DuckDBEngine, tmp_path: Path) -> None:
    engine.attach("t", Files((lines(tmp_path, "t.csv", "a,b"),), "csv"))
    assert engine.schema("t").names == ("a", "b")
    assert engine.fold("t", [Count()])[Count()][()] == CountState(0)
    assert list(engine.batches("t", batch_size=10)) == []
    assert engine.examples("t", call("is_null", Column("a"))) == (["a", "b"], [], 0)


def test_delimiters_quotes_and_dates(engine: DuckDBEngine, tmp_path: Path) -> None:
    path = lines(
        tmp_path, "t.csv", '\ufeff"a;1";b;d', '"x;y";1,5;31/12/2023', '"q""q\nline";2,5;01/01/2024'
    )
    engine.attach("t", Files((path,), "csv"))
    assert [(c.name, c.kind) for c in engine.schema("t").columns] == [
        ("a;1", "string"), ("b", "string"), ("d", "date"),
    ]  # fmt: skip
    counts = Frequencies(of=(Column("a;1"), Column("d")))
    assert engine.fold("t", [counts])[counts][()].as_dict() == {
        ("x;y", "2023-12-31"): 1, ('q"q\nline', "2024-01-01"): 1,
    }  # fmt: skip


def test_files_of_one_table_must_agree(engine: DuckDBEngine, tmp_path: Path) -> None:
    a, b = lines(tmp_path, "a.csv", "x,y", "1,2"), lines(tmp_path, "b.csv", "x,z", "1,2")
    engine.attach("t", Files((a, b), "csv"))
    with pytest.raises(SubjectError, match=r"b\.csv' does not have the columns of .*a\.csv"):
        engine.schema("t")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"b": ["x"]}), tmp_path / "b.parquet")
    engine.attach("t", Files((str(tmp_path),), "parquet"))
    with pytest.raises(SubjectError, match="same columns"):
        engine.fold("t", [Moments(of=Column("a"))])


def test_types_widen_over_files(engine: DuckDBEngine, tmp_path: Path) -> None:
    a = lines(tmp_path, "a.csv", "n,t,d", "1,1,2024-01-01")
    b = lines(tmp_path, "b.csv", "n,t,d", "1.5,x,2024-01-01 10:00:00")
    engine.attach("t", Files((a, b), "csv"))
    assert [c.kind for c in engine.schema("t").columns] == ["float", "string", "timestamp"]
    moments = Moments(of=Column("n"))
    assert engine.fold("t", [moments])[moments][()].mean == 1.25


@pytest.mark.parametrize(("kind", "name"), [("duckdb", "x.duckdb"), ("sqlite", "x.sqlite")])
def test_damaged_databases(engine: DuckDBEngine, tmp_path: Path, kind: Any, name: str) -> None:
    (tmp_path / name).write_bytes(b"SQLite format 3\x00" + b"\x07" * 4_096 if kind == "sqlite"
                                  else b"\x00" * 8 + b"DUCK" + b"\x07" * 20_000)  # fmt: skip
    with pytest.raises(SubjectError, match=name):
        opened(engine, Database(kind, str(tmp_path / name), table="t"))
    (tmp_path / name).write_text("hello")
    with pytest.raises(SubjectError, match="is not a"):
        engine.attach("t", Database(kind, str(tmp_path / name), table="t"))


def test_unreadable_file(
    engine: DuckDBEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "loop.csv"
    path.symlink_to(path)
    with pytest.raises(SubjectError, match="There is no file"):
        engine.attach("t", Files((str(path),), "csv"))


def test_unknown_table(engine: DuckDBEngine) -> None:
    engine.attach("people", Files((__file__,), "csv"))
    with pytest.raises(SubjectError, match=r"no table 'poeple'\. Did you mean 'people'"):
        engine.fold("poeple", [Count()])
