"""A table that grows by a file a day: what the command line says and does, whatever happens."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.e2e.conftest import Answer, Project

SUITE = """
suite: shop
subjects:
  orders: {{table: orders, incremental: {incremental}}}
  cities: {{table: cities.parquet}}
checks:
  - row_count: {{on: orders}}
    at_least: 10
  - completeness: {{on: orders, columns: [amount, city]}}
    at_least: 0.8
  - uniqueness: {{on: orders, key: [id]}}
  - distinct_count: {{on: orders, column: amount}}
    at_least: 10
  - mean: {{on: orders, column: amount, by: [city], where: "qty > 2"}}
    between: [10, 200]
  - std: {{on: orders, column: amount}}
    at_most: 100
  - quantile: {{on: orders, column: amount, q: 0.9}}
    at_most: 1000
  - references: {{on: orders, foreign_key: [city], to: cities, key: [name]}}
  - correlation: {{on: orders, x: amount, y: qty}}
    between: [-1, 1]
  - satisfies: {{on: orders, predicate: "day < current_date"}}
"""


def day(number: int, rows: int = 200) -> pa.Table:
    r = np.random.default_rng(number)
    amount = r.gamma(2, 50, rows)
    return pa.table(
        {
            "id": np.arange(rows) + number * rows,
            "amount": pa.array(np.where(r.random(rows) < 0.1, None, amount).tolist(), pa.float64()),
            "qty": r.integers(1, 9, rows),
            "city": r.choice(["Oslo", "Rome", "Lima"], rows),
            "day": pa.array([date(2024, 1, 1)] * rows),
        }
    )


@pytest.fixture
def shop(project: Project) -> Project:
    for number in range(4):
        project.write(f"orders/day-{number}.parquet", day(number))
    project.write("cities.parquet", {"name": ["Oslo", "Rome", "Lima"]})
    return project


def values(answer: Answer) -> dict[tuple[str, str], Any]:
    return {
        (name, json.dumps(m["key"], sort_keys=True)): (r["verdict"], m["value"], m["low"], m["n"])
        for name, r in answer.results.items()
        for m in r["measurements"]
    }


def parts(answer: Answer) -> tuple[int, int]:
    found = next(s["parts"] for s in answer.document["subjects"] if s["name"] == "orders")
    return found["total"], found["read"]


def both(project: Project) -> Answer:
    """Run on kept states, and held to be what a full scan gives."""
    kept = project.run(SUITE.format(incremental="true"))
    whole = project.run(SUITE.format(incremental="false"), "--home", "whole")
    assert kept.code == whole.code == 0, kept.out
    left, right = values(kept), values(whole)
    assert left.keys() == right.keys()
    for key, (verdict, value, low, n) in right.items():
        assert left[key][0] == verdict
        assert left[key][3] == n
        assert left[key][1] == pytest.approx(value, rel=1e-9)
        assert left[key][2] == (None if low is None else pytest.approx(low, rel=1e-9))
    subjects = [
        {s["name"]: s["fingerprint"] for s in a.document["subjects"]} for a in (kept, whole)
    ]
    assert subjects[0] == subjects[1]
    return kept


def test_a_day_arrives_changes_and_goes(shop: Project) -> None:
    both(shop)
    both(shop)
    shop.write("orders/day-4.parquet", day(4))
    both(shop)
    shop.write("orders/day-2.parquet", day(22))
    both(shop)
    (shop.folder / "orders/day-0.parquet").unlink()
    both(shop)


def test_the_record_says_what_was_read(shop: Project) -> None:
    suite = SUITE.format(incremental="true").split("  - satisfies")[0]
    assert parts(shop.run(suite)) == (4, 4)
    assert parts(shop.run(suite)) == (4, 0)
    shop.write("orders/day-4.parquet", day(4))
    assert parts(shop.run(suite)) == (5, 1)
    assert parts(shop.run(SUITE.format(incremental="true"))) == (5, 5)  # it asks for the date


def test_explain_in_words(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shop.write("suite.yaml", SUITE.format(incremental="true"))
    before = shop.assay("run", "suite.yaml", "--explain")
    assert before.code == 0
    assert not (shop.folder / ".assay").exists()
    assert "Incremental: of 4 files, 0 are kept, 4 to be read" in before.out
    assert (
        "All files are read for orders/satisfies:\n    its SQL asks what time it is" in before.out
    )
    assert "SELECT" in before.out
    prose = [line for line in before.out.splitlines() if not line.startswith("    ")]
    assert max(map(len, prose)) <= 80
    shop.assay("run", "suite.yaml", "-q")
    shop.write("orders/day-4.parquet", day(4))
    after = shop.assay("run", "suite.yaml", "--explain", "--json")
    table = after.document["tables"][0]
    assert table["files"]["read"] == ["orders (day-4.parquet)"]
    assert table["files"]["total"] == 5


def test_a_csv_file_cannot_be_incremental(shop: Project) -> None:
    shop.write("days/a.csv", "x\n1\n")
    answer = shop.run(
        """
        suite: s
        subjects: {d: {table: days, incremental: true}}
        checks:
          - row_count: {on: d}
            at_least: 1
        """
    )
    assert answer.code != 0
    said = answer.err + answer.out
    assert "cannot be incremental" in said
    assert "Parquet" in said


def test_a_day_of_other_columns_is_named(shop: Project) -> None:
    shop.run(SUITE.format(incremental="true"))
    shop.write("orders/day-4.parquet", day(4).drop_columns(["qty"]))
    answer = shop.run(SUITE.format(incremental="true"))
    assert answer.code == 1
    answer.judged("orders/row_count", "error", "day-4.parquet", "no column 'qty'")


def test_a_damaged_store_is_said_and_made_anew(shop: Project) -> None:
    suite = SUITE.format(incremental="true")
    expected = values(shop.run(suite))
    for junk in (b"", b"junk" * 5000, os.urandom(40_000)):
        for name in ("states.db-wal", "states.db-shm"):
            (shop.folder / ".assay" / name).unlink(missing_ok=True)
        (shop.folder / ".assay/states.db").write_bytes(junk)
        answer = shop.run(suite)
        assert values(answer).keys() == expected.keys()
        assert answer.code == 0
        if junk:
            assert (
                "assay: States of incremental tables: What was kept could not be read" in answer.err
            )
        assert shop.run(suite).err == ""


def test_python_keeps_nothing_without_a_home(shop: Project) -> None:
    import assay
    from assay.core.check import Suite, TableSpec
    from assay.subjects.table import table_source

    made = Suite(
        name="s",
        subjects={"d": TableSpec(source=table_source("orders", "."), incremental=True)},
        checks=(assay.check("row_count", on="d", at_least=1),),
    )
    assert assay.run(made).subjects[0].parts is None
    assert assay.run(made, home="kept").subjects[0].parts is not None


def test_a_kill_in_the_middle_loses_nothing(shop: Project) -> None:
    """Killed while it folds file after file; what was folded by then is not folded again."""
    shop.write("suite.yaml", SUITE.format(incremental="true").split("  - satisfies")[0])
    for number in range(4, 60):
        shop.write(f"orders/day-{number:02}.parquet", day(number, 2000))
    reads = []
    for patience in (0.05, 0.3, 0.6):
        started = subprocess.Popen(
            [sys.executable, "-m", "assay", "run", "suite.yaml", "-q"], cwd=shop.folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        database = shop.folder / ".assay/states.db"
        until = time.monotonic() + 20
        while not database.exists() and time.monotonic() < until and started.poll() is None:
            time.sleep(0.01)
        time.sleep(patience)
        started.send_signal(signal.SIGKILL)
        started.wait()
        reads.append(_kept(database))
    assert reads == sorted(reads)
    answer = shop.process("run", "suite.yaml", "--json")
    assert answer.code == 0
    assert parts(answer)[1] <= 60 - reads[-1]
    shutil.rmtree(shop.folder / ".assay")
    again = shop.process("run", "suite.yaml", "--json")
    for key, (verdict, value, _, n) in values(again).items():
        near = 1e-9 if "quantile" not in key[0] else 0.01  # a sketch, within its rank error
        assert values(answer)[key][0] == verdict
        assert values(answer)[key][1] == pytest.approx(value, rel=near)
        assert values(answer)[key][3] == n


def _kept(database: Path) -> int:
    """Files whose states are kept."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(database)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'states'").fetchone():
            return 0
        query = "SELECT count(DISTINCT content) FROM states"
        return int(db.execute(query).fetchone()[0])


def test_two_runs_at_once(shop: Project) -> None:
    shop.write("suite.yaml", SUITE.format(incremental="true"))
    for number in range(4, 30):
        shop.write(f"orders/day-{number:02}.parquet", day(number))
    several = [
        subprocess.Popen(
            [sys.executable, "-m", "assay", "run", "suite.yaml", "--json"], cwd=shop.folder,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    answers = []
    for process in several:
        out, err = process.communicate(timeout=60)
        assert err == ""
        answers.append(values(Answer(process.returncode, out, err)))
    for other in answers[1:]:
        assert other.keys() == answers[0].keys()
        for key in other:
            near = 1e-9 if "quantile" not in key[0] else 0.01
            assert other[key][1] == pytest.approx(answers[0][key][1], rel=near)
