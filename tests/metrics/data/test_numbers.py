"""Statements about numbers, times and the table: edges, evidence, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from tests.metrics.data.measuring import CENSUS, evidence, measure, not_applicable, reason

from assay.core.evidence import Table, Text
from assay.core.measurement import Estimation
from assay.metrics.data.column_count import ColumnCount
from assay.metrics.data.extremes import Maximum, Minimum
from assay.metrics.data.monotone import Monotone
from assay.metrics.data.outliers import Outliers
from assay.metrics.data.row_count_ratio import RowCountRatio
from assay.metrics.data.shape import Kurtosis, Skewness
from assay.metrics.data.sum import Sum
from assay.metrics.data.time_gap import TimeGap

NUMBERS = pa.table({"x": [3.0, -1.0, None, math.nan, math.inf, 2.5], "s": ["a"] * 6})
OF_NUMBERS = [Minimum, Maximum, Sum, Skewness, Kurtosis, Outliers]


def table_of(metric, table) -> Table:
    """The metric's one table of evidence."""
    (found,) = (part for part in evidence(metric, table) if isinstance(part, Table))
    return found


@pytest.mark.parametrize("cls", OF_NUMBERS)
def test_only_finite_values_count_and_infinite_ones_are_told(cls):
    metric = cls(column="x")
    assert "not numbers" in (not_applicable(cls(column="s"), NUMBERS) or "")
    assert not_applicable(cls(column="z"), NUMBERS) == "there is no column 'z'"
    assert reason(metric, NUMBERS.slice(2, 3)) == "there are no finite values"
    notes = [part for part in evidence(metric, NUMBERS) if isinstance(part, Text)]
    assert [note.text for note in notes] == ["1 infinite value is not part of this measurement."]


def test_extremes_and_sum():
    for metric, value in ((Minimum, -1.0), (Maximum, 3.0), (Sum, 4.5)):
        found = measure(metric(column="x"), NUMBERS, Estimation())
        assert (found.value, found.n, found.method) == (value, 3, "census")
    flags = pa.table({"b": [True, False, None, True]})
    assert [measure(m(column="b"), flags).value for m in (Minimum, Maximum, Sum)] == [0, 1, 2]


def test_a_sum_of_whole_numbers_is_whole():
    rng = np.random.default_rng(0)
    for n in (3, 7, 10, 49, 1_001):
        values = rng.integers(-(10**9), 10**12, n)
        found = measure(Sum(column="i"), pa.table({"i": values})).value
        assert found == int(values.sum())
    huge = pa.table({"x": [1.7e308, 1.7e308]})
    assert "too large" in reason(Sum(column="x"), huge)


def test_shape_needs_values_that_differ():
    for cls, least in ((Skewness, 3), (Kurtosis, 4)):
        few = pa.table({"x": [1.0, 2.0, 4.0][: least - 1]})
        assert reason(cls(column="x"), few) == f"{cls.name} needs {least} values, not {least - 1}"
        same = pa.table({"x": [0.1] * 1_000})
        assert reason(cls(column="x"), same) == "all values of 'x' are the same"
        tiny = pa.table({"x": [0.0, 1e-100, 3e-100, 1e-99]})
        assert "beyond a double" in reason(cls(column="x"), tiny)


def order(values, by=None, **params):
    values = list(values)
    by = list(range(len(values))) if by is None else by
    table = pa.table({"v": values, "o": by})
    return measure(Monotone(column="v", order_by="o", **params), table).value


def test_monotone_counts_neighbouring_pairs_in_the_order_given():
    assert order([1, 2, 2, 5]) == 1
    assert order([1, 2, 2, 5], strict=True) == pytest.approx(2 / 3)
    assert order([1, 2, 2, 5], direction="decreasing") == pytest.approx(1 / 3)
    assert order([5, 3, 1], direction="decreasing", strict=True) == 1
    assert order([1, 3, 2], by=[0, 2, 1]) == 1
    assert order([1, 3, 2]) == 0.5
    assert order([1, None, 3, 2], by=[0, 1, 2, None]) == 1  # a missing value has no place


def test_rows_that_tie_in_the_order_do_not_break_it_among_themselves():
    assert order([2, 1, 3], by=[0, 0, 1]) == 1
    assert order([2, 1, 1.5], by=[0, 0, 1]) == 0.5  # 1, 2, then 1.5
    assert order([1, 2, 0], by=[0, 0, 1], direction="decreasing") == 1
    assert order([1, 1, 2], by=[0, 0, 1], strict=True) == 0.5


def test_monotone_shows_where_the_order_breaks():
    times = pa.array([0, 60, 120, 180], pa.timestamp("s"))
    table = pa.table({"v": [1, 5, 4, 6], "t": times, "s": ["a"] * 4})
    metric = Monotone(column="v", order_by="t")
    assert table_of(metric, table).rows == [
        ["1970-01-01T00:01:00Z", 5.0, "1970-01-01T00:02:00Z", 4.0]
    ]
    assert table_of(metric, table).columns == ["t", "v", "next t", "next v"]
    assert evidence(metric, table.slice(0, 2)) == ()
    assert metric.columns() == ("v", "t")
    assert "two rows" in reason(metric, table.slice(0, 1))
    assert "not numbers, dates" in (not_applicable(Monotone(column="s", order_by="t"), table) or "")
    assert "not numbers, dates" in (not_applicable(Monotone(column="v", order_by="s"), table) or "")
    assert measure(metric, table, Estimation()).method == "census"


def test_time_gap_is_the_longest_silence():
    hours = [0, 1, 1, 5, 30, None, 31]
    seconds = [None if h is None else h * 3_600 for h in hours]
    table = pa.table(
        {
            "t": pa.array(seconds, pa.timestamp("s")),
            "z": pa.array(seconds, pa.timestamp("s", tz="America/New_York")),
            "d": pa.array([0, 1, 1, 4, 5, None, 5], pa.date32()),
            "i": [1] * 7,
        }
    )
    for column in ("t", "z"):
        found = measure(TimeGap(column=column), table)
        assert (found.value, found.unit, found.n, found.method) == (25, "hours", 6, "census")
    assert measure(TimeGap(column="d", per="days"), table).value == 3
    assert measure(TimeGap(column="t", per="minutes"), table).unit == "minutes"
    shown = table_of(TimeGap(column="t", per="minutes"), table)
    assert shown.columns == ["from", "to", "minutes"]
    assert shown.rows[0] == ["1970-01-01T05:00:00Z", "1970-01-02T06:00:00Z", 1500.0]
    assert [row[2] for row in shown.rows] == [1500, 240, 60, 60]
    assert reason(TimeGap(column="t"), table.slice(5, 1)) == "there are no timestamps"
    assert reason(TimeGap(column="t"), table.slice(1, 2)) == "all timestamps are the same"
    assert "not dates" in (not_applicable(TimeGap(column="i"), table) or "")


def test_outliers_of_a_small_table_by_hand():
    table = pa.table({"x": [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 100]})
    # quartiles 3.25 and 7.75: fences -3.5 and 14.5
    found = measure(Outliers(column="x"), table)
    assert (found.value, found.n, found.method) == (0.1, 10, "wilson-effective-n")
    rows = table_of(Outliers(column="x"), table).rows
    assert rows == [["lower", -3.5, 0, ""], ["upper", 14.5, 1, "100"]]
    # median 5.5, MAD 2.5: beyond 3.5 * 2.5 / 0.6745 = 12.97 from it
    (_, low, _, _), (_, high, n, _) = table_of(Outliers(column="x", method="mad"), table).rows
    assert (low, high, n) == (pytest.approx(-7.4725, abs=1e-3), pytest.approx(18.4725, abs=1e-3), 1)
    # nobody among ten can be 3 standard deviations away (Shiffler 1988)
    assert measure(Outliers(column="x", method="zscore"), table, CENSUS).value == 0
    assert measure(Outliers(column="x", method="zscore", k=2.8), table, CENSUS).value == 0.1
    assert measure(Outliers(column="x", k=30), table, CENSUS).value == 0


@pytest.mark.parametrize("method", ["iqr", "zscore", "mad"])
def test_outliers_of_columns_without_a_scale(method):
    same = pa.table({"x": [0.1] * 600})
    found = measure(Outliers(column="x", method=method, k=0.01), same)
    assert (found.value, found.low) == (0, 0)
    assert measure(Outliers(column="x", method=method), same.slice(0, 1)).n == 1
    mostly = pa.table({"x": [0.0] * 90 + [1.0] * 10})
    if method == "zscore":
        assert measure(Outliers(column="x", method=method), mostly).value == 0
    else:
        assert "no scale" in reason(Outliers(column="x", method=method), mostly)
        assert evidence(Outliers(column="x", method=method), mostly) == ()
    huge = pa.table({"x": np.array([-1.0, -0.9, 0.9, 1.0]) * 1.7e308})
    assert "too large" in reason(Outliers(column="x", method=method), huge)
    for k in (0, -1, math.inf, math.nan):
        with pytest.raises(ValueError, match="above 0"):
            Outliers(column="x", method=method, k=k)


def test_counts_of_the_table():
    table = pa.table({"a": [1, 2, 3], "b": [1, 2, 3]})
    found = measure(ColumnCount(), table)
    assert (found.value, found.unit, found.n) == (2, "columns", 1)
    assert measure(ColumnCount(), table.slice(0, 0)).value == 2
    ratio = measure(RowCountRatio(), table.slice(0, 1), against=table)
    assert (ratio.value, ratio.method, ratio.n) == (1 / 3, "census", 1)
    assert measure(RowCountRatio(), table.slice(0, 0), against=table).value == 0
    assert "no rows" in reason(RowCountRatio(), table, against=table.slice(0, 0))
    (text,) = evidence(RowCountRatio(), table, against=table)
    assert isinstance(text, Text)
    assert text.text == "3 here, 3 in the reference table."
