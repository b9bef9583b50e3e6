"""The common shape of metrics that ask how many of a column's values are good."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from assay.core.expr import Column, call
from assay.core.metric import Metric
from assay.inference.proportions import proportion
from assay.states import Count

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.expr import Expr
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema


class ShareOfValues(Metric):
    """Good values / non-null values. NaN counts as null: whether values may be missing is what
    ``completeness`` asks."""

    column: str

    @abstractmethod
    def good(self, schema: Schema) -> Expr:
        """True for a good value; what it gives for a null does not matter."""

    def _present(self) -> Expr:
        return call("not_null", Column(self.column))

    def aggregates(self, schema: Schema) -> tuple[Count, ...]:
        good = Count(where=call("and", self._present(), self.good(schema)))
        return Count(where=self._present()), good

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        values, good = (fold[aggregate].n for aggregate in self.aggregates(fold.schema))
        return (proportion(good, values, how, empty="there are no non-null values"),)

    def failing(self, schema: Schema) -> Expr:
        return call("and", self._present(), call("not", self.good(schema)))
