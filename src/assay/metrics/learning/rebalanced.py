"""Scores of models trained on rows whose classes were balanced, inside the folds only."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np

from assay.core.errors import MissingExtraError
from assay.inference.missing.fitted import fit
from assay.inference.threads import one_thread
from assay.inference.undefined import Undefined
from assay.metrics.learning.folds import FOLDS, SEED, one_hot, splits
from assay.metrics.learning.models import Estimator, model_of, trained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from assay.metrics.learning.table import Learnable

    Matrix = NDArray[np.float64]

Remedy = Literal["class_weight", "over", "under", "smote", "ensemble", "threshold"]
REMEDIES: tuple[Remedy, ...] = get_args(Remedy)
NOTHING: Literal["nothing"] = "nothing"
Gain = Literal["average_precision", "balanced_accuracy", "g_mean", "brier"]
SCORES: tuple[Gain, ...] = get_args(Gain)

_RESAMPLING = frozenset({"over", "under", "smote", "ensemble"})
_NEIGHBOURS = 5
_MEMBERS = 10
_INNER = 5


class Rebalanced(NamedTuple):
    """What one remedy gives, by fold; shapes (repeats, folds).

    Attributes:
        scores: by name; the Brier score is the lower, the better.
        predicted: mean predicted probability of the positive class.
    """

    scores: dict[Gain, Matrix]
    predicted: Matrix


def needs_resampling(remedies: Sequence[str]) -> None:
    """That imbalanced-learn is there, where a remedy needs it.

    Raises:
        MissingExtraError: it is not.
    """
    if not _RESAMPLING & {*remedies}:
        return
    try:
        import imblearn  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingExtraError("imbalanced-learn", "imbalance") from error


def rebalanced(
    rows: Learnable,
    at: NDArray[np.intp],
    positive: NDArray[np.bool_],
    remedies: Sequence[Remedy],
    estimator: Estimator,
) -> dict[str, Rebalanced | str]:
    """Each remedy, and ``nothing``, on the same folds; or why one gives nothing.

    Gaps are filled in with the median of the training rows; categories have a column each.

    Args:
        at: rows to learn from and test on. positive: shape (n,), of all rows.
    """
    target = positive[at]
    dealt = splits(target.astype(np.float64), classes=True)
    folds = [_fold(rows, at[split.train], at[split.test], positive) for split in dealt]
    found: dict[str, Rebalanced | str] = {}
    with one_thread():
        for remedy in (NOTHING, *remedies):
            try:
                each = np.array([_scored(remedy, estimator, fold) for fold in folds])
            except Undefined as undefined:
                found[remedy] = str(undefined)
                continue
            table = each.reshape(-1, FOLDS, len(SCORES) + 1)
            named = {name: table[:, :, i] for i, name in enumerate(SCORES)}
            found[remedy] = Rebalanced(named, table[:, :, -1])
    return found


class _Fold(NamedTuple):
    """Training and test rows: filled-in numbers, then codes of categories (n, k + c)."""

    numbers: int
    train: Matrix
    target: NDArray[np.bool_]
    test: Matrix
    truth: NDArray[np.bool_]

    def encoded(self, values: Matrix) -> Matrix:
        """With a column for each frequent category of the training rows."""
        known, codes = self.train[:, self.numbers :], values[:, self.numbers :]
        return np.column_stack([values[:, : self.numbers], one_hot(known, codes)])


def _fold(
    rows: Learnable, train: NDArray[np.intp], test: NDArray[np.intp], positive: NDArray[np.bool_]
) -> _Fold:
    fill = fit("median", rows.numbers[train])
    codes = np.nan_to_num(rows.categories, nan=-1.0)  # lots are not negative
    sides = [np.column_stack([fill(rows.numbers[part]), codes[part]]) for part in (train, test)]
    return _Fold(rows.numbers.shape[1], sides[0], positive[train], sides[1], positive[test])


def _scored(remedy: str, estimator: Estimator, fold: _Fold) -> tuple[float, ...]:
    """The scores of one fold, in the order of :data:`SCORES`, and the mean prediction."""
    plain = model_of(estimator, classes=True, balanced=remedy == "class_weight")
    encoded = fold.encoded(fold.train)
    cut = 0.5
    if remedy == "threshold":
        cut = best_cut(_out_of_fold(plain, encoded, fold.target), fold.target)
    if remedy == "ensemble":
        model = _ensemble(plain, encoded, fold.target)
    elif remedy in _RESAMPLING:
        features, target = _resampled(remedy, fold)
        model = trained(plain, fold.encoded(features), target)
    else:
        model = trained(plain, encoded, fold.target)
    p = model.predict_proba(fold.encoded(fold.test))[:, 1]
    return (*scores_of(fold.truth, p, cut), float(p.mean()))


def scores_of(truth: NDArray[np.bool_], p: Matrix, cut: float) -> tuple[float, ...]:
    """Average precision, balanced accuracy, geometric mean of the recalls, and Brier score."""
    from sklearn.metrics import average_precision_score

    said = p >= cut
    hit, clear = float(said[truth].mean()), float((~said[~truth]).mean())
    brier = float(np.square(p - truth).mean())
    precision = float(average_precision_score(truth, p))
    return precision, (hit + clear) / 2, float(np.sqrt(hit * clear)), brier


def best_cut(p: Matrix, truth: NDArray[np.bool_]) -> float:
    """The cut at which balanced accuracy is highest: halfway to the next lower prediction.

    Args:
        p: shape (n,), predictions of rows that the model has not seen. truth: shape (n,).
    """
    order = np.argsort(-p, kind="stable")
    ranked, hits = p[order], truth[order]
    gain = np.cumsum(hits / truth.sum() - ~hits / (~truth).sum())
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))  # of equal predictions
    best = int(last[gain[last].argmax()])
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float((ranked[best] + below) / 2)


def _out_of_fold(model: Any, train: Matrix, target: NDArray[np.bool_]) -> Matrix:
    """Predictions of training rows by models that were trained on the others of them."""
    from sklearn.base import clone
    from sklearn.model_selection import StratifiedKFold

    p = np.empty(len(target))
    for part, rest in StratifiedKFold(_INNER, shuffle=True, random_state=SEED).split(train, target):
        p[rest] = trained(clone(model), train[part], target[part]).predict_proba(train[rest])[:, 1]
    return p


def _resampled(remedy: str, fold: _Fold) -> tuple[Matrix, NDArray[np.bool_]]:
    """Training rows with as many of one class as of the other.

    SMOTE measures distance between standardised numbers; where there are categories it takes those
    of the majority of a row's neighbours (SMOTE-NC; SMOTE-N where there is no number).
    """
    from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC, RandomOverSampler
    from imblearn.under_sampling import RandomUnderSampler

    train, target, numbers = fold.train, fold.target, fold.numbers
    if remedy == "over":
        return _pair(RandomOverSampler(random_state=SEED).fit_resample(train, target))
    if remedy == "under":
        return _pair(RandomUnderSampler(random_state=SEED).fit_resample(train, target))
    near = min(_NEIGHBOURS, int(min(target.sum(), (~target).sum())) - 1)
    scaled = np.arange(train.shape[1]) < numbers
    spread = np.where(scaled & (train.std(axis=0) > 0), train.std(axis=0), 1.0)
    centre = np.where(scaled, train.mean(axis=0), 0.0)
    how = {"random_state": SEED, "k_neighbors": near}
    if scaled.all():
        smote = SMOTE(**how)
    elif numbers:
        smote = SMOTENC(list(range(numbers, train.shape[1])), **how)
    else:
        smote = SMOTEN(**how)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        features, outcome = _pair(smote.fit_resample((train - centre) / spread, target))
    return features * spread + centre, outcome


def _pair(found: tuple[Any, Any]) -> tuple[Matrix, NDArray[np.bool_]]:
    features, outcome = found
    return np.asarray(features, dtype=np.float64), np.asarray(outcome, dtype=bool)


def _ensemble(model: Any, train: Matrix, target: NDArray[np.bool_]) -> Any:
    """Ten models, each trained on all rows of the rare class and as many of the other."""
    from imblearn.ensemble import BalancedBaggingClassifier

    return trained(
        BalancedBaggingClassifier(model, n_estimators=_MEMBERS, random_state=SEED, n_jobs=1),
        train,
        target,
    )
