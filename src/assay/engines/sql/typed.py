"""SQL trees together with the kind of value they give, and the small trees all others need.

The trees are SQLGlot's: names and values are quoted when a tree is printed in an engine's dialect,
and nowhere else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from sqlglot import exp

from assay.core.errors import EngineError
from assay.core.schema import NUMERIC, TEMPORAL, Kind

if TYPE_CHECKING:
    from assay.core.expr import Scalar

ValueKind = Kind | Literal["null"]

_ATOMIC = (exp.Column, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Func, exp.Case)
# read as text in messages: "column 'city' (VARCHAR)", "the number 5"
_WORDS: dict[str, str] = {"integer": "number", "float": "number", "string": "text"}


@dataclass(frozen=True, slots=True)
class Typed:
    """A tree, the kind of its value, and how to speak of it.

    Attributes:
        native: the engine's own type name where it is known (columns), else "".
        label: for messages.
    """

    tree: exp.Expr
    kind: ValueKind
    native: str = ""
    label: str = "an expression"

    @property
    def constant(self) -> bool:
        """Whether it is a literal as a metric wrote it."""
        return isinstance(self.tree, exp.Literal | exp.Boolean | exp.Null | exp.Neg)

    def described(self) -> str:
        """``column 'city' (VARCHAR)``, ``the number 5``, ``an expression (float)``."""
        if self.constant:
            return self.label
        return f"{self.label} ({self.native or self.kind})"


@dataclass(frozen=True, slots=True)
class Lookup:
    """Whether some keys of a row occur in a table.

    Attributes:
        keys: of the row.
        present: true where the keys have a value; the answer is null elsewhere.
        wanted: the columns of ``rows`` that are looked in.
        rows: a query that lacks only its select list.
    """

    keys: list[exp.Expr]
    present: exp.Expr
    wanted: list[exp.Expr]
    rows: exp.Select


def operand(tree: exp.Expr) -> exp.Expr:
    """The tree, in parentheses where an operator beside it could tear it apart."""
    copy = tree.copy()
    # SQLGlot counts AND and OR as functions; they are not atoms.
    atomic = isinstance(copy, _ATOMIC) and not isinstance(copy, exp.Connector)
    return copy if atomic else exp.Paren(this=copy)


def function(name: str, *args: exp.Expr) -> exp.Expr:
    """A call of a function that SQLGlot need not understand."""
    return exp.Anonymous(this=name, expressions=[a.copy() for a in args])


def cast(tree: exp.Expr, native: str, *, safely: bool = False, dialect: str = "duckdb") -> exp.Expr:
    """``CAST`` to a dialect's type; ``safely`` gives null where a value does not fit."""
    return (exp.TryCast if safely else exp.Cast)(this=tree.copy(), to=_type(native, dialect).copy())


@cache
def _type(native: str, dialect: str) -> exp.DataType:
    return exp.DataType.build(native, dialect=dialect)


def conjunction(*trees: exp.Expr) -> exp.Expr:
    """All of at least one condition."""
    whole = operand(trees[0])
    for tree in trees[1:]:
        whole = exp.And(this=whole, expression=operand(tree))
    return whole


def case(branches: list[tuple[exp.Expr, exp.Expr]], otherwise: exp.Expr | None = None) -> exp.Expr:
    """``CASE WHEN … THEN … [ELSE …] END``."""
    return exp.Case(
        ifs=[exp.If(this=when.copy(), true=then.copy()) for when, then in branches],
        default=otherwise.copy() if otherwise is not None else None,
    )


def project(source: exp.Expr, trees: list[exp.Expr], name: str) -> exp.Expr:
    """The source with more columns: ``name.0``, ``name.1`` …"""
    added = [exp.alias_(t.copy(), f"{name}.{i}", quoted=True) for i, t in enumerate(trees)]
    inner = exp.Select(expressions=[exp.Star(), *added]).from_(source)
    return exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier("t")))


def literal(value: Scalar) -> Typed:
    """A constant, with its kind; floats are written so that they are read as doubles."""
    if value is None:
        return Typed(exp.Null(), "null", label="null")
    if isinstance(value, bool):
        return Typed(exp.Boolean(this=value), "boolean", label=f"the boolean {str(value).lower()}")
    if isinstance(value, str):
        return Typed(exp.Literal.string(value), "string", label=f"the text {value!r}")
    label = f"the number {value!r}"
    if isinstance(value, int):
        return Typed(_signed(str(abs(value)), value < 0), "integer", label=label)
    if not math.isfinite(value):
        return Typed(cast(exp.Literal.string(str(value)), "DOUBLE"), "float", label=label)
    digits = repr(abs(value))
    digits = digits if "e" in digits else f"{digits}e0"
    return Typed(_signed(digits, math.copysign(1, value) < 0), "float", label=label)


def _signed(digits: str, negative: bool) -> exp.Expr:
    number = exp.Literal.number(digits)
    return exp.Neg(this=number) if negative else number


def is_number(kind: ValueKind) -> bool:
    """Whether values of the kind order and add as numbers."""
    return kind in NUMERIC


def comparable(left: Typed, right: Typed, doing: str, *, dialect: str) -> tuple[exp.Expr, exp.Expr]:
    """Both trees, ready to be compared: a text constant is read as the other side's type.

    Raises:
        EngineError: values of these kinds are never comparable.
    """
    a, b = left.kind, right.kind
    if a == b or "null" in (a, b) or (is_number(a) and is_number(b)) or {a, b} <= TEMPORAL:
        return left.tree, right.tree
    if right.constant and b == "string" and _readable(left):
        return left.tree, cast(right.tree, left.native, dialect=dialect)
    if left.constant and a == "string" and _readable(right):
        return cast(left.tree, right.native, dialect=dialect), right.tree
    raise mismatch(left, right, doing)


def _readable(column: Typed) -> bool:
    """Whether a constant may be written as text: dates, times and decimals have no literal."""
    return bool(column.native) and column.kind in {
        "date", "timestamp", "time", "interval", "decimal",
    }  # fmt: skip


def mismatch(left: Typed, right: Typed, doing: str) -> EngineError:
    """The error for two values that cannot stand together."""
    want = _WORDS.get(left.kind, left.kind)
    return EngineError(
        f"Cannot {doing} {left.described()} with {right.described()}.",
        hint=f"Give a {want}, or change the column's type where the table is made."
        if right.constant
        else "Both must be of the same type.",
    )
