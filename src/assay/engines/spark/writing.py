"""Values written as text: as the embedded engine writes them, not as Spark's casts do.

Texts are keys of groups, examples, and what patterns are matched against, so engines must agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from assay.engines.sql.typed import case, cast, conjunction, function, literal, operand

if TYPE_CHECKING:
    from assay.engines.sql.typed import Typed


def text(value: Typed) -> exp.Expr:
    """A value that is no text, as text: numbers shortest, dates and times in ISO 8601."""
    tree = value.tree
    match value.kind:
        case "float":
            return _double(tree)
        case "date":
            return _unsigned(cast(tree, "VARCHAR"))
        case "timestamp" if value.native == "timestamp":  # with a zone: UTC, as the session's
            zone = exp.Literal.string("+00")
            return function("concat", _unsigned(cast(tree, "VARCHAR")), zone)
        case "timestamp":
            return _unsigned(cast(tree, "VARCHAR"))
        case "binary":
            return _bytes(tree)
        case "other" if value.native == "variant":
            return function("to_json", tree)
        case _:
            return cast(tree, "VARCHAR")


def _unsigned(written: exp.Expr) -> exp.Expr:
    """Years after 9999 without the sign that Java puts before them."""
    return exp.Trim(this=written, expression=exp.Literal.string("+"), position="LEADING")


def _double(tree: exp.Expr) -> exp.Expr:
    """A double as ``repr`` writes it in Python: Java turns to exponents at 1e7 and below 1e-3."""
    java = cast(tree, "VARCHAR")
    size = exp.Abs(this=tree.copy())

    def within(low: float, high: float) -> exp.Expr:
        return conjunction(
            exp.GTE(this=size.copy(), expression=literal(low).tree),
            exp.LT(this=size.copy(), expression=literal(high).tree),
        )

    def plain(scale: int) -> exp.Expr:
        """All digits, without the zeros behind the last."""
        return _replaced(cast(cast(java, f"DECIMAL(38, {scale})"), "VARCHAR"), r"(\.\d+?)0+$", "$1")

    signed = _replaced(_replaced(java, r"\.0E", "E"), r"E(-?)(\d)$", "E$10$2")
    scientific = _replaced(_replaced(signed, "E-", "e-"), r"E(\d)", "e+$1")
    infinity, nan = literal(float("inf")).tree, literal(float("nan")).tree
    return case(
        [
            (exp.Is(this=operand(tree), expression=exp.Null()), cast(exp.Null(), "VARCHAR")),
            (exp.EQ(this=operand(tree), expression=literal(0.0).tree), java),
            (within(1e-3, 1e7), java),
            (within(1e7, 1e16), plain(10)),
            (within(1e-4, 1e-3), plain(30)),
            (exp.EQ(this=operand(tree), expression=nan), exp.Literal.string("nan")),
            (exp.EQ(this=operand(tree), expression=infinity), exp.Literal.string("inf")),
            (exp.EQ(this=size.copy(), expression=infinity), exp.Literal.string("-inf")),
        ],
        scientific,
    )


def _bytes(tree: exp.Expr) -> exp.Expr:
    r"""Bytes: printable ASCII as it is, the rest as ``\xFF``."""
    position = exp.to_identifier("i")
    byte = function("substring", tree, exp.column(position), exp.Literal.number(1))
    digits = function("hex", byte)
    printable = exp.Between(
        this=digits, low=exp.Literal.string("20"), high=exp.Literal.string("7E")
    )
    quoted = exp.In(
        this=digits.copy(), expressions=[exp.Literal.string(c) for c in ("22", "27", "5C")]
    )
    escaped = function("concat", exp.Literal.string("\\x"), digits)
    shown = case([(conjunction(printable, exp.Not(this=quoted)), cast(byte, "VARCHAR"))], escaped)
    places = function("sequence", exp.Literal.number(1), exp.Length(this=tree.copy(), binary=True))
    letters = function("transform", places, exp.Lambda(this=shown, expressions=[position.copy()]))
    empty = exp.EQ(this=exp.Length(this=tree.copy(), binary=True), expression=exp.Literal.number(0))
    joined = function("array_join", letters, exp.Literal.string(""))
    return case([(empty, exp.Literal.string(""))], joined)


def _replaced(tree: exp.Expr, pattern: str, by: str) -> exp.Expr:
    return function("regexp_replace", tree, exp.Literal.string(pattern), exp.Literal.string(by))
