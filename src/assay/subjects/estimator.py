"""Models with ``predict`` and, for classifiers, ``predict_proba`` and ``classes_``.

That is what scikit-learn and the libraries that follow it agree on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core.errors import SubjectError
from assay.subjects.answers import (
    FAILURES,
    Predicted,
    failed,
    label_values,
    number_values,
    score_matrix,
)
from assay.subjects.frames import as_frame, as_matrix
from assay.subjects.labels import scalar

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.core.expr import Scalar
    from assay.core.schema import Task


@dataclass(frozen=True, slots=True)
class Estimator:
    """A fitted estimator as a :class:`~assay.subjects.predictor.Predictor`."""

    model: Any
    task: Task
    description: str
    fingerprint: str = ""
    files: tuple[tuple[str, int], ...] = ()

    @property
    def features(self) -> tuple[str, ...] | None:
        """Names it was fitted on; None where it was fitted on an array."""
        names = getattr(self.model, "feature_names_in_", None)
        return None if names is None else tuple(str(name) for name in names)

    @property
    def classes(self) -> tuple[Scalar, ...] | None:
        """``classes_``; empty for a regression; None where it has none."""
        if self.task == "regression":
            return ()
        known = getattr(self.model, "classes_", None)
        if known is None:
            return None
        array = np.asarray(known, dtype=None if isinstance(known, np.ndarray) else object)
        if array.ndim != 1 or any(isinstance(c, np.ndarray | list) for c in array):
            raise SubjectError(
                f"{self.description} predicts several outputs at once.",
                hint="Wrap it in a function that returns one of them.",
            )
        return tuple(scalar(value) for value in array.tolist())

    def prepare(self, rows: pa.Table) -> Any:
        """A matrix for what was fitted on an array, else a frame."""
        on_array = self.features is None and hasattr(self.model, "n_features_in_")
        return as_matrix(rows) if on_array else as_frame(rows)

    def call(self, prepared: Any) -> object:
        """``model.predict(rows)``."""
        return self.model.predict(prepared)

    def predict(self, rows: pa.Table) -> Predicted:
        """Labels by ``predict`` and scores by ``predict_proba``, or numbers by ``predict``."""
        n = rows.num_rows
        prepared = self.prepare(rows)
        try:
            last, prepared = _transformed(self.model, prepared)
            values = last.predict(prepared)
            proba = None
            if self.task != "regression" and hasattr(last, "predict_proba"):
                proba = last.predict_proba(prepared)
        except FAILURES as error:
            raise failed(self.description, error) from error
        if self.task == "regression":
            return Predicted(number_values(values, n, self.description))
        labels = label_values(values, n, self.description)
        if proba is None:
            return Predicted(labels)
        classes = self.classes
        if classes is None:
            raise SubjectError(
                f"{self.description} gives probabilities but does not say of which classes.",
                hint="Give it an attribute `classes_`: the labels in the order of its columns.",
            )
        return Predicted(labels, score_matrix(proba, n, len(classes), self.description), classes)


def _transformed(model: Any, rows: Any) -> tuple[Any, Any]:
    """The last step of a scikit-learn pipeline and its input, so that labels and scores share the
    transformations; any other model (a subclass too: it may do more) and the rows as they are."""
    kind = type(model)
    if (kind.__module__, kind.__qualname__) != ("sklearn.pipeline", "Pipeline"):
        return model, rows
    if len(model.steps) < 2 or model.steps[-1][1] in (None, "passthrough"):
        return model, rows
    return model.steps[-1][1], model[:-1].transform(rows)
