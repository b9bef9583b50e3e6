"""ONNX models, run by onnxruntime."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core.errors import MissingExtraError, SubjectError
from assay.subjects.answers import Predicted, failed, label_values, number_values, score_matrix
from assay.subjects.files import file_fingerprint
from assay.subjects.frames import numbers
from assay.subjects.labels import scalar

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from assay.core.check import ModelSpec
    from assay.core.expr import Scalar
    from assay.core.schema import Task

_NUMBERS = {
    "tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16,
    "tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(int16)": np.int16,
    "tensor(int8)": np.int8, "tensor(uint8)": np.uint8, "tensor(bool)": np.bool_,
}  # fmt: skip
_FLOATS = ("tensor(float)", "tensor(double)", "tensor(float16)")


@dataclass(frozen=True, slots=True)
class OnnxModel:
    """An onnxruntime session as a :class:`~assay.subjects.predictor.Predictor`.

    With one input it is fed a matrix of all features, with several one column each, by name.
    Scores come from a ZipMap or from a matrix of floats; the labels from the output that is not
    floats, else from the largest score.
    """

    session: Any
    task: Task
    description: str
    fingerprint: str
    files: tuple[tuple[str, int], ...]
    known: tuple[Scalar, ...] | None

    @property
    def features(self) -> tuple[str, ...] | None:
        """Names of its inputs where it has one for each column; None where it takes a matrix."""
        inputs = self.session.get_inputs()
        return tuple(i.name for i in inputs) if len(inputs) > 1 else None

    @property
    def classes(self) -> tuple[Scalar, ...] | None:
        """Class labels stored in the graph; None where only its answers tell."""
        return () if self.task == "regression" else self.known

    def prepare(self, rows: pa.Table) -> dict[str, NDArray[Any]]:
        """Input name to array."""
        inputs = self.session.get_inputs()
        if len(inputs) == 1:
            return {inputs[0].name: _matrix(rows, inputs[0])}
        if rows.num_columns != len(inputs):
            raise SubjectError(
                f"{self.description} takes {len(inputs)} columns, not {rows.num_columns}.",
                hint="Name them under `features:`, in the order of its inputs.",
            )
        by_name = {i.name for i in inputs} == set(rows.column_names)
        feed = {}
        for at, wanted in enumerate(inputs):
            name = wanted.name if by_name else rows.column_names[at]
            column = _column(rows.column(name), name, wanted.type)
            feed[wanted.name] = column if len(wanted.shape) == 1 else column.reshape(-1, 1)
        return feed

    def call(self, prepared: Any) -> object:
        """One run of the session with all outputs."""
        return self._run(prepared)

    def _run(self, feed: dict[str, NDArray[Any]]) -> list[Any]:
        from onnxruntime.capi import onnxruntime_pybind11_state as errors

        try:
            answers: list[Any] = self.session.run(None, feed)
        except (
            errors.Fail, errors.InvalidArgument, errors.RuntimeException, errors.NotImplemented,
            errors.EPFail, RuntimeError, ValueError, TypeError,
        ) as error:  # fmt: skip
            raise failed(self.description, error) from error
        return answers

    def predict(self, rows: pa.Table) -> Predicted:
        """Outputs of one run."""
        n = rows.num_rows
        answers = self._run(self.prepare(rows))
        kinds = [output.type for output in self.session.get_outputs()]
        if self.task == "regression":
            return Predicted(number_values(answers[0], n, self.description))
        scores, classes = self._scores(answers, kinds, n)
        at = next(
            (i for i, k in enumerate(kinds) if k in ("tensor(int64)", "tensor(string)")), None
        )
        if at is not None:
            return Predicted(label_values(answers[at], n, self.description), scores, classes)
        if scores is None:
            raise SubjectError(f"{self.description} gives neither labels nor scores.")
        return Predicted(np.array(classes, dtype=object)[scores.argmax(axis=1)], scores, classes)

    def _scores(
        self, answers: list[Any], kinds: list[str], n: int
    ) -> tuple[NDArray[np.float64] | None, tuple[Scalar, ...]]:
        """Scores of shape (n, k) and their classes, from the first output that holds them."""
        for answer, kind in zip(answers, kinds, strict=True):
            if kind.startswith("seq(map("):
                names = list(answer[0])
                rows = [[row[name] for name in names] for row in answer]
                scores = score_matrix(rows, n, len(names), self.description)
                return scores, tuple(scalar(name) for name in names)
            if kind in _FLOATS:
                return self._from_tensor(np.asarray(answer, dtype=np.float64), n)
        return None, ()

    def _from_tensor(
        self, array: NDArray[np.float64], n: int
    ) -> tuple[NDArray[np.float64], tuple[Scalar, ...]]:
        """A single column is the probability of the second of two classes."""
        if array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1):
            positive = array.reshape(-1)
            if ((positive < 0) | (positive > 1)).any():
                raise SubjectError(
                    f"{self.description} gives one score a row, and some lie outside 0 to 1.",
                    hint="Export it with probabilities: a sigmoid or softmax as its last step.",
                )
            array = np.column_stack([1 - positive, positive])
        classes = self.known or tuple(range(array.shape[-1]))
        return score_matrix(array, n, len(classes), self.description), classes


def open_onnx(path: str, spec: ModelSpec) -> OnnxModel:
    """The model in an ONNX file.

    Weights that it keeps beside itself (files whose names begin with the model's) count as its
    files.

    Raises:
        SubjectError: the file is damaged or no ONNX model.
        MissingExtraError: onnxruntime is not installed.
    """
    try:
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as errors
    except ImportError as error:
        raise MissingExtraError("onnxruntime", "onnx") from error

    name = os.path.basename(path)
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong comes as an exception, not on stderr
    try:
        session = onnxruntime.InferenceSession(
            path, sess_options=options, providers=["CPUExecutionProvider"]
        )
    except (
        errors.Fail, errors.InvalidArgument, errors.InvalidGraph, errors.InvalidProtobuf,
        errors.NoSuchFile, errors.NoModel, errors.NotImplemented, errors.RuntimeException,
        RuntimeError, ValueError,
    ) as error:  # fmt: skip
        raise SubjectError(
            f"{name} cannot be read as an ONNX model: {str(error).rstrip('.')}.",
            hint="Export the model again and check it with onnx.checker.check_model.",
        ) from error
    paths = [path, *sorted(set(glob.glob(glob.escape(path) + "?*")))]
    return OnnxModel(
        session=session,
        task=spec.task,
        description=f"ONNX model {name}",
        fingerprint=file_fingerprint(paths),
        files=tuple((os.path.basename(p), os.path.getsize(p)) for p in paths),
        known=None if spec.task == "regression" else _graph_classes(path, session),
    )


def _graph_classes(path: str, session: Any) -> tuple[Scalar, ...] | None:
    """Class labels as classifier and ZipMap nodes of the graph keep them, in score order.

    A graph of plain tensors (a neural network) has none: its classes are then 0, 1, 2 …

    Raises:
        MissingExtraError: the package ``onnx``, which reads graphs, is not installed.
    """
    kinds = {output.type for output in session.get_outputs()}
    if len(kinds) == 1 and kinds <= set(_FLOATS):
        return None
    try:
        import onnx
    except ImportError as error:
        raise MissingExtraError("onnx", "onnx") from error
    graph = onnx.load(path, load_external_data=False).graph
    for node in reversed(graph.node):
        for attribute in node.attribute:
            if attribute.name in ("classlabels_strings", "classlabels_int64s", "classlabels_ints"):
                labels = [scalar(v) for v in (*attribute.strings, *attribute.ints)]
                if labels:
                    return tuple(labels)
    return None


def _matrix(rows: pa.Table, wanted: Any) -> NDArray[Any]:
    """All columns as the array of shape (n, k) that the only input takes."""
    columns = [_column(rows.column(name), name, wanted.type) for name in rows.column_names]
    k = wanted.shape[1] if len(wanted.shape) == 2 else None
    if isinstance(k, int) and k != len(columns):
        raise SubjectError(
            f"The model takes {k} features, and the data gives {len(columns)}: "
            f"{', '.join(rows.column_names[:10])}{' …' if len(columns) > 10 else ''}.",
            hint="Name them under `features:`, in the order of training.",
        )
    return columns[0] if len(wanted.shape) == 1 else np.column_stack(columns)


def _column(column: pa.ChunkedArray, name: str, kind: str) -> NDArray[Any]:
    """A column as the element type of an input; ONNX has no null but NaN."""
    if kind in _FLOATS:
        return numbers(column, name).astype(_NUMBERS[kind])
    if column.null_count:
        raise SubjectError(
            f"The column {name!r} has {column.null_count} nulls, which {kind} cannot hold.",
            hint="Fill them in the data, or export the model with a float input.",
        )
    if kind == "tensor(string)":
        return np.array([str(v) for v in column.to_pylist()], dtype=object)
    if kind not in _NUMBERS:
        raise SubjectError(f"The input for {name!r} is a {kind}, which no column can be fed to.")
    values = numbers(column, name)
    if not np.isfinite(values).all() or (kind != "tensor(bool)" and (values % 1).any()):
        raise SubjectError(f"The column {name!r} holds numbers that {kind} cannot.")
    array: NDArray[Any] = values.astype(_NUMBERS[kind])
    return array
