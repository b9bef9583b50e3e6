"""SQL that a person wrote in DuckDB's dialect, so that PostgreSQL takes it for the same.

SQLGlot writes each function in PostgreSQL's words where it knows them. Here is what it leaves: what
has the same name and another meaning, and what PostgreSQL lacks. What is none of these goes as it
is, and PostgreSQL says whether it knows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from assay.core.errors import EngineError
from assay.engines.postgresql import patterns
from assay.engines.postgresql.arithmetic import guarded
from assay.engines.postgresql.kinds import decimal
from assay.engines.sql.typed import case, cast, function, operand

if TYPE_CHECKING:
    from collections.abc import Callable

_T = exp.DataType.Type
_TYPES: tuple[tuple[set[Any], str], ...] = (
    ({_T.TINYINT, _T.UTINYINT}, "SMALLINT"),
    ({_T.USMALLINT}, "INTEGER"),
    ({_T.UINT}, "BIGINT"),
    ({_T.INT128, _T.UBIGINT, _T.UINT128}, "DECIMAL(39, 0)"),
    ({_T.TIMESTAMP_S, _T.TIMESTAMP_MS, _T.TIMESTAMP_NS}, "TIMESTAMP"),
)


def adapted(tree: exp.Expr, *, careful: bool) -> exp.Expr:
    """The tree with every node that means something else in PostgreSQL replaced.

    Raises:
        EngineError: something in it cannot be said in PostgreSQL.
    """

    def replace(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Div):
            return _quotient(node, careful=careful)
        rule = _RULES.get(type(node))
        if rule is not None:
            return rule(node)
        if isinstance(node, exp.Anonymous) and node.name.lower() in _FUNCTIONS:
            return _FUNCTIONS[node.name.lower()](node)
        return node

    if isinstance(tree, exp.Query):
        _name_columns(tree)
    # from the leaves, so that what is replaced is not looked at again
    for node in reversed(list(tree.walk())):
        new = replace(node)
        if new is not node:
            if node is tree:
                tree = new
            else:
                node.replace(new)
    return tree


def _name_columns(query: exp.Query) -> None:
    """Call what a query selects as DuckDB calls it: PostgreSQL calls two averages ``avg``."""
    while isinstance(query, exp.SetOperation):
        query = query.this  # the names are those of the first
    if isinstance(query, exp.Select):
        named = [
            node if node.is_star or node.output_name else exp.alias_(node, _name(node), quoted=True)
            for node in query.selects
        ]
        query.set("expressions", named)


def _name(node: exp.Expr) -> str:
    return node.sql(dialect="duckdb", normalize_functions="lower")


def _quotient(node: exp.Expr, *, careful: bool) -> exp.Expr:
    left, right = (cast(side, "DOUBLE") for side in (node.this, node.expression))
    return exp.Paren(this=guarded("div", left, right) if careful
                     else exp.Div(this=left, expression=right))  # fmt: skip


def _try_cast(node: exp.Expr) -> exp.Expr:
    text = cast(node.this, "TEXT", dialect="postgres")
    if node.find(exp.Column) is None:  # the planner would try a constant, whether valid or not
        text = exp.Subquery(this=exp.Select(expressions=[text]))
    to = node.args["to"]
    if to.this in exp.DataType.INTEGER_TYPES:  # 12.0 reads as one, too
        whole = cast(exp.Round(this=decimal(text)), "TEXT", dialect="postgres")
        return exp.Paren(this=case([(_valid(text, "numeric"), _read(whole, to))]))
    return exp.Paren(this=_read(text, to))


def _read(text: exp.Expr, to: exp.DataType) -> exp.Expr:
    to = _known(to)
    return case([(_valid(text, to.sql(dialect="postgres")), exp.Cast(this=text.copy(), to=to))])


def _valid(text: exp.Expr, kind: str) -> exp.Expr:
    return function("pg_input_is_valid", text, exp.Literal.string(kind))


def _known(to: exp.DataType) -> exp.DataType:
    """A type of DuckDB's, or PostgreSQL's in its place."""
    for kinds, name in _TYPES:
        if to.this in kinds:
            return exp.DataType.build(name, dialect="postgres")
    return to.copy()


def _cast(node: exp.Expr) -> exp.Expr:
    to = _known(node.args["to"])
    return node if to == node.args["to"] else exp.Cast(this=node.this.copy(), to=to)


def _remainder(node: exp.Expr) -> exp.Expr:
    # PostgreSQL has none for doubles
    sides = (decimal(side) for side in (node.this, node.expression))
    left, right = sides
    return exp.Paren(this=exp.Mod(this=left, expression=right))


def _without_escape(node: exp.Expr) -> exp.Expr:
    if isinstance(node.parent, exp.Escape):
        return node
    return exp.Escape(this=node.copy(), expression=exp.Literal.string(""))


def _pattern(tree: exp.Expr | None) -> str:
    if not (isinstance(tree, exp.Literal) and tree.is_string):
        raise EngineError("In PostgreSQL a regular expression must be a text that is written out.")
    return str(tree.this)


def _matches(node: exp.Expr, made: str) -> exp.Expr:
    return exp.Paren(
        this=exp.RegexpLike(this=operand(node.this), expression=exp.Literal.string(made))
    )


def _flagged(node: exp.Expr) -> str:
    """The pattern of a call, with DuckDB's options as RE2's flags."""
    options = node.args.get("flag") or node.args.get("options")
    flags = "".join(letter for letter in (_pattern(options) if options else "") if letter in "is")
    pattern = _pattern(node.expression)
    return f"(?{flags}){pattern}" if flags else pattern


def _extracted(node: exp.Expr) -> exp.Expr:
    raise EngineError(
        "regexp_extract is not known in PostgreSQL.", hint="Use regexp_matches, or substring."
    )


def _replaced(node: exp.Expr) -> exp.Expr:
    by = _pattern(node.args.get("replacement") or exp.Literal.string(""))
    options = node.args.get("modifiers")
    flags = "g" if options is not None and "g" in _pattern(options) else ""
    some = [patterns.every(_pattern(node.expression)), by, flags]
    return function("regexp_replace", node.this, *(exp.Literal.string(part) for part in some))


def _finite(node: exp.Anonymous) -> exp.Expr:
    double = cast(node.expressions[0], "DOUBLE")
    infinity = exp.Literal.string("Infinity")
    return exp.Paren(this=exp.LT(this=exp.Abs(this=double), expression=infinity))


def _equals(value: exp.Expr, text: str) -> exp.Expr:
    return exp.Paren(this=exp.EQ(this=cast(value, "DOUBLE"), expression=exp.Literal.string(text)))


def _rounded(node: exp.Expr) -> exp.Expr:
    decimals = node.args.get("decimals")
    if decimals is None:
        return node
    return cast(exp.Round(this=decimal(node.this), decimals=decimals.copy()), "DOUBLE")


_RULES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.TryCast: _try_cast,
    exp.Cast: _cast,
    exp.Mod: _remainder,
    exp.Like: _without_escape,
    exp.ILike: _without_escape,
    exp.RegexpFullMatch: lambda node: _matches(node, patterns.whole(_flagged(node))),
    exp.RegexpLike: lambda node: _matches(node, patterns.anywhere(_flagged(node))),
    exp.RegexpExtract: _extracted,
    exp.RegexpReplace: _replaced,
    exp.IsNan: lambda node: _equals(node.this, "NaN"),
    exp.IsInf: lambda node: _equals(exp.Abs(this=cast(node.this, "DOUBLE")), "Infinity"),
    exp.Round: _rounded,
    exp.Contains: lambda node: exp.Paren(
        this=exp.GT(
            this=function("strpos", node.this, node.expression), expression=exp.Literal.number(0)
        )
    ),
    exp.EndsWith: lambda node: exp.Paren(
        this=exp.EQ(
            this=function("right", node.this, exp.Length(this=node.expression.copy())),
            expression=node.expression.copy(),
        )
    ),
    exp.DayOfWeek: lambda node: function("date_part", exp.Literal.string("dow"), node.this),
}
_FUNCTIONS: dict[str, Callable[[exp.Anonymous], exp.Expr]] = {
    "isfinite": _finite,
    "strlen": lambda node: function("octet_length", *node.expressions),
    "weekday": lambda node: function("date_part", exp.Literal.string("dow"), *node.expressions),
    "json_valid": lambda node: exp.Paren(
        this=exp.Is(this=operand(node.expressions[0]), expression=exp.JSON())
    ),
}
