"""What a SELECT of a person's own gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.collection import Selected
from assay.core.criterion import AtMost
from assay.core.errors import SuiteError
from assay.core.expr import Column, Literal
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.core.schema import NUMERIC
from assay.inference.interval import census
from assay.metrics.data.parameters import describe
from assay.states import Count, Extremes

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

Select = Annotated[
    str, Meta(description="One SELECT over the suite's tables, which go by their names there.")
]


def _stated(query: str) -> None:
    if not query.strip():
        raise ValueError("the query is empty")


@metric(
    "query_rows",
    unit="rows",
    higher_is_better=False,
    formula="rows that the query gives",
    interval="census",
    reference="SQL SELECT, ISO/IEC 9075-2",
    example={"query": "SELECT id, age FROM people WHERE age < 20"},
    claim="batch",
    default=AtMost(0.0),
    dimension="consistency",
)
class QueryRows(Metric):
    """Number of rows that a SELECT gives: by default none are good, and the first are shown.

    It may join, group and nest, over the tables of the suite and nothing else: write it so that it
    gives what should not be there. The answer is one (n = 1), and exact.
    """

    query: Select

    def __post_init__(self) -> None:
        _stated(self.query)

    def collection(self) -> Selected:
        return Selected(self.query)

    def aggregates(self, schema: Schema) -> tuple[Count, ...]:
        return (Count(),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        return (census(fold[Count()].n, n=1, unit=self.unit),)

    def failing(self, schema: Schema) -> Expr:
        return Literal(True)


@metric(
    "query_value",
    formula="the number in the one row and column that the query gives",
    interval="census",
    reference="SQL SELECT, ISO/IEC 9075-2",
    example={"query": "SELECT avg(income) FROM people WHERE city IN (SELECT name FROM cities)"},
    claim="batch",
    dimension="accuracy",
)
class QueryValue(Metric):
    """The number that a SELECT gives, in its one row and one column.

    Anything else is an error: more rows or columns, a null, a text. It may join, group and nest,
    over the tables of the suite and nothing else. The answer is one (n = 1), and exact.
    """

    query: Select

    def __post_init__(self) -> None:
        _stated(self.query)

    def collection(self) -> Selected:
        return Selected(self.query)

    def _value(self, schema: Schema) -> Extremes:
        """The value's extremes.

        Raises:
            SuiteError: the query gives something else than one column of numbers.
        """
        if len(schema.columns) != 1:
            names = ", ".join(schema.names[:8])
            raise SuiteError(
                f"The query gives {len(schema.columns)} columns ({names}), not one.",
                hint="query_rows counts the rows of such a query.",
            )
        (info,) = schema.columns
        if info.kind not in NUMERIC and info.kind != "boolean":
            raise SuiteError(f"The query gives {describe(info)}, not a number.")
        return Extremes(of=Column(info.name))

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return Count(), self._value(schema)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        rows, value = fold[Count()].n, fold[self._value(fold.schema)].least
        if rows != 1:
            return (Unmeasured(reason=f"the query gives {rows:,} rows, not one", fault=True),)
        if value is None:
            reason = "the query gives no finite number, but null, NaN or an infinity"
            return (Unmeasured(reason=reason, fault=True),)
        return (census(value, n=1),)
