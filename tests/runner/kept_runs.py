"""Stored runs with kept predictions: measured by the real engine, compared by the real code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from assay.collect.journal import Manifest, Part, PredictionJournal
from assay.collect.layout import Layout
from assay.core.binding import bind
from assay.core.check import Check, CheckSpec
from assay.core.criterion import Criterion
from assay.core.engine import Engine
from assay.core.measurement import Measurement
from assay.core.result import Environment, Result, Run, RunRecord, SubjectRecord, SuiteRecord
from assay.core.schema import PREDICTION, TARGET, UNIT, Prediction, score_column
from assay.core.source import Files
from assay.metrics import find
from assay.runner.compare import Side
from assay.runner.fold import Folded, Scans
from assay.runner.observe import Observed
from assay.runner.task import Task

BINARY = Prediction("binary", ("no", "yes"), "yes", has_scores=True)
REGRESSION = Prediction("regression")
SUBJECT = "model@test"


def binary_table(y, score, units=None, **more) -> pa.Table:
    """Observations of a binary model from truth (bool) and scores, labelled at 0.5."""
    score = np.asarray(score, dtype=float)
    return pa.table(
        {
            UNIT: pa.array(np.arange(len(score)) if units is None else units),
            TARGET: pa.array(np.where(y, "yes", "no")),
            PREDICTION: pa.array(np.where(score >= 0.5, "yes", "no")),
            score_column(0): pa.array(1 - score),
            score_column(1): pa.array(score),
            **{name: pa.array(values) for name, values in more.items()},
        }
    )


def regression_table(y, prediction) -> pa.Table:
    return pa.table(
        {
            UNIT: pa.array(np.arange(len(y))),
            TARGET: pa.array(np.asarray(y, dtype=float)),
            PREDICTION: pa.array(np.asarray(prediction, dtype=float)),
        }
    )


def keep(
    folder: Path, table: pa.Table, prediction: Prediction, *, signature: str, data: str = "d"
) -> Files:
    """Store observations as a prediction pass does, in two parts."""
    journal = PredictionJournal(str(folder), signature)
    middle = table.num_rows // 2
    parts = {"part-000000.parquet": table[:middle], "part-000001.parquet": table[middle:]}
    for name, rows in parts.items():
        journal.write_part(name, rows, Part(digest="", rows=rows.num_rows))
    layout = Layout(
        task=prediction.task,
        labels=prediction.labels,
        positive=prediction.positive,
        known=len(prediction.labels),
        scored=prediction.has_scores,
    )
    journal.write_manifest(
        Manifest(
            signature=signature, targets="", layout=layout, data=data, rows=table.num_rows,
            parts=tuple(parts), prediction_labels=prediction.labels,
        )
    )  # fmt: skip
    return Files(journal.paths(tuple(parts)), "parquet")


@dataclass
class Kept:
    """A run that was measured: what is stored of it, and what the runner still holds."""

    side: Side
    observed: dict[str, Observed]
    checks: dict[str, Check]
    folded: dict[str, Folded]


def check(metric: str, *, name: str | None = None, **spec) -> Check:
    """A check of ``model`` on ``test``."""
    params = spec.pop("params", {})
    claim = spec.pop("claim", "process")
    cls = find(metric)
    built = CheckSpec(metric=metric, params=params, on="model", data="test", claim=claim, **spec)
    return Check(
        id=name or metric,
        metric=bind(cls, params),
        spec=built,
        criterion=spec.get("criterion"),
        claim=claim,
        family="",
    )


def measure(
    engine: Engine,
    folder: Path,
    table: pa.Table,
    prediction: Prediction,
    checks: Sequence[Check],
    *,
    run_id: str,
    signature: str = "",
    data: str = "d",
    fingerprints: Mapping[str, str] | None = None,
) -> Kept:
    """Measure all checks on the observations; keep both."""
    files = keep(folder / run_id, table, prediction, signature=signature or run_id, data=data)
    engine.attach(SUBJECT, files)
    schema = replace(engine.schema(SUBJECT), prediction=prediction)
    scans = Scans(engine, [Task(c, SUBJECT, schema) for c in checks], seed=0, now=0.0)
    for name in scans.tables:
        scans.scan(name)
    scans.settle()
    folded = {}
    for name, found in scans.folded.items():
        assert isinstance(found, Folded), found
        folded[name] = found
    results = [result(c, folded[c.id]) for c in checks]
    prints = {"model": signature or run_id, "test": data} | dict(fingerprints or {})
    return Kept(
        Side(stored(run_id, results, prints), {SUBJECT: files}),
        {SUBJECT: Observed(SUBJECT, files, schema)},
        {c.id: c for c in checks},
        folded,
    )


def result(of: Check, folded: Folded, criterion: Criterion | None = None) -> Result:
    estimates = folded.estimate(0.95)
    return Result(
        id=of.id, metric=of.metric.name, params=of.metric.parameters(), severity="block",
        verdict="pass", reason="for the test", criterion=criterion or of.criterion,
        criterion_text="", measurements=[e for e in estimates if isinstance(e, Measurement)],
        evidence=[], on=of.spec.on, data=of.spec.data, by=[list(b) for b in of.spec.by],
        where=of.spec.where, claim=of.claim,
    )  # fmt: skip


def stored(run_id: str, results: list[Result], fingerprints: Mapping[str, str]) -> Run:
    return Run(
        run=RunRecord(
            id=run_id, name=None, seed=0, status="finished", exit_code=0, reason="Passed."
        ),
        suite=SuiteRecord(name="s", file=None, fingerprint="", text=None),
        decision="pass",
        started="2026-11-23T14:15:02Z",
        duration_s=1.0,
        environment=Environment(python="3.11", platform="linux", packages={}),
        subjects=[
            SubjectRecord(
                name=name,
                kind="model" if name == "model" else "table",
                description="",
                fingerprint=fingerprint,
            )
            for name, fingerprint in fingerprints.items()
        ],
        results=results,
    )
