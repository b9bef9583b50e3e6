"""Row predicates as SQL: trees of SQLGlot, so that names and values are quoted in one place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assay.suite.exchange.entries import UnmappableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlglot.expressions import Expr

_LONGEST = 5_000
_MARK = "assay_table_here"


def column(name: str) -> Expr:
    """A column, by its exact name; in quotes unless it is a plain word that is no keyword."""
    from sqlglot import exp
    from sqlglot.dialects import DuckDB

    bare = re.fullmatch(r"[a-z_][a-z0-9_]*", name) and name.upper() not in DuckDB.Tokenizer.KEYWORDS
    return exp.column(exp.to_identifier(name, quoted=not bare))


def constant(value: Any) -> Expr:
    """A text, number or boolean."""
    from sqlglot import exp

    if not isinstance(value, str | int | float | bool):
        raise UnmappableError("a value is neither text, number nor boolean")
    converted: Expr = exp.convert(value)
    return converted


def compare(operator: str, left: Expr, right: Expr) -> Expr:
    """``left operator right``, where the operator is one of ``== != < <= > >=``.

    Raises:
        UnmappableError: it is another operator.
    """
    from sqlglot import exp

    kinds = {
        "==": exp.EQ, "!=": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
    }  # fmt: skip
    if operator not in kinds:
        raise UnmappableError(f"the operator {operator!r} is not known")
    return kinds[operator](this=left, expression=right)


def is_null(value: Expr) -> Expr:
    """``value IS NULL``."""
    from sqlglot import exp

    return exp.Is(this=value, expression=exp.null())


def is_known(value: Expr) -> Expr:
    """``value IS NOT NULL``."""
    from sqlglot import exp

    return exp.Is(this=value, expression=exp.Not(this=exp.null()))


def same(left: Expr, right: Expr) -> Expr:
    """Equal, where null is a value like any other."""
    from sqlglot import exp

    return exp.NullSafeEQ(this=left, expression=right)


def different(left: Expr, right: Expr) -> Expr:
    """Not equal, where null is a value like any other."""
    from sqlglot import exp

    return exp.NullSafeNEQ(this=left, expression=right)


def member(value: Expr, options: Sequence[Any]) -> Expr:
    """``value IN (…)``."""
    from sqlglot import exp

    if not options:
        raise UnmappableError("a list of values is empty")
    return exp.In(this=value, expressions=[constant(option) for option in options])


def negation(predicate: Expr) -> Expr:
    """``NOT predicate``."""
    from sqlglot import exp

    return exp.not_(predicate)


def all_of(predicates: Iterable[Expr]) -> Expr:
    """The conjunction."""
    from sqlglot import exp

    return exp.and_(*predicates)


def any_of(predicates: Iterable[Expr]) -> Expr:
    """The disjunction."""
    from sqlglot import exp

    return exp.or_(*predicates)


def unless_false(predicate: Expr) -> Expr:
    """True also where the predicate is unknown."""
    from sqlglot import exp

    return exp.Coalesce(this=predicate, expressions=[exp.true()])


def total(values: Sequence[Expr]) -> Expr:
    """The sum."""
    from sqlglot import exp

    found = values[0]
    for value in values[1:]:
        found = exp.Add(this=found, expression=value)
    return found


def sql(predicate: Expr) -> str:
    """The predicate as a suite writes it."""
    return predicate.sql("duckdb")


def parsed(text: str, dialect: str) -> Expr:
    """A predicate that somebody wrote in SQL.

    Raises:
        UnmappableError: it is not one expression over the columns of a row.
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    if len(text) > _LONGEST:
        raise UnmappableError(f"the expression has more than {_LONGEST:,} characters")
    if "{" in text:  # Jinja's marks would read as a struct
        raise UnmappableError(f"the expression {_short(text)} holds a template")
    try:
        found = sqlglot.parse_one(text, read=dialect, into=exp.Condition)
    except (SqlglotError, RecursionError):
        raise UnmappableError(
            f"the expression {_short(text)} is not SQL that is understood"
        ) from None
    if found.find(exp.Query, exp.Subquery, exp.AggFunc, exp.Placeholder, exp.Command):
        raise UnmappableError(f"the expression {_short(text)} is not about one row")
    return found


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}…")


def rows_against(predicate: Expr, where: Expr | None, table: str) -> str:
    """The SELECT of a table's rows in which the predicate is not true; the table as it is given."""
    from sqlglot import exp

    broken = exp.not_(exp.Coalesce(this=predicate, expressions=[exp.false()]))
    rows = broken if where is None else exp.and_(where, broken)
    query = exp.select("*").from_(exp.to_identifier(_MARK)).where(rows)
    return query.sql("duckdb").replace(_MARK, table)


def named_table(query: str, table: str, other: str) -> str:
    """A query with another name for one of its tables, which is written as it is given.

    Raises:
        UnmappableError: it is not one SELECT, or names other tables.
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    if len(query) > _LONGEST:
        raise UnmappableError(f"the query has more than {_LONGEST:,} characters")
    try:
        tree = sqlglot.parse_one(query, read="duckdb")
    except (SqlglotError, RecursionError):
        raise UnmappableError(f"the query {_short(query)} is not SQL that is understood") from None
    if not isinstance(tree, exp.Query) or tree.find(exp.With):
        raise UnmappableError(f"the query {_short(query)} is not a plain SELECT")
    for found in tree.find_all(exp.Table):
        if found.name != table or found.args.get("db"):
            raise UnmappableError(f"the query is about {found.name!r} too")
        found.set("this", exp.to_identifier(_MARK))
    return tree.sql("duckdb").replace(_MARK, other)
