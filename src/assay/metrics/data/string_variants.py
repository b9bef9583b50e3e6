"""One word in several spellings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.collection import Groups
from assay.core.criterion import AtMost
from assay.core.expr import Column, call
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import census
from assay.metrics.data.groups import VARIANTS, added, rows_where
from assay.metrics.data.parameters import ColumnName, needs_text

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.states import Moments

# Written out, and without character classes, so that every engine reads the same thing.
_SPACE = "[ \t\r\n\u00a0]+"
_SPACE_AND_MARKS = "[ \t\r\n\u00a0.,;:!?'\"*/()_\u2010-\u2015\u2018-\u201f\u2026-]+"
_NO_DIGIT = "[^0-9]*"

_VARIES = call("gt", VARIANTS, 1)


@metric(
    "string_variants",
    unit="share",
    higher_is_better=False,
    formula="rows whose value also occurs in another spelling / rows with a value",
    interval="census",
    reference="Rahm & Do 2000, IEEE Data Engineering Bulletin 23:3 (misspellings)",
    example={"column": "city"},
    claim="batch",
    default=AtMost(0.0),
    dimension="consistency",
)
class StringVariants(Metric):
    """Share of texts that also occur in another spelling: ``Yes``, ``yes`` and ``YES.``.

    Spellings of one value differ in capitals, spaces, and marks such as full stops, commas, dashes,
    brackets and quotes only. In texts with a digit marks may mean something (``1.5``,
    ``2024-01-02``), so they count there. Texts of marks alone are left out. How often
    spellings meet depends on how many rows there are, so the share speaks of the table at hand
    under either claim.
    """

    column: ColumnName

    def applicable(self, schema: Schema) -> str | None:
        return needs_text(schema, self.column)

    def _word(self) -> Expr:
        """The value without what may differ."""
        lower = call("lower", Column(self.column))
        plain = call("replace", lower, _SPACE_AND_MARKS, "")
        close = call("replace", lower, _SPACE, "")
        return call("case", call("matches", lower, _NO_DIGIT), plain, close)

    def collection(self) -> Groups:
        return Groups(
            keys=(("assay.word", self._word()),),
            distinct=(Column(self.column),),
            where=call("and", call("not_null", Column(self.column)), call("ne", self._word(), "")),
        )

    def aggregates(self, schema: Schema) -> tuple[Moments, ...]:
        return rows_where(), rows_where(_VARIES)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        rows, variants = (added(fold, a).rows for a in self.aggregates(fold.schema))
        if rows == 0:
            return (Unmeasured(reason="there are no texts"),)
        return (census(variants / rows, n=rows, unit=self.unit),)

    def failing(self, schema: Schema) -> Expr:
        return _VARIES
