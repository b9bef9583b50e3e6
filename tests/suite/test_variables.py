"""Variables from the environment: where they are filled in, and that they are never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assay.core.check import ModelSpec, TableSpec
from assay.core.errors import SuiteError
from assay.core.source import Database, Files
from assay.suite.load import load, loads

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from assay.core.check import Suite


def test_variables_are_filled_in_where_they_are_written(folder: Path) -> None:
    text = """\
suite: ${TEAM}-gate
subjects:
  t: {table: "${WHERE:-train}.csv"}
  db: {table: {postgresql: "postgresql://me:${PASSWORD}@host/db", table: people}}
  m: {model: "${MODEL}", task: regression, target: y}
checks:
  - matches: {on: t, column: age, pattern: "a${2}$${TEAM}|${x"}
  - in_set: {on: t, column: "${EMPTY:-age}", values: ["${N}"]}
"""
    environ = {
        "TEAM": "blue",
        "PASSWORD": "s3cret",
        "MODEL": "python:os:system",
        "EMPTY": "",
        "N": "5",
    }
    suite = loads(text, folder=str(folder), environ=environ)
    assert suite.name == "blue-gate"
    table, database, model = suite.subjects.values()
    assert isinstance(table, TableSpec)
    assert table.source == Files((str(folder / "train.csv"),), "csv")
    assert isinstance(database, TableSpec)
    assert isinstance(database.source, Database)
    assert database.source.dsn == "postgresql://me:s3cret@host/db"
    assert suite.checks[0].params["pattern"] == "a${2}${TEAM}|${x"
    assert suite.checks[1].params == {"column": "age", "values": ["5"]}
    # a variable never turns a file into code to import
    assert isinstance(model, ModelSpec)
    assert (model.kind, model.path) == (None, "python:os:system")
    assert "s3cret" not in repr(suite)
    assert suite.text == text


def test_the_process_environment_is_the_default(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_TEST_TABLE", "train.csv")
    path = folder / "s.yaml"
    path.write_text(
        "suite: s\nsubjects: {t: {table: '${ASSAY_TEST_TABLE}'}}\n"
        "checks: [{completeness: {on: t, column: age}}]"
    )
    assert load(path).subjects["t"]
    monkeypatch.delenv("ASSAY_TEST_TABLE")
    with pytest.raises(SuiteError) as caught:
        load(path)
    first = str(caught.value).splitlines()[0]
    assert first == (
        f"{path}:2:23: The environment variable ASSAY_TEST_TABLE is not set."
        " Set it, or write ${ASSAY_TEST_TABLE:-a default}."
    )


SECRET = "hunter2"


@pytest.mark.parametrize(
    "rest",
    [
        "checks: [{completeness: {on: '${S}', column: age}}]",
        "checks: [{completeness: {on: train, column: ['${S}']}}]",
        "checks: [{drift: {on: train, against: test, method: '${S}'}, at_most: 1}]",
        "checks: [{drift: {on: train, against: test, bins: '${S}'}, at_most: 1}]",
        "checks: [{in_range: {on: train, column: age, lower: '${S}'}}]",
        "checks: [{matches: {on: train, column: age, pattern: '(${S}'}}]",
        "checks: [{row_count: {on: train}, at_least: '${S}'}]",
        "checks: [{row_count: {on: train}, at_least: '${S}%'}]",
        "checks: [{row_count: {on: train}, at_least: 1, severity: '${S}'}]",
        "checks: [{row_count: {on: train}, at_least: 1, id: '../${S}'}]",
        "checks: [{row_count: {on: train}, at_least: 1, id: '${S}'},"
        " {row_count: {on: train}, at_least: 2, id: '${S}'}]",
        "checks: [{preset: '${S}'}]",
        "checks: [{preset: data-quality, with: {table: '${S}'}}]",
        "checks: [{row_count: {on: train}, equals: {value: '${S}'}}]",
        "gate: {inconclusive: '${S}'}\nchecks: [{row_count: {on: train}, at_least: 1}]",
        "defaults: {on: '${S}'}\nchecks: [{row_count: , at_least: 1}]",
        "seed: '${S}'\nchecks: [{row_count: {on: train}, at_least: 1}]",
    ],
)
def test_no_error_repeats_a_value(wrong: Callable[..., str], rest: str) -> None:
    message = wrong(rest, S=SECRET)
    assert SECRET not in message
    assert message.startswith("s.yaml:")


@pytest.mark.parametrize(
    "table",
    [
        "'${S}.csv'",
        "'${S}/*.csv'",
        "{sqlite: '${S}', table: t}",
        "{duckdb: x, table: '${S}', query: q}",
    ],
)
def test_no_error_repeats_a_path(wrong: Callable[..., str], table: str) -> None:
    text = f"suite: s\nsubjects: {{t: {{table: {table}}}}}\n"
    text += "checks: [{row_count: {on: t}, at_least: 1}]"
    message = wrong(text, head="", S=SECRET)
    assert SECRET not in message
    assert "variables, which are not shown" in message


def test_the_text_of_a_suite_keeps_the_variables(good: Callable[..., Suite]) -> None:
    suite = good("checks: [{completeness: {on: train, column: '${S}'}}]", S=SECRET)
    assert suite.checks[0].params == {"column": SECRET}
    assert suite.text is not None
    assert SECRET not in suite.text
