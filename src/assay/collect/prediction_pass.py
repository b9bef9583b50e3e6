"""One prediction pass while it runs: what is asked, and what is there already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assay.collect.journal import Manifest, Part, PredictionJournal, digest_of, rows_digest
from assay.collect.layout import Layout, settle, unseen_note
from assay.collect.observations import (
    answered_labels,
    empty_observations,
    observations,
    present_rows,
    strange_scores,
    unlabelled_rows,
)
from assay.collect.survey import survey
from assay.core.errors import SubjectError
from assay.core.schema import Prediction
from assay.core.source import Files
from assay.subjects.labels import Labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from assay.collect.survey import Survey
    from assay.core.check import ModelSpec
    from assay.core.engine import Engine
    from assay.core.expr import Scalar
    from assay.core.progress import Progress
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


@dataclass(frozen=True)
class Question:
    """What is asked of a model, and about which rows: those with a target, or those without."""

    engine: Engine
    table: str
    predictor: Predictor
    spec: ModelSpec
    unit: str | None
    cluster: str | None
    carry: tuple[str, ...]
    features: tuple[str, ...]
    labelled: bool = True
    fed: bool = False

    @property
    def kept(self) -> tuple[str, ...]:
        """Features that the observations keep, where they were asked to."""
        return self.features if self.fed else ()

    @property
    def target(self) -> str | None:
        """The target's column; None where the table lacks it."""
        schema = self.engine.schema(self.table)
        return self.spec.target if schema.find(self.spec.target) is not None else None

    def rows(self, batch: pa.Table, start: int) -> pa.Table:
        """The rows of a batch that are asked about, numbered."""
        take = present_rows if self.labelled else unlabelled_rows
        return take(batch, start, self.spec.target)

    def signature(self, *how: object) -> str:
        """Hash of the model and of how it is asked; "" where the model has no fingerprint."""
        predictor, spec = self.predictor, self.spec
        if not predictor.fingerprint:
            return ""
        if self.cluster is not None:
            how = ("cluster", self.cluster, *how)
        if not self.labelled:
            how = ("unlabelled", *how)
        return digest_of(
            "assay.predictions/1", predictor.fingerprint, predictor.description, spec.task,
            spec.target, spec.positive, spec.batch_size, self.unit, sorted(self.carry),
            list(self.features), _versions(), *how,
        )  # fmt: skip

    def survey(self) -> Survey:
        """What must be known of the data beforehand."""
        return survey(
            self.engine, self.table, target=self.target, unit=self.unit, task=self.spec.task
        )


def _versions() -> dict[str, str]:
    """Versions of the libraries that may have taken part."""
    import sys

    names = ("numpy", "pyarrow", "pandas", "sklearn", "skops", "onnxruntime")
    return {n: str(getattr(sys.modules.get(n), "__version__", "")) for n in names}


def collected(
    journal: PredictionJournal, manifest: Manifest, *, reused: int, features: tuple[str, ...] = ()
) -> Collected:
    """The observations that a finished pass left."""
    return Collected(
        source=Files(journal.paths(manifest.parts), "parquet"),
        prediction=replace(
            manifest.layout.prediction(manifest.prediction_labels), features=features
        ),
        rows=manifest.rows,
        left_out=manifest.left_out,
        notes=manifest.notes,
        reused=reused,
    )


@dataclass
class Pass:
    """One pass, while it runs."""

    question: Question
    journal: PredictionJournal
    survey: Survey

    def __post_init__(self) -> None:
        self.spec = self.question.spec
        targets = sorted((type(v).__name__, str(v)) for v in self.survey.targets)
        self.targets = digest_of(targets)
        self.layout = self.journal.layout(self.targets)
        self.names: list[str] = []
        self.rows = self.reused = self.strange = 0

    def run(self, data_fingerprint: str, progress: Progress, task_name: str) -> Collected:
        """Predict what is missing."""
        progress(task_name, 0, self.survey.rows)
        read = 0
        for number, (batch, start) in enumerate(self.batches()):
            read = start + batch.num_rows
            present = self.question.rows(batch, start)
            if present.num_rows:
                self.predict(f"part-{number:06d}.parquet", present, start)
            progress(task_name, read, self.survey.rows)
        self.hold(read)
        found = self.finished(data_fingerprint)
        self.journal.drop_others(tuple(self.names))
        return found

    def predict(self, name: str, present: pa.Table, start: int) -> None:
        """Predict a batch, or take it from the journal."""
        self.layout, part, fresh = self._one(name, present, start, self.layout)
        self.names.append(name)
        self.rows += part.rows
        self.reused += 0 if fresh else part.rows
        self.strange += part.strange

    def hold(self, read: int) -> None:
        """Hold the data to the number of rows that it had at first."""
        if read != self.survey.rows:
            raise SubjectError(
                f"{self.question.table!r} had {self.survey.rows:,} rows, and then {read:,}.",
                hint="It changed while it was read: run again when nothing writes to it.",
            )

    def finished(self, data_fingerprint: str, *, planned: int = 0) -> Collected:
        """Say in the journal what is there; ``planned`` rows in all, where these are a part."""
        layout = self.layout or self._settled(None)
        if not self.names:
            self.names.append("part-000000.parquet")
            self.journal.write_part(self.names[0], self._empty(layout), Part(digest="", rows=0))
        parts = tuple(self.names)
        manifest = Manifest(
            signature=self.journal.signature,
            targets=self.targets,
            layout=layout,
            data=data_fingerprint,
            left_out=self.survey.left_out,
            notes=self._notes(layout, self.strange),
            rows=self.rows,
            parts=parts,
            prediction_labels=self._final_labels(layout, parts),
            planned=planned,
        )
        self.journal.write_manifest(manifest)
        return collected(self.journal, manifest, reused=self.reused, features=self.question.kept)

    def batches(self) -> Iterator[tuple[pa.Table, int]]:
        """The columns that are needed, batch by batch, with the number of the first row."""
        import pyarrow as pa

        asked = self.question
        target = [asked.target] if asked.target is not None else []
        needed = dict.fromkeys([*target, *asked.features, *asked.carry])
        needed |= dict.fromkeys(name for name in (asked.unit, asked.cluster) if name is not None)
        start = 0
        for batch in asked.engine.batches(asked.table, batch_size=self.spec.batch_size):
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
        predicted = self.question.predictor.predict(present.select(list(self.question.features)))
        if layout is None:
            layout = self._settled(predicted)
        table = observations(
            present, predicted, layout, self.spec, unit=self.question.unit,
            cluster=self.question.cluster, carry=self.question.carry,
            labelled=self.question.labelled,
        )  # fmt: skip
        part = Part(digest=digest, rows=table.num_rows, strange=strange_scores(predicted))
        self.journal.write_part(name, table, part)
        return layout, part, True

    def _settled(self, first: Predicted | None) -> Layout:
        """Settle the labels, and store what the parts to come will be."""
        layout = settle(self.question.predictor, self.spec, self.survey.targets, first)
        if layout.task != "regression" and not layout.labels and not self.question.labelled:
            raise SubjectError(
                f"{self.question.predictor.description} does not say its classes, and "
                f"{self.question.table!r} has no target to tell them.",
                hint="A function gives scores as a mapping {label: scores}.",
            )
        self.journal.write_manifest(
            Manifest(signature=self.journal.signature, targets=self.targets, layout=layout)
        )
        return layout

    def _empty(self, layout: Layout) -> pa.Table:
        """Observations of no row, with the columns that metrics and slices look for."""
        asked = self.question
        columns = {c.name: c for c in asked.engine.schema(asked.table).columns}
        unit = columns[asked.unit] if asked.unit is not None else None
        cluster = columns[asked.cluster] if asked.cluster is not None else None
        carried = [columns[name] for name in asked.carry]
        return empty_observations(layout, unit, carried, cluster=cluster)

    def _notes(self, layout: Layout, strange: int) -> tuple[str, ...]:
        """What a person should know of these observations."""
        notes = [*self.survey.notes, *unseen_note(layout, self.survey.targets)]
        if not self.question.labelled:
            notes.append(
                f"{self.survey.left_out:,} of {self.survey.rows:,} rows have no target, and are "
                "among them."
            )
        elif self.survey.left_out:
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
                f"{self.question.predictor.description} answered with labels beyond the two of a "
                f"binary task: {', '.join(repr(v) for v in labels.values[:10])}.",
                hint="A function gives scores as a mapping {label: scores}.",
            )
        return labels.values
