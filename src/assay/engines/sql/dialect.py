"""Where engines' SQL differs: one class says it all, and everything else is written once.

What is common is here as methods with a body; what a dialect must say is abstract. Trees are
SQLGlot's and are printed in the engine's own dialect (:meth:`Dialect.text`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Protocol

from sqlglot import exp

from assay.core.errors import EngineError
from assay.core.schema import Kind
from assay.engines.sql.typed import (
    Lookup,
    Typed,
    case,
    cast,
    conjunction,
    function,
    operand,
    project,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.expr import Expr
    from assay.engines.sql.recipes import Operation, Part

INTEGER_TEXT = r"[+-]?[0-9]+"

_READ_AS: dict[str, tuple[Kind, ...]] = {
    "float": ("integer", "float", "decimal"),
    "decimal": ("integer", "float", "decimal"),
    "boolean": ("boolean",),
    "date": ("date",),
    "timestamp": ("date", "timestamp"),
    "time": ("time",),
    "interval": ("interval",),
}
_SAME: tuple[Kind, ...] = ("binary", "nested", "other")
_ARITHMETIC: dict[str, type[exp.Binary]] = {"add": exp.Add, "sub": exp.Sub, "mul": exp.Mul}
_UNARY: dict[str, type[exp.Func]] = {
    "abs": exp.Abs, "ln": exp.Ln, "exp": exp.Exp, "sqrt": exp.Sqrt, "floor": exp.Floor,
}  # fmt: skip


class Compiled(Protocol):
    """What an aggregate is computed over: expressions as trees, to be copied before use."""

    def key(self, expr: Expr) -> exp.Expr:
        """An expression as part of a key; NaN is null."""
        ...

    def number(self, expr: Expr) -> exp.Expr:
        """An expression as a double."""
        ...

    def finite_number(self, expr: Expr) -> exp.Expr:
        """An expression as a double, null where that is not finite."""
        ...

    def filter(self, expr: Expr) -> exp.Expr:
        """A condition, where null and false are the same."""
        ...


class Dialect(ABC):
    """One engine's SQL.

    Attributes:
        name: SQLGlot's name of the dialect.
        double, string: the engine's own names of these types in a schema.
        nothing: its name of a type of which nothing but nulls is known, or "".
        apart: operations of parts that take no part in the common scan: the engine folds the
            aggregates that need them by queries of their own.
        sketches: whether it makes sketches of quantiles that merge (the part ``sketch``).
        filters_inside: whether :meth:`aggregate` applies a part's filter by itself.
    """

    name: ClassVar[str]
    double: ClassVar[str]
    string: ClassVar[str]
    nothing: ClassVar[str] = ""
    apart: ClassVar[frozenset[Operation]] = frozenset()
    sketches: ClassVar[bool] = False
    filters_inside: ClassVar[bool] = False

    def print(self, query: exp.Expr, *, pretty: bool = False) -> str:
        """A tree as SQL."""
        return query.sql(dialect=self.name, pretty=pretty, comments=False)

    # values ------------------------------------------------------------------------------------

    @abstractmethod
    def epoch(self, value: Typed) -> exp.Expr:
        """A date, timestamp, time or interval as seconds (since 1970 UTC, or midnight)."""

    @abstractmethod
    def is_finite(self, double: exp.Expr) -> exp.Expr:
        """True where a double is neither NaN nor infinite; null where it is null."""

    @abstractmethod
    def reads(self, text: exp.Expr, kind: str) -> exp.Expr:
        """Whether a text, which is not null, reads as a kind (not ``string`` or ``integer``)."""

    @abstractmethod
    def double_of_text(self, text: exp.Expr) -> exp.Expr:
        """A text as a double; null where it does not read as one."""

    @abstractmethod
    def matches(self, text: exp.Expr, pattern: exp.Expr) -> exp.Expr:
        """Whether the whole text matches a regular expression."""

    @abstractmethod
    def replace(self, text: exp.Expr, pattern: exp.Expr, by: exp.Expr) -> exp.Expr:
        """The text with every match of a regular expression replaced."""

    @abstractmethod
    def is_json(self, text: exp.Expr) -> exp.Expr:
        """Whether a text is valid JSON; null where it is null."""

    @abstractmethod
    def written(self, text: exp.Expr, form: str) -> exp.Expr:
        """Whether a text is a date or time as ``strptime`` reads this format.

        Raises:
            EngineError: the format holds a directive that the engine cannot hold a text to.
        """

    def is_nan(self, double: exp.Expr) -> exp.Expr:
        """True where a double is NaN; null where it is null."""
        return exp.IsNan(this=double.copy())

    def text_of(self, value: Typed) -> exp.Expr:
        """A value that is no text, as text: numbers shortest, dates and times in ISO 8601."""
        return cast(value.tree, "VARCHAR")

    def divide(self, left: exp.Expr, right: exp.Expr) -> exp.Expr:
        """A quotient of doubles."""
        return exp.Div(this=left, expression=right)

    def arithmetic(self, op: str, left: exp.Expr, right: exp.Expr) -> exp.Expr:
        """``add``, ``sub``, ``mul`` or ``div`` of doubles, as IEEE 754 has it."""
        if op == "div":
            return self.divide(left, right)
        return _ARITHMETIC[op](this=left, expression=right)

    def unary(self, op: str, double: exp.Expr) -> exp.Expr:
        """``abs``, ``ln``, ``exp``, ``sqrt`` or ``floor`` of a double, as IEEE 754 has it."""
        return _UNARY[op](this=double)

    def tuple(self, trees: Sequence[exp.Expr]) -> exp.Expr:
        """Several values as one that can be compared."""
        return trees[0].copy() if len(trees) == 1 else function("row", *trees)

    def look_up(self, source: exp.Expr, lookups: Sequence[Lookup], name: str) -> exp.Expr:
        """The source with a column for each look-up: ``name.0``, ``name.1`` …"""
        trees = []
        for one in lookups:
            rows = exp.Subquery(this=one.rows.select(self.tuple(one.wanted)))
            trees.append(case([(one.present, exp.In(this=self.tuple(one.keys), query=rows))]))
        return project(source, trees, name)

    def adapted(self, tree: exp.Expr) -> exp.Expr:
        """SQL that a person wrote in DuckDB's dialect, so that it means the same here.

        Raises:
            EngineError: something in it cannot be said here.
        """
        return tree

    def like(self, text: exp.Expr, pattern: exp.Expr) -> exp.Expr:
        """Whether a text is as a SQL pattern says; no character in it escapes another."""
        return exp.Like(this=operand(text), expression=pattern.copy())

    def lower(self, text: exp.Expr) -> exp.Expr:
        """The text in small letters."""
        return exp.Lower(this=text.copy())

    def trim(self, text: exp.Expr) -> exp.Expr:
        """The text without the spaces around it."""
        return exp.Trim(this=text.copy())

    def length(self, text: exp.Expr) -> exp.Expr:
        """Characters of a text."""
        return exp.Length(this=text.copy())

    def number(self, value: Typed) -> Typed:
        """The value as a double: booleans 0/1, dates and times as seconds since 1970 UTC.

        Text that does not read as a number gives null.

        Raises:
            EngineError: the kind has no number (binary, nested).
        """
        match value.kind:
            case "float" if value.native in {"", self.double}:
                tree = value.tree
            case "integer" | "decimal" | "float" | "null":
                tree = cast(value.tree, "DOUBLE")
            case "boolean":
                tree = self.double_of_boolean(value.tree)
            case "date" | "timestamp" | "time" | "interval":
                tree = self.epoch(value)
            case "string":
                tree = self.double_of_text(self.text(value).tree)
            case _:
                raise EngineError(
                    f"{_capital(value.described())} is not a number.",
                    hint="Use a numeric, boolean, date or time column.",
                )
        return Typed(tree, "float", self.double, value.label)

    def double_of_boolean(self, condition: exp.Expr) -> exp.Expr:
        """1 for true and 0 for false."""
        return cast(condition, "DOUBLE")

    def finite(self, value: Typed) -> exp.Expr | None:
        """A condition on ``number(value)``: true where it is finite (null where it is null).

        None where every number of the kind is finite.
        """
        if value.kind in {"integer", "decimal", "boolean", "time", "interval"}:
            return None
        return self.is_finite(self.number(value).tree)

    def finite_number(self, value: Typed) -> exp.Expr:
        """The value as a double, null where that is not finite."""
        condition = self.finite(value)
        tree = self.number(value).tree
        return tree if condition is None else case([(condition, tree)])

    def text(self, value: Typed) -> Typed:
        """The value as text."""
        if value.kind == "string" and value.native in {"", self.string}:
            return value
        return Typed(self.text_of(value), "string", self.string, value.label)

    def key(self, value: Typed) -> exp.Expr:
        """The value as part of a key: int, float, bool or text; NaN is null, else ISO text."""
        match value.kind:
            case "integer" | "boolean" | "null":
                return value.tree
            case "float":
                tree = self.number(value).tree
                return case([(exp.Not(this=self.is_nan(tree)), tree)])
            case _:
                return self.text(value).tree

    def lot(self, keys: Sequence[exp.Expr]) -> exp.Expr:
        """A double in [0, 1) that keys decide and that looks drawn by lot.

        Raises:
            EngineError: the engine has none.
        """
        raise EngineError(f"The engine {self.name} draws no lots.", hint="Use the engine duckdb.")

    def element(self, value: Typed, position: int) -> exp.Expr:
        """The number of a list at a position from 1, as a double; null beyond the list's end.

        Raises:
            EngineError: the value is no list of numbers, or the engine reads none.
        """
        raise EngineError(
            f"The engine {self.name} does not read single numbers of a list.",
            hint="Use the engine duckdb, or put the numbers into columns of their own.",
        )

    def castable(self, value: Typed, kind: str) -> exp.Expr:
        """Whether the value reads as ``kind``; null where it is null.

        Text reads as an integer only where it is digits with an optional sign, so ``12.0`` does
        not. Numbers read as integers where they have no fraction.

        Raises:
            EngineError: there is no such kind.
        """
        rule = self._rule(value, kind)
        known = exp.Not(this=exp.Is(this=operand(value.tree), expression=exp.Null()))
        return case([(known, rule)])

    def _rule(self, value: Typed, kind: str) -> exp.Expr:
        if kind == "string":
            return exp.true()
        if kind == "integer":
            return self._integer(value)
        if kind in _SAME:
            return exp.Boolean(this=value.kind == kind)
        kinds = _READ_AS.get(kind)
        if kinds is None:
            known = ", ".join(["integer", "string", *_READ_AS, *_SAME])
            raise EngineError(f"There is no type {kind!r}.", hint=f"Known types: {known}.")
        if value.kind in kinds:
            return exp.true()
        if value.kind != "string":
            return exp.false()
        return self.reads(self.trim(self.text(value).tree), kind)

    def _integer(self, value: Typed) -> exp.Expr:
        if value.kind == "integer":
            return exp.true()
        if value.kind in {"float", "decimal"}:
            tree = self.number(value).tree
            whole = exp.EQ(this=self.unary("floor", tree.copy()), expression=operand(tree))
            return conjunction(self.is_finite(tree), whole)
        if value.kind != "string":
            return exp.false()
        return self.matches(self.text(value).tree, exp.Literal.string(INTEGER_TEXT))

    # aggregates --------------------------------------------------------------------------------

    @abstractmethod
    def aggregate(self, part: Part, probabilities: Sequence[float], over: Compiled) -> exp.Expr:
        """The SQL aggregate of a part other than ``rows``.

        It is without the part's filter, which is put around it, but where ``filters_inside``.

        Args:
            probabilities: of ``quantiles``: those to give, as a list in this order.
            over: compiles the part's expressions.
        """

    def fetched(self, part: Part, aggregate: exp.Expr) -> exp.Expr:
        """What is selected of a part's aggregate: a ``histogram`` as a struct of the lists ``key``
        and ``value``."""
        return aggregate

    def grouping(self, keys: Sequence[exp.Expr]) -> exp.Expr:
        """A number with one bit for each key, set where the row is not grouped by it."""
        return exp.Grouping(expressions=[key.copy() for key in keys])


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
