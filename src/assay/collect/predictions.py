"""One prediction pass of a model over a data set, as observations on the disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.collect.inputs import feature_columns, require
from assay.collect.journal import Manifest, Part, PredictionJournal, digest_of, rows_digest
from assay.collect.layout import Layout, settle, unseen_note
from assay.collect.observations import (
    answered_labels,
    empty_observations,
    observations,
    present_rows,
    strange_scores,
)
from assay.collect.survey import survey
from assay.core.errors import SubjectError
from assay.core.progress import Progress, silent
from assay.core.schema import NUMERIC, Prediction
from assay.core.source import Files
from assay.subjects.labels import Labels

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from assay.collect.survey import Survey
    from assay.core.check import ModelSpec
    from assay.core.engine import Engine
    from assay.core.expr import Scalar
    from assay.core.schema import Schema
    from assay.subjects.answers import Predicted
    from assay.subjects.predictor import Predictor


@dataclass(frozen=True, slots=True)
class Collected:
    """Observations of a prediction pass.

    Attributes:
        source: the Parquet files: ``assay.unit``, ``assay.target``, ``assay.prediction``,
            ``assay.score.i`` and the columns carried along.
        prediction: how to read them.
        rows: observations.
        left_out: rows without a target (null or NaN), which were not predicted.
        notes: what a person should know: repeated units, targets the model does not know.
        reused: observations that an earlier, interrupted pass had finished.
    """

    source: Files
    prediction: Prediction
    rows: int
    left_out: int
    notes: tuple[str, ...] = ()
    reused: int = 0


def collect_predictions(
    engine: Engine,
    table: str,
    predictor: Predictor,
    spec: ModelSpec,
    *,
    folder: str | os.PathLike[str],
    unit: str | None = None,
    carry: Sequence[str] = (),
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
        carry: columns that observations keep under their own names (slices, sensitive columns).
        data_fingerprint: hash of the data's content where it is known: a finished pass over the
            same data is then taken without reading the data again.
        progress: told rows done and in all, under ``task_name``.

    Raises:
        SubjectError: a column is missing, the labels do not go together, or the model failed.
        AssayError: the observations cannot be written.
    """
    schema = engine.schema(table)
    require(schema.names, [spec.target], f"the target of {predictor.description}")
    require(schema.names, [unit] if unit else [], "which identifies its rows")
    require(schema.names, list(carry), "which checks slice by")
    _require_numbers(schema, spec)
    features = feature_columns(predictor, spec, schema.names, unit=unit)
    journal = PredictionJournal(str(folder), _signature(predictor, spec, unit, carry, features))
    done = journal.complete(data_fingerprint)
    if done is not None:
        return _collected(journal, done, reused=done.rows)
    known = survey(engine, table, target=spec.target, unit=unit, task=spec.task)
    collection = _Pass(
        engine, table, predictor, spec, journal, unit, tuple(dict.fromkeys(carry)), features,
        known, digest_of(sorted((type(v).__name__, str(v)) for v in known.targets)),
    )  # fmt: skip
    return collection.run(data_fingerprint, progress, task_name)


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


def _signature(
    predictor: Predictor,
    spec: ModelSpec,
    unit: str | None,
    carry: Sequence[str],
    features: Sequence[str],
) -> str:
    """Hash of the model and of how it is asked; "" where the model has no fingerprint."""
    if not predictor.fingerprint:
        return ""
    return digest_of(
        "assay.predictions/1", predictor.fingerprint, predictor.description, spec.task,
        spec.target, spec.positive, spec.batch_size, unit, sorted(carry), list(features),
        _versions(),
    )  # fmt: skip


def _versions() -> dict[str, str]:
    """Versions of the libraries that may have taken part."""
    import sys

    names = ("numpy", "pyarrow", "pandas", "sklearn", "skops", "onnxruntime")
    return {n: str(getattr(sys.modules.get(n), "__version__", "")) for n in names}


def _collected(journal: PredictionJournal, manifest: Manifest, *, reused: int) -> Collected:
    return Collected(
        source=Files(journal.paths(manifest.parts), "parquet"),
        prediction=manifest.layout.prediction(manifest.prediction_labels),
        rows=manifest.rows,
        left_out=manifest.left_out,
        notes=manifest.notes,
        reused=reused,
    )


@dataclass
class _Pass:
    """One pass, while it runs."""

    engine: Engine
    table: str
    predictor: Predictor
    spec: ModelSpec
    journal: PredictionJournal
    unit: str | None
    carry: tuple[str, ...]
    features: tuple[str, ...]
    survey: Survey
    targets: str

    def run(self, data_fingerprint: str, progress: Progress, task_name: str) -> Collected:
        """Predict what is missing."""
        layout = self.journal.layout(self.targets)
        names: list[str] = []
        rows = reused = strange = read = 0
        progress(task_name, 0, self.survey.rows)
        for number, (batch, start) in enumerate(self._batches()):
            read = start + batch.num_rows
            present = present_rows(batch, start, self.spec.target)
            if present.num_rows:
                name = f"part-{number:06d}.parquet"
                layout, part, fresh = self._one(name, present, start, layout)
                names.append(name)
                rows += part.rows
                reused += 0 if fresh else part.rows
                strange += part.strange
            progress(task_name, read, self.survey.rows)
        if read != self.survey.rows:
            raise SubjectError(
                f"{self.table!r} had {self.survey.rows:,} rows, and then {read:,}.",
                hint="It changed while it was read: run again when nothing writes to it.",
            )
        if layout is None:
            layout = self._settled(None)
        if not names:
            names.append("part-000000.parquet")
            self.journal.write_part(names[0], self._empty(layout), Part(digest="", rows=0))
        parts = tuple(names)
        manifest = Manifest(
            signature=self.journal.signature,
            targets=self.targets,
            layout=layout,
            data=data_fingerprint,
            left_out=self.survey.left_out,
            notes=self._notes(layout, strange),
            rows=rows,
            parts=parts,
            prediction_labels=self._final_labels(layout, parts),
        )
        self.journal.write_manifest(manifest)
        self.journal.drop_others(parts)
        return _collected(self.journal, manifest, reused=reused)

    def _batches(self) -> Iterator[tuple[pa.Table, int]]:
        """The columns that are needed, batch by batch, with the number of the first row."""
        import pyarrow as pa

        needed = dict.fromkeys([self.spec.target, *self.features, *self.carry])
        if self.unit is not None:
            needed[self.unit] = None
        start = 0
        for batch in self.engine.batches(self.table, batch_size=self.spec.batch_size):
            yield pa.Table.from_batches([batch]).select(list(needed)), start
            start += batch.num_rows

    def _one(
        self, name: str, present: pa.Table, start: int, layout: Layout | None
    ) -> tuple[Layout, Part, bool]:
        """Layout and part of one batch, and whether it was predicted now."""
        digest = rows_digest(present, start)
        if layout is not None:
            finished = self.journal.part(name, digest)
            if finished is not None:
                return layout, finished, False
        predicted = self.predictor.predict(present.select(list(self.features)))
        if layout is None:
            layout = self._settled(predicted)
        table = observations(
            present, predicted, layout, self.spec, unit=self.unit, carry=self.carry
        )
        part = Part(digest=digest, rows=table.num_rows, strange=strange_scores(predicted))
        self.journal.write_part(name, table, part)
        return layout, part, True

    def _settled(self, first: Predicted | None) -> Layout:
        """Settle the labels, and store what the parts to come will be."""
        layout = settle(self.predictor, self.spec, self.survey.targets, first)
        self.journal.write_manifest(
            Manifest(signature=self.journal.signature, targets=self.targets, layout=layout)
        )
        return layout

    def _empty(self, layout: Layout) -> pa.Table:
        """Observations of no row, with the columns that metrics and slices look for."""
        columns = {c.name: c for c in self.engine.schema(self.table).columns}
        unit = columns[self.unit] if self.unit is not None else None
        return empty_observations(layout, unit, [columns[name] for name in self.carry])

    def _notes(self, layout: Layout, strange: int) -> tuple[str, ...]:
        """What a person should know of these observations."""
        notes = [*self.survey.notes, *unseen_note(layout, self.survey.targets)]
        if self.survey.left_out:
            notes.append(
                f"{self.survey.left_out:,} of {self.survey.rows:,} rows have no target "
                f"({self.spec.target!r} is null) and were left out."
            )
        if strange:
            notes.append(f"{strange:,} scores are not numbers from 0 to 1.")
        return tuple(notes)

    def _final_labels(self, layout: Layout, parts: tuple[str, ...]) -> tuple[Scalar, ...]:
        """The labels, with those that a model which names none was seen to answer with."""
        if layout.task == "regression" or layout.known:
            return layout.labels
        labels = Labels((*layout.labels, *answered_labels(self.journal.paths(parts), layout)))
        if layout.task == "binary" and len(labels.values) > 2:
            raise SubjectError(
                f"{self.predictor.description} answered with labels beyond the two of a binary "
                f"task: {', '.join(repr(v) for v in labels.values[:10])}.",
                hint="A function gives scores as a mapping {label: scores}.",
            )
        return labels.values
