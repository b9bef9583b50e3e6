"""How many rows each group has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.measurement import Unmeasured
from assay.core.metric import metric
from assay.inference.interval import census
from assay.metrics.fairness.groups import Breakdown, FairnessMetric, Sensitive, left_out

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

SMALLEST = 200
"""Groups measured: the smallest ones, where there are more."""


@metric(
    "fairness.group_size",
    unit="rows",
    higher_is_better=True,
    formula="rows of each group (of the 200 smallest, where there are more)",
    interval="census",
    reference="fairlearn.metrics.count",
    example={"sensitive": ("sex", "race")},
    claim="batch",
)
class GroupSize(FairnessMetric):
    """Rows of each group: whether there is enough data to say anything about it."""

    sensitive: Sensitive

    def applicable(self, schema: Schema) -> str | None:
        if schema.prediction is None:
            return "this is a table, not a model: there are no predictions to judge"
        return None

    def judge(self, breakdown: Breakdown, how: Estimation) -> Iterable[Estimate]:
        if not breakdown.groups:
            reason = f"no row has a value of {breakdown.name}"
            yield Unmeasured(reason=reason, key={"sensitive": breakdown.name})
        for group in sorted(breakdown.groups, key=lambda g: (g.n, g.name))[:SMALLEST]:
            key = {"sensitive": breakdown.name, "group": group.name}
            yield census(group.n, n=group.n, unit=self.unit, key=key)
        yield from left_out(breakdown, {})
