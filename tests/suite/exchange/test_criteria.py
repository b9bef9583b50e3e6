"""What a criterion lets pass here, its expectation lets pass in Great Expectations."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.suite.exchange.conftest import exported

RANGE = "in_range: {on: d, column: a, lower: 0}"
KEY = "not_repeated: {on: d, key: [a]}"


@pytest.mark.parametrize("check", [RANGE, KEY, "completeness: {on: d, column: a}"])
@pytest.mark.parametrize(
    ("criterion", "mostly"),
    [
        ("at_least: 1", {}),
        ("equals: 1", {}),
        ("at_least: 0.75", {"mostly": 0.75}),
        ("equals: {value: 1, tolerance: 0.25}", {"mostly": 0.75}),
    ],
)
def test_a_least_share_is_mostly(
    tmp_path: Path, check: str, criterion: str, mostly: dict[str, float]
) -> None:
    ((_, kwargs),), left = exported(tmp_path, check, criterion)
    assert {key: value for key, value in kwargs.items() if key == "mostly"} == mostly
    assert left == []


def test_a_share_between_bounds_is_mostly_where_the_upper_one_is_all(tmp_path: Path) -> None:
    ((_, kwargs),), _ = exported(tmp_path, RANGE, "between: [0.75, 1]")
    assert kwargs["mostly"] == 0.75


@pytest.mark.parametrize(
    ("check", "criterion"),
    [
        (RANGE, "between: [0.5, 0.75]"),
        (RANGE, "at_most: 0.5"),
        (RANGE, "equals: {value: 0.75, tolerance: 0.125}"),
        (KEY, "equals: 0.5"),
        ("occurs_once: {on: d, key: [a]}", "equals: {value: 1, tolerance: 0.25}"),
        ("uniqueness: {on: d, key: [a, b]}", "equals: {value: 1, tolerance: 0.25}"),
        ("covers_set: {on: d, column: a, values: [1]}", "equals: {value: 1, tolerance: 0.25}"),
        ("duplicate_rows: {on: d, columns: [a]}", "equals: {value: 0, tolerance: 0.25}"),
        ("row_count_ratio: {on: d, against: e}", "at_least: 1"),
        ("row_count_ratio: {on: d, against: e}", "equals: {value: 1, tolerance: 0.25}"),
    ],
)
def test_what_lets_more_or_less_pass_is_not_written(
    tmp_path: Path, check: str, criterion: str
) -> None:
    said, reasons = exported(tmp_path, check, criterion)
    assert (said, len(reasons)) == ([], 1)


def test_as_many_rows_as_another_table_is_written(tmp_path: Path) -> None:
    said, left = exported(tmp_path, "row_count_ratio: {on: d, against: e}", "equals: 1")
    assert said == [("expect_table_row_count_to_equal_other_table", {"other_table_name": "e"})]
    assert left == []
