"""The learner that tells rows of two tables apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.errors import MissingExtraError
from assay.inference.threads import one_thread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assay.inference.two_sample.classifier import Learner, Model

_ROUNDS, _RATE, _LEAVES = 40, 0.15, 15


def boosted_trees(categories: NDArray[np.bool_]) -> Learner:
    """Gradient-boosted trees (Friedman 2001, Annals of Statistics 29:1189).

    Both tables have equal weight; leaves are smaller where there are few rows. They take missing
    values, and codes of categories. One thread: others that wait by spinning cost twenty times as
    much where cores are busy.

    Args:
        categories: shape (k,), which columns hold codes below 255.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    import numpy as np

    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
    except ImportError as error:
        raise MissingExtraError("scikit-learn", "sklearn") from error

    def fit(features: NDArray[np.float64], second: NDArray[np.bool_]) -> Model:
        trees = HistGradientBoostingClassifier(
            max_iter=_ROUNDS,
            learning_rate=_RATE,
            max_leaf_nodes=_LEAVES,
            min_samples_leaf=int(np.clip(min(second.sum(), (~second).sum()) // 20, 3, 20)),
            categorical_features=categories,
            early_stopping=False,
            class_weight="balanced",
            random_state=0,
        )
        with one_thread():
            trees.fit(features, second)

        def score(rows: NDArray[np.float64]) -> NDArray[np.float64]:
            with one_thread():
                scores: NDArray[np.float64] = trees.predict_proba(rows)[:, 1]
                return scores

        return score

    return fit
