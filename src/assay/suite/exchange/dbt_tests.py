"""The generic tests of dbt and of dbt_utils: each as drafts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from assay.suite.exchange import predicates as p
from assay.suite.exchange.arguments import Arguments
from assay.suite.exchange.entries import Draft, UnmappableError, bounds, check, share, values

CONTEXT = "assay.context"
_REF = re.compile(r"""(?:\{\{\s*)?ref\(\s*['"]([^'"]+)['"]\s*\)(?:\s*\}\})?""")
_SOURCE = re.compile(
    r"""(?:\{\{\s*)?source\(\s*['"]([^'"]+)['"]\s*,\s*['"]([^'"]+)['"]\s*\)(?:\s*\}\})?"""
)
_PERIODS = {"second": "seconds", "minute": "minutes", "hour": "hours", "day": "days"}


@dataclass(frozen=True)
class Context:
    """What a test is on: a table, and a column of it where it is a column's test."""

    table: str
    column: str | None

    @property
    def only(self) -> str:
        """The column.

        Raises:
            UnmappableError: it is a test of the whole table.
        """
        if self.column is None:
            raise UnmappableError("it is a test of a column")
        return self.column


def table_of(reference: Any) -> str:
    """The table that ``ref('…')`` or ``source('…', '…')`` names.

    Raises:
        UnmappableError: it is neither.
    """
    found = _REF.fullmatch(str(reference).strip())
    if found:
        return found[1]
    found = _SOURCE.fullmatch(str(reference).strip())
    if found:
        return f"{found[1]}.{found[2]}"
    raise UnmappableError(f"{str(reference)[:60]!r} is neither ref('…') nor source('…', '…')")


def _not_null(a: Arguments, c: Context) -> list[Draft]:
    return [check("completeness", {"column": c.only}, share(1))]


def _unique(a: Arguments, c: Context) -> list[Draft]:
    return [check("uniqueness", {"key": [c.only]}, share(1))]


def _accepted(a: Arguments, c: Context) -> list[Draft]:
    a.flag("quote", default=True)
    return [check("in_set", {"column": c.only, "values": values(a.items("values"))}, share(1))]


def _not_accepted(a: Arguments, c: Context) -> list[Draft]:
    a.flag("quote", default=True)
    return [check("not_in_set", {"column": c.only, "values": values(a.items("values"))}, share(1))]


def _relationships(a: Arguments, c: Context) -> list[Draft]:
    params = {
        "foreign_key": [c.only], "to": table_of(a.text("to")), "key": [a.text("field")],
    }  # fmt: skip
    return [check("references", params, share(1))]


def _combination(a: Arguments, c: Context) -> list[Draft]:
    a.flag("quote_columns")
    names = a.texts("combination_of_columns")
    return [check("duplicate_rows", {"columns": names}, {"at_most": 0})]


def _range(a: Arguments, c: Context) -> list[Draft]:
    inclusive = None if a.flag("inclusive", default=True) else False
    lower, upper = a.number("min_value"), a.number("max_value")
    if lower is None and upper is None:
        raise UnmappableError("it states no bound, so it always holds")
    limits = {
        "lower": lower,
        "upper": upper,
        "lower_inclusive": inclusive if lower is not None else None,
        "upper_inclusive": inclusive if upper is not None else None,
    }
    return [check("in_range", {"column": c.only, **limits}, share(1))]


def _expression(a: Arguments, c: Context) -> list[Draft]:
    text = a.text("expression")
    # the expression of a column's test stands behind the column: `> 0`
    head = f"{p.sql(p.column(c.column))} " if c.column else ""
    predicate = p.sql(p.unless_false(p.parsed(head + text, "")))
    return [check("satisfies", {"predicate": predicate}, share(1))]


def _not_constant(a: Arguments, c: Context) -> list[Draft]:
    return [check("distinct_count", {"column": c.only}, {"at_least": 2})]


def _not_empty(a: Arguments, c: Context) -> list[Draft]:
    trim = a.flag("trim_whitespace", default=True)
    pattern = r"(?s:.*)\S(?s:.*)" if trim else "(?s:.+)"
    return [check("matches", {"column": c.only, "pattern": pattern}, share(1))]


def _at_least_one(a: Arguments, c: Context) -> list[Draft]:
    return [check("completeness", {"column": c.only}, bounds(0, None, above_low=True))]


def _proportion(a: Arguments, c: Context) -> list[Draft]:
    low, high = a.number("at_least"), a.number("at_most", 1)
    beside = bounds(low, high) if high != 1 else bounds(low, None)
    return [check("completeness", {"column": c.only}, beside)]


def _same_rows(a: Arguments, c: Context) -> list[Draft]:
    other = table_of(a.text("compare_model"))
    return [check("row_count_ratio", {"against": other}, {"equals": 1})]


def _fewer_rows(a: Arguments, c: Context) -> list[Draft]:
    other = table_of(a.text("compare_model"))
    beside = bounds(None, 1, below_high=True)
    return [check("row_count_ratio", {"against": other}, beside)]


def _recency(a: Arguments, c: Context) -> list[Draft]:
    a.flag("ignore_time_component")
    period, count = _PERIODS.get(a.text("datepart")), a.number("interval")
    field = a.text("field")
    if period is None or count is None or not re.fullmatch(r"\w+", field):
        raise UnmappableError("its age is not a number of seconds, minutes, hours or days")
    return [check("freshness", {"column": field, "per": period}, {"at_most": count})]


TESTS: dict[str, Callable[[Arguments, Context], list[Draft]]] = {
    "not_null": _not_null,
    "unique": _unique,
    "accepted_values": _accepted,
    "relationships": _relationships,
    "dbt_utils.unique_combination_of_columns": _combination,
    "dbt_utils.accepted_range": _range,
    "dbt_utils.expression_is_true": _expression,
    "dbt_utils.not_accepted_values": _not_accepted,
    "dbt_utils.not_constant": _not_constant,
    "dbt_utils.not_empty_string": _not_empty,
    "dbt_utils.not_null_proportion": _proportion,
    "dbt_utils.at_least_one": _at_least_one,
    "dbt_utils.equal_rowcount": _same_rows,
    "dbt_utils.fewer_rows_than": _fewer_rows,
    "dbt_utils.recency": _recency,
}
"""Names of tests, with their package, and how each is mapped."""
