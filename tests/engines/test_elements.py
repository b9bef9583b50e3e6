"""Numbers of lists: what ``element`` means, and which engines refuse it."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from sqlglot import exp

from assay.core.errors import EngineError
from assay.core.expr import Column, call
from assay.engines.duckdb import DuckDBEngine
from assay.engines.postgresql.dialect import PostgreSQLDialect
from assay.engines.spark.dialect import SparkDialect
from assay.engines.sql.typed import Typed
from assay.states import Sample

LISTS = [[1.0, 2.0], [3.0], None, [None, 4.0], [math.nan, 5.0]]


@pytest.mark.parametrize("of", [pa.float32(), pa.float64(), pa.int64(), pa.decimal128(9, 2)])
def test_the_number_at_a_position(over: Callable[[Any], DuckDBEngine], of: pa.DataType) -> None:
    lists = [v if v is None else [_of(of, x) for x in v] for v in LISTS]
    table = pa.table({"v": pa.array(lists, pa.list_(of))})
    assert _at(over(table), 1)[:3] == [1.0, 3.0, None]
    assert _at(over(table), 2) == [2.0, None, None, 4.0, 5.0]
    assert _at(over(table), 3) == [None] * 5


def _of(kind: pa.DataType, value: float | None) -> Any:
    """The value as that kind; only floats hold NaN."""
    if value is None or pa.types.is_floating(kind):
        return value
    if math.isnan(value):
        return None
    return Decimal(value) if pa.types.is_decimal(kind) else int(value)


def _at(engine: DuckDBEngine, position: int) -> list[float | None]:
    sample = Sample(of=(call("element", Column("v"), position),))
    [column] = engine.fold("t", [sample])[sample][()].arrays()
    return [None if math.isnan(v) else v for v in column.tolist()]


def test_lists_of_one_length(over: Callable[[Any], DuckDBEngine]) -> None:
    table = pa.table({"v": pa.array([[1.0, 2.0], [3.0, 4.0]], pa.list_(pa.float32(), 2))})
    assert _at(over(table), 2) == [2.0, 4.0]


def test_what_is_no_list_of_numbers_is_refused(over: Callable[[Any], DuckDBEngine]) -> None:
    for values in ([["a"]], [1.0], [[[1.0]]], [{"a": 1.0}]):
        with pytest.raises(EngineError, match=r"column 'v' .* is no list of numbers"):
            _at(over(pa.table({"v": pa.array(values)})), 1)


@pytest.mark.parametrize("dialect", [PostgreSQLDialect, SparkDialect])
def test_other_engines_say_so(dialect: Any) -> None:
    value = Typed(exp.column("v"), "nested", "array", "column 'v'")
    with pytest.raises(EngineError, match="does not read single numbers of a list") as raised:
        dialect().element(value, 1)
    assert "duckdb" in str(raised.value.hint)
