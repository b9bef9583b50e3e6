"""What a model looks like to the rest, rows in and answers out; and opening what a suite names."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Protocol

from assay.core.errors import SubjectError
from assay.subjects.answers import Predicted
from assay.subjects.estimator import Estimator
from assay.subjects.files import missing_file
from assay.subjects.pickles import refuse_pickle

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.core.check import ModelSpec
    from assay.core.expr import Scalar

_IMPORT_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


class Predictor(Protocol):
    """A model that is open. Nothing in it is bound to a data set.

    Attributes:
        description: what it is, for a person: its type and, where it has one, its file.
        fingerprint: ``sha256:…`` of what it was loaded from; "" for a live object.
        files: path and size in bytes of each file it is stored in.
        features: the columns it wants, in its order; None where it does not say.
        classes: the labels it knows, in score order; empty for a regression; None where only
            its answers tell.
    """

    @property
    def description(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def files(self) -> tuple[tuple[str, int], ...]: ...
    @property
    def features(self) -> tuple[str, ...] | None: ...
    @property
    def classes(self) -> tuple[Scalar, ...] | None: ...

    def prepare(self, rows: pa.Table) -> Any:
        """The rows (feature columns only, in the model's order) in the form the model takes.

        Raises:
            SubjectError: a column has a type that it cannot be fed with.
        """
        ...

    def call(self, prepared: Any) -> object:
        """One bare call of the model, as its users make it: what latency times."""
        ...

    def predict(self, rows: pa.Table) -> Predicted:
        """Labels and scores of the rows (feature columns only, in the model's order; n >= 1).

        Raises:
            SubjectError: the model failed (its own words are kept), or answered in a shape that
                does not fit the rows.
        """
        ...


def open_model(spec: ModelSpec, *, folder: str, allow_code: bool) -> Predictor:
    """Open the model that a suite names.

    Args:
        spec: the model; relative paths start at ``folder``.
        folder: the suite's folder, where an import path is looked for too.
        allow_code: the run lets models execute Python: import paths, and ``trusted`` types.

    Raises:
        UntrustedError: opening it would run code that nobody vouched for.
        SubjectError: there is no such file, it is damaged, or its kind is not known.
        MissingExtraError: the library that reads it is not installed.
    """
    if spec.kind == "object" or (spec.kind is None and spec.instance is not None):
        return _open_object(spec)
    if not spec.path:
        raise SubjectError("The model has no path.", hint="Name a skops or an ONNX file.")
    path = os.path.join(folder, os.path.expanduser(spec.path))
    looks_python = _IMPORT_PATH.fullmatch(spec.path) is not None and not os.path.exists(path)
    if spec.kind == "python" or (spec.kind is None and looks_python):
        from assay.subjects.python import open_python

        return open_python(spec, folder=folder, allow_code=allow_code)
    if os.path.isdir(path):
        raise SubjectError(f"{spec.path!r} is a folder.", hint="Name the model's file.")
    if not os.path.isfile(path):
        raise missing_file(path, spec.path, what="model")
    refuse_pickle(path)
    kind = spec.kind or os.path.splitext(path)[1].lower().removeprefix(".")
    if kind == "skops":
        from assay.subjects.skops import open_skops

        return open_skops(path, spec, allow_code=allow_code)
    if kind == "onnx":
        from assay.subjects.onnx import open_onnx

        return open_onnx(path, spec)
    raise SubjectError(
        f"The ending of {os.path.basename(path)!r} is not that of a known kind of model.",
        hint="Name a .skops or .onnx file, an import path `module:attribute`, or say its `kind`.",
    )


def _open_object(spec: ModelSpec) -> Predictor:
    """A live object of this process: whoever passes it has run its code already."""
    model = spec.instance
    if hasattr(model, "predict"):
        return Estimator(model, spec.task, type(model).__name__)
    if callable(model):
        from assay.subjects.python import Function

        return Function(model, spec.task, getattr(model, "__name__", type(model).__name__))
    raise SubjectError(
        f"An object of type {type(model).__name__!r} is not a model.",
        hint="It needs a method `predict`, or must be a function of a frame.",
    )
