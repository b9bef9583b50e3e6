"""PostgreSQL's SQL, so that values, keys and texts are what DuckDB gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import sqlglot
from sqlglot import exp

from assay.core.errors import EngineError
from assay.engines.postgresql import patterns, reading
from assay.engines.postgresql.adapting import adapted
from assay.engines.postgresql.arithmetic import guarded
from assay.engines.postgresql.kinds import by_code, decimal
from assay.engines.sql.dialect import Dialect
from assay.engines.sql.typed import Typed, case, cast, function, literal, operand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.engines.sql.dialect import Compiled
    from assay.engines.sql.recipes import Operation, Part
    from assay.engines.sql.typed import Lookup

_NAMED = {"mean": "avg", "variance": "var_pop"}
_LOOKUP = "assay.found"
# what DuckDB writes otherwise in an interval
_SPANS = (
    (r"\ymon(s?)\y", r"month\1"),
    (r"(^| )-1 (year|month|day)s\y", r"\1-1 \2"),
    (r"\+", ""),
)
# bytes as DuckDB writes them: what is no printable ASCII character as \xNN
_BYTES = sqlglot.parse_one(
    r"""SELECT coalesce(string_agg(CASE
        WHEN get_byte("assay.bytes", "assay.at") BETWEEN 32 AND 126
            AND get_byte("assay.bytes", "assay.at") NOT IN (34, 39, 92)
        THEN chr(get_byte("assay.bytes", "assay.at"))
        ELSE concat('\x', upper(substr(encode("assay.bytes", 'hex'), "assay.at" * 2 + 1, 2))) END,
        '' ORDER BY "assay.at"), '')
    FROM generate_series(0, length("assay.bytes") - 1) AS "assay.series"("assay.at")""",
    dialect="postgres",
)


@dataclass(frozen=True)
class PostgreSQLDialect(Dialect):
    """PostgreSQL 16 and later.

    Attributes:
        careful: arithmetic gives infinities and NaN where PostgreSQL's own raises an error; slower.
        small_letters: the collation by which capitals become small letters.
    """

    careful: bool = False
    small_letters: str = "default"

    name = "postgres"
    double = "double precision"
    string = "text"
    # what would cost each row of the common scan a sort, or what PostgreSQL has no aggregate for
    apart: ClassVar[frozenset[Operation]] = frozenset(
        {"distinct", "hashes", "histogram", "skewness", "kurtosis"}
    )

    def print(self, query: exp.Expr, *, pretty: bool = False) -> str:
        text = super().print(query, pretty=pretty)
        if "\0" in text:
            raise EngineError("No text in PostgreSQL holds the character 0.")
        return text

    # values ------------------------------------------------------------------------------------

    def epoch(self, value: Typed) -> exp.Expr:
        tree = value.tree
        if value.native == "time with time zone":
            tree = cast(tree, "TIME", dialect="postgres")  # the time that its clock shows
        return function("date_part", exp.Literal.string("epoch"), tree)

    def is_nan(self, double: exp.Expr) -> exp.Expr:
        nan = exp.Literal.string("NaN")  # of the type that it is compared with
        return exp.Paren(this=exp.EQ(this=operand(double), expression=nan))

    def is_finite(self, double: exp.Expr) -> exp.Expr:
        # NaN is greater than all numbers
        infinity = exp.Literal.string("Infinity")
        return exp.Paren(this=exp.LT(this=exp.Abs(this=double.copy()), expression=infinity))

    def finite(self, value: Typed) -> exp.Expr | None:
        if value.kind == "decimal" and "(" not in value.native:
            return self.is_finite(value.tree)  # without a precision it may be infinite
        return super().finite(value)

    def number(self, value: Typed) -> Typed:
        if value.constant and value.kind == "float":  # PostgreSQL takes 0.1 for a numeric
            return Typed(cast(value.tree, "DOUBLE"), "float", self.double, value.label)
        return super().number(value)

    def double_of_text(self, text: exp.Expr) -> exp.Expr:
        return reading.number(text)

    def double_of_boolean(self, condition: exp.Expr) -> exp.Expr:
        return cast(cast(condition, "INTEGER"), "DOUBLE")

    def reads(self, text: exp.Expr, kind: str) -> exp.Expr:
        return reading.reads(text, kind)

    def matches(self, text: exp.Expr, pattern: exp.Expr) -> exp.Expr:
        return _like(text, patterns.whole(_constant(pattern, "A regular expression")))

    def replace(self, text: exp.Expr, pattern: exp.Expr, by: exp.Expr) -> exp.Expr:
        made = patterns.every(_constant(pattern, "A regular expression"))
        plain = _constant(by, "A replacement").replace("\\", "\\\\")
        some = [exp.Literal.string(part) for part in (made, plain, "g")]
        return function("regexp_replace", text, *some)

    def like(self, text: exp.Expr, pattern: exp.Expr) -> exp.Expr:
        return exp.Escape(this=super().like(text, pattern), expression=exp.Literal.string(""))

    def lower(self, text: exp.Expr) -> exp.Expr:
        collation = exp.to_identifier(self.small_letters, quoted=True)
        return by_code(exp.Lower(this=exp.Collate(this=operand(text), expression=collation)))

    def is_json(self, text: exp.Expr) -> exp.Expr:
        return exp.Paren(this=exp.Is(this=operand(text), expression=exp.JSON()))

    def written(self, text: exp.Expr, form: str) -> exp.Expr:
        return reading.written(text, form)

    def text_of(self, value: Typed) -> exp.Expr:
        tree = value.tree
        text = cast(tree, "TEXT", dialect="postgres")
        match value.kind:
            case "float":
                return by_code(_shortest(tree, text))
            case "decimal" if "(" not in value.native:
                trimmed = function("trim_scale", tree)
                return by_code(cast(trimmed, "TEXT", dialect="postgres"))
            case "binary" if value.native == "bytea":
                return by_code(_bytes(tree))
            case "interval":
                for found, by in _SPANS:
                    some = [exp.Literal.string(part) for part in (found, by, "g")]
                    text = function("regexp_replace", text, *some)
                return by_code(text)
            case "date" | "timestamp":
                some = [exp.Literal.string(part) for part in (r"^(\S+)(.*) BC$", r"\1 (BC)\2")]
                return by_code(function("regexp_replace", text, *some))
            case _:
                return by_code(text)

    def arithmetic(self, op: str, left: exp.Expr, right: exp.Expr) -> exp.Expr:
        if self.careful:
            return guarded(op, left, right)
        return super().arithmetic(op, left, right)

    def unary(self, op: str, double: exp.Expr) -> exp.Expr:
        return guarded(op, double) if self.careful else super().unary(op, double)

    def divide(self, left: exp.Expr, right: exp.Expr) -> exp.Expr:
        return exp.Div(this=left, expression=right, typed=True)  # they are doubles already

    def adapted(self, tree: exp.Expr) -> exp.Expr:
        return adapted(tree, careful=self.careful)

    def lot(self, keys: Sequence[exp.Expr]) -> exp.Expr:
        high = exp.BitwiseAnd(
            this=exp.Paren(
                this=exp.BitwiseRightShift(this=hashed(keys), expression=exp.Literal.number(11))
            ),
            expression=exp.Literal.number(2**53 - 1),
        )
        return exp.Div(
            this=cast(exp.Paren(this=high), "DOUBLE"), expression=exp.Literal.number(2**53)
        )

    # tables ------------------------------------------------------------------------------------

    def tuple(self, trees: Sequence[exp.Expr]) -> exp.Expr:
        return trees[0].copy() if len(trees) == 1 else function("row", *trees)

    def look_up(self, source: exp.Expr, lookups: Sequence[Lookup], name: str) -> exp.Expr:
        # joined: IN with more rows than fit in memory would read them all again for each row
        own = exp.TableAlias(this=exp.to_identifier("assay.own", quoted=True))
        rows = exp.Subquery(this=exp.select("*").from_(source), alias=own)
        selected: list[exp.Expr] = [exp.Column(this=exp.Star(), table=own.this.copy())]
        query = exp.Select().from_(rows)
        for i, one in enumerate(lookups):
            names = [f"{_LOOKUP}.{i}.{k}" for k in range(len(one.keys))]
            columns = [exp.column(exp.to_identifier(n, quoted=True)) for n in names]
            wanted = one.rows.select(
                *(exp.alias_(w.copy(), n, quoted=True)
                  for w, n in zip(one.wanted, names, strict=True))
            ).distinct()  # fmt: skip
            alias = exp.TableAlias(this=exp.to_identifier(f"{_LOOKUP}.{i}", quoted=True))
            same = [
                exp.EQ(this=operand(key), expression=column.copy())
                for key, column in zip(one.keys, columns, strict=True)
            ]
            query = query.join(
                exp.Subquery(this=wanted, alias=alias), on=exp.and_(*same), join_type="left"
            )
            found = exp.Not(this=exp.Is(this=columns[0], expression=exp.Null()))
            selected.append(exp.alias_(case([(one.present, found)]), f"{name}.{i}", quoted=True))
        query.set("expressions", selected)
        return exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier("t")))

    def aggregate(self, part: Part, probabilities: Sequence[float], over: Compiled) -> exp.Expr:
        match part.operation:
            case "count":
                return exp.Count(this=over.finite_number(part.of[0]).copy())
            case "least" | "greatest":
                kind = exp.Min if part.operation == "least" else exp.Max
                return kind(this=over.finite_number(part.of[0]).copy())
            case "quantiles":
                at = exp.Array(expressions=[literal(p).tree for p in probabilities])
                order = exp.Order(
                    expressions=[exp.Ordered(this=over.finite_number(part.of[0]).copy())]
                )
                return exp.WithinGroup(this=function("percentile_disc", at), expression=order)
            case "covariance":
                return function("covar_pop", *(over.number(e) for e in part.of))
            case _:
                return function(_NAMED[part.operation], over.finite_number(part.of[0]))


def hashed(keys: Sequence[exp.Expr]) -> exp.Expr:
    """A hash of 64 bits of a tuple of keys."""
    text = cast(function("row", *keys), "TEXT", dialect="postgres")
    return function("hashtextextended", text, exp.Literal.number(0))


def _shortest(double: exp.Expr, text: exp.Expr) -> exp.Expr:
    """A double as the shortest text that reads as it, with a point or an exponent."""
    size = exp.Abs(this=double.copy())
    finite = exp.LT(this=size, expression=exp.Literal.string("Infinity"))
    word = function("replace", text, exp.Literal.string("inity"), exp.Literal.string(""))
    # PostgreSQL writes an exponent from 1e15, and from 1e6 where the column is a real
    plain = cast(decimal(text), "TEXT", dialect="postgres")
    large = exp.And(
        this=exp.GTE(this=size.copy(), expression=exp.Literal.number("1e6")),
        expression=exp.LT(this=size.copy(), expression=exp.Literal.number("1e16")),
    )
    branches: list[tuple[exp.Expr, exp.Expr]] = [
        (exp.Not(this=exp.Paren(this=finite)), exp.Lower(this=word)),
        (large, _with_point(plain)),
    ]
    return case(branches, _with_point(text))


def _with_point(text: exp.Expr) -> exp.Expr:
    whole = exp.RegexpLike(this=text.copy(), expression=exp.Literal.string("^-?[0-9]+$"))
    return case([(whole, exp.DPipe(this=text, expression=exp.Literal.string(".0")))], text)


def _bytes(tree: exp.Expr) -> exp.Expr:
    text = _BYTES.copy()
    for column in list(text.find_all(exp.Column)):
        if column.name == "assay.bytes":
            column.replace(tree.copy())
    known = exp.Not(this=exp.Is(this=operand(tree), expression=exp.Null()))
    return case([(known, exp.Subquery(this=text))])


def _like(text: exp.Expr, expression: str) -> exp.Expr:
    return exp.RegexpLike(this=operand(text), expression=exp.Literal.string(expression))


def _constant(tree: exp.Expr, what: str) -> str:
    if not (isinstance(tree, exp.Literal) and tree.is_string):
        raise EngineError(f"{what} must be a text that is written out.")
    return str(tree.this)
