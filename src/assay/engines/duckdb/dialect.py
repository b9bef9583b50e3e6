"""DuckDB's SQL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from assay.core.errors import EngineError
from assay.engines.sql.dialect import Dialect
from assay.engines.sql.typed import case, cast, function, literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.engines.sql.dialect import Compiled
    from assay.engines.sql.recipes import Part
    from assay.engines.sql.typed import Typed

_NATIVE = {
    "float": "DOUBLE", "decimal": "DECIMAL(38, 12)", "boolean": "BOOLEAN", "date": "DATE",
    "timestamp": "TIMESTAMP", "time": "TIME", "interval": "INTERVAL",
}  # fmt: skip
_NAMED = {
    "mean": "favg",  # sums with compensation (Kahan): plain sums drift over long columns
    "variance": "var_pop",
    "skewness": "skewness",
    "kurtosis": "kurtosis_pop",
}
# a list or array of numbers: FLOAT[], DOUBLE[384], DECIMAL(9,2)[]
_LIST = re.compile(
    r"(?:FLOAT|DOUBLE|U?(?:TINY|SMALL|BIG|HUGE)?INT|U?INTEGER|DECIMAL\(\d+,\s?\d+\))\[\d*\]"
)


class DuckDBDialect(Dialect):
    """DuckDB 2."""

    name = "duckdb"
    double = "DOUBLE"
    string = "VARCHAR"
    nothing = '"NULL"'
    # FILTER costs a copy of all columns of the query for each aggregate that has one
    filters_inside = True

    def epoch(self, value: Typed) -> exp.Expr:
        return function("epoch", value.tree)

    def is_finite(self, double: exp.Expr) -> exp.Expr:
        return function("isfinite", double)

    def reads(self, text: exp.Expr, kind: str) -> exp.Expr:
        reading = cast(text, _NATIVE[kind], safely=True)
        return exp.Not(this=exp.Is(this=reading, expression=exp.Null()))

    def double_of_text(self, text: exp.Expr) -> exp.Expr:
        return cast(text, "DOUBLE", safely=True)

    def matches(self, text: exp.Expr, pattern: exp.Expr) -> exp.Expr:
        return function("regexp_full_match", text, pattern)

    def replace(self, text: exp.Expr, pattern: exp.Expr, by: exp.Expr) -> exp.Expr:
        return function("regexp_replace", text, pattern, by, exp.Literal.string("g"))

    def is_json(self, text: exp.Expr) -> exp.Expr:
        return function("json_valid", text)

    def written(self, text: exp.Expr, form: str) -> exp.Expr:
        reading = function("try_strptime", text, exp.Literal.string(form))
        return exp.Not(this=exp.Is(this=reading, expression=exp.Null()))

    def lot(self, keys: Sequence[exp.Expr]) -> exp.Expr:
        # the 53 highest bits of a hash: as many as a double holds
        high = exp.BitwiseRightShift(
            this=function("hash", *keys), expression=exp.Literal.number(11)
        )
        return exp.Div(this=cast(high, "DOUBLE"), expression=exp.Literal.number(2**53))

    def element(self, value: Typed, position: int) -> exp.Expr:
        if _LIST.fullmatch(value.native) is None:
            raise EngineError(f"{value.described()} is no list of numbers.")
        return cast(function("array_extract", value.tree, literal(position).tree), "DOUBLE")

    def aggregate(self, part: Part, probabilities: Sequence[float], over: Compiled) -> exp.Expr:
        def only(tree: exp.Expr) -> exp.Expr:
            """The value, null where the part's filter leaves the row out."""
            return tree.copy() if part.where is None else case([(over.filter(part.where), tree)])

        match part.operation:
            case "count":
                return exp.Count(this=only(over.finite_number(part.of[0])))
            case "least" | "greatest":
                kind = exp.Min if part.operation == "least" else exp.Max
                return kind(this=only(over.finite_number(part.of[0])))
            case "quantiles":
                at = exp.Array(expressions=[literal(p).tree for p in probabilities])
                return function("quantile_disc", only(over.finite_number(part.of[0])), at)
            case "covariance":
                x, y = (over.number(e) for e in part.of)
                return function("covar_pop", only(x), y)
            case "distinct" if len(part.of) == 1:
                return exp.Count(this=exp.Distinct(expressions=[only(over.key(part.of[0]))]))
            case "distinct":
                return exp.Count(this=exp.Distinct(expressions=[only(self._hash(part, over))]))
            case "hashes":  # a list takes nulls, too
                hashes = function("list", exp.Distinct(expressions=[self._hash(part, over)]))
                if part.where is None:
                    return hashes
                where = exp.Where(this=over.filter(part.where).copy())
                return exp.Filter(this=hashes, expression=where)
            case "histogram":
                return function("histogram", only(self.tuple([over.key(e) for e in part.of])))
            case _:
                return function(_NAMED[part.operation], only(over.finite_number(part.of[0])))

    def fetched(self, part: Part, aggregate: exp.Expr) -> exp.Expr:
        if part.operation != "histogram":
            return aggregate
        # DuckDB's client makes a dict of a map with ten times the memory of two lists
        lists = {"key": "map_keys", "value": "map_values"}
        return exp.Struct(
            expressions=[
                exp.PropertyEQ(
                    this=exp.to_identifier(name), expression=function(list_of, aggregate.copy())
                )
                for name, list_of in lists.items()
            ]
        )

    def _hash(self, part: Part, over: Compiled) -> exp.Expr:
        return function("hash", *(over.key(e) for e in part.of))


DUCKDB = DuckDBDialect()
