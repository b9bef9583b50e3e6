"""Arithmetic of doubles that raises no error.

PostgreSQL raises one where IEEE 754 has an infinity, a zero or a NaN for an answer: dividing by
zero, the logarithm of zero, a product out of range. A scan is first tried with PostgreSQL's own
operators, and where they raise, again with these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Mapping

_A, _B = '"assay.v"."assay.a"', '"assay.v"."assay.b"'
# logarithms to base 10 of the greatest double, and of half of the least
_TOP, _BOTTOM = "308.2547155599167", "-323.6072453387798"
_NATURAL = f"NOT (abs({_A}) < 'Infinity' AND abs({_B}) < 'Infinity')"
_SIGN = f"sign({_A}) * sign({_B}) * CAST('Infinity' AS DOUBLE PRECISION)"
_ZERO = "CAST(0 AS DOUBLE PRECISION)"
_NAN = "CAST('NaN' AS DOUBLE PRECISION)"
_INFINITY = "CAST('Infinity' AS DOUBLE PRECISION)"


def _sum(sign: str) -> str:
    half = f"{_A} / 2 {sign} {_B} / 2"
    return f"""CASE
        WHEN {_NATURAL} OR abs({_A}) < 1e290 OR abs({_B}) < 1e290 THEN {_A} {sign} {_B}
        WHEN abs({half}) > 8.98846567431158e307 THEN sign({half}) * {_INFINITY}
        ELSE {_A} {sign} {_B} END"""


def _scaled(sign: str, operator: str) -> str:
    size = f"log(abs({_A})) {sign} log(abs({_B}))"
    return f"""CASE
        WHEN {_A} = 0 OR {_B} = 0 OR {_NATURAL} THEN {_A} {operator} {_B}
        WHEN {size} >= {_TOP} THEN {_SIGN}
        WHEN {size} < {_BOTTOM} THEN {_ZERO}
        ELSE {_A} {operator} {_B} END"""


_BINARY: Mapping[str, str] = {
    "add": _sum("+"),
    "sub": _sum("-"),
    "mul": _scaled("+", "*"),
    "div": f"""CASE
        WHEN {_B} = 0 THEN CASE WHEN {_A} = 0 OR {_A} = 'NaN' THEN {_NAN}
            WHEN CAST({_B} AS TEXT) = '-0' THEN -sign({_A}) * {_INFINITY}
            ELSE sign({_A}) * {_INFINITY} END
        ELSE {_scaled("-", "/")} END""",
}
_UNARY: Mapping[str, str] = {
    "ln": f"CASE WHEN {_A} = 0 THEN -{_INFINITY} WHEN {_A} < 0 THEN {_NAN} ELSE ln({_A}) END",
    "sqrt": f"CASE WHEN {_A} < 0 THEN {_NAN} ELSE sqrt({_A}) END",
    "exp": f"""CASE WHEN NOT abs({_A}) < 'Infinity' THEN exp({_A})
        WHEN {_A} > 709.782712893384 THEN {_INFINITY}
        WHEN {_A} < -745.133219101941 THEN {_ZERO} ELSE exp({_A}) END""",
    "abs": f"abs({_A})",
    "floor": f"floor({_A})",
}
_READ = {op: sqlglot.parse_one(f"SELECT {text}", dialect="postgres")
         for op, text in {**_BINARY, **_UNARY}.items()}  # fmt: skip


def guarded(op: str, *operands: exp.Expr) -> exp.Expr:
    """An operation as IEEE 754 has it; each operand is evaluated once."""
    names = ("assay.a", "assay.b")
    values = [
        exp.alias_(tree.copy(), name, quoted=True)
        for tree, name in zip(operands, names, strict=False)
    ]
    # OFFSET 0 keeps the planner from writing the operands into each place of their use
    once = exp.Select(expressions=values).offset(0)
    alias = exp.TableAlias(this=exp.to_identifier("assay.v", quoted=True))
    tree = _READ[op].copy()
    assert isinstance(tree, exp.Select)
    return exp.Subquery(this=tree.from_(exp.Subquery(this=once, alias=alias)))
