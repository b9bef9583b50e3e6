"""Texts that read as several types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.criterion import AtLeast
from assay.core.evidence import Table
from assay.core.expr import Column, call
from assay.core.metric import Metric, metric
from assay.inference.proportions import proportion
from assay.metrics.data.parameters import ColumnName, needs_text
from assay.states import Frequencies

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

TYPES = ("integer", "float", "boolean", "timestamp", "date", "text")


@metric(
    "mixed_types",
    unit="share",
    higher_is_better=True,
    formula="texts that read as the commonest type / non-null texts",
    interval="wilson",
    reference="ISO/IEC 25024:2015, data format consistency",
    example={"column": "joined"},
    claim="batch",
    default=AtLeast(1.0),
    dimension="consistency",
)
class MixedTypes(Metric):
    """Share of a column's non-null texts that read as the commonest type among them.

    Each text has one type, the narrowest: integer, else float, boolean, timestamp (a date with a
    time of day), date, else text; blanks around it do not count. So ``12`` is an integer and
    ``12.5`` a float. The interval takes the commonest type as given: it is too narrow where
    several are about as common.
    """

    column: ColumnName

    def applicable(self, schema: Schema) -> str | None:
        return needs_text(schema, self.column)

    def _types(self) -> Frequencies:
        value = call("trim", Column(self.column))
        # a cast to a date drops the time of day, so a timestamp comes first, told by its colon
        timestamp = call("and", call("castable", value, "timestamp"), call("like", value, "%:%"))
        reads = {
            kind: timestamp if kind == "timestamp" else call("castable", value, kind)
            for kind in TYPES[:-1]
        }
        branches = [part for kind, test in reads.items() for part in (test, kind)]
        kind = call("case", *branches, TYPES[-1])
        return Frequencies(of=(kind,), where=call("not_null", Column(self.column)))

    def aggregates(self, schema: Schema) -> tuple[Frequencies, ...]:
        return (self._types(),)

    def _counts(self, fold: Fold) -> dict[str, int]:
        """Texts of each type that occurs, the commonest first."""
        counts = {str(key[0]): n for key, n in fold[self._types()].counts}
        return dict(sorted(counts.items(), key=lambda item: (-item[1], TYPES.index(item[0]))))

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        counts = list(self._counts(fold).values())
        commonest = counts[0] if counts else 0
        return (proportion(commonest, sum(counts), how, empty="there are no non-null texts"),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        counts = self._counts(fold)
        total = sum(counts.values())
        if not total:
            return ()
        return (
            Table(
                title=f"Types that the texts of {self.column} read as",
                columns=["type", "texts", "share"],
                rows=[[kind, n, round(n / total, 6)] for kind, n in counts.items()],
            ),
        )
