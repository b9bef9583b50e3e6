"""From any kind of value to a number, to text, to a key; and whether text reads as a type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from assay.core.errors import EngineError
from assay.core.schema import Kind
from assay.engines.typed import Typed, case, cast, conjunction, function, operand

if TYPE_CHECKING:
    from collections.abc import Callable

_INTEGER_TEXT = r"[+-]?[0-9]+"


def number(value: Typed) -> Typed:
    """The value as a double: booleans 0/1, dates and times as seconds since 1970 UTC.

    Text that does not read as a number gives null.

    Raises:
        EngineError: the kind has no number (binary, nested).
    """
    match value.kind:
        case "float" if value.native in {"", "DOUBLE"}:
            tree = value.tree
        case "integer" | "decimal" | "boolean" | "float" | "null":
            tree = cast(value.tree, "DOUBLE")
        case "date" | "timestamp" | "time" | "interval":
            tree = function("epoch", value.tree)
        case "string":
            tree = cast(text(value).tree, "DOUBLE", safely=True)
        case _:
            raise EngineError(
                f"{_capital(value.described())} is not a number.",
                hint="Use a numeric, boolean, date or time column.",
            )
    return Typed(tree, "float", "DOUBLE", value.label)


def finite(value: Typed) -> exp.Expr | None:
    """A condition on ``number(value)`` that is true where it is finite (null where it is null).

    None where every number of the kind is finite.
    """
    if value.kind in {"integer", "decimal", "boolean", "time", "interval"}:
        return None
    return function("isfinite", number(value).tree)


def finite_number(value: Typed) -> exp.Expr:
    """The value as a double, null where that is not finite."""
    condition = finite(value)
    tree = number(value).tree
    return tree if condition is None else case([(condition, tree)])


def text(value: Typed) -> Typed:
    """The value as text."""
    if value.kind == "string" and value.native in {"", "VARCHAR"}:
        return value
    return Typed(cast(value.tree, "VARCHAR"), "string", "VARCHAR", value.label)


def key(value: Typed) -> exp.Expr:
    """The value as part of a key: int, float, bool or text; NaN is null, all else is ISO text."""
    match value.kind:
        case "integer" | "boolean" | "null":
            return value.tree
        case "float":
            tree = number(value).tree
            return case([(exp.Not(this=exp.IsNan(this=tree.copy())), tree)])
        case _:
            return text(value).tree


def castable(value: Typed, kind: str) -> exp.Expr:
    """Whether the value reads as ``kind``; null where it is null.

    Text reads as an integer only where it is digits with an optional sign, so ``12.0`` does not.
    Numbers read as integers where they have no fraction.

    Raises:
        EngineError: there is no such kind.
    """
    rule = _CASTS.get(kind)
    if rule is None:
        raise EngineError(f"There is no type {kind!r}.", hint=f"Known types: {', '.join(_CASTS)}.")
    known = exp.Not(this=exp.Is(this=operand(value.tree), expression=exp.Null()))
    return case([(known, rule(value))])


def _reads_as(native: str, *kinds: Kind) -> Callable[[Typed], exp.Expr]:
    """Values of these kinds always do, text does where the engine's cast succeeds, others not."""

    def rule(value: Typed) -> exp.Expr:
        if value.kind in kinds:
            return exp.true()
        if value.kind != "string":
            return exp.false()
        reading = cast(exp.Trim(this=text(value).tree.copy()), native, safely=True)
        return exp.Not(this=exp.Is(this=reading, expression=exp.Null()))

    return rule


def _reads_as_integer(value: Typed) -> exp.Expr:
    if value.kind == "integer":
        return exp.true()
    if value.kind in {"float", "decimal"}:
        tree = number(value).tree
        whole = exp.EQ(this=exp.Floor(this=tree.copy()), expression=operand(tree))
        return conjunction(function("isfinite", tree), whole)
    if value.kind != "string":
        return exp.false()
    return function("regexp_full_match", text(value).tree, exp.Literal.string(_INTEGER_TEXT))


def _always(value: Typed) -> exp.Expr:
    return exp.true()


def _same_kind(kind: Kind) -> Callable[[Typed], exp.Expr]:
    def rule(value: Typed) -> exp.Expr:
        return exp.Boolean(this=value.kind == kind)

    return rule


_CASTS: dict[str, Callable[[Typed], exp.Expr]] = {
    "integer": _reads_as_integer,
    "float": _reads_as("DOUBLE", "integer", "float", "decimal"),
    "decimal": _reads_as("DECIMAL(38, 12)", "integer", "float", "decimal"),
    "boolean": _reads_as("BOOLEAN", "boolean"),
    "string": _always,
    "date": _reads_as("DATE", "date"),
    "timestamp": _reads_as("TIMESTAMP", "date", "timestamp"),
    "time": _reads_as("TIME", "time"),
    "interval": _reads_as("INTERVAL", "interval"),
    "binary": _same_kind("binary"),
    "nested": _same_kind("nested"),
    "other": _same_kind("other"),
}


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
