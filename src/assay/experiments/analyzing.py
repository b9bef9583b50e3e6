"""An experiment's tables to its analysis: effects, sizes of the arms, and quality of the log."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.core.measurement import Estimation, Measurement, Unmeasured
from assay.experiments.collecting import collect
from assay.experiments.effects import Analysis, Effect, NoEffect
from assay.experiments.estimating import Held, NotHeld, contrasts
from assay.experiments.inferring import infer
from assay.experiments.quality import faults_of
from assay.experiments.ratio_mismatch import mismatch
from assay.inference.interval import Interval, measured

if TYPE_CHECKING:
    from assay.engines.duckdb.working import WorkingEngine
    from assay.experiments.collecting import Collected
    from assay.experiments.contrasts import Contrast
    from assay.experiments.inferring import Inference
    from assay.experiments.spec import ExperimentSpec, MetricSpec


@dataclass(frozen=True, slots=True)
class Estimator:
    """One metric in one arm: its effect at any level, for judging families together."""

    metric: MetricSpec
    arm: str
    contrast: Contrast
    inference: Inference
    notes: tuple[str, ...]

    def effect(self, level: float) -> Effect:
        """The effect with intervals of this level."""
        c, inferred = self.contrast, self.inference
        lift = inferred.lift(level) if c.control_value > 0 else None
        return Effect(
            metric=self.metric.name,
            arm=self.arm,
            kind=self.metric.kind,
            role=self.metric.role,
            higher_is_better=self.metric.higher_is_better,
            control_value=float(c.control_value),
            value=float(c.value),
            control_n=c.control_n,
            n=c.n,
            difference=self._measured(
                c.value - c.control_value, inferred.difference(level), level, unit=self._unit
            ),
            lift=None
            if lift is None
            else self._measured(c.value / c.control_value - 1, lift, level, unit="share"),
            p_value=inferred.p_value,
            probability_better=inferred.probability_better,
            expected_loss=inferred.expected_loss,
            notes=self.notes,
        )

    @property
    def _unit(self) -> str:
        shares = ("proportion", "time_to_event")
        return self.metric.unit or ("share" if self.metric.kind in shares else "")

    def _measured(
        self, value: float, interval: Interval, level: float, *, unit: str
    ) -> Measurement:
        n = self.contrast.control_n + self.contrast.n
        return measured(value, interval, n=n, how=Estimation(level=level), unit=unit)


@dataclass(frozen=True, slots=True)
class Findings:
    """An analysis, and what can estimate its effects at other levels, in the same order."""

    analysis: Analysis
    estimators: tuple[Estimator | NoEffect, ...]


def analyze(spec: ExperimentSpec, engine: WorkingEngine) -> Findings:
    """Read the experiment's tables and analyse them.

    Raises:
        SuiteError: the file names no assignments or no metrics.
        AssayError: a table cannot be read, or an expression does not fit it.
    """
    return analyze_collected(spec, collect(spec, engine))


def analyze_collected(spec: ExperimentSpec, found: Collected) -> Findings:
    """The analysis of sufficient statistics."""
    estimators = tuple(
        estimator
        for metric in spec.metrics
        for estimator in _estimators(spec, found, metric).values()
    )
    level = spec.analysis.level
    effects = [e if isinstance(e, NoEffect) else e.effect(level) for e in estimators]
    sizes = dict(found.units)
    if sum(sizes.values()) == 0:
        sizes = {spec.control: 1} | dict.fromkeys(spec.treatments, 0)  # said as a missing arm
    negative = {
        metric.name: found.seen[metric.name].negative
        for metric in spec.metrics
        if metric.kind == "revenue"
    }
    analysis = Analysis(
        experiment=spec.name,
        method=spec.analysis.method,
        level=level,
        control=spec.control,
        units=found.units,
        events=found.counts.events,
        mismatch=mismatch(
            sizes,
            spec.arms,
            limit=spec.analysis.sample_ratio,
            sequential=spec.analysis.method == "sequential",
        ),
        faults=faults_of(found.counts, negative=negative),
        effects=effects,
    )
    return Findings(analysis, estimators)


def _estimators(
    spec: ExperimentSpec, found: Collected, metric: MetricSpec
) -> dict[str, Estimator | NoEffect]:
    return {
        arm: _estimator(spec, metric, arm, held)
        for arm, held in contrasts(spec, found, metric).items()
    }


def _estimator(
    spec: ExperimentSpec, metric: MetricSpec, arm: str, held: Held | NotHeld
) -> Estimator | NoEffect:
    if isinstance(held, NotHeld):
        return _none(metric, arm, Unmeasured(reason=held.reason, fault=held.fault))
    try:
        inferred = infer(held.contrast, spec.analysis, higher_is_better=metric.higher_is_better)
        estimator = Estimator(metric, arm, held.contrast, inferred, held.notes)
        estimator.effect(spec.analysis.level)  # what cannot be estimated says so here
    except ValueError as error:
        return _none(metric, arm, Unmeasured(reason=str(error)))
    difference = inferred.difference(spec.analysis.level)
    if math.isinf(difference.low) and math.isinf(difference.high):
        return _none(metric, arm, Unmeasured(reason="there are too few units for an interval"))
    return estimator


def _none(metric: MetricSpec, arm: str, reason: Unmeasured) -> NoEffect:
    return NoEffect(metric=metric.name, arm=arm, kind=metric.kind, role=metric.role, reason=reason)
