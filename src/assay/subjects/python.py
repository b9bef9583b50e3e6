"""Models by import path, and plain functions of a frame. Importing runs code: it is opted into."""

from __future__ import annotations

from collections.abc import Mapping
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
from assay.subjects.estimator import Estimator
from assay.subjects.frames import as_frame
from assay.subjects.importing import import_object
from assay.subjects.labels import scalar

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from assay.core.check import ModelSpec
    from assay.core.expr import Scalar
    from assay.core.schema import Task


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a frame as a :class:`~assay.subjects.predictor.Predictor`.

    It returns one label (or number) for each row; or, for a classifier, a mapping or a frame from
    label to scores of shape (n,), whose largest is then the label.
    """

    function: Callable[[Any], Any]
    task: Task
    description: str
    fingerprint: str = ""
    files: tuple[tuple[str, int], ...] = ()

    @property
    def features(self) -> tuple[str, ...] | None:
        """``features`` of the function, where it has that attribute."""
        names = getattr(self.function, "features", None)
        return None if names is None else tuple(str(name) for name in names)

    @property
    def classes(self) -> tuple[Scalar, ...] | None:
        """Empty for a regression; None for a classifier: only its answers tell."""
        return () if self.task == "regression" else None

    def prepare(self, rows: pa.Table) -> Any:
        """A frame."""
        return as_frame(rows)

    def call(self, prepared: Any) -> object:
        """``function(frame)``."""
        return self.function(prepared)

    def predict(self, rows: pa.Table) -> Predicted:
        """What the function returns for the frame."""
        n = rows.num_rows
        prepared = self.prepare(rows)
        try:
            answer = self.function(prepared)
        except FAILURES as error:
            raise failed(self.description, error) from error
        if self.task == "regression":
            return Predicted(number_values(answer, n, self.description))
        if not (isinstance(answer, Mapping) or hasattr(answer, "columns")):
            return Predicted(label_values(answer, n, self.description))
        names = list(answer.columns if hasattr(answer, "columns") else answer)
        if not names:
            raise SubjectError(f"{self.description} answered with scores of no class at all.")
        parts = [label_values(answer[name], n, self.description) for name in names]
        scores = score_matrix(np.column_stack(parts), n, len(names), self.description)
        classes = tuple(scalar(name) for name in names)
        return Predicted(np.array(classes, dtype=object)[scores.argmax(axis=1)], scores, classes)


def open_python(spec: ModelSpec, *, folder: str, allow_code: bool) -> Estimator | Function:
    """The model at an import path ``module:attribute``; modules in ``folder`` are found too.

    Its fingerprint is that of the module's source: weights that the module loads are not in it.

    Raises:
        UntrustedError: the run does not allow code.
        SubjectError: there is no such module or attribute, or it is not a model.
    """
    path = spec.path or ""
    found, digest = import_object(path, folder=folder, allow_code=allow_code, what="model")
    if isinstance(found, type):
        raise SubjectError(f"{path!r} is a class.", hint="Name an object that is ready to predict.")
    if hasattr(found, "predict"):
        return Estimator(found, spec.task, f"{type(found).__name__} from {path}", digest)
    if callable(found):
        return Function(found, spec.task, f"function {path}", digest)
    raise SubjectError(
        f"{path!r} is a {type(found).__name__}, not a model.",
        hint="It needs a method `predict`, or must be a function of a frame.",
    )
