"""Names, width, threads, limits and lifetime of the engine."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.core.engine import Engine
from assay.core.errors import AssayError, EngineError, SubjectError
from assay.core.expr import Column, Member, call
from assay.core.source import Database, Files, Memory, Source
from assay.engines.duckdb import DuckDBEngine
from assay.states import Count, CountState, Distinct, Frequencies, Moments, Quantiles, Sample

HOSTILE = [
    '"; drop table', "a b", "naïve", "select", "a.b", " ", "😀", "'", "--", "/*", "*", "%s",
    "{x}", "$1", "?", "A;B", "\\", "\t", "\n", "count", "assay.unit",
    "p0", "c0", "<script>", "a" * 300,
]  # fmt: skip


def hostile() -> pa.Table:
    return pa.table({name: [1.0, None, float(k)] for k, name in enumerate(HOSTILE)})


def in_parquet(folder: Path) -> Source:
    pq.write_table(hostile(), folder / "t.parquet")
    return Files((str(folder / "t.parquet"),), "parquet")


def in_csv(folder: Path) -> Source:
    hostile().to_pandas().to_csv(folder / "t.csv", index=False)
    return Files((str(folder / "t.csv"),), "csv")


def in_jsonl(folder: Path) -> Source:
    hostile().to_pandas().to_json(folder / "t.jsonl", orient="records", lines=True)
    return Files((str(folder / "t.jsonl"),), "jsonl")


def in_sqlite(folder: Path) -> Source:
    names = ", ".join('"' + n.replace('"', '""') + '" REAL' for n in HOSTILE)
    with sqlite3.connect(folder / "t.db") as connection:
        connection.execute(f'CREATE TABLE "drop table" ({names})')
        connection.executemany(
            f'INSERT INTO "drop table" VALUES ({", ".join("?" * len(HOSTILE))})',
            [tuple(row.values()) for row in hostile().to_pylist()],
        )
    connection.close()
    return Database("sqlite", str(folder / "t.db"), table="drop table")


MAKERS: dict[str, Callable[[Path], Source]] = {
    "memory": lambda folder: Memory(hostile()), "parquet": in_parquet, "csv": in_csv,
    "jsonl": in_jsonl, "sqlite": in_sqlite,
}  # fmt: skip


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
def test_hostile_names(
    engine: DuckDBEngine, tmp_path: Path, make: Callable[[Path], Source]
) -> None:
    table = 't"; drop'
    engine.attach(table, make(tmp_path))
    # DuckDB numbers the columns of a CSV whose names are blank
    blank = [n for n in HOSTILE if not n.strip()] if make is in_csv else []
    named = set(HOSTILE) - set(blank)
    assert set(engine.schema(table).names) >= named
    assert len(engine.schema(table).names) == len(HOSTILE)
    for k, name in enumerate(HOSTILE):
        if name not in named:
            continue
        column = Column(name)
        aggregates = [
            Count(where=call("not_null", column)), Moments(of=column), Count(by=(column,)),
            Distinct(of=(column, column)), Frequencies(of=(column,)),
            Sample(of=(column,), by=(column,)),
            Quantiles(of=column, probabilities=(1.0,)),
            Count(where=Member((column,), table, (name,))),
        ]  # fmt: skip
        folded = engine.fold(table, aggregates)
        assert folded[aggregates[0]][()] == CountState(2)
        assert folded[aggregates[1]][()].mean == (1 + k) / 2
        assert folded[aggregates[2]].keys() == {(1.0,), (None,), (float(k),)}
        assert folded[aggregates[6]][()].values == (max(1.0, k),)
        assert folded[aggregates[7]][()] == CountState(2)
        assert engine.examples(table, call("is_null", column), columns=[name])[0] == [name]
        engine.validate(table, [column])
    [batch] = engine.batches(table, batch_size=10)
    assert batch.schema.names == list(engine.schema(table).names)


def test_names_that_differ_only_in_case(engine: DuckDBEngine, tmp_path: Path) -> None:
    rows = pa.table({"A": [1], "a": [2]})
    pq.write_table(rows, tmp_path / "t.parquet")
    (tmp_path / "t.jsonl").write_text('{"A": 1, "a": 2}\n')
    (tmp_path / "t.csv").write_text("A,a\n1,2\n")
    sources: list[Source] = [
        Memory(rows), Files((str(tmp_path / "t.parquet"),), "parquet"),
        Files((str(tmp_path / "t.jsonl"),), "jsonl"), Files((str(tmp_path / "t.csv"),), "csv"),
    ]  # fmt: skip
    for source in sources:
        engine.attach("t", source)
        first, second = engine.schema("t").names
        assert (first, second.lower()[:1]) == ("A", "a")
        folded = engine.fold("t", [Moments(of=Column(first)), Moments(of=Column(second))])
        assert [s[()].mean for s in folded.values()] == [1.0, 2.0]


def test_duplicate_names_in_csv_are_refused_and_blank_ones_called_by_place(
    engine: DuckDBEngine, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text("a,,b\n1,2,3\n")
    engine.attach("t", Files((str(tmp_path / "t.csv"),), "csv"))
    assert engine.schema("t").names == ("a", "column1", "b")
    for header in ("a,b,a", "a, a", "a,,column1"):
        (tmp_path / "t.csv").write_text(f"{header}\n{','.join('1' * len(header.split(',')))}\n")
        engine.attach("t", Files((str(tmp_path / "t.csv"),), "csv"))
        with pytest.raises(SubjectError, match=r"more than one column named '(a|column1)'"):
            engine.schema("t")


@pytest.mark.parametrize("kind", ["memory", "parquet", "csv", "jsonl", "sqlite"])
def test_two_thousand_columns(engine: DuckDBEngine, tmp_path: Path, kind: str) -> None:
    rows = pa.table({f"column {k}": [k, k + 1] for k in range(2_000)})
    source: Source = Memory(rows)
    if kind == "parquet":
        pq.write_table(rows, tmp_path / "t.parquet")
        source = Files((str(tmp_path / "t.parquet"),), "parquet")
    elif kind == "csv":
        rows.to_pandas().to_csv(tmp_path / "t.csv", index=False)
        source = Files((str(tmp_path / "t.csv"),), "csv")
    elif kind == "jsonl":
        rows.to_pandas().to_json(tmp_path / "t.jsonl", orient="records", lines=True)
        source = Files((str(tmp_path / "t.jsonl"),), "jsonl")
    elif kind == "sqlite":
        declared = ", ".join(f'"{name}" INTEGER' for name in rows.column_names)
        with sqlite3.connect(tmp_path / "t.db") as connection:
            connection.execute(f"CREATE TABLE t ({declared})")
            for k in (0, 1):
                values = ", ".join(str(n + k) for n in range(2_000))
                connection.execute(f"INSERT INTO t VALUES ({values})")
        connection.close()
        source = Database("sqlite", str(tmp_path / "t.db"), table="t")
    engine.attach("t", source)
    assert len(engine.schema("t").columns) == 2_000
    aggregates = [
        a
        for name in rows.column_names
        for a in (Count(where=call("not_null", Column(name))), Moments(of=Column(name)))
    ]
    folded = engine.fold("t", aggregates)
    assert all(folded[a][()].n == 2 for a in aggregates)
    assert folded[aggregates[-1]][()].mean == 1_999.5


def test_it_is_an_engine() -> None:
    engine: Engine = DuckDBEngine()
    engine.close()


def test_many_threads(engine: DuckDBEngine) -> None:
    tables = {
        f"t{k}": pa.table({"x": np.arange(20_000.0) * k, "g": np.arange(20_000) % 3})
        for k in range(4)
    }
    for name, rows in tables.items():
        engine.attach(name, Memory(rows))
    moments, by = Moments(of=Column("x")), Count(by=(Column("g"),))

    def work(k: int) -> float:
        if k % 8 == 0:
            engine.attach(f"new{k}", Memory(pa.table({"x": [k]})))
        folded = engine.fold(f"t{k % 4}", [moments, by])
        assert sum(s.n for s in folded[by].values()) == 20_000
        rows = sum(b.num_rows for b in engine.batches(f"t{k % 4}", batch_size=7_000))
        assert rows == 20_000
        mean: float = folded[moments][()].mean
        return mean

    with ThreadPoolExecutor(8) as pool:
        means = list(pool.map(work, range(64)))
    assert means == pytest.approx([(k % 4) * 19_999 / 2 for k in range(64)])


def test_interrupt_stops_a_query_in_another_thread(engine: DuckDBEngine) -> None:
    engine.attach("t", Memory(pa.table({"x": np.arange(3_000_000.0)})))
    slow = [Distinct(of=(call("div", Column("x"), k),)) for k in range(1, 60)]
    raised: list[BaseException] = []

    def work() -> None:
        try:
            engine.fold("t", slow)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test looks at it
            raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.5)
    engine.interrupt()
    thread.join(timeout=20)
    assert not thread.is_alive()
    [error] = raised
    assert isinstance(error, EngineError)
    assert "was stopped" in str(error)
    assert engine.fold("t", [Count()])[Count()][()].n == 3_000_000


def test_ctrl_c_is_a_keyboard_interrupt(tmp_path: Path) -> None:
    script = tmp_path / "scan.py"
    script.write_text(
        textwrap.dedent("""
        import numpy, pyarrow
        from assay.core.expr import Column, call
        from assay.core.source import Memory
        from assay.engines.duckdb import DuckDBEngine
        from assay.states import Distinct
        engine = DuckDBEngine()
        engine.attach("t", Memory(pyarrow.table({"x": numpy.arange(3_000_000.0)})))
        print("ready", flush=True)
        try:
            engine.fold("t", [Distinct(of=(call("div", Column("x"), k),)) for k in range(1, 90)])
            print("ended", flush=True)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
    """)
    )
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
        time.sleep(1.0)
        os.kill(run.pid, signal.SIGINT)
        assert run.stdout.readline() == "interrupted\n"


def test_distinct_counts_spill_to_disk(tmp_path: Path) -> None:
    rows = 3_000_000
    with DuckDBEngine(memory_limit="60MB", threads=1, temp_directory=tmp_path) as engine:
        engine.attach("t", Memory(pa.table({"x": np.random.default_rng(1).permutation(rows)})))
        distinct = Distinct(of=(Column("x"),))
        assert engine.fold("t", [distinct, Count()])[distinct][()].distinct == rows
    assert list(tmp_path.iterdir()) == []


def test_out_of_memory_is_an_error_of_the_engine() -> None:
    with DuckDBEngine(memory_limit="20MB", threads=1) as engine:
        engine.attach("t", Memory(pa.table({"x": np.arange(3_000_000)})))
        with pytest.raises(EngineError, match=r"needs more memory.*memory_limit"):
            engine.fold("t", [Frequencies(of=(Column("x"),))])


def test_nowhere_to_write(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EngineError, match="No temporary files can be written"):
        DuckDBEngine(temp_directory=tmp_path / "file")


def test_closing_removes_its_files_and_ends_it(tmp_path: Path) -> None:
    engine = DuckDBEngine(temp_directory=tmp_path / "new")
    engine.attach("t", Memory(pa.table({"x": [1]})))
    engine.fold("t", [Count()])
    engine.close()
    assert list((tmp_path / "new").iterdir()) == []
    engine.close()
    with pytest.raises(SubjectError, match="no table 't'"):
        engine.fold("t", [Count()])


def test_threads_can_be_limited() -> None:
    with DuckDBEngine(threads=1) as engine:
        engine.attach("t", Memory(pa.table({"x": [1]})))
        assert engine.fold("t", [Count()])[Count()][()].n == 1
        assert engine._instance is not None
        rows = engine._instance.cursor().execute("SELECT current_setting('threads')").fetchall()
        assert rows == [(1,)]


@pytest.mark.parametrize("size", [1, 3, 1_000, 2_048, 5_000, 10_000])
def test_batches_are_even_and_in_order(
    over: Callable[[Any], DuckDBEngine], tmp_path: Path, size: int
) -> None:
    rows = 5_000 if size > 3 else 50
    pq.write_table(pa.table({"x": range(rows)}), tmp_path / "t.parquet", row_group_size=700)
    engine = over(Files((str(tmp_path / "t.parquet"),), "parquet"))
    batches = list(engine.batches("t", batch_size=size))
    assert all(b.num_rows == size for b in batches[:-1])
    assert pa.Table.from_batches(batches)["x"].to_pylist() == list(range(rows))


def test_batches_hold_plain_types(over: Callable[[Any], DuckDBEngine]) -> None:
    rows = pa.table(
        {
            "c": pa.array(["x", None]).dictionary_encode(),
            "d": pa.array(["1.5", None]).cast(pa.decimal128(5, 2)),
            "l": [[1], None],
        }
    )
    [batch] = over(rows).batches("t", batch_size=10)
    assert batch.to_pydict() == rows.to_pydict()


def test_a_batch_iterator_can_be_left_early(over: Callable[[Any], DuckDBEngine]) -> None:
    engine = over(pa.table({"x": range(100_000)}))
    assert next(iter(engine.batches("t", batch_size=10))).num_rows == 10
    assert engine.fold("t", [Count()])[Count()][()].n == 100_000


def test_samples_keep_the_order_of_rows(
    over: Callable[[Any], DuckDBEngine], tmp_path: Path
) -> None:
    x = np.random.default_rng(6).normal(size=300_000)
    g = np.where(x > 0, "up", "down")
    pq.write_table(pa.table({"x": x, "g": g}), tmp_path / "t.parquet", row_group_size=20_000)
    engine = over(Files((str(tmp_path / "t.parquet"),), "parquet"))
    whole, sliced = Sample(of=(Column("x"),)), Sample(of=(Column("x"),), by=(Column("g"),))
    folded = engine.fold("t", [whole, sliced])
    np.testing.assert_array_equal(folded[whole][()].arrays()[0], x)
    np.testing.assert_array_equal(folded[sliced][("up",)].arrays()[0], x[x > 0])
    np.testing.assert_array_equal(folded[sliced][("down",)].arrays()[0], x[x <= 0])


def test_examples_are_plain_cells(over: Callable[[Any], DuckDBEngine]) -> None:
    rows = pa.table(
        {
            "x": [float("inf"), float("nan"), 1.5],
            "t": pa.array([0, 1, None]).cast(pa.timestamp("s", "UTC")),
            "l": [[1, 2], None, []],
            "b": [b"\xff", None, b"a"],
        }
    )
    names, cells, total = over(rows).examples("t", call("eq", 1, 1), limit=2)
    assert names == ["x", "t", "l", "b"]
    assert cells == [
        ["inf", "1970-01-01 00:00:00+00", "[1, 2]", "\\xFF"],
        [None, "1970-01-01 00:00:01+00", None, None],
    ]
    assert total == 3


def test_explain_is_one_query(over: Callable[[Any], DuckDBEngine]) -> None:
    engine = over(pa.table({"x": [1.0], "g": ["a"]}))
    query, sample = engine.explain(
        "t", [Count(), Moments(of=Column("x")), Count(by=(Column("g"),)), Sample(of=(Column("x"),))]
    )
    assert "GROUPING SETS" in query
    assert sample.count("SELECT") == 1


def test_one_bad_aggregate_fails_the_whole_fold(over: Callable[[Any], DuckDBEngine]) -> None:
    engine = over(pa.table({"x": [1.0]}))
    with pytest.raises(AssayError):
        engine.fold("t", [Count(), Moments(of=Column("y"))])
    assert engine.fold("t", [Count()])[Count()][()] == CountState(1)


def test_no_network_is_touched(engine: DuckDBEngine) -> None:
    with pytest.raises(SubjectError, match="not a local file"):
        engine.attach("t", Files(("https://example.org/t.parquet",), "parquet"))
