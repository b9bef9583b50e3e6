"""``docs/compare/expectations.md`` says what the code does, name by name."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from assay.metrics import load_all
from assay.suite.exchange.dbt_tests import TESTS
from assay.suite.exchange.gx import read  # noqa: F401 - it brings in the rules
from assay.suite.exchange.gx.rules import METRICS, WITHOUT
from assay.suite.exchange.pandera import _CHECKS

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "compare" / "expectations.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "guide" / "import.md").read_text(encoding="utf-8")
SECTIONS = {
    part.partition("\n")[0]: part
    for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    if not part.startswith("Measured")  # figures, not names
}
_METRIC = re.compile(r"`(\w+)(?: \{([\w, ]+)\})?`")


def _rows(section: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _metric_cells() -> list[str]:
    found = []
    for section in SECTIONS:
        rows = _rows(section)
        found += [row[2 if section == "Deequ" else 1] for row in rows]
    return found


def test_every_metric_and_parameter_of_the_tables_is_there() -> None:
    known = load_all()
    named = [found for cell in _metric_cells() for found in _METRIC.findall(cell)]
    assert len(named) > 150
    for metric, parameters in named:
        if metric in ("no_worse_than", "where", "coerce", "escape"):  # words of a suite
            continue
        assert metric in known, metric
        own = {f.name for f in fields(known[metric])}  # type: ignore[arg-type]
        assert {p.strip() for p in parameters.split(",") if p} <= own, metric


def test_no_cell_leaves_a_name_without_an_answer() -> None:
    for section in SECTIONS:
        for row in _rows(section):
            cell = row[2 if section == "Deequ" else 1]
            assert cell.startswith(("`", "none", "any", "dates")), row
            if cell == "none":
                assert row[-1], row


def test_the_table_of_great_expectations_is_what_import_does() -> None:
    table = {row[0].strip("`"): row for row in _rows("Great Expectations 1.24")}
    assert set(table) == set(METRICS) | set(WITHOUT)
    assert list(table) == sorted(table)
    for name, row in table.items():
        metrics = {metric for metric, _ in _METRIC.findall(row[1])} - {"escape"}
        if name in WITHOUT:
            assert row[2].startswith("not imported: "), row
        else:
            assert metrics == set(METRICS[name]), row
            assert "not imported" not in row[2], row


@pytest.mark.parametrize("check", _CHECKS)
def test_every_check_of_pandera_that_is_read_is_in_the_table(check: str) -> None:
    assert any(f"`{check}`" in row[0] for row in _rows("pandera 0.35"))


def test_each_metric_of_data_quality_answers_some_tool_or_is_named_as_new() -> None:
    named = {metric for metric, _ in _METRIC.findall(PAGE)}
    plain = {name for name in load_all() if "." not in name}
    assert plain - named == set()


def test_the_guide_names_the_tests_of_dbt_that_are_read() -> None:
    for name in TESTS:
        assert f"`{name.removeprefix('dbt_utils.')}`" in GUIDE, name
