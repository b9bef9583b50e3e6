"""One prediction pass of a model over a data set, as observations on the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.collect.drawing import Drawing, order_of
from assay.collect.inputs import feature_columns, require
from assay.collect.journal import PredictionJournal
from assay.collect.prediction_pass import Collected, Pass, Question, collected
from assay.core.errors import SubjectError
from assay.core.progress import Progress, silent
from assay.core.schema import NUMERIC

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from assay.core.check import ModelSpec
    from assay.core.engine import Engine
    from assay.core.schema import Schema
    from assay.subjects.predictor import Predictor

__all__ = ["Collected", "Drawing", "collect_predictions", "draw_predictions"]


def collect_predictions(
    engine: Engine,
    table: str,
    predictor: Predictor,
    spec: ModelSpec,
    *,
    folder: str | os.PathLike[str],
    unit: str | None = None,
    cluster: str | None = None,
    carry: Sequence[str] = (),
    features: bool = False,
    labelled: bool = True,
    data_fingerprint: str = "",
    progress: Progress = silent,
    task_name: str = "predictions",
) -> Collected:
    """Predict every row that has a target, once, in batches of ``spec.batch_size``.

    Each finished batch is on the disk before the next begins. Called again with the same folder,
    it predicts only what is missing; where model, question or rows have changed, it starts over.
    A killed process loses the batch it was at, and nothing else.

    Args:
        engine: knows the data under the name ``table``.
        predictor: the open model of ``spec``.
        folder: where the observations go; one folder for each pair of model and data.
        unit: column that identifies a row; None takes the row's number, from 0.
        cluster: column whose equal values mark rows that belong together, or None.
        carry: columns that observations keep under their own names (slices, sensitive columns).
        features: they keep what the model is fed with, too.
        labelled: False predicts the rows without a target, and no others; the data may lack its
            column then.
        data_fingerprint: hash of the data's content where it is known: a finished pass over the
            same data is then taken without reading the data again.
        progress: told rows done and in all, under ``task_name``.

    Raises:
        SubjectError: a column is missing, the labels do not go together, or the model failed.
        AssayError: the observations cannot be written.
    """
    question = _question(
        engine, table, predictor, spec, unit, cluster, carry, fed=features, labelled=labelled
    )
    journal = PredictionJournal(str(folder), question.signature())
    done = journal.complete(data_fingerprint)
    if done is not None:
        return collected(journal, done, reused=done.rows, features=question.kept)
    return Pass(question, journal, question.survey()).run(data_fingerprint, progress, task_name)


def draw_predictions(
    engine: Engine,
    table: str,
    predictor: Predictor,
    spec: ModelSpec,
    *,
    folder: str | os.PathLike[str],
    seed: int,
    unit: str | None = None,
    cluster: str | None = None,
    carry: Sequence[str] = (),
    data_fingerprint: str = "",
    progress: Progress = silent,
    task_name: str = "predictions",
) -> Drawing:
    """As :func:`collect_predictions`, but in rounds over the rows in a random order.

    Nothing is predicted before :meth:`Drawing.upto` asks for it.

    Args:
        seed: of the order; the same seed and rows give the same order, so that a pass that was
            killed finds what it had finished.

    Raises:
        SubjectError: a column is missing, or the labels do not go together.
        AssayError: the observations cannot be written.
    """
    question = _question(engine, table, predictor, spec, unit, cluster, carry)
    journal = PredictionJournal(str(folder), question.signature("drawn", seed))
    known = question.survey()
    return Drawing(
        Pass(question, journal, known), order_of(known.rows, seed), data_fingerprint, progress,
        task_name,
    )  # fmt: skip


def _question(
    engine: Engine,
    table: str,
    predictor: Predictor,
    spec: ModelSpec,
    unit: str | None,
    cluster: str | None,
    carry: Sequence[str],
    *,
    fed: bool = False,
    labelled: bool = True,
) -> Question:
    """What is asked of a model, once the data are known to have the columns for it.

    Args:
        fed: the columns that the model is fed with are carried along.
    """
    schema = engine.schema(table)
    if labelled:
        require(schema.names, [spec.target], f"the target of {predictor.description}")
    require(schema.names, [unit] if unit else [], "which identifies its rows")
    require(schema.names, [cluster] if cluster else [], "which says which rows belong together")
    require(schema.names, list(carry), "which checks slice by")
    _require_numbers(schema, spec)
    features = feature_columns(predictor, spec, schema.names, unit=unit, cluster=cluster)
    kept = tuple(dict.fromkeys([*carry, *(features if fed else ())]))
    return Question(
        engine, table, predictor, spec, unit, cluster, kept, features, labelled=labelled, fed=fed
    )


def _require_numbers(schema: Schema, spec: ModelSpec) -> None:
    """Hold the target of a regression to numbers, before the model is asked anything."""
    info = schema.find(spec.target)
    if spec.task != "regression" or info is None or info.kind in (*NUMERIC, "boolean"):
        return
    raise SubjectError(
        f"The target {spec.target!r} holds {info.kind} ({info.native}), and a regression predicts "
        "numbers.",
        hint="Is it the right target column, or is another task meant?",
    )
