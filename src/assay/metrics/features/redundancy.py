"""Whether two features say the same."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from assay.core.evidence import Table
from assay.core.measurement import Estimation, Measurement, Unmeasured
from assay.core.metric import Metric, metric
from assay.metrics.data.association import Association
from assay.metrics.data.pairs import not_related
from assay.metrics.features.relation import usable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate
    from assay.core.schema import Schema

MOST_FEATURES = 40
_SHOWN = 20


@metric(
    "features.redundancy",
    higher_is_better=False,
    formula="greatest over pairs of features of their association",
    interval="chi-square-delta, fisher-z; Bonferroni over the pairs",
    reference="Bergsma 2013, J. Korean Statistical Society 42:323; Kelley 1935, PNAS 21:554",
    example={"columns": ("age", "city", "income")},
)
class Redundancy(Metric):
    """The greatest association of two features, and which two they are: from 0 to 1.

    Cramér's V of two columns of categories, the correlation ratio of categories and numbers,
    Pearson's correlation without its sign of two numbers, as ``association`` measures it. Near 1,
    one of the two can go: it costs money to collect, and a linear model cannot tell them apart.
    ``correlation_matrix`` shows all pairs of numbers.
    """

    jackknife = False

    columns: Annotated[
        tuple[str, ...] | None,
        Meta(description="Features; all columns of categories or numbers where there are none."),
    ] = None  # type: ignore[assignment]  # the parameter says what it reads
    ignore: Annotated[
        tuple[str, ...], Meta(description="Columns that are no features: identifiers, the target.")
    ] = ()

    def __post_init__(self) -> None:
        names = self.columns
        if names is not None and not 2 <= len(set(names)) == len(names) <= MOST_FEATURES:
            raise ValueError(f"`columns` must be 2 to {MOST_FEATURES} different columns")

    def _names(self, schema: Schema) -> tuple[str, ...]:
        return self.columns if self.columns is not None else usable(schema, self.ignore)

    def _pairs(self, schema: Schema) -> list[Association]:
        pairs = combinations(self._names(schema), 2)
        return [Association(column=x, with_column=y) for x, y in pairs]

    def applicable(self, schema: Schema) -> str | None:
        names = self._names(schema)
        if not 2 <= len(names) <= MOST_FEATURES:
            return (
                f"the table has {len(names):,} features, not 2 to {MOST_FEATURES}: "
                "name some as `columns`"
            )
        return not_related(schema, *names)

    def levels(self, schema: Schema) -> Mapping[tuple[Expr, ...], int]:
        return {of: most for p in self._pairs(schema) for of, most in p.levels(schema).items()}

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        return tuple(dict.fromkeys(a for p in self._pairs(schema) for a in p.aggregates(schema)))

    def _found(self, fold: Fold, how: Estimation) -> list[Measurement]:
        """Associations of the pairs that have one."""
        found = []
        for pair in self._pairs(fold.schema):
            (one,) = pair.estimate(fold, how)
            if isinstance(one, Measurement):
                key = {"feature": pair.column, "with": pair.with_column}
                found.append(msgspec.structs.replace(one, key=key))
        return found

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        pairs = len(self._pairs(fold.schema))
        each = msgspec.structs.replace(how, level=1 - (1 - how.level) / pairs)
        found = self._found(fold, each)
        if not found:
            reason = "there are no two features with values that differ, in rows that have both"
            return (Unmeasured(reason=reason),)
        first = max(found, key=lambda e: (e.value, -found.index(e)))
        if how.census:
            return (first,)
        low = max(0.0 if e.low is None else e.low for e in found)
        high = max(1.0 if e.high is None else e.high for e in found)
        greatest = msgspec.structs.replace(
            first, low=min(low, first.value), high=max(high, first.value), level=how.level
        )
        return (greatest,)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        found = sorted(self._found(fold, Estimation()), key=lambda e: (-e.value, *e.key.values()))
        if not found:
            return ()
        return (
            Table(
                title=f"Features that go together, the most first ({len(found):,} pairs)",
                columns=["feature", "with", "association", "low", "high", "rows"],
                rows=[
                    [*e.key.values(), *(round(x or 0.0, 4) for x in (e.value, e.low, e.high)), e.n]
                    for e in found[:_SHOWN]
                ],
            ),
        )
