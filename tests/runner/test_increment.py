"""Kept states and what is new give what the whole table gives, whatever happened to its files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from assay.core.errors import SubjectError
from assay.core.expr import Column, Member, Repeated, Sql, call
from assay.core.source import Database, Files, Memory
from assay.engines.duckdb import DuckDBEngine
from assay.engines.sql.predicates import FUNCTIONS, volatile
from assay.history.states import StateStore
from assay.runner import increment
from assay.runner.increment import Growing, growing_files
from assay.runner.kept_states import joined
from assay.runner.questions import question, text_of, why_whole
from assay.states import (
    Comoments,
    ComomentsState,
    Count,
    Distinct,
    DistinctState,
    Extremes,
    Frequencies,
    Moments,
    MomentsState,
    Quantiles,
    QuantilesState,
    Sample,
    SampleState,
    pack,
)
from assay.subjects.files import Stamp, file_content
from assay.subjects.table import fingerprint

X, Y, CITY = Column("x"), Column("y"), Column("city")
# not NaN, which compares otherwise in DuckDB where a Parquet file's statistics leave it out
POSITIVE = call("and", call("finite", X), call("gt", X, 0))
ALL = [
    Count(),
    Count(where=POSITIVE),
    Count(by=(CITY,)),
    Count(where=Sql("y % 3 = 1")),
    Count(where=Member((CITY,), "cities", ("name",))),
    Moments(of=X, order=4),
    Moments(of=X, where=POSITIVE, by=(CITY,)),
    Comoments(x=X, y=Y),
    Extremes(of=Y),
    Extremes(of=Y, by=(CITY,)),
    Frequencies(of=(CITY,)),
    Frequencies(of=(CITY, call("gt", Y, 0))),
    Distinct(of=(Y,)),
    Distinct(of=(CITY, Y), by=(CITY,)),
    Quantiles(of=X, probabilities=(0.1, 0.5)),
    Quantiles(of=X, probabilities=(0.5,), where=POSITIVE, by=(CITY,)),
    Sample(of=(X, Y)),
    Sample(of=(X,), by=(CITY,)),
]
PROBABILITIES = {a: a.probabilities for a in ALL if isinstance(a, Quantiles)}

value = st.none() | st.integers(-5, 5).map(float) | st.floats(-1e6, 1e6) | st.just(float("nan"))
row = st.tuples(value, st.integers(0, 40), st.sampled_from(["Oslo", "Rome", None, "Łódź"]))


def table(rows: list[tuple[Any, int, Any]]) -> pa.Table:
    x, y, city = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        {
            "x": pa.array(x, pa.float64()),
            "y": pa.array(y, pa.int64()),
            "city": pa.array(city, pa.string()),
        }
    )


def many(seed: int, rows: int = 3000) -> pa.Table:
    r = np.random.default_rng(seed)
    cities = np.array(["Oslo", "Rome", "Łódź"])
    return pa.table(
        {
            "x": np.where(r.random(rows) < 0.05, np.nan, r.normal(seed, 10, rows)),
            "y": r.integers(0, 10_000, rows),
            "city": cities[r.integers(0, 3, rows)],
        }
    )


class Folder:
    """A folder of Parquet files, an engine, and a store that outlives both."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.days = root / "days"
        self.days.mkdir(parents=True)
        self.cities = pa.table({"name": ["Oslo", "Łódź"]})
        self.read: list[str] = []

    def write(self, name: str, rows: pa.Table) -> Path:
        path = self.days / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(rows, path)
        return path

    @property
    def source(self) -> Files:
        return Files(tuple(sorted(map(str, self.days.rglob("*.parquet")))), "parquet")

    def growing(self, engine: DuckDBEngine, store: StateStore | None = None) -> Growing:
        engine.attach("orders", self.source)
        engine.attach("cities", Memory(self.cities))
        return Growing(
            table="orders",
            source=self.source,
            schema=engine.schema("orders"),
            engine=engine,
            store=store or StateStore(self.root / ".assay"),
            fingerprint=lambda name: fingerprint(Memory(self.cities)) if name == "cities" else "",
        )

    def fold(self, wanted: list[Any] = ALL) -> tuple[dict[Any, Any], dict[Any, Any], int]:
        """What kept states give, what the whole gives, and how many files were read."""
        with DuckDBEngine(threads=2) as engine:
            growing = self.growing(engine)
            found = growing.fold(wanted)
            return found, engine.fold("orders", wanted), growing.parts().read


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def rank_is_near(state: QuantilesState, exact: QuantilesState) -> None:
    """A sketch gives a value whose rank is off by no more than it says: here they are exact."""
    assert state.n == exact.n
    assert state.rank_error == 0 or state.n > 4096
    for p, expected in zip(exact.probabilities, exact.values, strict=True):
        if state.rank_error == 0:
            assert state.value(p) == expected


def same(found: dict[Any, Any], whole: dict[Any, Any]) -> None:
    assert found.keys() == whole.keys()
    for aggregate, by_key in whole.items():
        assert found[aggregate].keys() == by_key.keys(), aggregate
        for key, expected in by_key.items():
            same_state(found[aggregate][key], expected)


def same_state(state: Any, expected: Any) -> None:
    match expected:
        case MomentsState():
            assert state.n == expected.n
            scale = max(1.0, abs(expected.mean), expected.m2, abs(expected.m4 or 0))
            left, right = ([s.mean, s.m2, s.m3 or 0.0, s.m4 or 0.0] for s in (state, expected))
            assert_allclose(left, right, rtol=1e-9, atol=1e-9 * scale)
        case ComomentsState():
            left, right = (
                [s.n, s.mean_x, s.mean_y, s.m2_x, s.m2_y, s.cross] for s in (state, expected)
            )
            assert_allclose(left, right, rtol=1e-9, atol=1e-9 * max(1.0, *map(abs, right)))
        case DistinctState():
            assert (state.n, state.distinct) == (expected.n, expected.distinct)
        case QuantilesState():
            rank_is_near(state, expected)
        case SampleState():
            for a, b in zip(state.arrays(), expected.arrays(), strict=True):
                assert_allclose(a, b, rtol=0)
        case _:
            assert state == expected


Step = tuple[str, int, list[tuple[Any, int, Any]]]
steps = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "change", "remove", "copy", "again"]),
        st.integers(0, 5),
        st.lists(row, max_size=12),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(first=st.lists(row, max_size=12), steps=steps)
def test_law_kept_states_and_new_files_give_the_whole(
    first: list[tuple[Any, int, Any]],
    steps: list[Step],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = Folder(tmp_path_factory.mktemp("law"))
    folder.write("day-0", table(first))
    same(*folder.fold()[:2])
    for number, (what, at, rows) in enumerate(steps, 1):
        paths = [Path(p) for p in folder.source.paths]
        some = paths[at % len(paths)]
        if what == "add":
            folder.write(f"day-{number}", table(rows))
        elif what == "change":
            folder.write(some.stem, table(rows))
        elif what == "copy":
            shutil.copy(some, folder.days / f"copy-{number}.parquet")
        elif what == "remove" and len(paths) > 1:
            some.unlink()
        same(*folder.fold()[:2])


def test_only_what_is_new_is_read(folder: Folder) -> None:
    for i in range(4):
        folder.write(f"day-{i}", many(i))
    assert folder.fold()[2] == 4
    assert folder.fold()[2] == 0
    folder.write("day-4", many(4))
    found, whole, read = folder.fold()
    assert read == 1
    same(found, whole)


def test_a_changed_file_costs_itself(folder: Folder) -> None:
    for i in range(5):
        folder.write(f"day-{i}", many(i))
    folder.fold()
    folder.write("day-1", many(17))
    found, whole, read = folder.fold()
    assert read == 1
    same(found, whole)
    (folder.days / "day-0.parquet").unlink()
    found, whole, read = folder.fold()
    assert read == 0
    same(found, whole)


@pytest.mark.parametrize("how", ["replaced", "written over"])
def test_other_rows_of_the_same_size_and_time_are_seen(folder: Folder, how: str) -> None:
    def rows(value: int) -> pa.Table:
        return pa.table({"x": [1.0 * value], "y": [value], "city": ["Oslo"]})

    path = folder.write("day-0", rows(3))
    folder.write("day-1", rows(5))
    before = path.stat()
    folder.fold()
    folder.fold()
    other = folder.root / "other.parquet"
    pq.write_table(rows(4), other)
    assert other.stat().st_size == before.st_size
    if how == "replaced":
        other.replace(path)
    else:
        path.write_bytes(other.read_bytes())
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    found, whole, read = folder.fold()
    assert read == 1
    same(found, whole)
    assert found[Extremes(of=Y)][()].least == 4


def test_a_file_just_written_is_not_known_by_its_stamp(folder: Folder) -> None:
    path = folder.write("day-0", many(0))
    store = StateStore(folder.root / ".assay")
    with DuckDBEngine() as engine:
        folder.growing(engine, store).fold([Count()])
    found = increment.stamp(str(path))
    assert isinstance(found, Stamp)
    assert not found.settled
    assert store.contents({str(path): " ".join(map(str, found))}) == {}
    old = found._replace(modified_ns=0, changed_ns=0)
    assert old.settled


def test_a_settled_file_is_not_hashed_again(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("day-0", many(0))
    monkeypatch.setattr(Stamp, "settled", True)
    hashed: list[str] = []

    def noted(path: str) -> str:
        hashed.append(path)
        return file_content(path)

    monkeypatch.setattr(increment, "file_content", noted)
    folder.fold([Count()])
    assert len(hashed) == 1
    folder.write("day-1", many(1))
    folder.fold([Count()])
    assert [Path(p).stem for p in hashed] == ["day-0", "day-1"]


def test_the_fingerprint_is_that_of_a_table_read_whole(folder: Folder) -> None:
    for i in range(3):
        folder.write(f"day-{i}", many(i, 50))
        with DuckDBEngine() as engine:
            assert folder.growing(engine).contents() == fingerprint(folder.source)


def test_columns_in_the_path_are_part_of_the_rows(folder: Folder) -> None:
    """Two files of equal content, in folders that say of which day: DuckDB reads a column there."""
    folder.write("day=1/part", many(1, 40))
    folder.write("day=2/part", many(1, 40))
    wanted = [Count(by=(Column("day"),)), Extremes(of=Column("day")), Count()]
    found, whole, read = folder.fold(wanted)
    assert read == 2
    same(found, whole)
    folder.write("day=3/part", many(1, 40))
    found, whole, read = folder.fold(wanted)
    assert read == 1
    same(found, whole)


def test_another_definition_finds_nothing(folder: Folder) -> None:
    folder.write("day-0", many(0))
    folder.write("day-1", many(1))
    folder.fold([Moments(of=X)])
    for other in (
        Moments(of=X, order=4),
        Moments(of=Y),
        Moments(of=X, where=POSITIVE),
        Moments(of=X, where=call("gt", X, 0.0)),
        Moments(of=X, by=(CITY,)),
        Extremes(of=X),
    ):
        found, whole, read = folder.fold([other])
        assert read == 2, other
        same(found, whole)
    assert folder.fold([Moments(of=X)])[2] == 0


def test_another_engine_or_assay_finds_nothing(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("day-0", many(0))
    folder.fold()
    with monkeypatch.context() as patch:
        patch.setattr(DuckDBEngine, "identity", "duckdb 9.9")
        assert folder.fold()[2] == 1
    for name, other in (("FORMAT", 999), ("_assay", lambda: "99.0")):
        with monkeypatch.context() as patch:
            patch.setattr(f"assay.runner.questions.{name}", other)
            assert folder.fold()[2] == 1
    assert folder.fold()[2] == 0


def test_another_table_to_look_keys_up_in_is_seen(folder: Folder) -> None:
    folder.write("day-0", many(0))
    wanted = [Count(where=Member((CITY,), "cities", ("name",)))]
    folder.fold(wanted)
    folder.cities = pa.table({"name": ["Rome"]})
    found, whole, read = folder.fold(wanted)
    assert read == 1
    same(found, whole)


def test_what_does_not_merge_is_folded_over_the_whole(folder: Folder) -> None:
    for i in range(2):
        folder.write(f"day-{i}", many(i))
    wanted = [Count(), Count(where=Repeated((Y,))), Moments(of=X)]
    assert folder.fold(wanted)[2] == 2
    found, whole, read = folder.fold(wanted)
    assert read == 2
    same(found, whole)
    assert folder.fold([Count(), Moments(of=X)])[2] == 0


@pytest.mark.parametrize(
    ("aggregate", "words"),
    [
        (Count(where=Repeated((X,))), "another file"),
        (Count(where=call("not", Repeated((X,)))), "another file"),
        (Count(where=Member((X,), "orders", ("y",))), "the table itself"),
        (Count(where=Member((X,), "unknown", ("y",))), "may change at any time"),
        (Count(where=Sql("d > current_date - 7")), "what time it is"),
        (Count(by=(Sql("now() > d"),)), "what time it is"),
        (Count(where=Sql("age(d) > interval 1 day")), "what time it is"),
    ],
)
def test_why_the_whole_is_read(aggregate: Any, words: str) -> None:
    reason = why_whole(aggregate, "orders", lambda name: "sha256:1" if name == "cities" else "")
    assert reason is not None
    assert words in reason


def test_every_allowed_function_that_asks_the_time_is_known() -> None:
    """The engine says which of its functions may answer otherwise at another time."""
    import duckdb

    rows = duckdb.sql(
        "SELECT DISTINCT function_name FROM duckdb_functions() "
        "WHERE stability <> 'CONSISTENT' AND function_type = 'scalar'"
    ).fetchall()
    unsteady = {name for (name,) in rows} & FUNCTIONS
    assert "now" in unsteady
    for name in unsteady | {"today", "age"}:
        assert volatile(f"{name}() > x"), name
    assert not volatile("d > date '2024-01-01' and lower(city) = 'now'")


@pytest.mark.parametrize("aggregate", ALL)
def test_all_else_merges(aggregate: Any) -> None:
    assert why_whole(aggregate, "orders", lambda name: "sha256:1") is None


def test_many_rows_as_they_are_are_not_kept(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(2):
        folder.write(f"day-{i}", many(i, 100))
    wanted = [Sample(of=(X, Y)), Sample(of=(X,))]
    monkeypatch.setattr(increment, "MOST_SAMPLED", 200 * 8)
    with DuckDBEngine() as engine:
        apart = folder.growing(engine).apart(wanted)
    assert list(apart) == [wanted[0]]
    assert "up to 100" in apart[wanted[0]]
    found, whole, read = folder.fold(wanted)
    assert read == 2
    same(found, whole)


def test_sketches_stay_within_their_rank_error(folder: Folder) -> None:
    for i in range(6):
        folder.write(f"day-{i}", many(i, 20_000))
        wanted = [Quantiles(of=X, probabilities=(0.01, 0.5, 0.99))]
        found, _, read = folder.fold(wanted)
        assert read == 1
    state = found[wanted[0]][()]
    values = np.sort(np.concatenate([many(i, 20_000).column("x").to_numpy() for i in range(6)]))
    values = values[~np.isnan(values)]
    assert state.n == len(values)
    assert 0 < state.rank_error < 0.001
    for p in (0.01, 0.5, 0.99):
        rank = np.searchsorted(values, state.value(p)) / len(values)
        assert rank == pytest.approx(p, abs=3 * state.rank_error)


def test_without_sketches_quantiles_read_the_whole(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.runner.questions.find_spec", lambda name: None)
    folder.write("day-0", many(0))
    wanted = [Quantiles(of=X, probabilities=(0.5,)), Count()]
    folder.fold(wanted)
    found, whole, read = folder.fold(wanted)
    assert read == 1
    assert found == whole


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ({"city": None}, "'city'"),
        ({"town": pa.array(["x"])}, "'town'"),
        ({"y": pa.array(["x"])}, "'y' is VARCHAR in 'day-2.parquet' and BIGINT in 'day-0.parquet'"),
    ],
)
def test_a_file_of_other_columns_is_named(folder: Folder, column: Any, words: str) -> None:
    folder.write("day-0", many(0, 5))
    folder.write("day-1", many(1, 5))
    folder.fold([Count()])
    columns = dict(zip(many(0, 1).column_names, many(0, 1).columns, strict=True)) | column
    folder.write("day-2", pa.table({k: v for k, v in columns.items() if v is not None}))
    with pytest.raises(SubjectError, match=r"day-2\.parquet") as error:
        folder.fold([Count()])
    assert words in str(error.value)


def test_the_order_of_columns_does_not_matter(folder: Folder) -> None:
    folder.write("day-0", many(0, 50))
    folder.write("day-1", many(1, 50).select(["city", "x", "y"]))
    same(*folder.fold()[:2])
    assert folder.fold()[2] == 0


def test_a_broken_file_is_named(folder: Folder) -> None:
    folder.write("day-0", many(0, 5))
    folder.fold([Count()])
    path = folder.write("day-1", many(1, 5))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(SubjectError, match=r"day-1\.parquet"):
        folder.fold([Count()])


def test_a_damaged_state_is_folded_again(folder: Folder) -> None:
    for i in range(3):
        folder.write(f"day-{i}", many(i))
    folder.fold()
    import sqlite3

    for statement in (
        "UPDATE states SET value = substr(value, 1, length(value) - 1) WHERE rowid % 3 = 0",
        "UPDATE states SET checksum = x'00'",
    ):
        with closing(sqlite3.connect(folder.root / ".assay" / "states.db")) as db, db:
            db.execute(statement)
        found, whole, _ = folder.fold()
        same(found, whole)
        assert folder.fold()[2] == 0


def test_states_of_something_else_are_folded_again(folder: Folder) -> None:
    """A checksum that fits, and yet no state: whoever wrote it."""
    folder.write("day-0", many(0))
    with DuckDBEngine() as engine:
        growing = folder.growing(engine)
        [file] = growing.files()
        asked = question(Count(), growing.schema, engine.identity, growing.fingerprint)
        growing.store.save(file.identity, {asked: b"\xc1 nonsense"})
        assert growing.fold([Count()])[Count()][()].n == 3000


def test_a_file_written_to_while_it_is_read_is_not_kept(folder: Folder) -> None:
    folder.write("day-0", many(0))
    path = folder.write("day-1", many(1))

    class Meddling(DuckDBEngine):
        def fold(self, name: str, aggregates: Any, *, mergeable: bool = False) -> Any:
            states = super().fold(name, aggregates, mergeable=mergeable)
            if "day-1" in name:
                pq.write_table(many(99), path)
            return states

    with Meddling() as engine:
        folder.growing(engine).fold(ALL)
    found, whole, read = folder.fold()
    assert read == 1
    same(found, whole)


def test_nothing_is_written_when_only_explaining(folder: Folder) -> None:
    folder.write("day-0", many(0))
    with DuckDBEngine() as engine:
        growing = folder.growing(engine)
        growing.explaining = True
        assert [file.name for file in growing.new([Count()])] == ["orders (day-0.parquet)"]
    assert not (folder.root / ".assay").exists()


def test_the_first_files_together_spare_the_others(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(6):
        folder.write(f"day-{i}", many(i))
    folder.fold()
    loaded: list[str] = []
    load = StateStore.load

    def noted(store: StateStore, content: str, questions: Any) -> Any:
        loaded.append(content)
        return load(store, content, questions)

    monkeypatch.setattr(StateStore, "load", noted)
    folder.write("day-6", many(6))
    same(*folder.fold()[:2])
    assert len(loaded) == 1


def test_large_states_are_not_written_every_day(folder: Folder) -> None:
    """Eight bytes for each of 200,000 keys, joined once and then again after an eighth is new."""

    def keys(day: int) -> pa.Table:
        return pa.table({"y": np.arange(20_000) + day * 20_000})

    wanted = [Distinct(of=(Y,))]
    for i in range(10):
        folder.write(f"day-{i:02}", keys(i))
    folder.fold(wanted)
    written: list[int] = []
    for i in range(10, 16):
        folder.write(f"day-{i:02}", keys(i))
        found, whole, read = folder.fold(wanted)
        same(found, whole)
        assert read == 1
        with DuckDBEngine() as engine:
            growing = folder.growing(engine)
            asked = question(wanted[0], growing.schema, engine.identity, growing.fingerprint)
            last = joined([file.identity for file in growing.files()])[-1]
            written.append(len(growing.store.kept([last], [asked])))
    assert written == [0, 1, 0, 1, 0, 1]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_text_files_cannot_be_incremental(kind: Any) -> None:
    with pytest.raises(SubjectError, match=rf"'orders' cannot be incremental: .*{kind}"):
        growing_files("orders", Files(("a",), kind))


@pytest.mark.parametrize("source", [Database("sqlite", "x.db", table="t"), Memory(None)])
def test_what_is_not_in_files_cannot_be_incremental(source: Any) -> None:
    with pytest.raises(SubjectError, match="not in files"):
        growing_files("orders", source)


def test_folders_and_patterns_are_their_files(folder: Folder) -> None:
    paths = [str(folder.write(f"day-{i}", many(i, 3))) for i in range(3)]
    for path in (str(folder.days), str(folder.days / "*.parquet")):
        assert growing_files("orders", Files((path,), "parquet")).paths == tuple(paths)


def test_arrow_files_grow_too(tmp_path: Path) -> None:
    def write(day: int) -> str:
        path = tmp_path / f"day-{day}.arrow"
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, many(day).schema) as out:
            out.write_table(many(day))
        return str(path)

    wanted = [a for a in ALL if "cities" not in repr(a)]
    paths: list[str] = []
    for day in range(3):
        paths.append(write(day))
        with DuckDBEngine() as engine:
            source = Files(tuple(paths), "arrow")
            engine.attach("orders", source)
            growing = Growing(
                table="orders", source=source, schema=engine.schema("orders"), engine=engine,
                store=StateStore(tmp_path / ".assay"), fingerprint=lambda name: "",
            )  # fmt: skip
            same(growing.fold(wanted), engine.fold("orders", wanted))
            assert growing.parts().read == 1


def test_identities_tell_all_questions_apart() -> None:
    texts = [text_of(a, lambda name: "sha256:1") for a in ALL]
    assert len(set(texts)) == len(ALL)
    assert text_of(call("eq", X, 1), str) != text_of(call("eq", X, 1.0), str)
    assert text_of(call("eq", X, "a','b"), str) != text_of(call("in", X, "a", "b"), str)
    member = Member((X,), "cities", ("name",))
    renamed = Member((X,), "towns", ("name",))
    assert text_of(member, lambda name: "same") == text_of(renamed, lambda name: "same")
    with pytest.raises(TypeError, match="holds a list"):
        text_of(Column(["x"]), str)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _no_threads_left() -> Iterator[None]:
    import threading

    before = threading.active_count()
    yield
    assert threading.active_count() <= before + 1


def test_the_most_frequent_keys_take_little_room(folder: Folder) -> None:
    """A day of 4,000 texts, nearly all different: kept are 200, and what is not is bounded."""
    of, most = (call("text", Y),), 200
    rng = np.random.default_rng(3)
    for day in range(6):
        common = rng.zipf(1.2, 2_000) % 100_000
        y = np.concatenate([common, rng.integers(0, 2**40, 2_000)])
        rows = pa.table({"x": np.zeros(len(y)), "y": y, "city": ["Oslo"] * len(y)})
        folder.write(f"{day}", rows)
    wanted = [Frequencies(of=of, most=most), Frequencies(of=of)]
    found, whole, _ = folder.fold(wanted)
    state, every = (found[a][()] for a in wanted)
    assert every == whole[wanted[1]][()]
    assert state.n == every.n == 24_000
    assert len(state.counts) <= most
    assert len(pack({(): state})) < 5_000 < 200_000 < len(pack({(): every}))
    listed, counts = state.as_dict(), every.as_dict()
    assert 0 < max(state.short, state.bound) <= state.n / most
    assert all(listed[key] <= counts[key] <= listed[key] + state.short for key in listed)
    assert max(n for key, n in counts.items() if key not in listed) <= state.bound
    # three days more read three files, and the summary stays as small
    for day in range(6, 9):
        y = rng.integers(0, 2**40, 4_000)
        folder.write(f"{day}", pa.table({"x": np.zeros(4_000), "y": y, "city": ["Oslo"] * 4_000}))
    found, _, read = folder.fold(wanted[:1])
    assert read == 3
    assert found[wanted[0]][()].n == 36_000
    assert len(found[wanted[0]][()].counts) <= most
