"""Spark's SQL, so that every value and every text is what the embedded engine gives.

The session speaks ANSI SQL (:mod:`assay.engines.spark.opening`): a cast that fails is an error, and
decimals are never written with an exponent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sqlglot import exp
from sqlglot.dialects.spark import Spark
from sqlglot.generators.spark import SparkGenerator

from assay.core.errors import EngineError
from assay.engines.spark import re2, reading, writing
from assay.engines.spark.adapting import adapt
from assay.engines.spark.patterns import for_java, for_java_replacing
from assay.engines.sql.dialect import Dialect
from assay.engines.sql.typed import case, function, literal, operand, project
from assay.engines.sql.typed import cast as cast_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.engines.sql.dialect import Compiled
    from assay.engines.sql.recipes import Part
    from assay.engines.sql.typed import Lookup, Typed

SKETCH_K = 4096
"""Size of sketches that are kept to be merged: a rank error of about 0.07 % at 99 % confidence."""
FINE_K = 65_535
"""Size of sketches that only this scan needs, of whole columns: 0.005 % at 99 % confidence."""
SKETCH = "kll_sketch_agg_double"

_INFINITY = literal(float("inf")).tree
_NAN = literal(float("nan")).tree
_SPACES = " \u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u202f\u205f\u3000"
_NAMED = {"mean": "avg", "variance": "var_pop", "kurtosis": "kurtosis"}
_WIDE = literal(2.0**52).tree


class _Spark(Spark):
    """SQLGlot's Spark, with times of day (Spark 4.1) and casts that give null (ANSI mode)."""

    class Generator(SparkGenerator):
        TYPE_MAPPING = {**SparkGenerator.TYPE_MAPPING, exp.DType.TIME: "TIME"}  # noqa: RUF012
        TRANSFORMS = {  # noqa: RUF012
            **SparkGenerator.TRANSFORMS,
            exp.TryCast: lambda self, tree: self.cast_sql(tree, safe_prefix="TRY_"),
        }


class SparkDialect(Dialect):
    """Spark 4."""

    name = "spark"
    double = "double"
    string = "string"
    nothing = "void"
    # Different values are found by grouping, in a query of their own: beside other aggregates
    # Spark would keep a state of each of those for every different value.
    apart = frozenset({"distinct", "hashes", "histogram"})
    sketches = True
    filters_inside = True

    def print(self, query: exp.Expr, *, pretty: bool = False) -> str:
        return query.sql(dialect=_Spark, pretty=pretty, comments=False)

    # values ------------------------------------------------------------------------------------

    def epoch(self, value: Typed) -> exp.Expr:
        return reading.seconds(value)

    def is_finite(self, double: exp.Expr) -> exp.Expr:
        # NaN is greater than infinity here
        return exp.LT(this=exp.Abs(this=double.copy()), expression=_INFINITY.copy())

    def is_nan(self, double: exp.Expr) -> exp.Expr:
        return exp.EQ(this=operand(double), expression=_NAN.copy())  # isnan(null) is false

    def reads(self, text: exp.Expr, kind: str) -> exp.Expr:
        return reading.reads(text, kind)

    def double_of_text(self, text: exp.Expr) -> exp.Expr:
        return reading.double(text)

    def text_of(self, value: Typed) -> exp.Expr:
        return writing.text(value)

    def matches(self, text: exp.Expr, pattern: exp.Expr) -> exp.Expr:
        written = _constant(pattern)
        java = for_java(written)
        whole = re2.whole(written)
        re2.check(whole)
        if java is not None:
            return exp.RegexpLike(this=operand(text), expression=exp.Literal.string(java))
        return function(re2.MATCHES, text, exp.Literal.string(whole))

    def replace(self, text: exp.Expr, pattern: exp.Expr, by: exp.Expr) -> exp.Expr:
        written, plain = _constant(pattern), _constant(by)
        java = for_java_replacing(written)
        re2.check(written)
        if java is not None:
            quoted = plain.replace("\\", r"\\").replace("$", r"\$")
            return function(
                "regexp_replace", text, exp.Literal.string(java), exp.Literal.string(quoted)
            )
        quoted = plain.replace("\\", r"\\")
        return function(re2.REPLACES, text, exp.Literal.string(written), exp.Literal.string(quoted))

    def like(self, text: exp.Expr, pattern: exp.Expr) -> exp.Expr:
        quoted = exp.Literal.string(_constant(pattern).replace("\\", r"\\"))
        return exp.Like(this=operand(text), expression=quoted)

    def trim(self, text: exp.Expr) -> exp.Expr:
        return exp.Trim(this=text.copy(), expression=exp.Literal.string(_SPACES), position="BOTH")

    def is_json(self, text: exp.Expr) -> exp.Expr:
        return reading.is_json(text)

    def written(self, text: exp.Expr, form: str) -> exp.Expr:
        return reading.written(text, form)

    def arithmetic(self, op: str, left: exp.Expr, right: exp.Expr) -> exp.Expr:
        if op != "div":
            return super().arithmetic(op, left, right)
        # ANSI SQL fails where IEEE 754 has an infinity or NaN; pow keeps the sign of zero
        zero = exp.EQ(this=right.copy(), expression=literal(0.0).tree)
        infinite = exp.Mul(this=left.copy(), expression=function("pow", right, literal(-1.0).tree))
        return case([(zero, infinite)], exp.Div(this=left, expression=right))

    def unary(self, op: str, double: exp.Expr) -> exp.Expr:
        match op:
            case "ln":  # null where IEEE 754 has an infinity or NaN
                zero = literal(0.0).tree
                outside = case(
                    [
                        (exp.EQ(this=operand(double), expression=zero), exp.Neg(this=_INFINITY)),
                        (exp.LT(this=operand(double), expression=zero), _NAN),
                    ]
                )
                return exp.Coalesce(this=exp.Ln(this=double), expressions=[outside])
            case "floor":  # an integer here, which fails where it does not fit
                small = exp.LT(this=exp.Abs(this=double.copy()), expression=_WIDE.copy())
                return case(
                    [(small, cast_(exp.Floor(this=double.copy()), "DOUBLE"))], double.copy()
                )
            case _:
                return super().unary(op, double)

    def tuple(self, trees: Sequence[exp.Expr]) -> exp.Expr:
        if len(trees) == 1:
            return trees[0].copy()
        return exp.Tuple(expressions=[tree.copy() for tree in trees])

    def look_up(self, source: exp.Expr, lookups: Sequence[Lookup], name: str) -> exp.Expr:
        trees = []
        for one in lookups:
            rows = exp.Subquery(this=one.rows.select(*(tree.copy() for tree in one.wanted)))
            trees.append(case([(one.present, exp.In(this=self.tuple(one.keys), query=rows))]))
        return project(source, trees, name)

    def lot(self, keys: Sequence[exp.Expr]) -> exp.Expr:
        # a null leaves the hash as it was, so that it is hashed whether there is one, too
        known = [exp.Is(this=operand(key), expression=exp.Null()) for key in keys]
        high = function("shiftrightunsigned", self.hash([*keys, *known]), exp.Literal.number(11))
        return exp.Div(this=cast_(high, "DOUBLE"), expression=literal(2.0**53).tree)

    def adapted(self, tree: exp.Expr) -> exp.Expr:
        return adapt(tree, self)

    # aggregates --------------------------------------------------------------------------------

    def aggregate(self, part: Part, probabilities: Sequence[float], over: Compiled) -> exp.Expr:
        def only(tree: exp.Expr) -> exp.Expr:
            """The value, null where the part's filter leaves the row out."""
            return tree.copy() if part.where is None else case([(over.filter(part.where), tree)])

        match part.operation:
            case "covariance":
                return function("covar_pop", *(only(over.number(e)) for e in part.of))
            case _:
                value = only(over.finite_number(part.of[0]))
        match part.operation:
            case "count":
                return exp.Count(this=value)
            case "least":
                return exp.Min(this=value)
            case "greatest":
                return exp.Max(this=value)
            case "skewness":
                return _sample_skewness(value)
            case "sketch":
                return function(SKETCH, value, exp.Literal.number(SKETCH_K))
            case "quantiles":
                return _quantiles(value, probabilities)
            case _:
                return function(_NAMED[part.operation], value)

    def hash(self, keys: Sequence[exp.Expr]) -> exp.Expr:
        """64 bits that keys without a null decide."""
        return function("xxhash64", *keys)

    def grouping(self, keys: Sequence[exp.Expr]) -> exp.Expr:
        # grouping_id() has the order of the grouping sets, whatever they are
        bits = [
            exp.Mul(
                this=cast_(function("grouping", key), "BIGINT"),
                expression=cast_(exp.Literal.number(2 ** (len(keys) - 1 - i)), "BIGINT"),
            )
            for i, key in enumerate(keys)
        ]
        whole: exp.Expr = bits[0]
        for bit in bits[1:]:
            whole = exp.Add(this=whole, expression=bit)
        return whole


def _constant(tree: exp.Expr) -> str:
    if not isinstance(tree, exp.Literal):
        raise EngineError("A pattern must be a text, not an expression.")
    return cast("str", tree.this)


def _sample_skewness(value: exp.Expr) -> exp.Expr:
    """The skewness of a sample from Spark's, which is that of a population."""
    n = exp.Count(this=value)
    pairs = exp.Mul(
        this=n.copy(),
        expression=exp.Paren(this=exp.Sub(this=n.copy(), expression=exp.Literal.number(1))),
    )
    corrected = function(
        "try_divide",
        exp.Sqrt(this=pairs),
        exp.Sub(this=n.copy(), expression=exp.Literal.number(2)),
    )
    return exp.Mul(this=function("skewness", value), expression=corrected)


def _quantiles(value: exp.Expr, probabilities: Sequence[float]) -> exp.Expr:
    sketch = function(SKETCH, value, exp.Literal.number(FINE_K))
    at = exp.Array(expressions=[literal(p).tree for p in probabilities])
    some = exp.GT(this=exp.Count(this=value.copy()), expression=exp.Literal.number(0))
    return case([(some, function("kll_sketch_get_quantile_double", sketch, at))])


SPARK = SparkDialect()
