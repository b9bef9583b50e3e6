"""From Assay's expression trees to SQL trees: one compiler for every engine that speaks SQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Protocol

from sqlglot import exp

from assay.core.errors import EngineError, did_you_mean
from assay.core.expr import Call, Column, Expr, Literal, Member, Sql
from assay.engines.casts import castable, finite, finite_number, key, number, text
from assay.engines.predicates import confine
from assay.engines.typed import (
    Typed,
    ValueKind,
    case,
    comparable,
    conjunction,
    function,
    is_number,
    literal,
    mismatch,
    operand,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.core.schema import Kind, Schema

_COMPARE: dict[str, type[exp.Binary]] = {
    "eq": exp.EQ, "ne": exp.NEQ, "lt": exp.LT, "le": exp.LTE, "gt": exp.GT, "ge": exp.GTE,
    "same": exp.NullSafeEQ,
}  # fmt: skip
_ARITHMETIC: dict[str, type[exp.Binary]] = {
    "add": exp.Add, "sub": exp.Sub, "mul": exp.Mul, "div": exp.Div,
}  # fmt: skip
_UNARY: dict[str, type[exp.Func]] = {
    "abs": exp.Abs, "ln": exp.Ln, "exp": exp.Exp, "sqrt": exp.Sqrt, "floor": exp.Floor,
}  # fmt: skip


class Surroundings(Protocol):
    """What the compiler asks its engine."""

    def relation(self, table: str) -> exp.Expr:
        """The ``FROM`` item for one scan of an attached table."""
        ...

    def schema(self, table: str) -> Schema:
        """The columns of an attached table."""
        ...

    def kind_of(self, table: str, tree: exp.Expr) -> Kind:
        """The kind of value that a tree over the table's columns gives."""
        ...


@dataclass(slots=True)
class Compiler:
    """Compiles expressions over one table; equal expressions are compiled once."""

    table: str
    schema: Schema
    around: Surroundings
    _done: dict[Expr, Typed] = field(default_factory=dict)
    _members: list[exp.Expr] = field(default_factory=list)

    def compile(self, expr: Expr) -> Typed:
        """The SQL tree of an expression. It must be copied before it is built into another.

        Raises:
            EngineError: unknown column, kinds that do not fit, or SQL that is not allowed.
        """
        done = self._done.get(expr)
        if done is None:
            done = self._done[expr] = self._compile(expr)
        return done

    def source(self) -> exp.Expr:
        """The ``FROM`` item for a query over what was compiled so far, to be used once.

        Each look-up in another table is a column of it, so that it is done once for each row
        however many aggregates ask, and a stream is read once.
        """
        relation = self.around.relation(self.table)
        if not self._members:
            return relation
        return project(relation, self._members, "assay.member")

    def filter(self, expr: Expr) -> exp.Expr:
        """A condition for ``WHERE`` and ``FILTER``, where null and false are the same.

        Raises:
            EngineError: as :meth:`compile`, or it is not a condition.
        """
        if isinstance(expr, Call):
            if expr.op == "and":
                return conjunction(*(self.filter(a) for a in expr.args))
            if expr.op == "not_null" and self.compile(expr.args[0]).kind == "float":
                return exp.Not(this=exp.IsNan(this=self.compile(expr.args[0]).tree.copy()))
            if expr.op == "finite":
                condition = finite(self.compile(expr.args[0]))
                if condition is not None:
                    return condition
        value = self.compile(expr)
        if value.kind not in {"boolean", "null"}:
            raise EngineError(
                f"A filter must be true or false; {value.described()} is not.",
                hint="Compare it with something.",
            )
        return value.tree

    def key(self, expr: Expr) -> exp.Expr:
        """An expression as part of a group's or frequency's key; NaN is null."""
        return key(self.compile(expr))

    def number(self, expr: Expr) -> exp.Expr:
        """``number(expr)``."""
        return number(self.compile(expr)).tree

    def finite_number(self, expr: Expr) -> exp.Expr:
        """``number(expr)``, null where it is not finite."""
        return finite_number(self.compile(expr))

    def _compile(self, expr: Expr) -> Typed:
        match expr:
            case Column(name):
                return column(self.schema, name)
            case Literal(value=value):
                return literal(value)
            case Sql(source):
                tree = confine(source, self.schema)
                label = f"the SQL {source!r}"
                return Typed(tree, self.around.kind_of(self.table, tree), label=label)
            case Member():
                return self._member(expr)
            case Call(op, args):
                return self._call(op, [self.compile(a) for a in args])

    def _call(self, op: str, args: list[Typed]) -> Typed:
        if op in _COMPARE:
            left, right = comparable(_real(args[0], op), _real(args[1], op), "compare")
            return _boolean(_COMPARE[op](this=operand(left), expression=operand(right)))
        if op in _ARITHMETIC:
            trees = (operand(number(a).tree) for a in args)
            return _double(
                reduce(lambda a, b: exp.Paren(this=_ARITHMETIC[op](this=a, expression=b)), trees)
            )
        if op in _UNARY:
            return _double(_UNARY[op](this=number(args[0]).tree.copy()))
        return _REST[op](args)

    def _member(self, member: Member) -> Typed:
        other = self.around.schema(member.table)
        ours = [self.compile(e) for e in member.of]
        theirs = [column(other, name, of=member.table) for name in member.columns]
        pairs = [comparable(a, b, "look up") for a, b in zip(ours, theirs, strict=True)]
        known = conjunction(*(_not_null(t) for t in theirs))
        wanted = _tuple([b for _, b in pairs])
        rows = exp.select(wanted).from_(self.around.relation(member.table)).where(known)
        found = exp.In(this=_tuple([a for a, _ in pairs]), query=exp.Subquery(this=rows))
        present = conjunction(*(_not_null(a) for a in ours))
        self._members.append(case([(present, found)]))
        return _boolean(_named("assay.member", len(self._members) - 1))


def project(source: exp.Expr, trees: list[exp.Expr], name: str) -> exp.Expr:
    """The source with more columns: ``name.0``, ``name.1`` …"""
    added = [exp.alias_(t.copy(), f"{name}.{i}", quoted=True) for i, t in enumerate(trees)]
    return exp.Subquery(this=exp.Select(expressions=[exp.Star(), *added]).from_(source))


def _named(name: str, position: int) -> exp.Expr:
    return exp.column(exp.to_identifier(f"{name}.{position}", quoted=True))


def column(schema: Schema, name: str, *, of: str = "") -> Typed:
    """A column of the table.

    Raises:
        EngineError: there is none of this name; the message names the nearest.
    """
    info = schema.find(name)
    if info is None:
        where = f" in table {of!r}" if of else ""
        some = ", ".join(repr(n) for n in schema.names[:8])
        more = f" and {len(schema.names) - 8} more" if len(schema.names) > 8 else ""
        raise EngineError(
            f"There is no column {name!r}{where}.{did_you_mean(name, schema.names)}",
            hint=f"Columns: {some}{more}.",
        )
    tree = exp.column(exp.to_identifier(name, quoted=True))
    # a column of which nothing but nulls is known compares with anything
    kind: ValueKind = "null" if info.native == '"NULL"' else info.kind
    return Typed(tree, kind, info.native, f"column {name!r}")


def _boolean(tree: exp.Expr) -> Typed:
    return Typed(tree, "boolean", label="a condition")


def _double(tree: exp.Expr) -> Typed:
    return Typed(tree, "float", label="a number")


def _tuple(trees: list[exp.Expr]) -> exp.Expr:
    return trees[0].copy() if len(trees) == 1 else function("row", *trees)


def _real(value: Typed, op: str) -> Typed:
    """``same`` treats NaN as the null that it stands for."""
    if op == "same" and value.kind == "float" and not value.constant:
        return Typed(key(value), "float", value.native, value.label)
    return value


def _not_null(value: Typed) -> exp.Expr:
    if value.kind == "float" and not value.constant:  # false for NaN, and for null
        return exp.NullSafeEQ(this=exp.IsNan(this=value.tree.copy()), expression=exp.false())
    return exp.Not(this=exp.Is(this=operand(value.tree), expression=exp.Null()))


def _condition(value: Typed) -> exp.Expr:
    if value.kind not in {"boolean", "null"}:
        raise EngineError(f"Logic needs true or false; {value.described()} is neither.")
    return operand(value.tree)


def _logic(join: type[exp.Binary]) -> Callable[[list[Typed]], Typed]:
    def build(args: list[Typed]) -> Typed:
        return _boolean(reduce(lambda a, b: join(this=a, expression=b), map(_condition, args)))

    return build


def _in(args: list[Typed]) -> Typed:
    value, *choices = args
    some = [comparable(value, c, "look for")[1].copy() for c in choices if c.kind != "null"]
    tests: list[exp.Expr] = []
    if some:
        tests.append(exp.In(this=operand(value.tree), expressions=some))
    if len(some) < len(choices):  # null was listed: it is a value like the others
        tests.append(exp.Not(this=exp.Paren(this=_not_null(value))))
    if not tests:
        return _boolean(exp.false())
    return _boolean(reduce(lambda a, b: exp.Or(this=operand(a), expression=operand(b)), tests))


def _pick(compare: type[exp.Binary]) -> Callable[[list[Typed]], Typed]:
    """Least or greatest; null where any is null (SQL's own functions skip nulls)."""

    def build(args: list[Typed]) -> Typed:
        def two(a: exp.Expr, b: exp.Expr) -> exp.Expr:
            first = compare(this=operand(a), expression=operand(b))
            second = compare(this=operand(b), expression=operand(a))
            return case([(first, a), (second, b)])

        return _double(reduce(two, [number(a).tree for a in args]))

    return build


def _case(args: list[Typed]) -> Typed:
    *pairs, otherwise = args
    values = [*pairs[1::2], otherwise]
    known = [v for v in values if v.kind != "null"]
    kinds: set[ValueKind] = {v.kind for v in known}
    if len(kinds) > 1 and all(is_number(k) for k in kinds):
        values, kinds = [number(v) for v in values], {"float"}
    if len(kinds) > 1:
        other = next(v for v in known if v.kind != known[0].kind)
        raise mismatch(known[0], other, "choose between")
    trees = [v.tree for v in values]
    tree = case(
        [(_condition(when), then) for when, then in zip(pairs[::2], trees, strict=False)], trees[-1]
    )
    return Typed(tree, kinds.pop() if kinds else "null", label="a case")


def _matches(args: list[Typed]) -> Typed:
    return _boolean(function("regexp_full_match", text(args[0]).tree, args[1].tree))


def _castable(args: list[Typed]) -> Typed:
    return _boolean(castable(args[0], str(args[1].tree.this)))


def _finite(args: list[Typed]) -> Typed:
    condition = finite(args[0])
    if condition is None:
        return _boolean(_not_null(args[0]))
    return _boolean(exp.Coalesce(this=condition, expressions=[exp.false()]))


_REST: dict[str, Callable[[list[Typed]], Typed]] = {
    "and": _logic(exp.And),
    "or": _logic(exp.Or),
    "not": lambda args: _boolean(exp.Not(this=_condition(args[0]))),
    "is_null": lambda args: _boolean(exp.Not(this=exp.Paren(this=_not_null(args[0])))),
    "not_null": lambda args: _boolean(_not_null(args[0])),
    "in": _in,
    "least": _pick(exp.LTE),
    "greatest": _pick(exp.GTE),
    "case": _case,
    "number": lambda args: number(args[0]),
    "finite": _finite,
    "text": lambda args: text(args[0]),
    "matches": _matches,
    "length": lambda args: Typed(exp.Length(this=text(args[0]).tree.copy()), "integer"),
    "castable": _castable,
}
