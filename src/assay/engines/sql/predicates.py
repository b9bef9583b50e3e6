"""SQL that a person wrote: parsed, and confined to one scalar expression over the row.

What is not known to be harmless is refused: the list names what is allowed, so a function that a
later version of the engine adds (to read a file, say) is refused until somebody allows it here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from assay.core.errors import EngineError, did_you_mean

if TYPE_CHECKING:
    from assay.core.schema import Schema

_LACKING = re.compile(r"Required keyword: '\w+' missing for <class '[\w.]+'>\.")
_MAX_LENGTH = 10_000
_MAX_DEPTH = 100

NODES: frozenset[type[exp.Expr]] = frozenset({
    # structure
    exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Tuple, exp.Var,
    exp.Array, exp.Bracket, exp.Interval, exp.Cast, exp.TryCast, exp.DataType, exp.DataTypeParam,
    exp.IntervalSpan,
    # logic and comparison
    exp.And, exp.Or, exp.Not, exp.Xor, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Is,
    exp.NullSafeEQ, exp.NullSafeNEQ, exp.In, exp.Between, exp.Like, exp.ILike, exp.SimilarTo,
    exp.Escape, exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Greatest, exp.Least,
    # arithmetic
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Pow, exp.Neg, exp.BitwiseAnd,
    exp.BitwiseOr, exp.BitwiseXor, exp.BitwiseNot, exp.BitwiseLeftShift, exp.BitwiseRightShift,
    exp.Abs, exp.Ceil, exp.Floor, exp.Round, exp.Sign, exp.Sqrt, exp.Cbrt, exp.Exp, exp.Ln,
    exp.Log, exp.Sin, exp.Cos, exp.Tan, exp.Asin, exp.Acos, exp.Atan, exp.Atan2, exp.Pi,
    exp.Degrees, exp.Radians, exp.IsNan, exp.IsInf, exp.Trunc,
    # text
    exp.DPipe, exp.Concat, exp.ConcatWs, exp.Length, exp.Lower, exp.Upper, exp.Trim, exp.Substring,
    exp.Left, exp.Right, exp.Replace, exp.Reverse, exp.StartsWith, exp.EndsWith, exp.Contains,
    exp.StrPosition, exp.SplitPart, exp.Split, exp.RegexpLike, exp.RegexpFullMatch,
    exp.RegexpExtract, exp.RegexpReplace, exp.Collate, exp.Ascii, exp.Levenshtein, exp.Initcap,
    # dates and times
    exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentTime, exp.Date, exp.Extract, exp.Year,
    exp.Quarter, exp.Month, exp.Week, exp.Day, exp.DayOfWeek, exp.DayOfMonth, exp.DayOfYear,
    exp.DateTrunc, exp.TimestampTrunc, exp.DateDiff, exp.DateAdd, exp.DateSub, exp.DatetimeDiff,
    exp.TimestampDiff, exp.StrToTime, exp.TimeToStr, exp.StrToDate, exp.TimeToUnix, exp.LastDay,
    exp.UnixToTime, exp.AtTimeZone, exp.Hour, exp.Minute, exp.Second, exp.DateFromParts,
    # nested values
    exp.StructExtract, exp.ArrayContains, exp.ArraySize, exp.JSONExtract, exp.JSONExtractScalar,
    exp.JSONPath, exp.JSONPathRoot, exp.JSONPathKey, exp.JSONPathSubscript,
})  # fmt: skip

# functions of DuckDB that SQLGlot has no node for
FUNCTIONS = frozenset({
    "isfinite", "isodd", "even", "gcd", "lcm", "log2", "cot", "sinh", "cosh", "tanh", "bit_count",
    "bar", "strlen", "prefix", "suffix", "instr", "ltrim", "rtrim", "nfc_normalize",
    "strip_accents", "unicode", "ord", "hamming", "jaccard",
    "jaro_similarity", "jaro_winkler_similarity", "damerau_levenshtein", "editdist3", "now",
    "date_part", "datepart", "datetrunc", "dayname", "monthname", "isodow", "isoyear", "yearweek",
    "weekday", "weekofyear", "era", "century", "decade", "millennium", "millisecond",
    "microsecond", "make_time", "make_timestamp", "epoch_ms", "epoch_us", "age",
    "to_days", "to_hours", "to_minutes", "to_seconds", "try_strptime", "list_has_all",
    "list_has_any", "list_position", "list_sum", "list_min", "list_max", "json_valid",
    "json_array_length", "regexp_escape",
})  # fmt: skip

# of those, the ones that ask for the time ("age" does where it has one argument)
_CLOCKS = frozenset({"now", "age"})

_REFUSED: tuple[tuple[type[exp.Expr], str], ...] = (
    (exp.Query, "a subquery"),
    (exp.Subquery, "a subquery"),
    (exp.Window, "a window function"),
    (exp.AggFunc, "an aggregate"),
    (exp.Star, "*"),
    (exp.Lambda, "a lambda"),
    (exp.Placeholder, "a parameter"),
    (exp.Parameter, "a parameter"),
    (exp.Alias, "an alias"),
)
_HINT = (
    "Write one true-or-false (or scalar) expression over the columns of this row, "
    "such as: end_date >= start_date."
)


def confine(text: str, schema: Schema) -> exp.Expr:
    """The tree of a scalar SQL expression, its columns resolved to exact names of the table.

    A name in double quotes is exact; a bare one may differ in case where that is not ambiguous.

    Raises:
        EngineError: not one expression, something that is not allowed, or an unknown column.
    """
    tree = _parse(text)
    pending = [(tree, 1)]
    while pending:
        node, depth = pending.pop()
        if depth > _MAX_DEPTH:
            raise EngineError(f"The SQL {text[:60]!r}… is nested too deeply.", hint=_HINT)
        node.comments = None
        _allow(node, text)
        pending.extend((child, depth + 1) for child in node.iter_expressions())
    for found in list(tree.find_all(exp.Column)):
        _resolve(found, schema, text)
    return tree


def _parse(text: str) -> exp.Expr:
    if len(text) > _MAX_LENGTH:
        raise EngineError(f"SQL of {len(text):,} characters is too long.", hint=_HINT)
    try:
        statements = sqlglot.parse(text, dialect="duckdb")
    except SqlglotError as error:
        reason = " ".join(str(error).split("\n")[0].replace("\x1b[4m", "").split())
        reason = _LACKING.sub("a value should follow where it breaks off.", reason)
        raise EngineError(f"The SQL {text!r} cannot be read: {reason}", hint=_HINT) from error
    except RecursionError as error:
        raise EngineError("The SQL is nested too deeply.", hint=_HINT) from error
    if len(statements) != 1 or statements[0] is None:
        raise EngineError(f"The SQL {text!r} must be exactly one expression.", hint=_HINT)
    return statements[0]


def _allow(node: exp.Expr, text: str) -> None:
    if type(node) in NODES:
        if isinstance(node, exp.In) and not (node.expressions or node.args.get("query")):
            raise EngineError(f"IN in {text!r} needs a list in parentheses.", hint=_HINT)
        if isinstance(node, exp.DataType) and node.this == exp.DataType.Type.USERDEFINED:
            raise EngineError(f"There is no type {node.name!r} in {text!r}.")
        return
    if isinstance(node, exp.Anonymous):
        name = node.name.lower()
        if name in FUNCTIONS:
            return
        raise EngineError(
            f"The function {name!r} in {text!r} is not allowed.{did_you_mean(name, FUNCTIONS)}",
            hint="Allowed are scalar functions of numbers, text, dates and lists.",
        )
    for refused, name in _REFUSED:
        if isinstance(node, refused):
            raise EngineError(f"The SQL {text!r} holds {name}, which is not allowed.", hint=_HINT)
    name = node.sql_name().lower() if isinstance(node, exp.Func) else node.key
    raise EngineError(f"{name.upper()} in the SQL {text!r} is not allowed.", hint=_HINT)


def _resolve(found: exp.Column, schema: Schema, text: str) -> None:
    name = found.name
    if found.table:
        whole = ".".join(part.name for part in found.parts)
        hint = f'Write "{whole}" for the column.' if schema.find(whole) else _HINT
        raise EngineError(f"{whole!r} in {text!r} names a table; only this one exists.", hint=hint)
    exact = schema.find(name)
    if exact is None and isinstance(found.this, exp.Identifier) and not found.this.quoted:
        alike = [c for c in schema.columns if c.name.lower() == name.lower()]
        exact = alike[0] if len(alike) == 1 else None
    if exact is None:
        raise EngineError(
            f"There is no column {name!r} (in the SQL {text!r}).{did_you_mean(name, schema.names)}",
            hint="Put a name that is not a plain word in double quotes; text goes in single ones.",
        )
    found.set("this", exp.to_identifier(exact.name, quoted=True))


def volatile(text: str) -> bool:
    """Whether the same row may answer otherwise at another time: it asks for the clock.

    Raises:
        EngineError: it cannot be read.
    """
    return any(
        isinstance(node, exp.CurrentDate | exp.CurrentTimestamp | exp.CurrentTime)
        or (isinstance(node, exp.Anonymous) and node.name.lower() in _CLOCKS)
        for node in _parse(text).walk()
    )
