"""Tables in motion, columns of any type, more values and columns than fit."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pytest
from tests.conformance import tables

from assay.metrics import load_all

if TYPE_CHECKING:
    from pathlib import Path

DATA = {name: cls for name, cls in load_all().items() if "." not in name}
PEOPLE = tables.people(240)


MEDDLES = '''
"""Writes to the data once they are opened and before they are read."""
import os
import pathlib
import pyarrow.parquet as pq
from assay import AtLeast, metric
from assay.metrics.data.completeness import Completeness

@metric("shop.NAME", unit="share", higher_is_better=True, formula="", interval="wilson",
        reference="", example={"column": "age"}, default=AtLeast(0.0))
class Meddles(Completeness):
    """Share of values that are there."""

    def aggregates(self, schema):
        path, how = pathlib.Path("d", "p1.parquet"), os.environ.pop("HARM", "")
        if how == "rewritten":
            pq.write_table(pq.read_table(path).slice(0, 10), path)
        elif how == "appended to":
            with path.open("ab") as file:
                file.write(b"more")
        elif how == "deleted":
            path.unlink()
        elif how == "replaced":
            pq.write_table(pq.read_table(path), "new.parquet")
            os.replace("new.parquet", path)
        elif how == "cut":
            os.truncate(path, 1000)
        return super().aggregates(schema)
'''


@pytest.mark.parametrize("how", ["rewritten", "appended to", "deleted", "replaced", "cut"])
def test_a_table_that_changes_gives_no_verdict_and_no_quarantine(project, monkeypatch, how):
    for i in range(3):
        project.write(f"d/p{i}.parquet", PEOPLE)
    project.write("other.parquet", PEOPLE)
    name = how.replace(" ", "_")  # one process registers it once
    project.write("meddles.py", MEDDLES.replace("NAME", name))
    monkeypatch.setenv("HARM", how)
    answer = project.run(
        f"""
        suite: motion
        metrics: [meddles.py]
        subjects:
          d: {{table: d, quarantine: aside}}
          derived: {{query: SELECT age FROM d}}
          other: {{table: other.parquet, quarantine: aside_too}}
        checks:
          - shop.{name}: {{on: d, column: age}}
          - in_range: {{on: d, column: age, lower: 30}}
            at_least: 0
          - duplicate_rows: {{on: d}}
            at_most: 1
          - query_rows: {{on: d, query: SELECT * FROM d WHERE age < 0}}
          - row_count: {{on: derived}}
            at_least: 1
          - in_range: {{on: other, column: age, lower: 30}}
            at_least: 0
        """,
        "--allow-code",
    )
    assert answer.code == 1
    for check, result in answer.results.items():
        if check.startswith("other/"):
            assert result["verdict"] == "pass"
        else:
            table = check.split("/")[0]
            answer.judged(check, "error", f"'{table}' was written to while it was read")
            assert result["measurements"] == []
    assert "The failed rows of 'd' could not be written aside" in answer.err
    assert not list(project.folder.glob("aside/*"))
    assert len(list(project.folder.glob("aside_too/*/*.parquet"))) == 2


TYPES = {
    "decimal": "(i * 1.0000000001)::DECIMAL(38, 10)",
    "list": "[i % 5, NULL]",
    "struct": "{'x': i % 5, 'y': NULL}",
    "map": "MAP {'k': i % 5}",
    "binary": "('\\xFF\\x00' || chr(65 + (i % 5)::INT))::BLOB",
    "enum": "(CASE i % 3 WHEN 0 THEN 'z' WHEN 1 THEN 'a' ELSE 'm' END)::mood",
    "uuid": "('00000000-0000-0000-0000-0000000000' || lpad((i % 50)::VARCHAR, 2, '0'))::UUID",
    "interval": "INTERVAL (i % 7) HOUR",
    "time": "TIME '01:02:03.5' + INTERVAL (i % 7) MINUTE",
    "timetz": "'01:02:03+02'::TIMETZ",
    "timestamptz": "TIMESTAMPTZ '2024-03-31 00:00:00+00' + INTERVAL (i) MINUTE",
    "nanoseconds": "'2024-03-31 00:00:00.123456789'::TIMESTAMP_NS",
    "endless": "CASE i % 2 WHEN 0 THEN 'infinity'::TIMESTAMP ELSE '2024-01-01'::TIMESTAMP END",
    "hugeint": "170141183460469231731687303715884105727::HUGEINT - i",
    "bignum": "'123456789012345678901234567890123456789012345678901234567890'::BIGNUM",
    "bit": "'0101'::BIT",
    "union": "union_value(num := i)",
    "json": "('{\"a\": ' || i || '}')::JSON",
    "boolean": "i % 3 = 0",
    "float": "CASE i % 4 WHEN 0 THEN 'nan'::FLOAT WHEN 1 THEN 'inf'::FLOAT ELSE i END",
    "huge": "CASE i % 2 WHEN 0 THEN 1.7e308 ELSE -1.7e308 END",
    "null": "NULL",
}  # fmt: skip
DEFECT = re.compile(r"\b[A-Z]\w*(Error|Exception|Warning)\b|Traceback|isn't|__")


def instead(value: Any, name: str) -> Any:
    """The value of a parameter, with the first of the columns in it replaced."""
    if isinstance(value, str):
        return name if value in PEOPLE.column_names else value
    if isinstance(value, (list, tuple)) and value and value[0] in PEOPLE.column_names:
        return [name, *value[1:]]
    return value


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table with the columns of the metrics' examples, and one of each type."""
    path = tmp_path_factory.mktemp("typed") / "d.duckdb"
    with duckdb.connect(str(path)) as db:
        db.execute("CREATE TYPE mood AS ENUM ('z', 'm', 'a')")
        db.register("people", PEOPLE)
        columns = ", ".join(
            f"CASE WHEN i % 11 > 0 THEN {v} END AS {k}_column" for k, v in TYPES.items()
        )
        db.execute(
            f"CREATE TABLE t AS SELECT * EXCLUDE (i), {columns} "
            "FROM (SELECT *, row_number() OVER () - 1 AS i FROM people)"
        )
    return path


@pytest.mark.parametrize("kind", TYPES)
def test_every_metric_answers_for_a_column_of_any_type(project, typed, kind):
    (project.folder / "d.duckdb").symlink_to(typed)
    project.write("cities.parquet", tables.cities())
    checks: list[Any] = []
    for metric, cls in DATA.items():
        example = json.loads(json.dumps(dict(cls.example)))
        for at, name in enumerate(example):
            params = example | {name: instead(example[name], f"{kind}_column")}
            if params == example:
                continue
            if cls.compares:
                params["against"] = "d"
            checks.append(
                {metric: {"on": "d", **params}, "severity": "info", "id": f"{metric}.{at}"}
            )
    table = {"duckdb": "d.duckdb", "table": "t"}
    subjects = {"d": {"table": table}, "cities": {"table": "cities.parquet"}}
    answer = project.run(json.dumps({"suite": "types", "subjects": subjects, "checks": checks}))
    assert len(answer.results) == len(checks) >= 45
    for check, result in answer.results.items():
        assert not DEFECT.search(result["reason"]), (check, result["reason"])
        assert result["reason"]
        for measured in result["measurements"]:
            assert np.isfinite(measured["value"])
        for evidence in result["evidence"]:
            assert evidence["title"] != "Evidence failed", (check, evidence)


def test_whole_numbers_that_doubles_cannot_hold_apart_are_not_judged_by_them(project):
    up = [2**60 + i for i in range(100)]
    project.write("d.parquet", {"i": range(100), "up": up, "down": up[::-1], "small": range(100)})
    answer = project.run(
        """
        suite: big
        subjects:
          d: {table: d.parquet}
        checks:
          - monotone: {on: d, columns: [up, down, small], order_by: i, strict: true}
          - monotone: {on: d, column: i, order_by: up, strict: true}
          - distinct_count: {on: d, column: up}
            equals: 100
          - in_range: {on: d, column: up, lower: 1152921504606846977}
            equals: 0.99
        """
    )
    for name in ("up", "down"):
        answer.judged(f"d/monotone/{name}+i", "not_applicable", f"'{name}' holds numbers beyond")
    answer.judged("d/monotone/i+up", "not_applicable", "'up' holds numbers beyond 9,007,199")
    for check in ("d/monotone/small+i", "d/distinct_count/up", "d/in_range/up"):
        answer.judged(check, "pass")


def test_slices_without_end_are_refused_and_the_others_judged(project):
    n = 130_000
    project.write("d.parquet", {"id": np.arange(n), "few": np.arange(n) % 20_000, "x": np.ones(n)})
    answer = project.run(
        """
        suite: slices
        subjects:
          d: {table: d.parquet}
        checks:
          - mean: {on: d, column: x, by: [id]}
            at_least: 1
          - mean: {on: d, column: x, by: [few], min_slice: 1}
            at_least: 1
          - mean: {on: d, column: x}
            at_least: 1
        """
    )
    answer.judged("d/mean/x/by=id", "error", "more than 100,000 slices", "fewer values")
    answer.judged("d/mean/x/by=few", "error", "`by: few` makes 20,000 slices, more than the 10,000")
    answer.judged("d/mean/x", "pass")
    assert len(answer.out) < 20_000


def test_a_key_of_a_thousand_columns(project):
    columns = {f"c{i}": np.arange(60) % 7 for i in range(1200)} | {"id": np.arange(60)}
    project.write("d.parquet", columns)
    key = ", ".join(columns)
    answer = project.run(
        f"suite: wide\nsubjects:\n  d: {{table: d.parquet}}\nchecks:\n"
        f"  - uniqueness: {{on: d, key: [{key}]}}\n    id: unique\n"
        f"  - occurs_once: {{on: d, key: [{key}]}}\n    id: once\n"
        f"  - duplicate_rows: {{on: d, columns: [{key}]}}\n    id: rows\n"
    )
    assert answer.verdicts == {"unique": "pass", "once": "pass", "rows": "pass"}


def test_correlations_of_many_columns_copy_no_columns_for_each(project):
    rng = np.random.default_rng(0)
    project.write("d.parquet", {f"c{i}": rng.normal(size=300) for i in range(40)})
    project.write(
        "suite.yaml",
        "suite: t\nsubjects:\n  d: {table: d.parquet}\nchecks:\n"
        "  - correlation_matrix: {on: d}\n    between: [-1, 1]\n",
    )
    plan = json.loads(project.assay("run", "suite.yaml", "--explain", "--json").out)
    [scans] = [table["scans"] for table in plan["tables"]]
    assert scans
    assert all("FILTER" not in scan["sql"] for scan in scans)  # 7.6 GB of copies for 60 columns
    answer = project.assay("run", "suite.yaml", "--json")
    [result] = answer.document["results"]
    assert result["verdict"] == "pass"
    assert len(result["measurements"]) == 780
