"""What moved columns do to a model's score: the part of its change that they explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.collection import Predictions
from assay.core.measurement import Estimate, Estimation, Unmeasured
from assay.core.metric import Metric, metric
from assay.metrics.drift.changes import Asked, difference, ranked
from assay.metrics.drift.estimated_performance import ESTIMATE
from assay.metrics.drift.impact_evidence import impact_evidence
from assay.metrics.drift.performance import Columns, ScoreName, not_scored, sample
from assay.metrics.drift.shifted import shifted

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.schema import Schema
    from assay.states import Sample


@metric(
    "drift.impact",
    formula="score of the reference's rows weighted like the current ones - their score as it was",
    interval="linearised-t, with the error of both sides; newcombe where no row varies",
    reference="Cai, Namkoong & Yadlowsky 2023 (DISDE); Budhathoki et al. 2021, AISTATS",
    example={"score": "brier"},
    compares=True,
)
class Impact(Metric):
    """Change of a model's score that moved columns explain: current less reference.

    The score's change from the reference to the current rows has two parts. `explained` is what
    follows when the reference's rows are weighted so that the model's inputs have the current
    distribution: the outcomes given the inputs stay as they were. `rest` is what is left: outcomes
    given the inputs have changed (concept drift), or shift that the weights do not reach. Together
    they are the `change`. `columns` weights by one column at a time, each with a measurement of its
    own; as columns move together, these do not add up.

    The explained part needs no current labels, and their table may lack the target column; `rest`
    and `change` do. Where some current rows have a label, those alone count. An accuracy that falls
    has an impact below 0 (`at_least: -0.02`), an error that grows one above it (`at_most: 0.02`).
    """

    countable = False
    clustered = True

    score: Annotated[ScoreName, Meta(description="Which score's change.")] = "accuracy"
    part: Annotated[Asked, Meta(description="Which part of its change is measured.")] = "explained"
    columns: Columns = None  # type: ignore[assignment]

    def collection(self) -> Predictions:
        return Predictions(features=self.columns is None, unlabelled=True)

    def applicable(self, schema: Schema) -> str | None:
        return not_scored(schema, self.score)

    def aggregates(self, schema: Schema) -> tuple[Sample, ...]:
        return (sample(schema, self.columns),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        sides = shifted(fold, self.score, self.columns, labels=True)
        if isinstance(sides, Unmeasured):
            return (sides,)
        if how.census:
            return (Unmeasured(reason=ESTIMATE, n=sides.current.n),)
        if self.part != "columns":
            return (difference(sides, self.part, how),)
        found = ranked(sides, how)
        return found or (Unmeasured(reason="no column can be weighted by", n=sides.current.n),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        sides = shifted(fold, self.score, self.columns, labels=True)
        return () if isinstance(sides, Unmeasured) else impact_evidence(sides)
