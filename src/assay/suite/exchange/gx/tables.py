"""Expectations about a table as a whole: its rows, its columns, its schema."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from assay.suite.exchange.entries import DATA, Draft, UnmappableError, bounds, check
from assay.suite.exchange.gx.rules import Mapped, maps
from assay.suite.exchange.kinds import kind_for

if TYPE_CHECKING:
    from assay.suite.exchange.arguments import Arguments


def interval(a: Arguments, *, whole: bool = False) -> dict[str, Any]:
    """The criterion that ``min_value``, ``max_value`` and their strictness state."""
    low, high = a.number("min_value"), a.number("max_value")
    return bounds(
        low, high, above_low=a.flag("strict_min"), below_high=a.flag("strict_max"), whole=whole
    )


def iso_date(text: str) -> str:
    """The text, where it is an ISO 8601 date or timestamp.

    Raises:
        UnmappableError: it is not.
    """
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise UnmappableError(f"{text!r} is not an ISO 8601 date or timestamp") from None
    return text


@maps("expect_table_row_count_to_be_between", "row_count")
def _rows(a: Arguments) -> Draft:
    return check("row_count", {}, interval(a, whole=True))


@maps("expect_table_row_count_to_equal", "row_count")
def _rows_equal(a: Arguments) -> Draft:
    return check("row_count", {}, {"equals": _count(a)})


@maps("expect_table_row_count_to_equal_other_table", "row_count_ratio")
def _rows_of_another(a: Arguments) -> Draft:
    return check("row_count_ratio", {"against": a.text("other_table_name")}, {"equals": 1})


@maps("expect_table_column_count_to_be_between", "column_count")
def _columns(a: Arguments) -> Draft:
    return check("column_count", {}, interval(a, whole=True))


@maps("expect_table_column_count_to_equal", "column_count")
def _columns_equal(a: Arguments) -> Draft:
    return check("column_count", {}, {"equals": _count(a)})


def _count(a: Arguments) -> int | float:
    value: int | float = a.number("value", 0.5)
    if value != int(value) or value < 0:
        raise UnmappableError("`value` must be a whole number")
    return int(value)


@maps("expect_table_columns_to_match_ordered_list", "matches_schema")
def _ordered(a: Arguments) -> Draft:
    return schema(_names(a, "column_list"), ordered=True)


@maps("expect_table_columns_to_match_set", "matches_schema")
def _set(a: Arguments) -> Draft:
    exact = a.flag("exact_match", default=True)
    return schema(_names(a, "column_set"), extra="forbid" if exact else "allow")


def _names(a: Arguments, argument: str) -> list[str]:
    names = a.texts(argument)
    if len(set(names)) < len(names):
        raise UnmappableError(f"`{argument}` names a column twice")
    return names


def schema(fields: Any, *, ordered: bool = False, extra: str = "forbid") -> Draft:
    """A check of the columns, with no parameter that says what goes without saying."""
    params = {"fields": fields, "ordered": ordered or None}
    return check("matches_schema", params | ({"extra": extra} if extra == "allow" else {}))


@maps("expect_column_to_exist", "matches_schema")
def _exists(a: Arguments) -> Mapped:
    index = a.number("column_index")
    note = "" if index is None else f"that it stands at position {index} is not checked"
    return Mapped((schema([a.text("column")], extra="allow"),), note)


@maps("expect_column_type_to_be", "matches_schema")
def _type(a: Arguments) -> Draft:
    return schema({a.text("column"): kind_for([a.text("type_")])}, extra="allow")


@maps("unexpected_rows_expectation", "query_rows")
def _unexpected_rows(a: Arguments) -> Mapped:
    query = a.text("unexpected_rows_query")
    note = "the query is run as DuckDB's SQL" if "{batch}" in query else ""
    if "{" in query.replace("{batch}", ""):
        raise UnmappableError("the query has placeholders other than {batch}")
    return Mapped(
        (check("query_rows", {"query": query.replace("{batch}", DATA)}, {"equals": 0}),),
        note or "the tables that the query names must be subjects of the suite",
    )
