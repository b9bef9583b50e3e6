"""Columns of any name: to every metric, and to a quarantine, a name is only a name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from tests.conformance import tables

from assay.metrics import load_all

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = {name: cls for name, cls in load_all().items() if "." not in name}
PEOPLE = tables.people(240)


NAMES = [
    '"; DROP TABLE d; --', 'a "b" c', "it's", "new\nline", "tab\there", "😀 emoji", "x" * 300, " ",
    "SELECT", "assay.unit", "Group", "%s {0}", "a.b", "*", "[1]", "\\", "/*", "--", ";", "日本",
    "NULL", "rowid",
]  # fmt: skip


def renamed(value: Any, names: dict[str, str]) -> Any:
    """Parameters with the columns in them renamed."""
    match value:
        case str():
            return names.get(value, value)
        case list() | tuple():
            return [renamed(item, names) for item in value]
        case dict():
            return {names.get(key, key): renamed(item, names) for key, item in value.items()}
        case _:
            return value


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def own_sql(metric: str, names: Callable[[str], str]) -> dict[str, str] | None:
    """Parameters of metrics that take SQL, which names columns itself."""
    age = quoted(names("age"))
    return {
        "satisfies": {"predicate": f"{age} > 30 AND {quoted(names('city'))} <> ''"},
        "query_rows": {"query": f"SELECT {age} FROM d WHERE {age} > 80"},
        "query_value": {"query": f"SELECT max({age}) FROM d"},
    }.get(metric)


@pytest.mark.parametrize("first", [0, 11])
def test_names_are_only_names_to_every_metric_and_to_a_quarantine(project, first):
    names = dict(zip(PEOPLE.column_names, NAMES[first:], strict=False))
    assert len(names) == len(PEOPLE.column_names)
    project.write("cities.parquet", tables.cities())
    found: list[dict[str, Any]] = []
    for mapping in ({}, names):
        columns = [mapping.get(name, name) for name in PEOPLE.column_names]
        project.write("d.parquet", PEOPLE.rename_columns(columns))
        project.write("b.parquet", tables.people(240, seed=9).rename_columns(columns))
        checks: list[Any] = []
        for metric, cls in DATA.items():
            params = own_sql(metric, lambda name, m=mapping: m.get(name, name))
            params = params or renamed(json.loads(json.dumps(dict(cls.example))), mapping)
            for by in (None, "sex"):
                keys = {"against": "b"} if cls.compares else {}
                if by and not metric.startswith("query"):
                    keys["by"] = [mapping.get(by, by)]
                call = {"on": "d", **params, **keys}
                checks.append({metric: call, "at_least": 0.5, "id": f"{metric}-{by}"})
        subjects = {
            "d": {"table": "d.parquet", "quarantine": "aside"},
            "b": {"table": "b.parquet"}, "cities": {"table": "cities.parquet"},
        }  # fmt: skip
        suite = {"suite": "names", "subjects": subjects, "checks": checks}
        answer = project.run(json.dumps(suite, ensure_ascii=False))
        found.append(answer.results)
        [aside] = (project.folder / "aside").iterdir()
        failed = pq.read_table(aside / "failed.parquet")
        assert failed.column_names == [*columns, "assay.reasons"]
        found[-1]["rows aside"] = failed.rename_columns([*PEOPLE.column_names, "reasons"])
        aside.rename(project.folder / f"aside-{len(found)}")
    plain, odd = found
    assert plain.pop("rows aside").equals(odd.pop("rows aside"))
    for check, result in plain.items():
        assert odd[check]["verdict"] == result["verdict"] != "error", (check, odd[check])
        values = [(pytest.approx(m["value"]), m["n"]) for m in result["measurements"]]
        assert [(m["value"], m["n"]) for m in odd[check]["measurements"]] == values, check


@pytest.mark.parametrize("name", ["assay.rows", "assay.least.0", "assay.different.0"])
def test_a_name_that_groups_use_is_refused_and_not_counted_wrongly(project, name):
    project.write("d.parquet", {name: [1, 1, 2, 2, 5] * 10, "b": [1, 1, 2, 3, 4] * 10})
    answer = project.run(
        f"""
        suite: reserved
        subjects:
          d: {{table: d.parquet}}
        checks:
          - duplicate_rows: {{on: d}}
            at_most: 1
          - duplicate_rows: {{on: d, columns: [b]}}
            equals: 0.92
          - mode_share: {{on: d, column: {name}}}
            at_most: 1
          - mean: {{on: d, column: {name}}}
            equals: 2.2
        """
    )
    assert list(answer.verdicts.values()) == ["error", "pass", "error", "pass"], answer.results
    answer.judged("d/duplicate_rows", "error", f"'{name}' bears a name", "Rename it")


@pytest.mark.parametrize("name", ["assay.key.0", "Assay.Grouping", "ASSAY.rows"])
def test_a_name_that_engines_use_is_refused(project, name):
    project.write("d.parquet", {name: range(50), "b": range(50)})
    project.write("good.parquet", PEOPLE)
    answer = project.run(
        """
        suite: reserved
        subjects:
          d: {table: d.parquet}
          good: {table: good.parquet}
        checks:
          - mean: {on: d, column: b, by: [b], min_slice: 1}
            at_least: 0
          - row_count: {on: good}
            equals: 240
        """
    )
    answer.judged("d/mean/b/by=b", "error", f"'d' has a column '{name}'", "Rename it")
    answer.judged("good/row_count", "pass")
