"""The models that are fitted in the folds, and what scores them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

from assay.inference.undefined import Undefined

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

Estimator = Literal["linear", "boosting"]
Score = Literal["roc_auc", "average_precision", "accuracy", "balanced_accuracy", "r2"]

_SEED = 0
_MOST_STEPS = 2_000
_TREES = 60
_LEAVES = 15


def model_of(estimator: Estimator, *, classes: bool, balanced: bool = False) -> Any:
    """An untrained model of scikit-learn.

    ``linear``: logistic or ridge regression of standardised features, with scikit-learn's penalty.
    ``boosting``: 60 gradient-boosted trees of up to 15 leaves, which take gaps as they are.

    Args:
        balanced: weigh rows so that all classes weigh the same.
    """
    weight = {"class_weight": "balanced"} if balanced else {}
    if estimator == "linear":
        from sklearn.linear_model import LogisticRegression, Ridge
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        last = LogisticRegression(max_iter=_MOST_STEPS, **weight) if classes else Ridge()
        return make_pipeline(StandardScaler(), last)
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    cls = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    size = {"max_iter": _TREES, "max_leaf_nodes": _LEAVES}
    return cls(**size, early_stopping=False, random_state=_SEED, **weight)


def trained(model: Any, features: Matrix, target: Matrix | NDArray[np.bool_]) -> Any:
    """The model, fitted.

    Raises:
        Undefined: it does not converge.
    """
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            return model.fit(features, target)
        except ConvergenceWarning:
            raise Undefined(f"the model did not converge in {_MOST_STEPS:,} steps") from None


def scored(model: Any, features: Matrix, target: Matrix, score: Score) -> float:
    """The score of a fitted model on other rows, as scikit-learn defines it.

    Areas of more than two classes are means over the classes, each against the rest.
    """
    from sklearn import metrics

    match score:
        case "roc_auc" | "average_precision":
            p = model.predict_proba(features)
            if p.shape[1] == 2:
                return float(getattr(metrics, f"{score}_score")(target, p[:, 1]))
            one = target[:, None] == model.classes_[None, :]
            return float(getattr(metrics, f"{score}_score")(one, p, average="macro"))
        case "accuracy" | "balanced_accuracy":
            return float(getattr(metrics, f"{score}_score")(target, model.predict(features)))
        case "r2":
            return float(metrics.r2_score(target, model.predict(features)))
