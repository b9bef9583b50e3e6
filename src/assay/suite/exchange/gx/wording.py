"""How a metric with a criterion is said in expectations: one function for each metric."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from assay.core.criterion import AtLeast, AtMost, Equals
from assay.suite.exchange.entries import UnmappableError, plain
from assay.suite.exchange.gx import keys
from assay.suite.exchange.gx.wish import Said, Wish
from assay.suite.exchange.predicates import named_table, parsed, rows_against


def _whole(interval: dict[str, Any]) -> dict[str, Any]:
    rounded = {"min_value": math.ceil, "max_value": math.floor}
    return {key: rounded[key](value) for key, value in interval.items()}


def _rows(w: Wish) -> Said:
    return [("expect_table_row_count_to_be_between", _whole(w.interval()))]


def _other_rows(w: Wish) -> Said:
    if w.criterion != Equals(1.0):  # a ratio above 1 is no better than one below
        raise UnmappableError(f"the expectation asks for as many rows, and this asks {w.criterion}")
    w.notes.append("the other table must lie in the same data source")
    kwargs = {"other_table_name": w.against}
    return [("expect_table_row_count_to_equal_other_table", kwargs)]


def _columns(w: Wish) -> Said:
    return [("expect_table_column_count_to_be_between", _whole(w.interval()))]


def _complete(w: Wish) -> Said:
    match w.criterion:
        case Equals(target=0.0, tolerance=0.0) | AtMost(bound=0.0):
            return [("expect_column_values_to_be_null", w.column)]
        case AtLeast() | Equals(target=1.0):
            return [("expect_column_values_to_not_be_null", w.column | w.mostly())]
    kind = "expect_column_proportion_of_non_null_values_to_be_between"
    return [(kind, w.column | w.interval())]


def _schema(w: Wish) -> Said:
    w.every(0.0)
    fields, extra = w.params["fields"], w.params.get("extra", "forbid")
    names = list(fields)
    if isinstance(fields, dict):
        w.notes.append("types are left out: Great Expectations names them as each engine does")
    if w.params.get("ordered"):
        if extra == "allow":
            raise UnmappableError("an expectation of the order allows no other columns")
        return [("expect_table_columns_to_match_ordered_list", {"column_list": names})]
    if extra == "allow" and len(names) == 1:
        return [("expect_column_to_exist", {"column": names[0]})]
    kwargs = {"column_set": names, "exact_match": extra == "forbid"}
    return [("expect_table_columns_to_match_set", kwargs)]


def _range(w: Wish) -> Said:
    p = w.params
    kwargs = {
        "min_value": p.get("lower"),
        "max_value": p.get("upper"),
        "strict_min": True if p.get("lower_inclusive") is False else None,
        "strict_max": True if p.get("upper_inclusive") is False else None,
    }
    return [("expect_column_values_to_be_between", w.column | kwargs | w.mostly())]


def _lengths(w: Wish) -> Said:
    kwargs = {"min_value": w.params.get("lower"), "max_value": w.params.get("upper")}
    return [("expect_column_value_lengths_to_be_between", w.column | kwargs | w.mostly())]


def _values(kind: str) -> Callable[[Wish], Said]:
    return lambda w: [(kind, w.column | {"value_set": list(w.params["values"])} | w.mostly())]


def _covers(w: Wish) -> Said:
    w.every()
    kwargs = w.column | {"value_set": list(w.params["values"])}
    return [("expect_column_distinct_values_to_contain_set", kwargs)]


def _mode(w: Wish) -> Said:
    w.every()
    kwargs = w.column | {"value_set": list(w.params["values"]), "ties_okay": True}
    return [("expect_column_most_common_value_to_be_in_set", kwargs)]


def _whole_match(w: Wish) -> Said:
    kwargs = {"regex": f"^(?:{_pattern(w)})$"}
    return [("expect_column_values_to_match_regex", w.column | kwargs | w.mostly())]


def _no_match(w: Wish) -> Said:
    kwargs = {"regex": _pattern(w)}
    return [("expect_column_values_to_not_match_regex", w.column | kwargs | w.mostly())]


def _pattern(w: Wish) -> str:
    """The pattern, where Python's dialect has it too."""
    import re

    pattern: str = w.params["pattern"]
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        reason = "the pattern is RE2's, and Python reads it otherwise"
        raise UnmappableError(reason) from None
    return pattern


def _like(kind: str) -> Callable[[Wish], Said]:
    def said(w: Wish) -> Said:
        w.notes.append("Great Expectations has LIKE for databases and Spark, not for pandas")
        return [(kind, w.column | {"like_pattern": w.params["pattern"]} | w.mostly())]

    return said


def _format(w: Wish) -> Said:
    kwargs = w.column | {"strftime_format": w.params["format"]} | w.mostly()
    return [("expect_column_values_to_match_strftime_format", kwargs)]


def _json(w: Wish) -> Said:
    return [("expect_column_values_to_be_json_parseable", w.column | w.mostly())]


def _json_schema(w: Wish) -> Said:
    kwargs = w.column | {"json_schema": dict(w.params["schema"])} | w.mostly()
    return [("expect_column_values_to_match_json_schema", kwargs)]


_TYPES = {
    "integer": ["int8", "int16", "int32", "int64", "Int8", "Int16", "Int32", "Int64", "INTEGER",
                "BIGINT", "SMALLINT", "TINYINT", "IntegerType", "LongType", "ShortType"],
    "float": ["float32", "float64", "Float32", "Float64", "DOUBLE", "FLOAT", "REAL",
              "DOUBLE_PRECISION", "DoubleType", "FloatType"],
    "decimal": ["DECIMAL", "NUMERIC", "DecimalType"],
    "boolean": ["bool", "boolean", "BOOLEAN", "BooleanType"],
    "string": ["str", "string", "object", "VARCHAR", "TEXT", "STRING", "CHAR", "StringType"],
    "date": ["date", "DATE", "DateType"],
    "timestamp": ["datetime64[ns]", "datetime64[us]", "datetime64[ms]", "datetime64[s]",
                  "TIMESTAMP", "DATETIME", "TimestampType"],
}  # fmt: skip
_WIDER = {"float": ("integer", "decimal"), "decimal": ("integer",), "timestamp": ("date",)}


def _type(w: Wish) -> Said:
    kind = w.params["type"]
    if kind not in _TYPES:
        raise UnmappableError(f"the type {kind} has a name of its own in each engine")
    kinds = (kind, *_WIDER.get(kind, ()))
    names = [name for each in kinds for name in _TYPES[each]]
    w.notes.append("the column's type is asked for, not whether texts read as one")
    kwargs = w.column | {"type_list": names} | w.mostly()
    return [("expect_column_values_to_be_in_type_list", kwargs)]


def _figure(kind: str) -> Callable[[Wish], Said]:
    return lambda w: [(kind, w.column | w.interval())]


def _distinct(w: Wish) -> Said:
    kind = "expect_column_unique_value_count_to_be_between"
    return [(kind, w.column | _whole(w.interval()))]


def _quantile(w: Wish) -> Said:
    ends = w.interval()
    ranges = {
        "quantiles": [w.params["q"]],
        "value_ranges": [[ends.get("min_value"), ends.get("max_value")]],
    }
    kwargs = w.column | {"quantile_ranges": ranges}
    return [("expect_column_quantile_values_to_be_between", kwargs)]


def _outliers(w: Wish) -> Said:
    method = w.params.get("method", "iqr")
    if method == "mad":
        raise UnmappableError("Great Expectations has no median absolute deviation")
    if not isinstance(w.criterion, AtMost):
        raise UnmappableError(f"an expectation asks for a greatest share, not {w.criterion}")
    multiplier = w.params.get("k") or (1.5 if method == "iqr" else 3)
    kwargs: dict[str, Any] = {
        "method": "iqr" if method == "iqr" else "std",
        "multiplier": multiplier,
        "mostly": plain(round(1 - w.criterion.bound, 12)),
    }
    return [("expect_column_values_to_not_be_outliers", w.column | kwargs)]


def _divergence(w: Wish) -> Said:
    if not isinstance(w.criterion, AtMost):
        raise UnmappableError(f"an expectation asks for a greatest divergence, not {w.criterion}")
    kwargs = {"partition_object": dict(w.params["partition"]), "threshold": w.criterion.bound}
    return [("expect_column_kl_divergence_to_be_less_than", w.column | kwargs)]


def _predicate(w: Wish) -> Said:
    w.every()
    where = parsed(w.where, "duckdb") if w.where else None
    query = rows_against(parsed(w.params["predicate"], "duckdb"), where, "{batch}")
    w.notes.append("queries are for databases and Spark, not for pandas")
    return [("unexpected_rows_expectation", {"unexpected_rows_query": query})]


def _query(w: Wish) -> Said:
    w.every(0.0)
    query = named_table(w.params["query"], w.on, "{batch}")
    w.notes.append("queries are for databases and Spark, not for pandas")
    return [("unexpected_rows_expectation", {"unexpected_rows_query": query})]


WORDINGS: dict[str, Callable[[Wish], Said]] = {
    "row_count": _rows,
    "row_count_ratio": _other_rows,
    "column_count": _columns,
    "completeness": _complete,
    "uniqueness": keys.unique,
    "not_repeated": keys.not_repeated,
    "occurs_once": keys.occurs_once,
    "duplicate_rows": keys.duplicated,
    "distinct_count": _distinct,
    "matches_schema": _schema,
    "has_type": _type,
    "in_range": _range,
    "length_in_range": _lengths,
    "in_set": _values("expect_column_values_to_be_in_set"),
    "not_in_set": _values("expect_column_values_to_not_be_in_set"),
    "covers_set": _covers,
    "mode_in_set": _mode,
    "matches": _whole_match,
    "does_not_match": _no_match,
    "like": _like("expect_column_values_to_match_like_pattern"),
    "not_like": _like("expect_column_values_to_not_match_like_pattern"),
    "date_format": _format,
    "is_json": _json,
    "json_schema": _json_schema,
    "minimum": _figure("expect_column_min_to_be_between"),
    "maximum": _figure("expect_column_max_to_be_between"),
    "mean": _figure("expect_column_mean_to_be_between"),
    "std": _figure("expect_column_stdev_to_be_between"),
    "sum": _figure("expect_column_sum_to_be_between"),
    "quantile": _quantile,
    "outliers": _outliers,
    "kl_divergence": _divergence,
    "satisfies": _predicate,
    "query_rows": _query,
}
"""Metrics that an expectation can ask for; all others have no equal in Great Expectations."""
