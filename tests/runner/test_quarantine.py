"""Rows set aside: which, why, where; and what happens where they cannot be."""

from __future__ import annotations

import datetime
import os
import resource
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import assay
from assay.core.check import Suite, TableSpec
from assay.core.source import Files, Memory, Query
from assay.runner.split_rows import REASONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assay.api.outcome import Run
    from assay.core.check import CheckSpec

ROWS = {
    "id": [1, 2, 3, 3, 5, None],
    "age": [30.0, None, 200.0, 41.0, float("nan"), 25.0],
    "city": ["Rome", "Oslo", "Rome", None, "Atlantis", "Oslo"],
}
CITIES = pa.table({"name": ["Rome", "Oslo", None]})
CHECKS = [
    assay.check("completeness", column="age", at_least=0.1),
    assay.check("in_range", column="age", lower=0, upper=120, severity="warn"),
    assay.check("uniqueness", key=["id"]),
    assay.check("references", foreign_key=["city"], to="cities", key=["name"]),
    assay.check("satisfies", predicate="id < 6", where="city = 'Oslo'", id="small"),
    assay.check("mean", column="age", at_least=0),
    assay.check("in_set", column="city", values=["Rome"], severity="info"),
]
EXPECTED = [
    {"id": 2, "age": None, "city": "Oslo", REASONS: ["data/completeness/age"]},
    {"id": 3, "age": 200.0, "city": "Rome",
     REASONS: ["data/in_range/age", "data/uniqueness/id"]},
    {"id": 3, "age": 41.0, "city": None, REASONS: ["data/uniqueness/id"]},
    {"id": 5, "age": None, "city": "Atlantis",
     REASONS: ["data/completeness/age", "data/references/city"]},
    {"id": None, "age": 25.0, "city": "Oslo", REASONS: ["small"]},
]  # fmt: skip


def run(
    checks: Sequence[CheckSpec], table: Any, folder: Path, *, home: Path | None = None, **more: Any
) -> Run:
    source = table if isinstance(table, Files | Query) else Memory(table)
    suite = Suite(
        name="s",
        subjects={
            "data": TableSpec(source=source, quarantine=str(folder)),
            "cities": TableSpec(source=Memory(CITIES)),
        },
        checks=tuple(checks),
    )
    return assay.run(suite, home=home, **more)


def read(result: Run, name: str = "failed") -> pa.Table:
    aside = result.subjects[0].quarantine
    assert aside is not None
    return pq.read_table(f"{aside.folder}/{name}.parquet")


def plain(table: pa.Table) -> list[dict[str, Any]]:
    """Rows with NaN as null, so that they compare."""
    return [
        {k: None if isinstance(v, float) and v != v else v for k, v in row.items()}
        for row in table.to_pylist()
    ]


def test_which_rows_and_why(tmp_path: Path) -> None:
    result = run(CHECKS, pa.table(ROWS), tmp_path / "aside")
    assert plain(read(result)) == EXPECTED
    assert plain(read(result, "passed")) == [{"id": 1, "age": 30.0, "city": "Rome"}]
    record = result.subjects[0]
    assert record.quarantined == 5
    assert record.quarantine is not None
    assert record.quarantine.passed == 1
    assert record.quarantine.left_out == ["data/mean/age"]
    assert record.quarantine.folder == str(tmp_path / "aside" / result.run.id)
    assert result.subjects[1].quarantined is None
    assert sorted(os.listdir(record.quarantine.folder)) == ["failed.parquet", "passed.parquet"]
    assert os.listdir(tmp_path / "aside") == [result.run.id]


def test_nothing_fails(tmp_path: Path) -> None:
    result = run([CHECKS[0]], pa.table({"age": [1.0, 2.0]}), tmp_path)
    assert read(result).num_rows == 0
    assert read(result).column_names == ["age", REASONS]
    assert read(result, "passed").num_rows == 2
    assert result.subjects[0].quarantined == 0


def test_no_check_speaks_of_rows(tmp_path: Path) -> None:
    result = run([assay.check("row_count", at_least=1)], pa.table({"age": [1.0]}), tmp_path)
    assert result.subjects[0].quarantined == 0
    assert read(result, "passed").num_rows == 1
    assert result.subjects[0].quarantine.left_out == ["data/row_count"]  # type: ignore[union-attr]


def test_a_table_without_rows_keeps_its_columns(tmp_path: Path) -> None:
    empty = pa.table({"age": pa.array([], pa.float64()), "city": pa.array([], pa.string())})
    result = run([assay.check("row_count", equals=0), CHECKS[0]], empty, tmp_path)
    assert read(result, "passed").schema.names == ["age", "city"]
    assert read(result).schema.names == ["age", "city", REASONS]
    assert result.decision == "warn"


def test_uniqueness_looks_at_the_rows_of_its_filter_only(tmp_path: Path) -> None:
    table = pa.table({"id": [1, 1, 2, 2], "kind": ["a", "b", "a", "a"]})
    check = assay.check("uniqueness", key=["id"], where="kind = 'a'", id="u")
    assert read(run([check], table, tmp_path))["id"].to_pylist() == [2, 2]


NULLS = {
    "id": [1, 2, 3, 4, 5, 6, 7],
    "a": ["x", None, "x", None, "", "y", "y"],
    "b": [1.5, None, 1.5, float("nan"), None, 2.0, 3.0],
}


@pytest.mark.parametrize(
    ("check", "rows"),
    [
        # null (and NaN, which is null) is a value like any other, and is not the empty text
        (assay.check("duplicate_rows", columns=["a", "b"], at_most=1), [1, 2, 3, 4]),
        (assay.check("duplicate_rows", columns=["a"], at_most=1), [1, 2, 3, 4, 6, 7]),
        (assay.check("duplicate_rows", columns=["a"], where="id > 1", at_most=1), [2, 4, 6, 7]),
        (assay.check("duplicate_rows", at_most=1), []),  # `id` differs
        # rows without a full key are left out
        (assay.check("occurs_once", key=["a"], at_least=0), [1, 3, 6, 7]),
        (assay.check("occurs_once", key=["a"], by="b", min_slice=1, at_least=0), [1, 3]),
    ],
)
def test_groups_of_several_rows(tmp_path: Path, check: CheckSpec, rows: list[int]) -> None:
    result = run([check], pa.table(NULLS), tmp_path)
    assert result.subjects[0].quarantine.left_out == []  # type: ignore[union-attr]
    assert read(result)["id"].to_pylist() == rows


def test_groups_that_fail_otherwise_take_no_part(tmp_path: Path) -> None:
    check = assay.check("conflicting_labels", label="b", features=["a"], at_most=1, id="c")
    result = run([check], pa.table(NULLS), tmp_path)
    assert result.subjects[0].quarantine.left_out == ["c"]  # type: ignore[union-attr]


def test_types_of_every_kind_survive(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.array([1, 2], pa.int32()),
            "money": pa.array([Decimal("1.50"), None], pa.decimal128(12, 2)),
            "day": [datetime.date(2026, 1, 1), None],
            "at": pa.array([datetime.datetime(2026, 1, 1, 12), None], pa.timestamp("us")),
            "raw": [b"\x00\xff", None],
            "many": [[1, 2], None],
            "deep": [{"a": 1, "b": ["x"]}, None],
            "flag": [True, None],
        }
    )
    result = run([assay.check("completeness", column="money")], table, tmp_path)
    whole = pa.concat_tables([read(result, "passed"), read(result).drop_columns([REASONS])])
    assert whole.to_pylist() == table.to_pylist()
    assert whole.schema.field("money").type == pa.decimal128(12, 2)
    assert whole.schema.field("at").type == pa.timestamp("us")


def test_many_rows_agree_with_numpy_and_come_in_their_order(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    n = 200_000
    a, b = rng.normal(size=n), rng.integers(0, n, n)
    pq.write_table(pa.table({"row": np.arange(n), "a": a, "b": b}), tmp_path / "t.parquet")
    source = Files((str(tmp_path / "t.parquet"),), "parquet")
    checks = [
        assay.check("in_range", column="a", lower=-2, upper=2, at_least=0.9, id="range"),
        assay.check("uniqueness", key=["b"], at_least=0.1, id="unique"),
    ]
    result = run(checks, source, tmp_path / "aside")
    outside = np.abs(a) > 2
    values, counts = np.unique(b, return_counts=True)
    repeated = np.isin(b, values[counts > 1])
    failed = read(result)
    assert failed["row"].to_numpy().tolist() == np.flatnonzero(outside | repeated).tolist()
    assert read(result, "passed")["row"].to_numpy().tolist() == (
        np.flatnonzero(~(outside | repeated)).tolist()
    )
    told = Counter(reason for row in failed[REASONS].to_pylist() for reason in row)
    assert told == {"range": outside.sum(), "unique": repeated.sum()}
    aside = result.subjects[0].quarantine
    assert aside is not None
    groups = pq.ParquetFile(f"{aside.folder}/failed.parquet").metadata
    assert groups.num_row_groups <= -(-groups.num_rows // 65_536)


def test_a_query_can_be_set_aside_too(tmp_path: Path) -> None:
    check = assay.check("in_set", column="name", values=["Rome"])
    result = run([check], Query("SELECT name FROM cities WHERE name IS NOT NULL"), tmp_path)
    assert read(result)["name"].to_pylist() == ["Oslo"]


def test_a_check_that_fails_to_run_takes_no_part(tmp_path: Path) -> None:
    checks = [
        CHECKS[0],
        assay.check("satisfies", predicate="agee > 1", id="broken"),
        assay.check("in_range", column="city", lower=1, id="odd"),
    ]
    result = run(checks, pa.table(ROWS), tmp_path)
    assert [r.verdict for r in result.results] == ["pass", "error", "not_applicable"]
    aside = result.subjects[0].quarantine
    assert aside is not None
    assert aside.left_out == ["broken", "odd"]
    assert result.decision == "block"
    assert result.subjects[0].quarantined == 2


def test_runs_never_touch_one_another(tmp_path: Path) -> None:
    first = run(CHECKS, pa.table(ROWS), tmp_path)
    before = plain(read(first))
    second = run(CHECKS, pa.table(ROWS).slice(0, 2), tmp_path)
    assert plain(read(first)) == before
    assert len(os.listdir(tmp_path)) == 2
    assert second.subjects[0].quarantined == 1


# --- what goes wrong


def blocked(result: Run, said: str) -> None:
    """The gate holds it, the results are there, and nothing is left behind."""
    assert result.decision == "block"
    assert result.run.exit_code == 1
    assert "could not be written aside (of 'data': " in result.run.reason
    assert said in result.run.reason
    assert [r.verdict for r in result.results] == ["pass"]
    assert result.subjects[0].quarantined is None
    assert result.subjects[0].quarantine is None


@pytest.fixture
def said() -> list[str]:
    return []


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file of this process grows beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_that_may_not_grow(tmp_path: Path, said: list[str]) -> None:
    rng = np.random.default_rng(0)
    table = pa.table({"age": rng.normal(size=400_000)})
    home = tmp_path / "home"
    with largest_file(1_000_000):
        result = run([CHECKS[0]], table, tmp_path / "aside", home=home, say=said.append)
    blocked(result, "file too large")
    assert os.listdir(tmp_path / "aside") == []
    assert len(said) == 1
    assert said[0].startswith("The failed rows of 'data' could not be written aside: ")
    kept = assay.api.stored_run(home, result.run.id)
    assert kept.decision == "block"
    assert [r.verdict for r in kept.results] == ["pass"]


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """A file system of its own with 256 kB, where the machine lets us mount one."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "from tests.runner.test_quarantine import on_a_full_disk\n"
        "on_a_full_disk(sys.argv[1])\n"
    )
    root = Path(__file__).parents[2]
    small = tmp_path / "small"
    small.mkdir()
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("does not apply: there is no unshare here")
    script = 'mount -t tmpfs -o size=256k tmpfs "$1" && exec "$2" -W error -c "$3" "$1" "$4"'
    done = subprocess.run(
        [unshare, "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh",
         str(small), sys.executable, code, str(root)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    if done.returncode and "DONE" not in done.stdout and "Traceback" not in done.stderr:
        pytest.skip(f"does not apply: no file system can be mounted here ({done.stderr.strip()})")
    assert done.stdout.endswith("DONE\n"), done.stderr


def on_a_full_disk(folder: str) -> None:
    """Run in a process of its own, whose ``folder`` holds 256 kB."""
    rng = np.random.default_rng(0)
    said: list[str] = []
    table = pa.table({"age": rng.normal(size=400_000)})
    blocked(run([CHECKS[0]], table, Path(folder), say=said.append), "no space left on device")
    assert os.listdir(folder) == []
    assert "No space left on device" in said[0]
    print("DONE")


def test_a_place_where_nothing_can_be_made(tmp_path: Path, said: list[str]) -> None:
    (tmp_path / "file").write_text("")
    result = run([CHECKS[0]], pa.table(ROWS), tmp_path / "file" / "aside", say=said.append)
    blocked(result, "not a directory")
    assert str(tmp_path) not in result.run.reason
    assert str(tmp_path) in said[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="does not apply: root may write anywhere")
def test_a_folder_that_is_read_only(tmp_path: Path, said: list[str]) -> None:
    folder = tmp_path / "aside"
    folder.mkdir(mode=0o500)
    blocked(run([CHECKS[0]], pa.table(ROWS), folder, say=said.append), "permission denied")


def test_without_a_listener_it_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.warns(RuntimeWarning, match="could not be written aside"):
        run([CHECKS[0]], pa.table(ROWS), tmp_path / "file" / "aside")


def test_rows_that_were_set_aside_before(tmp_path: Path, said: list[str]) -> None:
    table = pa.table({**ROWS, REASONS: [["x"]] * 6})
    result = run([CHECKS[0]], table, tmp_path, say=said.append)
    blocked(result, "it has a column 'assay.reasons' of its own")


def test_a_table_that_cannot_be_opened_is_not_taken_for_good(
    tmp_path: Path, said: list[str]
) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(b"no parquet, and hush")
    check = assay.check("completeness", column="age", severity="warn")
    result = run([check], Files((str(path),), "parquet"), tmp_path / "aside", say=said.append)
    assert result.decision == "block"
    assert "(of 'data': the table cannot be read)" in result.run.reason
    assert result.results[0].verdict == "error"


def test_a_table_that_changes_meanwhile(
    tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are added after the checks were judged, before they are split."""
    from assay.api import running

    path = tmp_path / "t.parquet"
    pq.write_table(pa.table(ROWS), path)
    original = running.set_aside

    def late(*args: Any, **more: Any) -> Any:
        pq.write_table(pa.table({**ROWS, "age": [1.0] * 6}), path)
        return original(*args, **more)

    monkeypatch.setattr(running, "set_aside", late)
    source = Files((str(path),), "parquet")
    result = run([CHECKS[0]], source, tmp_path / "aside", say=said.append)
    assert result.decision == "block"
    assert result.subjects[0].quarantined is None
    assert "written to while it was read" in result.run.reason or "cannot be read" in (
        result.run.reason
    )
    assert os.listdir(tmp_path / "aside") == []


def test_what_a_run_wrote_before_it_was_cut_off_is_taken(tmp_path: Path) -> None:
    """A kill between the quarantine and the end of the run: the resumed one finds its own files."""
    from assay.core.errors import AssayError
    from assay.runner.split_rows import kept_split

    result = run(CHECKS, pa.table(ROWS), tmp_path)
    aside = result.subjects[0].quarantine
    assert aside is not None
    assert kept_split(aside.folder, "data", result.run.id) == (5, 1)
    assert kept_split(str(tmp_path / "none"), "data", result.run.id) is None
    for table, run_id in (("other", result.run.id), ("data", "20200101-000000-000000")):
        with pytest.raises(AssayError, match="taken by another table"):
            kept_split(aside.folder, table, run_id)
    os.remove(f"{aside.folder}/passed.parquet")
    with pytest.raises(AssayError, match="is taken"):
        kept_split(aside.folder, "data", result.run.id)
