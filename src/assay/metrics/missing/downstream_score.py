"""What each way of filling in missing values is worth to the model that is trained on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.measurement import Unmeasured
from assay.core.metric import metric
from assay.inference.cross_validation import fold_difference, fold_mean
from assay.inference.missing.masking import Mechanism
from assay.metrics.features.predictive_power import Features, Ignored, Kind, Target
from assay.metrics.learning.imputed import CONTENDERS, Contender, Gaps, Setting
from assay.metrics.learning.telling import limited, of_folds, pairs, used
from assay.metrics.missing.imputed import Imputed, Model, Order, Scored

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assay.core.aggregate import Fold
    from assay.core.evidence import Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.metrics.learning.table import Learnable


@metric(
    "missing.downstream_score",
    higher_is_better=True,
    formula="mean over 3 times 5 folds of the score of a model whose gaps were filled in by what "
    "its training rows teach; with `baseline`, less that of the baseline",
    interval="corrected-resampled-t, over folds",
    reference="Nadeau & Bengio 2003, Machine Learning 52:239 (interval); Bouckaert & Frank 2004, "
    "PAKDD, LNAI 3056:3; Le Morvan et al. 2021, NeurIPS 34 (filling in for prediction)",
    example={"target": "active", "columns": ("age", "income"), "methods": ("mean", "knn")},
)
class DownstreamScore(Imputed):
    """How well a model predicts the target, for each way of filling in its features' gaps.

    The least error of filling in (``missing.imputation_error``) need not make the best model: where
    values lack may tell something, too. Each way learns from the training rows of a fold only, and
    is applied to its test rows. Besides the methods of ``missing.imputation_error`` there are

    * ``indicator``: the mean, and a column that tells where a value lacked.
    * ``native``: gradient-boosted trees that take gaps as they are, whatever the ``estimator``.

    There is one measurement for each. With ``baseline``, it is the difference to that method on the
    same folds, which is known far better than either score: a check may ask that it be above 0. The
    evidence compares all with the best. The score is the area under the ROC curve of classes (the
    mean over classes, each against the rest) and R² of a number, unless ``score`` names another.

    ``mechanism`` takes ``share`` of the known numbers away beforehand, from training and test rows
    alike. At most 5,000 rows are used, drawn by lot. Texts are categories, and no value is one of
    them; only gaps of numbers, booleans, dates and timestamps are filled in. Folds are the same in
    each run, and intervals of scores over folds are approximate.
    """

    target: Target
    columns: Features = None  # type: ignore[assignment]  # the parameter says what it reads
    ignore: Ignored = ()
    task: Kind = None
    methods: Annotated[
        tuple[Contender, ...] | None,
        Meta(description="Ways to compare; without it all, forward_fill only with `order`."),
    ] = None
    baseline: Annotated[
        Contender | None, Meta(description="Method that the others are measured against.")
    ] = None
    score: Scored = "auto"
    estimator: Model = "linear"
    mechanism: Annotated[
        Mechanism | None, Meta(description="Which more values to take away; none without it.")
    ] = None
    share: Annotated[
        float, Meta(description="Share of the known numbers that `mechanism` takes away.")
    ] = 0.2
    order: Order = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.share <= 0.5:
            raise ValueError(f"`share` must be above 0 and at most 0.5, not {self.share}")
        if self.methods is not None and not 1 <= len(set(self.methods)) == len(self.methods):
            raise ValueError("`methods` must be one or more different methods")
        if self.order is None and "forward_fill" in (self.baseline, *(self.methods or ())):
            raise ValueError("forward_fill needs `order`, the column by which rows are ordered")
        if self.methods == (self.baseline,):
            raise ValueError("`baseline` is the only one of the methods")

    def applicable(self, schema: Schema) -> str | None:
        return super().applicable(schema) or self.cannot_take(self.mechanism, schema)

    def _methods(self) -> tuple[Contender, ...]:
        named = self.methods
        if named is None:
            named = tuple(m for m in CONTENDERS if m != "forward_fill" or self.order is not None)
        missing = self.baseline is not None and self.baseline not in named
        return (*named, self.baseline) if missing and self.baseline else named

    def _found(self, fold: Fold) -> dict[str, NDArray[np.float64] | str] | str:
        gaps = None if self.mechanism is None else Gaps(self.mechanism, self.share)
        setting = Setting(self.chosen(fold.schema), self.estimator, gaps)
        rows = self.rows(fold)
        if not isinstance(rows, str) and gaps is None and not _lacks(rows):
            return "no number lacks: `mechanism` takes some away"
        return self.scores(fold, self._methods(), setting)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        found = self._found(fold)
        measured = [m for m in self._methods() if m != self.baseline]
        if isinstance(found, str):
            n = self.state(fold).n
            return tuple(Unmeasured(reason=found, key={"method": m}, n=n) for m in measured)
        rows = self.rows(fold)
        assert not isinstance(rows, str)
        n = used(rows)
        low = None if self.chosen(fold.schema) == "r2" else 0.0
        estimates: list[Estimate] = []
        for method in measured:
            key: dict[str, str] = {"method": method}
            scores = found[method]
            base = None if self.baseline is None else found[self.baseline]
            reason = next((s for s in (scores, base) if isinstance(s, str)), None)
            if reason is not None or isinstance(scores, str) or isinstance(base, str):
                estimates.append(Unmeasured(reason=reason or "", key=key, n=n))
            elif base is None:
                mean = fold_mean(scores)
                estimates.append(limited(of_folds(mean, n=n, how=how, key=key), low, 1.0))
            else:
                mean = fold_difference(base, scores)
                estimates.append(of_folds(mean, n=n, how=how, key=key))
        return tuple(estimates)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        found = self._found(fold)
        if isinstance(found, str):
            return ()
        scores = {m: s for m, s in found.items() if not isinstance(s, str)}
        lost = {m: s for m, s in found.items() if isinstance(s, str)}
        return pairs(scores, lost, self.baseline, self.chosen(fold.schema), "method")


def _lacks(rows: Learnable) -> bool:
    """Whether any number lacks in the rows that are used."""
    import numpy as np

    from assay.metrics.learning.folds import drawn

    return bool(np.isnan(rows.numbers[drawn(rows.n)]).any())
