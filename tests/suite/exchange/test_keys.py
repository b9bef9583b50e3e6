"""Keys that repeat, from Great Expectations and back: what counts rows, and what counts keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.suite.exchange.conftest import exported

from assay.suite.exchange.formats import read

UNIQUE = "expect_column_values_to_be_unique"
COMPOUND = "expect_compound_columns_to_be_unique"
PROPORTION = "expect_column_proportion_of_unique_values_to_be_between"
WHOLE = {"ignore_row_if": "any_value_is_missing"}  # rows that lack a part of the key are left out
PARTS = "rows that lack a part of the key are left out"


@pytest.mark.parametrize(
    ("kind", "kwargs", "metric", "params", "beside", "note"),
    [
        (UNIQUE, {}, "uniqueness", {"key": ["a"]}, {"at_least": 1}, ""),
        (UNIQUE, {"mostly": 1.0}, "uniqueness", {"key": ["a"]}, {"at_least": 1}, ""),
        (UNIQUE, {"mostly": 0.9}, "not_repeated", {"key": ["a"]}, {"at_least": 0.9}, ""),
        (COMPOUND, WHOLE, "uniqueness", {"key": ["a", "b"]}, {"at_least": 1}, ""),
        (COMPOUND, {"ignore_row_if": "never"}, "duplicate_rows", {"columns": ["a", "b"]},
         {"at_most": 0}, ""),
        (COMPOUND, WHOLE | {"mostly": 0.5}, "not_repeated", {"key": ["a", "b"]},
         {"at_least": 0.5}, ""),
        (COMPOUND, {"mostly": 0.5}, "not_repeated", {"key": ["a", "b"]}, {"at_least": 0.5}, PARTS),
        (COMPOUND, {"mostly": 0, "ignore_row_if": "never"}, "not_repeated", {"key": ["a", "b"]},
         {"at_least": 0}, PARTS),
    ],
)  # fmt: skip
def test_mostly_is_the_share_of_rows_with_a_key_of_their_own(
    tmp_path: Path, kind: str, kwargs: Any, metric: str, params: Any, beside: Any, note: str
) -> None:
    key = {"column": "a"} if kind == UNIQUE else {"column_list": ["a", "b"]}
    document = tmp_path / "s.json"
    document.write_text(json.dumps({"expectations": [{"type": kind, "kwargs": key | kwargs}]}))
    (entry,) = read(document).entries
    (check,) = entry.checks
    assert (check.metric, check.params, check.beside) == (metric, params, beside)
    assert entry.reason == note


A, AB = "key: [a]", "key: [a, b]"
ONE, SEVERAL = {"column": "a"}, {"column_list": ["a", "b"]} | WHOLE


@pytest.mark.parametrize(
    ("metric", "key", "criterion", "kind", "kwargs"),
    [
        ("uniqueness", A, "at_least: 1", UNIQUE, ONE),
        ("uniqueness", AB, "at_least: 1", COMPOUND, SEVERAL),
        ("uniqueness", A, "at_least: 0.5", PROPORTION, ONE | {"min_value": 0.5}),
        ("not_repeated", A, "at_least: 1", UNIQUE, ONE),
        ("not_repeated", A, "at_least: 0.5", UNIQUE, ONE | {"mostly": 0.5}),
        ("not_repeated", AB, "at_least: 0.5", COMPOUND, SEVERAL | {"mostly": 0.5}),
        ("not_repeated", AB, "equals: 1", COMPOUND, SEVERAL),
        ("occurs_once", A, "at_least: 1", UNIQUE, ONE),
        ("occurs_once", AB, "equals: 1", COMPOUND, SEVERAL),
    ],
)
def test_a_key_is_said_as_great_expectations_counts(
    tmp_path: Path, metric: str, key: str, criterion: str, kind: str, kwargs: Any
) -> None:
    assert exported(tmp_path, f"{metric}: {{on: d, {key}}}", criterion) == ([(kind, kwargs)], [])


ASKS_LEAST = "an expectation asks for a least share, not"
KEYS = "an expectation counts the rows whose key another row has (`not_repeated`), not the keys"


@pytest.mark.parametrize(
    ("metric", "key", "criterion", "reason"),
    [
        ("uniqueness", AB, "at_least: 0.5", "the expectation allows no exception"),
        ("not_repeated", A, "at_most: 0.5", f"{ASKS_LEAST} at most 0.5"),
        ("not_repeated", A, "between: [0.2, 0.5]", f"{ASKS_LEAST} between 0.2 and 0.5"),
        ("occurs_once", A, "at_least: 0.9", KEYS),
        ("occurs_once", AB, "at_most: 1", KEYS),
    ],
)
def test_a_key_that_cannot_be_said_is_named_with_the_reason(
    tmp_path: Path, metric: str, key: str, criterion: str, reason: str
) -> None:
    said, (why,) = exported(tmp_path, f"{metric}: {{on: d, {key}}}", criterion)
    assert said == []
    assert why.startswith(reason)
