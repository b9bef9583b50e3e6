"""What a starter suite proposes about a model: figures that it reached once, less some room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assay.core.check import CheckSpec
from assay.core.measurement import Measurement, measurement_text, number_text
from assay.suite.starter.bounds import REACH, above, below, plain
from assay.suite.starter.parts import Group, Proposal, listing, words

if TYPE_CHECKING:
    from assay.core.expr import Scalar
    from assay.core.profile import ColumnProfile, TableProfile
    from assay.core.schema import Task

MODEL = "model"
"""Name of the model in a starter suite."""

_SENSITIVE = {
    "sex", "gender", "race", "ethnicity", "ethnic", "religion", "nationality", "disability",
    "disabled", "pregnant", "veteran", "agegroup", "ageband", "maritalstatus",
}  # fmt: skip
_PAIRS = ({"age", "group"}, {"age", "band"}, {"age", "bracket"}, {"marital", "status"},
          {"sexual", "orientation"})  # fmt: skip
_MOST_GROUPS = 20
_SLOW = 0.05
_TIMES = 10


@dataclass(frozen=True)
class Wanted:
    """A metric to measure once, and what a model reaches that learnt nothing (None: no such)."""

    metric: str
    params: Mapping[str, Any] = field(default_factory=dict)
    guess: float | None = None


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """A model, its role on the data, and what was measured of it.

    Attributes:
        path: as the suite writes it.
        sensitive: columns whose groups are compared.
        measured: by metric; what could not be measured is missing.
    """

    path: str
    task: Task
    target: str
    positive: Scalar = None
    sensitive: tuple[str, ...] = ()
    measured: Mapping[str, tuple[Measurement, ...]] = field(default_factory=dict)


def sensitive_columns(profile: TableProfile, *, target: str) -> tuple[str, ...]:
    """Columns that by their names say of people what a decision should not hang on."""
    return tuple(
        column.name
        for column in profile.columns
        if column.name != target and 2 <= column.distinct <= _MOST_GROUPS and _tells(column)
    )


def _tells(column: ColumnProfile) -> bool:
    found = words(column.name)
    return bool(found & _SENSITIVE) or any(pair <= found for pair in _PAIRS)


def wanted(facts: ModelFacts, profile: TableProfile) -> tuple[Wanted, ...]:
    """What to measure of a model of this task."""
    target = profile.find(facts.target)
    shares = [entry.n / target.values for entry in target.top] if target and target.listed else []
    speed = (Wanted("inference.latency", {"quantile": 0.95}), Wanted("model.size"))
    if facts.task == "regression":
        return Wanted("regression.r2", guess=0.0), Wanted("regression.mae"), *speed
    commonest = max(shares, default=None)
    if facts.task == "multiclass":
        return (
            Wanted("classification.accuracy", guess=commonest),
            Wanted("classification.balanced_accuracy", guess=1 / len(shares) if shares else None),
            Wanted("classification.roc_auc", guess=0.5),
            *speed,
        )
    rate = commonest * (1 - commonest) if commonest is not None else 0.25
    fair: tuple[Wanted, ...] = ()
    if facts.sensitive:
        sensitive = {"sensitive": list(facts.sensitive)}
        fair = (Wanted("fairness.demographic_parity_difference", sensitive),
                Wanted("fairness.equalized_odds_difference", sensitive))  # fmt: skip
    return (
        Wanted("classification.roc_auc", guess=0.5),
        Wanted("classification.balanced_accuracy", guess=0.5),
        Wanted("classification.recall"),
        Wanted("classification.precision"),
        Wanted("classification.brier", guess=rate),
        *fair,
        *speed,
    )


def checks_to_measure(facts: ModelFacts, profile: TableProfile, *, data: str) -> list[CheckSpec]:
    """The same as checks without requirements."""
    return [
        CheckSpec(
            metric=w.metric,
            params=dict(w.params),
            on=MODEL,
            data=None if w.metric == "model.size" else data,
            severity="info",
            id=w.metric,
        )
        for w in wanted(facts, profile)
    ]


def model_groups(
    facts: ModelFacts, profile: TableProfile, *, data: str
) -> Iterator[tuple[str, list[Group]]]:
    """Sections of the suite about the model: a title, and groups of checks."""
    every = wanted(facts, profile)
    quality = [w for w in every if w.metric.startswith(("classification.", "regression."))]
    checks = [p for w in quality if (p := _quality(w, facts, data)) is not None]
    if checks:
        reason = (
            f"What it reached on these {profile.rows:,} rows, with its 95 % interval; required is "
            "less, so that another sample of this size passes too. Raise it to what you need, and "
            "use rows that it was not trained on."
        )
        yield "Is the model good enough?", [Group(reason, checks)]
    if facts.task == "binary":
        yield "Is it fair?", [_fairness(every, facts, data)]
    checks = [*_latency(facts, data), *_size(facts)]
    if checks:
        reason = "Some room above what was found: another machine is not this one."
        yield "Can it be run?", [Group(reason, checks)]


def _quality(want: Wanted, facts: ModelFacts, data: str) -> Proposal | None:
    """A requirement somewhat easier than what was reached; none where guessing would meet it."""
    from assay.metrics import find

    found = facts.measured.get(want.metric, ())
    if len(found) != 1:
        return None
    [m] = found
    params = {"on": MODEL, "data": data, **want.params}
    upward = find(want.metric).higher_is_better
    end = m.low if upward else m.high
    if end is None:
        return None
    bound = m.value + REACH * (end - m.value)
    bound = below(bound) if upward else above(bound)
    note = f"reached: {measurement_text(m)}"
    floor = 0.0 if want.guess is None and upward else want.guess
    if floor is not None and (bound <= floor if upward else bound >= floor):
        return Proposal(
            metric=want.metric,
            params=params,
            beside={"severity": "info"},
            note=f"{note}; these rows leave room for guessing ({number_text(floor)})",
        )
    criterion = "at_least" if upward else "at_most"
    return Proposal(metric=want.metric, params=params, beside={criterion: plain(bound)}, note=note)


def _fairness(every: tuple[Wanted, ...], facts: ModelFacts, data: str) -> Group:
    checks = []
    for want in every:
        found = facts.measured.get(want.metric, ())
        if not want.metric.startswith("fairness.") or not found:
            continue
        worst = max(found, key=lambda m: m.value)
        ends = [1.0 if m.high is None else m.value + REACH * (m.high - m.value) for m in found]
        checks.append(
            Proposal(
                metric=want.metric,
                params={"on": MODEL, "data": data, **want.params},
                beside={"at_most": plain(min(1.0, max(0.1, above(max(ends))))), "severity": "warn"},
                note=f"found: {measurement_text(worst)}",
            )
        )
    if checks:
        return Group(
            "By their names these columns tell groups of people apart: "
            f"{listing(facts.sensitive)}. The bounds are what the model does today, which need not "
            "be fair: 0.1 is a common requirement.",
            checks,
        )
    if facts.sensitive:
        return Group(
            f"Groups by {listing(facts.sensitive)} are too small, or too many, to compare here."
        )
    return Group(
        "No column has a name like sex, race or age group. If one tells groups of people apart,\n"
        "name it (it need not be a feature of the model):\n"
        "- fairness.demographic_parity_difference:\n"
        f"    {{on: {MODEL}, data: {data}, sensitive: [COLUMN]}}\n"
        "  at_most: 0.1"
    )


def _latency(facts: ModelFacts, data: str) -> Iterator[Proposal]:
    for m in facts.measured.get("inference.latency", ()):
        high = m.value if m.high is None else m.high
        yield Proposal(
            metric="inference.latency",
            params={"on": MODEL, "data": data, "quantile": 0.95},
            beside={"at_most": plain(above(max(_SLOW, _TIMES * high))), "severity": "warn"},
            note=f"found: {number_text(m.value)} s for one row",
        )


def _size(facts: ModelFacts) -> Iterator[Proposal]:
    for m in facts.measured.get("model.size", ()):
        yield Proposal(
            metric="model.size",
            params={"on": MODEL},
            beside={"at_most": plain(above(2 * m.value))},
            note=f"found: {number_text(m.value)} bytes",
        )
