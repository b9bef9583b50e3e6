"""How metrics of keys, and of rows that repeat, are said in expectations.

A uniqueness expectation counts rows: of a value in three rows, all three are unexpected. Rows that
lack the key are left out, as the metrics leave them out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.criterion import AtLeast, Equals
from assay.suite.exchange.entries import UnmappableError

if TYPE_CHECKING:
    from assay.suite.exchange.gx.wish import Said, Wish


def _each_once(w: Wish, mostly: dict[str, Any]) -> Said:
    key = list(w.params["key"])
    if len(key) == 1:
        return [("expect_column_values_to_be_unique", {"column": key[0]} | mostly)]
    kwargs = {"column_list": key, "ignore_row_if": "any_value_is_missing"}
    return [("expect_compound_columns_to_be_unique", kwargs | mostly)]


def unique(w: Wish) -> Said:
    """Different keys per row: a share other than 1 can be asked of one column only."""
    key = w.params["key"]
    if len(key) > 1:
        w.every()
    elif w.criterion != AtLeast(1.0):
        kind = "expect_column_proportion_of_unique_values_to_be_between"
        return [(kind, {"column": key[0]} | w.interval())]
    return _each_once(w, {})


def not_repeated(w: Wish) -> Said:
    """Rows with a key of their own: what ``mostly`` is the least share of."""
    return _each_once(w, w.mostly())


def occurs_once(w: Wish) -> Said:
    """Keys with a row of their own: all of them have one where no row repeats a key."""
    match w.criterion:
        case AtLeast(bound=1.0) | Equals(target=1.0, tolerance=0.0):
            return _each_once(w, {})
    raise UnmappableError(
        "an expectation counts the rows whose key another row has (`not_repeated`), "
        "not the keys that several rows have"
    )


def duplicated(w: Wish) -> Said:
    """Rows that repeat an earlier one; a missing value is a value there."""
    w.every(0.0)
    names = list(w.params.get("columns") or ())
    if not names:
        raise UnmappableError("only the table tells which columns it has")
    kwargs = {"column_list": names, "ignore_row_if": "never"}
    return [("expect_compound_columns_to_be_unique", kwargs)]
