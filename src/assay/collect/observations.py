"""The columns of observations: from rows and answers to a table that metrics fold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core.errors import SubjectError
from assay.core.schema import CLUSTER, PREDICTION, TARGET, UNIT, score_column
from assay.subjects.frames import numbers
from assay.subjects.labels import Labels, label_text, scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from assay.collect.layout import Layout
    from assay.core.check import ModelSpec
    from assay.core.expr import Scalar
    from assay.core.schema import ColumnInfo
    from assay.subjects.answers import Predicted


def unlabelled_rows(batch: pa.Table, start: int, target: str) -> pa.Table:
    """Rows whose target is null or NaN, or is not there, with their number as ``assay.unit``.

    Args:
        start: number of the batch's first row.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    numbered = batch.append_column(UNIT, pa.array(range(start, start + batch.num_rows), pa.int64()))
    if target not in batch.column_names:
        return numbered
    return numbered.filter(pc.is_null(batch.column(target), nan_is_null=True))


def present_rows(
    batch: pa.Table, start: int, target: str, *, chosen: NDArray[np.bool_] | None = None
) -> pa.Table:
    """Rows whose target is neither null nor NaN, with their number in the table as ``assay.unit``.

    Args:
        start: number of the batch's first row.
        chosen: which rows of the batch to take, shape (n,); None for all.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    numbered = batch.append_column(UNIT, pa.array(range(start, start + batch.num_rows), pa.int64()))
    keep = pc.invert(pc.is_null(batch.column(target), nan_is_null=True))
    if chosen is not None:
        keep = pc.and_(keep, pa.array(chosen))
    return numbered.filter(keep)


def observations(
    rows: pa.Table,
    predicted: Predicted,
    layout: Layout,
    spec: ModelSpec,
    *,
    unit: str | None,
    carry: Sequence[str],
    cluster: str | None = None,
    labelled: bool = True,
) -> pa.Table:
    """Unit, cluster, target, prediction, a score for each label, and the columns carried along.

    Args:
        rows: what :func:`present_rows` gave, or :func:`unlabelled_rows`.
        predicted: the model's answers to them.
        labelled: the rows have a target; without one it is null.

    Raises:
        SubjectError: an answer is none of the model's own classes, or a target is no number where
            the task is a regression.
    """
    columns: dict[str, Any] = {UNIT: rows.column(unit or UNIT)}
    if cluster is not None:
        columns[CLUSTER] = rows.column(cluster)
    if layout.task == "regression":
        columns[TARGET] = (
            numbers(rows.column(spec.target), spec.target)
            if labelled
            else np.full(rows.num_rows, np.nan)
        )
        columns[PREDICTION] = predicted.values
    else:
        labels = Labels(layout.labels)
        columns[TARGET] = (
            labels.arrow().take(_target_positions(rows.column(spec.target), labels))
            if labelled
            else _nulls(rows.num_rows, labels)
        )
        columns[PREDICTION] = _answers(predicted.values, labels, layout)
        if layout.scored:
            scores = _score_columns(predicted, labels, layout.known, rows.num_rows)
            columns.update({score_column(i): scores[i] for i in range(len(scores))})
    columns.update({name: rows.column(name) for name in carry})
    import pyarrow as pa

    return pa.table(columns)


def _nulls(rows: int, labels: Labels) -> pa.Array:
    """Targets of rows without one."""
    import pyarrow as pa

    return pa.nulls(rows, labels.arrow().type)


def _target_positions(column: pa.ChunkedArray, labels: Labels) -> NDArray[np.int64]:
    """Positions of the labels that a column's values mean, shape (n,)."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    found = []
    for value in encoded.dictionary.to_pylist():
        at = labels.position(scalar(value))
        if at is None:
            raise SubjectError(
                f"The target {value!r} was not there when the data was first read.",
                hint="Run again when nothing writes to the data.",
            )
        found.append(at)
    positions: NDArray[np.int64] = np.array(found)[encoded.indices.to_numpy()]
    return positions


def _answers(values: NDArray[Any], labels: Labels, layout: Layout) -> pa.Array:
    """The model's labels as a column of the labels' type."""
    import pyarrow as pa

    distinct, inverse = _distinct(values)
    meant: list[Scalar] = []
    for value in distinct:
        at = labels.position(value)
        if at is not None:
            meant.append(labels.values[at])
        elif layout.known == 0 and value is not None and value == value:
            meant.append(_of_type(value, labels))
        else:
            shown = ", ".join(repr(label) for label in labels.values[:10])
            raise SubjectError(
                f"The model answered with {value!r}, which is none of its classes: {shown}.",
                hint="A function gives scores as a mapping {label: scores}.",
            )
    return pa.array(meant, labels.arrow().type).take(pa.array(inverse))


def _of_type(value: Scalar, labels: Labels) -> Scalar:
    """A label that does not occur among the targets, as a value of their type."""
    wanted = type(labels.values[0])
    if wanted is str:
        return label_text(value)
    if wanted is not type(value):
        raise SubjectError(
            f"The model answered with {value!r}, and the targets are like {labels.values[0]!r}.",
            hint="A model answers with labels; a function gives scores as {label: scores}.",
        )
    return value


def _distinct(values: NDArray[Any]) -> tuple[list[Scalar], NDArray[np.int64]]:
    """Distinct values, and for each row the position of its own."""
    if values.dtype != object:
        unique, inverse = np.unique(values, return_inverse=True)
        return [scalar(v) for v in unique], inverse
    import pyarrow as pa

    try:
        encoded = pa.array(values).dictionary_encode()
    except (pa.ArrowException, TypeError):  # of several types
        encoded = None
    if encoded is not None and not encoded.null_count:
        return [scalar(v) for v in encoded.dictionary.to_pylist()], encoded.indices.to_numpy()
    plain = [scalar(v) for v in values]
    places: dict[tuple[str, Scalar], int] = {}
    at = [places.setdefault((type(v).__name__, v), len(places)) for v in plain]
    return [value for _, value in places], np.array(at)


def _score_columns(
    predicted: Predicted, labels: Labels, known: int, n: int
) -> list[NDArray[np.float64]]:
    """A score of shape (n,) for each label, 0 for those that the model does not know."""
    scores = predicted.scores
    at = {labels.position(value): i for i, value in enumerate(predicted.classes)}
    if scores is None or set(at) != set(range(known)):
        raise SubjectError("The model gave scores of other classes than for the rows before.")
    zeros = np.zeros(n)
    return [scores[:, at[i]] if i < known else zeros for i in range(len(labels.values))]


def strange_scores(predicted: Predicted) -> int:
    """How many scores are no number from 0 to 1."""
    if predicted.scores is None:
        return 0
    return int((~((predicted.scores >= 0) & (predicted.scores <= 1))).sum())


def empty_observations(
    layout: Layout,
    unit: ColumnInfo | None,
    carry: Iterable[ColumnInfo],
    *,
    cluster: ColumnInfo | None = None,
) -> pa.Table:
    """Observations of no row."""
    import pyarrow as pa

    kinds = {
        "integer": pa.int64(), "float": pa.float64(), "decimal": pa.float64(),
        "boolean": pa.bool_(), "date": pa.date32(), "timestamp": pa.timestamp("us"),
    }  # fmt: skip
    regression = layout.task == "regression"
    label = pa.float64() if regression else Labels(layout.labels).arrow().type
    fields = {UNIT: kinds.get(unit.kind, pa.string()) if unit else pa.int64()}
    if cluster is not None:
        fields[CLUSTER] = kinds.get(cluster.kind, pa.string())
    fields |= {TARGET: label, PREDICTION: label}
    if layout.scored:
        fields |= {score_column(i): pa.float64() for i in range(len(layout.labels))}
    fields |= {column.name: kinds.get(column.kind, pa.string()) for column in carry}
    return pa.schema(list(fields.items())).empty_table()


def answered_labels(paths: Sequence[str], layout: Layout) -> list[Scalar]:
    """Labels that the model answered with and that no target has, in a fixed order."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    labels = Labels(layout.labels)
    found: set[Scalar] = set()
    for path in paths:
        column = pq.read_table(path, columns=[PREDICTION]).column(0)
        found.update(v for v in pc.unique(column).to_pylist() if labels.position(v) is None)
    return sorted(found, key=lambda v: (isinstance(v, str), v))
