"""Expectations about several columns of a row, or about rows that repeat."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from assay.suite.exchange import predicates as p
from assay.suite.exchange.entries import Draft, UnmappableError, check, plain, share
from assay.suite.exchange.gx.rules import Mapped, maps
from assay.suite.exchange.gx.values import mostly

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

    from assay.suite.exchange.arguments import Arguments

_PAIR = ("both_values_are_missing", "either_value_is_missing", "neither")
_LIST = ("all_values_are_missing", "any_value_is_missing", "never")


def _satisfies(a: Arguments, predicate: Expr, where: str | None) -> Draft:
    return check("satisfies", {"predicate": p.sql(predicate), "where": where}, mostly(a))


def _kept(a: Arguments, names: list[str], options: tuple[str, str, str]) -> str | None:
    """The rows that ``ignore_row_if`` leaves: a null is a fault in those that it keeps."""
    choice = a.choice("ignore_row_if", options, options[0])
    if choice == options[2]:
        return None
    there = [p.is_known(p.column(name)) for name in names]
    return p.sql(p.any_of(there) if choice == options[0] else p.all_of(there))


def _pair(a: Arguments) -> tuple[Expr, Expr, str | None]:
    names = [a.text("column_A"), a.text("column_B")]
    return p.column(names[0]), p.column(names[1]), _kept(a, names, _PAIR)


@maps("expect_column_pair_values_a_to_be_greater_than_b", "satisfies")
def _greater(a: Arguments) -> Draft:
    left, right, where = _pair(a)
    for name in ("allow_cross_type_comparisons", "parse_strings_as_datetimes"):
        if a.flag(name):
            raise UnmappableError(f"`{name}` has no equal")
    return _satisfies(a, p.compare(">=" if a.flag("or_equal") else ">", left, right), where)


@maps("expect_column_pair_values_to_be_equal", "satisfies")
def _equal(a: Arguments) -> Draft:
    left, right, where = _pair(a)
    return _satisfies(a, p.compare("==", left, right), where)


@maps("expect_column_pair_values_to_be_in_set", "satisfies")
def _in_pairs(a: Arguments) -> Draft:
    left, right, where = _pair(a)
    pairs = a.items("value_pairs_set")
    if not pairs or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise UnmappableError("`value_pairs_set` must be a list of pairs")
    tests = [p.all_of((_is(left, one), _is(right, other))) for one, other in pairs]
    return _satisfies(a, p.any_of(tests), where)


def _is(column: Expr, value: Any) -> Expr:
    if value is None:
        return p.is_null(column)
    return p.compare("==", column, p.constant(value))


def _several(a: Arguments) -> list[str]:
    names: list[str] = a.texts("column_list")
    if len(names) < 2:
        raise UnmappableError("`column_list` must name at least two columns")
    return names


@maps("expect_multicolumn_sum_to_equal", "satisfies")
def _sum(a: Arguments) -> Draft:
    names = a.texts("column_list")
    predicate = p.compare("==", p.total([p.column(name) for name in names]), p.constant(_total(a)))
    return _satisfies(a, predicate, _kept(a, names, _LIST))


def _total(a: Arguments) -> int | float:
    value: int | float | None = a.number("sum_total")
    if value is None:
        raise UnmappableError("`sum_total` is missing")
    return plain(value)


@maps("expect_multicolumn_values_to_be_equal", "satisfies")
def _all_equal(a: Arguments) -> Draft:
    names = _several(a)
    first = p.column(names[0])
    tests = [p.same(p.column(name), first) for name in names[1:]]
    return _satisfies(a, p.all_of(tests), _kept(a, names, _LIST))


def _different(a: Arguments) -> Draft:
    names = _several(a)
    if len(names) > 20:
        raise UnmappableError("more than 20 columns make more pairs than one predicate should have")
    tests = [p.different(p.column(one), p.column(other)) for one, other in combinations(names, 2)]
    return _satisfies(a, p.all_of(tests), _kept(a, names, _LIST))


maps("expect_select_column_values_to_be_unique_within_record", "satisfies")(_different)
maps("expect_multicolumn_values_to_be_unique", "satisfies")(_different)


@maps("expect_compound_columns_to_be_unique", "uniqueness", "duplicate_rows", "not_repeated")
def _compound(a: Arguments) -> Draft | Mapped:
    names, least = a.texts("column_list"), mostly(a)
    where = _kept(a, names, _LIST)
    whole = a.choice("ignore_row_if", _LIST, _LIST[0]) == "any_value_is_missing"
    if least != share(1):
        note = "" if whole else "rows that lack a part of the key are left out"
        return Mapped((check("not_repeated", {"key": names}, least),), note)
    if whole:
        return check("uniqueness", {"key": names}, share(1))
    return check("duplicate_rows", {"columns": names, "where": where}, {"at_most": 0})
