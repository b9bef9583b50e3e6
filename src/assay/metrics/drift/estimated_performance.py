"""Performance of a classifier that is expected from its scores alone, without labels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from msgspec import Meta

from assay.core.collection import Predictions
from assay.core.evidence import Table, Text
from assay.core.measurement import Estimate, Estimation, Unmeasured
from assay.core.metric import Metric, metric
from assay.inference.interval import Interval, logit_interval, measured, z_value
from assay.inference.proportions import wilson
from assay.inference.shift.calibrated import (
    Calibration,
    calibrated,
    count,
    deviation,
    expected,
)
from assay.inference.shift.groups import ROWS, widening
from assay.metrics.drift.performance import FEWEST, fault, not_scored, read, sample, score_of
from assay.metrics.drift.shifted import grouped

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.schema import Schema
    from assay.inference.shift.calibrated import Counts, Quantity
    from assay.inference.shift.groups import Groups
    from assay.metrics.drift.performance import Rows
    from assay.states import Sample

Scored = Literal["accuracy", "precision", "recall", "f1", "roc_auc", "log_loss", "brier"]
_FEWEST_OF_A_CLASS = 5
_ALL: tuple[Scored, ...] = ("accuracy", "precision", "recall", "f1", "roc_auc", "log_loss", "brier")
ESTIMATE = (
    "this is an estimate, and no count of these rows makes it exact: leave `claim: batch` out"
)


@metric(
    "drift.estimated_performance",
    formula="mean over the current rows of the score expected under their calibrated probabilities",
    interval="bootstrap-wilson of shares, bootstrap-logit of an area, bootstrap-normal of losses: "
    "the standard error is that of resampling both sides",
    reference="NannyML CBPE; Guillory et al. 2021, ICCV; Garg et al. 2022, ICLR",
    example={},
    compares=True,
)
class EstimatedPerformance(Metric):
    """Performance expected on rows without labels, from the model's scores (confidence-based).

    The scores are calibrated on the labelled rows of the reference: of rows with such a score, so
    many are positive. Each current row then counts as right or wrong by its odds. Labels of the
    current rows are not looked at, and their table may lack the target column.

    It rests on one assumption: a score means the same on both sides (the inputs may shift; what
    they mean for the outcome may not). Concept drift cannot be seen this way. Of more than two
    classes, accuracy alone is estimated, from the score of the class that is answered.

    `calibration`: `spline` and `sigmoid` are smooth; `isotonic` is what NannyML fits, and leans to
    optimism where rows are few; `none` takes the scores as probabilities.
    """

    countable = False
    clustered = True

    score: Annotated[Scored, Meta(description="Which score to estimate.")] = "accuracy"
    calibration: Annotated[
        Calibration, Meta(description="How scores become probabilities, on the reference.")
    ] = "spline"

    def collection(self) -> Predictions:
        return Predictions(unlabelled=True)

    def applicable(self, schema: Schema) -> str | None:
        reason = not_scored(schema, self.score)
        if reason is None and schema.prediction is not None and not schema.prediction.has_scores:
            return "the model gives labels only, no scores"
        return reason

    def aggregates(self, schema: Schema) -> tuple[Sample, ...]:
        return (sample(schema, ()),)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        reference, current = read(fold.reference, ()).labelled, read(fold, ())
        problem = _problem(reference, current)
        if problem is not None:
            return (problem,)
        if how.census:
            return (Unmeasured(reason=ESTIMATE, n=current.n),)
        groups = grouped(reference, current)
        if isinstance(groups, str):
            return (Unmeasured(reason=groups, n=current.n),)
        counts, quantity = _counts(reference, current, self.score, groups)
        reason = _too_far(counts)
        if reason:
            return (Unmeasured(reason=reason, n=current.n),)
        value = expected(counts, calibrated(counts, self.calibration).chance, quantity)
        error = deviation(counts, self.calibration, quantity, seed=how.seed)
        if not (np.isfinite(value) and np.isfinite(error)):
            reason = f"{self.score} is not defined: the model calls hardly any row positive"
            return (Unmeasured(reason=reason, n=current.n),)
        rows = min(counts.effective, current.n)
        few = min(groups.effective_reference(), groups.effective_current())
        if few < math.inf:
            error, rows = error * widening(few, how.level), min(rows, few)
        interval = interval_of(value, error, rows, self.score, how.level)
        return (measured(value, interval, n=current.n, how=how),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        reference, current = read(fold.reference, ()).labelled, read(fold, ())
        if _problem(reference, current) is not None:
            return ()
        return _evidence(reference, current, self.calibration)


def _problem(reference: Rows, current: Rows) -> Unmeasured | None:
    """Why nothing can be estimated, or None."""
    for rows, what in ((reference, "the reference has"), (current, "the table has")):
        if rows.n < FEWEST:
            labelled = " with a target" if rows is reference else ""
            some = f"{rows.n:,} row" if rows.n == 1 else f"{rows.n:,} rows"
            reason = f"{what} only {some}{labelled}, fewer than {FEWEST}"
            return Unmeasured(reason=reason, n=rows.n)
        problem = fault(rows, "brier")
        if problem:
            return Unmeasured(reason=problem, n=rows.n, fault=True)
    _, happened = _asked(reference)
    rarer = int(min(happened.sum(), (~happened).sum()))
    if rarer < _FEWEST_OF_A_CLASS:
        what = "positive or negative" if reference.positive is not None else "right or wrong"
        reason = f"only {rarer:,} rows of the reference are {what}: too few to calibrate scores on"
        return Unmeasured(reason=reason, n=current.n)
    return None


def _asked(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Score and outcome of labelled rows: of the positive class; or that the answer is right."""
    if rows.positive is not None:
        return rows.output, rows.truth == rows.positive
    return _confidence(rows), rows.answer == rows.truth


def _confidence(rows: Rows) -> np.ndarray:
    """The score of the class that is answered."""
    at = np.maximum(rows.answer, 0).astype(np.intp)
    return np.stack(rows.scores)[at, np.arange(rows.n)]


def _counts(
    reference: Rows, current: Rows, score: Scored, groups: Groups = ROWS
) -> tuple[Counts, Quantity]:
    """What is estimated, and from which counts."""
    scores, happened = _asked(reference)
    if current.positive is not None:
        called = current.answer == current.positive
        return count(scores, happened, current.output, called, groups), score
    called = np.ones(current.n, dtype=bool)
    return count(scores, happened, _confidence(current), called, groups), "positive"


def _too_far(counts: Counts) -> str | None:
    """Why the reference says nothing of the current scores, or None."""
    if counts.outside > 0.5:
        share = f"{counts.outside * 100:.0f} %"
        return f"{share} of the rows have scores outside the range of the reference's"
    return None


def interval_of(value: float, error: float, rows: float, score: Scored, level: float) -> Interval:
    """Score interval of the effective number of rows; of an area, on the log-odds scale."""
    if score in ("log_loss", "brier"):
        half = z_value(level) * error
        return Interval(max(value - half, 0.0), value + half, "bootstrap-normal")
    if error > 0 and 0 < value < 1:
        if score == "roc_auc":
            return logit_interval(value, error**2, level, method="bootstrap-logit")
        rows = value * (1 - value) / error**2
    low, high, _ = wilson(value * max(rows, 1.0), max(rows, 1.0), level)
    return Interval(low, high, "bootstrap-wilson")


def _evidence(reference: Rows, current: Rows, calibration: Calibration) -> tuple[Evidence, ...]:
    """All scores: as they are on the reference, and as they are expected here."""
    names: tuple[Scored, ...] = _ALL if reference.positive is not None else ("accuracy",)
    even = np.full(reference.n, 1 / reference.n)
    rows: list[list[str | int | float | bool | None]] = []
    counts, _ = _counts(reference, current, "accuracy")
    for name in names:
        try:
            known = score_of(reference, name)(even).value
        except ValueError:
            continue
        quantity: Quantity = name if reference.positive is not None else "positive"
        here = expected(counts, calibrated(counts, calibration).chance, quantity)
        if np.isfinite(here):
            rows.append([name, round(known, 5), round(here, 5), round(here - known, 5)])
    columns = ["score", "on the reference, with labels", "here, estimated", "change"]
    text = (
        "It is assumed that a score means the same here as on the reference: that the inputs may "
        "have shifted, but not what they mean for the outcome. Only labels can tell. "
        f"{counts.outside * 100:.1f} % of the rows have scores outside the reference's range; for "
        f"the others it is worth {counts.effective:,.0f} of its {reference.n:,} labelled rows."
    )
    return (
        Table(title="Performance without labels", columns=columns, rows=rows),
        Text(title="What this rests on", text=text),
    )
