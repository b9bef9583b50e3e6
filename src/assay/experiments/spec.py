"""What an experiment is, as data: arms, where its units and events are, metrics, how to analyse."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from assay.core.check import CorrectionMethod

if TYPE_CHECKING:
    from datetime import datetime

    from assay.core.errors import Location
    from assay.core.source import Source
    from assay.suite.nodes import Node

Kind = Literal["proportion", "mean", "ratio", "revenue", "quantile", "time_to_event"]
Role = Literal["primary", "secondary", "guardrail"]
Direction = Literal["increase", "decrease"]
Method = Literal["frequentist", "bayesian", "sequential"]

ADDITIVE: frozenset[Kind] = frozenset({"proportion", "mean", "ratio", "revenue"})
"""Kinds whose sufficient statistics are moments of sums for each unit."""

_LEAST_PRIOR, _MOST_PRIOR = 1e-6, 1e9
"""Sizes of a prior's parameters: beyond them it is certain, or says nothing."""

NAME = r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*"
"""Names of metrics and arms stand in the ids of results."""


@dataclass(frozen=True, kw_only=True)
class LayerSpec:
    """Experiments of one layer share its hash, and so exclude each other.

    Attributes:
        name: salt of the layer's own hash.
        low, high: the half-open range of the layer's buckets, within [0, 1], that is this
            experiment's.
    """

    name: str
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        _salt("The name of a layer", self.name)
        if not 0 <= self.low < self.high <= 1:
            raise ValueError(f"A layer's range lies within 0 and 1, not [{self.low}, {self.high}].")


@dataclass(frozen=True, kw_only=True)
class AssignmentSource:
    """Which units are in the experiment: a table with a row (or several) for each.

    Attributes:
        arm: column with the arm that each unit was given; None takes the arm from the hash.
        time: column with the moment of assignment; events before it do not count.
    """

    source: Source
    arm: str | None = None
    time: str | None = None


@dataclass(frozen=True, kw_only=True)
class EventSource:
    """What the units did: a table with a row for each event.

    Attributes:
        time: column with the moment of the event.
        id: column that tells events apart; an event that occurs again under its id is left out.
    """

    source: Source
    time: str | None = None
    id: str | None = None


@dataclass(frozen=True, kw_only=True)
class MetricSpec:
    """What is measured of each unit, and what is hoped or feared of it.

    Attributes:
        value: SQL expression over an event, in most cases a column; None counts events.
        where: SQL predicate: which events count.
        denominator, denominator_where: likewise, of a ratio's denominator.
        direction: which way is better.
        margin: how much worse a guardrail may be: of the difference, or of the relative lift where
            ``relative``.
        winsorize: values of units above this quantile of the values that are not 0, over all arms,
            are set to it; None leaves them.
        covariate: column of the assignments, known before the experiment, for CUPED.
        strata: columns of the assignments to post-stratify by.
        quantile: of a quantile: which.
        horizon: of a time to event: up to when, in days (or in units of ``value``).
    """

    name: str
    kind: Kind
    role: Role = "primary"
    direction: Direction = "increase"
    value: str | None = None
    where: str | None = None
    denominator: str | None = None
    denominator_where: str | None = None
    margin: float | None = None
    relative: bool = False
    winsorize: float | None = None
    covariate: str | None = None
    strata: tuple[str, ...] = ()
    quantile: float = 0.5
    horizon: float | None = None
    unit: str = ""
    location: Location | None = None

    def __post_init__(self) -> None:
        fault = _metric_fault(self)
        if fault:
            raise ValueError(f"The metric {self.name!r} {fault}.")

    @property
    def higher_is_better(self) -> bool:
        """Whether a rise is an improvement."""
        return self.direction == "increase"


@dataclass(frozen=True, kw_only=True)
class Priors:
    """Priors of a Bayesian analysis.

    Attributes:
        alpha, beta: of the Beta prior of a proportion, the same in each arm.
        lift_mean, lift_sd: of the normal prior of the relative lift of any other metric; an
            ``lift_sd`` of None is flat.
    """

    alpha: float = 1.0
    beta: float = 1.0
    lift_mean: float = 0.0
    lift_sd: float | None = None

    def __post_init__(self) -> None:
        if not (self.alpha > 0 and self.beta > 0):
            raise ValueError("The parameters of a Beta prior are above 0.")
        if self.lift_sd is not None and not self.lift_sd > 0:
            raise ValueError("The standard deviation of a prior is above 0.")
        for name in ("alpha", "beta", "lift_mean", "lift_sd"):
            value = getattr(self, name)
            least = 0 if name == "lift_mean" else _LEAST_PRIOR
            if value is not None and not least <= abs(value) <= _MOST_PRIOR:
                raise ValueError(
                    f"{name} of a prior lies between {least:g} and {_MOST_PRIOR:g}, not {value:g}."
                )


@dataclass(frozen=True, kw_only=True)
class AnalysisSpec:
    """How to analyse.

    Attributes:
        level: of the intervals; 1 - level is the error rate of each family of verdicts.
        correction: over primary metrics and arms (and, apart, over secondary ones).
        priors: of a Bayesian analysis.
        sample_ratio: p-value below which the arms' sizes are held to be wrong.
        planned: of a sequential analysis: units in an arm and the control together at which it is
            made tightest. Chosen beforehand: intervals that are tuned to each look do not hold.
    """

    level: float = 0.95
    method: Method = "frequentist"
    correction: CorrectionMethod = "holm"
    priors: Priors = field(default_factory=Priors)
    sample_ratio: float = 0.001
    planned: int | None = None

    def __post_init__(self) -> None:
        if not 0 < 1 - self.level < 1:  # one so small that 1 - level is 1 is none
            raise ValueError("The level lies between 0 and 1, both excluded.")
        if self.method == "sequential" and self.planned is None:
            raise ValueError(
                "A sequential analysis needs `planned`: about how many units an arm and the "
                "control will have in the end. It holds at any other number, too."
            )
        if not 0 < self.sample_ratio < 1:
            raise ValueError("sample_ratio lies between 0 and 1, both excluded.")


@dataclass(frozen=True, kw_only=True)
class ExperimentSpec:
    """An experiment: everything that assigning and analysing need to know.

    Attributes:
        unit: column that identifies a unit, in the assignments and in the events.
        arms: shares of the experiment's units by arm, summing to 1, in the order of the file.
        control: the arm that others are held against.
        traffic: share of all units (of the layer's range) that take part.
        exclude: units that never take part.
        overrides: units whose arm is set by hand; they are left out of the analysis.
        start, end: when it ran; events and assignments outside are left out.
        sections: further sections of the file, such as ``rollout``, as they stand there.
    """

    name: str
    salt: str
    unit: str
    arms: Mapping[str, float]
    control: str
    metrics: tuple[MetricSpec, ...] = ()
    assignments: AssignmentSource | None = None
    events: EventSource | None = None
    layer: LayerSpec | None = None
    traffic: float = 1.0
    exclude: frozenset[str] = frozenset()
    overrides: Mapping[str, str] = field(default_factory=dict)
    start: datetime | None = None
    end: datetime | None = None
    analysis: AnalysisSpec = field(default_factory=AnalysisSpec)
    sections: Mapping[str, Node] = field(default_factory=dict)
    folder: str = "."
    file: str | None = None
    text: str | None = None

    def __post_init__(self) -> None:
        _salt("The salt", self.salt)
        if self.layer is not None and self.layer.name == self.salt:
            raise ValueError(
                "The salt must not be the layer's name: arms would follow from layers."
            )
        fault = _arms_fault(self)
        if fault:
            raise ValueError(fault)
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError("The experiment ends before it starts.")
        names = [metric.name for metric in self.metrics]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"Two metrics are called {name!r}.")

    @property
    def treatments(self) -> tuple[str, ...]:
        """The arms but for the control."""
        return tuple(arm for arm in self.arms if arm != self.control)


def _salt(what: str, text: str) -> None:
    if not text or ":" in text:
        raise ValueError(f"{what} must be text without a colon, not {text!r}.")


def _arms_fault(spec: ExperimentSpec) -> str | None:
    arms = spec.arms
    if len(arms) < 2:
        return "An experiment needs at least two arms."
    for name, weight in arms.items():
        if not re.fullmatch(NAME, name):
            return f"The name of an arm must be letters, digits, '_', '-' or '.', not {name!r}."
        if not (math.isfinite(weight) and weight >= 0):
            return f"The weight of the arm {name!r} must be 0 or more, not {weight}."
    total = math.fsum(arms.values())
    if abs(total - 1) > 1e-9:
        return f"The weights of the arms must sum to 1, not {total:.10g}."
    if spec.control not in arms:
        return f"The control {spec.control!r} is not an arm."
    if not 0 < spec.traffic <= 1:
        return f"traffic must be above 0 and at most 1, not {spec.traffic}."
    for unit, arm in spec.overrides.items():
        if arm not in arms:
            return f"The unit {unit!r} is given to {arm!r}, which is not an arm."
    return None


def _metric_fault(metric: MetricSpec) -> str | None:
    kind = metric.kind
    if not re.fullmatch(NAME, metric.name):
        return "must be named with letters, digits, '_', '-' or '.'"
    if (metric.denominator or metric.denominator_where) and kind != "ratio":
        return f"is a {kind}, which has no denominator"
    if kind == "ratio" and not (metric.denominator or metric.denominator_where):
        return "needs a denominator"
    if kind in ("revenue", "quantile") and metric.value is None:
        return "needs a value"
    if not 0 < metric.quantile < 1:
        return f"needs a quantile between 0 and 1, not {metric.quantile}"
    if metric.winsorize is not None and not 0 < metric.winsorize < 1:
        return f"needs `winsorize` between 0 and 1, not {metric.winsorize}"
    if metric.winsorize is not None and kind not in ("mean", "revenue"):
        return f"is a {kind}, which is not winsorised"
    if metric.covariate is not None and kind not in ("proportion", "mean", "revenue"):
        return f"is a {kind}: CUPED is for means and proportions"
    if metric.strata and kind not in ("proportion", "mean", "revenue"):
        return f"is a {kind}: strata are for means and proportions"
    if kind == "time_to_event":
        if metric.horizon is None or not metric.horizon > 0:
            return "needs a horizon above 0"
    elif metric.horizon is not None:
        return f"is a {kind}, which has no horizon"
    if metric.margin is not None and metric.role != "guardrail":
        return "has a margin, which is for guardrails"
    if metric.margin is None and metric.role == "guardrail":
        return (
            "is a guardrail, which needs `margin` (or `relative_margin`): how much worse it may be"
        )
    if metric.margin is not None and not metric.margin >= 0:
        return f"needs a margin of 0 or more, not {metric.margin}"
    return None
