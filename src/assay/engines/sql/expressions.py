"""From Assay's expression trees to SQL trees: one compiler for every engine that speaks SQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Protocol, TypeAlias

from sqlglot import exp

from assay.core.errors import EngineError, did_you_mean
from assay.core.expr import Call, Column, Expr, Literal, Member, Repeated, Sql
from assay.engines.sql.predicates import confine
from assay.engines.sql.typed import (
    Lookup,
    Typed,
    ValueKind,
    case,
    comparable,
    conjunction,
    is_number,
    literal,
    mismatch,
    operand,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.core.schema import Kind, Schema
    from assay.engines.sql.dialect import Dialect

_COMPARE: dict[str, type[exp.Binary]] = {
    "eq": exp.EQ, "ne": exp.NEQ, "lt": exp.LT, "le": exp.LTE, "gt": exp.GT, "ge": exp.GTE,
    "same": exp.NullSafeEQ,
}  # fmt: skip
_ARITHMETIC = frozenset({"add", "sub", "mul", "div"})
_UNARY = frozenset({"abs", "ln", "exp", "sqrt", "floor"})
_LOOKUP = "assay.lookup"


class Surroundings(Protocol):
    """What the compiler asks its engine."""

    @property
    def dialect(self) -> Dialect:
        """The engine's SQL."""
        ...

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
    _lookups: list[Lookup] = field(default_factory=list)

    @property
    def dialect(self) -> Dialect:
        """The engine's SQL."""
        return self.around.dialect

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
        if not self._lookups:
            return relation
        return self.dialect.look_up(relation, self._lookups, _LOOKUP)

    def filter(self, expr: Expr) -> exp.Expr:
        """A condition for ``WHERE`` and ``FILTER``, where null and false are the same.

        Raises:
            EngineError: as :meth:`compile`, or it is not a condition.
        """
        if isinstance(expr, Call):
            if expr.op == "and":
                return conjunction(*(self.filter(a) for a in expr.args))
            if expr.op == "not_null" and self.compile(expr.args[0]).kind == "float":
                return exp.Not(this=self.dialect.is_nan(self.compile(expr.args[0]).tree))
            if expr.op == "finite":
                condition = self.dialect.finite(self.compile(expr.args[0]))
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
        return self.dialect.key(self.compile(expr))

    def number(self, expr: Expr) -> exp.Expr:
        """``number(expr)``."""
        return self.dialect.number(self.compile(expr)).tree

    def finite_number(self, expr: Expr) -> exp.Expr:
        """``number(expr)``, null where it is not finite."""
        return self.dialect.finite_number(self.compile(expr))

    def _compile(self, expr: Expr) -> Typed:
        match expr:
            case Column(name):
                return column(self.schema, name, self.dialect)
            case Literal(value=value):
                return literal(value)
            case Sql(source):
                tree = self.dialect.adapted(confine(source, self.schema))
                label = f"the SQL {source!r}"
                return Typed(tree, self.around.kind_of(self.table, tree), label=label)
            case Member():
                return self._member(expr)
            case Repeated(of):
                return self._repeated([self.compile(e) for e in of])
            case Call(op, args):
                return self._call(op, [self.compile(a) for a in args])

    def _call(self, op: str, args: list[Typed]) -> Typed:
        dialect = self.dialect
        if op in _COMPARE:
            a, b = (_real(arg, op, dialect) for arg in args)
            left, right = comparable(a, b, "compare", dialect=dialect.name)
            return _boolean(_COMPARE[op](this=operand(left), expression=operand(right)))
        if op in _ARITHMETIC:
            trees = (operand(dialect.number(a).tree) for a in args)
            return _double(reduce(lambda a, b: exp.Paren(this=dialect.arithmetic(op, a, b)), trees))
        if op in _UNARY:
            return _double(dialect.unary(op, dialect.number(args[0]).tree.copy()))
        return _REST[op](args, dialect)

    def _member(self, member: Member) -> Typed:
        other = self.around.schema(member.table)
        ours = [self.compile(e) for e in member.of]
        theirs = [column(other, name, self.dialect, of=member.table) for name in member.columns]
        pairs = [
            comparable(a, b, "look up", dialect=self.dialect.name)
            for a, b in zip(ours, theirs, strict=True)
        ]
        known = conjunction(*(_not_null(t, self.dialect) for t in theirs))
        rows = exp.Select().from_(self.around.relation(member.table)).where(known)
        return self._look_up(ours, [a for a, _ in pairs], [b for _, b in pairs], rows)

    def _repeated(self, of: list[Typed]) -> Typed:
        known = conjunction(*(_not_null(t, self.dialect) for t in of))
        keys = [self.dialect.key(t) for t in of]
        several = exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(1))
        rows = (
            exp.Select()
            .from_(self.around.relation(self.table))
            .where(known)
            .group_by(*(k.copy() for k in keys))
            .having(several)
        )
        return self._look_up(of, keys, keys, rows)

    def _look_up(
        self, of: list[Typed], keys: list[exp.Expr], wanted: list[exp.Expr], rows: exp.Select
    ) -> Typed:
        """Whether the keys are among the rows; null where one is null."""
        present = conjunction(*(_not_null(t, self.dialect) for t in of))
        self._lookups.append(Lookup(keys, present, wanted, rows))
        return _boolean(_named(_LOOKUP, len(self._lookups) - 1))


def _named(name: str, position: int) -> exp.Expr:
    return exp.column(exp.to_identifier(f"{name}.{position}", quoted=True))


def column(schema: Schema, name: str, dialect: Dialect, *, of: str = "") -> Typed:
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
    kind: ValueKind = "null" if info.native == dialect.nothing else info.kind
    return Typed(tree, kind, info.native, f"column {name!r}")


def _boolean(tree: exp.Expr) -> Typed:
    return Typed(tree, "boolean", label="a condition")


def _double(tree: exp.Expr) -> Typed:
    return Typed(tree, "float", label="a number")


def _real(value: Typed, op: str, dialect: Dialect) -> Typed:
    """``same`` treats NaN as the null that it stands for."""
    if op == "same" and value.kind == "float" and not value.constant:
        return Typed(dialect.key(value), "float", value.native, value.label)
    return value


def _not_null(value: Typed, dialect: Dialect) -> exp.Expr:
    if value.kind == "float" and not value.constant:  # false for NaN, and for null
        return exp.NullSafeEQ(this=dialect.is_nan(value.tree), expression=exp.false())
    return exp.Not(this=exp.Is(this=operand(value.tree), expression=exp.Null()))


def _condition(value: Typed) -> exp.Expr:
    if value.kind not in {"boolean", "null"}:
        raise EngineError(f"Logic needs true or false; {value.described()} is neither.")
    return operand(value.tree)


Rule: TypeAlias = "Callable[[list[Typed], Dialect], Typed]"


def _logic(join: type[exp.Binary]) -> Rule:
    def build(args: list[Typed], dialect: Dialect) -> Typed:
        return _boolean(reduce(lambda a, b: join(this=a, expression=b), map(_condition, args)))

    return build


def _in(args: list[Typed], dialect: Dialect) -> Typed:
    value, *choices = args
    some = [
        comparable(value, c, "look for", dialect=dialect.name)[1].copy()
        for c in choices
        if c.kind != "null"
    ]
    tests: list[exp.Expr] = []
    if some:
        tests.append(exp.In(this=operand(value.tree), expressions=some))
    if len(some) < len(choices):  # null was listed: it is a value like the others
        tests.append(exp.Not(this=exp.Paren(this=_not_null(value, dialect))))
    if not tests:
        return _boolean(exp.false())
    return _boolean(reduce(lambda a, b: exp.Or(this=operand(a), expression=operand(b)), tests))


def _pick(compare: type[exp.Binary]) -> Rule:
    """Least or greatest; null where any is null (SQL's own functions skip nulls)."""

    def build(args: list[Typed], dialect: Dialect) -> Typed:
        def two(a: exp.Expr, b: exp.Expr) -> exp.Expr:
            first = compare(this=operand(a), expression=operand(b))
            second = compare(this=operand(b), expression=operand(a))
            return case([(first, a), (second, b)])

        return _double(reduce(two, [dialect.number(a).tree for a in args]))

    return build


def _case(args: list[Typed], dialect: Dialect) -> Typed:
    *pairs, otherwise = args
    values = [*pairs[1::2], otherwise]
    known = [v for v in values if v.kind != "null"]
    kinds: set[ValueKind] = {v.kind for v in known}
    if len(kinds) > 1 and all(is_number(k) for k in kinds):
        values, kinds = [dialect.number(v) for v in values], {"float"}
    if len(kinds) > 1:
        other = next(v for v in known if v.kind != known[0].kind)
        raise mismatch(known[0], other, "choose between")
    trees = [v.tree for v in values]
    tree = case(
        [(_condition(when), then) for when, then in zip(pairs[::2], trees, strict=False)], trees[-1]
    )
    return Typed(tree, kinds.pop() if kinds else "null", label="a case")


def _finite(args: list[Typed], dialect: Dialect) -> Typed:
    condition = dialect.finite(args[0])
    if condition is None:
        return _boolean(_not_null(args[0], dialect))
    return _boolean(exp.Coalesce(this=condition, expressions=[exp.false()]))


def _like(args: list[Typed], dialect: Dialect) -> Typed:
    return _boolean(dialect.like(dialect.text(args[0]).tree, args[1].tree))


def _replace(args: list[Typed], dialect: Dialect) -> Typed:
    value, pattern, by = args
    return _text(dialect.replace(dialect.text(value).tree, pattern.tree, by.tree))


def _written(args: list[Typed], dialect: Dialect) -> Typed:
    text = dialect.text(args[0])
    return _boolean(
        case([(_not_null(text, dialect), dialect.written(text.tree, str(args[1].tree.this)))])
    )


def _text(tree: exp.Expr) -> Typed:
    return Typed(tree, "string", label="a text")


_REST: dict[str, Rule] = {
    "and": _logic(exp.And),
    "or": _logic(exp.Or),
    "not": lambda args, _: _boolean(exp.Not(this=_condition(args[0]))),
    "is_null": lambda args, d: _boolean(exp.Not(this=exp.Paren(this=_not_null(args[0], d)))),
    "not_null": lambda args, d: _boolean(_not_null(args[0], d)),
    "in": _in,
    "least": _pick(exp.LTE),
    "greatest": _pick(exp.GTE),
    "case": _case,
    "number": lambda args, d: d.number(args[0]),
    "finite": _finite,
    "text": lambda args, d: d.text(args[0]),
    "matches": lambda args, d: _boolean(d.matches(d.text(args[0]).tree, args[1].tree)),
    "length": lambda args, d: Typed(d.length(d.text(args[0]).tree), "integer"),
    "like": _like,
    "lower": lambda args, d: _text(d.lower(d.text(args[0]).tree)),
    "trim": lambda args, d: _text(d.trim(d.text(args[0]).tree)),
    "replace": _replace,
    "json": lambda args, d: _boolean(d.is_json(d.text(args[0]).tree)),
    "written": _written,
    "castable": lambda args, d: _boolean(d.castable(args[0], str(args[1].tree.this))),
    "element": lambda args, d: Typed(
        d.element(args[0], int(str(args[1].tree.this))), "float", d.double, "a number of a list"
    ),
    "lot": lambda args, d: Typed(d.lot([d.key(a) for a in args]), "float", d.double, "a lot"),
}
