"""Expression trees: what a metric asks of each row, as data.

An expression is a function from a row to a scalar. Metrics build trees; only an engine turns them
into its own language, so names and values are quoted in one place and never pasted into text.
Nulls follow SQL: an operator over a null gives null, and a filter keeps only rows that are true.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import TypeAlias

Scalar: TypeAlias = "str | int | float | bool | None"

Op = OneOf[
    # logic; NaN in a float column counts as null
    "and", "or", "not", "is_null", "not_null",
    # comparison; "in" is (x, literal, literal, …), "same" treats null as a value
    "eq", "ne", "lt", "le", "gt", "ge", "in", "same",
    # arithmetic over doubles; integer inputs are converted, so nothing overflows
    "add", "sub", "mul", "div", "abs", "ln", "exp", "sqrt", "floor", "least", "greatest",
    # (condition, value, condition, value, …, otherwise)
    "case",
    # numbers: "number" is the value as a double (booleans 0/1, dates and times as seconds since
    # 1970 UTC), "finite" is true where that double is neither null, NaN nor infinite
    "number", "finite",
    # text: "text" is the value as text; "matches" is (text, pattern), the whole value, RE2 syntax;
    # "like" is (text, SQL pattern); "replace" is (text, RE2 pattern, plain replacement), everywhere
    "text", "matches", "length", "like", "lower", "trim", "replace",
    # true where a text is valid JSON; where it is a date or time as strptime's format says
    "json", "written",
    # "castable" is (value, type name of core.schema.Kind): the value reads as that type
    "castable",
    # "element" is (list, position from 1): a list's number there as a double, null beyond its end.
    # An engine may read no lists
    "element",
    # (value, …): a number in [0, 1) that looks drawn by lot, the same for equal values; nulls are
    # values here. An engine may have none
    "lot",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table, by its exact name."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant. ``Literal(1)``, ``Literal(1.0)`` and ``Literal(True)`` are three values."""

    value: Scalar
    type: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "type", type(self.value).__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """An operator of the closed set :data:`Op` over arguments."""

    op: Op
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Sql:
    """A row-wise predicate or value that a person wrote in SQL.

    The engine parses it and refuses everything but scalar operators and functions over this
    table's columns: no subquery, no aggregate, no file or system function, one expression only.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Member:
    """True where the tuple of ``of`` occurs in ``columns`` of another table of the suite."""

    of: tuple[Expr, ...]
    table: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """True where the tuple of ``of`` occurs in more than one row of the table.

    Null where any of them is null. It costs the engine a scan of its own.
    """

    of: tuple[Expr, ...]


Expr: TypeAlias = Column | Literal | Call | Sql | Member | Repeated


def call(op: Op, *args: Expr | Scalar) -> Call:
    """``call("le", Column("x"), 3)``: an operator over expressions; plain values are literals."""
    return Call(op, tuple(a if isinstance(a, Expr) else Literal(a) for a in args))


def both(left: Expr | None, right: Expr | None) -> Expr | None:
    """The conjunction of two optional filters."""
    if left is None:
        return right
    if right is None:
        return left
    return Call("and", (left, right))
