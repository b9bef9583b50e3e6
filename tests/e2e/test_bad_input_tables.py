"""Tables that are not what a suite expects: one clear error or verdict, and the rest goes on."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Answer, Project

GOOD = {"a": np.arange(100.0)}


def suite(table: str) -> str:
    """Checks of a table ``bad`` beside one of a table that is as it should be."""
    return f"""
        suite: tables
        subjects:
          good: {{table: good.parquet}}
          bad: {{table: {table}}}
        checks:
          - row_count: {{on: good}}
            equals: 100
          - row_count: {{on: bad}}
            at_least: 1
          - completeness: {{on: bad, column: a}}
          - mean: {{on: bad, column: a}}
            between: [0, 100]
    """


def run(project: Project, table: str) -> Answer:
    """The answer, whose check of the good table has passed whatever the other is."""
    project.write("good.parquet", GOOD)
    answer = project.run(suite(table))
    assert answer.verdicts["good/row_count"] == "pass"
    assert "/project" not in answer.out.replace(str(answer.document["suite"]), "")
    return answer


def test_a_missing_file_is_named_with_its_place_and_the_nearest(project):
    project.write("date.csv", "a\n1\n")
    project.write("good.parquet", GOOD)
    project.run(suite("data.csv")).refused("suite.yaml:5:16", "'data.csv'", "'date.csv'")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("folder", ["'folder' holds no file", ".parquet"]),
        ("data.xyz", ["'data.xyz' is not known", ".csv"]),
        ("'x*.csv'", ["No file matches 'x*.csv'"]),
        ("https://host/data.csv", ["'https://…' is not a local file", "Copy it here first"]),
        ("{mysql: x, table: t}", ["duckdb, sqlite, postgresql"]),
        ("{sqlite: none.db, table: t}", ["'none.db'"]),
        ("{sqlite: other.db}", ["needs either `table` or `query`"]),
        ("../../../../../../etc/passwd", ["'passwd' is not known"]),
    ],
)
def test_a_table_that_cannot_be_meant(project, table, words):
    (project.folder / "folder").mkdir()
    project.write("data.xyz", "a\n1\n")
    project.write("good.parquet", GOOD)
    project.run(suite(table)).refused("suite.yaml:5:16", *words)


def test_a_pipe_in_place_of_a_file_does_not_wait_for_a_writer(project):
    os.mkfifo(project.folder / "data.csv")
    project.write("good.parquet", GOOD)
    project.run(suite("data.csv")).refused("'data.csv' is a pipe or device", "Name a file")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("d.csv", b"", ["'d.csv' is empty (0 bytes)", "Write it again"]),
        ("d.parquet", b"", ["'d.parquet' is empty"]),
        ("d.jsonl", b"", ["'d.jsonl' is empty"]),
        ("d.arrow", b"", ["'d.arrow' is empty"]),
        ("d.csv", b"\n\n", ["its first line is blank", "must name the columns"]),
        ("d.csv", bytes(range(256)), ["'d.csv' is not UTF-8 text"]),
        ("d.csv", "a,b\n1,é\n".encode("latin-1"), ["line 2 is not UTF-8", "Save the file as"]),
        ("d.csv", b"a,b\n1,2\n1,2,3\n", ["same number of fields", "Repair"]),
        ("d.csv", b'{"a": 1}\n', ["looks like JSON"]),
        ("d.parquet", b"a,b\n1,2\n", ["not a complete Parquet file"]),
        ("d.parquet", b"PAR1" + bytes(100), ["not a complete Parquet file"]),
        ("d.jsonl", b'{"a": 1}\n{"a":\n', ["one JSON object"]),
        ("d.arrow", b"nonsense" * 10, ["Arrow"]),
        ("d.csv.gz", b"a\n1\n", ["cannot be decompressed", "Not a gzipped file"]),
        ("d.csv.gz", gzip.compress(b"a\n1\n" * 99, mtime=0)[:20], ["cannot be decompressed"]),
        ("d.csv.zst", b"nonsense", ["cannot be decompressed"]),
    ],
)
def test_a_file_that_cannot_be_read_costs_its_own_checks(project, name, content, words):
    project.write(name, content)
    answer = run(project, name)
    assert answer.code == 1
    for check in ("bad/row_count", "bad/completeness/a", "bad/mean/a"):
        answer.judged(check, "error", *words)


@pytest.mark.parametrize(
    ("name", "content"),
    [("d.csv", "a,b\n"), ("d.parquet", {"a": pa.array([], pa.float64())})],
)
def test_zero_rows_are_no_value(project, name, content):
    project.write(name, content)
    answer = run(project, name)
    assert answer.code == 1
    answer.judged("bad/row_count", "fail", "it is 0 rows")
    answer.judged("bad/completeness/a", "not_applicable", "there are no rows")
    answer.judged("bad/mean/a", "not_applicable")
    assert answer.results["bad/mean/a"]["measurements"] == []


def test_one_row(project):
    project.write("d.csv", "a,b\n1,2\n")
    answer = run(project, "d.csv")
    answer.judged("bad/row_count", "pass", "It is 1 row,")
    answer.judged("bad/completeness/a", "pass")
    answer.judged("bad/mean/a", "pass", "It is 1,")


@pytest.mark.parametrize("kind", [pa.float64(), pa.int32(), pa.string(), pa.date32(), pa.null()])
def test_a_column_of_nulls_alone(project, kind):
    project.write("d.parquet", {"a": pa.array([None] * 50, kind)})
    answer = run(project, "d.parquet")
    answer.judged("bad/completeness/a", "fail", "50 of 50 rows fail")
    answer.judged("bad/mean/a", "not_applicable")


def test_nan_and_infinity_are_neither_values_nor_lost(project):
    values = [1.0, 3.0, float("nan"), float("inf"), float("-inf"), None] * 10
    project.write("d.parquet", {"a": pa.array(values, pa.float64())})
    answer = run(project, "d.parquet")
    answer.judged("bad/completeness/a", "fail", "20 of 60 rows fail")
    [measured] = answer.results["bad/mean/a"]["measurements"]
    assert (measured["value"], measured["n"]) == (2.0, 20)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("d.csv", "a\n" + "1\n" * 50 + "x\n"),
        ("d.jsonl", '{"a": 1}\n{"a": "x"}\n{"a": [1]}\n'),
    ],
)
def test_mixed_types_are_said_and_not_averaged(project, name, content):
    project.write(name, content)
    answer = run(project, name)
    answer.judged("bad/mean/a", "not_applicable", "column 'a' holds string", "not numbers")
    assert "d/mean" in answer.document["run"]["reason"]
    assert answer.document["decision"] != "pass"


def test_a_mixed_column_of_sqlite(project):
    db = sqlite3.connect(project.folder / "d.db")
    db.execute("CREATE TABLE t (a)")
    db.executemany("INSERT INTO t VALUES (?)", [(1,), ("x",), (None,), (b"\x00",), (2.5,)])
    db.commit()
    db.close()
    answer = run(project, "{sqlite: d.db, table: t}")
    answer.judged("bad/row_count", "pass", "5 rows")
    assert answer.verdicts["bad/completeness/a"] in {"fail", "error"}


def break_end(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def break_page(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:300] = b"\xff" * 200
    path.write_bytes(bytes(content))


def other_columns(path: Path) -> None:
    pq.write_table(pa.table({"b": ["x"]}), path)


def other_types(path: Path) -> None:
    pq.write_table(pa.table({"a": ["x"]}), path)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (break_end, ["'b.parquet'", "not a complete Parquet file"]),
        (break_page, ["b.parquet", "Check that the file is complete"]),
        (other_columns, ["b.parquet", "must have the same columns"]),
        (other_types, ["b.parquet", "must have the same columns and types"]),
    ],
)
def test_one_broken_file_of_a_folder_is_named(project, harm, words):
    project.write("folder/a.parquet", GOOD)
    harm(project.write("folder/b.parquet", GOOD))
    answer = run(project, "folder")
    assert answer.code == 1
    answer.judged("bad/mean/a", "error", *words)


def test_several_formats_in_a_folder(project):
    project.write("good.parquet", GOOD)
    project.write("folder/a.parquet", GOOD)
    project.write("folder/b.csv", "a\n1\n")
    project.run(suite("folder")).refused("several formats: csv, parquet", "'*.parquet'")


NAMES = [
    '"; drop table good; --', "a b", "naïve", "select", 'say "hi"', "it's", "a.b", "[x]", "{y}",
    "${HOME}", "../../etc/passwd", "%2e", "日本", "x" * 300, "assay.unit", "rowid", "count(*)", "1",
    "-1", "null", "true", "#c", "a:b", "a,b", "Ⅷ\u202e",
]  # fmt: skip


@pytest.mark.parametrize("format_", ["parquet", "csv"])
def test_odd_names_are_only_names(project, monkeypatch, format_):
    monkeypatch.setenv("HOME", "HOME")
    columns = {name: np.arange(40.0) + i for i, name in enumerate(NAMES)}
    columns["HOME"] = columns.pop("${HOME}")  # what the suite's variable stands for
    if format_ == "parquet":
        project.write("d.parquet", columns)
    else:
        text = io.StringIO()
        rows = csv.writer(text)
        rows.writerow(columns)
        rows.writerows(zip(*columns.values(), strict=True))
        (project.folder / "d.csv").write_text(text.getvalue())
    checks = "".join(
        f"  - mean: {{on: d, column: {json.dumps(name)}}}\n"
        f"    equals: {{value: {value.mean()}, tolerance: 1.0e-9}}\n"
        f"  - mean: {{on: d, column: {json.dumps(name)}, by: [{json.dumps(name)}], min_slice: 1}}\n"
        "    between: [0, 1000]\n"
        for name, value in columns.items()
    )
    checks += """
  - satisfies: {on: d, predicate: '"a b" >= 1 and "select" >= 3 and "naïve" >= 2'}
    at_least: 1
"""
    names = json.dumps(list(columns))
    checks += f"  - completeness: {{on: d, columns: {names}}}\n"
    answer = project.run(f"suite: t\nsubjects:\n  d: {{table: d.{format_}}}\nchecks:\n{checks}")
    assert answer.code == 0, {k: v for k, v in answer.verdicts.items() if v != "pass"}
    assert len(answer.results) == 3 * len(columns) + 1


def test_a_name_in_another_case_is_suggested(project):
    project.write("d.parquet", {"Income": [1.0]})
    answer = project.run(
        """
        suite: t
        subjects:
          d: {table: d.parquet}
        checks:
          - completeness: {on: d, column: income}
        """
    )
    answer.judged("d/completeness/income", "error", "no column 'income'", "'Income'")


def test_two_thousand_columns(project):
    rng = np.random.default_rng(0)
    project.write("d.parquet", {f"c{i}": rng.normal(size=50) for i in range(2000)})
    answer = project.run(
        """
        suite: wide
        subjects:
          d: {table: d.parquet}
        checks:
          - completeness: {on: d, columns: ["*"]}
          - mean: {on: d, columns: ["c*"]}
            between: [-2, 2]
        """
    )
    assert answer.code == 0
    assert len(answer.results) == 4000
    assert set(answer.verdicts.values()) == {"pass"}


def test_duplicate_ids_are_counted(project):
    project.write("d.parquet", {"id": [1, 1, 2, None, None]})
    answer = project.run(
        """
        suite: t
        subjects:
          d: {table: d.parquet, unit: id}
        checks:
          - uniqueness: {on: d, key: [id]}
        """
    )
    assert answer.code == 1
    answer.judged("d/uniqueness/id", "fail")


@pytest.mark.parametrize(
    ("check", "words"),
    [
        ("mean: {on: d, column: b}", ["no column 'b'", "Did you mean 'bb'?"]),
        ("mean: {on: d, columns: ['z*']}", ["No column of 'd' matches 'z*'"]),
        ("mean: {on: d, column: bb, by: [q]}", ["no column 'q'", "Its columns: bb, s"]),
        ("mean: {on: d, column: bb, where: q > 1}", ["no column 'q'"]),
        ("matches: {on: d, column: s, pattern: '((a{1,1000}){1,1000}){1,1000}'}", ["repetition"]),
    ],
)
def test_one_bad_check_leaves_the_others_alone(project, check, words):
    project.write("d.parquet", {"bb": np.arange(60.0), "s": ["x"] * 60})
    answer = project.run(
        f"""
        suite: t
        subjects:
          d: {{table: d.parquet}}
        checks:
          - row_count: {{on: d}}
            at_least: 1
          - {check}
            at_least: 0
            id: wrong
          - completeness: {{on: d, columns: ["*"]}}
        """
    )
    assert answer.code == 1
    answer.judged("wrong", "error", *words)
    others = {k: v for k, v in answer.verdicts.items() if k != "wrong"}
    assert set(others.values()) == {"pass"}
    assert len(others) == 3
