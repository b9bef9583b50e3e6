"""A SELECT that a person wrote over the suite's tables: parsed, and confined to reading those.

As for predicates, what is not known to be harmless is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.errors import SqlglotError

from assay.core.errors import EngineError, SubjectError, did_you_mean
from assay.engines.sql.predicates import FUNCTIONS, NODES

if TYPE_CHECKING:
    from collections.abc import Collection

    from assay.engines.sql.expressions import Surroundings

_READS = {TokenType.SELECT, TokenType.WITH, TokenType.VALUES, TokenType.FROM, TokenType.L_PAREN}
_MAX_LENGTH = 50_000
_MAX_DEPTH = 200

_STRUCTURE: frozenset[type[exp.Expr]] = frozenset({
    exp.Select, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered,
    exp.Limit, exp.Offset, exp.With, exp.CTE, exp.TableAlias, exp.Table, exp.Subquery, exp.Union,
    exp.Except, exp.Intersect, exp.Distinct, exp.Star, exp.Alias, exp.Exists, exp.Any, exp.All,
    exp.Window, exp.WindowSpec, exp.Qualify, exp.Filter, exp.WithinGroup, exp.GroupingSets,
    exp.Cube, exp.Rollup,
    # aggregates and window functions
    exp.Count, exp.CountIf, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Median, exp.Mode, exp.Quantile,
    exp.PercentileCont, exp.PercentileDisc, exp.ApproxDistinct, exp.Stddev, exp.StddevPop,
    exp.StddevSamp, exp.Variance, exp.VariancePop, exp.Corr, exp.CovarPop, exp.CovarSamp,
    exp.LogicalAnd, exp.LogicalOr, exp.ArgMax, exp.ArgMin, exp.RowNumber, exp.Rank, exp.DenseRank,
    exp.PercentRank, exp.CumeDist, exp.Ntile, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue,
    exp.Kurtosis, exp.Skewness,
})  # fmt: skip
_ALLOWED = NODES | _STRUCTURE
_OF_TABLE = frozenset({"this", "alias", "joins"})
_OF_CATALOGUE = _OF_TABLE | {"db", "catalog"}
_HINT = "Write one SELECT over the suite's tables, such as: SELECT * FROM orders WHERE paid < 0."


def confine_query(
    text: str, around: Surroundings, tables: Collection[str], *, dialect: str = "duckdb"
) -> exp.Query:
    """The tree of a query, its tables replaced by what the engine reads them from.

    Raises:
        EngineError: not one SELECT, or something in it that is not allowed.
    """
    tree = cast("exp.Query", around.dialect.adapted(parse_query(text, dialect=dialect)))
    within = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        if table.name not in within:
            _replace(table, _known(table, tables), around)
    return tree


def parse_query(
    text: str,
    *,
    dialect: str = "duckdb",
    qualified: bool = False,
    also: frozenset[type[exp.Expr]] = frozenset(),
) -> exp.Query:
    """The tree of a query that does nothing but read tables.

    Args:
        qualified: the tables are those of a catalogue (``sales.orders``), not the suite's.
        also: more nodes that are known to be harmless in this dialect.

    Raises:
        EngineError: not one SELECT, or something in it that is not allowed.
    """
    if len(text) > _MAX_LENGTH:
        raise EngineError(f"A query of {len(text):,} characters is too long.", hint=_HINT)
    text = text.strip().rstrip(";")
    try:
        first = next(iter(sqlglot.tokenize(text, dialect=dialect)), None)
        if first is None or first.token_type not in _READS:  # others would be printed, in a warning
            raise EngineError("The query must be one SELECT.", hint=_HINT)
        statements = sqlglot.parse(text, dialect=dialect)
    except SqlglotError as error:
        reason = " ".join(str(error).split("\n")[0].replace("\x1b[4m", "").split())
        raise EngineError(f"The query cannot be read: {reason}", hint=_HINT) from error
    except RecursionError as error:
        raise EngineError("The query is nested too deeply.", hint=_HINT) from error
    tree = statements[0] if len(statements) == 1 else None
    if not isinstance(tree, exp.Select | exp.SetOperation):
        raise EngineError("The query must be one SELECT.", hint=_HINT)
    pending: list[tuple[exp.Expr, int]] = [(tree, 1)]
    while pending:
        node, depth = pending.pop()
        if depth > _MAX_DEPTH:
            raise EngineError("The query is nested too deeply.", hint=_HINT)
        node.comments = None
        if type(node) not in also:
            _allow(node, _OF_CATALOGUE if qualified else _OF_TABLE)
        pending.extend((child, depth + 1) for child in node.iter_expressions())
    return tree


def refuse_writing(query: str, *, dialect: str) -> None:
    """A first look at a database's query; that it cannot write is up to a read-only connection.

    Raises:
        SubjectError: it is not one statement, or does not begin as one that reads.
    """
    try:
        tokens = sqlglot.tokenize(query, dialect=dialect)
    except SqlglotError as error:
        reason = " ".join(str(error).split())[:400]
        raise SubjectError(f"The query cannot be read: {reason}") from error
    while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        tokens.pop()
    if not tokens or tokens[0].token_type not in _READS:
        raise SubjectError("The query must begin with SELECT or WITH.", hint="It may only read.")
    if any(token.token_type == TokenType.SEMICOLON for token in tokens):
        raise SubjectError("There is more than one statement.", hint="Give one query.")


def tables_of(text: str) -> tuple[str, ...]:
    """The names of the tables that a query reads, each once.

    Raises:
        EngineError: not one SELECT, or something in it that is not allowed.
    """
    tree = parse_query(text)
    within = {cte.alias for cte in tree.find_all(exp.CTE)}
    names = (table.name for table in tree.find_all(exp.Table))
    return tuple(dict.fromkeys(name for name in names if name not in within))


def _allow(node: exp.Expr, of_table: frozenset[str]) -> None:
    if isinstance(node, exp.With) and node.recursive:
        raise EngineError("WITH RECURSIVE is not allowed: it may never end.", hint=_HINT)
    if isinstance(node, exp.Table):
        odd = [key for key, value in node.args.items() if value and key not in of_table]
        if odd or not isinstance(node.this, exp.Identifier):
            raise EngineError(
                f"{node.sql(dialect='duckdb')!r} in the query is not a table of the suite.",
                hint="Name the tables as the suite's subjects are named.",
            )
    if type(node) in _ALLOWED:
        return
    if isinstance(node, exp.Anonymous):
        if node.name.lower() in FUNCTIONS:
            return
        near = did_you_mean(node.name.lower(), FUNCTIONS)
        raise EngineError(f"The function {node.name!r} in the query is not allowed.{near}")
    name = node.sql_name() if isinstance(node, exp.Func) else node.key
    raise EngineError(f"{name.upper()} in the query is not allowed.", hint=_HINT)


def _known(table: exp.Table, tables: Collection[str]) -> str:
    name = table.name
    tables = [known for known in tables if ":" not in known]  # not what a run made for itself
    if name in tables:
        return name
    alike = [known for known in tables if known.lower() == name.lower()]
    if len(alike) == 1 and not table.this.quoted:
        return alike[0]
    raise EngineError(
        f"There is no table {name!r}.{did_you_mean(name, tables)}",
        hint=f"Tables of the suite: {', '.join(map(repr, tables)) or 'none'}.",
    )


def _replace(table: exp.Table, name: str, around: Surroundings) -> None:
    alias = table.args.get("alias") or exp.TableAlias(
        this=exp.to_identifier(table.name, quoted=table.this.quoted)
    )
    rows = exp.select("*").from_(around.relation(name))
    made = exp.Subquery(this=rows, alias=alias.copy())
    if table.args.get("joins"):
        made.set("joins", [join.copy() for join in table.args["joins"]])
    table.replace(made)
