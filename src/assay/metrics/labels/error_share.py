"""How many labels are wrong, and which rows to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from assay.core.evidence import Examples, Matrix, Text
from assay.core.expr import Column
from assay.core.labels import label_text
from assay.core.measurement import Unmeasured
from assay.core.metric import metric
from assay.core.schema import UNIT
from assay.inference.interval import census, measured
from assay.metrics.classification.scores import (
    PROBABILITY_SLACK,
    ScoreMetric,
    prediction_of,
    sample_of,
    unusable_scores,
)
from assay.states import Sample

if TYPE_CHECKING:
    from assay.core.aggregate import Fold
    from assay.core.evidence import Cell, Evidence
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema
    from assay.inference.labels.confident import Confident

SHOWN = 20
_MOST_CLASSES = 40
"""Classes of which the report shows the joint."""


class _Read(NamedTuple):
    """The labelled rows: what they say of their labels, and their units (NaN: not a number)."""

    found: Confident
    units: np.ndarray[tuple[int], np.dtype[np.float64]]
    unlabelled: int


@metric(
    "labels.error_share",
    unit="share",
    higher_is_better=False,
    formula="1 - sum over classes i of share of label i * (confident of i / confident of any)",
    interval="wilson-effective-n",
    reference="Northcutt, Jiang & Chuang 2021, JAIR 70:1373 (confident learning); cleanlab",
    example={},
)
class ErrorShare(ScoreMetric):
    """Estimated share of the rows whose label is wrong, by confident learning.

    It compares the labels with the class probabilities of a model *that was not trained on these
    rows*: a model believes the labels that it learned from, and would find no error. Score a data
    set that was held out, or store the probabilities of a cross-validation.

    A row is confident of the most probable class among those it gives at least the probability that
    rows labelled so have on average. The share of the rows that are confident of another class than
    their label, scaled to all rows of the label, is the estimate. It is about the wrong labels if
    the model can tell the classes; where classes overlap, rows that only look like another class
    are counted too. The report shows which classes are confused and the rows to look at first.
    """

    def aggregates(self, schema: Schema) -> tuple[Sample, ...]:
        return (self._sample(schema),)

    def _sample(self, schema: Schema) -> Sample:
        """Label, score of each class, and unit."""
        scored = sample_of(prediction_of(schema), every_class=True)
        info = schema.find(UNIT)
        numbered = info is not None and info.kind == "integer"
        return Sample(of=(*scored.of, Column(UNIT))) if numbered else scored

    def _read(self, fold: Fold) -> _Read | Unmeasured:
        """The rows with a label, or why nothing follows from them."""
        from assay.inference.labels.confident import confident

        k = len(prediction_of(fold.schema).labels)
        code, *columns = fold[self._sample(fold.schema)].arrays() or (np.zeros(0),) * (k + 1)
        labelled = ~np.isnan(code)
        n = int(labelled.sum())
        if n == 0:
            return Unmeasured(reason="there are no rows with a target")
        if n < len(code):
            code, columns = code[labelled], [c[labelled] for c in columns]
        scores = np.stack(columns[:k]).T
        usable = (code >= 0) & np.isfinite(scores).all(axis=1)
        if not usable.all():
            return Unmeasured(reason=unusable_scores(int((~usable).sum()), n), n=n, fault=True)
        low, high = float(scores.min()), float(scores.max())
        if low < -PROBABILITY_SLACK or high > 1 + PROBABILITY_SLACK:
            reason = f"the scores are no probabilities: they reach from {low:.4g} to {high:.4g}"
            return Unmeasured(reason=reason, n=n)
        labels = code.astype(np.intp)
        if (labels == labels[0]).all():
            label = label_text(prediction_of(fold.schema).labels[labels[0]])
            return Unmeasured(reason=f"every row has the target {label!r}", n=n)
        units = columns[k] if len(columns) > k else np.full(n, np.nan)
        return _Read(confident(labels, scores), units, len(labelled) - n)

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        read = self._read(fold)
        if isinstance(read, Unmeasured):
            return (read,)
        value, n = read.found.error_share, len(read.found.labels)
        if how.census:
            return (census(value, n=n, unit=self.unit),)
        interval = read.found.interval(how.level)
        return (measured(value, interval, n=n, how=how, unit=self.unit),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        read = self._read(fold)
        if isinstance(read, Unmeasured):
            return ()
        names = [label_text(label) for label in prediction_of(fold.schema).labels]
        shown: list[Evidence] = []
        if len(names) <= _MOST_CLASSES:
            joint = read.found.joint
            shown.append(
                Matrix(
                    title="Estimated rows by label and by what they are",
                    row_title="label",
                    column_title="estimated truth",
                    rows=names,
                    columns=names,
                    values=np.round(joint, 1).tolist(),
                )
            )
        shown += _examples(read, names)
        note = "The estimate holds only if the model was not trained on these rows."
        if read.unlabelled:
            note += f" {read.unlabelled:,} rows without a label are left out."
        return (*shown, Text(title="Out of sample", text=note))


def _examples(read: _Read, names: list[str]) -> list[Evidence]:
    """The labels to look at first."""
    from assay.inference.labels.suspects import suspects

    found = suspects(read.found)
    if not len(found.rows):
        return []
    units = read.units[found.rows]
    known = bool(np.isfinite(units).all())
    # rows come in any order: equal margins are told apart by what they are
    first = np.lexsort((units, found.likely, read.found.labels[found.rows], found.margin))[:SHOWN]
    rows: list[list[Cell]] = []
    for at in first:
        row, likely = found.rows[at], found.likely[at]
        label, scores = read.found.labels[row], read.found.scores[row]
        cells: list[Cell] = [int(units[at])] if known else []
        cells += [names[label], names[likely]]
        rows.append([*cells, round(float(scores[label]), 4), round(float(scores[likely]), 4)])
    columns = ["label", "rather", "probability of the label", "of the other"]
    return [
        Examples(
            title="Labels to look at first",
            columns=["row", *columns] if known else columns,
            rows=rows,
            total=len(found.rows),
        )
    ]
