"""Performance on the current rows, from a reference's labelled rows weighted like them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.collection import Predictions
from assay.core.evidence import Text
from assay.core.measurement import Estimate, Estimation, Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import Interval, logit_interval, measured
from assay.inference.proportions import wilson
from assay.metrics.drift.estimated_performance import ESTIMATE
from assay.metrics.drift.performance import Columns, ScoreName, not_scored, sample
from assay.metrics.drift.shifted import Shifted, shifted

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.schema import Schema
    from assay.inference.shift.impact import Part
    from assay.states import Sample

_UNBOUNDED = ("log_loss", "mae", "rmse", "brier")


@metric(
    "drift.reweighted_performance",
    formula="score of the reference's rows, weighted so that their columns are as the current ones",
    interval="linearised-wilson of shares, linearised-logit of an area, linearised-t of losses: "
    "the error of both sides",
    reference="Shimodaira 2000; Bickel et al. 2009; Deville & Särndal 1992; Hainmueller 2012",
    example={},
    compares=True,
)
class ReweightedPerformance(Metric):
    """Performance expected on rows without labels, from reference rows weighted to look like them.

    Weights are chosen so that each column that the model is fed with, and the model's output, have
    the current distribution (raking on cells). Labels of the current rows are not looked at, and
    their table may lack the target column. It works for labels, scores and numbers alike.

    It assumes that outcomes given the inputs have not changed, and that the reference has rows like
    the current ones: where the weighted rows are worth fewer than 30, nothing is estimated. Columns
    of which over a tenth of the rows have values that the reference lacks are left out, and named.
    """

    countable = False
    clustered = True

    score: Annotated[ScoreName, Meta(description="Which score to estimate.")] = "accuracy"
    columns: Columns = None  # type: ignore[assignment]

    def collection(self) -> Predictions:
        return Predictions(features=self.columns is None, unlabelled=True)

    def applicable(self, schema: Schema) -> str | None:
        return not_scored(schema, self.score)

    def aggregates(self, schema: Schema) -> tuple[Sample, ...]:
        return (sample(schema, self.columns),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        sides = shifted(fold, self.score, self.columns, labels=False)
        if isinstance(sides, Unmeasured):
            return (sides,)
        n = sides.current.n
        if how.census:
            return (Unmeasured(reason=ESTIMATE, n=n),)
        try:
            part = sides.weighted()
        except ValueError as error:
            return (Unmeasured(reason=str(error), n=n),)
        return (measured(part.value, interval_of(part, self.score, how.level), n=n, how=how),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        sides = shifted(fold, self.score, self.columns, labels=False)
        return () if isinstance(sides, Unmeasured) else (about(sides),)


def interval_of(part: Part, score: ScoreName, level: float) -> Interval:
    """Interval of a score: of shares, the score interval of the rows it is worth."""
    if score in _UNBOUNDED:
        low, high, method = part.interval(level)
        return Interval(max(low, 0.0), high, method)
    rows, variance = max(part.n, 1.0), part.variance * part.widening(level) ** 2
    if variance > 0 and 0 < part.value < 1:
        if score == "roc_auc":
            return logit_interval(part.value, variance, level, method="linearised-logit")
        rows = max(part.value * (1 - part.value) / variance, 1.0)
    low, high, _ = wilson(part.value * rows, rows, level)
    return Interval(low, high, "linearised-wilson")


def about(sides: Shifted) -> Text:
    """What the weights rest on, for a person."""
    said = [
        "It is assumed that outcomes given the inputs are as in the reference: weights show what a "
        "shift of the inputs does, and concept drift is not seen."
    ]
    if not isinstance(sides.whole, str):
        said.append(
            f"The {sides.reference.n:,} labelled rows of the reference, weighted to look like the "
            f"{sides.current.n:,} current ones, are worth {sides.whole.effective:,.0f} rows."
        )
    said += [f"Not weighted by {name!r}: {reason}." for name, reason in sides.left_out.items()]
    return Text(title="What the weights rest on", text="\n".join(said))
