"""Conditions on rows as other tools write them, as SQL predicates.

What is written in Python's notation (``DataFrame.query`` of pandas, ``col("x") > 1`` of Great
Expectations) is parsed, never evaluated: only comparisons of a column with constants pass.
"""

from __future__ import annotations

import ast
import re
from io import StringIO
from tokenize import NAME, OP, TokenError, generate_tokens
from typing import TYPE_CHECKING, Any

from assay.suite.exchange import predicates as p
from assay.suite.exchange.entries import UnmappableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlglot.expressions import Expr

_LONGEST = 2_000
_OPERATORS = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_LOGIC = {"&": "and", "|": "or", "~": "not"}
_NULL_TESTS = {
    "isnull": True, "isna": True, "isNull": True, "is_null": True,
    "notnull": False, "notna": False, "notNull": False, "isNotNull": False, "is_not_null": False,
}  # fmt: skip


def from_python(text: str) -> Expr:
    """A condition in Python's notation.

    Raises:
        UnmappableError: it is anything but comparisons of columns with constants.
    """
    if len(text) > _LONGEST:
        raise UnmappableError(f"the condition has more than {_LONGEST:,} characters")
    names: dict[str, str] = {}

    def quoted(found: re.Match[str]) -> str:
        names[f"_column_{len(names)}_"] = found[1]
        return f"_column_{len(names) - 1}_"

    plain = re.sub(r"`([^`\n]+)`", quoted, text)
    try:
        tree = ast.parse(_words_for_signs(plain), mode="eval").body
    except (SyntaxError, ValueError, TokenError, RecursionError, MemoryError):
        raise _not_simple(text) from None
    return _Python(text, names).predicate(tree)


def _words_for_signs(text: str) -> str:
    """``&`` and ``|`` as ``and`` and ``or``, whose precedence pandas gives them."""
    tokens = generate_tokens(StringIO(text.strip()).readline)
    return " ".join(
        _LOGIC.get(token.string, token.string) if token.type == OP else token.string
        for token in tokens
        if token.type in (OP, NAME) or token.string.strip()
    )


def _not_simple(text: str) -> UnmappableError:
    shown = text if len(text) <= 60 else f"{text[:57]}…"
    return UnmappableError(f"the condition {shown!r} is not a plain comparison of columns")


class _Python:
    def __init__(self, text: str, names: Mapping[str, str]) -> None:
        self._text = text
        self._names = names

    def predicate(self, node: ast.expr) -> Expr:
        """A tree as a predicate."""
        match node:
            case ast.BoolOp(op=ast.And(), values=parts):
                return p.all_of(self.predicate(part) for part in parts)
            case ast.BoolOp(values=parts):
                return p.any_of(self.predicate(part) for part in parts)
            case ast.UnaryOp(op=ast.Not(), operand=part):
                return p.negation(self.predicate(part))
            case ast.Compare(left=left, ops=ops, comparators=others):
                sides = [left, *others]
                return p.all_of(
                    self._comparison(sides[i], op, sides[i + 1]) for i, op in enumerate(ops)
                )
            case ast.Call(func=ast.Attribute(value=of, attr=test), args=[]) if test in _NULL_TESTS:
                value = p.column(self._column(of))
                return p.is_null(value) if _NULL_TESTS[test] else p.is_known(value)
            case ast.Call(func=ast.Attribute(value=of, attr="isin"), args=[listed]):
                return p.member(p.column(self._column(of)), self._list(listed))
        raise _not_simple(self._text)

    def _comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Expr:
        if isinstance(op, ast.In | ast.NotIn):
            found = p.member(p.column(self._column(left)), self._list(right))
            return found if isinstance(op, ast.In) else p.negation(found)
        operator = _OPERATORS.get(type(op))
        if operator is None:
            raise _not_simple(self._text)
        if isinstance(left, ast.Constant):
            left, right, operator = right, left, _MIRRORED.get(operator, operator)
        value = p.column(self._column(left))
        if self._is_column(right):
            return p.compare(operator, value, p.column(self._column(right)))
        return p.compare(operator, value, p.constant(self._constant(right)))

    def _is_column(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name | ast.Call)

    def _column(self, node: ast.expr) -> str:
        match node:
            case ast.Name(id=name):
                return self._names.get(name, name)
            case ast.Call(func=ast.Name(id="col"), args=[ast.Constant(value=str(name))]):
                return name
        raise _not_simple(self._text)

    def _constant(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
                return -value
        raise _not_simple(self._text)

    def _list(self, node: ast.expr) -> list[Any]:
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return [self._constant(item) for item in node.elts]
        raise _not_simple(self._text)
