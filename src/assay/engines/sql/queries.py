"""A SELECT that a person wrote over the suite's tables: parsed, and confined to reading those.

As for predicates, what is not known to be harmless is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from assay.core.errors import EngineError, did_you_mean
from assay.engines.sql.predicates import FUNCTIONS, NODES

if TYPE_CHECKING:
    from collections.abc import Collection

    from assay.engines.sql.expressions import Surroundings

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
_OF_TABLE = {"this", "alias", "joins"}
_HINT = "Write one SELECT over the suite's tables, such as: SELECT * FROM orders WHERE paid < 0."


def confine_query(
    text: str, around: Surroundings, tables: Collection[str], *, dialect: str = "duckdb"
) -> exp.Query:
    """The tree of a query, its tables replaced by what the engine reads them from.

    Raises:
        EngineError: not one SELECT, or something in it that is not allowed.
    """
    tree = parse_query(text, dialect=dialect)
    within = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        if table.name not in within:
            _replace(table, _known(table, tables), around)
    return tree


def parse_query(text: str, *, dialect: str = "duckdb") -> exp.Query:
    """The tree of a query that does nothing but read tables.

    Raises:
        EngineError: not one SELECT, or something in it that is not allowed.
    """
    if len(text) > _MAX_LENGTH:
        raise EngineError(f"A query of {len(text):,} characters is too long.", hint=_HINT)
    try:
        statements = sqlglot.parse(text.strip().rstrip(";"), dialect=dialect)
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
        _allow(node)
        pending.extend((child, depth + 1) for child in node.iter_expressions())
    return tree


def tables_of(text: str) -> tuple[str, ...]:
    """The names of the tables that a query reads, each once.

    Raises:
        EngineError: not one SELECT, or something in it that is not allowed.
    """
    tree = parse_query(text)
    within = {cte.alias for cte in tree.find_all(exp.CTE)}
    names = (table.name for table in tree.find_all(exp.Table))
    return tuple(dict.fromkeys(name for name in names if name not in within))


def _allow(node: exp.Expr) -> None:
    if isinstance(node, exp.With) and node.recursive:
        raise EngineError("WITH RECURSIVE is not allowed: it may never end.", hint=_HINT)
    if isinstance(node, exp.Table):
        odd = [key for key, value in node.args.items() if value and key not in _OF_TABLE]
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
