"""What `--explain` says is what a run then does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import assay
from assay.api.running import explain, run
from assay.core.check import Suite, TableSpec
from assay.core.source import Files, Memory
from assay.engines.duckdb import DuckDBEngine
from assay.runner.run_plan import RunPlan


def rows(seed: int, n: int = 60) -> pa.Table:
    r = np.random.default_rng(seed)
    return pa.table(
        {
            "id": np.arange(n) + seed * n,
            "x": r.normal(0, 1, n),
            "city": r.choice(["Oslo", "Rome"], n),
            "when": pa.array([np.datetime64("2024-01-01", "s")] * n),
        }
    )


@pytest.fixture
def days(tmp_path: Path) -> Path:
    folder = tmp_path / "days"
    folder.mkdir()
    for i in range(3):
        pq.write_table(rows(i), folder / f"day-{i}.parquet")
    return folder


def suite(days: Path, *checks: Any) -> Suite:
    paths = tuple(sorted(map(str, days.glob("*.parquet"))))
    return Suite(
        name="shop",
        subjects={
            "orders": TableSpec(source=Files(paths, "parquet"), incremental=True),
            "one": TableSpec(source=Memory(rows(9))),
            "cities": TableSpec(source=Memory(pa.table({"name": ["Oslo", "Rome"]}))),
        },
        checks=checks,
    )


class Counting(DuckDBEngine):
    """Notes which tables are scanned, by how many queries."""

    def __init__(self) -> None:
        super().__init__(threads=2)
        self.scans: list[tuple[str, int]] = []

    def fold(self, name: str, aggregates: Any, *, mergeable: bool = False) -> Any:
        queries = self.explain(name, aggregates, mergeable=mergeable)
        self.scans.append((name, len(queries)))
        return super().fold(name, aggregates, mergeable=mergeable)


def check(metric: str, on: str, **params: Any) -> Any:
    return assay.check(metric, on=on, severity="info", **params)


CHECKS: list[Any] = [
    check("row_count", "one"),
    check("completeness", "one", column="x"),
    check("mean", "one", column="x", by=["city"]),
    check("quantile", "one", column="x", q=0.5),
    check("mean", "orders", column="x"),
    check("uniqueness", "orders", key=["id"]),
    check("quantile", "orders", column="x", q=0.5, by=["city"]),
    check("references", "orders", foreign_key=["city"], to="cities", key=["name"]),
    check("satisfies", "orders", predicate='"when" < now()'),
    check("drift", "one", against="orders", column="x"),
    check("occurs_once", "one", key=["id"]),
]


def scans_of(plan: RunPlan, table: str) -> list[Any]:
    return [scan for t in plan.tables if t.table == table for scan in t.scans]


def test_the_plan_is_what_a_run_does(days: Path, tmp_path: Path) -> None:
    for _ in range(2):  # with nothing kept, then with all
        plan = explain(suite(days, *CHECKS), home=tmp_path / "home")
        engine = Counting()
        assay.run(suite(days, *CHECKS), home=tmp_path / "home", engine=engine)
        engine.close()
        found: dict[str, int] = {}
        for name, count in engine.scans:
            found[name] = found.get(name, 0) + count
        of_files = [s for s in scans_of(plan, "orders") if s.over == "files"]
        of_orders = next(t.files for t in plan.tables if t.table == "orders")
        assert of_orders is not None
        assert {n for n in found if n.startswith("orders (")} == set(of_orders.read)
        assert all(found[n] == len(of_files) for n in of_orders.read)
        whole = [s for s in scans_of(plan, "orders") if s.over == "table"]
        assert found["orders"] == len(whole)
        once = [n for n in found if n == "one" or n.startswith("one:")]
        assert sum(found[n] for n in once) == len(scans_of(plan, "one"))
    assert of_orders.read == []


def test_checks_of_a_table_share_one_scan(days: Path) -> None:
    plan = explain(suite(days, *CHECKS[:4]))
    [table] = plan.tables
    [scan] = table.scans
    assert scan.checks == table.checks
    assert len(scan.checks) == 4
    assert scan.sql.startswith("SELECT")
    assert table.files is None


def test_why_all_files_are_read(days: Path, tmp_path: Path) -> None:
    plan = explain(suite(days, *CHECKS), home=tmp_path / "home")
    files = next(t.files for t in plan.tables if t.table == "orders")
    assert files is not None
    assert files.total == 3
    [whole] = files.whole
    assert "what time it is" in whole.reason
    assert whole.checks == ["orders/satisfies"]
    reasons = [s.reason for s in scans_of(plan, "orders")]
    assert [r.split(",")[0] for r in reasons] == [
        "everything that one pass can fold",
        "sketches of quantiles",
        "sketches of quantiles",
        "everything that one pass can fold",
    ]
    assert "'cities', to look keys up" in scans_of(plan, "orders")[0].also


def test_groups_of_an_incremental_table_read_all_files(days: Path, tmp_path: Path) -> None:
    grouped = check("occurs_once", "orders", key=["id"])
    plan = explain(suite(days, grouped), home=tmp_path / "home")
    [table] = plan.tables
    assert table.description == "its groups by id"
    assert table.files is not None
    assert "several files" in table.files.whole[0].reason
    for _ in range(2):
        found = run(suite(days, grouped), home=tmp_path / "home")
        record = next(s for s in found.subjects if s.name == "orders")
        assert record.parts is not None
        assert (record.parts.total, record.parts.read) == (3, 3)


def test_many_figures_take_several_queries() -> None:
    table = pa.table({f"c{i}": [1.0, 2.0] for i in range(450)})
    plan = explain([check("mean", "data", columns=["c*"])], on=table)
    [wide] = plan.tables
    assert len(wide.scans) > 1
    assert wide.scans[1].reason == "one query holds only so many aggregates"


def test_what_cannot_be_measured_is_told(days: Path) -> None:
    plan = explain(
        suite(
            days,
            check("mean", "one", column="nope"),
            check("mean", "one", column="city"),
            check("row_count", "one"),
        )
    )
    told = {one.check: one.reason for one in plan.untried}
    assert "no column 'nope'" in told["one/mean/nope"]
    assert len(told) == 2
    assert [t.checks for t in plan.tables] == [["one/row_count"]]


def test_nothing_is_read_or_written(days: Path, tmp_path: Path) -> None:
    class Refusing(DuckDBEngine):
        def fold(self, *args: Any, **more: Any) -> Any:
            raise AssertionError("rows were read")

    engine = Refusing()
    explain(suite(days, *CHECKS), home=tmp_path / "home", engine=engine)
    engine.close()
    assert not (tmp_path / "home").exists()


def test_a_plan_is_data(days: Path) -> None:
    plan = explain(suite(days, *CHECKS))
    assert msgspec.json.decode(msgspec.json.encode(plan), type=RunPlan) == plan
