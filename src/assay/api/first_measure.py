"""Measure a model once, to know what can be required of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core.check import ModelSpec, Suite, TableSpec
from assay.core.errors import SubjectError, SuiteError, did_you_mean
from assay.core.labels import label_text, spellings
from assay.core.schema import NUMERIC
from assay.suite.starter import DATA
from assay.suite.starter.model import MODEL, ModelFacts, checks_to_measure, sensitive_columns

if TYPE_CHECKING:
    from assay.core.expr import Scalar
    from assay.core.profile import ColumnProfile, TableProfile
    from assay.core.progress import Progress
    from assay.core.schema import Task
    from assay.core.source import Source

_KINDS = (".skops", ".onnx")
_POSITIVE = {"1", "true", "yes", "y", "t", "pos", "positive"}
_NEGATIVE = {"0", "-1", "2", "false", "no", "n", "f", "neg", "negative"}


def first_measure(
    profile: TableProfile,
    source: Source,
    *,
    model: str | Path,
    target: str | None,
    task: Task | None,
    positive: Scalar,
    written: str,
    progress: Progress,
) -> ModelFacts:
    """What the model is, settled from what is given and what it tells; and its figures.

    Args:
        written: the model's path as the suite is to write it.

    Raises:
        SuiteError: task, target or positive label are neither given nor plain.
        SubjectError: the model cannot be opened, or fails on the data.
    """
    from assay.subjects.predictor import open_model

    path = os.path.abspath(os.path.expanduser(model))
    if not path.lower().endswith(_KINDS) and not os.path.isdir(path):
        raise SubjectError(
            f"{os.path.basename(path)!r} is no model that can be opened here.",
            hint="Name a .skops or .onnx file; a model in Python is added to the suite by hand.",
        )
    # a classifier tells its classes; asked as one, a regression has none
    asked = ModelSpec(path=path, task=task or "multiclass")
    predictor = open_model(asked, folder="", allow_code=False)
    classes = predictor.classes
    task = task or _task(classes, path)
    target = _target(profile, target, task, classes, predictor.features)
    facts = ModelFacts(
        path=written,
        task=task,
        target=target,
        positive=_positive(positive, classes, profile, target) if task == "binary" else None,
        sensitive=sensitive_columns(profile, target=target),
    )
    spec = ModelSpec(path=path, task=task, target=target, positive=facts.positive)
    return _measured(facts, profile, TableSpec(source=source), spec, progress)


def _measured(
    facts: ModelFacts, profile: TableProfile, data: TableSpec, model: ModelSpec, progress: Progress
) -> ModelFacts:
    from dataclasses import replace

    from assay.api.running import run

    checks = checks_to_measure(facts, profile, data=DATA)
    suite = Suite(name="init", subjects={DATA: data, MODEL: model}, checks=tuple(checks))
    results = run(suite, progress=progress).results
    failed = [r for r in results if r.verdict == "error"]
    for result in failed:  # groups may be too odd to compare; without its figures there is no suite
        if not result.metric.startswith("fairness."):
            raise SubjectError(result.reason)
    found = {r.metric: tuple(r.measurements) for r in results if r.measurements}
    return replace(facts, measured=found)


def _task(classes: Sequence[Scalar] | None, path: str) -> Task:
    if classes is None and path.lower().endswith(".skops"):
        return "regression"
    if not classes:
        raise SuiteError(
            f"{os.path.basename(path)!r} does not tell what it predicts.",
            hint="Say it with --task: binary, multiclass or regression.",
        )
    return "binary" if len(classes) == 2 else "multiclass"


def _target(
    profile: TableProfile,
    target: str | None,
    task: Task,
    classes: Sequence[Scalar] | None,
    features: Sequence[str] | None,
) -> str:
    """The column with the truth: the one given, or the only one that can be it."""
    names = [column.name for column in profile.columns]
    if target is not None:
        if target not in names:
            near = did_you_mean(target, names) or f" Columns: {', '.join(map(repr, names))}."
            raise SuiteError(f"The data has no column {target!r}.{near}")
        return target
    rest = [c for c in profile.columns if c.name not in (features or ())]
    fitting = [c.name for c in rest if _fits(c, task, classes)]
    if len(fitting) == 1:
        return fitting[0]
    shown = fitting or [c.name for c in rest]
    what = "could hold" if fitting else "does not seem to hold"
    raise SuiteError(
        f"Which column holds the truth? {', '.join(map(repr, shown[:20]))} {what} it.",
        hint="Say it with --target.",
    )


def _fits(column: ColumnProfile, task: Task, classes: Sequence[Scalar] | None) -> bool:
    """Whether the values may be what the model predicts."""
    if task == "regression":
        return column.kind in NUMERIC and not column.has("identifier") and column.distinct > 2
    if not classes:
        return False
    known = {text for label in classes for text in spellings(label)}
    if column.listed:
        return {label_text(entry.value) for entry in column.top} <= known
    spread = column.spread
    if spread is None or column.distinct > len(classes):
        return False
    return all(label_text(end) in known for end in (spread.least, spread.median, spread.greatest))


def _positive(
    given: Scalar,
    classes: Sequence[Scalar] | None,
    profile: TableProfile,
    target: str,
) -> Scalar:
    """The positive label as the model knows it: the one given, or the plain one."""
    column = profile.find(target)
    labels: list[Scalar] = list(classes or ())
    if not labels and column is not None:
        labels = [entry.value for entry in column.top]
    if given is not None:
        text = label_text(given)
        for label in labels:
            if text in spellings(label):
                return label
        if labels:
            raise _refused(f"The positive label {text!r} is none of", labels)
        return given
    by_text = {label_text(label).lower(): label for label in labels}
    yes, no = by_text.keys() & _POSITIVE, by_text.keys() & _NEGATIVE
    if len(yes) == 1 and len(no) == 1 and len(by_text) == 2:
        return by_text[yes.pop()]
    raise _refused("Which label is positive is not plain from", labels)


def _refused(what: str, labels: Sequence[Any]) -> SuiteError:
    shown = ", ".join(repr(label) for label in labels[:10]) or "the model"
    return SuiteError(f"{what} {shown}.", hint="Say it with --positive.")
