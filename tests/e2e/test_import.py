"""``assay import`` and ``assay convert``: what they write, say, and refuse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from assay.suite.load import load

if TYPE_CHECKING:
    from tests.e2e.conftest import Project

GX = {
    "name": "orders",
    "expectations": [
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "a", "mostly": 0.5}},
        {"type": "expect_column_values_to_be_increasing", "kwargs": {"column": "a"}},
        {"type": "expect_column_median_to_be_between", "kwargs": {"column": "a", "min_value": 1}},
    ],
}


@pytest.fixture
def orders(project: Project) -> Project:
    project.write("d.parquet", {"a": [1, 2, None], "b": ["x", "y", "z"]})
    project.write("gx/orders.json", json.dumps(GX, indent=1))
    return project


def test_a_suite_is_written_run_and_what_it_lacks_is_said(orders: Project) -> None:
    answer = orders.assay("import", "gx/orders.json", "--on", "d.parquet", "-o", "suite.yaml")
    assert answer.code == 0
    assert answer.out == (
        "Wrote suite.yaml: 2 checks; 1 could not be mapped.\n"
        "Read it, and run it: assay run suite.yaml\n"
    )
    lines = answer.err.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["gx/orders.json:12:4", "not mapped"],
        ["gx/orders.json:18:4", "differs"],
    ]
    assert orders.assay("run", "suite.yaml", "-q").code == 0
    assert load(orders.folder / "suite.yaml").name == "orders"


def test_without_a_place_the_table_is_a_variable(
    orders: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = orders.assay("import", "gx/orders.json")
    assert answer.code == 0
    assert 'data: {table: "${DATA}"}' in answer.out
    assert "# Run it: DATA=… assay run suite.yaml" in answer.out
    orders.write("suite.yaml", answer.out)
    assert "DATA is not set" in orders.assay("run", "suite.yaml").err
    monkeypatch.setenv("DATA", "d.parquet")
    assert orders.assay("run", "suite.yaml", "-q").code == 0


def test_a_table_may_be_in_a_database(orders: Project) -> None:
    import duckdb

    with duckdb.connect(str(orders.folder / "shop.duckdb")) as connection:
        connection.execute("create table orders as from 'd.parquet'")
    place = "data={duckdb: shop.duckdb, table: orders}"
    assert orders.assay("import", "gx/orders.json", "--on", place, "-o", "gx/s.yaml").code == 0
    assert "duckdb: ../shop.duckdb" in (orders.folder / "gx" / "s.yaml").read_text()
    assert orders.assay("run", "gx/s.yaml", "-q").code == 0


def test_the_only_table_of_a_document_needs_no_name(orders: Project) -> None:
    tests = "models: [{name: orders, columns: [{name: b, data_tests: [unique]}]}]"
    orders.write("schema.yml", tests)
    assert orders.assay("import", "schema.yml", "--on", "d.parquet", "-o", "s.yaml").code == 0
    assert orders.assay("run", "s.yaml", "-q").code == 0


def test_nothing_invisible_reaches_the_terminal(orders: Project) -> None:
    hostile = {"type": "\x1b[31mred\u202e", "kwargs": {"column": "a\nb\x07"}}
    document = {"expectations": [*GX["expectations"], hostile]}
    orders.write("s.json", json.dumps(document))
    answer = orders.assay("import", "s.json")
    assert answer.code == 0
    assert (answer.out + answer.err).replace("\n", "").isprintable()


def test_json_says_what_became_of_each_expectation(orders: Project) -> None:
    answer = orders.assay("import", "gx/orders.json", "--json")
    facts = json.loads(answer.out)
    assert (facts["format"], facts["checks"], facts["variables"]) == ("gx", 2, ["DATA"])
    assert [(e["line"], e["metrics"]) for e in facts["entries"]] == [
        (5, ["completeness"]), (12, []), (18, ["quantile"]),
    ]  # fmt: skip
    assert facts["entries"][1]["reason"].startswith("a table has no order")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["gx/none.json"], "does not exist"),
        (["gx/orders.json", "--from", "gxx"], "not one of"),
        (["gx/orders.json", "--from", "dbt"], "no properties file of dbt"),
        (["gx/orders.json", "--on", "x=d.parquet"], "no table 'x'"),
        (["gx/orders.json", "--on", "d.csv"], "assay: There is no file 'd.csv'"),
        (["gx/orders.json", "--on", "data="], "names no table"),
        (["gx/orders.json", "--on", "data={duckdb"], "not YAML"),
        (["gx/orders.json", "-o", "d.parquet"], "There is a file 'd.parquet' already"),
        (["gx/orders.json", "-o", "none/s.yaml"], "no folder 'none'"),
        (["d.parquet", "--from", "gx"], "not UTF-8"),
    ],
)
def test_what_cannot_be_is_one_error(orders: Project, arguments: list[str], words: str) -> None:
    orders.assay("import", *arguments).refused(words)


SUITE = """\
suite: shop
subjects:
  d: {table: d.parquet}
  e: {table: d.parquet}
checks:
  - completeness: {on: d, columns: [a, b]}
    at_least: 0.5
  - in_range: {on: d, column: a, lower: 0, where: "b <> 'z'"}
    severity: warn
  - correlation: {on: d, x: a, y: a}
    at_least: 0
"""


def test_a_suite_goes_to_great_expectations(orders: Project) -> None:
    orders.write("suite.yaml", SUITE)
    answer = orders.assay("convert", "suite.yaml", "--to", "gx", "-o", "out.json")
    assert answer.code == 0
    assert answer.out == "Wrote out.json: 3 expectations; 1 check could not be written.\n"
    assert answer.err == (
        "not written: correlation (line 10): Great Expectations has nothing like it.\n"
    )
    written = json.loads((orders.folder / "out.json").read_text())
    assert written["expectations"][2] == {
        "type": "expect_column_values_to_be_between",
        "kwargs": {
            "column": "a",
            "min_value": 0,
            "row_condition": {
                "type": "comparison",
                "column": {"name": "b"},
                "operator": "!=",
                "parameter": "z",
            },
        },
        "meta": {},
        "severity": "warning",
    }
    assert json.loads(orders.assay("convert", "suite.yaml", "--to", "gx").out) == written
    back = orders.assay("import", "out.json", "--on", "d.parquet", "-o", "back.yaml")
    assert back.err == ""
    assert [c.metric for c in load(orders.folder / "back.yaml").checks] == [
        "completeness", "completeness", "in_range",
    ]  # fmt: skip


def test_one_table_goes_at_a_time(orders: Project) -> None:
    orders.write("suite.yaml", SUITE + "  - row_count: {on: e}\n    at_least: 1\n")
    orders.assay("convert", "suite.yaml", "--to", "gx").refused("checks on d, e", "--on")
    orders.assay("convert", "suite.yaml", "--to", "gx", "--on", "x").refused("no check on 'x'")
    facts = json.loads(
        orders.assay("convert", "suite.yaml", "--to", "gx", "--on", "e", "--json").out
    )
    assert facts["expectations"] == 1
    assert [each["check"] for each in facts["left"]] == [
        "completeness (line 6)", "in_range (line 8)", "correlation (line 10)",
    ]  # fmt: skip
