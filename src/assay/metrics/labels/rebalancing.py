"""What remedies for rare classes gain, and what they cost."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.evidence import Table, Text
from assay.core.measurement import Unmeasured
from assay.core.metric import metric
from assay.inference.cross_validation import fold_difference
from assay.metrics.features.predictive_power import Features, Ignored, Kind, Target
from assay.metrics.learning.models import Estimator
from assay.metrics.learning.rebalanced import (
    NOTHING,
    REMEDIES,
    SCORES,
    Gain,
    Rebalanced,
    Remedy,
    needs_resampling,
    rebalanced,
)
from assay.metrics.learning.table import LearningMetric, learnable
from assay.metrics.learning.telling import of_folds
from assay.states import SampleState

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Cell, Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

_LEVEL = 0.95
_NAMES: dict[Gain, str] = {
    "average_precision": "average precision",
    "balanced_accuracy": "balanced accuracy",
    "g_mean": "geometric mean of the recalls",
    "brier": "Brier score (lower is better)",
}


@metric(
    "labels.rebalancing",
    higher_is_better=True,
    formula="mean over 3 times 5 folds of the score of a model trained with a remedy, less that of "
    "the same model trained on the rows as they are (of `brier`, the other way round)",
    interval="corrected-resampled-t, over folds",
    reference="van den Goorbergh et al. 2022, JAMIA 29:1525 (what resampling harms); Chawla et al. "
    "2002, JAIR 16:321 (SMOTE); Nadeau & Bengio 2003, Machine Learning 52:239",
    example={"target": "active", "columns": ("age", "income"), "methods": ("over", "threshold")},
)
class Rebalancing(LearningMetric):
    """What each remedy for a rare class gains over doing nothing: above 0 it helps.

    * ``class_weight``: rows weigh so that both classes weigh the same.
    * ``over``, ``under``: rows of the rare class are repeated; rows of the other are left out.
    * ``smote``: rows of the rare class are made up between neighbours (SMOTE-NC with texts).
    * ``ensemble``: ten models, each trained on the rare rows and as many of the others.
    * ``threshold``: the model as it is; the probability from which it says yes is moved to where
      balanced accuracy is highest, by a cross-validation of the training rows.

    Training rows alone are changed, inside each fold; a model is scored on rows as they come. There
    is one measurement for each method. ``score`` is what is gained: ``average_precision`` and
    ``brier`` judge the probabilities; ``balanced_accuracy`` and ``g_mean``, the geometric mean of
    both recalls, the decisions, at 0.5 but for ``threshold``. The evidence shows all four, and the
    probability predicted on average: balanced training rows make it far too high.

    The positive class is the rarer one unless ``positive`` names another; with more than two
    classes, all others are the other. Numbers that lack are filled in with the median of the
    training rows. At most 5,000 rows are used, drawn by lot. It needs the extra ``imbalance``.
    """

    target: Target
    columns: Features = None
    ignore: Ignored = ()
    task: Kind = None
    methods: Annotated[
        tuple[Remedy, ...], Meta(description="Remedies to compare with doing nothing.")
    ] = REMEDIES
    score: Annotated[Gain, Meta(description="What is gained.")] = "average_precision"
    positive: Annotated[
        str | None, Meta(description="The positive class, as a text; the rarest without it.")
    ] = None
    estimator: Annotated[
        Estimator, Meta(description="The model: regression, or gradient-boosted trees.")
    ] = "linear"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= len(set(self.methods)) == len(self.methods):
            raise ValueError("`methods` must be one or more different methods")
        if self.task == "regression":
            raise ValueError("a number has no classes to balance")

    def draws(self) -> int | None:
        from assay.metrics.learning.folds import MOST_DRAWN

        return MOST_DRAWN

    def in_classes(self, schema: Schema) -> bool:
        info = schema.find(self.target)
        return super().in_classes(schema) or (info is not None and info.kind == "integer")

    def applicable(self, schema: Schema) -> str | None:
        reason = super().applicable(schema)
        if reason is None and not self.in_classes(schema):
            reason = f"the target {self.target!r} holds no classes"
        if reason is None:
            needs_resampling(self.methods)
        return reason

    def _found(self, fold: Fold) -> _Compared | str:
        _, numbers = self.shape(fold.schema)
        return _compared(
            self.state(fold), self.codes(fold), numbers, self.methods, self.positive, self.estimator
        )

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        found = self._found(fold)
        n = self.state(fold).n
        estimates: list[Estimate] = []
        for method in self.methods:
            key: dict[str, str] = {"method": method}
            reason = found if isinstance(found, str) else found.why_not(method)
            if reason is not None or isinstance(found, str):
                estimates.append(Unmeasured(reason=reason or "", key=key, n=n))
                continue
            base, other = found.of(NOTHING), found.of(method)
            sides = base.scores[self.score], other.scores[self.score]
            mean = fold_difference(*(sides[::-1] if self.score == "brier" else sides))
            estimates.append(of_folds(mean, n=found.n, how=how, key=key))
        return tuple(estimates)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        found = self._found(fold)
        if isinstance(found, str) or found.why_not(NOTHING):
            return ()
        there = [m for m in self.methods if not found.why_not(m)]
        lost = {m: why for m in self.methods if (why := found.why_not(m))}
        texts = [
            Text(title="Without a score", text="; ".join(f"{m}: {w}" for m, w in lost.items()))
        ]
        share = f"{found.share:.1%} of {found.n:,} rows are {found.positive!r}."
        return (
            Text(title="Positive class", text=share),
            _all_scores(found, there),
            *(_differences(found, there, score) for score in SCORES),
            *(texts if lost else ()),
        )


class _Compared:
    """What the remedies gave; the positive class, its share, and the rows."""

    def __init__(
        self, each: dict[str, Rebalanced | str], positive: str, share: float, n: int
    ) -> None:
        self._each, self.positive, self.share, self.n = each, positive, share, n

    def of(self, method: str) -> Rebalanced:
        """What a method gave, where it gave something."""
        found = self._each[method]
        assert isinstance(found, Rebalanced)
        return found

    def why_not(self, method: str) -> str | None:
        """Why a method cannot be compared, or None."""
        for name in (method, NOTHING):
            found = self._each[name]
            if isinstance(found, str):
                return found
        return None


@lru_cache(maxsize=1)  # asked again for other levels, other scores, and the evidence
def _compared(
    state: SampleState,
    codes: tuple[tuple[str, float], ...],
    numbers: int,
    methods: tuple[Remedy, ...],
    positive: str | None,
    estimator: Estimator,
) -> _Compared | str:
    """Every method's scores, or why there are none."""
    import numpy as np

    from assay.metrics.learning.folds import drawn, too_few

    rows = learnable(state, codes, ordered=False, numbers=numbers)
    if isinstance(rows, str):
        return rows
    if len(rows.labels) > 1:
        if positive is None:
            counts = np.bincount(rows.target.astype(np.intp), minlength=len(rows.labels))
            positive = rows.labels[int(counts.argmin())]
        elif positive not in rows.labels:
            return f"no row has the class {positive!r}"
        is_positive = rows.target == rows.labels.index(positive)
        rows = rows._replace(
            target=is_positive.astype(np.float64), labels=(f"not {positive}", positive)
        )
    at = drawn(rows.n)
    reason = too_few(rows, at)
    if reason is not None:
        return reason
    is_positive = rows.target == 1
    each = rebalanced(rows, at, is_positive, methods, estimator)
    return _Compared(each, rows.labels[1], float(is_positive[at].mean()), len(at))


def _all_scores(found: _Compared, methods: list[Remedy]) -> Table:
    """Every score of every method."""
    rows: list[list[Cell]] = []
    for name in (NOTHING, *methods):
        one = found.of(name)
        scores = [round(float(one.scores[score].mean()), 4) for score in SCORES]
        rows.append([name, *scores, round(float(one.predicted.mean()), 4)])
    return Table(
        title=f"Scores by method; positive in truth: {found.share:.4f}",
        columns=["method", *(name.replace("_", " ") for name in SCORES), "predicted share"],
        rows=rows,
    )


def _differences(found: _Compared, methods: list[Remedy], score: Gain) -> Table:
    """Each method against doing nothing, on the same folds."""
    lower_is_better = score == "brier"
    rows: list[list[Cell]] = []
    for name in methods:
        mean = fold_difference(found.of(NOTHING).scores[score], found.of(name).scores[score])
        low, high, _ = mean.interval(_LEVEL)
        said = "not told apart"
        if low > 0 or high < 0:
            said = "worse" if (mean.value > 0) == lower_is_better else "better"
        row = (round(x, 4) for x in (mean.value, low, high))
        rows.append([name, *row, float(f"{mean.p_value:.3g}"), said])
    return Table(
        title=f"{_NAMES[score]}: difference to doing nothing, on the same folds",
        columns=["method", "difference", "low (95 %)", "high", "p", "than nothing"],
        rows=rows,
    )
