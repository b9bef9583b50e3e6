"""Outcomes by group: one fold that all fairness metrics share, and their base."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec

from assay.core.collection import Predictions
from assay.core.expr import Column
from assay.core.labels import label_positions, label_text
from assay.core.measurement import Unmeasured
from assay.core.metric import Metric
from assay.core.schema import PREDICTION, TARGET
from assay.inference.differences import Share
from assay.states import Frequencies, FrequenciesState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assay.core.aggregate import Fold
    from assay.core.expr import Scalar
    from assay.core.measurement import Estimate, Estimation
    from assay.core.schema import Schema

CROSS = " × "
MOST_GROUPS = 1_000
_NAMED = 5

Sensitive = Annotated[
    tuple[str, ...],
    msgspec.Meta(min_length=1, description="columns whose groups are compared, and their crossing"),
]
MinGroup = Annotated[
    int, msgspec.Meta(ge=1, description="groups with fewer rows are left out, and named")
]
Label = Annotated[
    str | int | bool | None,
    msgspec.Meta(description="label whose rate is compared; the model's positive one by default"),
]


@dataclass(frozen=True)
class Group:
    """One group's rows by truth and prediction of the compared label.

    ``selected`` and ``n`` also count rows without a target, which the four others leave out.
    """

    name: str
    n: int
    selected: int
    tp: int
    fp: int
    fn: int
    tn: int


class Breakdown(NamedTuple):
    """The groups of one sensitive column, or of several crossed.

    Attributes:
        name: the column, or ``"a × b"``.
        groups: in the order of their names.
        nameless: rows in which a sensitive column is null.
        unanswered: rows for which the model gave no label.
    """

    name: str
    groups: tuple[Group, ...]
    nameless: int
    unanswered: int


class Kind(NamedTuple):
    """A rate that is compared: its name, and what it is a rate of (``"rows"``)."""

    name: str
    of: str


SELECTION = Kind("selection rate", "rows")
TRUE_POSITIVES = Kind("true positive rate", "actual positives")
FALSE_POSITIVES = Kind("false positive rate", "actual negatives")
PRECISION = Kind("precision", "predicted positives")


def share(group: Group, kind: Kind) -> Share:
    """One group's rate, as successes of n (0 of 0 where the group has none of them)."""
    if kind is SELECTION:
        return Share(group.selected, group.n)
    if kind is TRUE_POSITIVES:
        return Share(group.tp, group.tp + group.fn)
    if kind is FALSE_POSITIVES:
        return Share(group.fp, group.fp + group.tn)
    return Share(group.tp, group.tp + group.fp)


def outcomes(sensitive: tuple[str, ...]) -> Frequencies:
    """What all fairness metrics over the same columns fold: labels within each crossed group."""
    return Frequencies(
        of=(Column(TARGET), Column(PREDICTION)), by=tuple(Column(name) for name in sensitive)
    )


def breakdowns(fold: Fold, sensitive: tuple[str, ...], label: Scalar) -> tuple[Breakdown, ...]:
    """The groups of each column, and of all crossed where there are more than one."""
    states = fold.groups(outcomes(sensitive))
    parts: list[tuple[int, ...]] = [(i,) for i in range(len(sensitive))]
    if len(sensitive) > 1:
        parts.append(tuple(range(len(sensitive))))
    found = []
    for part in parts:
        by_name: dict[str, list[FrequenciesState]] = {}
        nameless = 0
        for key, state in states.items():
            values = [key[i] for i in part]
            if state.n == 0:  # the group occurs, but not among these rows
                continue
            if any(v is None or v != v for v in values):
                nameless += state.n
            else:
                by_name.setdefault(CROSS.join(map(label_text, values)), []).append(state)
        tallied = [_tally(name, by_name[name], label) for name in sorted(by_name)]
        found.append(
            Breakdown(
                CROSS.join(sensitive[i] for i in part),
                tuple(group for group, _ in tallied),
                nameless,
                sum(unanswered for _, unanswered in tallied),
            )
        )
    return tuple(found)


def _tally(name: str, states: Iterable[FrequenciesState], label: Scalar) -> tuple[Group, int]:
    """A group's outcomes, and how many of its rows have no prediction."""
    spelt = label_positions((label,))
    table: dict[tuple[bool | None, bool], int] = {}
    unanswered = 0
    for state in states:
        for (truth, answer), rows in state.counts:
            if answer is None or answer != answer:
                unanswered += rows
                continue
            actual = None if truth is None or truth != truth else label_text(truth) in spelt
            cell = (actual, label_text(answer) in spelt)
            table[cell] = table.get(cell, 0) + rows
    group = Group(
        name=name,
        n=sum(table.values()) + unanswered,
        selected=sum(rows for (_, selected), rows in table.items() if selected),
        tp=table.get((True, True), 0),
        fp=table.get((False, True), 0),
        fn=table.get((True, False), 0),
        tn=table.get((False, False), 0),
    )
    return group, unanswered


class FairnessMetric(Metric):
    """Base of the metrics that compare groups."""

    jackknife = False

    sensitive: Sensitive

    def collection(self) -> Predictions:
        return Predictions()

    def columns(self) -> tuple[str, ...]:
        return self.sensitive

    def applicable(self, schema: Schema) -> str | None:
        if schema.prediction is None:
            return "this is a table, not a model: there are no predictions to judge"
        if schema.prediction.task == "regression":
            return "the model predicts a number, not a class"
        if self._label(schema) is None:
            return "no label is named whose rate could be compared: give `positive`"
        return None

    def aggregates(self, schema: Schema) -> tuple[Frequencies, ...]:
        return (outcomes(self.sensitive),)

    def _label(self, schema: Schema) -> Scalar:
        """The compared label."""
        chosen: Scalar = getattr(self, "positive", None)
        if chosen is None and schema.prediction is not None:
            return schema.prediction.positive
        return chosen

    def breakdowns(self, fold: Fold) -> tuple[Breakdown, ...]:
        """The groups of this fold."""
        return breakdowns(fold, self.sensitive, self._label(fold.schema))

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        return tuple(e for b in self.breakdowns(fold) for e in self.judge(b, how))

    @abstractmethod
    def judge(self, breakdown: Breakdown, how: Estimation) -> Iterable[Estimate]:
        """Measurements of one breakdown; keys tell breakdowns apart."""


def left_out(breakdown: Breakdown, reasons: Mapping[str, list[str]]) -> Iterable[Unmeasured]:
    """One entry that names the groups left out, by reason; none where there are none."""
    said = [f"{why}: {_named(names)}" for why, names in reasons.items() if names]
    if breakdown.nameless:
        said.append(f"{breakdown.nameless:,} rows have no value of {breakdown.name}")
    if said:
        key = {"sensitive": breakdown.name, "groups": "left out"}
        yield Unmeasured(reason=f"Left out: {'; '.join(said)}.", key=key)


def _named(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(repr(n) for n in names[:_NAMED]) + more
