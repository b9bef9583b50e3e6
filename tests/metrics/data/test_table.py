"""Statements about the table: row_count, uniqueness, distinct_count, freshness, matches_schema."""

from __future__ import annotations

import msgspec
import pyarrow as pa
import pytest
from tests.metrics.data.measuring import CENSUS, evidence, measure, not_applicable, reason

from assay.core.binding import bind
from assay.core.evidence import Table
from assay.core.measurement import Estimation
from assay.metrics.data.freshness import Freshness
from assay.metrics.data.matches_schema import MatchesSchema
from assay.metrics.data.row_count import RowCount
from assay.metrics.data.uniqueness import DistinctCount, Uniqueness


def test_row_count_of_an_empty_table_is_zero():
    table = pa.table({"x": [1, 2, 3]})
    assert measure(RowCount(), table).value == 3
    found = measure(RowCount(), table.slice(0, 0))
    assert (found.value, found.n, found.unit) == (0, 1, "rows")


def test_uniqueness_of_one_column_and_of_several():
    table = pa.table({"a": [1, 1, 2, None], "b": ["x", "y", "y", "y"]})
    assert measure(Uniqueness(key=("a",)), table).value == 2 / 3
    assert measure(Uniqueness(key=("a", "b")), table).value == 1
    assert measure(Uniqueness(key=("b",)), table).value == 0.5
    assert Uniqueness(key=("a", "b")).columns() == ("a", "b")
    empty = pa.table({"a": pa.array([None], pa.int64())})
    assert reason(Uniqueness(key=("a",)), empty) == "there is no row with a full key"
    with pytest.raises(ValueError, match="at least one"):
        Uniqueness(key=())
    assert not_applicable(Uniqueness(key=("a", "z")), table) == "there is no column 'z'"


def test_distinct_count_leaves_out_nulls():
    table = pa.table({"a": [1, 1, 2, None]})
    found = measure(DistinctCount(column="a"), table)
    assert (found.value, found.n) == (2, 3)
    assert reason(DistinctCount(column="a"), table.slice(3)) == "there are no non-null values"


def test_freshness_counts_from_an_instant_given_from_outside():
    table = pa.table(
        {
            "t": pa.array([0, 3_600, None], pa.timestamp("s")),
            "z": pa.array([0, 3_600, None], pa.timestamp("s", tz="America/New_York")),
            "d": pa.array([0, 1, None], pa.date32()),
            "s": ["a", "b", "c"],
        }
    )
    now = Estimation(now=3 * 3_600.0)
    assert measure(Freshness(column="t"), table, now).value == 2
    assert measure(Freshness(column="z"), table, now).value == 2
    assert measure(Freshness(column="t", per="minutes"), table, now).unit == "minutes"
    assert measure(Freshness(column="t", at="1970-01-01T02:00:00Z"), table, now).value == 1
    assert measure(Freshness(column="d", at="1970-01-04", per="days"), table).value == 2
    assert measure(Freshness(column="t", at="1970-01-01T00:00:00"), table).value == -1
    assert "set `at`" in reason(Freshness(column="t"), table)
    assert reason(Freshness(column="t"), table.slice(2), now) == "there are no timestamps"
    assert "not dates" in (not_applicable(Freshness(column="s"), table) or "")
    with pytest.raises(ValueError, match="ISO 8601"):
        Freshness(column="t", at="yesterday")


TABLE = pa.table({"id": [1], "name": ["a"], "amont": [1.5], "day": pa.array([0], pa.date32())})
EXPECTED = {"id": "integer", "name": "string", "amount": "float", "day": "date"}


def differences(metric: MatchesSchema, table: pa.Table = TABLE) -> list[list[object]]:
    found = evidence(metric, table)
    rows = [row for part in found if isinstance(part, Table) for row in part.rows]
    assert measure(metric, table, CENSUS).value == len(rows)
    return rows


def test_a_schema_that_matches_has_no_differences():
    fields = {"id": "integer", "name": "string", "amont": "float", "day": "date"}
    assert differences(MatchesSchema(fields=fields, ordered=True)) == []
    assert differences(MatchesSchema(fields=tuple(fields), ordered=True)) == []
    assert measure(MatchesSchema(fields=fields), TABLE.slice(0, 0)).value == 0


def test_missing_and_extra_columns_name_each_other():
    assert differences(MatchesSchema(fields=EXPECTED)) == [
        ["amount", "float", "missing", "amont"],
        ["amont", "absent", "present", "amount"],
    ]
    assert differences(MatchesSchema(fields=EXPECTED, extra="allow")) == [
        ["amount", "float", "missing", "amont"]
    ]


def test_wrong_types_are_told_with_the_type_that_is_there():
    rows = differences(MatchesSchema(fields={"id": "string", "name": "string"}, extra="allow"))
    assert rows == [["id", "string", "integer (BIGINT)", ""]]


def test_order_counts_the_fewest_columns_that_must_move():
    assert differences(MatchesSchema(fields=("name", "amont", "day", "id"), ordered=True)) == [
        ["id", "after 'day'", "elsewhere", ""]
    ]
    assert len(differences(MatchesSchema(fields=("day", "amont", "name", "id"), ordered=True))) == 3
    assert differences(MatchesSchema(fields=("day", "amont", "name", "id"))) == []


def test_fields_are_checked_and_make_the_identity():
    with pytest.raises(ValueError, match="Did you mean 'integer'"):
        MatchesSchema(fields={"id": "intger"})
    with pytest.raises(ValueError, match="at least one"):
        MatchesSchema(fields={})
    with pytest.raises(ValueError, match="listed twice"):
        MatchesSchema(fields=("a", "a"))
    metric = MatchesSchema(fields=EXPECTED)
    assert metric == MatchesSchema(fields=dict(EXPECTED))
    assert hash(metric) == hash(MatchesSchema(fields=dict(EXPECTED)))
    assert metric != MatchesSchema(fields=dict(reversed(EXPECTED.items())))
    assert bind(MatchesSchema, msgspec.to_builtins(metric.parameters())) == metric
