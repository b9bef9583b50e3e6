"""Files that other tools wrote, imported and run: the verdicts are those of the tools themselves.

What they said was recorded when the fixtures were made, by the scripts beside them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.suite.exchange.conftest import FIXTURES, Verdicts

import assay
from assay.api.exchange import export_suite, import_suite
from assay.suite.exchange.gx import read  # noqa: F401 - it brings in the rules
from assay.suite.exchange.gx.rules import METRICS, RULES, WITHOUT
from assay.suite.exchange.gx.wording import WORDINGS

Judge = Callable[..., Verdicts]


def _recorded(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


def _airports(folder: Path, rows: int = 3368) -> Path:
    path = folder / "airports.csv"
    path.write_text("faa\n" + "".join(f"{i}\n" for i in range(rows)))
    return path


def test_great_expectations_agrees_with_every_verdict(
    judged: Judge, flights: Path, tmp_path: Path
) -> None:
    tables = {"data": flights, "airports": _airports(tmp_path)}
    verdicts = judged("gx_suite.json", tables)
    said = _recorded("gx_results.json")
    compared = {
        entry.id: (entry.what, verdicts.of(entry.checks), said[str(entry.id)])
        for entry in verdicts.imported.entries
        if entry.mapped and said[str(entry.id)] is not None
    }
    assert {k: v for k, v in compared.items() if v[1] != v[2]} == {}
    held = [theirs for _, _, theirs in compared.values()]
    assert len(held) > 100
    assert held.count(False) > 35


def test_the_suite_of_great_expectations_has_every_type_that_it_can_run() -> None:
    asked = {each["type"] for each in _recorded("gx_suite.json")["expectations"]}
    never_runs = {name for name, why in WITHOUT.items() if "without being able" in why}
    unexported = {"expect_column_pair_cramers_phi_value_to_be_less_than"}
    # an alias of the one about values within a record
    alias = {"expect_multicolumn_values_to_be_unique"}
    assert asked == (set(RULES) | set(WITHOUT)) - never_runs - unexported - alias


def test_all_types_of_great_expectations_are_mapped_or_named_with_a_reason() -> None:
    types = set((FIXTURES / "gx_types.txt").read_text().split())
    assert len(types) == 64  # 63 that begin with `expect_`, and unexpected_rows_expectation
    assert set(RULES) | set(WITHOUT) == types
    assert set(RULES) & set(WITHOUT) == set()
    assert set(METRICS) == set(RULES)


def test_what_no_metric_answers_is_named_in_the_suite(flights: Path, tmp_path: Path) -> None:
    imported = import_suite(FIXTURES / "gx_suite.json", tables={"data": flights})
    reasons = {e.what: e.reason for e in imported.entries if not e.mapped}
    assert set(reasons) == {
        "expect_column_value_z_scores_to_be_less_than (dep_delay)",
        "expect_column_values_to_match_regex (tailnum)",
        "expect_column_values_to_be_increasing (number)",
        "expect_column_values_to_be_decreasing (number)",
        "expect_query_results_to_match_comparison",
        "expect_column_mean_to_be_between (distance)",
    }
    comments = " ".join(line.strip(" #") for line in imported.text.splitlines())
    for what, reason in reasons.items():
        assert f"Not mapped: {what}" in comments
        assert reason in comments
    assert imported.variables == ("AIRPORTS",)


def test_what_is_exported_is_what_great_expectations_was_given(
    monkeypatch: pytest.MonkeyPatch, flights: Path
) -> None:
    """`gx_exported.json` is what the results beside it were recorded for."""
    monkeypatch.setenv("FLIGHTS", str(flights))
    exported = export_suite(FIXTURES / "flights.yaml")
    assert exported.document == _recorded("gx_exported.json")
    left = {each.check.split()[0] for each in exported.left}
    assert left == {
        "occurs_once", "correlation", "freshness", "mean", "in_set", "outliers", "completeness",
        "in_range",
    }  # fmt: skip
    assert all(each.reason for each in exported.left)


def test_great_expectations_says_of_an_exported_suite_what_assay_says(
    monkeypatch: pytest.MonkeyPatch, flights: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("FLIGHTS", str(flights))
    text = (FIXTURES / "flights.yaml").read_text(encoding="utf-8")
    suite = tmp_path / "suite.yaml"  # without the checks that have no words there
    suite.write_text(text.partition("  # These have no words there.")[0], encoding="utf-8")
    assert export_suite(suite).left == ()
    run = assay.run(suite, home=tmp_path / ".assay")
    said = _recorded("gx_exported_results.json")
    compared = [
        (result.id, result.verdict, kind, "pass" if held else "fail")
        for result, (kind, held) in zip(run.results, said, strict=True)
    ]
    assert [c for c in compared if c[1] != c[3]] == []
    assert [c[3] for c in compared].count("fail") > 10
    assert {r.metric for r in run.results} == set(WORDINGS) - {"row_count_ratio"}


def test_pandera_agrees_with_every_verdict(judged: Judge, flights: Path) -> None:
    failures = {
        (each["column"], each["check"].partition("(")[0])
        for each in _recorded("pandera_failures.json")
    }
    assert len(failures) == 5
    for name in ("pandera.yaml", "pandera.json"):
        verdicts = judged(name, {"data": flights}, force=True)
        found = {
            (entry.what.partition("(")[2].rstrip(")"), entry.what.partition(" ")[0])
            for entry in verdicts.imported.entries
            if entry.mapped and entry.what != "nullable"
            if not verdicts.of(entry.checks)
        }
        warned = {("dep_delay", "less_than")}
        assert found == {f for f in failures if f[1] != "not_nullable"} | warned
        incomplete = {
            r.id.rpartition("/")[2]
            for r in verdicts.run.results
            if r.metric == "completeness" and r.verdict != "pass"
        }
        assert incomplete == {c for c, check in failures if check == "not_nullable"}
        (late,) = [r for r in verdicts.run.results if r.severity == "warn"]
        assert late.metric == "in_range"
        left = {e.what for e in verdicts.imported.entries if not e.mapped}
        assert left == {"index", "column gate", "column sched_.*"}


def test_dbt_agrees_with_every_verdict(judged: Judge, flights: Path, tmp_path: Path) -> None:
    origins = tmp_path / "origins.csv"
    origins.write_text("faa\nEWR\nJFK\nLGA\n")
    long_haul = tmp_path / "long_haul.parquet"
    table = pq.read_table(flights)
    pq.write_table(table.filter([d > 2000 for d in table["distance"].to_pylist()]), long_haul)
    tables = {"flights": flights, "origins": origins, "long_haul": long_haul}
    verdicts = judged("dbt_schema.yml", tables)
    said = {
        (each["test"], each["on"], each["column"], "where" in each["name"]): each["status"]
        for each in _recorded("dbt_results.json")
        if each["name"] != "delay_of_those_that_left"
    }
    compared = 0
    for entry in verdicts.imported.entries:
        test, _, place = entry.what.rstrip(")").partition(" (")
        on, _, column = place.partition(".")
        if not entry.mapped:
            assert (test, column) == ("not_null", "tailnum")
            continue
        filtered = "where" in entry.checks[0].params and column == "dep_delay"
        status = "pass" if filtered else said[test, on, column, False]
        assert verdicts.of(entry.checks) == (status == "pass"), entry.what
        compared += 1
    assert compared == 10
    assert {r["status"] for r in _recorded("dbt_results.json")} >= {"pass", "fail"}


def test_a_json_schema_finds_the_records_that_its_validator_finds(
    judged: Judge, flights: Path, tmp_path: Path
) -> None:
    errors = _recorded("flight_errors.json")
    names = list(_recorded("flight.schema.json")["properties"])
    records = tmp_path / "records.parquet"
    pq.write_table(pq.read_table(flights, columns=names), records)
    verdicts = judged("flight.schema.json", {"data": records})
    failing: dict[str, int] = {}
    for result in verdicts.run.results:
        assert result.verdict in ("pass", "fail")
        if result.verdict == "fail":
            (measured,) = result.measurements
            column = result.params.get("column", "minute")
            failing[column] = round((1 - measured.value) * measured.n)
    assert failing == {name.split()[0]: count for name, count in errors.items()}
    assert [e for e in verdicts.imported.entries if not e.mapped] == []


def test_the_schema_of_a_file_fits_the_file(judged: Judge, flights: Path, tmp_path: Path) -> None:
    suite = tmp_path / "suite.yaml"
    import_suite(flights, tables={"data": flights}, output=suite)
    run = assay.run(suite, home=tmp_path / ".assay")
    assert {r.verdict for r in run.results} == {"pass"}
