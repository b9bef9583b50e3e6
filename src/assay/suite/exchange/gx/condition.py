"""A ``where`` of Assay as a row condition of Great Expectations 1.x, which is a small tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.suite.exchange.entries import UnmappableError, plain
from assay.suite.exchange.predicates import parsed

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def condition(where: str) -> dict[str, Any]:
    """The tree.

    Raises:
        UnmappableError: the predicate is more than comparisons of columns with constants, joined
            by AND within OR.
    """
    return _tree(parsed(where, "duckdb"), where, within="")


def _tree(node: Expr, where: str, *, within: str) -> dict[str, Any]:
    from sqlglot import exp

    match node:
        case exp.Paren():
            return _tree(node.this, where, within=within)
        case exp.And():
            return _joined("and", node, where)
        case exp.Or() if within != "and":
            return _joined("or", node, where)
        case exp.Is(this=exp.Column() as column, expression=what):
            if isinstance(what, exp.Null):
                return _nullity(column, null=True)
            if isinstance(what, exp.Not) and isinstance(what.this, exp.Null):
                return _nullity(column, null=False)
        case exp.Not(this=exp.Is(this=exp.Column() as column, expression=exp.Null())):
            return _nullity(column, null=False)
        case exp.In(this=exp.Column() as column):
            return _comparison(column, "IN", [_constant(v, where) for v in node.expressions])
        case exp.Not(this=exp.In(this=exp.Column() as column) as inside):
            return _comparison(column, "NOT_IN", [_constant(v, where) for v in inside.expressions])
    operators: dict[type[Expr], str] = {
        exp.EQ: "==", exp.NEQ: "!=", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
    }  # fmt: skip
    operator = operators.get(type(node))
    if operator is None:
        raise _too_much(where)
    left, right = node.this, node.expression
    if isinstance(right, exp.Column):
        left, right, operator = right, left, _MIRRORED.get(operator, operator)
    if not isinstance(left, exp.Column):
        raise _too_much(where)
    return _comparison(left, operator, _constant(right, where))


def _joined(kind: str, node: Expr, where: str) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    for side in (node.this, node.expression):
        found = _tree(side, where, within=kind)
        parts += found["conditions"] if found["type"] == kind else [found]
    return {"type": kind, "conditions": parts}


def _nullity(column: Expr, *, null: bool) -> dict[str, Any]:
    return {"type": "nullity", "column": {"name": column.name}, "is_null": null}


def _comparison(column: Expr, operator: str, value: Any) -> dict[str, Any]:
    return {
        "type": "comparison",
        "column": {"name": column.name},
        "operator": operator,
        "parameter": value,
    }


def _constant(node: Expr, where: str) -> Any:
    from sqlglot import exp

    match node:
        case exp.Boolean():
            return bool(node.this)
        case exp.Literal():
            return node.to_py()
        case exp.Neg(this=exp.Literal(is_string=False) as literal):
            return plain(-float(literal.name))
    raise _too_much(where)


def _too_much(where: str) -> UnmappableError:
    shown = where if len(where) <= 60 else f"{where[:57]}…"
    return UnmappableError(f"its `where` {shown!r} is more than a row condition can say")
