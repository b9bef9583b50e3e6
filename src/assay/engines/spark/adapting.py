"""SQL that a person wrote in the embedded engine's words, said so that it means the same here.

Printing a tree in another dialect is not enough: ``log(x)`` is the decimal logarithm there and the
natural one here, ``dayofweek`` counts from another day, and casts of doubles round there and cut
here. What is known to mean the same passes, what is known to differ is rewritten, and the rest is
refused.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sqlglot import exp

from assay.core.errors import EngineError
from assay.engines.spark import re2
from assay.engines.spark.patterns import for_java
from assay.engines.sql.typed import case, cast, function, literal, operand

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.engines.sql.dialect import Dialect

_SAME: frozenset[type[exp.Expr]] = frozenset({
    # structure
    exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Tuple, exp.Var,
    exp.Array, exp.DataType, exp.DataTypeParam, exp.Interval, exp.IntervalSpan,
    # logic and comparison
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Is,
    exp.NullSafeEQ, exp.NullSafeNEQ, exp.In, exp.Between, exp.Escape, exp.Case, exp.If,
    exp.Coalesce, exp.Nullif, exp.Greatest, exp.Least,
    # numbers
    exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.Pow, exp.Neg, exp.BitwiseAnd, exp.BitwiseOr,
    exp.BitwiseXor, exp.BitwiseNot, exp.Abs, exp.Round, exp.Sqrt,
    exp.Cbrt, exp.Exp, exp.Sin, exp.Cos, exp.Tan, exp.Asin, exp.Acos, exp.Atan, exp.Atan2, exp.Pi,
    exp.Degrees, exp.Radians,
    # text
    exp.DPipe, exp.Concat, exp.ConcatWs, exp.Length, exp.Lower, exp.Upper, exp.Substring,
    exp.Replace, exp.Reverse, exp.StartsWith, exp.EndsWith, exp.Contains, exp.StrPosition,
    exp.SplitPart, exp.Ascii, exp.Levenshtein,
    # dates and times
    exp.CurrentDate, exp.CurrentTimestamp, exp.Date, exp.Year, exp.Quarter, exp.Month, exp.Week,
    exp.Day, exp.DayOfMonth, exp.DayOfYear, exp.Hour, exp.Minute, exp.Second, exp.DateTrunc,
    exp.TimestampTrunc, exp.LastDay, exp.DateFromParts,
    # nested values
    exp.StructExtract, exp.ArrayContains, exp.ArraySize,
    # queries
    exp.Select, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered,
    exp.Limit, exp.Offset, exp.With, exp.CTE, exp.TableAlias, exp.Table, exp.Subquery, exp.Union,
    exp.Except, exp.Intersect, exp.Distinct, exp.Star, exp.Alias, exp.Exists, exp.Any, exp.All,
    exp.Window, exp.WindowSpec, exp.Qualify, exp.Filter, exp.WithinGroup, exp.GroupingSets,
    exp.Cube, exp.Rollup, exp.Count, exp.CountIf, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Median,
    exp.PercentileCont, exp.PercentileDisc, exp.ApproxDistinct, exp.Stddev, exp.StddevPop,
    exp.StddevSamp, exp.Variance, exp.VariancePop, exp.Corr, exp.CovarPop, exp.CovarSamp,
    exp.LogicalAnd, exp.LogicalOr, exp.ArgMax, exp.ArgMin, exp.RowNumber, exp.Rank, exp.DenseRank,
    exp.PercentRank, exp.CumeDist, exp.Ntile, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue,
})  # fmt: skip

_FUNCTIONS = {
    "prefix": "startswith", "suffix": "endswith", "strlen": "octet_length", "cot": "cot",
    "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "bit_count": "bit_count", "now": "now",
}  # fmt: skip
_UNITS = frozenset({"YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE"})
_WHOLE = frozenset({"TINYINT", "SMALLINT", "INT", "BIGINT", "INT128"})
_TYPES = _WHOLE | {
    "FLOAT", "DOUBLE", "DECIMAL", "VARCHAR", "TEXT", "CHAR", "BOOLEAN", "DATE", "TIMESTAMP",
    "TIMESTAMPTZ", "TIMESTAMPNTZ",
}  # fmt: skip


def adapt(tree: exp.Expr, dialect: Dialect) -> exp.Expr:
    """A copy of the tree that means here what it means in the embedded engine.

    Raises:
        EngineError: something in it is not known to mean the same here.
    """
    rules: dict[type[exp.Expr], Callable[[exp.Expr, Dialect], exp.Expr]] = _RULES

    def change(node: exp.Expr) -> exp.Expr:
        rule = rules.get(type(node))
        if rule is not None:
            return rule(node, dialect)
        if type(node) in _SAME:
            return node
        raise _unknown(node)

    return _upwards(tree.copy(), change)


def _upwards(tree: exp.Expr, change: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """Every node changed once, children first."""
    for node in reversed(list(tree.walk())):
        made = change(node)
        if made is not node:
            if node is tree:
                tree = made
            else:
                node.replace(made)
    return tree


def _unknown(node: exp.Expr) -> EngineError:
    name = node.name if isinstance(node, exp.Anonymous) else node.key
    if isinstance(node, exp.Func) and not isinstance(node, exp.Anonymous):
        name = node.sql_name().lower()
    return EngineError(
        f"The SQL {node.sql(dialect='duckdb')!r} is not run on Spark: it is not certain that "
        f"{name!r} means the same there.",
        hint="Say it with other functions, or make the column where the table is made.",
    )


def _division(node: exp.Expr, dialect: Dialect) -> exp.Expr:
    left, right = (cast(node.args[side], "DOUBLE") for side in ("this", "expression"))
    return exp.Paren(this=dialect.arithmetic("div", left, right))


def _logarithm(node: exp.Expr, dialect: Dialect) -> exp.Expr:
    x = node
    if isinstance(node, exp.Log):
        base, number = node.this, node.expression
        if number is not None and base.name != "10":
            raise _unknown(node)
        x = base if number is None else number
        value = cast(x, "DOUBLE")
        positive = exp.GT(this=value.copy(), expression=literal(0.0).tree)
        decimal = function("log10", value)
        return case([(positive, decimal)], dialect.unary("ln", value.copy()))
    return dialect.unary("ln", cast(x.this, "DOUBLE"))


def _floor(node: exp.Expr, dialect: Dialect) -> exp.Expr:
    """A double: Spark's integer is 0 for NaN, and an error where it does not fit."""
    if node.args.get("decimals"):
        raise _unknown(node)
    value = cast(node.this, "DOUBLE")
    if isinstance(node, exp.Floor):
        return dialect.unary("floor", value)
    return exp.Neg(this=exp.Paren(this=dialect.unary("floor", exp.Neg(this=value))))


def _sign(node: exp.Expr, dialect: Dialect) -> exp.Expr:
    value = cast(node.this, "DOUBLE")
    return case([(dialect.is_nan(value), literal(0.0).tree)], exp.Sign(this=value))


def _like(node: exp.Expr, dialect: Dialect) -> exp.Expr:
    """No character escapes another, but where one is named."""
    pattern = node.expression
    if not isinstance(node.parent, exp.Escape):
        if not isinstance(pattern, exp.Literal):
            raise _unknown(node)
        node.set("expression", exp.Literal.string(pattern.this.replace("\\", r"\\")))
    return node


def _pattern(node: exp.Expr, dialect: Dialect, *, whole: bool) -> exp.Expr:
    pattern = node.expression
    if not isinstance(pattern, exp.Literal) or node.args.get("flag"):
        raise _unknown(node)
    if whole:
        return dialect.matches(node.this, pattern)
    written = pattern.this
    anywhere = rf"[\s\S]*(?:{re2.closed(written)})[\s\S]*"
    java = for_java(anywhere)
    re2.check(written)
    if java is not None:
        return exp.RegexpLike(this=operand(node.this), expression=exp.Literal.string(java))
    return function(re2.MATCHES, node.this, exp.Literal.string(written))


def _trim(node: exp.Expr, dialect: Dialect) -> exp.Expr:
    if node.expression is not None or node.args.get("position"):
        raise _unknown(node)
    return dialect.trim(node.this)


def _cast(node: exp.Expr, dialect: Dialect) -> exp.Expr:
    to = node.args["to"]
    kind = to.this.value if isinstance(to.this, exp.DType) else str(to.this)
    if kind not in _TYPES or to.args.get("nested"):
        raise _unknown(node)
    if kind == "INT128":
        to = exp.DataType.build("DECIMAL(38, 0)", dialect="spark")
        node.set("to", to)
    if kind not in _WHOLE or isinstance(node.this, exp.Literal):
        return node
    # doubles are rounded to the nearest there (halves to the even), decimals away from zero
    value, type_ = node.this, function("typeof", node.this)
    real = exp.In(this=type_, expressions=[exp.Literal.string(t) for t in ("double", "float")])
    decimal = exp.Like(this=type_.copy(), expression=exp.Literal.string("decimal%"))

    def made(inner: exp.Expr) -> exp.Expr:
        return type(node)(this=inner.copy(), to=to.copy())

    double = exp.TryCast(this=value.copy(), to=exp.DataType.build("DOUBLE"))
    return case(
        [
            (real, made(function("rint", double))),
            (decimal, made(function("round", double))),
        ],
        made(value),
    )


def _extract(node: exp.Expr, dialect: Dialect) -> exp.Expr:
    if node.this.name.upper() not in _UNITS:
        raise _unknown(node)
    return node


def _days(node: exp.Expr, dialect: Dialect) -> exp.Expr:
    unit = node.args.get("unit")
    if unit is None or unit.name.upper() != "DAY":
        raise _unknown(node)
    return function("datediff", cast(node.this, "DATE"), cast(node.expression, "DATE"))


def _bracket(node: exp.Expr, dialect: Dialect) -> exp.Expr:
    [at] = node.expressions
    if not isinstance(at, exp.Literal) or at.is_string:
        raise _unknown(node)
    # SQLGlot counts from zero; past the end there is null, and not an error
    return function("try_element_at", node.this, exp.Literal.number(int(at.this) + 1))


def _side(node: exp.Expr, dialect: Dialect) -> exp.Expr:
    if not isinstance(node.expression, exp.Literal):  # -1 leaves out the last there
        raise _unknown(node)
    return node


def _is_infinite(node: exp.Expr, dialect: Dialect) -> exp.Expr:
    size = exp.Abs(this=cast(node.this, "DOUBLE"))
    return exp.EQ(this=size, expression=literal(float("inf")).tree)


def _function(node: exp.Expr, dialect: Dialect) -> exp.Expr:
    name = node.name.lower()
    if name == "isfinite":
        return dialect.is_finite(cast(node.expressions[0], "DOUBLE"))
    if name in {"ltrim", "rtrim"} and len(node.expressions) == 1:
        return function(name, *node.expressions)
    if name not in _FUNCTIONS:
        raise _unknown(node)
    return function(_FUNCTIONS[name], *node.expressions)


_RULES: dict[type[exp.Expr], Callable[[exp.Expr, Dialect], exp.Expr]] = {
    exp.Div: _division,
    exp.Ln: _logarithm,
    exp.Log: _logarithm,
    exp.Like: _like,
    exp.ILike: _like,
    exp.RegexpLike: partial(_pattern, whole=False),
    exp.RegexpFullMatch: partial(_pattern, whole=True),
    exp.Trim: _trim,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Extract: _extract,
    exp.DateDiff: _days,
    exp.DayOfWeek: lambda node, _: exp.Paren(
        this=exp.Sub(this=node.copy(), expression=exp.Literal.number(1))
    ),
    exp.Bracket: _bracket,
    exp.Floor: _floor,
    exp.Ceil: _floor,
    exp.Sign: _sign,
    exp.Left: _side,
    exp.Right: _side,
    exp.IsNan: lambda node, dialect: dialect.is_nan(cast(node.this, "DOUBLE")),
    exp.IsInf: _is_infinite,
    exp.Anonymous: _function,
}
