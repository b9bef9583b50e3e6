"""The labels of a classification, settled from the model's classes and the data's targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from assay.core.errors import SubjectError, did_you_mean
from assay.core.expr import Scalar
from assay.core.schema import Prediction, Task
from assay.subjects.labels import Labels, label_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assay.core.check import ModelSpec
    from assay.subjects.answers import Predicted
    from assay.subjects.predictor import Predictor


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How predictions are stored.

    Attributes:
        labels: the model's classes in its order, then targets that it does not know.
        known: how many of them, from the first, are the model's classes. 0: it does not say, and
            may answer with others.
        scored: it gives scores. A label that it does not know has the score 0, which is what such
            a model says of it.
    """

    task: Task
    labels: tuple[Scalar, ...] = ()
    positive: Scalar = None
    known: int = 0
    scored: bool = False

    def prediction(self, labels: tuple[Scalar, ...]) -> Prediction:
        """How metrics read them."""
        return Prediction(self.task, labels, self.positive, self.scored)


def settle(
    predictor: Predictor, spec: ModelSpec, targets: Mapping[Scalar, int], first: Predicted | None
) -> Layout:
    """The layout, once the model has answered for the first time (None: there was no row).

    A target that the model does not know is an error for ``binary``, where a third label has no
    meaning; for ``multiclass`` it is a label of its own, and the model is wrong on each such row.

    Raises:
        SubjectError: classes, targets and the positive label do not go together.
    """
    if spec.task == "regression":
        return Layout(task="regression")
    # Without a row nobody can tell; a model that knows its classes is taken to score them.
    scored = bool(predictor.classes) if first is None else first.scores is not None
    classes = first.classes if first is not None and scored else predictor.classes
    known = Labels(classes or ())
    unseen = [value for value in targets if known.position(value) is None]
    if classes and spec.task == "binary":
        _two_classes(known, predictor, unseen, spec, targets)
    # Sorted, so that the order does not hang on that of the rows.
    labels = Labels((*known.values, *sorted(unseen, key=_sort_key)))
    positive: Scalar = None
    if spec.task == "binary":
        lacking = spec.positive is not None and labels.position(spec.positive) is None
        if lacking and len(labels.values) < 2:  # it just does not occur in the data
            labels = Labels((*labels.values, spec.positive))
        positive = _positive(labels, spec)
    return Layout(
        task=spec.task,
        labels=labels.values,
        positive=positive,
        known=len(known.values),
        scored=scored,
    )


def unseen_note(layout: Layout, targets: Mapping[Scalar, int]) -> tuple[str, ...]:
    """What to tell of targets that the model does not know."""
    labels = Labels(layout.labels)
    counts = {
        value: count
        for value, count in targets.items()
        if (labels.position(value) or 0) >= layout.known
    }
    if not layout.known or not counts:
        return ()
    return (
        f"{sum(counts.values()):,} rows have a target that the model does not know "
        f"({_names(tuple(counts))}); it is counted wrong on them.",
    )


def _two_classes(
    known: Labels,
    predictor: Predictor,
    unseen: Sequence[Scalar],
    spec: ModelSpec,
    targets: Mapping[Scalar, int],
) -> None:
    if len(known.values) != 2:
        raise SubjectError(
            f"{predictor.description} has {len(known.values)} classes: {_names(known.values)}.",
            hint="A binary task has two. Is `task: multiclass` meant?",
        )
    if unseen:
        value = unseen[0]
        near = did_you_mean(label_text(value), [label_text(v) for v in known.values])
        raise SubjectError(
            f"The target {spec.target!r} is {value!r} in {targets[value]:,} rows, which the model "
            f"does not know: its classes are {_names(known.values)}.{near}",
            hint="Is it the right target column, and coded as at training?",
        )


def _positive(labels: Labels, spec: ModelSpec) -> Scalar:
    """The positive label: as the suite says; else 1 or True, which speak for themselves."""
    if len(labels.values) > 2:
        raise SubjectError(
            f"The target {spec.target!r} has {len(labels.values)} values: {_names(labels.values)}.",
            hint="A binary task has two. Is `task: multiclass` meant?",
        )
    if spec.positive is None:
        for value in (True, 1):
            at = labels.position(value)
            if at is not None:
                return labels.values[at]
        if not labels.values:
            return None
        raise SubjectError(
            f"Which label is positive is not said: {_names(labels.values)}.",
            hint="Write `positive:` with one of them.",
        )
    at = labels.position(spec.positive)
    if at is not None:
        return labels.values[at]
    near = did_you_mean(label_text(spec.positive), [label_text(v) for v in labels.values])
    raise SubjectError(
        f"The positive label {spec.positive!r} is none of {_names(labels.values)}.{near}"
    )


def _names(values: Sequence[Scalar]) -> str:
    shown = ", ".join(repr(value) for value in values[:10])
    return f"{shown} …" if len(values) > 10 else shown


def _sort_key(value: Scalar) -> tuple[int, float, str]:
    number = isinstance(value, bool | int | float)
    return (0, float(value), "") if number and value is not None else (1, 0.0, str(value))
