"""The tests of dbt_utils and dbt_expectations, constraints, sources, and what has no equal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assay.api.exchange import ImportedSuite, import_suite


def _imported(folder: Path, tests: str, *, column: bool = True) -> ImportedSuite:
    """Import a model ``m`` with tests of its column ``c``, or of itself."""
    body = f"columns: [{{name: c, data_tests: [{tests}]}}]" if column else f"data_tests: [{tests}]"
    path = folder / "schema.yml"
    path.write_text(
        f"models: [{{name: m, {body}}}, {{name: k, columns: [{{name: i, data_tests: [unique]}}]}}]"
    )
    return import_suite(path)


def _first(imported: ImportedSuite) -> tuple[str, dict[str, Any], dict[str, Any]]:
    (draft,) = imported.entries[0].checks
    assert draft.on == "m"
    return draft.metric, dict(draft.params), draft.beside


GOOD = {"at_least": 1}


@pytest.mark.parametrize(
    ("test", "metric", "params", "beside"),
    [
        ("not_null", "completeness", {"column": "c"}, GOOD),
        ("dbt.unique", "uniqueness", {"key": ["c"]}, GOOD),
        ("{accepted_values: {values: [1, 2], quote: false}}", "in_set",
         {"column": "c", "values": [1, 2]}, GOOD),
        ("{relationships: {to: \"source('s', 't')\", field: id}}", "references",
         {"foreign_key": ["c"], "to": "s.t", "key": ["id"]}, GOOD),
        ("{test_name: not_null, name: x, config: {severity: WARN}}", "completeness",
         {"column": "c"}, GOOD | {"severity": "warn"}),
        ("{dbt_utils.accepted_range: {min_value: 0, inclusive: false}}", "in_range",
         {"column": "c", "lower": 0, "lower_inclusive": False}, GOOD),
        ("{dbt_utils.expression_is_true: {expression: '> 3'}}", "satisfies",
         {"predicate": "COALESCE(c > 3, TRUE)"}, GOOD),
        ("{dbt_utils.not_accepted_values: {values: [x]}}", "not_in_set",
         {"column": "c", "values": ["x"]}, GOOD),
        ("dbt_utils.not_constant", "distinct_count", {"column": "c"}, {"at_least": 2}),
        ("dbt_utils.not_empty_string", "matches",
         {"column": "c", "pattern": r"(?s:.*)\S(?s:.*)"}, GOOD),
        ("{dbt_utils.not_null_proportion: {at_least: 0.9}}", "completeness",
         {"column": "c"}, {"at_least": 0.9}),
        ("dbt_utils.at_least_one", "completeness", {"column": "c"}, {"at_least": 5e-324}),
        ("{dbt_expectations.expect_column_values_to_match_regex: "
         "{regex: a$, row_condition: x > 1}}",
         "matches", {"column": "c", "pattern": "(?s:.*)a", "where": "x > 1"}, GOOD),
        ("{dbt_expectations.expect_column_values_to_be_between: {min_value: 1, strictly: true}}",
         "in_range", {"column": "c", "lower": 1, "lower_inclusive": False}, GOOD),
        ("{dbt_expectations.expect_column_mean_to_be_between: {arguments: {max_value: 3}}}",
         "mean", {"column": "c"}, {"at_most": 3}),
    ],
)  # fmt: skip
def test_a_test_of_a_column(
    tmp_path: Path, test: str, metric: str, params: Any, beside: Any
) -> None:
    assert _first(_imported(tmp_path, test)) == (metric, params, beside)


@pytest.mark.parametrize(
    ("test", "metric", "params", "beside"),
    [
        ("{dbt_utils.unique_combination_of_columns: {combination_of_columns: [a, b]}}",
         "duplicate_rows", {"columns": ["a", "b"]}, {"at_most": 0}),
        ("{dbt_utils.equal_rowcount: {compare_model: ref('k')}}", "row_count_ratio",
         {"against": "k"}, {"equals": 1}),
        ("{dbt_utils.fewer_rows_than: {compare_model: ref('k')}}", "row_count_ratio",
         {"against": "k"}, {"at_most": 0.9999999999999999}),
        ("{dbt_utils.recency: {datepart: day, field: at, interval: 2}}", "freshness",
         {"column": "at", "per": "days"}, {"at_most": 2}),
        ("{dbt_utils.expression_is_true: {expression: a > b, config: {where: a > 0}}}",
         "satisfies", {"predicate": "COALESCE(a > b, TRUE)", "where": "a > 0"}, GOOD),
        ("{dbt_expectations.expect_table_row_count_to_equal_other_table: "
         "{compare_model: \"ref('k')\"}}", "row_count_ratio", {"against": "k"}, {"equals": 1}),
    ],
)  # fmt: skip
def test_a_test_of_a_table(
    tmp_path: Path, test: str, metric: str, params: Any, beside: Any
) -> None:
    assert _first(_imported(tmp_path, test, column=False)) == (metric, params, beside)


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        ("mine", "this test is not known"),
        ("{not_null: {config: {error_if: '> 3'}}}", "`error_if` counts rows"),
        ("{not_null: {config: {enabled: false}}}", "not enabled"),
        ("{not_null: {config: {where: '{{ var(1) }} > 0'}}}", "a template"),
        ("{not_null: {config: {where: 'select 1'}}}", "not SQL that is understood"),
        ("{not_null: {config: {severity: fatal}}}", "severity 'fatal'"),
        ("{accepted_values: {values: []}}", "the set is empty"),
        ("{accepted_values: {value: [1]}}", "`values` must be a list"),
        ("{relationships: {to: orders, field: id}}", "neither ref"),
        ("{dbt_utils.sequential_values: {interval: 1}}", "not known"),
        ("{dbt_utils.accepted_range: {min_value: '{{ x }}'}}", "must be a number"),
        ("{dbt_expectations.expect_column_values_to_be_increasing: {sort_column: x}}", "order_by"),
        ("{dbt_expectations.expect_column_values_to_be_unique: {group_by: [x]}}", "`group_by`"),
        ("{dbt_utils.equal_rowcount: {compare_model: ref('k')}}", None),
        ("3", "not known"),
    ],
)  # fmt: skip
def test_what_has_no_equal_is_named(tmp_path: Path, test: str, reason: str | None) -> None:
    imported = _imported(tmp_path, test)
    entry = imported.entries[0]
    assert entry.mapped == (reason is None)
    assert (reason or "") in entry.reason


def test_constraints_and_the_freshness_of_sources(tmp_path: Path) -> None:
    path = tmp_path / "schema.yml"
    path.write_text("""
models:
  - name: m
    constraints: [{type: primary_key, columns: [a, b]}, {type: check, expression: a > 0}]
    columns: [{name: c, constraints: [{type: not_null}]}]
sources:
  - name: shop
    config: {loaded_at_field: at}
    freshness: {warn_after: {count: 12, period: hour}, error_after: {count: 2, period: day}}
    tables:
      - name: raw
      - {name: late, loaded_at_field: "at::timestamp"}
      - {name: other, freshness: null}
""")
    imported = import_suite(path)
    found = {
        entry.what: [(c.metric, c.on, c.params, c.beside) for c in entry.checks]
        for entry in imported.entries
    }
    assert found == {
        "constraint primary_key (m)": [
            ("completeness", "m", {"columns": ["a", "b"]}, GOOD),
            ("uniqueness", "m", {"key": ["a", "b"]}, GOOD),
        ],
        "constraint check (m)": [],
        "constraint not_null (m.c)": [("completeness", "m", {"column": "c"}, GOOD)],
        "freshness warn_after (shop.raw)": [
            ("freshness", "shop.raw", {"column": "at", "per": "hours"},
             {"at_most": 12, "severity": "warn"}),
        ],
        "freshness error_after (shop.raw)": [
            ("freshness", "shop.raw", {"column": "at", "per": "days"}, {"at_most": 2}),
        ],
        "freshness warn_after (shop.late)": [],
        "freshness error_after (shop.late)": [],
    }  # fmt: skip
    assert 'shop_raw: {table: "${SHOP_RAW}"}' in imported.text
    assert imported.variables == ("M", "SHOP_RAW")
