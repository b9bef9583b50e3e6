"""Effects to verdicts: primary metrics and arms together, guardrails each by its margin.

Superiority is judged over all primary metrics and arms by Holm's procedure, and over secondary ones
likewise, apart. Guardrails need no correction: all of them must hold, and the probability that one
which does not hold passes is at most that of one test (Berger 1982, Technometrics 24:295).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.check import GatePolicy
from assay.core.criterion import AtLeast, AtMost, Decision
from assay.core.measurement import Unmeasured, number_text
from assay.experiments.effects import NoEffect
from assay.runner.judge import Case, Judgement, judge

if TYPE_CHECKING:
    from assay.core.measurement import Estimate, Measurement
    from assay.experiments.analyzing import Estimator, Findings
    from assay.experiments.spec import ExperimentSpec, MetricSpec, Role

_NO_LIFT = Unmeasured(
    reason="the control's value is not above 0, so there is no relative difference to hold against"
    " `relative_margin`; give `margin`"
)


def judged(spec: ExperimentSpec, found: Findings) -> list[Judgement]:
    """A judgement for each effect, in the order of the analysis."""
    metrics = {metric.name: metric for metric in spec.metrics}
    made: dict[int, Judgement] = {}
    for role in ("primary", "secondary", "guardrail"):
        places = [i for i, e in enumerate(found.analysis.effects) if metrics[e.metric].role == role]
        cases = [
            _case(metrics[found.analysis.effects[i].metric], found.estimators[i]) for i in places
        ]
        made |= dict(zip(places, judge(cases, policy(spec, role)), strict=True))
    return [made[i] for i in range(len(found.analysis.effects))]


def policy(spec: ExperimentSpec, role: Role) -> GatePolicy:
    """How effects of one role are judged together."""
    alone = role == "guardrail" or spec.analysis.method == "bayesian"
    return GatePolicy(
        false_alarm=1 - spec.analysis.level,
        correction="none" if alone else spec.analysis.correction,
    )


class _Above(AtLeast, frozen=True, tag="at_least", tag_field="kind"):
    """Above the bound, not on it: an interval that ends at 0 holds no difference, too.

    Intervals of quantiles do, where values are ties: their ends are values of the data.
    """

    def decide(self, measurement: Measurement) -> Decision:
        return _strict(self.bound, measurement)


class _Below(AtMost, frozen=True, tag="at_most", tag_field="kind"):
    """Below the bound, not on it."""

    def decide(self, measurement: Measurement) -> Decision:
        turned: dict[Decision, Decision] = {"inside": "outside", "outside": "inside"}
        found = _strict(self.bound, measurement)
        return turned.get(found, found)


def _strict(bound: float, measurement: Measurement) -> Decision:
    """Whether the whole interval lies above the bound, below it, or neither."""
    if measurement.low is not None and measurement.low > bound:
        return "inside"
    if measurement.high is not None and measurement.high < bound:
        return "outside"
    return "straddles"


def criterion(metric: MetricSpec) -> AtLeast | AtMost:
    """What the difference (or the lift) must be, as it is stored."""
    margin = metric.margin or 0.0
    return AtLeast(0.0 - margin) if metric.higher_is_better else AtMost(margin)


def criterion_text(metric: MetricSpec) -> str:
    """The criterion in words."""
    if metric.role != "guardrail":
        return "above 0" if metric.higher_is_better else "below 0"
    return str(criterion(metric))


def wanted(metric: MetricSpec) -> str:
    """What is required, as a sentence."""
    if metric.role != "guardrail":
        return "Better than the control."
    margin = metric.margin or 0.0
    if metric.relative:
        return f"No worse than the control by more than {100 * margin:.4g} %."
    unit = f" {metric.unit}" if metric.unit not in ("", "share") else ""
    return f"No worse than the control by more than {number_text(margin)}{unit}."


def _case(metric: MetricSpec, estimator: Estimator | NoEffect) -> Case:
    def estimate(level: float) -> tuple[Estimate, ...]:
        if isinstance(estimator, NoEffect):
            return (estimator.reason,)
        effect = estimator.effect(level)
        if not metric.relative:
            return (effect.difference,)
        return (effect.lift or _NO_LIFT,)

    required = criterion(metric)
    if metric.role != "guardrail":
        required = _Above(0.0) if metric.higher_is_better else _Below(0.0)
    return Case(required, criterion_text(metric), estimate)
